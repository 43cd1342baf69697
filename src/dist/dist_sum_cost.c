// SPDX-License-Identifier: MIT
// What the ways of dist_sum.c cost, and the choice between them.
#include "dist/dist_sum_inner.h"
#include "dist/doubling.h"

// A network between hosts of 50 us and 10 Gbit/s, where a message takes 5 us of a core; in bytes
// that could be sent meanwhile. Memory is eight times as fast. In batches
// of 128 leaves that makes doubling the way for 64 bytes from 64 ranks on, for 10 KB from 17 (and
// some before that have uneven subtrees: 7, 9 to 15), for 50 to 128 KB from 3, for 1 MB near 1000.
#define HOP_BYTES     62500.0
#define MESSAGE_BYTES 6250.0
#define MEMORY_SHARE  0.125

size_t dist_sum_nodes(size_t ranks, size_t leaves, size_t r, struct tree_node *node)
{
    const struct par_range own = plan_part_leaves(leaves, (struct plan_part){r, ranks});
    return tree_cover(own.begin, own.end, node);
}

size_t dist_sum_count(struct par_range leaves)
{
    struct tree_node node[TREE_COVER_MAX];
    return tree_cover(leaves.begin, leaves.end, node);
}

static struct dist_cost cost_at_once(size_t floats, size_t leaves, size_t ranks)
{
    const double others = (double)ranks - 1, bytes = sizeof(float) * (double)floats;
    struct tree_node node[TREE_COVER_MAX];
    double all = 0, most = 0;
    for (size_t r = 0; r < ranks; r++) {
        const double nodes = (double)dist_sum_nodes(ranks, leaves, r, node);
        all += nodes;
        most = nodes > most ? nodes : most;
    }
    const double heads = others * sizeof(struct head), subtrees = others * most * bytes;
    if (floats < DIST_SEGMENTS_FROM)
        return (struct dist_cost){heads + subtrees, others, 1, all - 1};
    return (struct dist_cost){
        .bytes = heads + (subtrees + others * bytes) / (double)ranks,
        .messages = others * (2 + most),
        .hops = 2,
        .additions = (all - 1) / (double)ranks,
    };
}

// Subtrees that an actor sends in all rounds, and additions that it makes.
static void count_rounds(struct doubling g, size_t leaves, size_t actor, double *sent,
                         double *added)
{
    const size_t second = doubling_rank(g, actor) + 1;
    size_t have = dist_sum_count(doubling_leaves(g, leaves, actor, 1));
    *sent = *added = 0;
    if (doubling_has_second(g, actor))
        *added = (double)(dist_sum_count(doubling_own(g, leaves, second - 1)) +
                          dist_sum_count(doubling_own(g, leaves, second)) - have);
    for (size_t width = 1; width < g.actors; width *= 2) {
        const size_t come = dist_sum_count(doubling_leaves(g, leaves, actor ^ width, width));
        const size_t both = dist_sum_count(doubling_leaves(g, leaves, actor, 2 * width));
        *sent += (double)have;
        *added += (double)(have + come - both);
        have = both;
    }
    *sent += doubling_has_second(g, actor); // the sum
}

static struct dist_cost cost_doubling(size_t floats, size_t leaves, size_t ranks)
{
    const struct doubling g = doubling_of(ranks);
    struct dist_cost cost = {.messages = ranks > g.actors, .hops = ranks > g.actors ? 2 : 0};
    double subtrees = 0;
    for (size_t width = 1; width < g.actors; width *= 2) {
        cost.messages++;
        cost.hops++;
    }
    for (size_t actor = 0; actor < g.actors; actor++) {
        double sent, added;
        count_rounds(g, leaves, actor, &sent, &added);
        subtrees = sent > subtrees ? sent : subtrees;
        cost.additions = added > cost.additions ? added : cost.additions;
    }
    cost.bytes = cost.messages * sizeof(struct head) + subtrees * sizeof(float) * (double)floats;
    return cost;
}

// Additions count, too, since segments share them; and so do copies, which doubling makes of what
// it sends.
static double weight(struct dist_cost c, size_t floats, double copied)
{
    const double added = c.additions * sizeof(float) * (double)floats;
    return HOP_BYTES * c.hops + MESSAGE_BYTES * c.messages + c.bytes +
           MEMORY_SHARE * (added + copied);
}

enum dist_sum_way dist_sum_choose(size_t floats, size_t leaves, size_t ranks)
{
    const struct dist_cost doubled = cost_doubling(floats, leaves, ranks);
    const struct dist_cost at_once = cost_at_once(floats, leaves, ranks);
    if (weight(doubled, floats, doubled.bytes) < weight(at_once, floats, 0))
        return WAY_DOUBLING;
    return floats < DIST_SEGMENTS_FROM ? WAY_WHOLE : WAY_SEGMENTS;
}

struct dist_cost dist_sum_cost(size_t floats, size_t leaves, size_t ranks)
{
    if (ranks < 2)
        return (struct dist_cost){0};
    return dist_sum_choose(floats, leaves, ranks) == WAY_DOUBLING
               ? cost_doubling(floats, leaves, ranks)
               : cost_at_once(floats, leaves, ranks);
}
