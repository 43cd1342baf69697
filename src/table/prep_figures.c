// SPDX-License-Identifier: MIT
// Order statistics are found by selection: a partition that does not branch, around the median of a
// few samples, until the wanted place is among few values. Sums are taken in lanes, a block at a
// time, and blocks are added with their rounding made up for (Kahan), so that a mean is right to a
// few units in the last place however many values there are.
#include "table/prep_figures.h"

#include "base/mem.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LANES  4
#define BLOCK  256 // values that are added before their sum joins the others
#define FEW    24  // sorted rather than parted
#define ROUNDS 64  // of partitions; more would mean a text made to defeat the samples

// The next part of a sum whose rounding so far is in *lost.
static double add_part(double sum, double part, double *lost)
{
    const double corrected = part - *lost, next = sum + corrected;
    *lost = (next - sum) - corrected;
    return next;
}

static double add_lanes(const double *lane)
{
    return (lane[0] + lane[1]) + (lane[2] + lane[3]);
}

double figures_mean(const double *x, size_t n)
{
    double sum = 0, lost = 0;
    for (size_t at = 0; at < n; at += BLOCK) {
        const size_t end = n - at < BLOCK ? n : at + BLOCK;
        double lane[LANES] = {0};
        for (size_t i = at; i < end; i++)
            lane[i % LANES] += x[i];
        sum = add_part(sum, add_lanes(lane), &lost);
    }
    return sum / (double)n;
}

static double variance(const double *x, size_t n, double mean)
{
    double sum = 0, lost = 0;
    for (size_t at = 0; at < n; at += BLOCK) {
        const size_t end = n - at < BLOCK ? n : at + BLOCK;
        double lane[LANES] = {0};
        for (size_t i = at; i < end; i++)
            lane[i % LANES] += (x[i] - mean) * (x[i] - mean);
        sum = add_part(sum, add_lanes(lane), &lost);
    }
    return sum / (double)n;
}

// ---- order ----

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void sort(double *x, size_t n)
{
    qsort(x, n, sizeof *x, by_value);
}

// Values below the pivot first, or those that are not above it; returns how many.
static size_t part_below(double *x, size_t n, double pivot)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        const double v = x[i];
        x[i] = x[kept];
        x[kept] = v;
        kept += v < pivot;
    }
    return kept;
}

static size_t part_not_above(double *x, size_t n, double pivot)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        const double v = x[i];
        x[i] = x[kept];
        x[kept] = v;
        kept += v <= pivot;
    }
    return kept;
}

static double choose_pivot(const double *x, size_t n, uint64_t *random)
{
    double sample[9];
    for (size_t i = 0; i < 9; i++) {
        *random = *random * 6364136223846793005U + 1442695040888963407U;
        sample[i] = x[(*random >> 32) % n];
    }
    sort(sample, 9);
    return sample[4];
}

// The value that would be at x[place] in order; none before it is then above it, none behind below.
static double select_place(double *x, size_t n, size_t place)
{
    uint64_t random = n;
    for (size_t round = 0; n > FEW && round < ROUNDS; round++) {
        const double pivot = choose_pivot(x, n, &random);
        const size_t below = part_below(x, n, pivot);
        if (place < below) {
            n = below;
            continue;
        }
        x += below;
        n -= below;
        place -= below;
        const size_t same = part_not_above(x, n, pivot);
        if (place < same)
            return pivot;
        x += same;
        n -= same;
        place -= same;
    }
    sort(x, n);
    return x[place];
}

static double smallest(const double *x, size_t n)
{
    double min = x[0];
    for (size_t i = 1; i < n; i++)
        min = x[i] < min ? x[i] : min;
    return min;
}

static double largest(const double *x, size_t n)
{
    double max = x[0];
    for (size_t i = 1; i < n; i++)
        max = x[i] > max ? x[i] : max;
    return max;
}

double figures_median(double *x, size_t n)
{
    const double upper = select_place(x, n, n / 2);
    return n % 2 ? upper : (largest(x, n / 2) + upper) / 2;
}

// numpy's: from the nearer end.
static double between(double a, double b, double t)
{
    return t < 0.5 ? a + (b - a) * t : b - (b - a) * (1 - t);
}

double figures_quantile(double *x, size_t n, double q)
{
    const double place = q * (double)(n - 1);
    const size_t at = (size_t)place;
    const double a = select_place(x, n, at);
    return at + 1 < n ? between(a, smallest(x + at + 1, n - at - 1), place - (double)at) : a;
}

