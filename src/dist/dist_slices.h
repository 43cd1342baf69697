// SPDX-License-Identifier: MIT
// The parameters of a network whose slices several ranks hold, at the root, a piece at a time: they
// are never whole in memory. All calls are collective; `d` may be NULL, a process that has all.
#ifndef SKIFF_DIST_DIST_SLICES_H
#define SKIFF_DIST_DIST_SLICES_H

#include "dist/dist.h"
#include "model/slice.h"

struct dist_slices {
    struct dist *ranks;
    const struct slice *slice;
    const float *params; // of this rank
    float *piece;        // [rows * inputs] scratch for the largest piece
};

// Rows [begin, end) of a layer's W[out][in], as torch has it, and elements of its bias.
int dist_slices_rows(const struct dist_slices *s, struct slice_rows rows, float *W,
                     struct error *e);
int dist_slices_biases(const struct dist_slices *s, struct slice_rows rows, float *b,
                       struct error *e);

// `floats` of a block that rank `from` has to the root, which gives memory for them, and back.
int dist_slices_fetch(struct dist *d, size_t from, const float *own, float *to, size_t floats,
                      struct error *e);
int dist_slices_give(struct dist *d, size_t to, const float *from, float *own, size_t floats,
                     struct error *e);

#endif
