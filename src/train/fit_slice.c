// SPDX-License-Identifier: MIT
// A step goes forward through the slice plan, which exchanges between layers, and comes back strip
// by strip: the gradient of some rows of W is all there is of it at a time, and moves them at
// once, so that no rank has memory for a whole one. --clip_norm needs the norm over everything
// before the first weight moves; the gradient is kept then, and each square counted by one rank:
// by its owner, or by the root where all ranks have the same weights.
#include "train/fit_slice.h"

#include "base/mem.h"
#include "dist/dist_slices.h"
#include "dist/dist_total.h"
#include "model/slice_plan.h"
#include "train/ranks.h"

#include <math.h>
#include <string.h>

struct fit_slice {
    struct slice slice;
    struct slice_plan *plan;
    struct dist_total *total;
    float *gradient; // with --clip_norm alone
    float *piece[2]; // of a model file: of one rank, and of all
};

// ---- the beginning

static int add_up(void *context, float *values, size_t count, struct error *e)
{
    struct fit_slice *s = context;
    return dist_total_floats(s->total, values, count, e);
}

static struct slice_plan_spec plan_spec(const struct fit *f)
{
    return (struct slice_plan_spec){.slice = &f->slice->slice,
                                    .rows = f->batch_size,
                                    .drawn_rows = f->drawn_rows,
                                    .threads = f->threads,
                                    .team = f->team,
                                    .gemm = f->gemm,
                                    .sum = add_up,
                                    .context = f->slice};
}

static bool keeps_gradient(const struct fit *f)
{
    return f->config->clip_norm > 0;
}

// Blocks of parameters: themselves, the best ones, the gradient, optimizer state.
static int check_memory(const struct fit *f, struct error *e)
{
    const struct slice_plan_spec spec = plan_spec(f);
    const size_t kept = (size_t)f->keep_best + (size_t)keeps_gradient(f);
    const size_t blocks = 1 + kept + optim_states(f->config);
    const double bytes =
        (double)blocks * sizeof(float) * (double)f->part->size + slice_plan_bytes(&spec) +
        dist_total_bytes(dist_ranks(f->dist), slice_plan_sum_floats(&spec)) +
        (double)dataset_bytes(f->train) + (f->val ? (double)dataset_bytes(f->val) : 0);
    size_t ranks; // that share it
    const double memory = (double)dist_memory(f->dist, &ranks);
    if (memory == 0 || bytes * (double)ranks < memory)
        return 0;
    return error_set(
        e, ERR_LIMIT,
        "a network of %.3g parameters on %zu rank%s needs %.3g GB on each to train, and "
        "here %.3g GB are for %zu; start ranks on more machines, take a smaller "
        "--batch_size, or --optimizer sgd without --momentum, --clip_norm, "
        "--restore_best and --patience",
        (double)f->net->parameters, dist_ranks(f->dist), dist_ranks(f->dist) == 1 ? "" : "s",
        bytes / 1e9, memory / 1e9, ranks);
}

int fit_slice_init(struct fit *f, struct error *e)
{
    f->slice = mem_zalloc(sizeof *f->slice);
    if (!f->slice)
        return error_nomem(e, "this rank's part of the network");
    const int rc = slice_init(&f->slice->slice, f->net, dist_rank(f->dist), dist_ranks(f->dist), e);
    f->part = &f->slice->slice.part;
    return rc ? rc : check_memory(f, e);
}

int fit_slice_plan(struct fit *f, struct error *e)
{
    struct fit_slice *s = f->slice;
    const struct slice_plan_spec spec = plan_spec(f);
    s->plan = slice_plan_new(&spec, f->kern, e);
    if (!s->plan)
        return error_code(e);
    s->total = dist_total_new(f->dist, f->kern, slice_plan_sum_floats(&spec), e);
    if (!s->total)
        return error_code(e);
    s->gradient = mem_aligned(keeps_gradient(f) ? f->part->size : 0, sizeof *s->gradient);
    for (size_t i = 0; i < 2; i++)
        s->piece[i] = mem_array(model_piece_floats(f->net), sizeof *s->piece[i]);
    return s->gradient && s->piece[0] && s->piece[1] ? 0 : error_nomem(e, "gradient");
}

void fit_slice_free(struct fit_slice *s)
{
    if (!s)
        return;
    slice_plan_free(s->plan);
    dist_total_free(s->total);
    mem_free(s->gradient);
    for (size_t i = 0; i < 2; i++)
        mem_free(s->piece[i]);
    mem_free(s);
}

