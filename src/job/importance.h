// SPDX-License-Identifier: MIT
// Permutation importance: how much of its metric a model loses when the values of one column are
// shuffled among the rows, all else as it was. Columns that say the same share what they are worth:
// shuffling one of them costs little as long as the other is there.
#ifndef SKIFF_JOB_IMPORTANCE_H
#define SKIFF_JOB_IMPORTANCE_H

#include "job/model_run.h"

// A column of the table as it was before it became features; they move together.
struct importance_column {
    size_t feature, features; // the first, and how many
};

struct importance_spec {
    const struct dataset *data; // labels that fit the model (targets_check)
    size_t columns;
    const struct importance_column *column; // [columns], or NULL: each feature is one
    size_t repeats;                         // shuffles of each column; 0: 1
    int64_t seed;                           // of the shuffles, which are the same for every column
    double work; // multiplications to spend, or 0: IMPORTANCE_WORK. Rows are drawn to fit into it,
                 // IMPORTANCE_ROWS_MIN at least; then there are fewer repeats, at least one

    // How many shuffles are done; from one thread, NULL: nobody asks.
    void (*progress)(void *context, uint64_t done, uint64_t total);
    void *context;
};

#define IMPORTANCE_WORK     2e10 // some two seconds of one core
#define IMPORTANCE_ROWS_MAX ((size_t)50000)
#define IMPORTANCE_ROWS_MIN ((size_t)500)
#define IMPORTANCE_EXCESS   100 // times the work that the least number of rows may take

// Binary: ROC AUC (accuracy where a class does not occur); several classes: accuracy; regression:
// R2. `mean` and `spread` (standard deviation, of all repeats) are of metric - metric shuffled.
struct importance {
    const char *metric; // as in metrics.json; NULL: left out, for it would take too long
    double whole;       // the metric of the rows as they are
    size_t rows, repeats, columns;
    double *mean, *spread; // [columns]
};

// The same bytes for any number of threads.
int importance_measure(struct importance *i, const struct model_run *run,
                       const struct importance_spec *spec, struct error *e);
void importance_clear(struct importance *i);

#endif
