// SPDX-License-Identifier: MIT
// Model parallelism: which part of every layer a rank has, where several ranks hold one network.
//
//   columns  the outputs of a layer are divided; each rank has its columns of W and its part of b,
//            reads all inputs, and makes its own outputs
//   rows     the inputs of a layer are divided, as the outputs of the layer below are; a rank has
//            its rows of W, and the ranks' products are added up; b is on all of them
//   whole    every rank has all of it and computes the same
//
// Layers of columns and rows come in pairs, and between the two nothing needs to be exchanged. The
// last layer, where it is large and has no partner, is divided by rows alone.
#ifndef SKIFF_MODEL_SLICE_H
#define SKIFF_MODEL_SLICE_H

#include "base/rng.h"
#include "kern/par.h"
#include "model/net.h"

enum slice_kind { SLICE_WHOLE, SLICE_COLUMNS, SLICE_ROWS };

struct slice {
    const struct net *net; // the whole network, borrowed
    size_t rank, ranks;
    enum slice_kind kind[NET_LAYERS_MAX];
    struct net part; // the layers as this rank has them; inputs and outputs are the whole network's
};

// A function of the network and of the number of ranks alone. ERR_LIMIT as of net_init.
int slice_init(struct slice *s, const struct net *net, size_t rank, size_t ranks, struct error *e);

// The inputs and the outputs of layer l that a rank has.
struct par_range slice_inputs(const struct slice *s, size_t l, size_t rank);
struct par_range slice_outputs(const struct slice *s, size_t l, size_t rank);

// Are the inputs of a layer of rows whole on every rank, which then takes its own of them?
bool slice_is_lone(const struct slice *s, size_t l);

// Layers of torch in torch's orientation, W[out][in] and b[out], of the whole network: put what
// this rank has of rows [begin, end), or of biases, where it belongs.
struct slice_rows {
    size_t layer, begin, end;
};
void slice_set_rows(const struct slice *s, float *params, struct slice_rows rows, const float *W);
void slice_set_biases(const struct slice *s, float *params, struct slice_rows rows, const float *b);
// And back: what this rank has of those rows, dense; returns the number of floats.
size_t slice_get_rows(const struct slice *s, const float *params, struct slice_rows rows, float *W);
// The same floats of any rank into the whole rows.
void slice_place_rows(const struct slice *s, size_t rank, struct slice_rows rows, const float *from,
                      float *W);
size_t slice_count_rows(const struct slice *s, size_t rank, struct slice_rows rows);

// As net_draw_weights: the same stream, of which each rank keeps its part. In little memory.
int slice_draw_weights(const struct slice *s, struct rng *rng, float *params, struct error *e);

#endif
