// SPDX-License-Identifier: MIT
// What the two files of dist_sum share.
#ifndef SKIFF_DIST_DIST_SUM_INNER_H
#define SKIFF_DIST_DIST_SUM_INNER_H

#include "base/mem.h"
#include "dist/dist_sum.h"

// What stands in front of a rank's subtrees.
struct head {
    _Alignas(MEM_ALIGN) uint64_t flags;
    double loss[TREE_COVER_MAX]; // of its subtrees
};

enum dist_sum_way { WAY_WHOLE, WAY_SEGMENTS, WAY_DOUBLING, WAYS };
enum dist_sum_way dist_sum_choose(size_t floats, size_t leaves, size_t ranks,
                                  const struct dist_network *n);

// Subtrees that rank r hands over, without their sums, and their number.
size_t dist_sum_nodes(size_t ranks, size_t leaves, size_t r, struct tree_node *node);
// The number of maximal subtrees of these leaves.
size_t dist_sum_count(struct par_range leaves);

#endif
