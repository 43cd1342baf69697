// SPDX-License-Identifier: MIT
// Ranks as threads: what they agree on, sums in the bits of one process for any number of ranks,
// and an end for all of them when any call of any rank fails.
#include "testing.h"

#include "dist/dist_sum.h"
#include "dist_mock.h"
#include "kern/cpu.h"

#include <sys/resource.h>
#include <sys/wait.h>

#define RANKS_MAX 100
#define RANKS_FEW 8
#define SECONDS   60 // a hang is a failure: the alarm ends the program

static const struct kern *kern;

// Networks for which each of the ways of dist_sum.c is the best.
static const struct dist_network between_hosts = {50e-6, 1.25e9, 5e-6},
                                 networks[] = {{1, 1e12, 0}, {0, 1, 0}, {0, 1e12, 1}};
#define NETWORKS (sizeof networks / sizeof *networks)

// ---- agreement

struct agreement {
    size_t ranks;
    int code[RANKS_MAX];
    const char *text[RANKS_MAX];
    bool yes[RANKS_MAX];
    struct {
        int rc;
        struct error e;
        char shared[3000];
        bool any;
        size_t hosts, cores;
        struct dist_network network;
    } got[RANKS_MAX];
};

static void agree_body(struct dist *d, size_t rank, void *context)
{
    struct agreement *a = context;
    struct error *e = &a->got[rank].e;
    memset(a->got[rank].shared, (int)('a' + rank), sizeof a->got[rank].shared);
    a->got[rank].any = a->yes[rank];
    a->got[rank].rc = d ? dist_meet(d, e) : 0;
    a->got[rank].hosts = dist_hosts(d);
    a->got[rank].cores = dist_cores(d);
    a->got[rank].network = d->network;
    if (a->got[rank].rc == 0 && dist_same(d, 7, "x", e))
        a->got[rank].rc = 98;
    struct error differs = {0};
    const int same = dist_same(d, rank == 1 ? 8 : 7, "the test's value", &differs);
    if (same != (rank == 1 ? ERR_MISMATCH : 0) ||
        (rank == 1 && !strstr(differs.text, "the test's value is 8 here and 7 at rank 0")))
        a->got[rank].rc = 97;
    if (dist_share(d, a->got[rank].shared, sizeof a->got[rank].shared, e) ||
        dist_any(d, &a->got[rank].any, e))
        a->got[rank].rc = 99;
    if (a->code[rank] && a->text[rank])
        error_set(e, a->code[rank], "%s", a->text[rank]);
    if (a->got[rank].rc == 0)
        a->got[rank].rc = dist_agree(d, a->code[rank], e);
}

static void run_agreement(struct agreement *a)
{
    struct mock *m = mock_new(a->ranks);
    memset(a->got, 0, sizeof a->got);
    mock_run(m, agree_body, a);
    assert_int_equal(mock_messages(m), 0);
    assert_false(mock_aborted(m));
    mock_free(m);
}

static void check_agreement(const struct agreement *a, int code, const char *text)
{
    for (size_t r = 0; r < a->ranks; r++) {
        if (a->got[r].rc != code || strcmp(a->got[r].e.text, text) != 0)
            fail_msg("rank %zu of %zu: %d '%s', want %d '%s'", r, a->ranks, a->got[r].rc,
                     a->got[r].e.text, code, text);
        assert_int_equal(a->got[r].hosts, 1);
        assert_memory_equal(&a->got[r].network, &a->got[0].network, sizeof a->got->network);
        assert_int_equal(a->got[r].shared[0], 'a');
        assert_int_equal(a->got[r].shared[2999], 'a');
    }
}

