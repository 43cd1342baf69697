// SPDX-License-Identifier: MIT
// Binary metrics. The log loss is scikit-learn 1.2's: eps is 2^-23 for float scores and 2^-52 for
// double, and 1 - p is rounded to the type of the scores. It then divides p and 1 - p by their sum,
// which we leave out: for p in [eps, 1 - eps] the rounded sum is always exactly 1 (1 - p is exact
// for p >= 1/2; below it errs by at most a quarter of the spacing above 1, half of that below 1,
// and a tie goes to the even 1).
#include "train/metrics_inner.h"

#include <float.h>
#include <math.h>

struct terms {
    const struct metrics_rows *scores;
    const float *labels;
    double eps;
    bool single;
};

static void fill_log_loss(const void *context, size_t first, size_t count, double *terms)
{
    const struct terms *t = context;
    for (size_t i = 0; i < count; i++) {
        const double p = metrics_clip(metrics_at(t->scores, first + i, 0), t->eps);
        const double q = t->single ? (double)(float)(1 - p) : 1 - p;
        terms[i] = -log(t->labels[first + i] > 0 ? p : q);
    }
}

static void fill_brier(const void *context, size_t first, size_t count, double *terms)
{
    const struct terms *t = context;
    for (size_t i = 0; i < count; i++) {
        const double d = (double)t->labels[first + i] - metrics_at(t->scores, first + i, 0);
        terms[i] = d * d;
    }
}

// 0 where the denominator is: scikit-learn's zero_division.
static double ratio(size_t a, size_t b)
{
    return b ? (double)a / (double)b : 0;
}

// One pass without branches: the confusion matrix, and whether all labels and scores are usable.
// *low and *high are the extreme scores.
static bool count_rows(struct binary_metrics *m, const struct terms *t, double threshold,
                       double *low, double *high)
{
    size_t tp = 0, positives = 0, above = 0, bad = 0;
    double least = INFINITY, most = -INFINITY;
    for (size_t i = 0; i < m->n; i++) {
        const double s = metrics_at(t->scores, i, 0);
        const float y = t->labels[i];
        const size_t is = y == 1, called = s > threshold;
        bad += (size_t) !(is | (size_t)(y == 0)) | (size_t) !(fabs(s) <= DBL_MAX);
        positives += is;
        above += called;
        tp += is & called;
        least = s < least ? s : least;
        most = s > most ? s : most;
    }
    m->positives = positives;
    m->tp = tp;
    m->fp = above - tp;
    m->fn = positives - tp;
    m->tn = m->n - above - m->fn;
    *low = least;
    *high = most;
    return bad == 0;
}

static int bad_row(const struct terms *t, struct error *e)
{
    const int rc = metrics_check_finite(t->scores, 1, "score", e);
    if (rc)
        return rc;
    size_t i = 0;
    while (t->labels[i] == 0 || t->labels[i] == 1)
        i++;
    return error_set(e, ERR_DATA, "row %zu (from 0): the label is %.9g; it must be 0 or 1", i,
                     (double)t->labels[i]);
}

static struct terms terms_of(const struct metrics_rows *scores, const float *labels)
{
    const bool single = scores->f32 != NULL;
    return (struct terms){scores, labels, single ? FLT_EPSILON : DBL_EPSILON, single};
}

void metrics_binary_terms(const struct metrics_column *c, const uint32_t *order, double *log_loss,
                          double *brier)
{
    const struct terms t = terms_of(c->rows, c->labels);
    for (size_t i = 0; i < c->rows->n; i++) {
        fill_log_loss(&t, order[i], 1, log_loss + i);
        fill_brier(&t, order[i], 1, brier + i);
    }
}

// All but log_loss and brier; *probabilities says whether all scores are in [0, 1].
static int measure(struct binary_metrics *m, struct metrics_work *w, const struct terms *t,
                   double threshold, bool *probabilities, struct error *e)
{
    *m = (struct binary_metrics){.n = t->scores->n, .log_loss = NAN, .brier = NAN};
    if (m->n == 0)
        return error_set(e, ERR_DATA, "no rows: metrics need at least one");
    const int rc = metrics_work_reserve(w, m->n, 1, e);
    if (rc)
        return rc;
    double low, high;
    if (!count_rows(m, t, t->single ? (double)(float)threshold : threshold, &low, &high))
        return bad_row(t, e);
    m->accuracy = ratio(m->tp + m->tn, m->n);
    m->precision = ratio(m->tp, m->tp + m->fp);
    m->recall = ratio(m->tp, m->positives);
    m->f1 = ratio(2 * m->tp, m->tp + m->fp + m->positives);
    const struct metrics_column column = {t->scores, 0, t->labels, 1, 0};
    metrics_rank(w, &column, &m->auroc, &m->ap);
    *probabilities = low >= 0 && high <= 1;
    return 0;
}

int metrics_binary(struct binary_metrics *m, struct metrics_work *w,
                   const struct metrics_rows *scores, const float *labels, double threshold,
                   struct error *e)
{
    const struct terms t = terms_of(scores, labels);
    bool probabilities;
    const int rc = measure(m, w, &t, threshold, &probabilities, e);
    if (rc)
        return rc;
    m->log_loss = metrics_sum(fill_log_loss, &t, m->n) / (double)m->n;
    if (probabilities)
        m->brier = metrics_sum(fill_brier, &t, m->n) / (double)m->n;
    return 0;
}

int metrics_binary_brief(struct binary_metrics *m, struct metrics_work *w,
                         const struct metrics_rows *scores, const float *labels, double threshold,
                         struct error *e)
{
    const struct terms t = terms_of(scores, labels);
    bool probabilities;
    return measure(m, w, &t, threshold, &probabilities, e);
}
