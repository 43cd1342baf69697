// SPDX-License-Identifier: MIT
// Backward, a layer at a time, in strips: some rows of W (of a narrow layer some columns) and what
// belongs to them. A strip is one task: its part of dA from W as it is, then its part of dW into a
// buffer of the thread, which is handed over. So neither a transposed copy of W nor a gradient is
// ever whole, and W may change strip by strip.
//
//   columns   dA = sum over r of dZ_r W_r^T: one exchange, unless the layer is the first
//   rows      dA_r = dZ W_r^T: what the layer of columns below wants
//   lone rows dA_r as well, but the layer below wants all of them: one exchange
#include "model/slice_inner.h"

#include "model/block.h"

#include <string.h>

struct back {
    struct slice_plan *plan;
    const float *params;
    const struct slice_taker *to;
    size_t layer;
    size_t step;     // rows of W in a strip; columns, if it is narrow
    size_t strips;   // one task more is the bias
    const float *dz; // [rows][ld of the layer]
    float *da;       // [rows][lda] of this rank's inputs, or NULL: nobody wants them
    size_t ld_da;
};

static size_t step_of(const struct slice_plan *p, const struct net_layer *part)
{
    if (part->narrow)
        return STRIP_NARROW;
    const size_t rows = p->strip_floats / part->ld & ~(size_t)(KERN_LANES - 1);
    return rows < STRIP_ROWS_MAX ? rows : STRIP_ROWS_MAX;
}

static void bias_gradient(const struct back *b, float *gradient)
{
    const struct slice_plan *p = b->plan;
    const struct net_layer *part = &p->part->layer[b->layer];
    const size_t ld = p->at[b->layer].ld;
    p->kern->column_sums(p->batch_rows, ld, b->dz, ld, NULL, gradient);
    b->to->take(b->to->context, part->bias, ld, gradient);
}

static void narrow_strip(const struct back *b, struct par_range in, float *gradient)
{
    const struct slice_plan *p = b->plan;
    const struct net_layer *part = &p->part->layer[b->layer];
    const float *W = b->params + part->weight + in.begin;
    const size_t n = kern_pad(in.end - in.begin), ld = p->at[b->layer].ld;
    size_t lda;
    const float *a = slice_input(p, b->layer, &lda) + in.begin;
    struct kern_product product = {.m = p->batch_rows, .n = n, .k = part->out};
    product.a = b->dz, product.a_row = ld, product.a_k = 1;
    product.b = W, product.ldb = part->ld;
    product.c = b->da + in.begin, product.ldc = b->ld_da;
    if (b->da)
        gemm_product(p->at[b->layer].gemm, p->kern, &product);
    product.m = part->out, product.k = p->batch_rows; // dW[out][in] = dZ^T A
    product.a_row = 1, product.a_k = ld;
    product.b = a, product.ldb = lda;
    product.c = gradient, product.ldc = n;
    gemm_product(p->at[b->layer].gemm, p->kern, &product);
    for (size_t o = 0; o < part->out; o++)
        b->to->take(b->to->context, part->weight + o * part->ld + in.begin, n, gradient + o * n);
}

// dA of inputs [begin, end): dZ times the transpose of those rows of W, its padding zeros.
static void wide_inputs(const struct back *b, struct par_range in, float *transposed)
{
    const struct slice_plan *p = b->plan;
    const struct net_layer *part = &p->part->layer[b->layer];
    const size_t rows = in.end - in.begin, n = kern_pad(rows);
    if (rows < n)
        memset(transposed, 0, part->out * n * sizeof *transposed);
    p->kern->transpose(rows, part->out, b->params + part->weight + in.begin * part->ld, part->ld,
                       transposed, n);
    const struct kern_product product = {
        .m = p->batch_rows,
        .n = n,
        .k = part->out,
        .a = b->dz,
        .a_row = p->at[b->layer].ld,
        .a_k = 1,
        .b = transposed,
        .ldb = n,
        .c = b->da + in.begin,
        .ldc = b->ld_da,
    };
    gemm_product(p->at[b->layer].gemm, p->kern, &product);
}

