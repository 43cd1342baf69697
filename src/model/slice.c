// SPDX-License-Identifier: MIT
// A layer of columns spares the exchange of its outputs only if a layer of rows follows, so layers
// are paired from the first one on; one that is narrower than there are ranks stays whole, and the
// pairs begin anew behind it.
#include "model/slice.h"

#include "base/mem.h"

#include <math.h>
#include <string.h>

#define DRAWN_ROWS  KERN_LANES // of torch's W at a time: a cache line of every row of ours
#define LONE_FLOATS 65536      // weights of a last layer without a partner that is worth dividing

static void choose(struct slice *s)
{
    const struct net *net = s->net;
    size_t l = 0;
    while (l < net->layers) {
        const struct net_layer *layer = &net->layer[l];
        const bool last = l + 1 == net->layers;
        if (s->ranks > 1 && !last && layer->out >= s->ranks) {
            s->kind[l++] = SLICE_COLUMNS;
            s->kind[l++] = SLICE_ROWS;
        } else {
            const bool lone = s->ranks > 1 && last && layer->in >= s->ranks &&
                              layer->in * layer->out >= LONE_FLOATS;
            s->kind[l++] = lone ? SLICE_ROWS : SLICE_WHOLE;
        }
    }
}

int slice_init(struct slice *s, const struct net *net, size_t rank, size_t ranks, struct error *e)
{
    *s = (struct slice){.net = net, .rank = rank, .ranks = ranks};
    choose(s);
    size_t in[NET_LAYERS_MAX], out[NET_LAYERS_MAX];
    for (size_t l = 0; l < net->layers; l++) {
        const struct par_range inputs = slice_inputs(s, l, rank),
                               outputs = slice_outputs(s, l, rank);
        in[l] = inputs.end - inputs.begin;
        out[l] = outputs.end - outputs.begin;
    }
    return net_init_part(&s->part, net, in, out, e);
}

struct par_range slice_inputs(const struct slice *s, size_t l, size_t rank)
{
    const size_t in = s->net->layer[l].in;
    return s->kind[l] == SLICE_ROWS ? par_split(in, 1, s->ranks, rank) : (struct par_range){0, in};
}

struct par_range slice_outputs(const struct slice *s, size_t l, size_t rank)
{
    const size_t out = s->net->layer[l].out;
    return s->kind[l] == SLICE_COLUMNS ? par_split(out, 1, s->ranks, rank)
                                       : (struct par_range){0, out};
}

bool slice_is_lone(const struct slice *s, size_t l)
{
    return s->kind[l] == SLICE_ROWS && (l == 0 || s->kind[l - 1] != SLICE_COLUMNS);
}

// Those of the rows that a rank has.
static struct par_range common(const struct slice *s, size_t rank, struct slice_rows rows)
{
    return par_common(slice_outputs(s, rows.layer, rank), (struct par_range){rows.begin, rows.end});
}

void slice_set_rows(const struct slice *s, float *params, struct slice_rows rows, const float *W)
{
    const struct net_layer *part = &s->part.layer[rows.layer];
    const size_t whole = s->net->layer[rows.layer].in;
    const struct par_range in = slice_inputs(s, rows.layer, s->rank);
    const struct par_range out = common(s, s->rank, rows);
    const size_t first = slice_outputs(s, rows.layer, s->rank).begin;
    for (size_t i = in.begin; i < in.end; i++)
        for (size_t o = out.begin; o < out.end; o++)
            params[net_weight_at(part, o - first, i - in.begin)] = W[(o - rows.begin) * whole + i];
}

void slice_set_biases(const struct slice *s, float *params, struct slice_rows rows, const float *b)
{
    const struct par_range out = common(s, s->rank, rows);
    const size_t first = slice_outputs(s, rows.layer, s->rank).begin;
    float *own = params + s->part.layer[rows.layer].bias;
    memcpy(own + (out.begin - first), b + (out.begin - rows.begin),
           (out.end - out.begin) * sizeof *b);
}

size_t slice_get_rows(const struct slice *s, const float *params, struct slice_rows rows, float *W)
{
    const struct net_layer *part = &s->part.layer[rows.layer];
    const struct par_range out = common(s, s->rank, rows);
    const size_t first = slice_outputs(s, rows.layer, s->rank).begin;
    for (size_t i = 0; i < part->in; i++)
        for (size_t o = out.begin; o < out.end; o++)
            W[(o - out.begin) * part->in + i] = params[net_weight_at(part, o - first, i)];
    return slice_count_rows(s, s->rank, rows);
}

size_t slice_count_rows(const struct slice *s, size_t rank, struct slice_rows rows)
{
    const struct par_range in = slice_inputs(s, rows.layer, rank), out = common(s, rank, rows);
    return (in.end - in.begin) * (out.end - out.begin);
}

void slice_place_rows(const struct slice *s, size_t rank, struct slice_rows rows, const float *from,
                      float *W)
{
    const size_t whole = s->net->layer[rows.layer].in;
    const struct par_range in = slice_inputs(s, rows.layer, rank), out = common(s, rank, rows);
    const size_t width = in.end - in.begin;
    for (size_t o = out.begin; o < out.end; o++, from += width)
        memcpy(W + (o - rows.begin) * whole + in.begin, from, width * sizeof *from);
}

static void draw_layer(const struct slice *s, size_t l, struct rng *rng, float *params, float *rows)
{
    const struct net_layer *layer = &s->net->layer[l];
    const double bound = 1.0 / sqrt((double)layer->in);
    for (size_t o = 0; o < layer->out; o += DRAWN_ROWS) {
        const size_t end = o + DRAWN_ROWS < layer->out ? o + DRAWN_ROWS : layer->out;
        rng_uniform(rng, -bound, bound, rows, (end - o) * layer->in);
        slice_set_rows(s, params, (struct slice_rows){l, o, end}, rows);
    }
    for (size_t o = 0; o < layer->out; o += DRAWN_ROWS) {
        const size_t end = o + DRAWN_ROWS < layer->out ? o + DRAWN_ROWS : layer->out;
        rng_uniform(rng, -bound, bound, rows, end - o);
        slice_set_biases(s, params, (struct slice_rows){l, o, end}, rows);
    }
}

int slice_draw_weights(const struct slice *s, struct rng *rng, float *params, struct error *e)
{
    for (size_t l = 0; l < s->net->layers; l++) {
        float *rows = mem_array(s->net->layer[l].in, DRAWN_ROWS * sizeof *rows);
        if (!rows)
            return error_nomem(e, "initial weights");
        draw_layer(s, l, rng, params, rows);
        mem_free(rows);
    }
    return 0;
}
