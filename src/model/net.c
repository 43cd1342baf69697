// SPDX-License-Identifier: MIT
// Layers lie one behind the other, weights before biases, and every size follows from the shape
// alone: so an offset means the same in parameters, gradients, optimizer state and checkpoints.
#include "model/net.h"

#include "base/mem.h"

#include <math.h>
#include <string.h>

#define NET_SIZE_MAX ((size_t)1 << 40) // floats of a layer: beyond memory, far below overflow

const char *const net_task_words[] = {"auto", "binary", "multiclass", "regression", NULL};
const char *const net_act_words[] = {"relu", "leaky_relu", "tanh", "sigmoid", "gelu", "silu", NULL};

const char *net_task_name(enum net_task task)
{
    return net_task_words[task];
}

// Place one layer behind what the block already holds.
static int add_layer(struct net *net, size_t in, size_t out, bool last, struct error *e)
{
    struct net_layer *l = &net->layer[net->layers++];
    *l = (struct net_layer){.in = in, .out = out, .narrow = last && out <= KERN_NARROW};
    const size_t rows = l->narrow ? out : in;
    size_t weights, transposed;
    l->ld = kern_pad(l->narrow ? in : out);
    if (in > NET_SIZE_MAX || out > NET_SIZE_MAX || !size_mul(rows, l->ld, &weights) ||
        !size_mul(kern_pad(in), kern_pad(out), &transposed) || transposed > NET_SIZE_MAX ||
        weights > NET_SIZE_MAX)
        return error_set(e, ERR_LIMIT, "a layer of %zu x %zu is too large", in, out);
    l->weight = net->size;
    l->bias = l->weight + weights;
    net->size = l->bias + kern_pad(out);
    net->parameters += in * out + out;
    if (net->layers > 1 && !l->narrow) {
        l->transposed = net->transposed_size;
        net->transposed_size += transposed;
    }
    return 0;
}

int net_init(struct net *net, const struct net_spec *spec, struct error *e)
{
    *net = (struct net){.act = spec->act,
                        .dropout = spec->dropout,
                        .task = spec->task,
                        .inputs = spec->inputs,
                        .outputs = spec->outputs};
    size_t in = spec->inputs;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < spec->hidden->count; i++) {
        rc = add_layer(net, in, spec->hidden->value[i], false, e);
        in = spec->hidden->value[i];
    }
    return rc ? rc : add_layer(net, in, spec->outputs, true, e);
}

int net_init_part(struct net *part, const struct net *whole, const size_t *in, const size_t *out,
                  struct error *e)
{
    *part = (struct net){.act = whole->act,
                         .dropout = whole->dropout,
                         .task = whole->task,
                         .inputs = whole->inputs,
                         .outputs = whole->outputs};
    int rc = 0;
    for (size_t l = 0; rc == 0 && l < whole->layers; l++)
        rc = add_layer(part, in[l], out[l], l + 1 == whole->layers, e);
    return rc;
}

size_t net_widest(const struct net *net)
{
    size_t widest = 0;
    for (size_t l = 0; l < net->layers; l++)
        if (kern_pad(net->layer[l].out) > widest)
            widest = kern_pad(net->layer[l].out);
    return widest;
}

int net_draw_weights(const struct net *net, struct rng *rng, float *params, struct error *e)
{
    for (size_t l = 0; l < net->layers; l++) {
        const struct net_layer *layer = &net->layer[l];
        const size_t weights = layer->in * layer->out;
        float *W = mem_array(weights + layer->out, sizeof *W);
        if (!W)
            return error_nomem(e, "initial weights");
        const double bound = 1.0 / sqrt((double)layer->in);
        rng_uniform(rng, -bound, bound, W, weights);
        rng_uniform(rng, -bound, bound, W + weights, layer->out);
        net_set_layer(net, params, l, W, W + weights);
        mem_free(W);
    }
    return 0;
}

size_t net_weight_at(const struct net_layer *l, size_t o, size_t i)
{
    return l->weight + (l->narrow ? o * l->ld + i : i * l->ld + o);
}

void net_get_layer(const struct net *net, const float *params, size_t l, float *W, float *b)
{
    const struct net_layer *layer = &net->layer[l];
    for (size_t o = 0; o < layer->out; o++)
        for (size_t i = 0; i < layer->in; i++)
            W[o * layer->in + i] = params[net_weight_at(layer, o, i)];
    memcpy(b, params + layer->bias, layer->out * sizeof *b);
}

void net_set_layer(const struct net *net, float *params, size_t l, const float *W, const float *b)
{
    const struct net_layer *layer = &net->layer[l];
    for (size_t o = 0; o < layer->out; o++)
        for (size_t i = 0; i < layer->in; i++)
            params[net_weight_at(layer, o, i)] = W[o * layer->in + i];
    memcpy(params + layer->bias, b, layer->out * sizeof *b);
}

void net_rescale_output(const struct net *net, float *params, size_t o, double factor, double shift)
{
    const struct net_layer *layer = &net->layer[net->layers - 1];
    for (size_t i = 0; i < layer->in; i++) {
        float *w = &params[net_weight_at(layer, o, i)];
        *w = (float)(factor * (double)*w);
    }
    float *b = &params[layer->bias + o];
    *b = (float)(shift + factor * (double)*b);
}
