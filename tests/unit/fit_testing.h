// SPDX-License-Identifier: MIT
// A training run on data in memory, for the tests of fit and what belongs to it.
#ifndef SKIFF_TESTS_FIT_TESTING_H
#define SKIFF_TESTS_FIT_TESTING_H

#include "testing.h"

#include "kern/cpu.h"
#include "train/checkpoint.h"
#include "train/fit.h"

#define RUN_FEATURES 6

struct run {
    struct train_config config;
    struct opt_set options;
    struct net net;
    struct dataset train, val;
    struct fit fit;
    struct dist *dist; // NULL: a process alone
    size_t stop_after; // steps; 0: never
    size_t kill_after; // steps, then the process ends at once; 0: never
    size_t steps, epochs;
    struct buf notes;
    struct error *e; // of run_all
    int rc;
    float *kept; // [epochs][net.size]: parameters after each epoch, when wanted
};

static inline void run_data(struct dataset *d, enum net_task task, size_t n, uint32_t seed)
{
    *d = (struct dataset){.n = n, .d = RUN_FEATURES, .targets = task == TASK_REGRESSION ? 2 : 1};
    d->X = d->owned = mem_array(n * RUN_FEATURES, sizeof *d->owned);
    d->y = mem_array(n * d->targets, sizeof *d->y);
    assert_true(d->owned && d->y);
    for (size_t i = 0; i < n; i++) {
        float *x = d->owned + i * RUN_FEATURES;
        for (size_t j = 0; j < RUN_FEATURES; j++)
            x[j] = test_float(&seed);
        const float signal = x[0] - 2 * x[1] * x[2] + 0.4F * test_float(&seed);
        if (task == TASK_REGRESSION) {
            d->y[2 * i] = signal;
            d->y[2 * i + 1] = x[3] - x[4];
        } else {
            const float third = signal > 0.4F ? 2 : signal > -0.4F ? 1 : 0;
            d->y[i] = task == TASK_BINARY ? (float)(signal > 0) : third;
        }
    }
}

static inline bool run_stop(void *context)
{
    const struct run *r = context;
    return r->stop_after && r->steps >= r->stop_after;
}

static inline void run_step_done(void *context, uint64_t epoch, size_t done, size_t total)
{
    struct run *r = context;
    r->steps++;
    assert_int_equal(epoch, r->fit.state.epoch + 1);
    assert_true(done > 0 && done <= total && total == r->train.n);
    if (r->kill_after && r->steps >= r->kill_after)
        _exit(0);
}

static inline void run_epoch_done(void *context, uint64_t epoch, const struct history_row *row,
                                  bool last)
{
    struct run *r = context;
    assert_int_equal(last, fit_finished(&r->fit));
    r->epochs++;
    assert_int_equal(epoch, r->fit.history.count);
    assert_memory_equal(row, &r->fit.history.row[epoch - 1], sizeof *row);
    if (r->kept)
        memcpy(r->kept + (epoch - 1) * r->net.size, r->fit.params, r->net.size * sizeof *r->kept);
}

static inline void run_note(void *context, const char *text)
{
    struct run *r = context;
    buf_printf(&r->notes, "%s\n", text);
}

// Options as JSON; `folder` for checkpoints or NULL. The fit is not made yet.
static inline void run_begin(struct run *r, enum net_task task, const char *options,
                             const char *folder)
{
    struct error e = {0};
    *r = (struct run){.steps = 0};
    buf_init(&r->notes, 1 << 20);
    CHECK_OK(opt_begin(&r->options, train_options, train_option_count, &r->config, &e), e);
    CHECK_OK(train_config_text(&r->options, "test", options, strlen(options), &e), e);
    r->config.checkpoint_dir = folder ? mem_strdup(folder) : NULL; // opt_end frees it
    run_data(&r->train, task, 200, 1);
    run_data(&r->val, task, 60, 2);
    const size_t outputs = task == TASK_MULTICLASS ? 3 : r->train.targets;
    const enum kern_act act = train_config_activation(&r->config);
    const struct net_spec spec = {RUN_FEATURES, outputs,           &r->config.hidden,
                                  act,          r->config.dropout, task};
    CHECK_OK(net_init(&r->net, &spec, &e), e);
}

static inline int run_init(struct run *r, struct par *team, struct error *e)
{
    const struct kern *kern;
    const int rc = kern_select(&kern, e);
    const struct fit_spec spec = {
        .config = &r->config,
        .net = &r->net,
        .kern = kern,
        .train = &r->train,
        .val = r->val.n ? &r->val : NULL,
        .hooks = {r, dist_is_root(r->dist) ? run_epoch_done : NULL, run_step_done, run_stop,
                  run_note},
        .dist = r->dist,
        .threads = team ? (size_t)r->config.threads : 1,
        .team = team,
        .scale_targets = r->config.scale_target == TARGET_SCALE_STANDARD,
    };
    return rc ? rc : fit_init(&r->fit, &spec, e);
}

static inline void run_in_team(struct par *team, void *context)
{
    struct run *r = context;
    const int rc = dist_agree(r->dist, run_init(r, team, r->e), r->e);
    r->rc = rc ? rc : fit_run(&r->fit, r->e);
}

// On config.threads threads; 0 is this one alone.
static inline int run_all(struct run *r, struct error *e)
{
    r->e = e;
    par_team((size_t)r->config.threads, run_in_team, r); // one thread needs no team
    r->fit.team = NULL;
    return r->rc;
}

static inline void run_end(struct run *r)
{
    fit_clear(&r->fit);
    dataset_clear(&r->train);
    dataset_clear(&r->val);
    opt_end(&r->options);
    buf_clear(&r->notes);
    mem_free(r->kept);
}

#endif
