// SPDX-License-Identifier: MIT
// Bringing up ranks: lists of hosts, what hosts say to each other, PMI's server, lines of a
// connection; garbage in each of them.
#include "testing.h"

#include "base/clock.h"
#include "base/mem.h"
#include "dist/bringup.h"
#include "dist/children.h"
#include "dist/join.h"
#include "dist/link.h"
#include "dist/pmi.h"

#include <signal.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void lists_are_sorted(void **state)
{
    (void)state;
    struct bringup b = {.per_host = 1};
    struct error e = {0};
    CHECK_OK(bringup_hosts(&b, "algo-2,algo-10,algo-1", "algo-10", &e), e);
    assert_int_equal(b.hosts, 3);
    assert_string_equal(b.host[0], "algo-1");
    assert_string_equal(b.host[1], "algo-10"); // as text
    assert_int_equal(b.self, 1);
    bringup_clear(&b);
}

static void bad_lists_are_refused(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        {"a,b", "c", "--host c is not one of --hosts"},
        {"a,b,a", "a", "a is there twice"},
        {"a,,b", "a", "'' is not the name"},
        {"", "a", "'' is not the name"},
        {"a,b;reboot", "a", "'b;reboot' is not the name"},
        {"a,b ", "a", "'b ' is not the name"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bringup b = {.per_host = 1};
        struct error e = {0};
        check_refused(bringup_hosts(&b, cases[i][0], cases[i][1], &e), ERR_USAGE, &e, cases[i][2]);
        bringup_clear(&b);
    }
}

static void ranks_have_a_limit(void **state)
{
    (void)state;
    struct bringup b = {.per_host = BRINGUP_RANKS_MAX / 2};
    struct error e = {0};
    CHECK_OK(bringup_hosts(&b, "a,b", "a", &e), e);
    assert_int_equal(bringup_ranks(&b), BRINGUP_RANKS_MAX);
    bringup_clear(&b);
    check_refused(bringup_hosts(&b, "a,b,c", "a", &e), ERR_USAGE, &e,
                  "3 hosts of 2048 ranks are more than 4096 ranks");
    bringup_clear(&b);
    CHECK_OK(bringup_local(&b, &e), e);
    assert_true(b.hosts == 1 && b.self == 0);
    bringup_clear(&b);
}

static void addresses_belong_to_names(void **state)
{
    (void)state;
    struct bringup b = {.per_host = 1};
    struct error e = {0};
    CHECK_OK(bringup_hosts(&b, "algo-2,algo-10,algo-1", "algo-10", &e), e);
    assert_string_equal(bringup_address(&b, 2), "algo-2");
    CHECK_OK(bringup_addresses(&b, "algo-2=10.0.0.2,algo=x,algo-10=y,algo-10=z.net,q=10.0.0.9", &e),
             e);
    assert_string_equal(bringup_address(&b, 0), "algo-1"); // of the name that is nearly this one
    assert_string_equal(bringup_address(&b, 1), "z.net");  // the last one counts
    assert_string_equal(bringup_address(&b, 2), "10.0.0.2");
    bringup_clear(&b);
}

static void bad_addresses_are_refused(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"a", "'a' is not NAME=ADDRESS"},       {"", "'' is not NAME=ADDRESS"},
        {"a=1,b", "'b' is not NAME=ADDRESS"},   {"a=1,", "'' is not NAME=ADDRESS"},
        {"a=", "'' is not the name of a host"}, {"a=1;b", "'1;b' is not the name"},
        {"c=[::1]", "'[::1]' is not the name"}, {"a=b=c", "'b=c' is not the name"},
        {",a=1", "'' is not NAME=ADDRESS"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bringup b = {.per_host = 1};
        struct error e = {0};
        CHECK_OK(bringup_hosts(&b, "a,b", "a", &e), e);
        check_refused(bringup_addresses(&b, cases[i][0], &e), ERR_USAGE, &e, cases[i][1]);
        bringup_clear(&b);
    }
}

static int make_list(void *context, struct error *e)
{
    struct bringup b = {.per_host = 2};
    (void)context;
    int rc = bringup_hosts(&b, "a,b,c", "b", e);
    if (rc == 0)
        rc = bringup_addresses(&b, "a=1,b=2,b=3,d=4", e);
    bringup_clear(&b);
    return rc;
}

static void survives_failing_memory(void **state)
{
    (void)state;
    assert_true(check_failing_memory(make_list, NULL) >= 9);
}

