// SPDX-License-Identifier: MIT
// Predictions beside the truth, as `skiff eval` takes them: a CSV with the columns score and label
// in any order (others are passed over), or an npz with the arrays scores and y.
#ifndef SKIFF_IO_SCORES_H
#define SKIFF_IO_SCORES_H

#include "base/err.h"
#include "io/csv.h"

#include <stddef.h>

#define SCORES_VALUES_MAX ((size_t)1 << 28) // numbers in one array, rows of a CSV

enum scores_task {
    SCORES_AUTO,       // one score a row: binary; several: multiclass
    SCORES_BINARY,     // labels 0 and 1; of two scores a row the second is that of label 1
    SCORES_MULTICLASS, // one score a class, labels 0 to classes - 1; npz only
    SCORES_REGRESSION, // one prediction and one true value a target
};

struct scores {
    enum scores_task task; // never SCORES_AUTO once read
    size_t n;              // rows, at least 1
    size_t columns;        // scores or predictions a row
    float *f32;            // [n][columns], C order, when the file has floats of 4 or 2 bytes,
    double *f64;           // else this one; owned, the other is NULL
    float *labels;         // [n], checked against the task; NULL for regression; owned
    double *truth;         // [n][columns] for regression, else NULL; owned
};

// "-" is a CSV on standard input. On failure `s` is left empty.
int scores_read(struct scores *s, const char *path, enum scores_task task, struct error *e);
// The same for a file's bytes; `name` begins every message.
int scores_parse(struct scores *s, const char *name, const void *data, size_t size,
                 enum scores_task task, struct error *e);
void scores_clear(struct scores *s);

// For scores_csv.c and scores.c: fill an empty `s`; the caller clears it on failure.
int scores_take_csv(struct scores *s, struct csv *c, enum scores_task task, struct error *e);
// Ends a message about scores that are not there.
#define SCORES_ADVICE                                                                              \
    " (what skiff predict writes has no truth in it: skiff eval MODEL DATA compares with it)"
// NULL when `label` fits the task with so many classes, else what it must be.
const char *scores_label_fault(enum scores_task task, size_t classes, double label);

#endif