static void ranks_agree_on_the_first_failure(void **state)
{
    (void)state;
    for (size_t ranks = 2; ranks <= RANKS_FEW; ranks++) {
        struct agreement a = {.ranks = ranks};
        run_agreement(&a);
        check_agreement(&a, 0, "");
        assert_true(a.got[0].cores >= 1 && a.got[0].cores == a.got[ranks - 1].cores);
        const struct dist_network n = a.got[0].network; // found, not assumed
        assert_true(n.latency > 0 && n.latency != between_hosts.latency && n.message >= 0);
        assert_true(n.bandwidth > 1e3 && n.bandwidth < 1e13);

        a = (struct agreement){.ranks = ranks};
        a.code[1] = ERR_DATA;
        a.text[1] = "t.npz: no rows";
        run_agreement(&a);
        check_agreement(&a, ERR_DATA, "rank 1: t.npz: no rows");
        if (ranks < 3)
            continue;
        a.code[2] = ERR_IO; // the lowest wins
        a.text[2] = "u.npz: gone";
        run_agreement(&a);
        check_agreement(&a, ERR_DATA, "rank 1: t.npz: no rows");
        a.text[1] = NULL; // but for one that knows no reason: it has only heard of a failure
        run_agreement(&a);
        check_agreement(&a, ERR_IO, "rank 2: u.npz: gone");
    }
}

static void what_all_say_needs_no_rank(void **state)
{
    (void)state;
    struct agreement a = {.ranks = 3};
    for (size_t r = 0; r < 3; r++) {
        a.code[r] = ERR_USAGE;
        a.text[r] = "--train is missing";
    }
    run_agreement(&a);
    check_agreement(&a, ERR_USAGE, "--train is missing");
    for (size_t r = 0; r < 3; r++)
        a.text[r] = NULL;
    run_agreement(&a);
    check_agreement(&a, ERR_USAGE, "usage");
}

static void anybody_may_say_yes(void **state)
{
    (void)state;
    for (size_t who = 0; who <= 3; who++) {
        struct agreement a = {.ranks = 3};
        if (who < 3)
            a.yes[who] = true;
        run_agreement(&a);
        for (size_t r = 0; r < 3; r++)
            if (a.got[r].any != (who < 3))
                fail_msg("rank %zu hears %d when rank %zu says yes", r, a.got[r].any, who);
    }
}

static void a_process_alone_needs_nothing(void **state)
{
    (void)state;
    bool yes = true;
    struct error e = {0};
    struct dist *d = (struct dist *)&e;
    assert_int_equal(dist_open(&d, &e), 0); // no launcher has started this test
    assert_null(d);
    assert_int_equal(dist_agree(NULL, ERR_DATA, &e), ERR_DATA);
    assert_int_equal(dist_any(NULL, &yes, &e), 0);
    assert_true(yes && dist_is_root(NULL) && dist_speaks(NULL) && !dist_broken(NULL));
    assert_true(dist_ranks(NULL) == 1 && dist_rank(NULL) == 0 && dist_hosts(NULL) == 1);
    assert_int_equal(dist_share(NULL, &yes, 1, &e), 0);
    assert_int_equal(dist_same(NULL, 3, "x", &e), 0);
    dist_use_threads(NULL, 3);
    dist_close(NULL, 1);
}

// Without MPI started as several, a process says so instead of training beside the others.
static void a_launcher_that_is_none_of_ours(void **state)
{
    (void)state;
    struct error e = {0};
    struct dist *d;
    setenv("OMPI_COMM_WORLD_SIZE", "2", 1);
    check_refused(dist_open(&d, &e), ERR_UNSUPPORTED, &e, "Open MPI");
    assert_true(dist_speaks(NULL));
    setenv("OMPI_COMM_WORLD_RANK", "1", 1);
    assert_false(dist_speaks(NULL));
    unsetenv("OMPI_COMM_WORLD_SIZE");
    unsetenv("OMPI_COMM_WORLD_RANK");
    setenv("PMI_RANK", "1", 1);
    assert_true(dist_speaks(NULL)); // what some program has left behind
    setenv("PMI_SIZE", "2", 1);
    assert_false(dist_speaks(NULL));
    unsetenv("PMI_SIZE");
    unsetenv("PMI_RANK");
}

// ---- sums

struct summation {
    size_t ranks, rows, floats;
    struct dist_network network;
    const float *leaf;  // [leaves][floats]
    const double *loss; // [leaves]
    float *got;         // [ranks][floats]
    double mean[RANKS_MAX];
    uint64_t flags[RANKS_MAX];
    int rc[RANKS_MAX];
    bool agree; // and agree before and after, as a run does
};

