// SPDX-License-Identifier: MIT
// The rows that a model is given: features, or the columns of a CSV, which its own preparation
// turns into features.
#ifndef SKIFF_JOB_MODEL_ROWS_H
#define SKIFF_JOB_MODEL_ROWS_H

#include "job/model_run.h"
#include "table/rows.h"

struct model_data {
    const char *path;         // as in struct rows_spec
    struct dataset_keys keys; // of an .npz
    bool keys_given;          // for these data, so that they are refused of a CSV
    const char *ids;          // of a CSV: as in struct rows_spec
};

// Not to be moved once opened.
struct model_rows {
    struct rows_spec spec;
    struct rows *rows;
};

// ERR_MISMATCH when a file has other features or columns than the model takes. Close it in any
// case.
int model_rows_open(struct model_rows *m, const struct model_run *run,
                    const struct model_data *data, struct error *e);
// With labels, if the file is a CSV, whose target the preparation then has to name.
int model_rows_open_labels(struct model_rows *m, const struct model_run *run,
                           const struct model_data *data, struct error *e);
void model_rows_close(struct model_rows *m);

// Someone to tell what a careful user should hear; `say` may be NULL.
struct model_listener {
    void (*say)(void *context, const char *text);
    void *context;
};
// Of each column the categories that training had not met. `path` begins the line.
void model_counts_remark(const char *path, const struct prep *p, const struct prep_counts *counts,
                         const struct model_listener *to);
// Those of the rows, once all have been read.
void model_rows_remark(const struct model_rows *m, const struct model_listener *to);

// All rows with their labels. Remarks are made.
int model_rows_load(struct dataset *d, const struct model_run *run, const struct model_data *data,
                    const struct model_listener *to, struct error *e);

#endif
