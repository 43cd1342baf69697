// SPDX-License-Identifier: MIT
// What lies behind a single figure: ROC and precision-recall curves, calibration, scores by class.
// Points and thresholds are scikit-learn's, to 1e-12. The arguments are those of metrics_binary or
// metrics_multiclass, which have been called with them and have found them good.
#ifndef SKIFF_TRAIN_CURVES_H
#define SKIFF_TRAIN_CURVES_H

#include "train/metrics.h"

// One column of scores; a row is positive when its label is `positive`: 1 of a binary task, each
// class in turn of several.
struct curve_scores {
    const struct metrics_rows *rows;
    size_t column;
    const float *labels;
    float positive;
};

// Whether every score lies in [0, 1], which calibration and histogram ask for.
bool curve_scores_probable(const struct curve_scores *s);

// roc_curve: from (0, 0) to (1, 1). Threshold i is the lowest score that is called a 1 at point i;
// that of point 0, where nothing is, is INFINITY (scikit-learn 1.3; 1.2 says the highest score plus
// 1). A rate is NaN throughout when there is nothing that it could be a rate of.
struct roc_curve {
    size_t count;
    double *fpr, *tpr, *threshold; // [count]
};

// `all` keeps the points on the straight lines between others, as drop_intermediate=False does.
int roc_curve_make(struct roc_curve *c, struct metrics_work *w, const struct curve_scores *s,
                   bool all, struct error *e);
void roc_curve_clear(struct roc_curve *c);

// precision_recall_curve: thresholds ascend, so recall descends. The last point (1, 0) is
// there for the drawing, its threshold is INFINITY. Recall is 1 before it without positives.
struct pr_curve {
    size_t count;
    double *precision, *recall, *threshold; // [count]
};

int pr_curve_make(struct pr_curve *c, struct metrics_work *w, const struct curve_scores *s,
                  struct error *e);
void pr_curve_clear(struct pr_curve *c);

#define CALIBRATION_BINS 10

// calibration_curve(strategy="uniform"): bin i holds the scores in (i / 10, (i + 1) / 10], bin 0
// those of 0 as well. Empty bins, which scikit-learn leaves out, have a count of 0 and NaN means.
struct calibration {
    struct calibration_bin {
        size_t count;
        double score, rate; // mean score; share of positives
    } bin[CALIBRATION_BINS];
    double error; // expected calibration error: mean of |score - rate| over all rows' bins
    double noise; // what the error of a perfect model would be on so few rows, about
};

void calibration_make(struct calibration *c, const struct curve_scores *s);

#define HISTOGRAM_BINS 20

// numpy.histogram(range=(0, 1)) of the scores of either class: bins [i / 20, (i + 1) / 20), the
// last one with its end.
struct score_histogram {
    size_t positive[HISTOGRAM_BINS], negative[HISTOGRAM_BINS];
};

void score_histogram_make(struct score_histogram *h, const struct curve_scores *s);

#endif
