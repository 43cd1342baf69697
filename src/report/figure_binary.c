// SPDX-License-Identifier: MIT
// ROC, precision-recall and calibration: shares against shares, with the line that knowing nothing
// would draw.
#include "report/canvas.h"
#include "report/trace.h"

#include <math.h>
#include <stdio.h>

// Both axes from 0 to 1, with room for the width of a line at their ends.
static void unit_plot(struct canvas *c, const char *x_name, const char *y_name, double strip)
{
    const struct canvas_axes axes = {
        .x = {-0.01, 1.01}, .y = {-0.01, 1.01}, .x_name = x_name, .y_name = y_name, .strip = strip};
    c->right -= 4;
    canvas_plot(c, &axes);
}

static void place(const struct canvas *c, double x, double y, double at[2])
{
    at[0] = axis_at(&c->x, x);
    at[1] = axis_at(&c->y, y);
}

static void guide(struct canvas *c, const double from[2], const double to[2])
{
    double begin[2], end[2];
    place(c, from[0], from[1], begin);
    place(c, to[0], to[1], end);
    svg_line(c->out, "guide", begin, end);
}

// The threshold in use, where it lies; `aside` is where there is no curve: to the right 1, down 1.
static void mark_threshold(struct canvas *c, const struct figure_point *p, const int aside[2])
{
    char text[LABEL_MAX + 16], value[LABEL_MAX];
    double at[2];
    if (!isfinite(p->x) || !isfinite(p->y))
        return;
    place(c, p->x, p->y, at);
    svg_mark(c->out, "mark", SVG_DIAMOND, at, 5.5);
    if (!isfinite(p->threshold)) // roc_curve begins with infinity
        return;
    label_value(value, p->threshold);
    snprintf(text, sizeof text, "threshold %s", value);
    canvas_beside(c, "over", aside[0], (double[]){at[0], at[1] + 12 * aside[1]}, text);
}

static bool any_point(const double *x, const double *y, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (isfinite(x[i]) && isfinite(y[i]))
            return true;
    return false;
}

int figure_roc(struct buf *out, const struct figure_roc *f)
{
    struct canvas c;
    struct trace t;
    double at[2];
    char auc[LABEL_MAX], result[64], about[CANVAS_ABOUT_MAX];
    label_decimal(auc, f->auc, 3);
    snprintf(result, sizeof result, "AUC %s", auc);
    snprintf(about, sizeof about, "True positive rate against false positive rate: %s", result);
    canvas_begin(&c, out, &f->head, &(struct canvas_text){"ROC curve", result, about},
                 CANVAS_SQUARE);
    if (!any_point(f->fpr, f->tpr, f->n)) {
        canvas_empty(&c, "no curve: it needs rows of both classes");
        return canvas_end(&c);
    }
    unit_plot(&c, "false positive rate", "true positive rate", 0);
    guide(&c, (double[]){0, 0}, (double[]){1, 1});
    trace_begin(&t, out, "line c0", 0.5);
    for (size_t i = 0; i < f->n; i++) {
        place(&c, f->fpr[i], f->tpr[i], at);
        if (isfinite(f->fpr[i]) && isfinite(f->tpr[i]))
            trace_to(&t, at[0], at[1]);
    }
    trace_end(&t);
    if (f->at)
        mark_threshold(&c, f->at, (const int[]){1, 1});
    return canvas_end(&c);
}

// scikit-learn's steps: the precision of a threshold holds down to the recall of the next.
static void draw_steps(struct canvas *c, const struct figure_pr *f)
{
    struct trace t;
    double at[2], level = NAN; // the height of the point before
    trace_begin(&t, c->out, "line c0", 0.5);
    for (size_t i = 0; i < f->n; i++) {
        if (!isfinite(f->recall[i]) || !isfinite(f->precision[i]))
            continue;
        place(c, f->recall[i], f->precision[i], at);
        trace_to(&t, at[0], isfinite(level) ? level : at[1]);
        trace_to(&t, at[0], at[1]);
        level = at[1];
    }
    trace_end(&t);
}

static void draw_no_skill(struct canvas *c, double positives)
{
    char text[64], share[LABEL_MAX];
    double at[2];
    if (!isfinite(positives))
        return;
    guide(c, (double[]){0, positives}, (double[]){1, positives});
    label_percent(share, positives);
    snprintf(text, sizeof text, "no skill: %s positive", share);
    place(c, 0, positives, at);
    const double below = at[1] + 16 < c->bottom - 4 ? 15 : -6;
    svg_label(c->out, "soft over", SVG_START, (double[]){c->left + 8, at[1] + below}, text);
}

