// SPDX-License-Identifier: MIT
#include "reference.h"

#include "harness.h"

#include "base/mem.h"

#include <math.h>
#include <string.h>

// One row on its way: a[0] is the input, a[l + 1] what layer l gives out; delta likewise.
struct row {
    const struct net *net;
    const float *params;
    double *a[NET_LAYERS_MAX + 1], *delta[NET_LAYERS_MAX + 1];
    double *gradient;
};

static void forward(struct row *r, size_t l)
{
    const struct net_layer *layer = &r->net->layer[l];
    const float *W = r->params + layer->weight, *b = r->params + layer->bias;
    const double *in = r->a[l];
    double *out = r->a[l + 1];
    for (size_t o = 0; o < layer->out; o++)
        out[o] = (double)b[o];
    for (size_t i = 0; i < layer->in; i++)
        for (size_t o = 0; o < layer->out; o++)
            out[o] += in[i] * (double)W[layer->narrow ? o * layer->ld + i : i * layer->ld + o];
    for (size_t o = 0; l + 1 < r->net->layers && o < layer->out; o++)
        out[o] = out[o] > 0 ? out[o] : 0;
}

// The row's loss, and its derivative by the raw outputs into the last delta.
static double loss(struct row *r, float label)
{
    const size_t last = r->net->layers, k = r->net->outputs;
    const double *z = r->a[last];
    double *dz = r->delta[last], sum = 0;
    if (r->net->task == TASK_BINARY) {
        dz[0] = 1 / (1 + exp(-z[0])) - (double)label;
        return log1p(exp(label > 0 ? -z[0] : z[0]));
    }
    for (size_t j = 0; j < k; j++)
        sum += exp(z[j]);
    for (size_t j = 0; j < k; j++)
        dz[j] = exp(z[j]) / sum - (j == (size_t)label);
    return log(sum) - z[(size_t)label];
}

// dW and db grow by this row's part; delta of the layer below is made, through its relu.
static void backward(struct row *r, size_t l)
{
    const struct net_layer *layer = &r->net->layer[l];
    const float *W = r->params + layer->weight;
    double *dW = r->gradient + layer->weight, *db = r->gradient + layer->bias;
    const double *in = r->a[l], *dz = r->delta[l + 1];
    for (size_t o = 0; o < layer->out; o++)
        db[o] += dz[o];
    for (size_t i = 0; i < layer->in; i++) {
        double sum = 0;
        for (size_t o = 0; o < layer->out; o++) {
            const size_t at = layer->narrow ? o * layer->ld + i : i * layer->ld + o;
            dW[at] += in[i] * dz[o];
            sum += dz[o] * (double)W[at];
        }
        r->delta[l][i] = in[i] > 0 ? sum : 0;
    }
}

double reference_gradient(const struct net *net, const float *params,
                          const struct plan_batch *batch, double *gradient)
{
    struct row r = {.net = net, .params = params, .gradient = gradient};
    double total = 0;
    for (size_t l = 0; l <= net->layers; l++) {
        const size_t width = l ? net->layer[l - 1].out : net->inputs;
        r.a[l] = mem_array(2 * width, sizeof(double));
        if (!r.a[l])
            bench_die("out of memory", NULL);
        r.delta[l] = r.a[l] + width;
    }
    memset(gradient, 0, net->size * sizeof *gradient);
    for (size_t i = 0; i < batch->rows; i++) {
        const size_t at = batch->order ? batch->order[i] : i;
        for (size_t j = 0; j < net->inputs; j++)
            r.a[0][j] = (double)batch->X[at * net->inputs + j];
        for (size_t l = 0; l < net->layers; l++)
            forward(&r, l);
        total += loss(&r, batch->y[at]);
        for (size_t l = net->layers; l-- > 0;)
            backward(&r, l);
    }
    for (size_t i = 0; i < net->size; i++)
        gradient[i] /= (double)batch->rows;
    for (size_t l = 0; l <= net->layers; l++)
        mem_free(r.a[l]);
    return total / (double)batch->rows;
}
