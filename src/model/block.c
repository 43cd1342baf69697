// SPDX-License-Identifier: MIT
// One block of rows through the network and back.
//
//   forward   Z = A W + b;  A' = act(Z);  dropout: A' * keep / (1 - p)
//   backward  dW = A^T dZ;  db = column sums of dZ;  dA = dZ W^T;  dZ' = dA * keep / (1-p) * act'
//
// relu and its mask are folded into the products; the other activations are passes of their own.
#include "model/block.h"

#include "base/mem.h"
#include "kern/par.h"
#include "model/loss.h"
#include "model/pieces.h"

#include <string.h>

#define GATHER_AHEAD  32  // rows; memory answers in the time that some of them take
#define WATCH_COLUMNS 128 // of dA between two looks: with 512 units 17 million operations, 0.15 ms

// gelu' and silu' are functions of z; the others of the activation itself.
bool block_needs_z(enum kern_act act)
{
    return act == ACT_GELU || act == ACT_SILU;
}

// relu's mask and the dropout's are both zeros in the same place, so one array serves; any other
// derivative wants the activation as it was before dropout.
bool block_needs_undropped(const struct net *net)
{
    return net->dropout > 0 && net->act != ACT_RELU && net->act != ACT_IDENTITY;
}

// Hand out `count` floats of one block of memory; with `memory` NULL only count them.
struct carver {
    float *memory;
    size_t used;
};

static float *carve(struct carver *c, size_t count)
{
    float *p = c->memory ? c->memory + c->used : NULL;
    c->used += kern_pad(count);
    return p;
}

static void carve_layer(struct block *b, struct carver *c, size_t l, bool gradients)
{
    const struct net *net = b->net;
    const bool last = l + 1 == net->layers;
    struct block_layer *at = &b->layer[l];
    at->ld = net->layer[l].narrow ? net->layer[l].out : kern_pad(net->layer[l].out);
    const size_t size = BLOCK_ROWS * at->ld;
    at->a = carve(c, size);
    at->z = last || (gradients && block_needs_z(net->act)) ? carve(c, size) : at->a;
    at->out = !last && gradients && block_needs_undropped(net) ? carve(c, size) : at->a;
}

static void carve_all(struct block *b, struct carver *c, bool gradients)
{
    const struct net *net = b->net;
    b->input_ld = net->layer[0].narrow ? kern_pad(net->inputs) : net->inputs;
    b->input = carve(c, BLOCK_ROWS * b->input_ld);
    for (size_t l = 0; l < net->layers; l++)
        carve_layer(b, c, l, gradients);
    b->y = carve(c, BLOCK_ROWS * net->outputs);
    b->loss = carve(c, BLOCK_ROWS);
    b->work = carve(c, BLOCK_ROWS);
    b->dz = carve(c, gradients ? BLOCK_ROWS * b->layer[net->layers - 1].ld : 0);
    for (size_t i = 0; i < 2; i++)
        b->delta[i] = carve(c, gradients ? BLOCK_ROWS * net_widest(net) : 0);
}

size_t block_floats(const struct net *net, bool gradients)
{
    struct block b = {.net = net};
    struct carver c = {0};
    carve_all(&b, &c, gradients);
    return c.used;
}

int block_init(struct block *b, const struct net *net, const struct kern *kern,
               const struct gemm *gemm, bool gradients, struct error *e)
{
    *b = (struct block){.net = net, .kern = kern};
    for (size_t l = 0; l < net->layers; l++)
        if (!net->layer[l].narrow)
            b->layer[l].gemm = gemm_for(gemm, kern, net->layer[l].in, net->layer[l].out);
    b->memory = mem_aligned(block_floats(net, gradients), sizeof *b->memory);
    if (!b->memory)
        return error_nomem(e, "activations");
    struct carver c = {.memory = b->memory};
    carve_all(b, &c, gradients);
    return 0;
}

void block_clear(struct block *b)
{
    mem_free(b->memory);
    b->memory = NULL;
}

// Row i of the batch.
static const float *row_at(const struct plan_batch *batch, size_t i, size_t d)
{
    return batch->own_at ? batch->own_at[i - batch->own_begin] : batch->X + batch->order[i] * d;
}

// Rows of a shuffled table are anywhere in memory: ask for each some rows before it is copied, and
// for the first ones of the next batch.
static void gather(struct block *b, const struct block_rows *r)
{
    const size_t d = b->net->inputs;
    const struct plan_batch *batch = r->batch;
    const size_t begin = r->begin;
    const size_t end = batch->own_at ? batch->own_end : batch->rows + batch->following;
    for (size_t i = begin; i < begin + r->rows; i++) {
        const float *ahead = row_at(batch, i + GATHER_AHEAD < end ? i + GATHER_AHEAD : i, d);
        for (size_t j = 0; j < d; j += KERN_LANES)
            __builtin_prefetch(ahead + j);
        __builtin_prefetch(ahead + d - 1); // rows begin anywhere in a cache line
        memcpy(b->input + (i - begin) * b->input_ld, row_at(batch, i, d), d * sizeof *ahead);
    }
}

