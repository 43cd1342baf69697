// SPDX-License-Identifier: MIT
// What several ranks do together in a training run (see dist.h). Each of them computes its part of
// every gradient and makes the same step, so all have the same parameters. Whatever depends on a
// clock, a signal, a file or memory that one rank may lack is decided once and shared; the root
// alone keeps the history and the checkpoints. In a process alone these calls do the plain thing.
#ifndef SKIFF_TRAIN_RANKS_H
#define SKIFF_TRAIN_RANKS_H

#include "train/fit.h"

// Buffers; part of fit_init.
int ranks_init(struct fit *f, struct error *e);
double ranks_bytes(const struct fit *f); // that they take

// The same run on every rank, or ERR_MISMATCH; resumed everywhere from the checkpoint that the root
// has found; *stopped when somebody was asked to stop already.
int ranks_begin(struct fit *f, bool *stopped, struct error *e);

// The rows of a batch that this rank computes, where they are with others.
int ranks_fetch(struct fit *f, struct plan_batch *batch, struct error *e);

// All rows of a table as one batch, with these labels.
struct plan_batch ranks_whole(const struct dataset *d, const float *y);

// While a gradient is computed, as in struct plan_spec: moves what has been posted, and posts
// pieces of the gradient. The context is the struct fit.
void ranks_aside(void *fit, const struct plan_sums *sums, size_t complete);

// The gradient of a batch over all ranks, and its mean loss.
int ranks_gradient(struct fit *f, const struct plan_batch *batch, float **gradient, double *loss,
                   struct error *e);

// What the ranks wish at this step, where it does not go along with gradients.
struct dist_total;
int ranks_share_wishes(struct fit *f, struct dist_total *total, struct error *e);

// After a step: was anybody asked to stop, is a checkpoint due before the epoch ends?
bool ranks_stop(const struct fit *f);
bool ranks_checkpoint_is_due_midway(const struct fit *f);

// The predictions of the validation data and their loss, at the root.
int ranks_validate(struct fit *f, double *loss, struct error *e);
// The root's measures of an epoch, or what went wrong with them (`rc`), to all. Afterwards
// f->checkpoint_due tells whether to write a checkpoint.
int ranks_end_epoch(struct fit *f, int rc, struct history_row *row, struct error *e);

// The root writes a checkpoint; all know what became of it.
int ranks_checkpoint(struct fit *f, double seconds, struct error *e);

// clock_seconds without the time spent waiting for other ranks, which no number of threads changes.
double ranks_clock(const struct fit *f);

#endif
