// SPDX-License-Identifier: MIT
// The plan: made once from a network, the largest batch and a number of threads; then gradients and
// predictions are computed in buffers that it owns, without allocating. Nothing about a CPU shows
// here, so that another device can stand behind the same calls.
#ifndef SKIFF_MODEL_PLAN_H
#define SKIFF_MODEL_PLAN_H

#include "base/err.h"
#include "base/rng.h"
#include "kern/par.h"
#include "model/net.h"
#include "model/pieces.h"
#include "model/tree.h"

#define PLAN_THREADS_MAX TREE_LEAVES_MAX // more than there are leaves have nothing to do

struct plan;
struct plan_sums;
struct gemm;

struct plan_spec {
    const struct net *net;   // borrowed
    size_t train_rows;       // largest batch of plan_gradient; 0: predictions only
    size_t predict_rows;     // largest batch of plan_predict with a loss
    size_t threads;          // at least 1: workers to cut the work for
    struct par *team;        // borrowed; who they are. NULL: all on the calling thread
    const struct gemm *gemm; // borrowed; OpenBLAS for the layers that gemm_for says. NULL: for none
    size_t drawn_rows;       // of a batch, whose dropout masks are drawn together; 0: all
    // NULL, or what the calling thread does after each block of rows, with `context`. Where there
    // are `pieces` (borrowed, or NULL) it is called more often towards the end of a gradient, and
    // told how many of the pieces are complete in the subtrees of `sums`, which nobody changes any
    // more.
    const struct pieces *pieces;
    void (*aside)(void *context, const struct plan_sums *sums, size_t complete);
    void *context;
};

struct plan *plan_new(const struct plan_spec *spec, const struct kern *kern, struct error *e);
void plan_free(struct plan *p); // NULL is fine

// Whether any product goes through OpenBLAS: the result is then that library's.
bool plan_uses_blas(const struct plan *p);

// Bytes that plan_new will take, for a look at the machine's memory before.
double plan_bytes(const struct plan_spec *spec);

// The rows to use. With `order`, row i is X[order[i]]; without, X[i]. Where nobody has all of X,
// this process has rows [own_begin, own_end) of the batch, those that it computes: row i is own[i -
// own_begin], or where own_at is given, *own_at[i - own_begin].
struct plan_batch {
    size_t rows;
    const float *X; // [..][net->inputs], dense
    const float *y; // binary, multiclass: [..] labels; regression: [..][net->outputs]
    const uint32_t *order;
    size_t following;          // entries of order behind these: rows to be used soon
    const float *class_weight; // by label, or NULL
    const float *own;          // instead of X: [own_end - own_begin][net->inputs], or NULL
    const float *const *own_at;
    size_t own_begin, own_end;
};

// The masks of the next plan_gradient of `rows` rows, drawn as torch's dropout layers would draw
// them, in forward order, for drawn_rows of them after the other. Draws nothing without dropout.
void plan_draw_dropout(struct plan *p, struct rng *rng, size_t rows);

// The gradient of the batch's mean loss, in the layout of the parameters; valid, and the caller's
// to change, until the next call. *loss is the mean loss before the step.
float *plan_gradient(struct plan *p, const float *params, const struct plan_batch *batch,
                     double *loss);

// Mean loss and predictions without dropout: pred[rows][net->outputs], dense; probabilities for
// classification. `pred` or `loss` may be NULL; without `loss`, batch->y may be NULL too.
void plan_predict(struct plan *p, const float *params, const struct plan_batch *batch, float *pred,
                  double *loss);

// The losses of the rows of the latest plan_predict with a loss: [rows], not divided.
const float *plan_row_losses(const struct plan *p);
// The mean loss of `rows` rows that were predicted in batches: loss[rows] as they had them, y of
// all. To the bit what plan_predict says of all of them at once, unless products go through
// OpenBLAS.
double plan_loss_of_rows(struct plan *p, size_t rows, const float *loss, const float *y);

// For several processes, of which each computes the index-th of `count` even parts of a batch's
// leaves. {0, 1} is a process alone; with more parts than leaves some are empty.
struct plan_part {
    size_t index, count;
};

// What a batch has come to: sums over leaves, of one part of them until somebody joins the parts.
struct plan_sums {
    size_t leaves;                         // of the whole batch
    double divisor;                        // the mean loss is the sum of all losses over this
    size_t nodes;                          // maximal subtrees of the part, in leaf order:
    struct tree_node node[TREE_COVER_MAX]; // losses, and gradients in the plan's buffers
};

// plan_gradient and plan_predict for one part; `pred` is still that of the whole batch.
void plan_gradient_part(struct plan *p, const float *params, const struct plan_batch *batch,
                        struct plan_part part, struct plan_sums *sums);
void plan_predict_part(struct plan *p, const float *params, const struct plan_batch *batch,
                       struct plan_part part, float *pred, struct plan_sums *sums);
double plan_mean_loss(const struct plan_sums *sums); // of all parts, joined
// The leaves of a part, and its rows, in a batch of so many rows.
struct par_range plan_part_leaves(size_t leaves, struct plan_part part);
struct par_range plan_part_rows(const struct plan *p, size_t rows, struct plan_part part);
struct par_range plan_rows_of(size_t rows, size_t gradient_floats, struct plan_part part);

// Is a prediction of so many rows too little work to share with anybody who must be woken?
bool plan_predict_is_small(const struct plan *p, size_t rows);

// Look after the pieces in gradients from now on, or do not. Changes no result.
void plan_use_pieces(struct plan *p, bool yes);

// Use at most so many workers from now on, however many there are. Changes no result.
void plan_use(struct plan *p, size_t workers);

// Who the workers are from now on; NULL: the calling thread. For a plan that outlives its team.
void plan_lend(struct plan *p, struct par *team);

// How many of them should share the optimizer's step after a gradient of so many rows.
size_t plan_step_workers(const struct plan *p, size_t rows);

// How many leaves a batch has: a function of its rows and of the gradient's size alone, for it is
// part of the promise of equal bytes.
size_t plan_leaves(size_t rows, size_t gradient_floats);
#define PLAN_LEAVES_FEW 32 // more than that want many rows each

#endif