// Point b->x at the block's rows: in the batch itself when they are consecutive and the first layer
// can read them there, else copied together. A narrow first layer reads padded rows.
static void take_input(struct block *b, const struct block_rows *r)
{
    const size_t d = b->net->inputs;
    const struct plan_batch *batch = r->batch;
    const float *first =
        batch->own ? batch->own + (r->begin - batch->own_begin) * d : batch->X + r->begin * d;
    b->x = b->input;
    b->ldx = b->input_ld;
    if (batch->own_at || (batch->order && !batch->own)) {
        gather(b, r);
    } else if (b->input_ld != d) {
        for (size_t i = 0; i < r->rows; i++)
            memcpy(b->input + i * b->input_ld, first + i * d, d * sizeof *first);
    } else {
        b->x = first;
    }
}

static const float *take_labels(struct block *b, const struct block_rows *r)
{
    const size_t k = b->net->task == TASK_REGRESSION ? b->net->outputs : 1;
    const float *y = r->batch->y;
    if (!r->batch->order)
        return y + r->begin * k;
    const uint32_t *order = r->batch->order + r->begin;
    const size_t end = r->batch->rows + r->batch->following - r->begin;
    for (size_t i = 0; i < r->rows; i++) {
        __builtin_prefetch(y + order[i + GATHER_AHEAD < end ? i + GATHER_AHEAD : i] * k);
        for (size_t j = 0; j < k; j++)
            b->y[i * k + j] = y[order[i] * k + j];
    }
    return b->y;
}

// What layer l reads.
static const float *input_of(const struct block *b, size_t l, size_t *ld)
{
    *ld = l == 0 ? b->ldx : b->layer[l - 1].ld;
    return l == 0 ? b->x : b->layer[l - 1].out;
}

static void forward_products(struct block *b, const struct block_rows *r, size_t l)
{
    const struct net_layer *layer = &b->net->layer[l];
    const struct block_layer *at = &b->layer[l];
    size_t lda;
    const float *a = input_of(b, l, &lda);
    if (layer->narrow) {
        b->kern->dot(&(struct kern_dot){
            .m = r->rows,
            .k = layer->in,
            .out = layer->out,
            .a = a,
            .lda = lda,
            .w = r->params + layer->weight,
            .ldw = layer->ld,
            .bias = r->params + layer->bias,
            .y = at->z,
        });
        return;
    }
    const struct kern_product p = {
        .m = r->rows,
        .n = layer->ld,
        .k = layer->in,
        .a = a,
        .a_row = lda,
        .a_k = 1,
        .b = r->params + layer->weight,
        .ldb = layer->ld,
        .c = at->z,
        .ldc = at->ld,
        .start = r->params + layer->bias,
        .start_row = 0,
        .relu = l + 1 < b->net->layers && b->net->act == ACT_RELU,
    };
    gemm_product(at->gemm, b->kern, &p);
}

// The masks of hidden layer l for the rows of this block.
static const uint8_t *keep_of(const struct block *b, const struct block_rows *r, size_t l)
{
    const uint8_t *keep = r->keep;
    for (size_t i = 0; i < l; i++)
        keep += r->batch->rows * b->net->layer[i].out;
    return keep + r->begin * b->net->layer[l].out;
}

static void apply_dropout(const struct block *b, const struct block_rows *r, size_t l, float *x)
{
    const size_t out = b->net->layer[l].out;
    const uint8_t *keep = keep_of(b, r, l);
    const float factor = 1.0F / (float)(1.0 - b->net->dropout);
    for (size_t i = 0; i < r->rows; i++)
        b->kern->mask(out, x + i * b->layer[l].ld, keep + i * out, factor);
}

// sigmoid(0) is not 0, and the output layer's dW would pick that up from the padding.
static void clear_padding(const struct block_layer *at, size_t rows, size_t out)
{
    for (size_t i = 0; out < at->ld && i < rows; i++)
        memset(at->a + i * at->ld + out, 0, (at->ld - out) * sizeof *at->a);
}

