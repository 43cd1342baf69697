// SPDX-License-Identifier: MIT
// What a trained model comes to on rows whose labels are known: everything that the figures, tables
// and warnings of a report need, computed once.
#ifndef SKIFF_REPORT_FINDINGS_H
#define SKIFF_REPORT_FINDINGS_H

#include "base/buf.h"
#include "job/importance.h"
#include "job/model_rows.h"
#include "train/bootstrap.h"
#include "train/curves.h"
#include "train/score.h"
#include "train/screen.h"
#include "train/threshold.h"

enum findings_part { FINDINGS_VAL, FINDINGS_TEST, FINDINGS_TRAIN, FINDINGS_GIVEN };
extern const char *const findings_part_names[]; // "validation", "test", "training", "given"

struct findings_spec {
    struct model_run_spec run;
    struct model_data data; // of no path: the model alone
    bool held_back;         // of a CSV that the run divided: only the rows that it did not train on
    enum findings_part part;
    enum threshold_rule rule;  // on these very rows
    double threshold;          // of THRESHOLD_GIVEN
    size_t resamples, repeats; // of the bootstrap, of the importance; 0: none
    int64_t seed;
    void (*shuffled)(void *context, uint64_t done, uint64_t total); // as importance_spec.progress
    void *context;
};

struct findings {
    struct net net;    // of no layers: there is no model
    struct prep *prep; // owned: how its features are made; NULL when the model does not say

    // Of the rows; data.n is 0 when there are none.
    enum findings_part part;
    char *path; // owned
    struct dataset data;
    float *pred; // [n][net.outputs]
    double loss;
    enum threshold_rule rule;
    double threshold; // binary
    struct score score;
    struct bootstrap bootstrap; // of no metrics: not asked for
    // Of several classes, whether the predicted one is right, by its probability. Not of
    // regression.
    struct calibration calibration;
    struct importance importance;
    size_t columns;               // of the table before it became features
    struct screen_column *column; // [columns]
    char **name;                  // [columns] of the columns, "feature 3" where nobody knows better
    struct buf strange;           // what the preparation met that training had not: a line each
};

int findings_make(struct findings *f, const struct findings_spec *spec, struct error *e);
void findings_clear(struct findings *f);

// What a class is called: as the table spells it, or its number in `text`.
#define FINDINGS_CLASS_MAX 24
const char *findings_class(const struct findings *f, size_t class, char text[FINDINGS_CLASS_MAX]);

// The metric that stands for all, by its name in metrics.json: "auroc", "accuracy", "r2"; what
// people call it; its value, NaN where undefined.
const char *findings_metric(enum net_task task);
const char *findings_metric_name(const char *metric);
double findings_score(const struct findings *f);

#endif
