// SPDX-License-Identifier: MIT
// How far a metric would move if other rows of the same kind had been measured: 95 % intervals by
// the bootstrap's percentile method. A resample is n draws with replacement from the n rows; the
// interval goes from the 2.5th to the 97.5th percentile of the metric over all resamples.
#ifndef SKIFF_TRAIN_BOOTSTRAP_H
#define SKIFF_TRAIN_BOOTSTRAP_H

#include "kern/par.h"
#include "train/metrics.h"

#define BOOTSTRAP_METRICS_MAX 8
#define BOOTSTRAP_LEVEL       0.95
#define BOOTSTRAP_TAIL        0.025 // of either side

// Equal seeds give equal intervals for any number of threads.
struct bootstrap_spec {
    size_t resamples; // 0: no intervals
    int64_t seed;
    size_t threads;
    struct par *team; // borrowed; may be NULL
    // Called by the calling thread after each of its resamples; may be NULL.
    void (*show)(void *context, uint64_t done, uint64_t total);
    void *context;
};

struct interval {
    const char *name; // as metrics_json calls the metric
    double low, high; // NaN where the metric is undefined in every resample; where it is in some,
                      // those are left out
};

struct bootstrap {
    size_t resamples;
    int64_t seed;
    size_t count;
    struct interval interval[BOOTSTRAP_METRICS_MAX];
};

// The arguments are those of metrics_binary and so on, which have been called with them and have
// found them good.
int bootstrap_binary(struct bootstrap *b, const struct bootstrap_spec *spec,
                     const struct metrics_rows *scores, const float *labels, double threshold,
                     struct error *e);
int bootstrap_multiclass(struct bootstrap *b, const struct bootstrap_spec *spec,
                         const struct metrics_rows *prob, size_t classes, const float *labels,
                         struct error *e);
int bootstrap_regression(struct bootstrap *b, const struct bootstrap_spec *spec,
                         const struct metrics_rows *pred, const struct metrics_rows *truth,
                         size_t targets, struct error *e);

// The interval of the metric with this name, or NULL.
const struct interval *bootstrap_find(const struct bootstrap *b, const char *name);

#endif
