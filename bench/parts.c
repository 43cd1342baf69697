// SPDX-License-Identifier: MIT
// bench/parts: where the time of a step or an epoch goes. The table of kernels is replaced by one
// whose functions look at the clock before and after those of the level. A sample is some epochs
// from the weights of the seed; of each part its best sample counts, and of the whole the best
// without the clock, so that parts and whole may miss each other by a percent. Of two threads it is
// not kernels that are looked at but the jobs that the team is handed, see phases.h.
#include "base/clock.h"
#include "base/mem.h"
#include "kern/cpu.h"
#include "model/plan.h"
#include "phases.h"
#include "train/config.h"
#include "train/optim.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PARTS_MAX      64
#define SECONDS        3.0
#define SAMPLE_SECONDS 0.01
#define RATE           1e-3
#define PEAK_LOOPS     20000

static const char help[] =
    "Usage: bench/parts [TEXT [SECONDS [THREADS]]]\n"
    "\n"
    "Where the time of a training step goes, for shapes whose name contains TEXT, in SECONDS (3)\n"
    "for each: on one thread by kernel, on 2 THREADS by the jobs that they share.\n"
    "\n"
    "  us       of a step (lesson: an epoch, validation included), the best of many samples\n"
    "  %        of the whole\n"
    "  at peak  us that its multiply-adds would take at the rate of registers\n"
    "  beyond   % of the whole that it takes beyond that\n"
    "\n"
    "Of two threads, the best sample, in us of a step or epoch\n"
    "  alone    of the leader, from the job before to this one\n"
    "  begins   from handing out the job until the helper is at it\n"
    "  leader, helper   what each works\n"
    "  waits    of the leader for the helper, at the end\n"
    "  whole    of the job; beside it that of one thread, and how many times faster two are\n";

struct shape {
    const char *name;
    size_t inputs, outputs;
    struct opt_sizes hidden;
    size_t rows, val;
};

static const struct shape shapes[] = {
    {"lesson epoch 569+143", 7, 1, {2, {64, 32}}, 569, 143},
    {"step 32 x 7-64-32-1", 7, 1, {2, {64, 32}}, 32, 0},
    {"step 256 x 54-512-512-7", 54, 7, {2, {512, 512}}, 256, 0},
    {"step 4096 x 54-512-512-7", 54, 7, {2, {512, 512}}, 4096, 0},
    {"step 1024 x 54-2048-2048-1024-7", 54, 7, {3, {2048, 2048, 1024}}, 1024, 0},
};

enum kind {
    FORWARD,
    WEIGHTS,
    INPUTS,
    NARROW,
    COLUMNS,
    TRANSPOSE,
    LOSS,
    ELEMENTS,
    ADD,
    SUM,
    ADAM,
};

static const char *const kind_names[] = {
    [FORWARD] = "Z = A W + b  %zu x %zu",
    [WEIGHTS] = "dW = A' dZ   %zu x %zu",
    [INPUTS] = "dA = dZ W'   %zu x %zu",
    [NARROW] = "dW, db, dA   %zu x %zu",
    [COLUMNS] = "db           %zu",
    [TRANSPOSE] = "W'           %zu x %zu",
    [LOSS] = "loss, dZ",
    [ELEMENTS] = "activations",
    [ADD] = "sums of gradients",
    [SUM] = "sums of losses",
    [ADAM] = "adam",
};

// What kernels of one kind do with one shape.
struct part {
    enum kind kind;
    size_t m, n;
    double flops, calls, seconds; // of this sample
    double best;                  // of an epoch
};

static const struct kern *level; // whose kernels are watched
static struct part parts[PARTS_MAX];
static size_t part_count;
static double clock_cost;

static _Noreturn void die(const char *text)
{
    fprintf(stderr, "bench/parts: %s\n", text);
    exit(1);
}

static struct par *team; // of two threads, or of the caller alone

// ---- the watched kernels ----

static void note(double begun, enum kind kind, size_t m, size_t n, double flops)
{
    const double seconds = clock_seconds() - begun - clock_cost;
    struct part *p = parts;
    while (p < parts + part_count && (p->kind != kind || p->m != m || p->n != n))
        p++;
    if (p == parts + PARTS_MAX)
        die("more than PARTS_MAX parts");
    if (p == parts + part_count) {
        part_count++;
        *p = (struct part){.kind = kind, .m = m, .n = n, .best = INFINITY};
    }
    p->flops += flops;
    p->calls++;
    p->seconds += seconds;
}

