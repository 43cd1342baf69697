// SPDX-License-Identifier: MIT
// The metrics of a resample, from how often it holds each row: what a row adds is computed once,
// and the scores are sorted once, so that a resample is one pass over the rows. Rows of a binary
// task are taken in descending order of their scores, which makes that pass a straight one; draws
// then number the rows in that order.
#include "base/mem.h"
#include "train/bootstrap_inner.h"
#include "train/metrics_inner.h"

#include <math.h>

// Positions times classes up to which the area under the ROC curve of several classes has an
// interval: each class has an order of its own.
#define RANKED_MAX ((size_t)1 << 22)

enum { POSITIVE = 1, CALLED = 2, STEP = 4 }; // STEP: the last of equal scores

static double ratio(double a, double b)
{
    return b > 0 ? a / b : 0;
}

// ---- one column of scores in descending order, each row as often as it was drawn ----

struct ranking {
    size_t n;
    const uint32_t *order; // NULL: the rows are in order
    const uint8_t *flags;  // [n] by position
};

// As sum_steps in metrics_rank.c does it, without branches that the labels decide. NaN where only
// one class was drawn.
static void rank(const struct ranking *r, const bootstrap_count *counts, double *auroc, double *ap)
{
    int64_t tp = 0, seen = 0, step_tp = 0, step_seen = 0, area = 0;
    double total = 0;
    for (size_t i = 0; i < r->n; i++) {
        const int64_t count = counts[r->order ? r->order[i] : i];
        seen += count;
        tp += count * (r->flags[i] & POSITIVE);
        if (!(r->flags[i] & STEP))
            continue;
        const int64_t more_tp = tp - step_tp, more_fp = seen - step_seen - more_tp;
        area += more_fp * (tp + step_tp);
        total += (double)more_tp * ((double)tp / (double)(seen > 0 ? seen : 1));
        step_tp = tp;
        step_seen = seen;
    }
    const int64_t negatives = seen - tp;
    *auroc = tp && negatives ? (double)area / 2 / ((double)tp * (double)negatives) : NAN;
    *ap = tp ? total / (double)tp : 0;
}

static void flag_steps(const struct metrics_column *c, const uint32_t *order, uint8_t *flags)
{
    const size_t n = c->rows->n;
    for (size_t i = 0; i < n; i++) {
        const double score = metrics_at(c->rows, order[i], c->column);
        const bool step = i + 1 == n || metrics_at(c->rows, order[i + 1], c->column) != score;
        flags[i] =
            (uint8_t)((c->labels[order[i]] == c->positive ? POSITIVE : 0) | (step ? STEP : 0));
    }
}

// ---- binary ----

struct binary_rows {
    size_t n;
    uint8_t *flags;
    double *log_loss, *brier; // [n], all in descending order of the scores
};

static const char *const binary_names[] = {"accuracy", "precision", "recall", "f1", "auroc",
                                           "ap",       "log_loss",  "brier",  NULL};

static void measure_binary(const void *rows, const bootstrap_count *counts, double *scratch,
                           double *values)
{
    const struct binary_rows *r = rows;
    uint64_t cell[4] = {0}; // by POSITIVE and CALLED
    double log_loss = 0, brier = 0;
    (void)scratch;
    for (size_t i = 0; i < r->n; i++) {
        const double count = counts[i];
        cell[r->flags[i] & (POSITIVE | CALLED)] += counts[i];
        log_loss += count * r->log_loss[i];
        brier += count * r->brier[i];
    }
    const double n = (double)r->n, tp = (double)cell[POSITIVE | CALLED];
    const double fp = (double)cell[CALLED], fn = (double)cell[POSITIVE];
    values[0] = (tp + (double)cell[0]) / n;
    values[1] = ratio(tp, tp + fp);
    values[2] = ratio(tp, tp + fn);
    values[3] = ratio(2 * tp, 2 * tp + fp + fn);
    rank(&(struct ranking){r->n, NULL, r->flags}, counts, &values[4], &values[5]);
    values[6] = log_loss / n;
    values[7] = brier / n;
}

// The terms of all rows in the order of the scores.
static int order_binary(struct binary_rows *r, const struct metrics_column *c, double threshold,
                        struct error *e)
{
    struct metrics_work work = {0};
    const int rc = metrics_work_reserve(&work, r->n, 1, e);
    if (rc == 0) {
        const uint32_t *order = metrics_sort(&work, c);
        metrics_binary_terms(c, order, r->log_loss, r->brier);
        flag_steps(c, order, r->flags);
        for (size_t i = 0; i < r->n; i++)
            r->flags[i] |= metrics_at(c->rows, order[i], 0) > threshold ? CALLED : 0;
    }
    metrics_work_clear(&work);
    return rc;
}