static void a_greeting_comes_back(void **state)
{
    (void)state;
    struct bringup b = {.per_host = 3};
    struct join_hello said, heard;
    char text[JOIN_HELLO_MAX];
    assert_int_equal(bringup_hosts(&b, "a,b,c", "c", NULL), 0);
    join_describe(&b, 4, &said);
    join_print(&said, text);
    assert_true(join_parse(text, &heard));
    assert_true(heard.index == 2 && heard.hosts == 3 && heard.per_host == 3 &&
                heard.names == said.names && heard.round == 4);
    assert_string_equal(heard.version, PACKAGE_VERSION);
    assert_string_equal(heard.nonce, "");
    said = (struct join_hello){.index = BRINGUP_HOSTS_MAX - 1,
                               .hosts = BRINGUP_HOSTS_MAX,
                               .per_host = BRINGUP_RANKS_MAX,
                               .names = UINT32_MAX,
                               .round = ROUNDS_MAX - 1,
                               .nonce = "0123456789abcdef0123456789abcdef"};
    // The longest that there can be.
    memset(said.version, 'v', sizeof said.version - 1);
    join_print(&said, text);
    assert_true(join_parse(text, &heard));
    assert_string_equal(heard.nonce, said.nonce);
    bringup_clear(&b);
}

static void other_greetings_do_not(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "skiff-join",
        "skiff-join 4 0.1.0 1 2 1 5 -",
        "skiff-join 4 0.1.0 1 2 1 3 5",
        "skiff-join 4 0.1.0 1 2 1 3 5 x",
        "skiff-join 4 0.1.0 1 2 1 3 5 0123456789abcdef0123456789abcde",
        "skiff-join 4 0.1.0 1 2 1 3 5 0123456789abcdef0123456789abcdeF",
        "skiff-join 4 0.1.0 1 2 1 3 4 5 -",
        "skiff-join 4 0.1.0 1 2 1 3 1001 -",
        "skiff-join 4 0.1.0 1 2 1 3 -1 -",
        "skiff-join 3 0.1.0 1 2 1 3 5 -",
        "skiff-join 4 0.1.0 -1 2 1 3 5 -",
        "skiff-join 4 0.1.0 1 2 1 4294967296 5 -",
        "skiff-join 4 0.1.0 1024 2 1 3 5 -",
        "skiff-join 4 0.1.0 1 1025 1 3 5 -",
        "skiff-join 4 0.1.0 1 2 4097 3 5 -",
        "skiff-join 4  1 2 1 3 5 -",
        "skiff-join 4 0.1.0 1 2 1 x 5 -",
        "skiff-join 4 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa 1 2 1 3 5 -",
        "Skiff-join 4 0.1.0 1 2 1 3 5 -",
    };
    struct join_hello h;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (join_parse(bad[i], &h))
            fail_msg("'%s' is taken", bad[i]);
    assert_true(join_parse("skiff-join 4 0.1.0 1 2 1 3 5 -", &h));
    assert_true(join_parse("skiff-join 4 0.1.0 1 2 1 3 5 0123456789abcdef0123456789abcdef", &h));
}

struct exchange {
    size_t rank;
    const char *line;
    enum pmi_outcome outcome;
    const char *answer; // NULL: not looked at
};

static void check_exchange(struct pmi *p, const struct exchange *x)
{
    char answer[PMI_LINE_MAX] = "";
    int code = 0;
    const enum pmi_outcome got = pmi_line(p, x->rank, x->line, answer, &code);
    if (got != x->outcome || (x->answer && strcmp(answer, x->answer) != 0))
        fail_msg("rank %zu '%s': %d '%s', want %d '%s'", x->rank, x->line, (int)got, answer,
                 (int)x->outcome, x->answer ? x->answer : "");
}

