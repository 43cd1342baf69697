// SPDX-License-Identifier: MIT
// Figures of a report. Each function appends one SVG to `out`, beginning with "<svg": it stands
// alone in a file and goes into an HTML page as it is. It has no fixed width, follows the reader's
// light or dark setting, needs no script and no font, and has the same bytes each time. Arrays
// belong to the caller. What is not finite is left out; with nothing to show a figure says so.
// Names are any text, cut where too long. Returned is 0 or a negative code, which buf_check(out,
// "roc.svg", e) describes; the buffer should take FIGURE_MAX bytes.
#ifndef SKIFF_REPORT_FIGURE_H
#define SKIFF_REPORT_FIGURE_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

#define FIGURE_MAX ((size_t)1 << 20) // they have some 60,000 bytes at the most

// What every figure begins with; all of it may be left zero.
struct figure_head {
    const char *prefix; // of its ids, letters and digits: different for each figure of a page
    const char *title;  // NULL: the figure's own
    const char *note;   // of which data, in a few words: "143 validation rows"
    bool inlined;       // without <style>: the page has that of figure_style, once for all figures
};

// The rules that all figures share, without the <style> around them.
int figure_style(struct buf *out);

// ---- training ----

struct figure_line {
    const char *name;
    const double *y; // [n], of epochs 1 .. n; NaN: a gap
};

// Lines over epochs: losses, metrics. Of two lines the first (train) is thin.
struct figure_curves {
    struct figure_head head;
    size_t n, lines; // at most FIGURE_LINES_MAX lines are drawn
    const struct figure_line *line;
    size_t best, kept; // epochs: to mark, or 0; whose values stand beside the names, 0: the best
    bool loss;         // a logarithmic axis where the values span decades; else metrics, best at 1
};
#define FIGURE_LINES_MAX 6
int figure_curves(struct buf *out, const struct figure_curves *f);

// ---- two classes ----

// Where a threshold lies on a curve.
struct figure_point {
    double x, y, threshold;
};

struct figure_roc {
    struct figure_head head;
    size_t n;
    const double *fpr, *tpr; // [n] in the order of roc_curve
    double auc;
    const struct figure_point *at; // (fpr, tpr), or NULL
};
int figure_roc(struct buf *out, const struct figure_roc *f);

struct figure_pr {
    struct figure_head head;
    size_t n;
    const double *recall, *precision; // [n] in the order of precision_recall_curve
    double ap, positives;             // positives: their share, what no skill comes to
    const struct figure_point *at;    // (recall, precision), or NULL
};
int figure_pr(struct buf *out, const struct figure_pr *f);

struct figure_bin {
    double score, positives; // the mean score of its rows, and the share of ones among them
    size_t count;            // rows; an empty bin is left out
};
struct figure_calibration {
    struct figure_head head;
    size_t bins;
    const struct figure_bin *bin;
    double brier, ece; // brier: NaN leaves it out
    const char *share; // what the vertical axis is; NULL: the share of positives
};
int figure_calibration(struct buf *out, const struct figure_calibration *f);

struct figure_scores {
    struct figure_head head;
    size_t n;
    const float *score, *label; // [n] in [0, 1]; 0 or 1
    const char *names[2];       // of the classes; NULL: 0 and 1
    double threshold;           // NaN: none
};
int figure_scores(struct buf *out, const struct figure_scores *f);

// ---- classes ----

// Above FIGURE_CLASSES_MAX classes, those with the fewest rows come together as one.
struct figure_confusion {
    struct figure_head head;
    size_t classes;
    const char *const *names; // [classes], or NULL: 0, 1, ...
    const size_t *counts;     // [true][predicted]
};
#define FIGURE_CLASSES_MAX 30
int figure_confusion(struct buf *out, const struct figure_confusion *f);

struct figure_class {
    const char *name;
    double precision, recall, f1;
    size_t support;
    size_t n; // points of the one-vs-rest curve, in the order of roc_curve
    const double *fpr, *tpr;
    double auc;
};
struct figure_classes {
    struct figure_head head;
    size_t classes;
    const struct figure_class *class;
};
// One-vs-rest ROC curves (n, fpr, tpr, auc are looked at): up to ten, then the five lowest and the
// five highest.
int figure_roc_classes(struct buf *out, const struct figure_classes *f);
// Precision, recall, F1 (and support): above FIGURE_CLASSES_MAX the lowest.
int figure_class_bars(struct buf *out, const struct figure_classes *f);

// ---- regression ----

struct figure_regression {
    struct figure_head head;
    size_t n;
    const float *predicted, *truth; // [n]
    double r2, rmse;
};
int figure_predicted(struct buf *out, const struct figure_regression *f); // against the truth
int figure_residuals(struct buf *out, const struct figure_regression *f); // against predictions
int figure_residual_histogram(struct buf *out, const struct figure_regression *f);

// ---- features ----

// Bars from the largest to the smallest, FIGURE_BARS_MAX of them.
struct figure_importance {
    struct figure_head head;
    size_t n;
    const char *const *names;    // [n]
    const double *mean, *spread; // [n]: what the metric loses, and its standard deviation
    const char *metric;          // "AUROC"
};
#define FIGURE_BARS_MAX 20
int figure_importance(struct buf *out, const struct figure_importance *f);

#endif