double figures_mode(double *x, size_t n)
{
    double mode = x[0];
    size_t most = 0;
    sort(x, n);
    for (size_t i = 0, same; i < n; i += same) {
        for (same = 1; i + same < n && x[i + same] == x[i]; same++)
            ;
        if (same > most) {
            most = same;
            mode = x[i];
        }
    }
    return mode;
}

// ---- scales ----

// A column that is constant but for rounding, as scikit-learn has it.
static double standard_width(double mean, double var, double n)
{
    const double noise = n * mean * DBL_EPSILON;
    if (!isfinite(var))
        return var;
    return var <= n * DBL_EPSILON * var + noise * noise ? 1 : sqrt(var);
}

static double range_width(double range)
{
    return range < 10 * DBL_EPSILON ? 1 : range;
}

void figures_scale(enum prep_scale how, double *x, size_t n, double *center, double *width)
{
    *center = 0;
    *width = 1;
    if (how == PREP_SCALE_STANDARD) {
        *center = figures_mean(x, n);
        *width = standard_width(*center, variance(x, n, *center), (double)n);
    } else if (how == PREP_SCALE_MINMAX) {
        *center = smallest(x, n);
        *width = range_width(largest(x, n) - *center);
    } else if (how == PREP_SCALE_ROBUST) {
        *center = figures_median(x, n);
        const double low = figures_quantile(x, n, 0.25);
        *width = range_width(figures_quantile(x, n, 0.75) - low);
    }
}

static double counts_at(const size_t *count, size_t place)
{
    size_t i = 0;
    for (; place >= count[i]; i++)
        place -= count[i];
    return (double)i;
}

static double counts_quantile(const size_t *count, size_t n, double q)
{
    const double place = q * (double)(n - 1);
    const size_t at = (size_t)place;
    const double a = counts_at(count, at);
    return at + 1 < n ? between(a, counts_at(count, at + 1), place - (double)at) : a;
}

static void counts_moments(const size_t *count, size_t values, double *mean, double *var)
{
    double n = 0, sum = 0, squares = 0;
    for (size_t i = 0; i < values; i++) {
        n += (double)count[i];
        sum += (double)count[i] * (double)i;
    }
    *mean = sum / n;
    for (size_t i = 0; i < values; i++)
        squares += (double)count[i] * ((double)i - *mean) * ((double)i - *mean);
    *var = squares / n;
}

void figures_scale_counts(enum prep_scale how, const size_t *count, size_t values, double *center,
                          double *width)
{
    size_t n = 0;
    for (size_t i = 0; i < values; i++)
        n += count[i];
    *center = 0;
    *width = 1;
    if (how == PREP_SCALE_STANDARD) {
        double var;
        counts_moments(count, values, center, &var);
        *width = standard_width(*center, var, (double)n);
    } else if (how == PREP_SCALE_MINMAX) {
        *center = counts_at(count, 0);
        *width = range_width(counts_at(count, n - 1) - *center);
    } else if (how == PREP_SCALE_ROBUST) {
        *center = counts_quantile(count, n, 0.5);
        *width = range_width(counts_quantile(count, n, 0.75) - counts_quantile(count, n, 0.25));
    }
}

// ---- different values ----

int figures_values_init(struct figures_values *v, size_t max)
{
    *v = (struct figures_values){.max = max,
                                 .value = mem_array(max, sizeof *v->value),
                                 .times = mem_array(max, sizeof *v->times)};
    if (v->value && v->times)
        return 0;
    figures_values_clear(v);
    return ERR_NOMEM;
}

void figures_values_clear(struct figures_values *v)
{
    mem_free(v->value);
    mem_free(v->times);
    *v = (struct figures_values){0};
}

int figures_values_add(struct figures_values *v, double x)
{
    size_t low = 0, high = v->count;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (v->value[middle] < x)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < v->count && v->value[low] == x) {
        v->times[low]++;
        return 0;
    }
    if (v->count == v->max)
        return ERR_LIMIT;
    memmove(v->value + low + 1, v->value + low, (v->count - low) * sizeof *v->value);
    memmove(v->times + low + 1, v->times + low, (v->count - low) * sizeof *v->times);
    v->value[low] = x + 0.0; // no negative zero
    v->times[low] = 1;
    v->count++;
    return 0;
}