static void forward_layer(struct block *b, const struct block_rows *r, size_t l)
{
    const struct block_layer *at = &b->layer[l];
    forward_products(b, r, l);
    if (l + 1 == b->net->layers)
        return;
    if (b->net->act != ACT_RELU && b->net->act != ACT_IDENTITY)
        b->kern->act_forward(b->net->act, r->rows * at->ld, at->z, at->a);
    if (b->net->act == ACT_SIGMOID)
        clear_padding(at, r->rows, b->net->layer[l].out);
    if (at->out != at->a)
        memcpy(at->out, at->a, r->rows * at->ld * sizeof *at->a);
    if (r->keep)
        apply_dropout(b, r, l, at->out);
}

static void copy_predictions(const struct block *b, const struct block_rows *r)
{
    const size_t k = b->net->outputs;
    const struct block_layer *last = &b->layer[b->net->layers - 1];
    if (last->ld == k) {
        memcpy(r->pred, last->a, r->rows * k * sizeof *r->pred);
        return;
    }
    for (size_t i = 0; i < r->rows; i++)
        memcpy(r->pred + i * k, last->a + i * last->ld, k * sizeof *r->pred);
}

// Probabilities always; losses and dz as wanted. Without labels the losses are of zeros and unused.
static void losses(struct block *b, const struct block_rows *r)
{
    const struct block_layer *last = &b->layer[b->net->layers - 1];
    loss_block(&(struct loss_block){
        .kern = b->kern,
        .task = b->net->task,
        .rows = r->rows,
        .outputs = b->net->outputs,
        .ld = last->ld,
        .z = last->z,
        .y = r->batch->y ? take_labels(b, r) : b->y,
        .class_weight = r->batch->class_weight,
        .scale = r->scale,
        .p = last->a,
        .loss = r->loss ? r->loss : b->loss,
        .dz = r->scale > 0 ? b->dz : NULL,
        .work = b->work,
    });
}

void block_forward(struct block *b, const struct block_rows *r)
{
    take_input(b, r);
    for (size_t l = 0; l < b->net->layers; l++)
        forward_layer(b, r, l);
    losses(b, r);
    if (r->pred)
        copy_predictions(b, r);
}

// Whether db of layer l is summed up by those who compute its dZ, nothing coming between.
static bool summed_on_the_way(const struct block *b, const struct block_rows *r, size_t l)
{
    return l + 1 < b->net->layers && b->net->act == ACT_RELU && !r->keep;
}

// Where they are to sum it up, or NULL.
static float *sums_below(const struct block *b, const struct block_rows *r, size_t l)
{
    if (l == 0 || !summed_on_the_way(b, r, l - 1))
        return NULL;
    float *db = r->gradient + b->net->layer[l - 1].bias;
    if (r->first)
        memset(db, 0, b->layer[l - 1].ld * sizeof *db);
    return db;
}

// delta, the gradient with respect to what layer l gave out, through its dropout and activation, in
// place; relu's part is in the products.
static void deactivate(const struct block *b, const struct block_rows *r, size_t l, float *delta)
{
    const struct block_layer *at = &b->layer[l];
    if (r->keep)
        apply_dropout(b, r, l, delta);
    if (b->net->act != ACT_RELU && b->net->act != ACT_IDENTITY)
        b->kern->act_backward(b->net->act, r->rows * at->ld, at->z, at->a, delta);
}

// The part of dW from its row `begin` on, m rows.
static struct kern_product rows_from(const struct kern_product *p, size_t begin, size_t m)
{
    struct kern_product part = *p;
    part.m = m;
    part.a += begin * p->a_row;
    part.c += begin * p->ldc;
    part.start = p->start ? p->start + begin * p->start_row : NULL;
    return part;
}

// dW of a wide layer, from its last rows on.
static void watched_rows(const struct block *b, const struct block_rows *r, size_t weight,
                         const struct kern_product *p)
{
    for (size_t end = p->m, begin; end > 0; end = begin) {
        begin = (end - 1) / PIECES_ROWS * PIECES_ROWS;
        const struct kern_product part = rows_from(p, begin, end - begin);
        b->kern->product(&part);
        r->watch->look(r->watch, weight + begin * p->ldc);
    }
}

// dA, some columns at a time.
static void watched_columns(const struct block *b, const struct block_rows *r, size_t from,
                            const struct kern_product *p)
{
    for (size_t j = 0; j < p->n; j += WATCH_COLUMNS) {
        struct kern_product part = *p;
        part.n = p->n - j < WATCH_COLUMNS ? p->n - j : WATCH_COLUMNS;
        part.b += j;
        part.c += j;
        part.gate = p->gate ? p->gate + j : NULL;
        part.sums = p->sums ? p->sums + j : NULL;
        b->kern->product(&part);
        r->watch->look(r->watch, from);
    }
}

