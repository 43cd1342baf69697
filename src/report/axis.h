// SPDX-License-Identifier: MIT
// An axis: which values it spans, where they lie in the picture, and its ticks.
#ifndef SKIFF_REPORT_AXIS_H
#define SKIFF_REPORT_AXIS_H

#include "report/label.h"

#include <stdbool.h>
#include <stddef.h>

// low > high while nothing was added.
struct range {
    double low, high;
};
#define RANGE_NONE ((struct range){1, -1})
bool range_empty(struct range r);
void range_add(struct range *r, double value); // what is not finite changes nothing
// Wider by that part of its length at both ends, though not past a limit at or inside which all of
// it lay: losses are not below 0, shares not above 1.
struct range range_padded(struct range r, double part, struct range limits);

#define AXIS_TICKS 24
struct axis {
    double low, high;   // low < high, both within 1e300
    double first, last; // their positions
    bool log;
    size_t ticks;
    double tick[AXIS_TICKS];
    char label[AXIS_TICKS][LABEL_MAX];
};

enum axis_kind {
    AXIS_LINEAR,
    AXIS_WHOLE, // ticks at whole numbers only
    AXIS_LOG,   // linear where the range is not above 0, or hardly a factor of 2
};

// Along a horizontal axis labels stand side by side, along a vertical one above each other; that
// decides how many ticks there are. An empty range is 0 to 1, one without length becomes wider.
void axis_horizontal(struct axis *a, struct range r, enum axis_kind kind, const double ends[2]);
void axis_vertical(struct axis *a, struct range r, enum axis_kind kind, const double ends[2]);

// The position of a value; one beyond the ends lies at the end, NaN at the first.
double axis_at(const struct axis *a, double value);

// Of the widest label.
double axis_label_width(const struct axis *a, double size);

#endif
