// SPDX-License-Identifier: MIT
// One walk down the scores. Behind each step (the last of equal scores) everything so far is called
// a 1: F1 = 2 TP / (called + P), Youden's J = TP / P - FP / N, compared as integers over a common
// denominator where that is exact, so that equally good ones are found equal.
#include "train/threshold.h"

#include "train/metrics_inner.h"

#include <math.h>

// Where a threshold lies that calls `high` a 1 and `low` a 0, for scores that are floats: what is
// above it when rounded to float.
static double between(double high, double low)
{
    const double middle = (double)(float)(low + (high - low) / 2);
    return middle < high ? middle : low;
}

// How good it is to call `called` rows a 1, `tp` of them rightly: larger is better.
static double quality(enum threshold_rule rule, size_t tp, size_t called, size_t positives,
                      size_t negatives)
{
    if (rule == THRESHOLD_F1)
        return 2 * (double)tp / (double)(called + positives);
    return (double)tp * (double)negatives - (double)(called - tp) * (double)positives;
}

static double best(enum threshold_rule rule, const struct metrics_column *c, const uint32_t *order,
                   size_t positives)
{
    const size_t n = c->rows->n;
    size_t tp = 0;
    double most = -INFINITY, threshold = 0;
    for (size_t i = 0; i < n; i++) {
        tp += c->labels[order[i]] > 0;
        const double score = metrics_at(c->rows, order[i], 0);
        const bool last = i + 1 == n;
        const double below = last ? score - 1 : metrics_at(c->rows, order[i + 1], 0);
        if (!last && below == score)
            continue;
        const double value = quality(rule, tp, i + 1, positives, n - positives);
        if (value > most) {
            most = value;
            threshold = between(score, last && score > 0 ? 0 : below);
        }
    }
    return threshold;
}

int threshold_choose(double *threshold, enum threshold_rule rule, const struct metrics_rows *scores,
                     const float *labels, struct error *e)
{
    size_t positives = 0;
    for (size_t i = 0; i < scores->n; i++)
        positives += labels[i] > 0;
    if (positives == 0 || positives == scores->n)
        return error_set(e, ERR_DATA,
                         "every label is %d: a threshold is chosen on rows of both classes",
                         positives > 0);
    struct metrics_work work = {0};
    const struct metrics_column column = {scores, 0, labels, 1, 0};
    const int rc = metrics_work_reserve(&work, scores->n, 1, e);
    if (rc == 0)
        *threshold = best(rule, &column, metrics_sort(&work, &column), positives);
    metrics_work_clear(&work);
    return rc;
}
