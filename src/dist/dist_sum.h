// SPDX-License-Identifier: MIT
// Sums over the leaves of all ranks, in the fixed tree: the bits are those of a process alone.
#ifndef SKIFF_DIST_DIST_SUM_H
#define SKIFF_DIST_DIST_SUM_H

#include "dist/dist.h"
#include "kern/kern.h"
#include "kern/par.h"
#include "model/plan.h"

#include <stdint.h>

struct dist_sum;

struct dist_sum_spec {
    struct dist *ranks;          // borrowed, not NULL
    const struct kern *kern;     // borrowed
    struct par *team;            // borrowed, or NULL
    size_t floats;               // of a gradient
    size_t rows;                 // of the largest batch
    size_t threads;              // to add with
    const struct pieces *pieces; // those of dist_sum_cut, or NULL: gradients stay in one
};

// Buffers for dist_sum_add, which allocates nothing. Not collective.
struct dist_sum *dist_sum_new(const struct dist_sum_spec *spec, struct error *e);
void dist_sum_free(struct dist_sum *s);                  // NULL is fine
double dist_sum_bytes(const struct dist_sum_spec *spec); // that these buffers take

// The part of the batch's leaves that a rank computes.
struct plan_part dist_part(const struct dist *d);

// What a sum costs the rank with the most to do, in the way that is the best on such a network.
struct dist_cost {
    double bytes, messages; // that it sends
    double hops;            // messages that must follow each other
    double additions;       // of a whole gradient to another, and copies of one
};
struct dist_cost dist_sum_cost(size_t floats, size_t leaves, size_t ranks,
                               const struct dist_network *n);
// Seconds, of which an addition takes so many.
double dist_sum_seconds(const struct dist_cost *c, const struct dist_network *n, double addition);

// The pieces in which large gradients may travel while they are computed; none of small ones, or of
// a process alone: count 0. Large are those of two pieces of so many floats.
size_t dist_sum_piece(size_t ranks);
void dist_sum_cut(const struct dist *d, const struct net *net, struct pieces *pieces);
// Do they from now on? The same on all ranks, between two sums; it is so at first where there are
// pieces.
void dist_sum_use_pieces(struct dist_sum *s, bool yes);
// While a gradient is computed: so many of the pieces are complete in this rank's subtrees. They
// may be posted; what is under way moves. Whatever fails, dist_sum_add says.
void dist_sum_ready(struct dist_sum *s, const struct plan_sums *sums, size_t complete);

// From this rank's part to the whole: afterwards sums->node[0].sum is the gradient, the caller's to
// change until the next call, and sums->node[0].loss the sum of all losses. `flags` go along and
// are or-ed: what one rank says with this step, all know with it.
int dist_sum_add(struct dist_sum *s, struct plan_sums *sums, uint64_t *flags, struct error *e);

#endif
