// SPDX-License-Identifier: MIT
// Predictions on their way out: as CSV, row by row, or as the arrays of an .npz, which are kept
// until the end. Either is whole or not there, unless it goes to a pipe or a device.
#ifndef SKIFF_JOB_PREDICTIONS_H
#define SKIFF_JOB_PREDICTIONS_H

#include "base/err.h"
#include "model/model_file.h"
#include "table/rows.h"

#include <stddef.h>
#include <stdint.h>

struct predictions;

struct predictions_spec {
    const char *path; // NULL: `fd`; a name that npz_is_name takes: that format
    int fd;
    const struct model *model; // its preparation, if it has one, names the classes
    double threshold;          // binary: a probability above it, both as float, is a 1
    const struct rows *rows;   // that are predicted: how many, and what is passed through
};

struct predictions *predictions_begin(const struct predictions_spec *spec, struct error *e);
// pred[rows][outputs], as plan_predict gives them, of the last batch of spec->rows.
int predictions_add(struct predictions *p, const float *pred, size_t rows, struct error *e);
int predictions_commit(struct predictions *p, struct error *e); // then free it
void predictions_free(struct predictions *p); // NULL is fine; what is not committed is dropped

#endif
