// SPDX-License-Identifier: MIT
// A layer at a time over the whole batch, for the ranks exchange between layers: so a pair of
// layers costs one exchange forward and one back, however many rows there are. Threads share blocks
// of rows and of columns. Every element of a product is one chain, of a gradient over all rows of
// the batch, so there are no partial sums of threads and their number changes no bit. Where
// products go through OpenBLAS, what is computed together follows from shapes alone.
//
// Forward, on rank r of R:
//   columns   Z_r = A W_r + b_r
//   rows      Z = sum over r of A_r W_r, b with rank 0's part: one exchange
#include "model/slice_inner.h"

#include "base/mem.h"
#include "model/block.h"
#include "model/loss.h"

#include <string.h>

#define SERIAL_FLOPS 4e5 // less work than this is not worth sharing

// ---- buffers

// Hand out pieces of one block of memory; with `memory` NULL only count them.
struct carver {
    float *memory;
    size_t used;
};

static float *carve(struct carver *c, size_t rows, size_t count)
{
    float *p = c->memory ? c->memory + c->used : NULL;
    c->used += kern_pad(rows * count);
    return p;
}

static void carve_layer(struct slice_plan *p, struct carver *c, size_t l)
{
    const struct net_layer *part = &p->part->layer[l];
    const bool last = l + 1 == p->net->layers;
    struct slice_at *at = &p->at[l];
    at->ld = part->narrow ? part->out : kern_pad(part->out);
    at->a = carve(c, p->rows, at->ld);
    at->z = last || block_needs_z(p->net->act) ? carve(c, p->rows, at->ld) : at->a;
    at->out = !last && block_needs_undropped(p->net) ? carve(c, p->rows, at->ld) : at->a;
    if (at->ld > p->widest)
        p->widest = at->ld;
    if (l > 0 && slice_is_lone(p->spec.slice, l)) {
        p->lone_ld = kern_pad(part->in);
        p->lone = carve(c, p->rows, p->lone_ld);
    }
}

// Floats of one strip of a gradient, see slice_back.c: room for 16 rows of W at least, and no more
// than the largest layer has use for.
static size_t strip_floats(const struct slice_plan *p)
{
    size_t most = 0;
    for (size_t l = 0; l < p->net->layers; l++) {
        const struct net_layer *part = &p->part->layer[l];
        const size_t rows = kern_pad(part->in), ld = kern_pad(part->out);
        const size_t wanted = (rows < STRIP_ROWS_MAX ? rows : STRIP_ROWS_MAX) * ld;
        const size_t least = KERN_LANES * ld;
        const size_t narrow = part->narrow ? part->out * STRIP_NARROW : 0;
        size_t floats = wanted < STRIP_FLOATS ? wanted : STRIP_FLOATS;
        floats = least > floats ? least : floats;
        floats = narrow > floats ? narrow : floats;
        most = floats > most ? floats : most;
    }
    return most;
}

static void carve_all(struct slice_plan *p, struct carver *c)
{
    const struct net_layer *first = &p->part->layer[0];
    p->widest = 0;
    p->input_ld = first->narrow ? kern_pad(first->in) : first->in;
    p->input = carve(c, p->rows, p->input_ld);
    for (size_t l = 0; l < p->net->layers; l++)
        carve_layer(p, c, l);
    p->y = carve(c, p->rows, p->net->outputs);
    p->row_loss = carve(c, p->rows, 1);
    p->work = carve(c, p->rows, 1);
    p->dz = carve(c, p->rows, p->at[p->net->layers - 1].ld);
    for (size_t i = 0; i < 2; i++)
        p->delta[i] = carve(c, p->rows, p->widest);
    p->zeros = carve(c, 1, p->widest);
    p->strip_floats = strip_floats(p);
    p->strip = carve(c, 2 * p->spec.threads, p->strip_floats);
}

