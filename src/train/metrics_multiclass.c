// SPDX-License-Identifier: MIT
// Metrics of several classes. scikit-learn 1.2's log loss clips every probability, divides the row
// by its sum and takes the logarithm in double; for float probabilities the sum and the quotient
// are rounded to float, and the order of the sum then shows in the eighth digit, so it is numpy's.
#include "train/metrics_inner.h"

#include "base/mem.h"

#include <float.h>
#include <math.h>

// Kept orders, one a class, up to this many entries in all (4 MB); beyond it one order serves all
// the classes in turn, and most sorts start afresh.
#define KEPT_ORDERS_MAX ((size_t)1 << 20)

struct terms {
    const struct metrics_rows *prob;
    const float *labels;
    size_t classes;
    double eps;
    bool single;
};

struct row_terms {
    const struct terms *t;
    size_t row;
};

static void fill_row(const void *context, size_t first, size_t count, double *terms)
{
    const struct row_terms *r = context;
    for (size_t j = 0; j < count; j++)
        terms[j] = metrics_clip(metrics_at(r->t->prob, r->row, first + j), r->t->eps);
}

static void fill_log_loss(const void *context, size_t first, size_t count, double *terms)
{
    const struct terms *t = context;
    for (size_t i = 0; i < count; i++) {
        const size_t row = first + i, y = (size_t)t->labels[row];
        const struct row_terms r = {t, row};
        const double sum = t->single ? metrics_sum_single(fill_row, &r, t->classes)
                                     : metrics_sum(fill_row, &r, t->classes);
        const double p = metrics_clip(metrics_at(t->prob, row, y), t->eps) / sum;
        terms[i] = -log(t->single ? (double)(float)p : p);
    }
}

void multiclass_metrics_clear(struct multiclass_metrics *m)
{
    mem_free(m->confusion);
    mem_free(m->precision);
    mem_free(m->recall);
    mem_free(m->f1);
    mem_free(m->support);
    mem_free(m->predicted);
    *m = (struct multiclass_metrics){0};
}

// Arrays for `classes` classes, the counts zeroed; those of the last call when they fit.
static int reserve(struct multiclass_metrics *m, size_t classes, struct error *e)
{
    const bool matrix = classes <= METRICS_CONFUSION_MAX;
    if (m->classes != classes) {
        multiclass_metrics_clear(m);
        m->precision = mem_array(classes, sizeof *m->precision);
        m->recall = mem_array(classes, sizeof *m->recall);
        m->f1 = mem_array(classes, sizeof *m->f1);
        m->support = mem_array(classes, sizeof *m->support);
        m->predicted = mem_array(classes, sizeof *m->predicted);
        if (matrix)
            m->confusion = mem_array(classes * classes, sizeof *m->confusion);
        if (!m->precision || !m->recall || !m->f1 || !m->support || !m->predicted ||
            (matrix && !m->confusion)) {
            multiclass_metrics_clear(m);
            return error_nomem(e, "metrics of the classes");
        }
        m->classes = classes;
    }
    for (size_t c = 0; c < classes; c++)
        m->support[c] = m->predicted[c] = 0;
    for (size_t i = 0; matrix && i < classes * classes; i++)
        m->confusion[i] = 0;
    return 0;
}

static int check_labels(const struct terms *t, struct error *e)
{
    const float limit = (float)t->classes;
    for (size_t i = 0; i < t->prob->n; i++) {
        const float y = t->labels[i];
        if (!(y >= 0 && y < limit) || y != floorf(y))
            return error_set(
                e, ERR_DATA,
                "row %zu (from 0): the label is %.9g; it must be a class from 0 to %zu", i,
                (double)y, t->classes - 1);
    }
    return 0;
}

size_t metrics_called(const struct metrics_rows *prob, size_t row, size_t classes)
{
    size_t best = 0;
    for (size_t j = 1; j < classes; j++)
        if (metrics_at(prob, row, j) > metrics_at(prob, row, best))
            best = j;
    return best;
}