int figure_pr(struct buf *out, const struct figure_pr *f)
{
    struct canvas c;
    char ap[LABEL_MAX], result[64], about[CANVAS_ABOUT_MAX];
    label_decimal(ap, f->ap, 3);
    snprintf(result, sizeof result, "average precision %s", ap);
    snprintf(about, sizeof about, "Precision against recall: %s", result);
    canvas_begin(&c, out, &f->head, &(struct canvas_text){"Precision and recall", result, about},
                 CANVAS_SQUARE);
    if (!any_point(f->recall, f->precision, f->n)) {
        canvas_empty(&c, "no curve: it needs rows of both classes");
        return canvas_end(&c);
    }
    unit_plot(&c, "recall", "precision", 0);
    draw_no_skill(&c, f->positives);
    draw_steps(&c, f);
    if (f->at)
        mark_threshold(&c, f->at, f->at->y < 0.5 ? (const int[]){1, -1} : (const int[]){-1, 1});
    return canvas_end(&c);
}

// ---- calibration ----

#define STRIP 46 // height of the counts below the plot

static size_t largest_bin(const struct figure_calibration *f)
{
    size_t most = 0;
    for (size_t i = 0; i < f->bins; i++)
        most = f->bin[i].count > most ? f->bin[i].count : most;
    return most;
}

static bool is_shown(const struct figure_bin *b)
{
    return b->count > 0 && isfinite(b->score) && isfinite(b->positives);
}

static void draw_reliability(struct canvas *c, const struct figure_calibration *f)
{
    struct svg_path p;
    double at[2];
    svg_path_begin(&p, c->out, "line c0");
    for (size_t i = 0; i < f->bins; i++) {
        place(c, f->bin[i].score, f->bin[i].positives, at);
        if (is_shown(&f->bin[i]))
            svg_path_line(&p, at[0], at[1]);
    }
    svg_path_end(&p);
    for (size_t i = 0; i < f->bins; i++) {
        place(c, f->bin[i].score, f->bin[i].positives, at);
        if (is_shown(&f->bin[i]))
            svg_mark(c->out, "mark f0", SVG_DISC, at, 4.5);
    }
}

// A bar for each bin at its mean score, its rows above it where there is room for the number.
static void draw_counts(struct canvas *c, const struct figure_calibration *f)
{
    const double most = (double)largest_bin(f);
    const double room = (c->right - c->left) / (double)(f->bins ? f->bins : 1);
    const double wide = fmin(0.5 * room, 24);
    double free = c->left; // up to where the numbers before reach
    for (size_t i = 0; i < f->bins; i++) {
        char text[LABEL_MAX];
        if (!is_shown(&f->bin[i]))
            continue;
        const double x = axis_at(&c->x, f->bin[i].score);
        const double height = fmax((STRIP - 18) * (double)f->bin[i].count / most, 1);
        svg_rect(c->out, "f0 a3", (double[]){x - wide / 2, c->bottom - height},
                 (double[]){wide, height});
        if (f->bin[i].count < 10000)
            label_count(text, f->bin[i].count);
        else
            label_value(text, (double)f->bin[i].count);
        const double half = svg_width(text, 12) / 2;
        if (x - half < free || x + half > CANVAS_WIDTH - 2)
            continue;
        svg_label(c->out, "soft small", SVG_MIDDLE, (double[]){x, c->bottom - height - 4}, text);
        free = x + half + 3;
    }
}

int figure_calibration(struct buf *out, const struct figure_calibration *f)
{
    struct canvas c;
    char brier[LABEL_MAX], ece[LABEL_MAX], result[2 * LABEL_MAX + 32], about[CANVAS_ABOUT_MAX];
    label_decimal(brier, f->brier, 3);
    label_decimal(ece, f->ece, 3);
    if (isnan(f->brier))
        snprintf(result, sizeof result, "ECE %s", ece);
    else
        snprintf(result, sizeof result, "Brier %s, ECE %s", brier, ece);
    snprintf(about, sizeof about,
             "Share of positives against the mean score of the rows in each bin: %s", result);
    canvas_begin(&c, out, &f->head, &(struct canvas_text){"Calibration", result, about},
                 CANVAS_SQUARE + STRIP);
    if (largest_bin(f) == 0) {
        canvas_empty(&c, "no rows to show");
        return canvas_end(&c);
    }
    unit_plot(&c, "mean score; below: rows of each bin", f->share ? f->share : "share of positives",
              STRIP);
    guide(&c, (double[]){0, 0}, (double[]){1, 1});
    draw_reliability(&c, f);
    draw_counts(&c, f);
    return canvas_end(&c);
}