int fit_slice_start(struct fit *f, struct error *e)
{
    const char *init = f->config->init;
    int rc = slice_draw_weights(&f->slice->slice, &f->state.rng, f->params, e);
    if (rc == 0 && init)
        rc = model_read_slice(init, &f->slice->slice, f->params, &f->init_digest, e);
    if (rc == 0 && init)
        target_scale_unfold(&f->scale, f->part, f->params);
    return rc;
}

bool fit_slice_uses_blas(const struct fit *f)
{
    return slice_plan_uses_blas(f->slice->plan);
}

void fit_slice_use(struct fit *f, size_t workers)
{
    slice_plan_use(f->slice->plan, workers);
}

// ---- a step

struct mover {
    struct fit *fit;
    struct schedule_point now;
};

static void move_strip(void *context, size_t offset, size_t count, const float *gradient)
{
    const struct mover *m = context;
    const struct fit *f = m->fit;
    optim_step_piece(&f->optim, &(struct optim_piece){.params = f->params,
                                                      .begin = offset,
                                                      .count = count,
                                                      .gradient = gradient,
                                                      .lr = m->now.lr,
                                                      .momentum = m->now.momentum});
}

static void keep_strip(void *context, size_t offset, size_t count, const float *gradient)
{
    const struct mover *m = context;
    memcpy(m->fit->slice->gradient + offset, gradient, count * sizeof *gradient);
}

// The squares of what is this rank's alone, and at the root of what all have.
static double own_squares(const struct fit *f)
{
    const struct fit_slice *s = f->slice;
    const bool root = dist_is_root(f->dist);
    double sum = 0;
    for (size_t l = 0; l < f->part->layers; l++) {
        const struct net_layer *part = &f->part->layer[l];
        const enum slice_kind kind = s->slice.kind[l];
        const size_t bias = kern_pad(part->out);
        if (root || kind != SLICE_WHOLE)
            sum += f->kern->sum_squares(part->bias - part->weight, s->gradient + part->weight);
        if (root || kind == SLICE_COLUMNS)
            sum += f->kern->sum_squares(bias, s->gradient + part->bias);
    }
    return sum;
}

// As optim_clip, with the norm over all ranks.
static int clip(struct fit *f, struct error *e)
{
    double squares = own_squares(f);
    const int rc = dist_total_number(f->slice->total, &squares, e);
    const double factor = f->config->clip_norm / (sqrt(squares) + 1e-6);
    if (rc == 0 && factor < 1)
        f->kern->scale(f->part->size, f->slice->gradient, (float)factor);
    return rc;
}

static int step_clipped(struct fit *f, struct mover *m, struct error *e)
{
    const struct slice_taker to = {keep_strip, m};
    int rc = slice_plan_backward(f->slice->plan, f->params, &to, e);
    if (rc == 0)
        rc = clip(f, e);
    if (rc == 0)
        optim_step(&f->optim, f->params, f->slice->gradient, m->now.lr, m->now.momentum,
                   f->threads);
    return rc;
}

static int step_in_strips(struct fit *f, struct mover *m, struct error *e)
{
    const struct slice_taker to = {move_strip, m};
    optim_begin_step(&f->optim);
    return slice_plan_backward(f->slice->plan, f->params, &to, e);
}

int fit_slice_step(struct fit *f, const struct plan_batch *batch, struct schedule_point now,
                   double *loss, struct error *e)
{
    struct mover m = {f, now};
    slice_plan_draw_dropout(f->slice->plan, &f->state.rng, batch->rows);
    int rc = ranks_share_wishes(f, f->slice->total, e);
    if (rc == 0)
        rc = slice_plan_forward(f->slice->plan, f->params, batch, loss, e);
    if (rc || !isfinite(*loss))
        return rc;
    return keeps_gradient(f) ? step_clipped(f, &m, e) : step_in_strips(f, &m, e);
}

int fit_slice_predict(struct fit *f, const struct plan_batch *batch, float *pred, double *loss,
                      struct error *e)
{
    return slice_plan_predict(f->slice->plan, f->params, batch, pred, loss, e);
}

float *fit_slice_scratch(const struct fit *f, size_t *floats)
{
    *floats = model_piece_floats(f->net);
    return f->slice->piece[0];
}

// ---- the model

static int read_piece(void *context, size_t t, size_t begin, size_t end, float *values,
                      struct error *e)
{
    const struct fit *f = context;
    const struct dist_slices from = {f->dist, &f->slice->slice, f->params, f->slice->piece[0]};
    const struct slice_rows rows = {t / 2, begin, end};
    return t % 2 ? dist_slices_biases(&from, rows, values, e)
                 : dist_slices_rows(&from, rows, values, e);
}

struct model_source fit_slice_source(struct fit *f)
{
    return (struct model_source){read_piece, f, f->slice->piece[1]};
}