static double total_loss(const struct summation *s, size_t first, size_t count)
{
    const size_t half = count / 2;
    if (half == 0)
        return s->loss[first];
    const double left = total_loss(s, first, half);
    return left + total_loss(s, first + half, half);
}

// The sums of a part as plan.c makes them, in buffers of its own.
static float *own_sums(const struct summation *s, struct plan_part part, struct plan_sums *sums)
{
    const size_t leaves = plan_leaves(s->rows, s->floats);
    const struct par_range own = plan_part_leaves(leaves, part);
    const size_t floats = (own.end - own.begin) * s->floats;
    float *copy = mem_aligned(floats, sizeof *copy);
    if (!copy)
        return NULL;
    memcpy(copy, s->leaf + own.begin * s->floats, floats * sizeof *copy);
    *sums = (struct plan_sums){.leaves = leaves, .divisor = 2};
    sums->nodes = tree_cover(own.begin, own.end, sums->node);
    for (size_t i = 0; i < sums->nodes; i++) {
        const size_t first = sums->node[i].first - own.begin;
        const size_t count = (size_t)1 << sums->node[i].level;
        for (size_t width = 1; width < count; width *= 2)
            for (size_t l = first; l < first + count; l += 2 * width)
                kern->add(s->floats, copy + l * s->floats, copy + (l + width) * s->floats);
        sums->node[i].sum = copy + first * s->floats;
        sums->node[i].loss = total_loss(s, sums->node[i].first, count);
    }
    return copy;
}

static int sum_once(struct dist *d, size_t rank, struct summation *s, struct error *e)
{
    struct plan_sums sums;
    const struct dist_sum_spec spec = {d, kern, NULL, s->floats, s->rows, 2, NULL};
    d->network = s->network;
    struct dist_sum *sum = dist_sum_new(&spec, e);
    float *own = sum ? own_sums(s, dist_part(d), &sums) : NULL;
    int rc = dist_agree(d, own ? 0 : ERR_NOMEM, e);
    for (int i = 0; rc == 0 && i < 2; i++) { // buffers serve again
        mem_free(own);
        own = own_sums(s, dist_part(d), &sums);
        s->flags[rank] = (uint64_t)1 << rank % 64;
        rc = own ? dist_sum_add(sum, &sums, &s->flags[rank], e) : ERR_NOMEM;
    }
    if (rc == 0) {
        memcpy(s->got + rank * s->floats, sums.node[0].sum, s->floats * sizeof *s->got);
        s->mean[rank] = plan_mean_loss(&sums);
    }
    mem_free(own);
    dist_sum_free(sum);
    return dist_agree(d, rc, e);
}

static void sum_body(struct dist *d, size_t rank, void *context)
{
    struct summation *s = context;
    struct error e = {0};
    s->rc[rank] = sum_once(d, rank, s, &e);
}

static struct summation make_summation(size_t rows, size_t floats)
{
    uint32_t seed = 3;
    const size_t leaves = plan_leaves(rows, floats);
    float *leaf = mem_aligned(leaves * floats, sizeof *leaf);
    double *loss = mem_array(leaves, sizeof *loss);
    float *got = mem_aligned(RANKS_MAX * floats, sizeof *got);
    assert_true(leaf && loss && got);
    for (size_t i = 0; i < leaves * floats; i++)
        leaf[i] = ldexpf(test_float(&seed), (int)(test_random(&seed) % 20));
    for (size_t i = 0; i < leaves; i++)
        loss[i] = ldexp((double)test_float(&seed), (int)(test_random(&seed) % 40));
    return (struct summation){.rows = rows,
                              .floats = floats,
                              .network = between_hosts,
                              .leaf = leaf,
                              .loss = loss,
                              .got = got};
}

static void free_summation(struct summation *s)
{
    mem_free((void *)(uintptr_t)s->leaf);
    mem_free((void *)(uintptr_t)s->loss);
    mem_free(s->got);
}

