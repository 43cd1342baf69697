// SPDX-License-Identifier: MIT
// Which rows are trained on and which are held back, exactly as scikit-learn 1.2 divides them:
// train_test_split, KFold and StratifiedKFold for the same seed, sizes and classes.
#ifndef SKIFF_TABLE_SPLIT_H
#define SKIFF_TABLE_SPLIT_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct split_spec {
    size_t rows;
    double test_size;  // below 1: a share, rounded up; else a number of rows
    double train_size; // likewise, rounded down; 0: all the others
    bool shuffle;      // false: the last rows are held back, in order
    uint32_t random_state;
    const uint32_t *classes; // [rows] numbers of classes to keep in proportion, or NULL
    size_t class_count;
};

// Row numbers in scikit-learn's order, on the heap (mem_free).
struct split {
    uint32_t *train, *test;
    size_t train_rows, test_rows;
};

int split_rows(struct split *s, const struct split_spec *spec, struct error *e);
// Fold `fold` (from 0) of `folds`; spec's sizes are not looked at. Without shuffle random_state is
// not used, as in KFold.
int split_fold(struct split *s, const struct split_spec *spec, size_t folds, size_t fold,
               struct error *e);
void split_clear(struct split *s);

#endif
