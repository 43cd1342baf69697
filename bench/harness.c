// SPDX-License-Identifier: MIT
// How a time is taken. A sample is `loops` calls between two looks at the clock, with nothing in
// between; before it the case is brought into its starting state and, where calls are short, called
// once so that caches are warm and sleeping threads awake: as they are in a loop of such calls.
// Every round takes one sample of each case. The best of many short samples is what the machine can
// do, the median what it did.
#include "harness.h"

#include "base/clock.h"
#include "base/mem.h"
#include "kern/cpu.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SAMPLE_SECONDS 0.004 // long against the clock, short against a scheduler's time slice
#define WARM_SECONDS   0.05 // a call this long finds what it needs in the caches or does not need it
#define LOOPS_MAX      ((size_t)1 << 40)
#define TOLERANCE      1e-5  // of the largest value: some dozens of float32's roundings
#define SPOIL          1.001 // what --wrong expects instead of 1
#define GLANCE         4     // of a sample
#define PEAK_LOOPS     1000
#define STREAM_FLOATS  65536 // twice 256 KB: in L2, not in L1

void bench_die(const char *what, const struct error *e)
{
    fprintf(stderr, "bench: %s%s%s\n", what, e ? ": " : "", e ? e->text : "");
    exit(1);
}

bool bench_wanted(const struct bench_set *set, const char *name)
{
    return !set->options->text || strstr(name, set->options->text);
}

static bool to_spoil(const struct bench_set *set, const struct bench_case *c)
{
    return set->options->wrong && strstr(c->name, set->options->wrong);
}

static struct bench_case *add(struct bench_set *set, const struct bench_case *c)
{
    if (set->count == BENCH_CASES_MAX)
        bench_die("more than BENCH_CASES_MAX cases", NULL);
    struct bench_case *kept = &set->cases[set->count++];
    *kept = *c;
    kept->spoilt = !set->options->late && to_spoil(set, c);
    if (kept->threads == 0)
        kept->threads = 1;
    if (kept->parts == 0)
        kept->parts = 1;
    if (kept->loops_max == 0)
        kept->loops_max = LOOPS_MAX;
    if (kept->tolerance == 0)
        kept->tolerance = TOLERANCE;
    return kept;
}

struct bench_case *bench_add(struct bench_set *set, const struct bench_case *c)
{
    return bench_wanted(set, c->name) ? add(set, c) : NULL;
}

void *bench_alloc(struct bench_set *set, size_t count, size_t size)
{
    void *p = mem_aligned(count, size);
    void **owned = mem_realloc(set->owned, (set->owned_count + 1) * sizeof *owned);
    if (!p || !owned)
        bench_die("out of memory", NULL);
    set->owned = owned;
    set->owned[set->owned_count++] = p;
    return p;
}

float *bench_floats(struct bench_set *set, size_t count, float scale)
{
    uint32_t state = (uint32_t)(count + set->owned_count); // any seed that is always the same
    float *p = bench_alloc(set, count, sizeof *p);
    for (size_t i = 0; i < count; i++) {
        state = state * 1664525U + 1013904223U;
        p[i] = scale * ((float)(state >> 8) / 8388608.0F - 1.0F);
    }
    return p;
}

void bench_near(struct bench_case *c, double got, double want, double scale)
{
    const double error = fabs(got - want * (c->spoilt ? SPOIL : 1)) / scale;
    if (!(error <= c->error)) // NaN too
        c->error = isfinite(error) ? error : 1e300;
}

void bench_equal(struct bench_case *c, const char *what, uint64_t got, uint64_t want)
{
    want += c->spoilt;
    if (got != want && !c->wrong)
        fprintf(stderr, "bench: %s, %zu threads: %s: %llu, expected %llu\n", c->name, c->threads,
                what, (unsigned long long)got, (unsigned long long)want);
    c->wrong = c->wrong || got != want;
}

struct peak {
    const struct kern *kern;
    float sum; // of all chains
};

static void run_peak(void *context)
{
    struct peak *p = context;
    float sink[3] = {0.5F, 0.25F, 1.0F};
    p->kern->peak(PEAK_LOOPS, sink);
    p->sum = sink[0];
}

// x = x / 2 + 1/4 tends to 1/2 in every chain: the sum of all chains is a multiple of it.
static void check_peak(struct bench_case *c)
{
    struct peak *p = c->context;
    bench_near(c, (double)p->sum, rint(2 * (double)p->sum) / 2, (double)p->sum);
    p->sum = 0;
}

