// SPDX-License-Identifier: MIT
// A network of dense layers and where its parameters lie: one flat block of floats for all of them,
// so that zeroing, saving, summing and stepping are one call each. Gradients and optimizer state
// use the same offsets.
#ifndef SKIFF_MODEL_NET_H
#define SKIFF_MODEL_NET_H

#include "base/err.h"
#include "base/opt.h"
#include "base/rng.h"
#include "kern/kern.h"

#include <stdbool.h>
#include <stddef.h>

#define NET_LAYERS_MAX (OPT_SIZES_MAX + 1)

enum net_task { TASK_AUTO, TASK_BINARY, TASK_MULTICLASS, TASK_REGRESSION };

// One dense layer. Weights are kept in the orientation that the products want, every row padded
// with zeros to KERN_LANES floats:
//   wide:   W[in][ld], ld = kern_pad(out): vectors run along the outputs
//   narrow: W[out][ld], ld = kern_pad(in): an output layer of few units, vectors along the inputs
// torch's [out][in] exists only in files.
struct net_layer {
    size_t in, out;
    bool narrow;
    size_t ld;         // row length of W in floats
    size_t weight;     // offset of W in the block
    size_t bias;       // offset of b[kern_pad(out)]
    size_t transposed; // offset of W^T[kern_pad(out)][kern_pad(in)] in a block of its own, which
                       // only the wide layers behind the first have
};

struct net {
    size_t layers; // at least 1; the last is the output layer
    struct net_layer layer[NET_LAYERS_MAX];
    enum kern_act act; // of the hidden layers
    double dropout;    // after each hidden activation
    enum net_task task;
    size_t inputs, outputs;
    size_t size;            // floats in the block, padding included
    size_t transposed_size; // floats in the block of the transposed weights
    size_t parameters;      // true parameters
};

struct net_spec {
    size_t inputs, outputs;
    const struct opt_sizes *hidden;
    enum kern_act act;
    double dropout;
    enum net_task task;
};

// Sizes beyond memory's addresses are ERR_LIMIT.
int net_init(struct net *net, const struct net_spec *spec, struct error *e);
// The same network with only so many inputs and outputs of each layer: what one of several ranks
// has of it (see slice.h). part->inputs and part->outputs are those of the whole.
int net_init_part(struct net *part, const struct net *whole, const size_t *in, const size_t *out,
                  struct error *e);

// Offset in the block of the weight from input i to output o.
size_t net_weight_at(const struct net_layer *l, size_t o, size_t i);

// The widest padded activation of any layer, inputs not counted.
size_t net_widest(const struct net *net);

// What torch's nn.Linear layers, built in order, would start from: advances `rng`.
// ERR_NOMEM is the only failure.
int net_draw_weights(const struct net *net, struct rng *rng, float *params, struct error *e);

// One layer in torch's orientation: W[out][in] and b[out], dense.
void net_get_layer(const struct net *net, const float *params, size_t l, float *W, float *b);
void net_set_layer(const struct net *net, float *params, size_t l, const float *W, const float *b);

// Output `o` becomes shift + factor * itself, by its weights and its bias.
void net_rescale_output(const struct net *net, float *params, size_t o, double factor,
                        double shift);

// Names by enum net_task ("auto" first) and by activation, ACT_RELU first; NULL-terminated.
extern const char *const net_task_words[];
extern const char *const net_act_words[];
const char *net_task_name(enum net_task task);

#endif
