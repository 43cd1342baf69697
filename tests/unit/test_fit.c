// SPDX-License-Identifier: MIT
// The training loop: losses fall, early stopping follows its rule, the best epoch's weights are
// kept, what diverges says so, and every allocation may fail.
#include "fit_testing.h"

#include "model/model_file.h"

static void losses_fall(void **state)
{
    (void)state;
    static const enum net_task tasks[] = {TASK_BINARY, TASK_MULTICLASS, TASK_REGRESSION};
    static const char *const options[] = {
        "{\"epochs\": 60, \"lr\": 0.02}",
        "{\"epochs\": 20, \"lr\": 0.01, \"batch_size\": 32, \"optimizer\": \"adamw\"}",
        ("{\"epochs\": 30, \"lr\": 0.1, \"batch_size\": 32, \"optimizer\": \"sgd\","
         "\"momentum\": 0.9, \"nesterov\": true, \"clip_norm\": 1, \"schedule\": \"cosine\"}"),
        ("{\"epochs\": 20, \"lr\": 0.03, \"batch_size\": 64, \"schedule\": \"onecycle\","
         "\"dropout\": 0.1, \"activation\": \"silu\", \"warmup\": 1, \"weight_decay\": 1e-4}"),
    };
    for (size_t t = 0; t < 3; t++)
        for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
            struct run r;
            struct error e = {0};
            run_begin(&r, tasks[t], options[i], NULL);
            CHECK_OK(run_all(&r, &e), e);
            const struct history *h = &r.fit.history;
            assert_int_equal(h->count, (size_t)r.config.epochs);
            const double *first = h->row[0].value, *last = h->row[h->count - 1].value;
            double best = INFINITY; // of the validation: a small table may be learnt by heart later
            for (size_t k = 0; k < h->count; k++)
                best = fmin(best, h->row[k].value[HISTORY_VAL_LOSS]);
            if (!(last[HISTORY_TRAIN_LOSS] < 0.6 * first[HISTORY_TRAIN_LOSS]) ||
                !(best < 0.85 * first[HISTORY_VAL_LOSS]))
                fail_msg("task %d, %s: train loss %g -> %g, val loss %g -> %g", (int)tasks[t],
                         options[i], first[HISTORY_TRAIN_LOSS], last[HISTORY_TRAIN_LOSS],
                         first[HISTORY_VAL_LOSS], best);
            const uint64_t per_epoch = r.steps / h->count;
            for (size_t k = 0; k < h->count; k++) // of the epoch's last step
                assert_true(h->row[k].value[HISTORY_LR] ==
                            schedule_at(&r.fit.schedule, (k + 1) * per_epoch - 1).lr);
            assert_true(fit_finished(&r.fit));
            run_end(&r);
        }
}

// Steps and rows: full batch, an even cut, a short last batch, a batch larger than the data.
static void every_row_is_used_once_an_epoch(void **state)
{
    (void)state;
    static const struct {
        const char *options;
        size_t batch, steps;
        bool shuffle;
    } want[] = {
        {"{\"epochs\": 3}", 200, 3, false},
        {"{\"epochs\": 3, \"batch_size\": 0}", 200, 3, false},
        {"{\"epochs\": 3, \"batch_size\": 200}", 200, 3, true},
        {"{\"epochs\": 3, \"batch_size\": 1000}", 200, 3, true},
        {"{\"epochs\": 3, \"batch_size\": 50}", 50, 12, true},
        {"{\"epochs\": 3, \"batch_size\": 64}", 64, 12, true},
        {"{\"epochs\": 3, \"batch_size\": 32, \"accumulate\": 3}", 96, 9, true},
        {"{\"epochs\": 3, \"batch_size\": 50, \"accumulate\": 4}", 200, 3, true},
        {"{\"epochs\": 3, \"batch_size\": 64, \"accumulate\": 1000000}", 200, 3, true},
        {"{\"epochs\": 3, \"accumulate\": 5}", 200, 3, false},
        {"{\"epochs\": 0}", 200, 0, false},
    };
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        struct run r;
        struct error e = {0};
        run_begin(&r, TASK_BINARY, want[i].options, NULL);
        CHECK_OK(run_all(&r, &e), e);
        if (r.fit.batch_size != want[i].batch || r.steps != want[i].steps ||
            r.fit.shuffle != want[i].shuffle || r.fit.optim.step != want[i].steps)
            fail_msg("%s: batches of %zu, %zu steps, shuffle %d", want[i].options, r.fit.batch_size,
                     r.steps, r.fit.shuffle);
        run_end(&r);
    }
}