int bootstrap_binary(struct bootstrap *b, const struct bootstrap_spec *spec,
                     const struct metrics_rows *scores, const float *labels, double threshold,
                     struct error *e)
{
    const size_t n = scores->n;
    const struct metrics_column column = {scores, 0, labels, 1, 0};
    struct binary_rows rows = {n, mem_array(n, 1), mem_array(n, sizeof(double)),
                               mem_array(n, sizeof(double))};
    int rc = rows.flags && rows.log_loss && rows.brier ? 0 : error_nomem(e, "resamples");
    if (rc == 0)
        rc = order_binary(&rows, &column, scores->f32 ? (double)(float)threshold : threshold, e);
    const struct bootstrap_task task = {n, binary_names, 0, &rows, measure_binary};
    if (rc == 0)
        rc = bootstrap_run(b, spec, &task, e);
    mem_free(rows.flags);
    mem_free(rows.log_loss);
    mem_free(rows.brier);
    return rc;
}

// ---- several classes ----

struct class_rows {
    size_t n, classes;
    uint32_t *label, *called; // [n]
    double *log_loss;         // [n]
    uint32_t *order;          // [classes][n], or NULL: too many to rank
    uint8_t *flags;           // [classes][n] by position in the order
};

static const char *const class_names[] = {
    "accuracy",    "macro_precision", "macro_recall", "macro_f1",
    "weighted_f1", "auroc",           "log_loss",     NULL};

static double class_auroc(const struct class_rows *r, const bootstrap_count *counts,
                          const double *support)
{
    double sum = 0;
    for (size_t c = 0; c < r->classes; c++)
        if (!r->order || support[c] <= 0)
            return NAN;
    for (size_t c = 0; c < r->classes; c++) {
        const struct ranking ranking = {r->n, r->order + c * r->n, r->flags + c * r->n};
        double auroc, ap;
        rank(&ranking, counts, &auroc, &ap);
        sum += auroc;
    }
    return sum / (double)r->classes;
}

// Averages over the classes that were drawn or called, as in metrics_multiclass.c.
static void class_averages(const struct class_rows *r, const double *support,
                           const double *predicted, const double *hits, double *values)
{
    double precision = 0, recall = 0, f1 = 0, weighted = 0, present = 0;
    for (size_t c = 0; c < r->classes; c++) {
        const double f = ratio(2 * hits[c], support[c] + predicted[c]);
        present += support[c] > 0 || predicted[c] > 0;
        precision += ratio(hits[c], predicted[c]);
        recall += ratio(hits[c], support[c]);
        f1 += f;
        weighted += f * support[c];
    }
    values[1] = precision / present;
    values[2] = recall / present;
    values[3] = f1 / present;
    values[4] = weighted / (double)r->n;
}

static void measure_classes(const void *rows, const bootstrap_count *counts, double *scratch,
                            double *values)
{
    const struct class_rows *r = rows;
    double *support = scratch, *predicted = support + r->classes, *hits = predicted + r->classes;
    double right = 0, log_loss = 0;
    for (size_t c = 0; c < 3 * r->classes; c++)
        scratch[c] = 0;
    for (size_t i = 0; i < r->n; i++) {
        const double count = counts[i], hit = r->label[i] == r->called[i] ? count : 0;
        support[r->label[i]] += count;
        predicted[r->called[i]] += count;
        hits[r->label[i]] += hit;
        right += hit;
        log_loss += count * r->log_loss[i];
    }
    values[0] = right / (double)r->n;
    class_averages(r, support, predicted, hits, values);
    values[5] = class_auroc(r, counts, support);
    values[6] = log_loss / (double)r->n;
}

static int rank_classes(struct class_rows *r, const struct metrics_rows *prob, const float *labels,
                        struct error *e)
{
    size_t total;
    if (!size_mul(r->n, r->classes, &total) || total > RANKED_MAX)
        return 0;
    r->order = mem_array(total, sizeof *r->order);
    r->flags = mem_array(total, sizeof *r->flags);
    struct metrics_work work = {0};
    int rc = r->order && r->flags ? metrics_work_reserve(&work, r->n, 1, e)
                                  : error_nomem(e, "resamples");
    for (size_t c = 0; rc == 0 && c < r->classes; c++) {
        const struct metrics_column column = {prob, c, labels, (float)c, 0};
        const uint32_t *order = metrics_sort(&work, &column);
        for (size_t i = 0; i < r->n; i++)
            r->order[c * r->n + i] = order[i];
        flag_steps(&column, order, r->flags + c * r->n);
    }
    metrics_work_clear(&work);
    return rc;
}

