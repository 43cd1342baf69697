// SPDX-License-Identifier: MIT
// Checkpoints: everything that a run needs to go on as if it had not been interrupted, to the byte.
// A checkpoint is an .npz file, checkpoint-<steps>.npz, so its CRCs tell a broken one and numpy
// opens it. The newest CHECKPOINTS_KEPT are kept.
#ifndef SKIFF_TRAIN_CHECKPOINT_H
#define SKIFF_TRAIN_CHECKPOINT_H

#include "train/fit.h"

#define CHECKPOINTS_KEPT 2

// Is it time? At the end of the epoch of that number, and between two steps of one (only by time).
bool checkpoint_is_due(const struct fit *f, uint64_t epoch);
bool checkpoint_is_due_midway(const struct fit *f);

// Write one; nothing happens without config->checkpoint_dir. `seconds` is the time spent so far.
// The root calls it, and where each rank has a slice of the network all ranks do.
int checkpoint_write(struct fit *f, double seconds, struct error *e);

// Continue from the newest checkpoint that is whole; broken ones are named in hooks.note and passed
// over. One of another run, with other data or options, is ERR_MISMATCH and names what differs.
int checkpoint_resume(struct fit *f, struct error *e);

#endif
