// SPDX-License-Identifier: MIT
// Connections over both families of IP, and whether a name leads to where one comes from.
#include "testing.h"

#include "dist/address.h"

#include <poll.h>
#include <sys/socket.h>

#define SECONDS 5.0

static int accept_one(int door)
{
    assert_int_equal(poll(&(struct pollfd){.fd = door, .events = POLLIN}, 1, (int)(1000 * SECONDS)),
                     1);
    const int fd = accept(door, NULL, NULL);
    assert_true(fd >= 0);
    return fd;
}

static bool is_of(int fd, const char *host)
{
    struct in6_addr one, from;
    return address_list(host, &one, 1) == 1 && address_of_peer(fd, &from) &&
           memcmp(&one, &from, sizeof one) == 0;
}

static void check_call(int door, const char *host, const char *const no[2])
{
    const int caller = address_call(host, address_port(door), SECONDS);
    assert_true(caller >= 0);
    const int guest = accept_one(door);
    assert_int_equal(send(caller, "x", 1, 0), 1);
    if (!is_of(guest, host) || is_of(guest, no[0]) || is_of(guest, no[1]))
        fail_msg("a call to %s comes from elsewhere", host);
    close(caller);
    close(guest);
}

static void both_families_are_served(void **state)
{
    (void)state;
    struct error e = {0};
    int door;
    CHECK_OK(address_listen(0, &door, &e), e);
    assert_true(address_port(door) > 0);
    check_call(door, "127.0.0.1", (const char *const[]){"127.0.0.2", "::1"});
    const int six = address_call("::1", address_port(door), SECONDS);
    if (six < 0) {
        print_message("no IPv6 on this machine\n");
    } else {
        close(six);
        close(accept_one(door));
        check_call(door, "::1", (const char *const[]){"127.0.0.1", "::2"});
    }
    close(door);
}

static void a_port_is_taken_once(void **state)
{
    (void)state;
    struct error e = {0};
    int door, other;
    CHECK_OK(address_listen(0, &door, &e), e);
    const int port = address_port(door);
    check_refused(address_listen(port, &other, &e), ERR_IO, &e,
                  "give all hosts another --join_port");
    assert_int_equal(other, -1);
    close(door);
    assert_int_equal(address_call("127.0.0.1", port, SECONDS), -1); // nobody is there
    assert_int_equal(address_port(-1), 0);
}

static void names_may_lead_nowhere(void **state)
{
    (void)state;
    int pair[2];
    assert_int_equal(address_call("no name of a host", 7733, SECONDS), -1);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_false(is_of(pair[0], "127.0.0.1"));
    assert_false(is_of(-1, "127.0.0.1"));
    struct in6_addr list[4];
    assert_int_equal(address_list("no name of a host", list, 4), 0);
    assert_true(address_list("localhost", list, 4) > 0);
    assert_int_equal(address_list("localhost", list, 0), 0);
    close(pair[0]);
    close(pair[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_families_are_served),
        cmocka_unit_test(a_port_is_taken_once),
        cmocka_unit_test(names_may_lead_nowhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