// A step over several batches is one over all their rows; only their masks are drawn one by one.
static void batches_that_accumulate_are_one(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"{\"epochs\": 3, \"batch_size\": 32, \"accumulate\": 3}",
         "{\"epochs\": 3, \"batch_size\": 96}"},
        {"{\"epochs\": 3, \"batch_size\": 32, \"accumulate\": 3, \"dropout\": 0.4}",
         "{\"epochs\": 3, \"batch_size\": 96, \"dropout\": 0.4}"},
    };
    for (size_t i = 0; i < 2; i++) {
        struct run a, b;
        struct error e = {0};
        run_begin(&a, TASK_BINARY, pairs[i][0], NULL);
        run_begin(&b, TASK_BINARY, pairs[i][1], NULL);
        CHECK_OK(run_all(&a, &e), e);
        CHECK_OK(run_all(&b, &e), e);
        const bool same = memcmp(a.fit.params, b.fit.params, a.net.size * sizeof(float)) == 0;
        assert_int_equal(same, i == 0);
        assert_memory_equal(&a.fit.state.rng, &b.fit.state.rng, sizeof a.fit.state.rng);
        run_end(&a);
        run_end(&b);
    }
}

static void large_tables_get_batches(void **state)
{
    (void)state;
    for (int above = 0; above < 2; above++) {
        struct run r;
        struct error e = {0};
        run_begin(&r, TASK_BINARY, "{\"epochs\": 0}", NULL);
        dataset_clear(&r.train);
        run_data(&r.train, TASK_BINARY, (size_t)(10000 + above), 1);
        CHECK_OK(run_init(&r, NULL, &e), e);
        assert_int_equal(r.fit.batch_size, above ? 256 : 10000);
        assert_int_equal(r.fit.shuffle, above);
        run_end(&r);
    }
}

// Untrained, the parameters are the seed's draw and nothing else.
static void no_epochs_give_the_drawn_weights(void **state)
{
    (void)state;
    struct run r;
    struct error e = {0};
    struct rng rng;
    run_begin(&r, TASK_BINARY, "{\"epochs\": 0, \"seed\": 7}", NULL);
    CHECK_OK(run_all(&r, &e), e);
    float *want = mem_aligned(r.net.size, sizeof *want);
    rng_seed(&rng, 7);
    CHECK_OK(net_draw_weights(&r.net, &rng, want, &e), e);
    check_bits(r.fit.params, want, r.net.size, "untrained");
    assert_int_equal(r.fit.history.count, 0);
    assert_true(fit_finished(&r.fit));
    mem_free(want);
    run_end(&r);
}

// The rule of early stopping, over a column of the history: the epoch that is best and the one
// that is the last.
static void replay(const struct run *r, uint64_t *best, size_t *last)
{
    const enum history_column c = r->fit.monitor;
    const bool larger = monitor_larger_is_better(c);
    const double delta = r->config.min_delta;
    double value = 0;
    *best = 0;
    for (*last = 1; *last <= r->fit.history.count; ++*last) {
        const double x = r->fit.history.row[*last - 1].value[c];
        if (*best == 0 || (larger ? x > value + delta : x < value - delta)) {
            *best = *last;
            value = x;
        }
        if (r->config.patience && *last - *best >= (size_t)r->config.patience)
            return;
    }
    *last = r->fit.history.count;
}

static void check_stopping(enum net_task task, const char *monitor, const char *more)
{
    char options[300];
    struct run r;
    struct error e = {0};
    snprintf(options, sizeof options,
             "{\"epochs\": 40, \"lr\": 0.1, \"batch_size\": 32, \"hidden\": [8],"
             "\"restore_best\": true, \"monitor\": \"%s\"%s}",
             monitor, more);
    run_begin(&r, task, options, NULL);
    r.kept = mem_array(40 * r.net.size, sizeof *r.kept);
    CHECK_OK(run_all(&r, &e), e);
    uint64_t best;
    size_t last;
    replay(&r, &best, &last);
    if (r.fit.state.best_epoch != best || r.fit.history.count != last)
        fail_msg("%s: best epoch %llu of %zu, want %llu of %zu", options,
                 (unsigned long long)r.fit.state.best_epoch, r.fit.history.count,
                 (unsigned long long)best, last);
    check_bits(r.fit.params, r.kept + (best - 1) * r.net.size, r.net.size, options);
    assert_true(r.fit.state.best_value == r.fit.history.row[best - 1].value[r.fit.monitor]);
    assert_true(fit_finished(&r.fit));
    run_end(&r);
}

