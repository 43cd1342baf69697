// SPDX-License-Identifier: MIT
// Draw i of resample r is a function of seed, r and i alone, so that threads share the resamples as
// they like:
//
//   s = mix(seed + (r + 1) G),  row = (mix(s + (i + 1) G) >> 32) * n >> 32
//
// with G = 2^64 / golden ratio and the finalizer of splitmix64 (Steele, Lea, Flood, "Fast
// splittable pseudorandom number generators", 2014). A row's probability differs from 1/n by at
// most 2^-32.
#include "train/bootstrap.h"

#include "base/mem.h"
#include "train/bootstrap_inner.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define GOLDEN 0x9e3779b97f4a7c15ULL

struct job {
    const struct bootstrap_spec *spec;
    const struct bootstrap_task *task;
    size_t metrics, workers;
    bootstrap_count *counts; // [workers][n]
    double *scratch;         // [workers][task->scratch]
    double *values;          // [metrics][resamples]
    atomic_size_t done;      // resamples
};

static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
    return x ^ x >> 31;
}

static void draw(bootstrap_count *counts, size_t n, int64_t seed, size_t resample)
{
    uint64_t state = mix((uint64_t)seed + (resample + 1) * GOLDEN);
    memset(counts, 0, n * sizeof *counts);
    for (size_t i = 0; i < n; i++) {
        state += GOLDEN;
        counts[(mix(state) >> 32) * n >> 32]++;
    }
}

static void run_worker(void *context, size_t worker)
{
    struct job *j = context;
    const size_t resamples = j->spec->resamples, n = j->task->n;
    bootstrap_count *counts = j->counts + worker * n;
    double *scratch = j->scratch + worker * j->task->scratch;
    const size_t end = resamples * (worker + 1) / j->workers;
    for (size_t r = resamples * worker / j->workers; r < end; r++) {
        double values[BOOTSTRAP_METRICS_MAX];
        draw(counts, n, j->spec->seed, r);
        j->task->measure(j->task->rows, counts, scratch, values);
        for (size_t m = 0; m < j->metrics; m++)
            j->values[m * resamples + r] = values[m];
        const size_t done = atomic_fetch_add(&j->done, 1) + 1;
        if (worker == 0 && j->spec->show)
            j->spec->show(j->spec->context, done, resamples);
    }
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

// Between the two nearest of n sorted values, as numpy.percentile interpolates.
static double percentile(const double *values, size_t n, double share)
{
    if (n == 0)
        return NAN;
    const double at = share * (double)(n - 1);
    const size_t low = (size_t)at, high = low + 1 < n ? low + 1 : low;
    return values[low] + (values[high] - values[low]) * (at - (double)low);
}

// Undefined values go to nobody; the rest is sorted in place.
static struct interval interval_of(const char *name, double *values, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (!isnan(values[i]))
            values[kept++] = values[i];
    qsort(values, kept, sizeof *values, ascending);
    return (struct interval){name, percentile(values, kept, BOOTSTRAP_TAIL),
                             percentile(values, kept, 1 - BOOTSTRAP_TAIL)};
}

static int make_room(struct job *j, struct error *e)
{
    size_t rows, values;
    if (!size_mul(j->workers, j->task->n, &rows) ||
        !size_mul(j->metrics, j->spec->resamples, &values))
        return error_nomem(e, "resamples");
    j->counts = mem_array(rows, sizeof *j->counts);
    j->scratch = mem_array(j->workers * (j->task->scratch + 1), sizeof *j->scratch);
    j->values = mem_array(values, sizeof *j->values);
    return j->counts && j->scratch && j->values ? 0 : error_nomem(e, "resamples");
}

int bootstrap_run(struct bootstrap *b, const struct bootstrap_spec *spec,
                  const struct bootstrap_task *task, struct error *e)
{
    *b = (struct bootstrap){.resamples = spec->resamples, .seed = spec->seed};
    struct job j = {.spec = spec, .task = task};
    while (j.metrics < BOOTSTRAP_METRICS_MAX && task->names[j.metrics])
        j.metrics++;
    j.workers = spec->threads < spec->resamples ? spec->threads : spec->resamples;
    const int rc = make_room(&j, e);
    if (rc == 0) {
        par_run(spec->team, j.workers, run_worker, &j);
        for (; b->count < j.metrics; b->count++)
            b->interval[b->count] = interval_of(
                task->names[b->count], j.values + b->count * spec->resamples, spec->resamples);
    }
    mem_free(j.counts);
    mem_free(j.scratch);
    mem_free(j.values);
    return rc;
}

const struct interval *bootstrap_find(const struct bootstrap *b, const char *name)
{
    for (size_t i = 0; i < b->count; i++)
        if (strcmp(b->interval[i].name, name) == 0)
            return &b->interval[i];
    return NULL;
}
