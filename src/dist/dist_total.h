// SPDX-License-Identifier: MIT
// Sums over the ranks, number by number in the order of the ranks: for a number of ranks the bits
// are the same on all of them and in every run. What model parallelism exchanges in a step; sums of
// gradients, whose bits do not depend on the number of ranks either, are in dist_sum.h.
#ifndef SKIFF_DIST_DIST_TOTAL_H
#define SKIFF_DIST_DIST_TOTAL_H

#include "dist/dist.h"
#include "kern/kern.h"

struct dist_total;

// Buffers for sums of up to `floats`; then nothing is allocated. `d` and `kern` are borrowed. Not
// collective.
struct dist_total *dist_total_new(struct dist *d, const struct kern *kern, size_t floats,
                                  struct error *e);
void dist_total_free(struct dist_total *t); // NULL is fine
double dist_total_bytes(size_t ranks, size_t floats);

// In place; `values` is 64-byte aligned.
int dist_total_floats(struct dist_total *t, float *values, size_t count, struct error *e);
int dist_total_number(struct dist_total *t, double *value, struct error *e);
// Or-ed: what one rank says, all know.
int dist_total_flags(struct dist_total *t, uint64_t *flags, struct error *e);

#endif
