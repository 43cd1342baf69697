// SPDX-License-Identifier: MIT
// What a path and a few names mean: which files, and which arrays in them. Shared by the data that
// are loaded whole (dataset.h) and those that stream (rows.h).
#ifndef SKIFF_TABLE_INPUTS_H
#define SKIFF_TABLE_INPUTS_H

#include "base/err.h"
#include "io/npz.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Which arrays to take. `part` is "train", "val" or "test": X_train and y_train are looked for,
// then X and y. NULL: whichever of X_train, X_val, X_test and X there is, when there is one only,
// and the y that goes with it. Other names win when given.
struct dataset_keys {
    const char *part;
    const char *x, *y; // NULL: by part
    bool may_be_empty; // no rows are no failure
};

// A file is itself; a folder is its .npz files in name order, at least one, or where `text` is not
// NULL its .csv and .csv.gz files, not both; several files, one a line, are these. *text: they are
// CSVs, not archives. Free the list with file_list_free.
int input_paths(const char *path, char ***paths, size_t *count, bool *text, struct error *e);

int input_find_x(const struct npz *z, const struct dataset_keys *keys, struct npz_array *a,
                 struct error *e);
// `x_name` is the array that input_find_x has found.
int input_find_y(const struct npz *z, const struct dataset_keys *keys, const char *x_name,
                 struct npz_array *a, struct error *e);

// Is it rows x features? `file` begins the message, here and below.
int input_check_x(const char *file, const struct npz_array *a, struct error *e);

// Values that were read from an array: x[rows][cols], which begin at its row `first_row`.
struct input_values {
    const char *file, *array;
    const float *x;
    size_t rows, cols;
    uint64_t first_row;
};

// ERR_DATA that names the place of the first NaN or infinity; there is one (npy_all_finite).
int input_not_finite(const struct input_values *v, struct error *e);

#endif
