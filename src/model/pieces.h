// SPDX-License-Identifier: MIT
// A gradient in pieces, for whoever sends it on while the rest is computed. Going backward
// completes the last layer first, and layers lie in order in one block of floats, so what is
// complete is always a tail of the block; large layers are completed by rows of W, from the last
// on.
#ifndef SKIFF_MODEL_PIECES_H
#define SKIFF_MODEL_PIECES_H

#include "base/err.h"
#include "kern/kern.h"
#include "model/net.h"
#include "model/tree.h"

#include <stdatomic.h>

#define PIECES_MAX 8
// Rows of W of which dW is computed at a time then: b of the product, the block's dZ, is read again
// for each of them; whole tiles of 6, 8 and 12.
#define PIECES_ROWS 72

// The i-th is floats [bound[i + 1], bound[i]) of the block: bound[0] is its size, bound[count] 0.
struct pieces {
    size_t count;
    size_t bound[PIECES_MAX + 1];
};

// Pieces of `least` floats or, of large networks, of a quarter of all; smaller ones where layers
// end.
void pieces_cut(const struct net *net, size_t least, struct pieces *pieces);

// The additions that join the subtrees of several workers, made piece by piece while the workers
// are still at it: of two subtrees that are to be added, whoever brings the later one adds.
struct piece_join; // a step of tree_join
struct piece_joins {
    const struct kern *kern;
    const struct pieces *pieces;
    const struct tree_node *node; // borrowed: of all workers, in leaf order
    const struct tree_step *step; // borrowed: what joins them
    size_t nodes, steps;
    size_t *first;                      // by node: the step that it waits for, or none
    struct piece_join *join;            // by step
    atomic_size_t complete[PIECES_MAX]; // of the subtrees that are left after all steps
};

// Room for joins of up to so many nodes; kern and pieces are given.
int piece_joins_init(struct piece_joins *j, size_t nodes, struct error *e);
void piece_joins_clear(struct piece_joins *j);
// Of a new gradient, whose nodes and steps are given.
void piece_joins_begin(struct piece_joins *j);
// Nodes [begin, end) are known in the piece. Called by their worker.
void piece_joins_arrive(struct piece_joins *j, size_t begin, size_t end, size_t piece);
// How many pieces are complete, of `done` it is known.
size_t piece_joins_complete(const struct piece_joins *j, size_t done);

#endif
