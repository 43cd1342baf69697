// SPDX-License-Identifier: MIT
// The fixed order of sums. A batch is cut into leaves, a power of two of them, and their partial
// sums are added in one binary tree over the leaf numbers: leaf 0 with leaf 1, the pair with the
// pair of 2 and 3, and so on. Who computes which leaf changes nothing. A worker (a thread, or a
// rank) that owns leaves [begin, end) adds what it can on its own, its maximal aligned subtrees;
// the joiner finishes the same tree from those.
#ifndef SKIFF_MODEL_TREE_H
#define SKIFF_MODEL_TREE_H

#include <stddef.h>

#define TREE_LEVELS_MAX 10
#define TREE_LEAVES_MAX ((size_t)1 << TREE_LEVELS_MAX)
#define TREE_COVER_MAX  (2 * TREE_LEVELS_MAX) // maximal subtrees of one range: two a level
#define TREE_STACK_MAX  (TREE_COVER_MAX + 1)  // and the leaf in work

// A subtree: leaves [first, first + 2^level), and what is known of the sums over them.
struct tree_node {
    size_t first;
    unsigned level;
    float *sum;  // of gradients
    double loss; // of losses
};

// Where the sum of the next leaf goes, and what has been added so far: a stack of subtrees, each
// with a buffer of its own. A buffer above the top is free.
struct tree_stack {
    size_t count;
    struct tree_node node[TREE_STACK_MAX];
};

// May the two be added: are they the left and the right child of one parent?
int tree_siblings(const struct tree_node *left, const struct tree_node *right);

// Leaf `leaf` has been summed into node[count].sum: put it on the stack. The caller then adds
// while tree_must_fold, each time node[count-1].sum into node[count-2].sum and calls tree_fold.
void tree_push(struct tree_stack *s, size_t leaf);
int tree_must_fold(const struct tree_stack *s);
void tree_fold(struct tree_stack *s);

// The additions that join subtrees of several workers, given in leaf order: `into` and `from` are
// indices into nodes[]. With all leaves the whole sum ends in nodes[0]; in general that of each
// maximal subtree ends in the node with the same first leaf. Returns their number.
struct tree_step {
    size_t into, from;
};
size_t tree_join(const struct tree_node *nodes, size_t count, struct tree_step *steps);

// Adds the losses of these nodes likewise.
void tree_join_losses(struct tree_node *nodes, const struct tree_step *steps, size_t count);

// The maximal subtrees of leaves [begin, end), in leaf order, without their sums: what a worker
// with those leaves hands over. Returns their number.
size_t tree_cover(size_t begin, size_t end, struct tree_node *nodes);

#endif
