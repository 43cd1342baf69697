// SPDX-License-Identifier: MIT
// A table ready for training: a dense float32 matrix and its targets, from one .npz file or from a
// folder of them joined in name order, or from rows that come from elsewhere.
#ifndef SKIFF_TABLE_DATASET_H
#define SKIFF_TABLE_DATASET_H

#include "base/err.h"
#include "base/file.h"
#include "table/inputs.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dataset {
    size_t n, d;                 // rows, features; both at least 1
    size_t targets;              // columns of y
    const float *X;              // [n][d], dense; every value finite
    float *y;                    // [n][targets], every value finite
    bool y_integer;              // the labels were stored as integers or bools
    char x_name[64], y_name[64]; // what the arrays are called in the file, for messages
    float *owned;                // X when it was read
    struct file_map map;         // X when it was mapped
    // Of a table that no process has whole, where ranks hold different rows (job/shards.h): y is
    // all of it, X has rows [first, first + held) alone, and x_digest is that of all of X.
    bool sharded;
    size_t first, held;
    uint32_t x_digest;
};

int dataset_load(struct dataset *d, const char *path, const struct dataset_keys *keys,
                 struct error *e);
struct rows;
struct rows_spec;
// All rows of a CSV that was opened with labels; its target is one column.
int dataset_take(struct dataset *d, struct rows *r, const struct rows_spec *spec, struct error *e);
void dataset_clear(struct dataset *d);

// Bytes of memory that it takes; what is mapped takes none of its own.
size_t dataset_bytes(const struct dataset *d);

// CRC-32 of X and y as they are: two runs on equal data agree. Reads all of them.
uint32_t dataset_digest(const struct dataset *d);

#endif
