// SPDX-License-Identifier: MIT
// RMSE, MAE and R2 with scikit-learn's rules: several targets are averaged with equal weight (the
// RMSE is the mean of the targets' roots), R2 of a truth without variance is 1 for a perfect
// prediction and 0 for another, and it is undefined for one row. numpy adds a single column
// pairwise and several ones row by row; whether the mean of a constant column is exact, and so
// whether its variance is 0, can hang on that, so it is done the same way here.
#include "train/metrics_inner.h"

#include <math.h>

struct terms {
    const struct metrics_rows *pred, *truth;
    size_t column, targets;
    double mean; // of the truth
};

static void fill_square_error(const void *context, size_t first, size_t count, double *terms)
{
    const struct terms *t = context;
    for (size_t i = 0; i < count; i++) {
        const double d =
            metrics_at(t->truth, first + i, t->column) - metrics_at(t->pred, first + i, t->column);
        terms[i] = d * d;
    }
}

static void fill_absolute_error(const void *context, size_t first, size_t count, double *terms)
{
    const struct terms *t = context;
    for (size_t i = 0; i < count; i++)
        terms[i] = fabs(metrics_at(t->pred, first + i, t->column) -
                        metrics_at(t->truth, first + i, t->column));
}

static void fill_truth(const void *context, size_t first, size_t count, double *terms)
{
    const struct terms *t = context;
    for (size_t i = 0; i < count; i++)
        terms[i] = metrics_at(t->truth, first + i, t->column);
}

static void fill_square_deviation(const void *context, size_t first, size_t count, double *terms)
{
    const struct terms *t = context;
    for (size_t i = 0; i < count; i++) {
        const double d = metrics_at(t->truth, first + i, t->column) - t->mean;
        terms[i] = d * d;
    }
}

static double sum_column(metrics_fill *fill, const struct terms *t)
{
    const size_t n = t->truth->n;
    return t->targets == 1 ? metrics_sum(fill, t, n) : metrics_sum_plain(fill, t, n);
}

static double r_squared(double error, double variance)
{
    if (error == 0)
        return 1;
    return variance == 0 ? 0 : 1 - error / variance;
}

int metrics_regression(struct regression_metrics *m, const struct metrics_rows *pred,
                       const struct metrics_rows *truth, size_t targets, struct error *e)
{
    *m = (struct regression_metrics){.n = truth->n, .targets = targets};
    if (truth->n == 0 || targets == 0 || pred->n != truth->n)
        return error_set(e, ERR_DATA, "%zu predictions of %zu values for %zu rows", pred->n,
                         targets, truth->n);
    int rc = metrics_check_finite(pred, targets, "prediction", e);
    if (rc || (rc = metrics_check_finite(truth, targets, "true value", e)))
        return rc;
    const double n = (double)m->n, share = (double)targets;
    struct terms t = {.pred = pred, .truth = truth, .targets = targets};
    for (; t.column < targets; t.column++) {
        const double error = sum_column(fill_square_error, &t);
        t.mean = sum_column(fill_truth, &t) / n;
        m->mse += error / n;
        m->rmse += sqrt(error / n);
        m->mae += sum_column(fill_absolute_error, &t) / n;
        m->r2 += m->n < 2 ? NAN : r_squared(error, sum_column(fill_square_deviation, &t));
    }
    m->mse /= share;
    m->rmse /= share;
    m->mae /= share;
    m->r2 /= share;
    return 0;
}