struct stream {
    const struct kern *kern;
    float *to, *from;
};

static void run_stream(void *context)
{
    const struct stream *s = context;
    s->kern->add(STREAM_FLOATS, s->to, s->from);
}

static void prepare_stream(void *context)
{
    const struct stream *s = context;
    memset(s->to, 0, STREAM_FLOATS * sizeof *s->to);
}

// All that is added is a 1 at the end, in each call.
static void check_stream(struct bench_case *c)
{
    const struct stream *s = c->context;
    bench_near(c, (double)s->to[STREAM_FLOATS - 1], (double)c->loops, (double)c->loops);
}

static void add_peak(struct bench_set *set, struct bench_level *level)
{
    float sink[3] = {0.5F, 0.25F, 1.0F};
    struct peak *p = bench_alloc(set, 1, sizeof *p);
    p->kern = level->kern;
    level->peak = add(set, &(struct bench_case){.name = "fma peak",
                                                .kern = level->kern,
                                                .context = p,
                                                .run = run_peak,
                                                .check = check_peak,
                                                .flops = level->kern->peak(PEAK_LOOPS, sink)});
}

static void add_stream(struct bench_set *set, struct bench_level *level)
{
    struct stream *s = bench_alloc(set, 1, sizeof *s);
    *s = (struct stream){level->kern, bench_alloc(set, STREAM_FLOATS, sizeof(float)),
                         bench_alloc(set, STREAM_FLOATS, sizeof(float))};
    s->from[STREAM_FLOATS - 1] = 1;
    level->stream = add(set, &(struct bench_case){.name = "L2 stream",
                                                  .kern = level->kern,
                                                  .context = s,
                                                  .run = run_stream,
                                                  .prepare = prepare_stream,
                                                  .check = check_stream,
                                                  .bytes = 3.0 * sizeof(float) * STREAM_FLOATS});
}

static bool level_wanted(const struct kern *kern, const struct bench_options *options)
{
    const struct kern *best;
    struct error e = {0};
    if (options->level)
        return strcmp(options->level, "all") == 0 || strcmp(options->level, kern->name) == 0;
    if (kern_select(&best, &e))
        bench_die("SKIFF_CPU", &e);
    return kern == best;
}

struct bench_set *bench_begin_plain(const char *suite, const struct bench_context *context)
{
    struct bench_set *set = mem_zalloc(sizeof *set);
    if (!set)
        bench_die("out of memory", NULL);
    set->suite = suite;
    set->options = context->options;
    set->gemm = context->gemm;
    set->team = context->team;
    return set;
}

struct bench_set *bench_begin(const char *suite, const struct bench_context *context)
{
    struct bench_set *set = bench_begin_plain(suite, context);
    for (const struct kern *const *k = kern_available(); *k; k++) {
        if (!level_wanted(*k, context->options) || set->levels == BENCH_LEVELS_MAX)
            continue;
        struct bench_level *level = &set->level[set->levels++];
        level->kern = *k;
        add_peak(set, level);
        add_stream(set, level);
    }
    if (set->levels == 0)
        bench_die("--level: this machine has no such level", NULL);
    return set;
}

static double time_calls(struct bench_case *c, size_t loops)
{
    const double start = clock_seconds();
    for (size_t i = 0; i < loops; i++)
        c->run(c->context);
    return clock_seconds() - start;
}

static double sample(struct bench_case *c)
{
    if (c->warmed)
        c->run(c->context);
    if (c->prepare)
        c->prepare(c->context);
    const double seconds = time_calls(c, c->loops);
    if (c->check)
        c->check(c);
    return seconds;
}

