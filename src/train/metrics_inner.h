// SPDX-License-Identifier: MIT
// What the metrics_*.c files share; callers of the metrics include train/metrics.h only.
#ifndef SKIFF_TRAIN_METRICS_INNER_H
#define SKIFF_TRAIN_METRICS_INNER_H

#include "train/metrics.h"

static inline double metrics_at(const struct metrics_rows *r, size_t row, size_t column)
{
    const size_t i = row * r->ld + column;
    return r->f32 ? (double)r->f32[i] : r->f64[i];
}

// 0, or an error that names the first value in the first `columns` columns that is not finite.
int metrics_check_finite(const struct metrics_rows *r, size_t columns, const char *what,
                         struct error *e);

// Areas under the ROC curve (NaN with one class only) and the precision-recall curve of one
// column. A row is positive when its label is `positive`. Uses kept order number `list`, which the
// caller has reserved.
struct metrics_column {
    const struct metrics_rows *rows;
    size_t column;
    const float *labels;
    float positive;
    size_t list;
};
void metrics_rank(struct metrics_work *w, const struct metrics_column *c, double *auroc,
                  double *ap);

// The rows of a column in descending order of their scores, equal ones in the order they had; the
// kept order itself, which begins as the rows' own.
const uint32_t *metrics_sort(struct metrics_work *w, const struct metrics_column *c);

// What a row adds to the log loss and to the Brier score: terms of a mean, [n] each; of a binary
// column in the order of the rows that is given.
void metrics_binary_terms(const struct metrics_column *c, const uint32_t *order, double *log_loss,
                          double *brier);
void metrics_multiclass_terms(const struct metrics_rows *prob, size_t classes, const float *labels,
                              double *log_loss);
// The class of the first largest of a row's probabilities.
size_t metrics_called(const struct metrics_rows *prob, size_t row, size_t classes);

// Writes terms [first, first + count) of a sum to `terms`; count <= METRICS_BLOCK.
#define METRICS_BLOCK 128
typedef void metrics_fill(const void *context, size_t first, size_t count, double *terms);

// The sum of n terms in the order in which numpy adds a contiguous array.
double metrics_sum(metrics_fill *fill, const void *context, size_t n);
// The same with every partial sum rounded to float, as numpy adds an array of float32.
double metrics_sum_single(metrics_fill *fill, const void *context, size_t n);
// One after the other, as numpy adds down the columns of a matrix.
double metrics_sum_plain(metrics_fill *fill, const void *context, size_t n);

// scikit-learn clips a probability to [eps, 1 - eps] before it takes the logarithm, eps being the
// machine epsilon of the array's type, and does the arithmetic around the logarithm in that type.
static inline double metrics_clip(double p, double eps)
{
    return p < eps ? eps : p > 1 - eps ? 1 - eps : p;
}

#endif
