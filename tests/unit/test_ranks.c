// SPDX-License-Identifier: MIT
// Training on several ranks, here threads: the parameters and the history of a process alone; one
// end for all, whichever of them is asked to stop, lacks memory, or loses touch with the others.
#include "fit_testing.h"

#include "base/file.h"
#include "dist_mock.h"

#define RANKS_MAX 8
#define SECONDS   60 // a hang is a failure: the alarm ends the program

static const struct kind {
    enum net_task task;
    size_t train_rows, val_rows;
    const char *options;
} kinds[] = {
    {TASK_BINARY, 2100, 60, "{\"epochs\": 5, \"lr\": 0.01, \"hidden\": [9, 5], \"batch_size\": 0}"},
    {TASK_BINARY, 1500, 2500, // enough to validate on all ranks
     "{\"epochs\": 4, \"lr\": 0.01, \"hidden\": [64, 32], \"batch_size\": 700, \"dropout\": 0.3,"
     "\"restore_best\": true}"},
    {TASK_REGRESSION, 700, 0,
     "{\"epochs\": 3, \"lr\": 0.05, \"hidden\": [], \"batch_size\": 300, \"optimizer\": \"sgd\","
     "\"momentum\": 0.8, \"schedule\": \"onecycle\", \"clip_norm\": 0.1}"},
    {TASK_MULTICLASS, 1000, 100,
     "{\"epochs\": 30, \"lr\": 0.2, \"hidden\": [4], \"batch_size\": 600, \"dropout\": 0.5,"
     "\"optimizer\": \"sgd\", \"patience\": 2, \"monitor\": \"val_f1\", \"restore_best\": true,"
     "\"class_weight\": \"balanced\", \"warmup\": 2}"},
    {TASK_REGRESSION, 900, 5000, // gradients in segments
     "{\"epochs\": 2, \"lr\": 0.001, \"hidden\": [200, 170], \"batch_size\": 400, "
     "\"optimizer\": \"adamw\", \"weight_decay\": 0.1, \"schedule\": \"cosine\"}"},
};
#define KINDS (sizeof kinds / sizeof *kinds)

struct squad {
    size_t ranks;
    struct run run[RANKS_MAX];
    struct error e[RANKS_MAX];
    int rc[RANKS_MAX];
    struct mock *mock;
};

static void replace(struct dataset *d, enum net_task task, size_t n, uint32_t seed)
{
    dataset_clear(d);
    if (n)
        run_data(d, task, n, seed);
    else
        *d = (struct dataset){.n = 0};
}

static void begin(struct squad *s, const struct kind *k, size_t ranks, const char *folder)
{
    *s = (struct squad){.ranks = ranks, .mock = mock_new(ranks)};
    for (size_t r = 0; r < ranks; r++) {
        run_begin(&s->run[r], k->task, k->options, folder);
        replace(&s->run[r].train, k->task, k->train_rows, 1);
        replace(&s->run[r].val, k->task, k->val_rows, 2);
    }
}

static void body(struct dist *d, size_t rank, void *context)
{
    struct squad *s = context;
    s->run[rank].dist = d;
    struct run *r = &s->run[rank];
    r->e = &s->e[rank];
    s->rc[rank] = run_all(r, &s->e[rank]);
    r->fit.dist = NULL; // closed by the time that anybody looks
}

static void go(struct squad *s)
{
    alarm(SECONDS);
    mock_run(s->mock, body, s);
}

static void end(struct squad *s)
{
    for (size_t r = 0; r < s->ranks; r++)
        run_end(&s->run[r]);
    mock_free(s->mock);
}

static void all_ended_with(const struct squad *s, int code, const char *text)
{
    for (size_t r = 0; r < s->ranks; r++)
        if (s->rc[r] != code || strcmp(s->e[r].text, text) != 0)
            fail_msg("rank %zu of %zu: %d '%s', want %d '%s'", r, s->ranks, s->rc[r], s->e[r].text,
                     code, text);
    assert_false(mock_aborted(s->mock));
    assert_int_equal(mock_messages(s->mock), 0);
}