// Which product of a layer it is, its arguments tell; its sizes are those of W.
static void watch_product(const struct kern_product *p)
{
    const double begun = clock_seconds(), flops = 2.0 * (double)p->m * (double)p->n * (double)p->k;
    level->product(p);
    if (p->gate)
        note(begun, INPUTS, p->n, p->k, flops);
    else if (p->a_row == 1)
        note(begun, WEIGHTS, p->m, p->n, flops);
    else
        note(begun, FORWARD, p->k, p->n, flops);
}

static void watch_dot(const struct kern_dot *p)
{
    const double begun = clock_seconds();
    level->dot(p);
    note(begun, FORWARD, p->k, p->out, 2.0 * (double)p->m * (double)p->k * (double)p->out);
}

static void watch_narrow(const struct kern_narrow *p)
{
    const double begun = clock_seconds();
    level->narrow(p);
    note(begun, NARROW, p->k, p->out, 4.0 * (double)p->m * (double)p->k * (double)p->out);
}

static void watch_column_sums(size_t rows, size_t n, const float *x, size_t ld, const float *start,
                              float *out)
{
    const double begun = clock_seconds();
    level->column_sums(rows, n, x, ld, start, out);
    note(begun, COLUMNS, n, 0, 0);
}

static void watch_transpose(size_t rows, size_t cols, const float *from, size_t ldfrom, float *to,
                            size_t ldto)
{
    const double begun = clock_seconds();
    level->transpose(rows, cols, from, ldfrom, to, ldto);
    note(begun, TRANSPOSE, rows, cols, 0);
}

static void watch_bce(const struct kern_bce *b)
{
    const double begun = clock_seconds();
    level->bce(b);
    note(begun, LOSS, 0, 0, 0);
}

static void watch_exp(size_t n, const float *x, float *y)
{
    const double begun = clock_seconds();
    level->exp(n, x, y);
    note(begun, ELEMENTS, 0, 0, 0);
}

static void watch_add(size_t n, float *to, const float *from)
{
    const double begun = clock_seconds();
    level->add(n, to, from);
    note(begun, ADD, 0, 0, 0);
}

static double watch_sum(size_t n, const float *x)
{
    const double begun = clock_seconds(), sum = level->sum(n, x);
    note(begun, SUM, 0, 0, 0);
    return sum;
}

static void watch_adam(const struct kern_adam *a)
{
    const double begun = clock_seconds();
    level->adam(a);
    note(begun, ADAM, 0, 0, 0);
}

static struct kern watched(void)
{
    struct kern k = *level;
    k.product = watch_product;
    k.dot = watch_dot;
    k.narrow = watch_narrow;
    k.column_sums = watch_column_sums;
    k.transpose = watch_transpose;
    k.bce = watch_bce;
    k.exp = watch_exp;
    k.add = watch_add;
    k.sum = watch_sum;
    k.adam = watch_adam;
    return k;
}

// ---- a network, its data, and epochs of them ----

struct work {
    struct net net;
    struct plan_batch train, val;
    float *fresh, *params, *X, *y, *pred;
};

// One way of computing it: with the level's kernels, or with the watched ones.
struct way {
    struct plan *plan;
    struct optim optim;
};

static float *floats(size_t count)
{
    float *p = mem_aligned(count, sizeof *p);
    if (!p)
        die("out of memory");
    return p;
}

static void make_work(struct work *w, const struct shape *s, struct train_config *config)
{
    struct error e = {0};
    struct rng rng;
    const size_t rows = s->rows + s->val;
    const struct net_spec spec = {
        .inputs = s->inputs,
        .outputs = s->outputs,
        .hidden = &s->hidden,
        .act = ACT_RELU,
        .task = s->outputs == 1 ? TASK_BINARY : TASK_MULTICLASS,
    };
    config->optimizer = OPTIM_ADAM;
    rng_seed(&rng, 42);
    if (net_init(&w->net, &spec, &e))
        die(e.text);
    w->X = floats(rows * s->inputs);
    w->y = floats(rows);
    w->pred = floats(rows * s->outputs);
    w->fresh = floats(w->net.size);
    w->params = floats(w->net.size);
    for (size_t i = 0; i < rows * s->inputs; i++)
        w->X[i] = (float)(i * 2654435761U % 65536) / 32768 - 1;
    for (size_t i = 0; i < rows; i++)
        w->y[i] = (float)(i * 7919 / 13 % (s->outputs == 1 ? 2 : s->outputs));
    if (net_draw_weights(&w->net, &rng, w->fresh, &e))
        die(e.text);
    w->train = (struct plan_batch){.rows = s->rows, .X = w->X, .y = w->y};
    w->val =
        (struct plan_batch){.rows = s->val, .X = w->X + s->rows * s->inputs, .y = w->y + s->rows};
}

