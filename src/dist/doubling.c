// SPDX-License-Identifier: MIT
// Arithmetic on numbers of ranks alone, without messages or state, so that a test can go through
// all of them. Actors are in the order of their ranks and ranks in that of their leaves: so the
// leaves of a group are consecutive, and its subtrees those of the one tree.
#include "dist/doubling.h"

struct doubling doubling_of(size_t ranks)
{
    struct doubling g = {.ranks = ranks, .actors = 1};
    while (2 * g.actors <= ranks)
        g.actors *= 2;
    return g;
}

// Ranks that do not act.
static size_t seconds(struct doubling g)
{
    return g.ranks - g.actors;
}

static bool in_pairs(struct doubling g, size_t rank)
{
    return rank < 2 * seconds(g);
}

bool doubling_acts(struct doubling g, size_t rank)
{
    return !in_pairs(g, rank) || rank % 2 == 0;
}

size_t doubling_actor(struct doubling g, size_t rank)
{
    return in_pairs(g, rank) ? rank / 2 : rank - seconds(g);
}

bool doubling_has_second(struct doubling g, size_t actor)
{
    return actor < seconds(g);
}

size_t doubling_rank(struct doubling g, size_t actor)
{
    return actor < seconds(g) ? 2 * actor : actor + seconds(g);
}

// The first leaf of a rank; of the one behind the last: all.
static size_t first_leaf(struct doubling g, size_t leaves, size_t rank)
{
    return rank < g.ranks ? par_split(leaves, 1, g.ranks, rank).begin : leaves;
}

struct par_range doubling_own(struct doubling g, size_t leaves, size_t rank)
{
    return (struct par_range){first_leaf(g, leaves, rank), first_leaf(g, leaves, rank + 1)};
}

struct par_range doubling_leaves(struct doubling g, size_t leaves, size_t actor, size_t width)
{
    const size_t first = actor / width * width;
    return (struct par_range){first_leaf(g, leaves, doubling_rank(g, first)),
                              first_leaf(g, leaves, doubling_rank(g, first + width))};
}