static void wide_strip(const struct back *b, struct par_range in, float *gradient)
{
    const struct slice_plan *p = b->plan;
    const struct net_layer *part = &p->part->layer[b->layer];
    size_t lda;
    const float *a = slice_input(p, b->layer, &lda) + in.begin;
    const struct kern_product product = {
        .m = in.end - in.begin, // dW[in][out] = A^T dZ
        .n = part->ld,
        .k = p->batch_rows,
        .a = a,
        .a_row = 1,
        .a_k = lda,
        .b = b->dz,
        .ldb = p->at[b->layer].ld,
        .c = gradient,
        .ldc = part->ld,
    };
    if (b->da)
        wide_inputs(b, in, gradient + p->strip_floats);
    gemm_product(p->at[b->layer].gemm, p->kern, &product);
    b->to->take(b->to->context, part->weight + in.begin * part->ld, (in.end - in.begin) * part->ld,
                gradient);
}

static void strip_task(void *context, size_t task, size_t worker)
{
    const struct back *b = context;
    const struct slice_plan *p = b->plan;
    const struct net_layer *part = &p->part->layer[b->layer];
    float *gradient = p->strip + worker * 2 * p->strip_floats;
    const size_t begin = task * b->step, end = begin + b->step;
    const struct par_range in = {begin, end < part->in ? end : part->in};
    if (task == b->strips)
        bias_gradient(b, gradient);
    else if (part->narrow)
        narrow_strip(b, in, gradient);
    else
        wide_strip(b, in, gradient);
}

// Through the dropout and the activation of hidden layer l, in place: from dA to dZ.
static void deactivate_task(void *context, size_t task, size_t worker)
{
    (void)worker;
    const struct back *b = context;
    const struct slice_plan *p = b->plan;
    const size_t l = b->layer;
    const struct slice_at *at = &p->at[l];
    const struct par_range rows = slice_block(p, task);
    const size_t begin = rows.begin * at->ld, count = (rows.end - rows.begin) * at->ld;
    if (p->masked)
        slice_mask(p, l, rows, b->da);
    if (p->net->act != ACT_IDENTITY)
        p->kern->act_backward(p->net->act, count, at->z + begin, at->a + begin, b->da + begin);
}

// dA of a lone layer: each rank has its columns of it, and the others have zeros there.
static void spread(const struct back *b, float *whole, size_t ld)
{
    const struct slice_plan *p = b->plan;
    const struct par_range own = slice_inputs(p->spec.slice, b->layer, p->spec.slice->rank);
    memset(whole, 0, p->batch_rows * ld * sizeof *whole);
    for (size_t i = 0; i < p->batch_rows; i++)
        memcpy(whole + i * ld + own.begin, b->da + i * b->ld_da,
               (own.end - own.begin) * sizeof *whole);
}

static void run_strips(struct back *b)
{
    struct slice_plan *p = b->plan;
    const struct net_layer *part = &p->part->layer[b->layer];
    b->step = step_of(p, part);
    b->strips = (part->in + b->step - 1) / b->step;
    const double flops = 4 * (double)p->batch_rows * (double)part->in * (double)part->out;
    slice_run(&(struct slice_tasks){p, b->strips + 1, flops, strip_task, b});
}

// dZ of the layer below from that of layer b->layer: this rank's, or the sum over the ranks.
static int exchange(struct back *b, float *delta, struct error *e)
{
    struct slice_plan *p = b->plan;
    const struct slice *slice = p->spec.slice;
    const size_t ld = p->at[b->layer - 1].ld;
    const bool lone = slice_is_lone(slice, b->layer);
    int rc = 0;
    if (lone)
        spread(b, delta, ld);
    if (lone || slice->kind[b->layer] == SLICE_COLUMNS)
        rc = p->spec.sum(p->spec.context, delta, p->batch_rows * ld, e);
    b->da = delta;
    b->layer--;
    const double work = 8 * (double)p->batch_rows * (double)ld;
    if (rc == 0)
        slice_run(&(struct slice_tasks){p, slice_blocks(p), work, deactivate_task, b});
    return rc;
}

int slice_plan_backward(struct slice_plan *p, const float *params, const struct slice_taker *to,
                        struct error *e)
{
    struct back b = {.plan = p, .params = params, .to = to, .dz = p->dz};
    int rc = 0;
    for (size_t l = p->net->layers; rc == 0 && l-- > 0;) {
        float *delta = p->delta[l % 2];
        const bool lone = l > 0 && slice_is_lone(p->spec.slice, l);
        b.layer = l;
        b.da = l == 0 ? NULL : lone ? p->delta[(l + 1) % 2] : delta;
        b.ld_da = l == 0 ? 0 : lone ? p->lone_ld : p->at[l - 1].ld;
        run_strips(&b);
        if (l > 0)
            rc = exchange(&b, delta, e);
        b.dz = delta;
    }
    return rc;
}
