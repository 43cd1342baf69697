// SPDX-License-Identifier: MIT
// What the bootstrap_*.c files share; callers include train/bootstrap.h only.
#ifndef SKIFF_TRAIN_BOOTSTRAP_INNER_H
#define SKIFF_TRAIN_BOOTSTRAP_INNER_H

#include "train/bootstrap.h"

// How often a row was drawn. Its number is near a Poisson one of mean 1, so that 256 draws of one
// row among n have a probability below 1e-500.
typedef uint8_t bootstrap_count;

struct bootstrap_task {
    size_t n;
    const char *const *names; // of the metrics, NULL-terminated
    size_t scratch;           // doubles that a worker's measure() may write to
    const void *rows;
    // The metrics of the resample that holds row i counts[i] times.
    void (*measure)(const void *rows, const bootstrap_count *counts, double *scratch,
                    double *values);
};

int bootstrap_run(struct bootstrap *b, const struct bootstrap_spec *spec,
                  const struct bootstrap_task *task, struct error *e);

#endif