static void stops_by_every_monitor(void **state)
{
    (void)state;
    static const char *const more[] = {"", ", \"patience\": 3",
                                       ", \"patience\": 2, \"min_delta\": 0.02"};
    for (size_t i = 0; i < 3; i++) {
        for (int m = MONITOR_AUTO; m <= MONITOR_VAL_AP; m++)
            check_stopping(TASK_BINARY, monitor_words[m], more[i]);
        for (int m = MONITOR_AUTO; m <= MONITOR_VAL_F1; m++)
            check_stopping(TASK_MULTICLASS, monitor_words[m], more[i]);
        check_stopping(TASK_REGRESSION, "val_rmse", more[i]);
        check_stopping(TASK_REGRESSION, "val_r2", more[i]);
        check_stopping(TASK_REGRESSION, "auto", more[i]);
    }
}

// A curve that is flat to the bit never improves after its first epoch.
static void a_flat_curve_stops(void **state)
{
    (void)state;
    for (int patience = 1; patience < 5; patience++) {
        char options[120];
        struct run r;
        struct error e = {0};
        snprintf(options, sizeof options, "{\"epochs\": 50, \"lr\": 0, \"patience\": %d}",
                 patience);
        run_begin(&r, TASK_BINARY, options, NULL);
        CHECK_OK(run_all(&r, &e), e);
        assert_int_equal(r.fit.history.count, 1 + patience);
        assert_int_equal(r.fit.state.best_epoch, 1);
        run_end(&r);
    }
}

static void without_validation_the_training_loss_is_watched(void **state)
{
    (void)state;
    struct run r;
    struct error e = {0};
    run_begin(&r, TASK_BINARY, "{\"epochs\": 5, \"restore_best\": true}", NULL);
    dataset_clear(&r.val);
    CHECK_OK(run_all(&r, &e), e);
    assert_int_equal(r.fit.monitor, HISTORY_TRAIN_LOSS);
    assert_int_equal(r.fit.state.best_epoch, 5);
    assert_true(isnan(r.fit.history.row[0].value[HISTORY_VAL_LOSS]));
    run_end(&r);
}

static void refuses_monitors_that_are_not_there(void **state)
{
    (void)state;
    static const struct {
        enum net_task task;
        const char *monitor;
        const char *message;
    } bad[] = {
        {TASK_REGRESSION, "val_f1", "--monitor val_f1: a regression run has no such column"},
        {TASK_BINARY, "val_rmse", "--monitor val_rmse: a binary run has no such column"},
        {TASK_MULTICLASS, "val_auroc", "a multiclass run has no such column"},
    };
    for (size_t i = 0; i < 3; i++) {
        char options[80];
        struct run r;
        struct error e = {0};
        snprintf(options, sizeof options, "{\"monitor\": \"%s\"}", bad[i].monitor);
        run_begin(&r, bad[i].task, options, NULL);
        check_refused(run_init(&r, NULL, &e), ERR_USAGE, &e, bad[i].message);
        run_end(&r);
    }
}

static void says_when_it_diverges(void **state)
{
    (void)state;
    for (int validated = 0; validated < 2; validated++) {
        struct run r;
        struct error e = {0};
        run_begin(&r, TASK_REGRESSION, "{\"epochs\": 50, \"lr\": 1e5, \"optimizer\": \"sgd\"}",
                  NULL);
        if (!validated)
            dataset_clear(&r.val);
        check_refused(run_all(&r, &e), ERR_NUMERIC, &e,
                      validated ? "the validation loss is no longer a finite number"
                                : "the training loss is no longer a finite number");
        assert_non_null(strstr(e.text, "--learning_rate"));
        run_end(&r);
    }
}