// The loops that fill a sample. The last sample of each step is the warm-up of the first round.
static void calibrate(struct bench_case *c)
{
    c->loops = 1;
    c->warmed = c->loops_max > 1 && sample(c) < WARM_SECONDS;
    for (double t = sample(c); t < SAMPLE_SECONDS && c->loops < c->loops_max; t = sample(c)) {
        const double wanted = 1.2 * SAMPLE_SECONDS / t;
        c->loops = wanted > 16 ? c->loops * 8 : (size_t)((double)c->loops * wanted) + 1;
        if (c->loops > c->loops_max)
            c->loops = c->loops_max;
    }
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void summarise(struct bench_case *c, size_t rounds, double *scratch)
{
    memcpy(scratch, c->seconds, rounds * sizeof *scratch);
    qsort(scratch, rounds, sizeof *scratch, by_value);
    c->best = c->glanced > 0 ? fmin(c->glanced, scratch[0]) : scratch[0];
    c->median = scratch[rounds / 2];
    c->spread = (scratch[rounds * 3 / 4] - scratch[rounds / 4]) / c->median;
    if (!c->base)
        return;
    for (size_t r = 0; r < rounds; r++)
        scratch[r] = c->seconds[r] / c->base->seconds[r];
    qsort(scratch, rounds, sizeof *scratch, by_value);
    c->base_ratio = scratch[rounds / 2];
}

static struct bench_level *level_of(struct bench_set *set, const struct kern *kern)
{
    for (size_t i = 0; i < set->levels; i++)
        if (set->level[i].kern == kern)
            return &set->level[i];
    return NULL;
}

// What all cases of a level are measured against deserves more looks than one a round.
static void glance(struct bench_case *c)
{
    const size_t loops = c->loops / GLANCE + 1;
    c->run(c->context);
    const double seconds = time_calls(c, loops) / (double)loops;
    if (c->glanced == 0 || seconds < c->glanced)
        c->glanced = seconds;
}

static void run_round(struct bench_set *set, size_t round)
{
    for (size_t i = 0; i < set->count; i++) {
        struct bench_case *c = &set->cases[i];
        const struct bench_level *level = level_of(set, c->kern);
        if (level) {
            glance(level->peak);
            glance(level->stream);
        }
        c->seconds[round] = sample(c) / ((double)c->loops * c->parts);
    }
}

static void run_rounds(struct bench_set *set, size_t rounds)
{
    for (size_t i = 0; i < set->count; i++) {
        set->cases[i].seconds = bench_alloc(set, rounds, sizeof(double));
        calibrate(&set->cases[i]);
    }
    for (size_t r = 0; r < rounds; r++) {
        for (size_t i = 0; r + 1 == rounds && i < set->count; i++)
            set->cases[i].spoilt = to_spoil(set, &set->cases[i]);
        run_round(set, r);
    }
    for (size_t i = 0; i < set->count; i++)
        if (set->cases[i].finish)
            set->cases[i].finish(&set->cases[i]);
}

struct bench_result bench_end(struct bench_set *set)
{
    const size_t rounds = bench_rounds(set->options);
    double *scratch = bench_alloc(set, rounds, sizeof *scratch);
    struct bench_result result = {.cases = set->count - 2 * set->levels};
    if (result.cases) {
        run_rounds(set, rounds);
        for (size_t i = 0; i < set->count; i++)
            summarise(&set->cases[i], rounds, scratch);
        result.wrong = bench_report(set);
    }
    for (size_t i = 0; i < set->count; i++)
        if (set->cases[i].clear)
            set->cases[i].clear(set->cases[i].context);
    for (size_t i = 0; i < set->owned_count; i++)
        mem_free(set->owned[i]);
    mem_free(set->owned);
    mem_free(set);
    return result;
}

struct job {
    struct bench_context context;
    struct bench_result (*suites)(const struct bench_context *context);
    struct bench_result result;
};

static void run_job(struct par *team, void *context)
{
    struct job *job = context;
    job->context.team = team;
    job->result = job->suites(&job->context);
}

int bench_run(const struct bench_options *options, const struct gemm *gemm,
              struct bench_result (*suites)(const struct bench_context *context))
{
    struct job job = {.context = {.options = options, .gemm = gemm}, .suites = suites};
    par_team(bench_threads_most(options), run_job, &job);
    return bench_status(options, job.result.cases, job.result.wrong);
}

double bench_peak(struct bench_set *set, const struct kern *kern)
{
    const struct bench_level *level = level_of(set, kern);
    return level ? level->peak->flops / level->peak->best : 0;
}

double bench_floor(struct bench_set *set, const struct bench_case *c)
{
    const struct bench_level *level = level_of(set, c->kern);
    if (c->floor)
        return c->floor->best;
    if (!c->modelled || !level)
        return 0;
    const double stream = level->stream->bytes / level->stream->best;
    return (c->flops / bench_peak(set, c->kern) + c->streamed / stream) / (double)c->threads;
}
