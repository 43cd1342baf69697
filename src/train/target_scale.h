// SPDX-License-Identifier: MIT
// Amounts brought to mean 0 and deviation 1 while a network is trained on them. Its outputs begin
// near 0 and move by small steps, so amounts in the hundred thousands are out of its reach for
// thousands of epochs. At the end the scale is folded into the output layer: the model, in whatever
// file, says amounts, and nobody who reads it needs to know.
#ifndef SKIFF_TRAIN_TARGET_SCALE_H
#define SKIFF_TRAIN_TARGET_SCALE_H

#include "model/net.h"
#include "table/dataset.h"

// Zeroed: targets are taken as they are.
struct target_scale {
    size_t targets;
    double *center, *width; // [targets] mean and population deviation (1 where that is 0)
};

int target_scale_init(struct target_scale *s, const struct dataset *train, struct error *e);
void target_scale_clear(struct target_scale *s);

// d->y scaled, [n][targets] on the heap; NULL when there is no memory.
float *target_scale_apply(const struct target_scale *s, const struct dataset *d);
// Predictions [n][targets] of a network that was trained on scaled targets, as amounts.
void target_scale_undo(const struct target_scale *s, float *pred, size_t n);

// Parameters that predict scaled targets become ones that predict amounts, and the reverse.
void target_scale_fold(const struct target_scale *s, const struct net *net, float *params);
void target_scale_unfold(const struct target_scale *s, const struct net *net, float *params);

#endif
