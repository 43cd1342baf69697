// SPDX-License-Identifier: MIT
// Teams of threads: every worker runs once a job, results are seen, helpers that sleep wake up; and
// the pace that decides how many of them pay, on a clock of its own.
#include "testing.h"

#include "kern/pace.h"
#include "kern/par.h"

#include <sched.h>
#include <stdatomic.h>
#include <unistd.h>

#define JOBS 5000

struct count {
    atomic_uint runs[64];
    unsigned plain[64][16]; // written without atomics: the hand-over must make it visible
};

static void count_run(void *context, size_t worker)
{
    struct count *c = context;
    atomic_fetch_add(&c->runs[worker], 1);
    c->plain[worker][0]++;
}

static void run_jobs(struct par *team, void *context)
{
    struct count *c = context;
    for (unsigned job = 0; job < JOBS; job++) {
        const size_t workers = job % 9;
        unsigned before[9] = {0};
        for (size_t w = 0; w < workers; w++)
            before[w] = c->plain[w][0];
        par_run(team, workers, count_run, c);
        for (size_t w = 0; w < workers; w++)
            if (c->plain[w][0] != before[w] + 1)
                fail_msg("job %u, worker %zu: %u runs, expected %u", job, w, c->plain[w][0],
                         before[w] + 1);
    }
}

static void every_worker_runs_once_a_job(void **state)
{
    (void)state;
    static const size_t threads[] = {1, 2, 3, 8};
    for (size_t i = 0; i < 4; i++) {
        struct count c = {0};
        par_team(threads[i], run_jobs, &c);
        for (size_t w = 0; w < 8; w++) {
            unsigned expected = 0;
            for (unsigned job = 0; job < JOBS; job++)
                expected += w < job % 9;
            assert_int_equal(c.runs[w], expected);
        }
    }
}

// Long enough apart for the helpers to have gone to sleep.
static void run_slowly(struct par *team, void *context)
{
    for (int i = 0; i < 20; i++) {
        usleep(3000);
        par_run(team, 2, count_run, context);
    }
}

static void sleepers_wake_up(void **state)
{
    (void)state;
    struct count c = {0};
    par_team(2, run_slowly, &c);
    assert_int_equal(c.runs[0], 20);
    assert_int_equal(c.runs[1], 20);
}

struct places {
    cpu_set_t allowed;
    int core[2];
    atomic_uint narrowed;
};

static void note_place(void *context, size_t worker)
{
    struct places *p = context;
    cpu_set_t now;
    CPU_ZERO(&now);
    p->core[worker] = sched_getcpu();
    if (sched_getaffinity(0, sizeof now, &now) == 0 && !CPU_EQUAL(&now, &p->allowed))
        atomic_fetch_add(&p->narrowed, 1);
}

// A helper that is woken does not stay beside the leader, and is not bound to where it goes.
static void wake_often(struct par *team, void *context)
{
    enum { TIMES = 200 };
    struct places *p = context;
    unsigned together = 0;
    for (unsigned i = 0; i < TIMES; i++) {
        usleep(500);
        par_run(team, 2, note_place, p);
        together += p->core[0] == p->core[1];
    }
    print_message("of %d wake-ups %u left both threads on one core\n", TIMES, together);
    assert_int_equal(p->narrowed, 0);
    if (par_threads(team) == 2 && CPU_COUNT(&p->allowed) > 1)
        assert_in_range(together, 0, TIMES / 4); // the leader may be moved meanwhile
}

static void helpers_leave_the_leaders_core(void **state)
{
    (void)state;
    struct places p = {0};
    if (sched_getaffinity(0, sizeof p.allowed, &p.allowed) == 0)
        par_team(2, wake_often, &p);
}

static void no_team_is_the_caller(void **state)
{
    (void)state;
    struct count c = {0};
    assert_int_equal(par_threads(NULL), 1);
    par_run(NULL, 5, count_run, &c);
    par_run(NULL, 0, count_run, &c);
    for (size_t w = 0; w < 6; w++)
        assert_int_equal(c.runs[w], w < 5);
}

static void parts_cover_everything_once(void **state)
{
    (void)state;
    for (size_t n = 0; n < 300; n += 7)
        for (size_t grain = 1; grain <= 64; grain *= 4)
            for (size_t workers = 1; workers <= 9; workers++) {
                size_t at = 0;
                for (size_t w = 0; w < workers; w++) {
                    const struct par_range r = par_split(n, grain, workers, w);
                    assert_int_equal(r.begin, at);
                    assert_true(r.end >= r.begin);
                    assert_true(r.end == n || r.end % grain == 0);
                    at = r.end;
                }
                assert_int_equal(at, n);
            }
}

// A machine on which a step of one unit takes seconds[workers], from `start` for `duration`;
// returns the share of the time that was spent with `workers` after the first tenth of it.
struct machine {
    double start, duration;
    const double *seconds;
};

