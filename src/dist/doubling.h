// SPDX-License-Identifier: MIT
// Who speaks with whom when subtrees are summed by recursive doubling. Of R ranks the largest power
// of two up to R act. The ranks beyond are the odd ones of the first pairs of neighbours: each
// hands its subtrees to the one before and gets the sum from it. In round k = 0, 1, ... the groups
// of 2^k actors each have the maximal subtrees of all their leaves, which are consecutive; each
// actor of a group speaks with one of the group beside it, and afterwards both groups are one.
#ifndef SKIFF_DIST_DOUBLING_H
#define SKIFF_DIST_DOUBLING_H

#include "kern/par.h"

#include <stdbool.h>
#include <stddef.h>

struct doubling {
    size_t ranks, actors; // actors <= ranks < 2 * actors
};

struct doubling doubling_of(size_t ranks);
bool doubling_acts(struct doubling g, size_t rank);
size_t doubling_actor(struct doubling g, size_t rank);     // which it is, or hands its subtrees to
size_t doubling_rank(struct doubling g, size_t actor);     // the rank that acts
bool doubling_has_second(struct doubling g, size_t actor); // a rank that does not act, the next one

// The leaves of the group of `width` actors, a power of two, that an actor is in.
struct par_range doubling_leaves(struct doubling g, size_t leaves, size_t actor, size_t width);
// Those of one rank.
struct par_range doubling_own(struct doubling g, size_t leaves, size_t rank);

#endif
