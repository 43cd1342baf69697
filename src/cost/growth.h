// SPDX-License-Identifier: MIT
// How the seconds of a run grow with the size of its work, on one configuration: a line through
// measured runs, with what it leaves uncertain.
#ifndef SKIFF_COST_GROWTH_H
#define SKIFF_COST_GROWTH_H

#include "base/err.h"

#include <stddef.h>

struct growth_run {
    double size; // of the work: rows, as a rule
    double seconds;
};

// seconds = fixed + each * size
struct growth {
    double fixed, each; // neither is below 0, and not both are 0
    double variance[3]; // of fixed, of fixed and each together, of each; NaN where freedom is 0
    double freedom;     // runs beyond those that the line needs: how well the variance is known
    double spread;      // of the runs around the line, relative to the line; NaN as above
    double low, high;   // the smallest and the largest size that were run
    size_t runs;
};

// Needs two different sizes; numbers that are not finite, times of 0 or less and sizes below 0 are
// refused.
int growth_fit(struct growth *g, const struct growth_run *run, size_t n, struct error *e);

double growth_seconds(const struct growth *g, double size);
// The standard error of the line there, in seconds; NaN where it is not known.
double growth_deviation(const struct growth *g, double size);

#endif