static void check_sums(struct summation *s, const float *want, double mean)
{
    char what[96];
    const uint64_t flags = s->ranks < 64 ? ((uint64_t)1 << s->ranks) - 1 : UINT64_MAX;
    for (size_t r = 0; r < s->ranks; r++) {
        snprintf(what, sizeof what, "%zu rows, %zu floats, rank %zu of %zu", s->rows, s->floats, r,
                 s->ranks);
        assert_int_equal(s->rc[r], 0);
        check_bits(s->got + r * s->floats, want, s->floats, what);
        if (s->mean[r] != mean || s->flags[r] != flags)
            fail_msg("%s: loss %.17g, want %.17g; flags %#llx", what, s->mean[r], mean,
                     (unsigned long long)s->flags[r]);
    }
}

// For the numbers of ranks from `ranks` on to `most`, `step` apart.
static void check_ranks(struct summation *s, size_t ranks, size_t most, size_t step)
{
    struct plan_sums whole;
    float *own = own_sums(s, (struct plan_part){0, 1}, &whole);
    const double mean = plan_mean_loss(&whole);
    for (s->ranks = ranks; s->ranks <= most; s->ranks += step) {
        struct mock *m = mock_new(s->ranks);
        memset(s->got, 0, s->ranks * s->floats * sizeof *s->got);
        alarm(SECONDS);
        mock_run(m, sum_body, s);
        assert_int_equal(mock_messages(m), 0);
        mock_free(m);
        check_sums(s, whole.node[0].sum, mean);
    }
    mem_free(own);
}

// Each way, of gradients that have a segment for every rank and of some that have not.
static void sums_have_one_process_bits(void **state)
{
    (void)state;
    static const size_t rows[] = {1, 300, 569, 100000};
    static const size_t floats[] = {16, 1008, 40000};
    for (size_t i = 0; i < sizeof floats / sizeof *floats; i++)
        for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
            struct summation s = make_summation(rows[k], floats[i]);
            for (size_t n = 0; n < NETWORKS; n++) {
                s.network = networks[n];
                check_ranks(&s, 2, RANKS_FEW, 1);
            }
            free_summation(&s);
        }
}

// With fewer leaves than ranks some have nothing to send but their flags.
static void sums_of_many_ranks_do_too(void **state)
{
    (void)state;
    static const struct {
        size_t rows, floats, ranks, step;
    } cases[] = {{100000, 4096, 9, 1},
                 {5000, 4096, 9, 7},
                 {300, 4096, 16, 17},
                 {5000, 16, 64, 36},
                 {1, 16, 17, 47}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct summation s = make_summation(cases[i].rows, cases[i].floats);
        check_ranks(&s, cases[i].ranks, 70, cases[i].step);
        check_ranks(&s, RANKS_MAX, RANKS_MAX, 1);
        free_summation(&s);
    }
}

// What dist_sum_cost says, and what ranks have sent.
struct traffic {
    struct summation sum;
    struct mock *mock;
    struct mock_traffic sent[RANKS_MAX];
    long allocations; // of all ranks
};

// Nobody goes on before all have come.
static void meet_all(struct dist *d)
{
    bool any = false;
    (void)dist_any(d, &any, NULL);
}

static void traffic_body(struct dist *d, size_t rank, void *context)
{
    struct traffic *t = context;
    struct error e = {0};
    struct plan_sums sums;
    uint64_t flags = 0;
    const struct dist_sum_spec spec = {d, kern, NULL, t->sum.floats, t->sum.rows, 1, NULL};
    d->network = t->sum.network;
    struct dist_sum *sum = dist_sum_new(&spec, &e);
    float *own = own_sums(&t->sum, dist_part(d), &sums);
    meet_all(d);
    if (rank == 0)
        (void)mem_fail_at(0);
    meet_all(d);
    const struct mock_traffic before = mock_sent(t->mock, rank);
    t->sum.rc[rank] = dist_sum_add(sum, &sums, &flags, &e);
    const struct mock_traffic after = mock_sent(t->mock, rank);
    meet_all(d);
    if (rank == 0)
        t->allocations = mem_fail_at(0);
    t->sent[rank] =
        (struct mock_traffic){after.messages - before.messages, after.bytes - before.bytes};
    mem_free(own);
    dist_sum_free(sum);
}

