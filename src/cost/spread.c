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

void spread_measure(struct spread *s, double *value, size_t n)
{
    n = drop_unknown(value, n);
    *s = (struct spread){n, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
    if (n == 0)
        return;
    qsort(value, n, sizeof *value, compare_doubles);
    s->median = (value[(n - 1) / 2] + value[n / 2]) / 2;
    s->min = value[0];
    s->max = value[n - 1];
    double sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++)
        sum += value[i];
    s->mean = sum / (double)n;
    for (size_t i = 0; i < n; i++)
        squares += (value[i] - s->mean) * (value[i] - s->mean);
    if (n < 2)
        return;
    s->deviation = sqrt(squares / (double)(n - 1));
    const double half = student_95((double)(n - 1)) * s->deviation / sqrt((double)n);
    s->low = s->mean - half;
    s->high = s->mean + half;
}

enum verdict spread_differ(const struct spread *a, const struct spread *b)
{
    if (a->n < 2 || b->n < 2)
        return VERDICT_UNKNOWN;
    const double na = (double)a->n, nb = (double)b->n, difference = a->mean - b->mean;
    const double va = a->deviation * a->deviation / na, vb = b->deviation * b->deviation / nb;
    if (va + vb > 0) {
        const double freedom = (va + vb) * (va + vb) / (va * va / (na - 1) + vb * vb / (nb - 1));
        if (fabs(difference) <= student_95(freedom) * sqrt(va + vb))
            return VERDICT_NOISE;
    }
    return difference < 0 ? VERDICT_LESS : difference > 0 ? VERDICT_MORE : VERDICT_NOISE;
}
