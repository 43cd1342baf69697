// SPDX-License-Identifier: MIT
// What each column of a table says about the labels all alone: one that says nearly everything has
// often been made from the answer. And columns that say nothing, for they never change.
#ifndef SKIFF_TRAIN_SCREEN_H
#define SKIFF_TRAIN_SCREEN_H

#include "base/err.h"
#include "kern/par.h"
#include "model/net.h"
#include "table/dataset.h"

// A column as it was before it became features; with several of them it is the number of the
// largest, for they are one-hot.
struct screen_column {
    size_t feature, features;
    bool constant; // from here on: results
    double value;  // of a constant one
    // Binary: ROC AUC of its values, of the same turned round, or of each value's share of ones,
    // whichever is largest. Several classes: the share of rows whose class is the most frequent one
    // among rows of similar values. Regression: R2 of a straight line through its values, or of
    // each value's mean, of the target that it fits best. Shares and means leave out the row
    // itself. NaN where undefined.
    double alone;
};

#define SCREEN_ROWS_MAX   100000 // of more, so many at even distances are looked at
#define SCREEN_VALUES_MAX 32     // different values up to which each has its own share or mean
#define SCREEN_GROUP      10     // rows that make a value, or values of a class, worth counting

struct screen_spec {
    enum net_task task;
    size_t classes;             // of TASK_MULTICLASS
    const struct dataset *data; // labels that fit the task
    size_t threads;
    struct par *team; // borrowed; may be NULL
};

// Equal results for any number of threads.
int screen_columns(struct screen_column *column, size_t columns, const struct screen_spec *spec,
                   struct error *e);

#endif
