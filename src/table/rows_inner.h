// SPDX-License-Identifier: MIT
// The kinds of rows. For rows*.c.
#ifndef SKIFF_TABLE_ROWS_INNER_H
#define SKIFF_TABLE_ROWS_INNER_H

#include "table/rows.h"

struct rows_kind {
    int (*next)(struct rows *r, size_t most, float *X, float *y, size_t *got, struct error *e);
    void (*close)(struct rows *r);
};

// What a kind's own struct begins with.
struct rows {
    const struct rows_kind *kind;
    const struct rows_spec *spec;
    char **paths;       // [files], owned
    size_t files, next; // files in all; the one to open next
    size_t features;
    uint64_t total;
    const char *name;

    // Of a CSV.
    size_t ids;
    char **id; // [ids] names
    struct buf id_text;
    size_t *id_end; // [rows of the last batch]: behind a row's fields in id_text
    struct prep_counts *counts;
};

// Make room and begin; rows_close clears what there is, also when `open` fails. `paths` is given
// away.
struct rows *rows_npz_new(void);
int rows_npz_open(struct rows *base, struct error *e);
struct rows *rows_csv_new(void);
int rows_csv_open(struct rows *base, struct error *e);

#endif