// --init replaces the drawn weights and leaves the seed's stream where it would be without.
static void starts_from_given_weights(void **state)
{
    (void)state;
    const struct model_meta meta = {"0", 1, "relu"};
    struct run drawn, given;
    struct error e = {0};
    run_begin(&drawn, TASK_BINARY, "{\"epochs\": 0, \"seed\": 3}", NULL);
    CHECK_OK(run_all(&drawn, &e), e);
    CHECK_OK(model_write_npz(test_path("init.npz"), &drawn.net, drawn.fit.params, &meta, NULL, &e),
             e);
    run_begin(&given, TASK_BINARY, "{\"epochs\": 0, \"seed\": 4}", NULL);
    given.config.init = mem_strdup(test_path("init.npz"));
    CHECK_OK(run_all(&given, &e), e);
    check_bits(given.fit.params, drawn.fit.params, drawn.net.size, "--init");
    assert_int_not_equal(given.fit.init_digest, 0);
    struct rng rng;
    float *weights = mem_aligned(drawn.net.size, sizeof *weights);
    rng_seed(&rng, 4);
    CHECK_OK(net_draw_weights(&drawn.net, &rng, weights, &e), e);
    assert_memory_equal(&given.fit.state.rng, &rng, sizeof rng);
    run_end(&given);
    run_begin(&given, TASK_BINARY, "{\"hidden\": [64, 31]}", NULL);
    given.config.init = mem_strdup(test_path("init.npz"));
    check_refused(run_all(&given, &e), ERR_MISMATCH, &e, "fc2.weight must have shape (31, 64)");
    run_end(&given);
    run_end(&drawn);
    mem_free(weights);
}

// n / (classes * rows of the class), classes that occur.
static void classes_are_balanced(void **state)
{
    (void)state;
    struct run r;
    struct error e = {0};
    run_begin(&r, TASK_MULTICLASS, "{\"epochs\": 3, \"class_weight\": \"balanced\"}", NULL);
    double rows[3] = {0};
    for (size_t i = 0; i < r.train.n; i++) {
        r.train.y[i] = r.train.y[i] == 2 ? 0 : r.train.y[i]; // class 2 does not occur
        rows[(size_t)r.train.y[i]]++;
    }
    CHECK_OK(run_all(&r, &e), e);
    for (size_t c = 0; c < 2; c++)
        check_close((double)r.fit.class_weight[c], 200 / (2 * rows[c]), 1e-6, "class weight");
    assert_true(r.fit.class_weight[2] == 0);
    run_end(&r);
    run_begin(&r, TASK_REGRESSION, "{\"epochs\": 1, \"class_weight\": \"balanced\"}", NULL);
    check_refused(run_all(&r, &e), ERR_USAGE, &e, "is for classes, not for regression");
    run_end(&r);
}

static int train_once(void *context, struct error *e)
{
    struct run *r = context;
    test_remove(r->config.checkpoint_dir);
    const int rc = run_all(r, e);
    r->steps = 0;
    buf_clear(&r->notes);
    fit_clear(&r->fit);
    return rc;
}

static int resume_once(void *context, struct error *e)
{
    struct run *r = context;
    const int rc = run_all(r, e);
    r->steps = 0;
    buf_clear(&r->notes);
    fit_clear(&r->fit);
    return rc;
}

// Training, checkpoints and resuming, with every allocation failing in turn.
static void survives_failing_memory(void **state)
{
    (void)state;
    static const enum net_task tasks[] = {TASK_BINARY, TASK_MULTICLASS, TASK_REGRESSION};
    for (size_t t = 0; t < 3; t++) {
        struct run r;
        struct error e = {0};
        run_begin(&r, tasks[t],
                  "{\"epochs\": 3, \"batch_size\": 64, \"hidden\": [5], \"dropout\": 0.5,"
                  "\"restore_best\": true, \"checkpoint_every\": 2}",
                  test_path("memory"));
        r.config.class_weight =
            tasks[t] == TASK_REGRESSION ? CLASS_WEIGHT_NONE : CLASS_WEIGHT_BALANCED;
        assert_true(check_failing_memory(train_once, &r) > 20);
        r.config.epochs = 4; // longer each time, so that there is something left to do
        assert_true(check_failing_memory(resume_once, &r) > 20);
        CHECK_OK(run_all(&r, &e), e);
        assert_int_equal(r.fit.history.count, 4);
        test_remove(r.config.checkpoint_dir);
        run_end(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(losses_fall),
        cmocka_unit_test(every_row_is_used_once_an_epoch),
        cmocka_unit_test(batches_that_accumulate_are_one),
        cmocka_unit_test(large_tables_get_batches),
        cmocka_unit_test(no_epochs_give_the_drawn_weights),
        cmocka_unit_test(stops_by_every_monitor),
        cmocka_unit_test(a_flat_curve_stops),
        cmocka_unit_test(without_validation_the_training_loss_is_watched),
        cmocka_unit_test(refuses_monitors_that_are_not_there),
        cmocka_unit_test(says_when_it_diverges),
        cmocka_unit_test(starts_from_given_weights),
        cmocka_unit_test(classes_are_balanced),
        cmocka_unit_test(survives_failing_memory),
    };
    return cmocka_run_group_tests(tests, test_folder_make, test_folder_remove);
}
