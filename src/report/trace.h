// SPDX-License-Identifier: MIT
// A long line in few bytes: of the points that share a narrow column of the picture only the first,
// the lowest, the highest and the last are drawn, which looks the same.
#ifndef SKIFF_REPORT_TRACE_H
#define SKIFF_REPORT_TRACE_H

#include "report/svg.h"

#include <stdbool.h>
#include <stddef.h>

struct trace_point {
    double x, y;
    size_t order;
};

struct trace {
    struct svg_path path;
    double column; // its width
    long number;   // of the column that is being gathered
    size_t points; // in it
    struct trace_point first, low, high, last;
};

void trace_begin(struct trace *t, struct buf *out, const char *class, double column);
void trace_to(struct trace *t, double x, double y); // positions in the picture
void trace_gap(struct trace *t);
void trace_end(struct trace *t);

#endif
