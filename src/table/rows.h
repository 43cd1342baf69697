// SPDX-License-Identifier: MIT
// Rows of features, front to back: where an input becomes batches for a model, without being in
// memory as a whole. Another kind of file joins behind these calls.
#ifndef SKIFF_TABLE_ROWS_H
#define SKIFF_TABLE_ROWS_H

#include "base/err.h"
#include "table/inputs.h"
#include "table/prep_apply.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ROWS_UNKNOWN UINT64_MAX

struct par;
struct rows_spec {
    const char *path;         // a file, a folder of them, or "-": a CSV on standard input
    struct dataset_keys keys; // of an .npz: the arrays; y is not asked for

    // Of a CSV.
    const struct prep *prep; // what its columns become; NULL: a CSV is refused
    bool labels;             // its target is wanted, too
    const char *ids; // names, as prep_list_names takes them, of columns to pass through; NULL:
                     // none with labels, else those of the preparation that are there
    // par_run of kern/par.h and its team, to share work with; NULL: all on the calling thread.
    void (*run)(struct par *team, size_t workers, void (*work)(void *context, size_t worker),
                void *context);
    struct par *team;
    size_t workers;
};

struct rows;

// A file is an archive (npz_is_file) or a CSV; a folder holds files of one of these kinds, joined
// in name order. Of archives all headers are read and checked here: equal numbers of features,
// whole files. An array in Fortran order takes the memory of its values while it is its turn, any
// other and a CSV a fixed amount. `spec` and what it points to outlive the rows.
struct rows *rows_open(const struct rows_spec *spec, struct error *e);
void rows_close(struct rows *r); // NULL is fine

size_t rows_features(const struct rows *r);
uint64_t rows_total(const struct rows *r); // ROWS_UNKNOWN of a CSV
bool rows_prepared(const struct rows *r);  // the file holds features, not columns
// The array in the file, for messages: "X_val". Of a CSV "the table".
const char *rows_name(const struct rows *r);

// Whether `path` is one of the files that are read, by whatever name.
bool rows_reads(const struct rows *r, const char *path);

// The next rows into X[most][features], with labels into y[most] (else NULL): *got of them, at
// least 1, 0 at the end. Fewer than `most` come near the end, or where ids are very long. Every
// value is finite, else ERR_DATA names its row in the file. All calls together give rows_total
// rows, where that is known, or one of them fails. The result does not depend on `workers`.
int rows_next(struct rows *r, size_t most, float *X, float *y, size_t *got, struct error *e);

// Columns that are passed through, and their fields in a row of the last batch as the file has
// them, ready for a CSV with commas: each with a comma behind it.
size_t rows_ids(const struct rows *r);
const char *rows_id_name(const struct rows *r, size_t id);
const char *rows_id_text(const struct rows *r, size_t row, size_t *len);

// What the preparation met so far; NULL of prepared rows.
const struct prep_counts *rows_counts(const struct rows *r);

#endif