// dW and db of a wide layer l from its dz [rows][ld].
static void weight_gradient(const struct block *b, const struct block_rows *r, size_t l,
                            const float *dz)
{
    const struct net_layer *layer = &b->net->layer[l];
    const size_t ld = b->layer[l].ld;
    const bool at_once = r->into && !b->layer[l].gemm; // dW is finished and added in one
    float *dW = r->gradient + layer->weight, *db = r->gradient + layer->bias;
    size_t lda;
    const float *a = input_of(b, l, &lda);
    const struct kern_product p = {
        // dW[in][out] = A^T dZ
        .m = layer->in,
        .n = layer->ld,
        .k = r->rows,
        .a = a,
        .a_row = 1,
        .a_k = lda,
        .b = dz,
        .ldb = ld,
        .c = at_once ? r->into + layer->weight : dW,
        .add = at_once,
        .ldc = layer->ld,
        .start = r->first ? NULL : dW,
        .start_row = layer->ld,
    };
    if (!summed_on_the_way(b, r, l))
        b->kern->column_sums(r->rows, ld, dz, ld, r->first ? NULL : db, db);
    const bool in_strips = r->watch && !b->layer[l].gemm;
    if (!in_strips)
        gemm_product(b->layer[l].gemm, b->kern, &p);
    if (r->into) {
        const size_t rest = at_once ? layer->bias : layer->weight;
        b->kern->add(layer->bias + ld - rest, r->into + rest, r->gradient + rest);
    }
    if (in_strips)
        watched_rows(b, r, layer->weight, &p);
    else if (r->watch)
        r->watch->look(r->watch, layer->weight);
}

// delta = gradient with respect to what layer l - 1 gave out, from dz of a wide layer l.
static void input_gradient(const struct block *b, const struct block_rows *r, size_t l,
                           const float *dz, float *delta)
{
    const struct net_layer *layer = &b->net->layer[l];
    const struct block_layer *below = &b->layer[l - 1];
    const struct kern_product p = {
        .m = r->rows,
        .n = below->ld,
        .k = layer->out,
        .a = dz,
        .a_row = b->layer[l].ld,
        .a_k = 1,
        .b = r->transposed + layer->transposed,
        .ldb = below->ld,
        .c = delta,
        .ldc = below->ld,
        .gate = b->net->act == ACT_RELU ? below->out : NULL,
        .sums = sums_below(b, r, l),
    };
    if (r->watch && !b->layer[l].gemm)
        watched_columns(b, r, layer->weight, &p);
    else
        gemm_product(b->layer[l].gemm, b->kern, &p);
}

// Both of a narrow layer; delta is NULL for the first layer.
static void narrow_gradients(const struct block *b, const struct block_rows *r, size_t l,
                             const float *dz, float *delta)
{
    const struct net_layer *layer = &b->net->layer[l];
    size_t lda;
    const float *a = input_of(b, l, &lda);
    b->kern->narrow(&(struct kern_narrow){
        .m = r->rows,
        .k = layer->ld,
        .out = layer->out,
        .dz = dz,
        .a = a,
        .lda = lda,
        .w = r->params + layer->weight,
        .ldw = layer->ld,
        .dw = r->gradient + layer->weight,
        .db = r->gradient + layer->bias,
        .first = r->first,
        .into = r->into ? r->into + layer->weight : NULL,
        .da = delta,
        .relu = b->net->act == ACT_RELU,
        .sums = sums_below(b, r, l),
    });
    if (r->into)
        b->kern->add(layer->out, r->into + layer->bias, r->gradient + layer->bias);
    if (r->watch)
        r->watch->look(r->watch, layer->weight);
}

void block_backward(struct block *b, const struct block_rows *r)
{
    const float *dz = b->dz;
    for (size_t l = b->net->layers; l-- > 0;) {
        float *delta = l > 0 ? b->delta[l % 2] : NULL;
        if (b->net->layer[l].narrow) {
            narrow_gradients(b, r, l, dz, delta);
        } else {
            weight_gradient(b, r, l, dz);
            if (l > 0)
                input_gradient(b, r, l, dz, delta);
        }
        if (l > 0)
            deactivate(b, r, l - 1, delta);
        dz = delta;
    }
}

void block_transpose(const struct block *b, const float *params, float *transposed, size_t parts,
                     size_t part)
{
    for (size_t l = 1; l < b->net->layers; l++) {
        const struct net_layer *layer = &b->net->layer[l];
        const struct par_range rows = par_split(layer->in, KERN_LANES, parts, part);
        if (!layer->narrow)
            b->kern->transpose(rows.end - rows.begin, layer->out,
                               params + layer->weight + rows.begin * layer->ld, layer->ld,
                               transposed + layer->transposed + rows.begin, kern_pad(layer->in));
    }
}