static struct slice_plan shape_of(const struct slice_plan_spec *spec)
{
    return (struct slice_plan){.spec = *spec,
                               .net = spec->slice->net,
                               .part = &spec->slice->part,
                               .rows = spec->rows > SLICE_BLOCK ? spec->rows : SLICE_BLOCK,
                               .active = spec->threads};
}

static size_t mask_bytes(const struct slice_plan *p)
{
    size_t row = 0, widest = 0;
    for (size_t l = 0; p->net->dropout > 0 && l + 1 < p->net->layers; l++) {
        row += p->part->layer[l].out;
        widest = p->net->layer[l].out > widest ? p->net->layer[l].out : widest;
    }
    return row * p->rows + widest;
}

double slice_plan_bytes(const struct slice_plan_spec *spec)
{
    struct slice_plan p = shape_of(spec);
    struct carver c = {0};
    carve_all(&p, &c);
    return sizeof(float) * (double)c.used + (double)mask_bytes(&p);
}

size_t slice_plan_sum_floats(const struct slice_plan_spec *spec)
{
    struct slice_plan p = shape_of(spec);
    struct carver c = {0};
    carve_all(&p, &c);
    return p.rows * p.widest;
}

static void place_masks(struct slice_plan *p)
{
    uint8_t *at = p->masks;
    for (size_t l = 0; p->net->dropout > 0 && l + 1 < p->net->layers; l++) {
        p->at[l].keep = at;
        at += p->rows * p->part->layer[l].out;
    }
    p->mask = at;
}

struct slice_plan *slice_plan_new(const struct slice_plan_spec *spec, const struct kern *kern,
                                  struct error *e)
{
    struct slice_plan *p = mem_zalloc(sizeof *p);
    if (!p) {
        error_nomem(e, "plan");
        return NULL;
    }
    *p = shape_of(spec);
    p->kern = kern;
    struct carver c = {0};
    carve_all(p, &c);
    c = (struct carver){.memory = mem_aligned(c.used, sizeof *p->memory)};
    p->memory = c.memory;
    p->masks = mem_alloc(mask_bytes(p));
    if (!p->memory || !p->masks) {
        error_nomem(e, "activations");
        slice_plan_free(p);
        return NULL;
    }
    carve_all(p, &c);
    place_masks(p);
    for (size_t l = 0; l < p->net->layers; l++)
        p->at[l].gemm = gemm_for(spec->gemm, kern, p->part->layer[l].in, p->part->layer[l].out);
    return p;
}

void slice_plan_free(struct slice_plan *p)
{
    if (!p)
        return;
    mem_free(p->memory);
    mem_free(p->masks);
    mem_free(p);
}

bool slice_plan_uses_blas(const struct slice_plan *p)
{
    bool any = false;
    for (size_t l = 0; l < p->net->layers; l++)
        any |= p->at[l].gemm != NULL;
    return any;
}

void slice_plan_use(struct slice_plan *p, size_t workers)
{
    p->active = workers < p->spec.threads ? workers : p->spec.threads;
}

// ---- sharing work

struct shares {
    const struct slice_tasks *tasks;
    size_t workers;
};

static void run_share(void *context, size_t worker)
{
    const struct shares *s = context;
    const struct par_range mine = par_split(s->tasks->tasks, 1, s->workers, worker);
    for (size_t t = mine.begin; t < mine.end; t++)
        s->tasks->task(s->tasks->context, t, worker);
}

void slice_run(const struct slice_tasks *t)
{
    const size_t most = t->flops < SERIAL_FLOPS ? 1 : t->plan->active;
    struct shares s = {t, t->tasks < most ? t->tasks : most};
    par_run(t->plan->spec.team, s.workers, run_share, &s);
}

size_t slice_blocks(const struct slice_plan *p)
{
    return (p->batch_rows + SLICE_BLOCK - 1) / SLICE_BLOCK;
}

struct par_range slice_block(const struct slice_plan *p, size_t task)
{
    const size_t begin = task * SLICE_BLOCK, end = begin + SLICE_BLOCK;
    return (struct par_range){begin, end < p->batch_rows ? end : p->batch_rows};
}