// The lines of MPICH 4.0's client.
static void serves_two_ranks(void **state)
{
    (void)state;
    static const struct exchange lines[] = {
        {0, "cmd=init pmi_version=1 pmi_subversion=1", PMI_ANSWER,
         "cmd=response_to_init pmi_version=1 pmi_subversion=1 rc=0"},
        {0, "cmd=get_maxes", PMI_ANSWER, "cmd=maxes kvsname_max=64 keylen_max=64 vallen_max=1024"},
        {0, "cmd=get_my_kvsname", PMI_ANSWER, "cmd=my_kvsname kvsname=kvs_0"},
        {0, "cmd=get kvsname=kvs_0 key=PMI_process_mapping", PMI_ANSWER,
         "cmd=get_result rc=0 msg=success value=(vector,(0,2,1))"},
        {0, "cmd=put kvsname=kvs_0 key=bc-0 value=mpi#0A0B", PMI_ANSWER, NULL},
        {1, "cmd=get kvsname=kvs_0 key=bc-0", PMI_ANSWER,
         "cmd=get_result rc=0 msg=success value=mpi#0A0B"},
        {1, "cmd=get kvsname=kvs_0 key=bc-1", PMI_ANSWER, NULL},
        {0, "cmd=barrier_in", PMI_WAIT, NULL},
        {0, "cmd=barrier_in", PMI_BAD, NULL}, // it is in there
        {1, "cmd=barrier_in", PMI_OPEN, "cmd=barrier_out"},
        {1, "cmd=barrier_in", PMI_WAIT, NULL},
        {0, "cmd=get_universe_size", PMI_ANSWER, "cmd=universe_size size=2"},
        {0, "cmd=finalize", PMI_ANSWER, "cmd=finalize_ack"},
    };
    struct pmi *p = pmi_new(2, 1, NULL);
    assert_non_null(p);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        check_exchange(p, &lines[i]);
    pmi_free(p);
}

static void tells_who_shares_a_machine(void **state)
{
    (void)state;
    struct pmi *p = pmi_new(3, 2, NULL);
    assert_non_null(p);
    check_exchange(p, &(struct exchange){5, "cmd=get key=PMI_process_mapping", PMI_ANSWER,
                                         "cmd=get_result rc=0 msg=success value=(vector,(0,3,2))"});
    check_exchange(
        p, &(struct exchange){5, "cmd=get_universe_size", PMI_ANSWER, "cmd=universe_size size=6"});
    pmi_free(p);
}

static void refuses_other_lines(void **state)
{
    (void)state;
    static char long_value[PMI_LINE_MAX + 100] = "cmd=put key=k value=";
    memset(long_value + strlen(long_value), 'x', PMI_VALUE_MAX + 1);
    static const char *const bad[] = {
        "",
        "cmd",
        "cmd=",
        "cmd=spawn nprocs=1 execname=/bin/sh",
        "mcmd=spawn",
        "init",
        "cmd=put key=k",
        "cmd=put key= value=x",
        "cmd=put value=x",
        "cmd=put key=PMI_process_mapping value=(vector,(0,1,1))",
        "cmd=get",
        "cmd=put key=k value=a\tb",
        "cmd=put key=k value=\xff",
        "cmd=get a=1 b=2 c=3 d=4 e=5 f=6 g=7 key=k",
        long_value,
    };
    struct pmi *p = pmi_new(2, 1, NULL);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        check_exchange(p, &(struct exchange){0, bad[i], PMI_BAD, NULL});
    // Once is enough, and there is an end to it.
    check_exchange(p, &(struct exchange){1, "cmd=put key=k value=1", PMI_ANSWER, NULL});
    check_exchange(p, &(struct exchange){0, "cmd=put key=k value=2", PMI_BAD, NULL});
    for (int i = 0; i < PMI_KEYS_MAX; i++) {
        char line[64];
        snprintf(line, sizeof line, "cmd=put key=key%d value=1", i);
        check_exchange(p, &(struct exchange){0, line, PMI_ANSWER, NULL});
    }
    check_exchange(p, &(struct exchange){0, "cmd=put key=more value=1", PMI_BAD, NULL});
    pmi_free(p);
}

static void aborts_have_a_status(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        int code;
    } cases[] = {{"cmd=abort exitcode=3", 3},
                 {"cmd=abort exitcode=0", 1},
                 {"cmd=abort", 1},
                 {"cmd=abort exitcode=1014043407", 1}}; // of MPI, beyond an exit status
    struct pmi *p = pmi_new(1, 1, NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char answer[PMI_LINE_MAX];
        int code = 0;
        assert_int_equal(pmi_line(p, 0, cases[i].line, answer, &code), PMI_ABORT);
        assert_int_equal(code, cases[i].code);
    }
    pmi_free(p);
}

