// SPDX-License-Identifier: MIT
// The plan of model parallelism: training steps and predictions where every rank has a slice of the
// network and all rows. As plan.h: made once, then nothing is allocated. Gradients are handed over
// in strips as they become known and never exist whole: whoever takes a strip may move its weights
// at once, for everything that is to be computed from them has been.
//
// All ranks make the same calls in the same order. For a number of ranks the results depend on the
// batch alone, not on the number of threads.
#ifndef SKIFF_MODEL_SLICE_PLAN_H
#define SKIFF_MODEL_SLICE_PLAN_H

#include "model/plan.h"
#include "model/slice.h"

struct slice_plan;

struct slice_plan_spec {
    const struct slice *slice; // borrowed
    size_t rows;               // largest batch of slice_plan_forward
    size_t drawn_rows;         // as in struct plan_spec
    size_t threads;            // at least 1
    struct par *team;          // borrowed, or NULL
    const struct gemm *gemm;   // as in struct plan_spec
    // Adds up `count` floats over the ranks, to the same bits on all of them. Unused for one rank.
    int (*sum)(void *context, float *values, size_t count, struct error *e);
    void *context;
};

struct slice_plan *slice_plan_new(const struct slice_plan_spec *spec, const struct kern *kern,
                                  struct error *e);
void slice_plan_free(struct slice_plan *p); // NULL is fine
double slice_plan_bytes(const struct slice_plan_spec *spec);
size_t slice_plan_sum_floats(const struct slice_plan_spec *spec); // of the largest `count` of a sum

bool slice_plan_uses_blas(const struct slice_plan *p);
void slice_plan_use(struct slice_plan *p, size_t workers); // as plan_use

// The masks of the next step: those of one process, of which each rank keeps its columns.
void slice_plan_draw_dropout(struct slice_plan *p, struct rng *rng, size_t rows);

// Forward through all layers: *loss is the batch's mean loss before the step, on every rank.
int slice_plan_forward(struct slice_plan *p, const float *params, const struct plan_batch *batch,
                       double *loss, struct error *e);

// A piece of the gradient: of the parameters [offset, offset + count) of this rank's block. Several
// threads hand over pieces at a time, every float once.
struct slice_taker {
    void (*take)(void *context, size_t offset, size_t count, const float *gradient);
    void *context;
};
// The gradient of the latest slice_plan_forward.
int slice_plan_backward(struct slice_plan *p, const float *params, const struct slice_taker *to,
                        struct error *e);

// As plan_predict, for any number of rows; the same on every rank.
int slice_plan_predict(struct slice_plan *p, const float *params, const struct plan_batch *batch,
                       float *pred, double *loss, struct error *e);

#endif