static void check_traffic(struct traffic *t)
{
    struct mock_traffic most = {0};
    assert_int_equal(t->allocations, 0);
    for (size_t r = 0; r < t->sum.ranks; r++) {
        assert_int_equal(t->sum.rc[r], 0);
        most.messages = t->sent[r].messages > most.messages ? t->sent[r].messages : most.messages;
        most.bytes = t->sent[r].bytes > most.bytes ? t->sent[r].bytes : most.bytes;
    }
    const struct dist_cost want = dist_sum_cost(
        t->sum.floats, plan_leaves(t->sum.rows, t->sum.floats), t->sum.ranks, &t->sum.network);
    // Segments are rounded to whole vectors.
    if ((double)most.messages != want.messages ||
        !(fabs((double)most.bytes - want.bytes) <= 0.01 * want.bytes + 256 * want.messages))
        fail_msg("%zu rows, %zu floats, %zu ranks: %zu messages and %zu bytes, expected %g and %g",
                 t->sum.rows, t->sum.floats, t->sum.ranks, most.messages, most.bytes, want.messages,
                 want.bytes);
}

static void count_costs(size_t rows, size_t floats, const struct dist_network *n)
{
    struct traffic t = {.sum = make_summation(rows, floats)};
    t.sum.network = *n;
    for (t.sum.ranks = 2; t.sum.ranks <= RANKS_FEW; t.sum.ranks++) {
        t.mock = mock_new(t.sum.ranks);
        mock_run(t.mock, traffic_body, &t);
        mock_free(t.mock);
        check_traffic(&t);
    }
    free_summation(&t.sum);
}

static void costs_are_counted(void **state)
{
    (void)state;
    static const size_t rows[] = {1, 569, 5000}, floats[] = {1008, 30000, 70000 - 70000 % 16};
    for (size_t i = 0; i < 3; i++)
        for (size_t k = 0; k < 3; k++)
            for (size_t n = 0; n < NETWORKS; n++)
                count_costs(rows[i], floats[k], &networks[n]);
    const struct dist_cost alone = dist_sum_cost(1000, 8, 1, &between_hosts);
    assert_true(alone.bytes == 0 && alone.messages == 0 && alone.hops == 0);
}

static double hops(size_t floats, size_t ranks, const struct dist_network *n)
{
    return dist_sum_cost(floats, 32, ranks, n).hops;
}

// One hop, two in segments, and doubling: log2 of the ranks, two more where they are no power of
// two. So the tests above have seen each.
static void the_network_decides(void **state)
{
    (void)state;
    for (size_t floats = 1000; floats < 1000000; floats *= 10) {
        assert_true(hops(floats, 8, &networks[0]) == 1 && hops(floats, 7, &networks[0]) == 1);
        assert_true(hops(floats, 8, &networks[1]) == 2 && hops(floats, 7, &networks[1]) == 2);
        assert_true(hops(floats, 8, &networks[2]) == 3 && hops(floats, 7, &networks[2]) == 4);
    }
    const struct dist_network *n = &between_hosts;
    assert_true(hops(16, 63, n) == 1 && hops(16, 64, n) == 6); // log2 of the messages
    assert_true(hops(1000000, 3, n) == 2 && hops(1000000, 32, n) == 2);
    assert_true(hops(4096, 1024, n) == 10);
}

// ---- failure

