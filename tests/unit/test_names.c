// SPDX-License-Identifier: MIT
// Whether a name leads to where a connection comes from, asked without waiting for DNS.
#include "testing.h"

#include "dist/address.h"
#include "dist/names.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>

#define SECONDS 10

enum { FROM, ELSEWHERE, NOWHERE, HOSTS };
static char *hosts[HOSTS] = {
    [FROM] = "127.0.0.1", [ELSEWHERE] = "127.0.0.2", [NOWHERE] = "no name"};
static const struct bringup list = {.host = hosts, .hosts = HOSTS};

// A connection from 127.0.0.1.
struct call {
    int door, caller, guest;
};

static struct call begin_call(void)
{
    struct error e = {0};
    struct call c;
    CHECK_OK(address_listen(0, &c.door, &e), e);
    c.caller = address_call("127.0.0.1", address_port(c.door), SECONDS);
    assert_true(c.caller >= 0);
    assert_int_equal(poll(&(struct pollfd){.fd = c.door, .events = POLLIN}, 1, 1000 * SECONDS), 1);
    c.guest = accept(c.door, NULL, NULL);
    assert_true(c.guest >= 0);
    return c;
}

static void end_call(const struct call *c)
{
    close(c->guest);
    close(c->caller);
    close(c->door);
}

static enum name await(struct names *n, size_t host, int fd)
{
    enum name answer = names_compare(n, host, fd);
    for (int tries = 0; answer == NAME_ASKED && tries < 100 * SECONDS; tries++) {
        poll(&(struct pollfd){.fd = names_fd(n), .events = POLLIN}, 1, 10);
        answer = names_compare(n, host, fd);
    }
    return answer;
}

static void names_are_compared(void **state)
{
    (void)state;
    struct error e = {0};
    struct names *n = names_new(&list, &e);
    CHECK_OK(n ? 0 : -1, e);
    const struct call c = begin_call();
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(names_compare(n, FROM, c.guest), NAME_ASKED); // of another process
    assert_int_equal(await(n, FROM, c.guest), NAME_SAME);
    assert_int_equal(names_compare(n, FROM, c.guest), NAME_SAME); // known by now
    assert_int_equal(await(n, ELSEWHERE, c.guest), NAME_OTHER);
    assert_int_equal(await(n, NOWHERE, c.guest), NAME_UNKNOWN);
    assert_int_equal(await(n, FROM, pair[0]), NAME_OTHER);
    close(pair[0]);
    close(pair[1]);
    end_call(&c);
    names_free(n);
    names_free(NULL);
}

// The one child of this process.
static pid_t child(void)
{
    char text[32] = "";
    FILE *f = fopen("/proc/thread-self/children", "r");
    if (!f || !fgets(text, sizeof text, f))
        text[0] = '\0';
    if (f)
        fclose(f);
    return (pid_t)strtol(text, NULL, 10);
}

static void another_process_takes_over(void **state)
{
    (void)state;
    struct error e = {0};
    struct names *n = names_new(&list, &e);
    CHECK_OK(n ? 0 : -1, e);
    const pid_t first = child();
    if (first == 0) {
        names_free(n);
        skip(); // a kernel that does not tell
    }
    const struct call c = begin_call();
    assert_int_equal(kill(first, SIGKILL), 0);
    assert_int_equal(await(n, FROM, c.guest), NAME_SAME);
    assert_int_not_equal(child(), first);
    end_call(&c);
    names_free(n);
    assert_int_equal(child(), 0);
}

static int make(void *context, struct error *e)
{
    (void)context;
    struct names *n = names_new(&list, e);
    names_free(n);
    return n ? 0 : error_code(e);
}

static void survives_failing_memory(void **state)
{
    (void)state;
    assert_int_equal(check_failing_memory(make, NULL), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_compared),
        cmocka_unit_test(another_process_takes_over),
        cmocka_unit_test(survives_failing_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
