// SPDX-License-Identifier: MIT
// A figure that several runs of one configuration have, each its own value of: what is usual, how
// far it goes, and whether two configurations differ in it by more than their runs do.
#ifndef SKIFF_COST_SPREAD_H
#define SKIFF_COST_SPREAD_H

#include <stddef.h>

struct spread {
    size_t n; // values that are known; all else is NaN when there are none
    double median, min, max;
    double mean, deviation; // of a sample: NaN below two values
    double low, high;       // 95 % interval of the mean by Student's t; NaN below two values
};

// Orders `value`; those that are NaN are left out.
void spread_measure(struct spread *s, double *value, size_t n);

enum verdict {
    VERDICT_UNKNOWN, // too few runs to tell
    VERDICT_NOISE,   // the difference is within what chance makes
    VERDICT_LESS,
    VERDICT_MORE,
};

// Is the mean of `a` less or more than that of `b`, by Welch's t test at 95 %? Both need two
// values.
enum verdict spread_differ(const struct spread *a, const struct spread *b);

#endif
