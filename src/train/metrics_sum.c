// SPDX-License-Identifier: MIT
// Sums in numpy's order. numpy adds an array in chunks of its buffer's 8192 elements; it halves a
// chunk until at most 128 elements are left, adds those in eight lanes and the lanes as a tree, so
// the error hardly grows. Keeping to the same order makes means and log losses equal to the last
// bit in nearly every case, and, what matters more, gives the same answer where the result hangs on
// rounding: R2 of a constant truth is 0 when the mean comes out exact and anything when it does
// not.
//
// The float variant rounds each partial sum. Adding two floats in double and rounding the result
// to float is the same as adding them in float, since 53 >= 2 * 24 + 2 bits.
#include "train/metrics_inner.h"

#include <math.h>

#define CHUNK 8192

static inline double add(double a, double b, bool single)
{
    return single ? (double)(float)(a + b) : a + b;
}

// At most METRICS_BLOCK terms. `single` is a constant in both callers.
static inline __attribute__((always_inline)) double add_block(const double *t, size_t n,
                                                              bool single)
{
    double sum = 0;
    size_t i = 0;
    if (n >= 8) {
        double lane[8];
        for (; i < 8; i++)
            lane[i] = t[i];
        for (; i + 8 <= n; i += 8)
            for (size_t k = 0; k < 8; k++)
                lane[k] = add(lane[k], t[i + k], single);
        sum =
            add(add(add(lane[0], lane[1], single), add(lane[2], lane[3], single), single),
                add(add(lane[4], lane[5], single), add(lane[6], lane[7], single), single), single);
    }
    for (; i < n; i++)
        sum = add(sum, t[i], single);
    return sum;
}

// Where numpy cuts n > METRICS_BLOCK terms: in the middle, moved down to a multiple of the lanes.
static size_t halve(size_t n)
{
    return n / 2 - n / 2 % 8;
}

static double add_range(metrics_fill *fill, const void *context, size_t first, size_t n,
                        bool single)
{
    if (n <= METRICS_BLOCK) {
        double terms[METRICS_BLOCK];
        fill(context, first, n, terms);
        return single ? add_block(terms, n, true) : add_block(terms, n, false);
    }
    const size_t left = halve(n);
    const double a = add_range(fill, context, first, left, single);
    return add(a, add_range(fill, context, first + left, n - left, single), single);
}

static double add_chunks(metrics_fill *fill, const void *context, size_t n, bool single)
{
    double sum = 0;
    for (size_t first = 0; first < n; first += CHUNK) {
        const size_t count = n - first < CHUNK ? n - first : CHUNK;
        sum = add(sum, add_range(fill, context, first, count, single), single);
    }
    return sum;
}

double metrics_sum(metrics_fill *fill, const void *context, size_t n)
{
    return add_chunks(fill, context, n, false);
}

double metrics_sum_single(metrics_fill *fill, const void *context, size_t n)
{
    return add_chunks(fill, context, n, true);
}

double metrics_sum_plain(metrics_fill *fill, const void *context, size_t n)
{
    double sum = 0, terms[METRICS_BLOCK];
    for (size_t first = 0; first < n; first += METRICS_BLOCK) {
        const size_t count = n - first < METRICS_BLOCK ? n - first : METRICS_BLOCK;
        fill(context, first, count, terms);
        for (size_t i = 0; i < count; i++)
            sum += terms[i];
    }
    return sum;
}

int metrics_check_finite(const struct metrics_rows *r, size_t columns, const char *what,
                         struct error *e)
{
    for (size_t i = 0; i < r->n; i++)
        for (size_t j = 0; j < columns; j++)
            if (!isfinite(metrics_at(r, i, j)))
                return error_set(e, ERR_NUMERIC,
                                 "row %zu (from 0), column %zu: the %s is not finite", i, j, what);
    return 0;
}
