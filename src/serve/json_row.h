// SPDX-License-Identifier: MIT
// One row of a JSON body: a list, {"features": list}, {"data": {"features": {"values": list}}}, the
// same with "keys" and "shape" for a sparse row, or an object by names of columns.
#ifndef SKIFF_SERVE_JSON_ROW_H
#define SKIFF_SERVE_JSON_ROW_H

#include "base/buf.h"
#include "base/err.h"
#include "table/prep.h"

#include <jansson.h>
#include <stddef.h>

// `number` of the row, from 1, begins messages.
int json_row_features(const json_t *row, size_t number, size_t inputs, float *X, struct error *e);

// The columns of a preparation, in its order, as a line of a CSV with commas.
int json_row_columns(const json_t *row, size_t number, const struct prep *p, struct buf *line,
                     struct error *e);

#endif
