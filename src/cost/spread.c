// SPDX-License-Identifier: MIT
// Welch (1947): variances are not taken to be equal, and the degrees of freedom are
// Satterthwaite's.
#include "cost/spread.h"

#include "cost/student.h"

#include <math.h>
#include <stdlib.h>

static int compare_doubles(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static size_t drop_unknown(double *value, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (!isnan(value[i]))
            value[kept++] = value[i];
    return kept;
}

// Where means are taken, and back.
static double onto(const struct spread *s, double x)
{
    return s->scale == SPREAD_FACTORS ? log(x) : x;
}

static double back(const struct spread *s, double x)
{
    return s->scale == SPREAD_FACTORS ? exp(x) : x;
}

// Equal values have no rounding.
static void measure_mean(struct spread *s, const double *value)
{
    const double n = (double)s->n;
    double sum = 0, squares = 0;
    for (size_t i = 0; i < s->n; i++)
        sum += onto(s, value[i]);
    const double mean = sum / n;
    for (size_t i = 0; i < s->n; i++)
        squares += (onto(s, value[i]) - mean) * (onto(s, value[i]) - mean);
    s->mean = s->min == s->max ? s->min : back(s, mean);
    if (s->n < 2)
        return;
    s->deviation = s->min == s->max ? 0 : sqrt(squares / (n - 1));
    const double half = student_95(n - 1) * s->deviation / sqrt(n);
    s->low = half > 0 ? back(s, mean - half) : s->mean;
    s->high = half > 0 ? back(s, mean + half) : s->mean;
}

void spread_measure(struct spread *s, double *value, size_t n, enum spread_scale scale)
{
    n = drop_unknown(value, n);
    *s = (struct spread){scale, n, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
    if (n == 0)
        return;
    qsort(value, n, sizeof *value, compare_doubles);
    s->median = (value[(n - 1) / 2] + value[n / 2]) / 2;
    s->min = value[0];
    s->max = value[n - 1];
    if (!(s->min > 0))
        s->scale = SPREAD_PLAIN;
    measure_mean(s, value);
}

enum verdict spread_differ(const struct spread *a, const struct spread *b)
{
    if (a->n < 2 || b->n < 2 || a->scale != b->scale)
        return VERDICT_UNKNOWN;
    const double na = (double)a->n, nb = (double)b->n,
                 difference = onto(a, a->mean) - onto(b, b->mean);
    const double va = a->deviation * a->deviation / na, vb = b->deviation * b->deviation / nb;
    if (va + vb > 0) {
        const double freedom = (va + vb) * (va + vb) / (va * va / (na - 1) + vb * vb / (nb - 1));
        if (fabs(difference) <= student_95(freedom) * sqrt(va + vb))
            return VERDICT_NOISE;
    }
    return difference < 0 ? VERDICT_LESS : difference > 0 ? VERDICT_MORE : VERDICT_NOISE;
}