// Everything but the seconds; the history is the root's.
static void check_same(const struct squad *s, const struct run *want, const char *what)
{
    const struct history *a = &s->run[0].fit.history, *b = &want->fit.history;
    all_ended_with(s, 0, "");
    if (a->count != b->count)
        fail_msg("%s: %zu epochs, not %zu", what, a->count, b->count);
    for (size_t i = 0; i < a->count; i++)
        for (int c = 0; c < HISTORY_COLUMNS; c++)
            if (c != HISTORY_SECONDS &&
                memcmp(&a->row[i].value[c], &b->row[i].value[c], sizeof(double)) != 0)
                fail_msg("%s: epoch %zu: %s is %.17g, not %.17g", what, i + 1,
                         history_column_name((enum history_column)c), a->row[i].value[c],
                         b->row[i].value[c]);
    for (size_t r = 0; r < s->ranks; r++) {
        const struct run *got = &s->run[r];
        check_bits(got->fit.params, want->fit.params, want->net.size, what);
        assert_memory_equal(&got->fit.state.rng, &want->fit.state.rng, sizeof want->fit.state.rng);
        assert_int_equal(got->fit.state.best_epoch, want->fit.state.best_epoch);
        assert_int_equal(got->fit.state.waited, want->fit.state.waited);
    }
}

static void any_number_of_ranks_trains_the_same_model(void **state)
{
    (void)state;
    for (size_t k = 0; k < KINDS; k++) {
        struct squad alone, s;
        begin(&alone, &kinds[k], 1, NULL);
        go(&alone);
        all_ended_with(&alone, 0, "");
        for (size_t ranks = 2; ranks <= RANKS_MAX; ranks++) {
            char what[64];
            snprintf(what, sizeof what, "kind %zu, %zu ranks", k, ranks);
            begin(&s, &kinds[k], ranks, NULL);
            for (size_t r = 0; ranks == 3 && r < ranks; r++)
                s.run[r].config.threads = (int64_t)r + 1;
            go(&s);
            check_same(&s, &alone.run[0], what);
            end(&s);
        }
        end(&alone);
    }
}

// Stopped at any step by any rank, then resumed by another number of them.
static void others_take_over(void **state)
{
    (void)state;
    for (size_t k = 1; k < KINDS; k++) {
        struct squad alone, s;
        begin(&alone, &kinds[k], 1, NULL);
        go(&alone);
        for (size_t stop = 1; stop < 5; stop++) {
            const char *folder = test_path("resumed");
            char what[64];
            snprintf(what, sizeof what, "kind %zu, stopped after %zu steps", k, stop);
            test_remove(folder);
            begin(&s, &kinds[k], 1 + stop % 3, folder);
            s.run[stop % s.ranks].stop_after = stop;
            go(&s);
            all_ended_with(&s, 0, "");
            for (size_t r = 0; r < s.ranks; r++)
                if (s.run[r].fit.optim.step > stop + 1 || fit_finished(&s.run[r].fit) ||
                    s.run[r].fit.optim.step != s.run[0].fit.optim.step)
                    fail_msg("%s: rank %zu has made %llu steps", what, r,
                             (unsigned long long)s.run[r].fit.optim.step);
            end(&s);
            begin(&s, &kinds[k], 1 + (stop + 1) % 4, folder);
            go(&s);
            assert_non_null(strstr(s.run[0].notes.data, "resuming"));
            check_same(&s, &alone.run[0], what);
            end(&s);
        }
        end(&alone);
    }
}

static void ranks_of_different_runs_are_refused(void **state)
{
    (void)state;
    struct squad s;
    begin(&s, &kinds[0], 3, NULL);
    s.run[1].config.epochs = 6;
    go(&s);
    all_ended_with(&s, ERR_MISMATCH,
                   "rank 1: epochs is 6 here and 5 at rank 0; start all ranks with the same "
                   "options and data");
    end(&s);
    begin(&s, &kinds[0], 3, NULL);
    s.run[2].train.owned[7] += 1;
    go(&s);
    for (size_t r = 0; r < 3; r++)
        check_refused(s.rc[r], ERR_MISMATCH, &s.e[r], "rank 2: training data (CRC-32) is ");
    end(&s);
}

static void all_see_a_loss_that_is_no_number(void **state)
{
    (void)state;
    struct squad s;
    begin(&s, &kinds[0], 3, NULL);
    for (size_t r = 0; r < 3; r++)
        s.run[r].config.learning_rate = 1e38;
    go(&s);
    for (size_t r = 0; r < 3; r++) {
        check_refused(s.rc[r], ERR_NUMERIC, &s.e[r], "no longer a finite number");
        assert_null(strstr(s.e[r].text, "rank"));
    }
    end(&s);
}

