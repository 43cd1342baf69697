// SPDX-License-Identifier: MIT
// Both curves begin as one walk down the sorted scores: a point behind every step (the last of
// equal scores) with the true and false positives so far. The counts become rates in place.
#include "train/curves.h"

#include "base/mem.h"
#include "train/metrics_inner.h"

#include <math.h>

// Point 0 is before the first step. One block, owned by `tp`.
struct walk {
    size_t count;
    double *tp, *fp, *threshold; // [count]
};

static size_t count_steps(const struct metrics_work *w)
{
    size_t steps = 1;
    for (size_t i = 1; i < w->n; i++)
        steps += w->keys[i - 1] != w->keys[i];
    return steps;
}

static void fill(struct walk *walk, const struct metrics_work *w, const struct metrics_column *c,
                 const uint32_t *order)
{
    size_t tp = 0, at = 1;
    walk->tp[0] = walk->fp[0] = 0;
    walk->threshold[0] = INFINITY;
    for (size_t i = 0; i < w->n; i++) {
        tp += c->labels[order[i]] == c->positive;
        if (i + 1 < w->n && w->keys[i] == w->keys[i + 1])
            continue;
        walk->tp[at] = (double)tp;
        walk->fp[at] = (double)(i + 1 - tp);
        walk->threshold[at] = metrics_at(c->rows, order[i], c->column);
        at++;
    }
}

static int walk_down(struct walk *walk, struct metrics_work *w, const struct curve_scores *s,
                     struct error *e)
{
    const struct metrics_column column = {s->rows, s->column, s->labels, s->positive, 0};
    const int rc = metrics_work_reserve(w, s->rows->n, 1, e);
    if (rc)
        return rc;
    const uint32_t *order = metrics_sort(w, &column);
    walk->count = count_steps(w) + 1;
    walk->tp = mem_array(walk->count, 3 * sizeof *walk->tp);
    if (!walk->tp)
        return error_nomem(e, "the points of a curve");
    walk->fp = walk->tp + walk->count;
    walk->threshold = walk->fp + walk->count;
    fill(walk, w, &column, order);
    return 0;
}

// Drops points in line with both of their neighbours, equally far from either, as scikit-learn
// does: where the second difference of both counts is 0. Point 0 is not looked at.
static void drop_straight(struct walk *walk)
{
    double tp = walk->tp[1], fp = walk->fp[1]; // of the point before, kept or not
    size_t kept = 2;
    for (size_t i = 2; i < walk->count; i++) {
        const double tp_here = walk->tp[i], fp_here = walk->fp[i];
        const bool last = i + 1 == walk->count;
        if (last || walk->tp[i + 1] - tp_here != tp_here - tp ||
            walk->fp[i + 1] - fp_here != fp_here - fp) {
            walk->tp[kept] = tp_here;
            walk->fp[kept] = fp_here;
            walk->threshold[kept] = walk->threshold[i];
            kept++;
        }
        tp = tp_here;
        fp = fp_here;
    }
    walk->count = kept;
}

int roc_curve_make(struct roc_curve *c, struct metrics_work *w, const struct curve_scores *s,
                   bool all, struct error *e)
{
    struct walk walk;
    *c = (struct roc_curve){0};
    const int rc = walk_down(&walk, w, s, e);
    if (rc)
        return rc;
    if (!all)
        drop_straight(&walk);
    const double positives = walk.tp[walk.count - 1], negatives = walk.fp[walk.count - 1];
    for (size_t i = 0; i < walk.count; i++) {
        walk.tp[i] = positives > 0 ? walk.tp[i] / positives : NAN;
        walk.fp[i] = negatives > 0 ? walk.fp[i] / negatives : NAN;
    }
    *c = (struct roc_curve){walk.count, walk.fp, walk.tp, walk.threshold};
    return 0;
}

void roc_curve_clear(struct roc_curve *c)
{
    mem_free(c->tpr); // the beginning of the block
    *c = (struct roc_curve){0};
}