static void make_way(struct way *way, const struct work *w, const struct train_config *config,
                     const struct kern *kern, size_t threads)
{
    struct error e = {0};
    const struct plan_spec spec = {
        .net = &w->net,
        .train_rows = w->train.rows,
        .predict_rows = w->val.rows,
        .threads = threads,
        .team = threads > 1 ? team : NULL,
    };
    way->plan = plan_new(&spec, kern, &e);
    if (!way->plan || optim_init(&way->optim, config, kern, w->net.size, &e))
        die(e.text);
    way->optim.team = spec.team;
}

// Seconds of so many epochs, after one that warms the caches. With `phases`, those of two threads.
static double sample(struct way *way, const struct work *w, size_t epochs, struct phases *phases)
{
    double begun = 0, loss;
    memcpy(w->params, w->fresh, w->net.size * sizeof *w->params);
    memset(way->optim.state, 0, way->optim.states * way->optim.n * sizeof *way->optim.state);
    way->optim.step = 0;
    for (size_t i = 0; i <= epochs; i++) {
        if (i == 1) {
            begun = clock_seconds();
            phases_watch(phases);
            for (size_t p = 0; p < part_count; p++)
                parts[p].seconds = parts[p].flops = parts[p].calls = 0;
        }
        phases_begin_epoch();
        float *gradient = plan_gradient(way->plan, w->params, &w->train, &loss);
        optim_step(&way->optim, w->params, gradient, RATE, optim_momentum(&way->optim),
                   plan_step_workers(way->plan, w->train.rows));
        if (w->val.rows)
            plan_predict(way->plan, w->params, &w->val, w->pred, &loss);
    }
    phases_watch(NULL);
    return clock_seconds() - begun;
}

// ---- what came of it ----

static double peak_rate(void)
{
    double best = 0;
    for (size_t i = 0; i < 200; i++) {
        float sink[3] = {0.5F, 0.25F, 1.0F};
        const double begun = clock_seconds(), flops = level->peak(PEAK_LOOPS, sink);
        best = fmax(best, flops / (clock_seconds() - begun));
    }
    return best;
}

static int by_kind(const void *a, const void *b)
{
    const struct part *x = a, *y = b;
    return x->kind != y->kind ? (x->kind > y->kind) - (x->kind < y->kind)
                              : (x->m * x->n < y->m * y->n) - (x->m * x->n > y->m * y->n);
}

static void row(const char *name, double calls, double seconds, double whole, double ideal)
{
    printf("%-28s %7.0f %10.2f %6.1f %10.2f %7.1f\n", name, calls, 1e6 * seconds,
           100 * seconds / whole, 1e6 * ideal, 100 * (seconds - ideal) / whole);
}

static void report(const struct shape *s, double whole, size_t epochs, double rate)
{
    double rest = whole, ideal = 0;
    printf("%s, level %s, fma peak %.1f GFLOP/s\n", s->name, level->name, 1e-9 * rate);
    printf("%-28s %7s %10s %6s %10s %7s\n", "part", "calls", "us", "%", "at peak", "beyond");
    qsort(parts, part_count, sizeof *parts, by_kind);
    for (const struct part *p = parts; p < parts + part_count; p++) {
        char name[64];
        snprintf(name, sizeof name, kind_names[p->kind], p->m, p->n);
        row(name, p->calls / (double)epochs, p->best, whole, p->flops / (double)epochs / rate);
        rest -= p->best;
        ideal += p->flops / (double)epochs / rate;
    }
    row("everything else", 0, rest, whole, 0);
    row("the whole", 0, whole, whole, ideal);
    printf("\n");
}

static size_t epochs_of_sample(struct way *way, const struct work *w)
{
    const double guess = sample(way, w, 1, NULL);
    return guess < SAMPLE_SECONDS ? (size_t)(SAMPLE_SECONDS / guess) : 1;
}

static void clear_way(struct way *way)
{
    plan_free(way->plan);
    optim_clear(&way->optim);
}

// On one thread, by kernel.
static void measure_parts(const struct shape *s, const struct work *w,
                          const struct train_config *config, double seconds)
{
    struct way plain, looked_at;
    const struct kern kern = watched();
    make_way(&plain, w, config, level, 1);
    make_way(&looked_at, w, config, &kern, 1);
    part_count = 0;
    const size_t epochs = epochs_of_sample(&plain, w);
    const double end = clock_seconds() + seconds;
    double whole = INFINITY;
    do {
        whole = fmin(whole, sample(&plain, w, epochs, NULL) / (double)epochs);
        sample(&looked_at, w, epochs, NULL);
        for (size_t i = 0; i < part_count; i++)
            parts[i].best = fmin(parts[i].best, parts[i].seconds / (double)epochs);
    } while (clock_seconds() < end);
    report(s, whole, epochs, peak_rate());
    clear_way(&plain);
    clear_way(&looked_at);
}

