// SPDX-License-Identifier: MIT
// A table whose rows are divided among the ranks, so that none of them has all: rank r has rows
// [begin[r], begin[r + 1]). And the rows of batches, which travel to whoever computes them.
#ifndef SKIFF_DIST_DIST_ROWS_H
#define SKIFF_DIST_DIST_ROWS_H

#include "dist/dist.h"
#include "kern/par.h"

#include <stddef.h>
#include <stdint.h>

// Everybody's rows to everybody: `all` has room for every row of `bytes` bytes, and this rank's are
// in their place already.
int dist_rows_join(struct dist *d, const size_t *begin, void *all, size_t bytes, struct error *e);

// From one division to another. `rows` are this rank's of the first, `dealt` has room for its of
// the second, or is NULL where both are the same.
struct dist_deal {
    const size_t *from, *to; // [ranks + 1]
    size_t bytes;            // of a row
    const void *rows;
    void *dealt;
};
int dist_rows_deal(struct dist *d, const struct dist_deal *deal, struct error *e);

// begin[ranks + 1] of the division in which each rank has the rows that it computes when all `rows`
// are one batch.
void dist_rows_divide(const struct dist *d, size_t rows, size_t gradient_floats, size_t *begin);

struct dist_rows;

struct dist_rows_spec {
    struct dist *ranks;     // borrowed
    const float *X;         // borrowed: this rank's rows in the division of dist_rows_divide
    size_t rows, d;         // of the whole table
    size_t batch;           // rows of the largest one
    size_t gradient_floats; // which say who computes what
    struct par *team;       // borrowed, or NULL
    size_t threads;         // to copy with
};

// Buffers; fetching allocates nothing. Not collective.
struct dist_rows *dist_rows_new(const struct dist_rows_spec *spec, struct error *e);
void dist_rows_free(struct dist_rows *r); // NULL is fine

// Post the messages for a batch that consists of these rows of the table in this order, which is
// the same on every rank and stays until they are taken. The next wait, of whatever exchange, or
// dist_rows_wait, sees them done.
int dist_rows_post(struct dist_rows *r, const uint32_t *order, size_t rows, struct error *e);
int dist_rows_wait(struct dist_rows *r, struct error *e);
// Afterwards: where each row of this rank's part of that batch is, in its order, from row *begin to
// *end. Valid until the next take.
const float *const *dist_rows_take(struct dist_rows *r, size_t *begin, size_t *end);

#endif
