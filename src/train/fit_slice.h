// SPDX-License-Identifier: MIT
// --parallel model: a run whose ranks have a slice of the network each (see slice.h), and all rows.
// The calls of the loop that are different then. Parameters, the best ones and optimizer state are
// those of the slice, elementwise as ever; a gradient moves its weights strip by strip, as it
// becomes known, unless --clip_norm has to see all of it first.
//
// Calls with an error but the first three are collective.
#ifndef SKIFF_TRAIN_FIT_SLICE_H
#define SKIFF_TRAIN_FIT_SLICE_H

#include "model/model_file.h"
#include "train/fit.h"

// Parts of fit_init and fit_restart: which slice, and whether there is memory for it; buffers; the
// weights to start from.
int fit_slice_init(struct fit *f, struct error *e);
int fit_slice_plan(struct fit *f, struct error *e);
int fit_slice_start(struct fit *f, struct error *e);
void fit_slice_free(struct fit_slice *s); // NULL is fine

bool fit_slice_uses_blas(const struct fit *f);
void fit_slice_use(struct fit *f, size_t workers); // as plan_use

// Gradient and step, and what the ranks wish; no step where the loss is not finite.
int fit_slice_step(struct fit *f, const struct plan_batch *batch, struct schedule_point now,
                   double *loss, struct error *e);

// As plan_predict; pred and loss on every rank.
int fit_slice_predict(struct fit *f, const struct plan_batch *batch, float *pred, double *loss,
                      struct error *e);

// Scratch for as many floats.
float *fit_slice_scratch(const struct fit *f, size_t *floats);

// The weights as the root writes them into a model file; every rank reads along.
struct model_source fit_slice_source(struct fit *f);

#endif