// While counting, recall[c] holds the hits of class c.
static void count_rows(struct multiclass_metrics *m, const struct terms *t)
{
    size_t hits = 0;
    for (size_t c = 0; c < m->classes; c++)
        m->recall[c] = 0;
    for (size_t i = 0; i < m->n; i++) {
        const size_t y = (size_t)t->labels[i], called = metrics_called(t->prob, i, t->classes);
        m->support[y]++;
        m->predicted[called]++;
        if (m->confusion)
            m->confusion[y * m->classes + called]++;
        if (y == called) {
            m->recall[y]++;
            hits++;
        }
    }
    m->accuracy = (double)hits / (double)m->n;
}

static double ratio(double a, size_t b)
{
    return b ? a / (double)b : 0;
}

static void average_classes(struct multiclass_metrics *m)
{
    double precision = 0, recall = 0, f1 = 0, weighted = 0;
    size_t present = 0;
    for (size_t c = 0; c < m->classes; c++) {
        const double hits = m->recall[c];
        m->precision[c] = ratio(hits, m->predicted[c]);
        m->recall[c] = ratio(hits, m->support[c]);
        m->f1[c] = ratio(2 * hits, m->support[c] + m->predicted[c]);
        present += m->support[c] || m->predicted[c];
        precision += m->precision[c];
        recall += m->recall[c];
        f1 += m->f1[c];
        weighted += m->f1[c] * (double)m->support[c];
    }
    m->macro_precision = precision / (double)present;
    m->macro_recall = recall / (double)present;
    m->macro_f1 = f1 / (double)present;
    m->weighted_f1 = weighted / (double)m->n;
}

// One-vs-rest. With an absent class it is undefined, and nothing is sorted.
static void average_auroc(struct multiclass_metrics *m, struct metrics_work *w,
                          const struct terms *t)
{
    m->auroc = NAN;
    for (size_t c = 0; c < m->classes; c++)
        if (m->support[c] == 0 || m->support[c] == m->n)
            return;
    double sum = 0;
    for (size_t c = 0; c < m->classes; c++) {
        const size_t list = w->lists > 1 ? c : 0;
        const struct metrics_column column = {t->prob, c, t->labels, (float)c, list};
        double auroc, ap;
        metrics_rank(w, &column, &auroc, &ap);
        sum += auroc;
    }
    m->auroc = sum / (double)m->classes;
}

void metrics_multiclass_terms(const struct metrics_rows *prob, size_t classes, const float *labels,
                              double *log_loss)
{
    const bool single = prob->f32 != NULL;
    const struct terms t = {prob, labels, classes, single ? FLT_EPSILON : DBL_EPSILON, single};
    fill_log_loss(&t, 0, prob->n, log_loss);
}

int metrics_multiclass(struct multiclass_metrics *m, struct metrics_work *w,
                       const struct metrics_rows *prob, size_t classes, const float *labels,
                       struct error *e)
{
    const bool single = prob->f32 != NULL;
    const struct terms t = {prob, labels, classes, single ? FLT_EPSILON : DBL_EPSILON, single};
    const size_t n = prob->n;
    if (n == 0)
        return error_set(e, ERR_DATA, "no rows: metrics need at least one");
    if (classes == 0 || classes > METRICS_CLASSES_MAX)
        return error_set(e, ERR_LIMIT, "%zu classes; there may be 1 to %d", classes,
                         METRICS_CLASSES_MAX);
    int rc = metrics_check_finite(prob, classes, "probability", e);
    if (rc || (rc = check_labels(&t, e)) || (rc = reserve(m, classes, e)))
        return rc;
    if ((rc = metrics_work_reserve(w, n, n <= KEPT_ORDERS_MAX / classes ? classes : 1, e)))
        return rc;
    m->n = n;
    count_rows(m, &t);
    average_classes(m);
    average_auroc(m, w, &t);
    m->log_loss = metrics_sum(fill_log_loss, &t, n) / (double)n;
    return 0;
}