static void reverse(double *x, size_t n)
{
    for (size_t i = 0; i < n / 2; i++) {
        const double turn = x[i];
        x[i] = x[n - 1 - i];
        x[n - 1 - i] = turn;
    }
}

int pr_curve_make(struct pr_curve *c, struct metrics_work *w, const struct curve_scores *s,
                  struct error *e)
{
    struct walk walk;
    *c = (struct pr_curve){0};
    const int rc = walk_down(&walk, w, s, e);
    if (rc)
        return rc;
    const double positives = walk.tp[walk.count - 1];
    for (size_t i = 1; i < walk.count; i++) {
        const double tp = walk.tp[i], called = tp + walk.fp[i];
        walk.tp[i] = tp / called;
        walk.fp[i] = positives > 0 ? tp / positives : 1;
    }
    walk.tp[0] = 1; // recall is 0 there already
    reverse(walk.tp, walk.count);
    reverse(walk.fp, walk.count);
    reverse(walk.threshold, walk.count);
    *c = (struct pr_curve){walk.count, walk.tp, walk.fp, walk.threshold};
    return 0;
}

void pr_curve_clear(struct pr_curve *c)
{
    mem_free(c->precision); // the beginning of the block
    *c = (struct pr_curve){0};
}

bool curve_scores_probable(const struct curve_scores *s)
{
    size_t outside = 0;
    for (size_t i = 0; i < s->rows->n; i++) {
        const double score = metrics_at(s->rows, i, s->column);
        outside += !(score >= 0 && score <= 1);
    }
    return outside == 0;
}

// How many of the inner edges 1 / bins, ..., as numpy.linspace has them, are below a score in
// [0, 1]; with `closed` those that equal it count too.
static size_t bin_of(double score, size_t bins, bool closed)
{
    const double step = 1.0 / (double)bins;
    size_t bin = (size_t)(score * (double)bins);
    bin = bin < bins ? bin : bins - 1;
    bin = bin > 0 ? bin - 1 : 0; // rounding may have put it one too high
    while (bin + 1 < bins) {
        const double edge = (double)(bin + 1) * step;
        if (!(closed ? edge <= score : edge < score))
            break;
        bin++;
    }
    return bin;
}

// How far the positives among `count` rows are from `expected` of them on average: sqrt(2 / pi)
// standard deviations of a binomial distribution.
static double mean_deviation(double expected, double count)
{
    return count > 0 ? sqrt(2 / 3.14159265358979 * expected * (1 - expected / count)) : 0;
}

void calibration_make(struct calibration *c, const struct curve_scores *s)
{
    const size_t n = s->rows->n;
    *c = (struct calibration){0};
    for (size_t i = 0; i < n; i++) {
        const double score = metrics_at(s->rows, i, s->column);
        struct calibration_bin *bin = &c->bin[bin_of(score, CALIBRATION_BINS, false)];
        bin->count++;
        bin->score += score;
        bin->rate += s->labels[i] == s->positive;
    }
    for (size_t b = 0; b < CALIBRATION_BINS; b++) {
        struct calibration_bin *bin = &c->bin[b];
        c->error += fabs(bin->score - bin->rate);
        c->noise += mean_deviation(bin->score, (double)bin->count);
        bin->score = bin->count ? bin->score / (double)bin->count : NAN;
        bin->rate = bin->count ? bin->rate / (double)bin->count : NAN;
    }
    c->error /= (double)n;
    c->noise /= (double)n;
}

void score_histogram_make(struct score_histogram *h, const struct curve_scores *s)
{
    *h = (struct score_histogram){0};
    for (size_t i = 0; i < s->rows->n; i++) {
        const size_t bin = bin_of(metrics_at(s->rows, i, s->column), HISTOGRAM_BINS, true);
        size_t *counts = s->labels[i] == s->positive ? h->positive : h->negative;
        counts[bin]++;
    }
}