int bootstrap_multiclass(struct bootstrap *b, const struct bootstrap_spec *spec,
                         const struct metrics_rows *prob, size_t classes, const float *labels,
                         struct error *e)
{
    const size_t n = prob->n;
    struct class_rows rows = {.n = n, .classes = classes};
    rows.label = mem_array(n, sizeof *rows.label);
    rows.called = mem_array(n, sizeof *rows.called);
    rows.log_loss = mem_array(n, sizeof *rows.log_loss);
    int rc = rows.label && rows.called && rows.log_loss ? rank_classes(&rows, prob, labels, e)
                                                        : error_nomem(e, "resamples");
    if (rc == 0) {
        metrics_multiclass_terms(prob, classes, labels, rows.log_loss);
        for (size_t i = 0; i < n; i++) {
            rows.label[i] = (uint32_t)labels[i];
            rows.called[i] = (uint32_t)metrics_called(prob, i, classes);
        }
        const struct bootstrap_task task = {n, class_names, 3 * classes, &rows, measure_classes};
        rc = bootstrap_run(b, spec, &task, e);
    }
    mem_free(rows.label);
    mem_free(rows.called);
    mem_free(rows.log_loss);
    mem_free(rows.order);
    mem_free(rows.flags);
    return rc;
}

// ---- regression ----

struct target_rows {
    size_t n, targets;
    double *error; // [targets][n] prediction - truth
    double *truth; // [targets][n] less its mean, so that squares lose nothing
};

static const char *const target_names[] = {"mse", "rmse", "mae", "r2", NULL};

// R2 of one target as in metrics_regression.c; drawing one value only leaves no variance.
static double r_squared(double error, double squares, double sum, double n, bool constant)
{
    if (n < 2)
        return NAN;
    if (error == 0)
        return 1;
    return constant ? 0 : 1 - error / (squares - sum * sum / n);
}

static void measure_target(const struct target_rows *r, size_t target,
                           const bootstrap_count *counts, double *values)
{
    const double *error = r->error + target * r->n, *truth = r->truth + target * r->n;
    const double n = (double)r->n;
    double square = 0, absolute = 0, squares = 0, sum = 0, low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < r->n; i++) {
        const double count = counts[i];
        square += count * error[i] * error[i];
        absolute += count * fabs(error[i]);
        squares += count * truth[i] * truth[i];
        sum += count * truth[i];
        low = counts[i] && truth[i] < low ? truth[i] : low;
        high = counts[i] && truth[i] > high ? truth[i] : high;
    }
    const double share = (double)r->targets;
    values[0] += square / n / share;
    values[1] += sqrt(square / n) / share;
    values[2] += absolute / n / share;
    values[3] += r_squared(square, squares, sum, n, low >= high) / share;
}

static void measure_targets(const void *rows, const bootstrap_count *counts, double *scratch,
                            double *values)
{
    const struct target_rows *r = rows;
    (void)scratch;
    for (size_t m = 0; m < 4; m++)
        values[m] = 0;
    for (size_t t = 0; t < r->targets; t++)
        measure_target(r, t, counts, values);
}

static void fill_target(struct target_rows *r, size_t target, const struct metrics_rows *pred,
                        const struct metrics_rows *truth)
{
    double *error = r->error + target * r->n, *centred = r->truth + target * r->n, mean = 0;
    for (size_t i = 0; i < r->n; i++)
        mean += metrics_at(truth, i, target) / (double)r->n;
    for (size_t i = 0; i < r->n; i++) {
        const double y = metrics_at(truth, i, target);
        error[i] = metrics_at(pred, i, target) - y;
        centred[i] = y - mean;
    }
}

int bootstrap_regression(struct bootstrap *b, const struct bootstrap_spec *spec,
                         const struct metrics_rows *pred, const struct metrics_rows *truth,
                         size_t targets, struct error *e)
{
    struct target_rows rows = {.n = pred->n, .targets = targets};
    size_t total;
    if (size_mul(pred->n, targets, &total)) {
        rows.error = mem_array(total, sizeof *rows.error);
        rows.truth = mem_array(total, sizeof *rows.truth);
    }
    int rc = rows.error && rows.truth ? 0 : error_nomem(e, "resamples");
    if (rc == 0) {
        for (size_t t = 0; t < targets; t++)
            fill_target(&rows, t, pred, truth);
        const struct bootstrap_task task = {pred->n, target_names, 0, &rows, measure_targets};
        rc = bootstrap_run(b, spec, &task, e);
    }
    mem_free(rows.error);
    mem_free(rows.truth);
    return rc;
}
