// SPDX-License-Identifier: MIT
// Whole training: steps and epochs through plan_gradient, optim_step and plan_predict (trainer.c),
// and runs through fit_run, which adds pacing, shuffling, metrics and history. What a case is put
// beside: itself on one thread; on one thread plain accumulation without leaves; for a run the
// steps alone.
#include "harness.h"
#include "suites.h"
#include "trainer.h"

#include "base/mem.h"
#include "train/fit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LESSON                                                                                     \
    {                                                                                              \
        .count = 2, .value = { 64, 32 }                                                            \
    }
#define STEPS    10000
#define RSS_ROOM 65536 // bytes: a stack that reaches new pages, a buffer of the C library

// The cases of a problem by level and number of threads; NULL where they are not wanted.
struct cases {
    struct problem *problem;
    struct bench_case *at[BENCH_LEVELS_MAX][OPT_SIZES_MAX];
};

static struct bench_case named(const char *name, const struct kern *kern, size_t threads)
{
    struct bench_case c = {.kern = kern, .threads = threads};
    snprintf(c.name, sizeof c.name, "%s", name);
    return c;
}

// A problem's case at one level on each number of threads, put beside the first of them. With
// `plain`, a name, the same with plain sums comes first, and is what one thread is put beside.
static void add_threads(struct problem *p, const char *name, const struct kern *kern,
                        const char *plain, struct bench_case **kept)
{
    const struct opt_sizes *threads = &p->set->options->threads;
    const struct bench_case *base = NULL;
    if (plain) {
        struct bench_case c = named(plain, kern, 1);
        base = trainer_add(p, &c, true);
    }
    for (size_t i = 0; i < threads->count; i++) {
        struct bench_case c = named(name, kern, threads->value[i]);
        c.base = i > 0 || c.threads == 1 ? base : NULL;
        kept[i] = trainer_add(p, &c, false);
        if (i == 0)
            base = kept[i];
    }
}

// Steps or epochs of a shape at every level.
static struct cases add_shape(struct bench_set *set, const char *name, const struct shape *shape,
                              bool plain)
{
    struct cases kept = {0};
    char text[64];
    snprintf(text, sizeof text, "%s, plain sums", name);
    if (!bench_wanted(set, plain ? text : name))
        return kept;
    kept.problem = problem_new(set, shape);
    for (size_t l = 0; l < set->levels; l++)
        add_threads(kept.problem, name, set->level[l].kern, plain ? text : NULL, kept.at[l]);
    return kept;
}

// ---- runs of the whole loop ----

struct run {
    struct problem *problem;
    struct fit fit;
    size_t resident; // bytes before the sample
    bool counted;    // memory is counted from the second sample on; the first touches it
};

// Resident memory of this process in bytes: exact where the kernel adds it up, else as it
// estimates.
static size_t resident(void)
{
    static const char *const files[] = {"/proc/self/smaps_rollup", "/proc/self/status"};
    static const char *const fields[] = {"\nRss:", "\nVmRSS:"};
    char text[4096];
    for (size_t i = 0; i < 2; i++) {
        const int file = open(files[i], O_RDONLY | O_CLOEXEC);
        const ssize_t size = file < 0 ? -1 : read(file, text, sizeof text - 1);
        if (file >= 0)
            close(file);
        text[size > 0 ? size : 0] = '\0';
        const char *at = strstr(text, fields[i]);
        if (at)
            return (size_t)strtoul(at + strlen(fields[i]), NULL, 10) * 1024;
    }
    return 0;
}

static void prepare_run(void *context)
{
    struct run *r = context;
    struct error e = {0};
    if (fit_restart(&r->fit, &e))
        bench_die("fit_restart", &e);
    mem_fail_at(0);
    r->resident = resident();
}

static void run_fit(void *context)
{
    struct run *r = context;
    struct error e = {0};
    if (fit_run(&r->fit, &e))
        bench_die("fit_run", &e);
}

static void check_memory(struct bench_case *c)
{
    struct run *r = c->context;
    const size_t allocations = (size_t)mem_fail_at(0), now = resident();
    const size_t grown = now > r->resident + RSS_ROOM ? now - r->resident : 0;
    if (r->counted) {
        bench_equal(c, "allocations in 10,000 steps", allocations, 0);
        bench_equal(c, "bytes by which resident memory grew in 10,000 steps", grown, 0);
    }
    r->counted = true;
}

static void finish_run(struct bench_case *c)
{
    const struct run *r = c->context;
    problem_same(r->problem, c, r->fit.params);
}

static void clear_run(void *context)
{
    struct run *r = context;
    fit_clear(&r->fit);
}