static void lines_come_in_pieces(void **state)
{
    (void)state;
    int pair[2];
    struct link a, b;
    char line[LINK_LINE_MAX];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    link_init(&a, pair[0]);
    link_init(&b, pair[1]);
    assert_int_equal(write(a.fd, "one\ntw", 6), 6);
    assert_true(link_fill(&b));
    assert_int_equal(link_line(&b, line), 1);
    assert_string_equal(line, "one");
    assert_int_equal(link_line(&b, line), 0);
    assert_true(link_say(&a, "%s", "o"));
    assert_true(link_fill(&b));
    assert_int_equal(link_line(&b, line), 1);
    assert_string_equal(line, "two");
    char flood[LINK_LINE_MAX];
    memset(flood, 'x', sizeof flood);
    assert_false(link_say(&a, "%.*s", (int)sizeof flood, flood)); // too long to be said
    assert_int_equal(write(a.fd, flood, sizeof flood), sizeof flood);
    assert_true(link_fill(&b));
    assert_int_equal(link_line(&b, line), -1);
    link_close(&a);
    b.have = 0;
    assert_false(link_fill(&b));
    assert_false(link_say(&b, "anybody"));
    link_close(&b);
    link_close(&b);
}

// Until the kernel has said so: 10 s at most.
static void await_stopped(struct child *c, bool stopped)
{
    int code;
    for (int i = 0; i < 10000 && child_is_stopped(c, 0) != stopped; i++) {
        usleep(1000);
        assert_false(child_reap(c, &code));
    }
    assert_true(child_is_stopped(c, 0) == stopped);
}

static void ranks_are_seen_to_stop(void **state)
{
    (void)state;
    struct child c = {.link.fd = -1, .pid = fork()};
    int code = 0;
    if (c.pid == 0)
        for (;;)
            pause();
    assert_false(child_reap(&c, &code));
    kill(c.pid, SIGSTOP);
    await_stopped(&c, true);
    assert_false(child_is_stopped(&c, 1000));
    kill(c.pid, SIGCONT);
    await_stopped(&c, false);
    kill(c.pid, SIGSTOP);
    await_stopped(&c, true);
    kill(c.pid, SIGKILL);
    while (!child_reap(&c, &code))
        usleep(1000);
    assert_int_equal(code, 128 + SIGKILL);
    assert_false(child_is_stopped(&c, 0));
    assert_false(child_reap(&c, &code));
}

// Holds on to a process, so that nobody hears of its end; false where that is not allowed.
static bool hold(pid_t pid, pid_t *holder)
{
    char yes = 0;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    *holder = fork();
    if (*holder == 0) {
        yes = ptrace(PTRACE_SEIZE, pid, NULL, NULL) == 0;
        if (write(ends[1], &yes, 1) == 1)
            pause();
        _exit(0);
    }
    assert_int_equal(read(ends[0], &yes, 1), 1);
    close(ends[0]);
    close(ends[1]);
    return yes;
}

static void a_rank_that_does_not_end_is_left(void **state)
{
    (void)state;
    struct children c = {.child = mem_array(2, sizeof *c.child), .count = 2};
    pid_t holder, held = 0;
    for (size_t i = 0; i < c.count; i++) {
        c.child[i] = (struct child){.link.fd = -1, .pid = held = fork()};
        if (held == 0)
            for (;;)
                pause();
    }
    const bool held_fast = hold(held, &holder);
    const double begun = clock_seconds();
    children_end(&c, 0.2);
    assert_true(clock_seconds() - begun < 10);
    const bool left = waitpid(held, NULL, WNOHANG) == 0;
    kill(holder, SIGKILL);
    assert_int_equal(waitpid(holder, NULL, 0), holder);
    if (!held_fast)
        skip();
    assert_true(left);
    assert_int_equal(waitpid(held, NULL, 0), held);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_are_sorted),
        cmocka_unit_test(bad_lists_are_refused),
        cmocka_unit_test(a_greeting_comes_back),
        cmocka_unit_test(other_greetings_do_not),
        cmocka_unit_test(serves_two_ranks),
        cmocka_unit_test(refuses_other_lines),
        cmocka_unit_test(aborts_have_a_status),
        cmocka_unit_test(lines_come_in_pieces),
        cmocka_unit_test(survives_failing_memory),
        cmocka_unit_test(ranks_have_a_limit),
        cmocka_unit_test(tells_who_shares_a_machine),
        cmocka_unit_test(addresses_belong_to_names),
        cmocka_unit_test(bad_addresses_are_refused),
        cmocka_unit_test(ranks_are_seen_to_stop),
        cmocka_unit_test(a_rank_that_does_not_end_is_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
