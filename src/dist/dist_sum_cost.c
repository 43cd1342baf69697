// SPDX-License-Identifier: MIT
// What the ways of dist_sum.c cost, and the choice between them. Which is the fastest is a matter
// of the network, so all ranks go by one that the root has measured (dist_measure.c).
#include "dist/dist_sum_inner.h"
#include "dist/doubling.h"

#define MEMORY_BYTE 1e-10 // seconds to add a byte of a gradient, or to copy it

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

// A rank sends its subtrees to all others, whole or a segment to each.
static void cost_at_once(size_t floats, size_t leaves, size_t ranks, struct dist_cost *cost)
{
    const double others = (double)ranks - 1, bytes = sizeof(float) * (double)floats;
    const double heads = others * sizeof(struct head), share = 1 / (double)ranks;
    struct tree_node node[TREE_COVER_MAX];
    double all = 0, most = 0;
    for (size_t r = 0; r < ranks; r++) {
        const double nodes = (double)dist_sum_nodes(ranks, leaves, r, node);
        all += nodes;
        most = nodes > most ? nodes : most;
    }
    cost[WAY_WHOLE] = (struct dist_cost){
        .bytes = heads + others * most * bytes,
        .messages = others,
        .hops = 1,
        .additions = all - 1 + most,
    };
    cost[WAY_SEGMENTS] = (struct dist_cost){
        .bytes = heads + others * (most + 1) * bytes * share,
        .messages = others * (2 + most),
        .hops = 2,
        .additions = all * share,
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

static void cost_doubling(size_t floats, size_t leaves, size_t ranks, struct dist_cost *cost)
{
    const struct doubling g = doubling_of(ranks);
    double subtrees = 0;
    *cost = (struct dist_cost){.messages = ranks > g.actors, .hops = ranks > g.actors ? 2 : 0};
    for (size_t width = 1; width < g.actors; width *= 2) {
        cost->messages++;
        cost->hops++;
    }
    for (size_t actor = 0; actor < g.actors; actor++) {
        double sent, added;
        count_rounds(g, leaves, actor, &sent, &added);
        subtrees = sent > subtrees ? sent : subtrees;
        cost->additions = sent + added > cost->additions ? sent + added : cost->additions;
    }
    cost->bytes = cost->messages * sizeof(struct head) + subtrees * sizeof(float) * (double)floats;
}

double dist_sum_seconds(const struct dist_cost *c, const struct dist_network *n, double addition)
{
    return c->hops * n->latency + c->messages * n->message + c->bytes / n->bandwidth +
           c->additions * addition;
}

// The way, and what it costs.
static enum dist_sum_way choose(size_t floats, size_t leaves, size_t ranks,
                                const struct dist_network *n, struct dist_cost *best)
{
    const double addition = MEMORY_BYTE * sizeof(float) * (double)floats;
    struct dist_cost cost[WAYS];
    enum dist_sum_way chosen = WAY_WHOLE;
    cost_at_once(floats, leaves, ranks, cost);
    cost_doubling(floats, leaves, ranks, &cost[WAY_DOUBLING]);
    for (enum dist_sum_way way = WAY_WHOLE; way < WAYS; way++)
        if (dist_sum_seconds(&cost[way], n, addition) <
            dist_sum_seconds(&cost[chosen], n, addition))
            chosen = way;
    *best = cost[chosen];
    return chosen;
}

enum dist_sum_way dist_sum_choose(size_t floats, size_t leaves, size_t ranks,
                                  const struct dist_network *n)
{
    struct dist_cost cost;
    return choose(floats, leaves, ranks, n, &cost);
}

struct dist_cost dist_sum_cost(size_t floats, size_t leaves, size_t ranks,
                               const struct dist_network *n)
{
    struct dist_cost cost = {0};
    if (ranks > 1)
        choose(floats, leaves, ranks, n, &cost);
    return cost;
}
