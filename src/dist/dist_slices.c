// SPDX-License-Identifier: MIT
// One rank after the other sends what it has of a piece, so the root needs room for one of them.
#include "dist/dist_slices.h"

#include "dist/dist_inner.h"

#include <string.h>

int dist_slices_fetch(struct dist *d, size_t from, const float *own, float *to, size_t floats,
                      struct error *e)
{
    const size_t bytes = floats * sizeof *own, rank = dist_rank(d);
    int rc = 0;
    if (from == 0 && rank == 0)
        memcpy(to, own, bytes);
    else if (rank == 0)
        rc = dist_recv(d, from, to, bytes, e);
    else if (rank == from)
        rc = dist_send(d, 0, own, bytes, e);
    return rc == 0 && d ? dist_wait(d, e) : rc;
}

int dist_slices_give(struct dist *d, size_t to, const float *from, float *own, size_t floats,
                     struct error *e)
{
    const size_t bytes = floats * sizeof *own, rank = dist_rank(d);
    int rc = 0;
    if (to == 0 && rank == 0)
        memcpy(own, from, bytes);
    else if (rank == 0)
        rc = dist_send(d, to, from, bytes, e);
    else if (rank == to)
        rc = dist_recv(d, 0, own, bytes, e);
    return rc == 0 && d ? dist_wait(d, e) : rc;
}

// Does the root have all of a layer?
static bool is_whole(const struct dist_slices *s, size_t l)
{
    return s->slice->kind[l] == SLICE_WHOLE;
}

int dist_slices_rows(const struct dist_slices *s, struct slice_rows rows, float *W, struct error *e)
{
    const bool root = dist_is_root(s->ranks);
    const size_t own = slice_get_rows(s->slice, s->params, rows, s->piece);
    if (root)
        slice_place_rows(s->slice, 0, rows, s->piece, W);
    if (is_whole(s, rows.layer))
        return 0;
    if (!root)
        return dist_slices_fetch(s->ranks, dist_rank(s->ranks), s->piece, NULL, own, e);
    int rc = 0;
    for (size_t r = 1; rc == 0 && r < s->slice->ranks; r++) {
        const size_t floats = slice_count_rows(s->slice, r, rows);
        rc = dist_slices_fetch(s->ranks, r, NULL, s->piece, floats, e);
        if (rc == 0)
            slice_place_rows(s->slice, r, rows, s->piece, W);
    }
    return rc;
}

int dist_slices_biases(const struct dist_slices *s, struct slice_rows rows, float *b,
                       struct error *e)
{
    const float *own = s->params + s->slice->part.layer[rows.layer].bias;
    int rc = 0;
    for (size_t r = 0; rc == 0 && r < s->slice->ranks; r++) {
        const struct par_range out = slice_outputs(s->slice, rows.layer, r);
        const struct par_range some = par_common(out, (struct par_range){rows.begin, rows.end});
        if (some.end > some.begin && (r == 0 || s->slice->kind[rows.layer] == SLICE_COLUMNS))
            rc = dist_slices_fetch(s->ranks, r, own + (some.begin - out.begin),
                                   b + (some.begin - rows.begin), some.end - some.begin, e);
    }
    return rc;
}
