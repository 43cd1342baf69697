// SPDX-License-Identifier: MIT
// Apart from the rest of a column because it wants the vectoriser. Four lanes, so that neighbours
// do not wait for each other; which lane a number goes to depends on its place in the block alone.
#include "table/frame_column.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define LANES 4

struct lanes {
    double sum[LANES], low[LANES], high[LANES];
    int64_t finite[LANES], nan[LANES];
};

static void add_four(struct lanes *s, const double *x)
{
    for (size_t l = 0; l < LANES; l++) {
        const bool good = fabs(x[l]) <= DBL_MAX;
        const double above = good ? x[l] : -INFINITY, below = good ? x[l] : INFINITY;
        s->sum[l] += good ? x[l] : 0;
        s->low[l] = below < s->low[l] ? below : s->low[l];
        s->high[l] = above > s->high[l] ? above : s->high[l];
        s->finite[l] += good;
        s->nan[l] += x[l] != x[l];
    }
}

void figures_of(const double *x, size_t n, struct figures *f)
{
    struct lanes s = {{0}, {0}, {0}, {0}, {0}};
    for (size_t l = 0; l < LANES; l++) {
        s.low[l] = INFINITY;
        s.high[l] = -INFINITY;
    }
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        add_four(&s, x + i);
    if (i < n) { // infinities count as nothing
        double last[LANES] = {INFINITY, INFINITY, INFINITY, INFINITY};
        memcpy(last, x + i, (n - i) * sizeof *last);
        add_four(&s, last);
    }
    *f = (struct figures){s.low[0], s.high[0], (s.sum[0] + s.sum[1]) + (s.sum[2] + s.sum[3]), 0, 0};
    for (size_t l = 0; l < LANES; l++) {
        f->min = s.low[l] < f->min ? s.low[l] : f->min;
        f->max = s.high[l] > f->max ? s.high[l] : f->max;
        f->finite += (size_t)s.finite[l];
        f->nan += (size_t)s.nan[l];
    }
}