// ---- forward

// One call of slice_plan_forward or slice_plan_predict, as its tasks see it.
struct pass {
    struct slice_plan *plan;
    const float *params;
    const struct plan_batch *batch;
    size_t layer, column_tasks;
    float scale; // of the gradient; 0: none
};

static void run_pass(struct pass *f, size_t tasks, double flops,
                     void (*task)(void *context, size_t task, size_t worker))
{
    slice_run(&(struct slice_tasks){f->plan, tasks, flops, task, f});
}

static void gather_block(void *context, size_t task, size_t worker)
{
    (void)worker;
    const struct pass *f = context;
    const struct slice_plan *p = f->plan;
    const struct par_range own = slice_inputs(p->spec.slice, 0, p->spec.slice->rank);
    const struct par_range rows = slice_block(p, task);
    for (size_t i = rows.begin; i < rows.end; i++) {
        const size_t row = f->batch->order ? f->batch->order[i] : i;
        memcpy(p->input + i * p->input_ld, f->batch->X + row * p->net->inputs + own.begin,
               (own.end - own.begin) * sizeof *p->input);
    }
}

// Point p->x at the batch: where it lies when its rows are consecutive and can be read there.
static void take_input(struct pass *f)
{
    struct slice_plan *p = f->plan;
    const bool as_it_is = !f->batch->order && p->input_ld == p->net->inputs;
    p->x = as_it_is ? f->batch->X : p->input;
    p->ldx = p->input_ld;
    if (!as_it_is)
        run_pass(f, slice_blocks(p), (double)(p->batch_rows * p->input_ld), gather_block);
}

const float *slice_input(const struct slice_plan *p, size_t l, size_t *ld)
{
    const bool lone = l > 0 && slice_is_lone(p->spec.slice, l);
    *ld = l == 0 ? p->ldx : lone ? p->lone_ld : p->at[l - 1].ld;
    return l == 0 ? p->x : lone ? p->lone : p->at[l - 1].out;
}

// This rank's of the inputs of a lone layer, padded.
static void take_own_inputs(struct slice_plan *p, size_t l)
{
    const struct par_range own = slice_inputs(p->spec.slice, l, p->spec.slice->rank);
    const struct slice_at *below = &p->at[l - 1];
    for (size_t i = 0; i < p->batch_rows; i++)
        memcpy(p->lone + i * p->lone_ld, below->out + i * below->ld + own.begin,
               (own.end - own.begin) * sizeof *p->lone);
}

static void product_task(void *context, size_t task, size_t worker)
{
    (void)worker;
    const struct pass *f = context;
    const struct slice_plan *p = f->plan;
    const struct net_layer *part = &p->part->layer[f->layer];
    const struct slice_at *at = &p->at[f->layer];
    const struct par_range rows = slice_block(p, task / f->column_tasks);
    const size_t from = task % f->column_tasks * SLICE_COLUMNS_AT;
    const bool elsewhere = p->spec.slice->kind[f->layer] == SLICE_ROWS && p->spec.slice->rank > 0;
    const float *bias = elsewhere ? p->zeros : f->params + part->bias;
    size_t lda;
    const float *a = slice_input(p, f->layer, &lda);
    if (part->narrow) {
        p->kern->dot(&(struct kern_dot){
            .m = rows.end - rows.begin,
            .k = part->in,
            .out = part->out,
            .a = a + rows.begin * lda,
            .lda = lda,
            .w = f->params + part->weight,
            .ldw = part->ld,
            .bias = bias,
            .y = at->z + rows.begin * at->ld,
        });
        return;
    }
    const struct kern_product product = {
        .m = rows.end - rows.begin,
        .n = at->ld - from < SLICE_COLUMNS_AT ? at->ld - from : SLICE_COLUMNS_AT,
        .k = part->in,
        .a = a + rows.begin * lda,
        .a_row = lda,
        .a_k = 1,
        .b = f->params + part->weight + from,
        .ldb = part->ld,
        .c = at->z + rows.begin * at->ld + from,
        .ldc = at->ld,
        .start = bias + from,
    };
    gemm_product(at->gemm, p->kern, &product);
}

