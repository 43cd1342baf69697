// SPDX-License-Identifier: MIT
// Leaves are pushed as ones are added to a binary counter, siblings folded as it carries. A range
// that is no aligned subtree leaves several on the stack; tree_join goes on with those in the same
// way, so that the whole is one tree however the leaves were divided.
#include "model/tree.h"

int tree_siblings(const struct tree_node *left, const struct tree_node *right)
{
    const size_t width = (size_t)1 << left->level;
    return left->level == right->level && left->first + width == right->first &&
           (left->first & width) == 0;
}

void tree_push(struct tree_stack *s, size_t leaf)
{
    s->node[s->count].first = leaf;
    s->node[s->count].level = 0;
    s->count++;
}

int tree_must_fold(const struct tree_stack *s)
{
    return s->count >= 2 && tree_siblings(&s->node[s->count - 2], &s->node[s->count - 1]);
}

void tree_fold(struct tree_stack *s)
{
    s->count--;
    s->node[s->count - 1].level++;
}

size_t tree_join(const struct tree_node *nodes, size_t count, struct tree_step *steps)
{
    struct tree_node stack[TREE_STACK_MAX];
    size_t index[TREE_STACK_MAX]; // of stack[i] in nodes
    size_t depth = 0, made = 0;
    for (size_t i = 0; i < count; i++) {
        stack[depth] = nodes[i];
        index[depth++] = i;
        while (depth >= 2 && tree_siblings(&stack[depth - 2], &stack[depth - 1])) {
            steps[made++] = (struct tree_step){index[depth - 2], index[depth - 1]};
            depth--;
            stack[depth - 1].level++;
        }
    }
    return made;
}

size_t tree_cover(size_t begin, size_t end, struct tree_node *nodes)
{
    size_t count = 0;
    while (begin < end) {
        unsigned level = 0;
        // up as long as the leaf begins a subtree of twice the width that ends in the range
        while ((begin >> level & 1) == 0 && begin + ((size_t)2 << level) <= end)
            level++;
        nodes[count++] = (struct tree_node){.first = begin, .level = level};
        begin += (size_t)1 << level;
    }
    return count;
}

void tree_join_losses(struct tree_node *nodes, const struct tree_step *steps, size_t count)
{
    for (size_t i = 0; i < count; i++)
        nodes[steps[i].into].loss += nodes[steps[i].from].loss;
}