// The best samples on one thread and on two: of the whole, and with a look at the phases.
struct best {
    double whole, watched;
    struct phases phases;
};

static void take_sample(struct best *best, struct way *way, const struct work *w, size_t epochs)
{
    struct phases phases;
    best->whole = fmin(best->whole, sample(way, w, epochs, NULL));
    const double seconds = sample(way, w, epochs, &phases);
    if (seconds >= best->watched)
        return;
    best->watched = seconds;
    best->phases = phases;
}

static void phase_row(const char *name, const struct phase *p, double one, double us)
{
    printf("%-16s %7.2f %7.2f %8.2f %8.2f %7.2f %8.2f %10.2f", name, us * p->alone, us * p->begins,
           us * p->work[0], us * p->work[1], us * p->waits, us * p->whole, us * one);
    if (one > 0)
        printf(" %6.2f", one / p->whole);
    printf("\n");
}

static void report_phases(const struct shape *s, const struct best best[2], size_t epochs)
{
    static const char *const names[] = {"W'", "gradients", "sums of the two", "adam", "validation"};
    enum { SUMS = 2 }; // which one thread has no need of
    const struct phases *one = &best[0].phases, *two = &best[1].phases;
    const double us = 1e6 / (double)epochs;
    size_t name = two->count == (s->val ? 5 : 4) ? 0 : 1; // small W' are no job of their own
    printf("%s, level %s, two threads\n%-16s %7s %7s %8s %8s %7s %8s %10s %6s\n", s->name,
           level->name, "job", "alone", "begins", "leader", "helper", "waits", "whole",
           "one thread", "times");
    for (size_t i = 0, at = 0; i < two->count && name < 5; i++, name++)
        phase_row(names[name], &two->phase[i], name == SUMS ? 0 : one->phase[at++].whole, us);
    printf("the whole, without a look: %.2f, one thread %.2f: %.3f times\n\n", us * best[1].whole,
           us * best[0].whole, best[0].whole / best[1].whole);
}

static void measure_phases(const struct shape *s, const struct work *w,
                           const struct train_config *config, double seconds)
{
    struct way way[2];
    struct best best[2] = {{INFINITY, INFINITY, {0}}, {INFINITY, INFINITY, {0}}};
    for (size_t t = 0; t < 2; t++)
        make_way(&way[t], w, config, level, t + 1);
    part_count = 0;
    const size_t epochs = epochs_of_sample(&way[0], w);
    const double end = clock_seconds() + seconds;
    do {
        for (size_t t = 0; t < 2; t++)
            take_sample(&best[t], &way[t], w, epochs);
    } while (clock_seconds() < end);
    report_phases(s, best, epochs);
    for (size_t t = 0; t < 2; t++)
        clear_way(&way[t]);
}

static void measure(const struct shape *s, struct train_config *config, double seconds)
{
    struct work w;
    make_work(&w, s, config);
    if (par_threads(team) == 2)
        measure_phases(s, &w, config, seconds);
    else
        measure_parts(s, &w, config, seconds);
    float *const all[] = {w.X, w.y, w.pred, w.fresh, w.params};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        mem_free(all[i]);
}

static double cost_of_clock(void)
{
    double best = 1;
    for (size_t i = 0; i < 10000; i++) {
        const double begun = clock_seconds();
        best = fmin(best, clock_seconds() - begun);
    }
    return best;
}

struct asked {
    const char *text;
    double seconds;
    struct train_config config;
};

static void run(struct par *threads, void *context)
{
    struct asked *asked = context;
    team = threads;
    for (const struct shape *s = shapes; s < shapes + sizeof shapes / sizeof *shapes; s++)
        if (strstr(s->name, asked->text))
            measure(s, &asked->config, asked->seconds);
}

int main(int argc, char **argv)
{
    struct opt_set defaults;
    struct error e = {0};
    if (argc > 4 || (argc > 1 && strcmp(argv[1], "--help") == 0)) {
        fputs(help, argc > 4 ? stderr : stdout);
        return argc > 4 ? 2 : 0;
    }
    struct asked asked = {.text = argc > 1 ? argv[1] : "",
                          .seconds = argc > 2 ? strtod(argv[2], NULL) : SECONDS};
    if (kern_select(&level, &e) ||
        opt_begin(&defaults, train_options, train_option_count, &asked.config, &e))
        die(e.text);
    clock_cost = cost_of_clock();
    par_team(argc > 3 && strcmp(argv[3], "2") == 0 ? 2 : 1, run, &asked);
    opt_end(&defaults);
    return 0;
}
