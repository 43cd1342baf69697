// SPDX-License-Identifier: MIT
// Forward and backward of one block of rows through all layers, in buffers of one worker.
#ifndef SKIFF_MODEL_BLOCK_H
#define SKIFF_MODEL_BLOCK_H

#include "kern/gemm.h"
#include "model/net.h"
#include "model/plan.h"

#define BLOCK_ROWS 128 // at most; the activations of a block stay in the L2 cache

// Activations of one layer over the block, [rows][ld]. For a hidden layer ld = kern_pad(out); for
// the output layer ld = out when it is narrow.
struct block_layer {
    size_t ld;
    const struct gemm *gemm; // who computes the layer's products; NULL: the kernels

    float *z;   // before the activation, where its derivative needs that; else the same as a
    float *a;   // after it (output layer: probabilities or predictions)
    float *out; // after dropout: what the next layer reads; the same as a when nothing needs a
};

struct block {
    const struct net *net;
    const struct kern *kern;
    size_t input_ld; // of `input`
    float *input;    // [BLOCK_ROWS][input_ld], rows gathered or padded
    const float *x;  // what the first layer reads: input, or the batch itself
    size_t ldx;
    struct block_layer layer[NET_LAYERS_MAX];
    float *y;        // [BLOCK_ROWS][targets] gathered
    float *loss;     // [BLOCK_ROWS] scratch when nobody wants the losses
    float *work;     // [BLOCK_ROWS]
    float *dz;       // of the output layer
    float *delta[2]; // [BLOCK_ROWS][net_widest], used in turn going backward
    float *memory;   // all of the above
};

// `gemm` as in struct plan_spec.
int block_init(struct block *b, const struct net *net, const struct kern *kern,
               const struct gemm *gemm, bool gradients, struct error *e);
void block_clear(struct block *b);
size_t block_floats(const struct net *net, bool gradients); // that block_init takes

// What backward needs besides the activations: z, and the activation as it was before dropout.
bool block_needs_z(enum kern_act act);
bool block_needs_undropped(const struct net *net);

// Who wants to know, while a leaf's last block goes backward, how far it has come. It is then cut
// into strips of products, and after each `look` is called: the leaf's gradient is final from the
// `from`-th float on, and where there is `into`, added to it.
struct block_watch {
    void (*look)(struct block_watch *watch, size_t from);
};

// Rows [begin, begin + rows) of a batch, and where things go.
struct block_rows {
    const struct plan_batch *batch;
    size_t begin, rows;
    const float *params;
    const float *transposed;
    const uint8_t *keep; // dropout masks of the whole batch, or NULL
    float scale;
    float *loss;     // [rows], or NULL: no loss and no gradient
    float *pred;     // [rows][outputs], or NULL
    float *gradient; // for block_backward: the leaf's
    bool first;      // it holds nothing yet: store instead of add
    float *into;     // in the leaf's last block: what its gradient is then added to, or NULL
    struct block_watch *watch; // in the leaf's last block: who watches, or NULL
};

void block_forward(struct block *b, const struct block_rows *r);
void block_backward(struct block *b, const struct block_rows *r);

// W^T of the wide layers behind the first into a block of net->transposed_size floats: the part-th
// of `parts` shares of it.
void block_transpose(const struct block *b, const float *params, float *transposed, size_t parts,
                     size_t part);

#endif
