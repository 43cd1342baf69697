// SPDX-License-Identifier: MIT
// Relative least squares: fixed and each minimize
//
//     sum over runs of ((fixed + each * size - seconds) / seconds)^2
//
// which is a weighted fit with weights 1 / seconds^2. Times of a sweep span decades and their noise
// is a share of them, so that plain least squares would look at the longest runs alone. A run that
// something else slowed down has a large time, hence a small weight; noise of a few percent moves
// the line by about twice its square, less than anybody measures.
//
// Nothing takes less than no time: where the minimum has one of the two below 0, the best line with
// a 0 there is taken, which for two parameters and positive data is the minimum under those limits.
//
// Their covariance is s^2 (X' W X)^-1, s^2 the sum above over the degrees of freedom. It holds what
// repeated runs differ by and also what a line cannot follow.
#include "cost/growth.h"

#include <math.h>
#include <stdbool.h>

#define ROUNDING 1e-12 // a spread, or a difference of sizes, that is smaller comes from rounding

// What sizes and times are counted in, so that no sum is far from 1.
struct units {
    double size, seconds; // the largest size, the shortest time
};

// Sums of a weighted fit.
struct sums {
    double w, wx, wxx, wt, wxt;
};

static int check_run(const struct growth_run *run, struct error *e)
{
    if (!isfinite(run->size) || run->size < 0)
        return error_set(e, ERR_DATA, "a run of size %g: sizes are finite and not below 0",
                         run->size);
    if (!isfinite(run->seconds) || run->seconds <= 0)
        return error_set(e, ERR_DATA, "a run of %g seconds (size %g): times are finite and above 0",
                         run->seconds, run->size);
    return 0;
}

static int check_runs(struct growth *g, const struct growth_run *run, size_t n, struct error *e)
{
    *g = (struct growth){.low = INFINITY, .high = -INFINITY, .runs = n};
    for (size_t i = 0; i < n; i++) {
        const int rc = check_run(&run[i], e);
        if (rc)
            return rc;
        g->low = fmin(g->low, run[i].size);
        g->high = fmax(g->high, run[i].size);
    }
    if (n == 0)
        return error_set(e, ERR_DATA, "no runs to learn from how time grows");
    if (g->low == g->high)
        return error_set(e, ERR_DATA,
                         "all runs are of size %g: how time grows needs two sizes or more", g->low);
    return 0;
}

static struct sums add_up(const struct growth_run *run, size_t n, const struct units *unit)
{
    struct sums s = {0};
    for (size_t i = 0; i < n; i++) {
        const double x = run[i].size / unit->size, one = unit->seconds / run[i].seconds;
        const double w = one * one;
        s.w += w;
        s.wx += w * x;
        s.wxx += w * x * x;
        s.wt += one; // w * seconds
        s.wxt += one * x;
    }
    return s;
}

// The line and the inverse of X'WX in those units; whether the runs determine them.
static bool solve(struct growth *g, const struct sums *s)
{
    const double det = s->w * s->wxx - s->wx * s->wx;
    if (!(det > ROUNDING * s->w * s->wxx))
        return false;
    g->fixed = (s->wxx * s->wt - s->wx * s->wxt) / det;
    g->each = (s->w * s->wxt - s->wx * s->wt) / det;
    g->freedom = (double)g->runs - 2;
    if (g->fixed >= 0 && g->each >= 0) {
        g->variance[0] = s->wxx / det;
        g->variance[1] = -s->wx / det;
        g->variance[2] = s->w / det;
        return true;
    }
    const bool through_zero = g->fixed < 0;
    g->fixed = through_zero ? 0 : s->wt / s->w;
    g->each = through_zero ? s->wxt / s->wxx : 0;
    g->variance[0] = through_zero ? 0 : 1 / s->w;
    g->variance[1] = 0;
    g->variance[2] = through_zero ? 1 / s->wxx : 0;
    g->freedom = (double)g->runs - 1;
    return true;
}

static double squared_spread(const struct growth *g, const struct growth_run *run)
{
    double squares = 0;
    for (size_t i = 0; i < g->runs; i++) {
        const double off = growth_seconds(g, run[i].size) / run[i].seconds - 1;
        squares += off * off;
    }
    squares /= g->freedom;
    return squares < ROUNDING * ROUNDING ? 0 : squares;
}

// Back to seconds and sizes.
static void scale(struct growth *g, const struct growth_run *run, const struct units *unit)
{
    const double each = unit->seconds / unit->size;
    g->fixed *= unit->seconds;
    g->each *= each;
    const double s2 = g->freedom > 0 ? squared_spread(g, run) : NAN;
    g->spread = sqrt(s2);
    g->variance[0] *= s2 * unit->seconds * unit->seconds;
    g->variance[1] *= s2 * unit->seconds * each;
    g->variance[2] *= s2 * each * each;
}

int growth_fit(struct growth *g, const struct growth_run *run, size_t n, struct error *e)
{
    const int rc = check_runs(g, run, n, e);
    if (rc)
        return rc;
    struct units unit = {g->high, INFINITY};
    for (size_t i = 0; i < n; i++)
        unit.seconds = fmin(unit.seconds, run[i].seconds);
    const struct sums s = add_up(run, n, &unit);
    if (!solve(g, &s))
        return error_set(e, ERR_NUMERIC,
                         "sizes from %g to %g and their times are too close or too far apart for "
                         "a line",
                         g->low, g->high);
    scale(g, run, &unit);
    return 0;
}

double growth_seconds(const struct growth *g, double size)
{
    return g->fixed + g->each * size;
}

double growth_deviation(const struct growth *g, double size)
{
    const double v = g->variance[0] + size * (2 * g->variance[1] + size * g->variance[2]);
    return isnan(v) ? NAN : sqrt(fmax(v, 0)); // rounding may leave it below 0
}
