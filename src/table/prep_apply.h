// SPDX-License-Identifier: MIT
// A fitted preparation on rows: of a frame, or of the blocks of another file. It is not changed by
// that, so threads may share it.
#ifndef SKIFF_TABLE_PREP_APPLY_H
#define SKIFF_TABLE_PREP_APPLY_H

#include "table/prep.h"

// What was met that a user should hear of; one entry a column of the preparation.
#define PREP_EXAMPLE_MAX 64 // bytes, the zero byte included
struct prep_counts {
    size_t rows;
    size_t *missing;                   // filled
    size_t *unseen;                    // categories that the fit did not know, and
    char (*example)[PREP_EXAMPLE_MAX]; // the first of them, cut where it is longer
    size_t *numbers;                   // of those, numbers in a column of texts
};
int prep_counts_init(struct prep_counts *c, const struct prep *p, struct error *e);
void prep_counts_clear(struct prep_counts *c);
void prep_counts_reset(struct prep_counts *c, const struct prep *p); // to nothing
// `from` has counted what comes behind.
void prep_counts_add(struct prep_counts *to, const struct prep_counts *from, const struct prep *p);
// Once all rows of `name` are counted: ERR_MISMATCH for a column with nothing but numbers in it,
// two or more, where the fit met words. One of them might be a category that is new.
int prep_counts_check(const struct prep_counts *c, const struct prep *p, const char *name,
                      struct error *e);

// Rows of the frame that was fitted on, or of one with the same columns: order[0 .. rows), or the
// first `rows` when there is no order.
struct prep_rows {
    const struct frame *frame;
    const uint32_t *order;
    size_t rows;
};
// Their features X[rows][features]. `counts` may be NULL. Messages name a row by its number in the
// frame, from 1, and no file.
int prep_transform(const struct prep *p, const struct prep_rows *rows, double *X,
                   struct prep_counts *counts, struct error *e);
// Labels likewise: classes by number, or amounts. A class that is none of p->target's, or a missing
// value is ERR_DATA and names the row.
int prep_labels(const struct prep *p, const struct prep_rows *rows, double *y, struct error *e);

// A reader of other files, a block of text at a time. Columns are found by name; more of them and
// another order do not matter. One that is missing is ERR_MISMATCH and names the nearest.
struct prep_reader;
struct prep_reader *prep_reader_new(const struct prep *p, const struct csv *c, bool labels,
                                    struct error *e);
// The same of a file that has the preparation's columns and no others, in its order, whatever they
// are called.
struct prep_reader *prep_reader_ordered(const struct prep *p, const struct csv *c, struct error *e);
void prep_reader_free(struct prep_reader *r); // NULL is fine
// A block that csv_split has split: X[b->rows][features] as float, y[b->rows] as float (NULL
// without labels). A field of another type than the column's is ERR_MISMATCH with its line.
// Safe from several threads at once, with counts of their own.
int prep_reader_take(const struct prep_reader *r, const struct csv_block *b, float *X, float *y,
                     struct prep_counts *counts, struct error *e);

#endif
