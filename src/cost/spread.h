// SPDX-License-Identifier: MIT
// A figure that several runs of one configuration have, each its own value of: what is usual, how
// far it goes, and whether two configurations differ in it by more than their runs do.
#ifndef SKIFF_COST_SPREAD_H
#define SKIFF_COST_SPREAD_H

#include <stddef.h>

// Times and dollars differ by factors: a run that takes half as long again does so whether it takes
// milliseconds or hours. Their means are taken of logarithms; those of metrics are not.
enum spread_scale { SPREAD_PLAIN, SPREAD_FACTORS };

struct spread {
    enum spread_scale scale; // SPREAD_PLAIN also for factors of which one is 0
    size_t n;                // values that are known; all else is NaN when there are none
    double median, min, max;
    double mean;      // of factors the geometric mean
    double deviation; // of a sample, of factors that of their logarithms; NaN below two values
    double low, high; // 95 % interval of the mean by Student's t; NaN below two values
};

// Orders `value`, of which none is negative for SPREAD_FACTORS; those that are NaN are left out.
void spread_measure(struct spread *s, double *value, size_t n, enum spread_scale scale);

enum verdict {
    VERDICT_UNKNOWN, // too few runs to tell
    VERDICT_NOISE,   // the difference is within what chance makes
    VERDICT_LESS,
    VERDICT_MORE,
};

// Is the mean of `a` less or more than that of `b`, by Welch's t test at 95 %? Both need two values
// and the same scale.
enum verdict spread_differ(const struct spread *a, const struct spread *b);

#endif
