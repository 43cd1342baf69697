// SPDX-License-Identifier: MIT
// The way of dist_sum for gradients that travel while they are computed, inside src/dist/: see
// dist_flow.c.
#ifndef SKIFF_DIST_DIST_FLOW_H
#define SKIFF_DIST_DIST_FLOW_H

#include "dist/dist_sum.h"

struct dist_flow;

// All is borrowed from the dist_sum.
struct dist_flow_spec {
    const struct dist_sum_spec *sum;
    float *in;              // what dist_flow_floats says
    float *out;             // a head and a gradient
    struct tree_node *node; // room for the subtrees of all ranks,
    struct tree_step *step; // and for what joins them
};

// Floats of `in`, for so many subtrees of all ranks; false: more than can be.
bool dist_flow_floats(const struct dist_sum_spec *spec, size_t subtrees, size_t *in);
struct dist_flow *dist_flow_new(const struct dist_flow_spec *spec, struct error *e);
void dist_flow_free(struct dist_flow *f); // NULL is fine

// As dist_sum_ready and dist_sum_add.
void dist_flow_ready(struct dist_flow *f, const struct plan_sums *sums, size_t complete);
int dist_flow_add(struct dist_flow *f, struct plan_sums *sums, uint64_t *flags, struct error *e);

#endif
