// SPDX-License-Identifier: MIT
// A CSV in memory, its rows divided and prepared. `skiff prep` writes what comes out, `skiff train`
// trains on it: the same numbers either way. Results do not depend on the number of workers.
#ifndef SKIFF_JOB_PREP_TABLE_H
#define SKIFF_JOB_PREP_TABLE_H

#include "base/err.h"
#include "table/frame.h"
#include "table/prep_apply.h"
#include "table/prep_options.h"
#include "table/split.h"

struct par;
struct prep_table_spec {
    const char *path; // "-": standard input
    const struct prep_options *options;
    enum prep_task_wish task;
    struct par *team; // borrowed, as in struct plan_spec
    size_t workers;
};

struct prep_table {
    struct prep_table_spec spec;
    struct prep_rules rules;
    struct frame frame;
    uint32_t *classes; // [frame.rows] of the target, when stratified; else NULL
    size_t class_count;
};

int prep_table_read(struct prep_table *t, const struct prep_table_spec *spec, struct error *e);
void prep_table_clear(struct prep_table *t);

// Who is told what the fit decides.
struct prep_listener {
    void (*note)(void *context, const char *text); // NULL: nobody
    void *context;
};

// The rows of either side and the preparation that was fitted for them. Without test_size and
// folds, all rows are trained on, in the order of the file.
struct prep_division {
    struct split rows;
    struct prep prep;
};

struct prep_fold {
    size_t folds, fold; // 0 folds: a division by test_size; else which of them, from 0
};
int prep_table_divide(const struct prep_table *t, const struct prep_fold *fold,
                      const struct prep_listener *listener, struct prep_division *d,
                      struct error *e);
void prep_division_clear(struct prep_division *d);

// Features X[rows][features] and labels y[rows] of some rows. Every value is finite.
struct prep_matrix {
    size_t rows, features;
    bool single; // features are in X32, rounded from double; else in X
    double *X;
    float *X32;
    double *y; // classes by number, or amounts
};

// Of rows order[0 .. rows). `m` has `single` set; of its other members nothing needs to be.
// `counts` is added to.
struct prep_selection {
    const struct prep *prep;
    const uint32_t *order;
    size_t rows;
};
int prep_table_matrix(const struct prep_table *t, const struct prep_selection *which,
                      struct prep_matrix *m, struct prep_counts *counts, struct error *e);
void prep_matrix_clear(struct prep_matrix *m);

#endif