static void add_run(struct problem *p, struct bench_case *c)
{
    struct bench_set *set = p->set;
    struct run *r = bench_alloc(set, 1, sizeof *r);
    struct error e = {0};
    const struct fit_spec spec = {
        .config = &p->config,
        .net = &p->net,
        .kern = c->kern,
        .train = &p->train,
        .val = p->shape.val ? &p->val : NULL,
        .threads = c->threads,
        .team = c->threads > 1 ? set->team : NULL,
        .gemm = set->gemm,
    };
    r->problem = p;
    if (fit_init(&r->fit, &spec, &e))
        bench_die("fit_init", &e);
    c->context = r;
    c->blas = plan_uses_blas(r->fit.plan);
    c->run = run_fit;
    c->prepare = prepare_run;
    c->finish = finish_run;
    c->clear = clear_run;
    c->loops_max = 1; // a run goes on where the last one ended: nothing would be left to do
    c->flops = p->flops * (double)p->config.epochs / c->parts;
    c->streamed = p->streamed * (double)p->config.epochs / c->parts;
    c->modelled = true;
    bench_add(set, c);
}

// A run of p->fixed epochs, of which one of so many `parts` is reported, beside `base`.
static void add_runs(struct problem *p, const char *name, double parts, const struct cases *base)
{
    const struct bench_set *set = p->set;
    const struct opt_sizes *threads = &set->options->threads;
    for (size_t l = 0; l < set->levels; l++) {
        for (size_t i = 0; i < threads->count; i++) {
            struct bench_case c = named(name, set->level[l].kern, threads->value[i]);
            c.base = base->at[l][i];
            c.parts = parts > 0 ? parts : (double)p->fixed;
            c.check = parts > 0 ? check_memory : NULL;
            add_run(p, &c);
        }
    }
}

// ---- the cases ----

// Epochs of the lesson's network on its data and on the data that ship, and runs with metrics.
static void add_epochs(struct bench_set *set)
{
    static const struct shape lesson = {7, 1, LESSON, 569, 143, 569};
    static const struct shape shipped = {7, 1, LESSON, 1052, 264, 1052};
    static const char run[] = "lesson epoch by fit_run, metrics";
    const struct cases steps = add_shape(set, "lesson epoch 569+143", &lesson, true);
    if (bench_wanted(set, run))
        add_runs(steps.problem ? steps.problem : problem_new(set, &lesson), run, 0, &steps);
    add_shape(set, "shipped epoch 1052+264", &shipped, false);
}

// One step of a few rows, and a run of 10,000 such steps that may take no memory.
static void add_small_steps(struct bench_set *set)
{
    static const struct shape many = {7, 1, LESSON, (size_t)STEPS * 32, 0, 32};
    static const char run[] = "10000 steps of 32 by fit_run";
    struct cases of_32 = {0};
    for (size_t rows = 8; rows <= 256; rows *= 2) {
        const struct shape shape = {7, 1, LESSON, rows, 0, rows};
        char name[64];
        snprintf(name, sizeof name, "step %zu x 7-64-32-1", rows);
        const struct cases kept = add_shape(set, name, &shape, false);
        if (rows == 32)
            of_32 = kept;
    }
    if (bench_wanted(set, run))
        add_runs(problem_new(set, &many), run, STEPS, &of_32);
}

static void add_wide_steps(struct bench_set *set)
{
    static const struct shape batch_256 = {54, 7, {2, {512, 512}}, 256, 0, 256};
    static const struct shape batch_4096 = {54, 7, {2, {512, 512}}, 4096, 0, 4096};
    const size_t rows = set->options->brief ? 256 : 1024;
    const struct shape wider = {54, 7, {3, {2048, 2048, 1024}}, rows, 0, rows};
    char name[64];
    snprintf(name, sizeof name, "step %zu x 54-2048-2048-1024-7", rows);
    add_shape(set, "step 256 x 54-512-512-7", &batch_256, true);
    add_shape(set, "step 4096 x 54-512-512-7", &batch_4096, true);
    add_shape(set, name, &wider, false);
}

static void add_large(struct bench_set *set)
{
    const size_t rows = set->options->brief ? 100000 : 1000000;
    const struct shape shape = {28, 1, LESSON, rows, 0, 1024};
    char name[64];
    snprintf(name, sizeof name, "epoch %zu x 28, batch 1024", rows);
    add_shape(set, name, &shape, false);
}

struct bench_result suite_train(const struct bench_context *context)
{
    struct bench_set *set = bench_begin("train", context);
    add_epochs(set);
    add_small_steps(set);
    add_wide_steps(set);
    add_large(set);
    return bench_end(set);
}
