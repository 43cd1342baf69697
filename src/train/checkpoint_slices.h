// SPDX-License-Identifier: MIT
// Checkpoints of a run whose ranks have a slice of the network each: one file as ever, which the
// root writes and reads. Its arrays `params`, `best` and `optimizer` are those of rank 0, then
// those of rank 1 and so on, so it is for that number of ranks alone. They come and go a piece at a
// time.
#ifndef SKIFF_TRAIN_CHECKPOINT_SLICES_H
#define SKIFF_TRAIN_CHECKPOINT_SLICES_H

#include "io/npz.h"
#include "train/fit.h"

// The root's part in writing the arrays, `rc` being what became of the file so far: it is made in
// any case, for the others wait. And theirs; *writes tells all whether there is a file.
int checkpoint_slices_begin(const struct fit *f, bool *writes, struct error *e);
int checkpoint_slices_write(const struct fit *f, struct npz_writer *to, int rc, struct error *e);

// Are the arrays in the archive, whole and of the right sizes? At the root alone.
int checkpoint_slices_check(const struct fit *f, const struct npz *z, struct error *e);
// State, parameters and optimizer state from f->resumed at the root, if there is one, to all ranks.
int checkpoint_slices_share(struct fit *f, struct error *e);

#endif