static void a_disk_that_is_full_ends_all(void **state)
{
    (void)state;
    struct squad s;
    bool failed = true;
    for (long n = 1; failed; n++) {
        const char *folder = test_path("full");
        test_remove(folder);
        begin(&s, &kinds[0], 3, folder);
        for (size_t r = 0; r < 3; r++)
            s.run[r].config.checkpoint_every = (struct opt_every){.count = 2};
        file_fail_at(n);
        go(&s);
        failed = file_fail_at(0) >= n;
        if (!failed)
            all_ended_with(&s, 0, "");
        for (size_t r = 0; failed && r < 3; r++)
            check_refused(s.rc[r], ERR_IO, &s.e[r], "full");
        end(&s);
        assert_true(n < 100);
    }
}

// The n-th allocation and all that follow, or that of one rank alone.
static void memory_fails(bool alone)
{
    struct squad s;
    bool failed = true;
    long n = 1;
    for (; failed; n++) {
        begin(&s, &kinds[1], 3, NULL);
        mem_fail_at(alone ? -n : n);
        go(&s);
        failed = mem_fail_at(0) >= n;
        int codes = 0;
        for (size_t r = 0; r < 3; r++)
            codes += s.rc[r] != 0;
        if (codes != (failed ? 3 : 0) && !mock_aborted(s.mock))
            fail_msg("allocation %ld fails: %d of 3 ranks say so", n, codes);
        end(&s);
    }
    assert_true(n > 30);
}

static void memory_may_fail_anywhere(void **state)
{
    (void)state;
    memory_fails(false);
    memory_fails(true);
}

// From the third call on that is the business of every step: fewer than all of them take too long.
static void any_call_may_fail(void **state)
{
    (void)state;
    for (size_t rank = 0; rank < 3; rank++) {
        bool failed = true;
        long n = 1;
        for (; failed; n += n < 40 ? 1 : 7) {
            struct squad s;
            begin(&s, &kinds[2], 3, NULL);
            mock_fail(s.mock, rank, n);
            go(&s);
            failed = mock_calls(s.mock, rank) >= n;
            if (failed && (s.rc[rank] == 0 || !mock_aborted(s.mock)))
                fail_msg("rank %zu survives its failed call %ld", rank, n);
            if (!failed)
                all_ended_with(&s, 0, "");
            end(&s);
        }
        assert_true(n > 40);
    }
}

// Of the steps between the root's fourth and twelfth.
static long calls_between;

static void count_calls(void *context, uint64_t epoch, size_t done, size_t total)
{
    struct run *r = context;
    (void)epoch;
    (void)done;
    (void)total;
    r->steps++;
    if (r->steps == 4)
        mem_fail_at(0);
    if (r->steps == 12)
        calls_between = mem_fail_at(0);
}

static void count_body(struct dist *d, size_t rank, void *context)
{
    struct squad *s = context;
    s->run[rank].dist = d;
    s->rc[rank] = run_init(&s->run[rank], NULL, &s->e[rank]);
    if (rank == 0)
        s->run[rank].fit.hooks = (struct fit_hooks){&s->run[rank], NULL, count_calls, NULL, NULL};
    if (s->rc[rank] == 0)
        s->rc[rank] = fit_run(&s->run[rank].fit, &s->e[rank]);
    s->run[rank].fit.dist = NULL;
}

static void a_step_allocates_nothing(void **state)
{
    (void)state;
    static const char *const options[] = {"{\"epochs\": 1, \"hidden\": [9], \"batch_size\": 150}",
                                          "{\"epochs\": 1, \"hidden\": [200, 170], "
                                          "\"batch_size\": 150}"};
    for (size_t i = 0; i < 2; i++) {
        const struct kind kind = {TASK_BINARY, 2100, 60, options[i]};
        struct squad s;
        begin(&s, &kind, 3, NULL);
        calls_between = -1;
        mock_run(s.mock, count_body, &s);
        all_ended_with(&s, 0, "");
        assert_int_equal(calls_between, 0);
        end(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_number_of_ranks_trains_the_same_model),
        cmocka_unit_test(others_take_over),
        cmocka_unit_test(ranks_of_different_runs_are_refused),
        cmocka_unit_test(all_see_a_loss_that_is_no_number),
        cmocka_unit_test(a_disk_that_is_full_ends_all),
        cmocka_unit_test(memory_may_fail_anywhere),
        cmocka_unit_test(any_call_may_fail),
        cmocka_unit_test(a_step_allocates_nothing),
    };
    return cmocka_run_group_tests(tests, test_folder_make, test_folder_remove);
}
