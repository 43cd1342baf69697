// SPDX-License-Identifier: MIT
// Training on several ranks, here threads: the parameters and the history of a process alone; one
// end for all, whichever of them is asked to stop, lacks memory, or loses touch with the others.
#include "rank_faults.h"

#include "base/file.h"

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
    {TASK_BINARY, 1300, 0, // in pieces every other step
     "{\"epochs\": 2, \"lr\": 0.001, \"hidden\": [260, 260], \"batch_size\": 260, "
     "\"clip_norm\": 0.2}"},
};
#define KINDS (sizeof kinds / sizeof *kinds)

static void begin(struct squad *s, const struct kind *k, size_t ranks, const char *folder)
{
    squad_begin(s, ranks, k->task, k->options, folder);
    for (size_t r = 0; r < ranks; r++) {
        squad_replace_rows(&s->run[r].train, k->task, k->train_rows, 1);
        squad_replace_rows(&s->run[r].val, k->task, k->val_rows, 2);
    }
}

// Everything but the seconds; the history is the root's.
static void check_same(const struct squad *s, const struct run *want, const char *what)
{
    squad_ended_well(s);
    check_same_history(&s->run[0].fit.history, &want->fit.history, what);
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
        squad_go(&alone);
        squad_ended_well(&alone);
        for (size_t ranks = 2; ranks <= SQUAD_MAX; ranks++) {
            char what[64];
            snprintf(what, sizeof what, "kind %zu, %zu ranks", k, ranks);
            begin(&s, &kinds[k], ranks, NULL);
            for (size_t r = 0; ranks == 3 && r < ranks; r++)
                s.run[r].config.threads = (int64_t)r + 1;
            squad_go(&s);
            check_same(&s, &alone.run[0], what);
            squad_end(&s);
        }
        squad_end(&alone);
    }
}

// Stopped at any step by any rank, then resumed by another number of them.
static void others_take_over(void **state)
{
    (void)state;
    for (size_t k = 1; k < KINDS; k++) {
        struct squad alone, s;
        begin(&alone, &kinds[k], 1, NULL);
        squad_go(&alone);
        for (size_t stop = 1; stop < 5; stop++) {
            const char *folder = test_path("resumed");
            char what[64];
            snprintf(what, sizeof what, "kind %zu, stopped after %zu steps", k, stop);
            test_remove(folder);
            begin(&s, &kinds[k], 1 + stop % 3, folder);
            s.run[stop % s.ranks].stop_after = stop;
            squad_go(&s);
            squad_ended_well(&s);
            for (size_t r = 0; r < s.ranks; r++)
                if (s.run[r].fit.optim.step > stop + 1 || fit_finished(&s.run[r].fit) ||
                    s.run[r].fit.optim.step != s.run[0].fit.optim.step)
                    fail_msg("%s: rank %zu has made %llu steps", what, r,
                             (unsigned long long)s.run[r].fit.optim.step);
            squad_end(&s);
            begin(&s, &kinds[k], 1 + (stop + 1) % 4, folder);
            squad_go(&s);
            assert_non_null(strstr(s.run[0].notes.data, "resuming"));
            check_same(&s, &alone.run[0], what);
            squad_end(&s);
        }
        squad_end(&alone);
    }
}

static void ranks_of_different_runs_are_refused(void **state)
{
    (void)state;
    struct squad s;
    begin(&s, &kinds[0], 3, NULL);
    s.run[1].config.epochs = 6;
    squad_go(&s);
    squad_ended_with(&s, ERR_MISMATCH,
                     "rank 1: epochs is 6 here and 5 at rank 0; start all ranks with the same "
                     "options and data");
    squad_end(&s);
    begin(&s, &kinds[0], 3, NULL);
    s.run[2].train.owned[7] += 1;
    squad_go(&s);
    squad_all_refused(&s, ERR_MISMATCH, "rank 2: training data (CRC-32) is ");
    squad_end(&s);
}

static void all_see_a_loss_that_is_no_number(void **state)
{
    (void)state;
    struct squad s;
    begin(&s, &kinds[0], 3, NULL);
    squad_diverges(&s);
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
        squad_go(&s);
        failed = file_fail_at(0) >= n;
        if (!failed)
            squad_ended_well(&s);
        for (size_t r = 0; failed && r < 3; r++)
            check_refused(s.rc[r], ERR_IO, &s.e[r], "full");
        squad_end(&s);
        assert_true(n < 100);
    }
}

static void begin_three(struct squad *s)
{
    begin(s, &kinds[1], 3, NULL);
}

static void memory_may_fail_anywhere(void **state)
{
    (void)state;
    squad_memory_fails(begin_three, 30);
}

static void begin_three_in_steps(struct squad *s)
{
    begin(s, &kinds[2], 3, NULL);
}

static void any_call_may_fail(void **state)
{
    (void)state;
    squad_calls_fail(begin_three_in_steps, 40, 7);
}

static void a_step_allocates_nothing(void **state)
{
    (void)state;
    static const char *const options[] = {"{\"epochs\": 1, \"hidden\": [9], \"batch_size\": 150}",
                                          "{\"epochs\": 1, \"hidden\": [200, 170], "
                                          "\"batch_size\": 150}",
                                          "{\"epochs\": 1, \"hidden\": [260, 260], "
                                          "\"batch_size\": 150}"};
    for (size_t i = 0; i < 3; i++) {
        const struct kind kind = {TASK_BINARY, 2100, 60, options[i]};
        struct squad s;
        begin(&s, &kind, 3, NULL);
        s.work = squad_train_counting;
        squad_go(&s);
        squad_ended_well(&s);
        assert_int_equal(squad_allocations, 0);
        squad_end(&s);
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
