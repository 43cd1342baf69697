// SPDX-License-Identifier: MIT
// Rows of features, front to back: where an input becomes batches for a model, without being in
// memory as a whole. Another kind of file joins behind these calls.
#ifndef SKIFF_TABLE_ROWS_H
#define SKIFF_TABLE_ROWS_H

#include "base/err.h"
#include "table/inputs.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rows;

// An .npz file or a folder of them, joined in name order; y is not asked for. The headers of all
// files are read and checked here: equal numbers of features, whole files. An array in Fortran
// order takes the memory of its values while it is its turn, any other a fixed amount.
struct rows *rows_open(const char *path, const struct dataset_keys *keys, struct error *e);
void rows_close(struct rows *r); // NULL is fine

size_t rows_features(const struct rows *r);
uint64_t rows_total(const struct rows *r);
// The array in the file, for messages: "X_val".
const char *rows_name(const struct rows *r);

// Whether `path` is one of the files that are read, by whatever name.
bool rows_reads(const struct rows *r, const char *path);

// The next rows into X[most][features]: *got of them, `most` unless the end is near, 0 at the end.
// Every value is finite, else ERR_DATA names its row in the file. All calls together give
// rows_total rows, or one of them fails.
int rows_next(struct rows *r, size_t most, float *X, size_t *got, struct error *e);

#endif