void slice_mask(const struct slice_plan *p, size_t l, struct par_range rows, float *x)
{
    const size_t out = p->part->layer[l].out;
    const float factor = 1.0F / (float)(1.0 - p->net->dropout);
    for (size_t i = rows.begin; i < rows.end; i++)
        p->kern->mask(out, x + i * p->at[l].ld, p->at[l].keep + i * out, factor);
}

// From the z of a hidden layer to what the next one reads.
static void activate_task(void *context, size_t task, size_t worker)
{
    (void)worker;
    const struct pass *f = context;
    const struct slice_plan *p = f->plan;
    const struct slice_at *at = &p->at[f->layer];
    const struct par_range rows = slice_block(p, task);
    const size_t begin = rows.begin * at->ld, count = (rows.end - rows.begin) * at->ld;
    if (p->net->act != ACT_IDENTITY)
        p->kern->act_forward(p->net->act, count, at->z + begin, at->a + begin);
    const size_t out = p->part->layer[f->layer].out;
    for (size_t i = rows.begin; p->net->act == ACT_SIGMOID && i < rows.end; i++) // 0.5 there
        memset(at->a + i * at->ld + out, 0, (at->ld - out) * sizeof *at->a);
    if (at->out != at->a)
        memcpy(at->out + begin, at->a + begin, count * sizeof *at->a);
    if (p->masked)
        slice_mask(p, f->layer, rows, at->out);
}

static int forward_layer(struct pass *f, size_t l, struct error *e)
{
    struct slice_plan *p = f->plan;
    const struct net_layer *part = &p->part->layer[l];
    const double work = (double)p->batch_rows * (double)p->at[l].ld;
    f->layer = l;
    f->column_tasks = part->narrow ? 1 : (p->at[l].ld + SLICE_COLUMNS_AT - 1) / SLICE_COLUMNS_AT;
    if (l > 0 && slice_is_lone(p->spec.slice, l))
        take_own_inputs(p, l);
    run_pass(f, slice_blocks(p) * f->column_tasks, 2 * work * (double)part->in, product_task);
    int rc = 0;
    if (p->spec.slice->kind[l] == SLICE_ROWS)
        rc = p->spec.sum(p->spec.context, p->at[l].z, p->batch_rows * p->at[l].ld, e);
    if (rc == 0 && l + 1 < p->net->layers)
        run_pass(f, slice_blocks(p), 4 * work, activate_task);
    return rc;
}

// The labels of a block of rows, gathered.
static const float *labels(const struct pass *f, struct par_range rows)
{
    const struct slice_plan *p = f->plan;
    const size_t k = p->net->task == TASK_REGRESSION ? p->net->outputs : 1;
    float *y = p->y + rows.begin * k;
    if (!f->batch->y) // predictions alone: zeros, and losses that nobody looks at
        return y;
    if (!f->batch->order)
        return f->batch->y + rows.begin * k;
    for (size_t i = rows.begin; i < rows.end; i++)
        memcpy(p->y + i * k, f->batch->y + f->batch->order[i] * k, k * sizeof *y);
    return y;
}

static void loss_task(void *context, size_t task, size_t worker)
{
    (void)worker;
    const struct pass *f = context;
    const struct slice_plan *p = f->plan;
    const struct slice_at *last = &p->at[p->net->layers - 1];
    const struct par_range rows = slice_block(p, task);
    const size_t at = rows.begin * last->ld;
    loss_block(&(struct loss_block){
        .kern = p->kern,
        .task = p->net->task,
        .rows = rows.end - rows.begin,
        .outputs = p->net->outputs,
        .ld = last->ld,
        .z = last->z + at,
        .y = labels(f, rows),
        .class_weight = f->batch->class_weight,
        .scale = f->scale,
        .p = last->a + at,
        .loss = p->row_loss + rows.begin,
        .dz = f->scale > 0 ? p->dz + at : NULL,
        .work = p->work + rows.begin,
    });
}