static void every_call_may_fail(void **state)
{
    (void)state;
    static const size_t floats[] = {16, 30000, 40000 - 40000 % 16};
    for (size_t i = 0; i < sizeof floats / sizeof *floats; i++) {
        struct summation s = make_summation(5000, floats[i]);
        s.ranks = 3;
        s.network = networks[i];
        for (size_t rank = 0; rank < s.ranks; rank++) {
            bool failed = true;
            long call = 1;
            for (; failed; call++) {
                struct mock *m = mock_new(s.ranks);
                mock_fail(m, rank, call);
                alarm(SECONDS);
                mock_run(m, sum_body, &s);
                failed = mock_calls(m, rank) >= call;
                // A rank that was done may not have noticed; one that fails never says it is well.
                // All have ended: nobody waits for a message that will not come.
                if (failed && (s.rc[rank] == 0 || !mock_aborted(m)))
                    fail_msg("rank %zu survives its failed call %ld", rank, call);
                if (!failed && (s.rc[0] || s.rc[1] || s.rc[2]))
                    fail_msg("a run without a fault fails");
                mock_free(m);
            }
            assert_true(call > 10);
        }
        free_summation(&s);
    }
}

#define MEETING 3 // ranks

static void meet_body(struct dist *d, size_t rank, void *context)
{
    int *rc = context;
    rc[rank] = dist_meet(d, NULL);
}

// Ranks that meet, of which one call of a rank or an allocation of any fails, if there are so many:
// does one? All end in any case. How often messages go to and fro while the network is measured is
// a matter of time.
static bool a_meeting_fails(size_t rank, long call, long allocation)
{
    int rc[MEETING] = {0};
    struct mock *m = mock_new(MEETING);
    mock_fail(m, rank, call);
    (void)mem_fail_at(allocation);
    alarm(SECONDS);
    mock_run(m, meet_body, rc);
    const long allocations = mem_fail_at(0);
    const bool failed = call ? mock_calls(m, rank) >= call : allocations >= allocation;
    if (failed && (!mock_aborted(m) || (call && rc[rank] == 0)))
        fail_msg("call %ld of rank %zu, allocation %ld: %d", call, rank, allocation, rc[rank]);
    if (!failed)
        for (size_t r = 0; r < MEETING; r++)
            assert_int_equal(rc[r], 0);
    mock_free(m);
    return failed;
}

static void meeting_may_fail(void **state)
{
    (void)state;
    long some = 0, allocation = 1;
    for (size_t rank = 0; rank < MEETING; rank++)
        for (long call = 1; call <= 60; call++)
            some += a_meeting_fails(rank, call, 0);
    assert_true(some > 100);
    while (a_meeting_fails(0, 0, allocation))
        allocation++;
    assert_true(allocation > 2 * MEETING);
}

static int set_up(void **state)
{
    (void)state;
    return kern_select(&kern, NULL);
}

// ---- these tests themselves

static void assert_body(struct dist *d, size_t rank, void *context)
{
    (void)d;
    (void)context;
    assert_int_equal(rank, 0);
}

// In a process of its own, whose standard error is `out`.
static void fail_in_a_rank(int out)
{
    const struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    dup2(out, STDERR_FILENO);
    mock_run(mock_new(2), assert_body, NULL);
    _exit(0);
}

static void what_a_rank_asserts_is_said(void **state)
{
    (void)state;
    int ends[2], status;
    char text[1024] = "";
    assert_int_equal(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0)
        fail_in_a_rank(ends[1]);
    assert_true(child > 0);
    close(ends[1]);
    for (ssize_t got = 1, n = 0; got > 0 && n + 1 < (ssize_t)sizeof text; n += got)
        got = read(ends[0], text + n, sizeof text - 1 - (size_t)n);
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    if (!WIFSIGNALED(status) || !strstr(text, "0x1 != 0"))
        fail_msg("status %#x: '%s'", (unsigned)status, text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranks_agree_on_the_first_failure),
        cmocka_unit_test(what_all_say_needs_no_rank),
        cmocka_unit_test(anybody_may_say_yes),
        cmocka_unit_test(a_process_alone_needs_nothing),
        cmocka_unit_test(a_launcher_that_is_none_of_ours),
        cmocka_unit_test(sums_have_one_process_bits),
        cmocka_unit_test(sums_of_many_ranks_do_too),
        cmocka_unit_test(costs_are_counted),
        cmocka_unit_test(the_network_decides),
        cmocka_unit_test(every_call_may_fail),
        cmocka_unit_test(meeting_may_fail),
        cmocka_unit_test(what_a_rank_asserts_is_said),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