static double share_of_time(struct pace *p, const struct machine *m, size_t workers)
{
    double now = m->start, with = 0, counted = 0;
    while (now < m->start + m->duration) {
        const size_t used = pace_begin(p, now);
        const double begun = now;
        now += m->seconds[used];
        pace_end(p, 1, 0, now);
        if (begun > m->start + m->duration / 10) {
            counted += now - begun;
            with += used == workers ? now - begun : 0;
        }
    }
    return with / counted;
}

static void helpers_that_pay_are_kept(void **state)
{
    (void)state;
    struct pace p;
    pace_init(&p, 2);
    const double quiet[] = {0, 100e-6, 53e-6};
    const double share = share_of_time(&p, &(struct machine){0, 10, quiet}, 2);
    print_message("time with two workers when they pay: %.4f\n", share);
    assert_true(share > 0.99);
}

// A helper that is kept from running shows within one call, long before its trial would end.
static void a_stall_ends_a_trial(void **state)
{
    (void)state;
    struct pace p;
    pace_init(&p, 2);
    double now = 0, with_two = 0;
    while (now < 10) {
        const size_t used = pace_begin(&p, now);
        const double stalled = used == 2 ? 3e-3 : 0; // the other process's time slice
        const double took = used == 2 ? 53e-6 + stalled : 100e-6;
        now += took;
        with_two += used == 2 ? took : 0;
        pace_end(&p, 1, stalled, now);
    }
    print_message("of 10 s with a helper that never runs: %.4f s\n", with_two);
    assert_true(with_two < 0.04); // a dozen trials of one call
}

// Somebody's short interruption is no reason to give a helper up.
static void a_rare_stall_changes_nothing(void **state)
{
    (void)state;
    struct pace p;
    pace_init(&p, 2);
    double now = 0, with_two = 0;
    for (size_t call = 1; now < 10; call++) {
        const size_t used = pace_begin(&p, now);
        const double stalled = used == 2 && call % 5000 == 0 ? 3e-3 : 0;
        const double took = used == 2 ? 53e-6 + stalled : 100e-6;
        now += took;
        with_two += used == 2 ? took : 0;
        pace_end(&p, 1, stalled, now);
    }
    print_message("of 10 s with a stall now and then: %.4f s with the helper\n", with_two);
    assert_true(with_two > 9.5);
}

static void helpers_that_hinder_are_parked(void **state)
{
    (void)state;
    struct pace p;
    pace_init(&p, 2);
    const double contended[] = {0, 100e-6, 300e-6};
    const double share = share_of_time(&p, &(struct machine){0, 10, contended}, 1);
    print_message("time with one worker when two hinder: %.4f\n", share);
    assert_true(share > 0.98);
    // The other process goes away: the helper comes back.
    const double quiet[] = {0, 100e-6, 53e-6};
    assert_true(share_of_time(&p, &(struct machine){10.1, 30, quiet}, 2) > 0.98);
}

// One step may take longer than a window: trials must stay rare all the same.
static void long_steps_are_not_tried_often(void **state)
{
    (void)state;
    for (double step = 0.01; step < 4; step *= 7) {
        struct pace p;
        pace_init(&p, 2);
        const double quiet[] = {0, 2 * step, step};
        const double share = share_of_time(&p, &(struct machine){0, 2000 * step, quiet}, 2);
        print_message("time with two workers, steps of %g s: %.4f\n", step, share);
        assert_true(share > 0.98);
    }
}

static void the_best_of_many_is_found(void **state)
{
    (void)state;
    struct pace p;
    pace_init(&p, 16);
    double four_cores[17];
    for (size_t w = 1; w <= 16; w++)
        four_cores[w] = w <= 4 ? 1e-3 / (double)w : 1e-3;
    assert_true(share_of_time(&p, &(struct machine){0, 20, four_cores}, 4) > 0.97);
}

static void one_worker_has_no_pace(void **state)
{
    (void)state;
    struct pace p;
    pace_init(&p, 1);
    const double seconds[] = {0, 1e-3};
    assert_true(share_of_time(&p, &(struct machine){0, 1, seconds}, 1) == 1.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_worker_runs_once_a_job),
        cmocka_unit_test(sleepers_wake_up),
        cmocka_unit_test(helpers_leave_the_leaders_core),
        cmocka_unit_test(no_team_is_the_caller),
        cmocka_unit_test(parts_cover_everything_once),
        cmocka_unit_test(helpers_that_pay_are_kept),
        cmocka_unit_test(helpers_that_hinder_are_parked),
        cmocka_unit_test(a_stall_ends_a_trial),
        cmocka_unit_test(a_rare_stall_changes_nothing),
        cmocka_unit_test(long_steps_are_not_tried_often),
        cmocka_unit_test(the_best_of_many_is_found),
        cmocka_unit_test(one_worker_has_no_pace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