// All layers; *loss is the sum over the rows.
static int forward(struct pass *f, double *loss, struct error *e)
{
    struct slice_plan *p = f->plan;
    p->batch_rows = f->batch->rows;
    take_input(f);
    int rc = 0;
    for (size_t l = 0; rc == 0 && l < p->net->layers; l++)
        rc = forward_layer(f, l, e);
    if (rc)
        return rc;
    const double work = (double)p->batch_rows * (double)p->net->outputs;
    run_pass(f, slice_blocks(p), 50 * work, loss_task);
    *loss = p->kern->sum(p->batch_rows, p->row_loss);
    return 0;
}

static double divisor(const struct slice_plan *p, const struct plan_batch *b)
{
    return loss_divisor(p->net->task, p->net->outputs, b->class_weight, b->y, b->order, b->rows);
}

// The stream goes row by row over the whole layer.
static void draw_rows(struct slice_plan *p, struct rng *rng, struct par_range rows)
{
    for (size_t l = 0; l + 1 < p->net->layers; l++) {
        const struct par_range own = slice_outputs(p->spec.slice, l, p->spec.slice->rank);
        const size_t out = own.end - own.begin;
        for (size_t i = rows.begin; i < rows.end; i++) {
            rng_dropout(rng, p->net->dropout, p->mask, p->net->layer[l].out);
            memcpy(p->at[l].keep + i * out, p->mask + own.begin, out);
        }
    }
}

void slice_plan_draw_dropout(struct slice_plan *p, struct rng *rng, size_t rows)
{
    const size_t each = p->spec.drawn_rows ? p->spec.drawn_rows : rows;
    for (size_t begin = 0; p->net->dropout > 0 && begin < rows; begin += each)
        draw_rows(p, rng, (struct par_range){begin, rows - begin < each ? rows : begin + each});
}

int slice_plan_forward(struct slice_plan *p, const float *params, const struct plan_batch *batch,
                       double *loss, struct error *e)
{
    const double total = divisor(p, batch);
    struct pass f = {.plan = p, .params = params, .batch = batch, .scale = (float)(1.0 / total)};
    p->masked = p->net->dropout > 0;
    const int rc = forward(&f, loss, e);
    *loss /= total;
    return rc;
}

static void copy_predictions(const struct slice_plan *p, float *pred)
{
    const size_t k = p->net->outputs;
    const struct slice_at *last = &p->at[p->net->layers - 1];
    for (size_t i = 0; i < p->batch_rows; i++)
        memcpy(pred + i * k, last->a + i * last->ld, k * sizeof *pred);
}

int slice_plan_predict(struct slice_plan *p, const float *params, const struct plan_batch *batch,
                       float *pred, double *loss, struct error *e)
{
    const size_t k = p->net->task == TASK_REGRESSION ? p->net->outputs : 1;
    struct plan_batch piece = *batch;
    struct pass f = {.plan = p, .params = params, .batch = &piece};
    double sum = 0;
    int rc = 0;
    p->masked = false;
    for (size_t done = 0; rc == 0 && done < batch->rows; done += piece.rows) {
        const size_t left = batch->rows - done;
        double some;
        piece.rows = left < p->rows ? left : p->rows;
        piece.X = batch->X + (batch->order ? 0 : done * p->net->inputs);
        piece.y = batch->y ? batch->y + (batch->order ? 0 : done * k) : NULL;
        piece.order = batch->order ? batch->order + done : NULL;
        rc = forward(&f, &some, e);
        if (rc == 0 && pred)
            copy_predictions(p, pred + done * p->net->outputs);
        sum += some;
    }
    if (loss)
        *loss = sum / divisor(p, batch);
    return rc;
}
