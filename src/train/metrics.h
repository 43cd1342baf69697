// SPDX-License-Identifier: MIT
// Metrics of a set of predictions, equal to scikit-learn's to 1e-12 on the same inputs. Sums are
// in double; where scikit-learn warns and returns a number, so do we; where it raises, the metric
// is NaN. No rows, a score that is not finite or a label that is none is an error.
#ifndef SKIFF_TRAIN_METRICS_H
#define SKIFF_TRAIN_METRICS_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// n rows of numbers, row i beginning at [i * ld]: float or double, so one of the two is set. The
// caller owns them.
struct metrics_rows {
    size_t n, ld;
    const float *f32;
    const double *f64;
};

// Scratch for sorting; grows once and is kept, so that a metric in a training loop allocates
// nothing after the first epoch. `order` is kept from call to call: scores that changed little
// sort in linear time. Zeroed before its first use.
struct metrics_work {
    uint32_t *order, *spare;     // [cap], [key_cap]
    uint64_t *keys, *spare_keys; // [key_cap]
    size_t cap, key_cap;
    size_t n, lists; // `order` holds `lists` permutations of n rows
};

// Room for `lists` kept orders of n rows; the metrics below call it themselves.
int metrics_work_reserve(struct metrics_work *w, size_t n, size_t lists, struct error *e);
void metrics_work_clear(struct metrics_work *w);

struct binary_metrics {
    size_t n, positives;
    size_t tp, fp, tn, fn;                  // a score above the threshold is a 1
    double accuracy, precision, recall, f1; // 0 where undefined (zero_division=0)
    double auroc;                           // NaN with one class only
    double ap;                              // average precision; 0 without positives
    double log_loss; // labels=[0, 1]; scores clipped by the eps of their type, see the .c
    double brier;    // NaN when a score lies outside [0, 1]
};

// Column 0 of `scores` in [0, 1] (any finite number for the ranking metrics), labels[n] 0 or 1. For
// float scores the threshold is rounded to float first, as numpy and torch compare them.
int metrics_binary(struct binary_metrics *m, struct metrics_work *w,
                   const struct metrics_rows *scores, const float *labels, double threshold,
                   struct error *e);
// The same without log_loss and brier, which are NaN: a third of the time, 0.8 us of 143 scores.
int metrics_binary_brief(struct binary_metrics *m, struct metrics_work *w,
                         const struct metrics_rows *scores, const float *labels, double threshold,
                         struct error *e);

#define METRICS_CLASSES_MAX   65536
#define METRICS_CONFUSION_MAX 1024 // above so many classes there is no confusion matrix

struct multiclass_metrics {
    size_t n, classes;
    size_t *confusion;               // [true][predicted], classes x classes; owned; or NULL
    double *precision, *recall, *f1; // [classes]; owned; 0 where undefined
    size_t *support, *predicted;     // [classes]; owned; rows that are, that were called class c
    // "macro" averages over the classes that occur in the labels or among the predictions, which is
    // what scikit-learn does when it is given no list of labels.
    double accuracy, macro_precision, macro_recall, macro_f1, weighted_f1, log_loss;
    double auroc; // one-vs-rest, macro average; NaN unless every class occurs and there are >= 2
};

// The first `classes` columns of `prob` are the probabilities; labels[n] are class indices.
// Predicted = first largest. `m` is zeroed before its first use; a later call with as many classes
// uses its arrays again. After an error its arrays may still be there: clear it either way.
int metrics_multiclass(struct multiclass_metrics *m, struct metrics_work *w,
                       const struct metrics_rows *prob, size_t classes, const float *labels,
                       struct error *e);
void multiclass_metrics_clear(struct multiclass_metrics *m);

struct regression_metrics {
    size_t n, targets;
    double mse, rmse, mae, r2; // several targets: the uniform average; r2 is NaN for one row
};

// The first `targets` columns of both. Float input is taken as double, exactly.
int metrics_regression(struct regression_metrics *m, const struct metrics_rows *pred,
                       const struct metrics_rows *truth, size_t targets, struct error *e);

#endif
