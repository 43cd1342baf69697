// SPDX-License-Identifier: MIT
// Which run a checkpoint belongs to: the options that shape the result, the network and digests of
// the data, as JSON.
#ifndef SKIFF_TRAIN_CHECKPOINT_MATCH_H
#define SKIFF_TRAIN_CHECKPOINT_MATCH_H

#include "base/buf.h"
#include "train/fit.h"

int checkpoint_describe(const struct fit *f, struct buf *out, struct error *e);

// 0 when `text`, written by checkpoint_describe, describes this run; else ERR_MISMATCH with the
// first difference, or ERR_FORMAT.
int checkpoint_match(const struct fit *f, const char *path, const char *text, struct error *e);

// The same between ranks: `text` is that of rank 0, and nothing may differ.
int checkpoint_same_run(const struct fit *f, const char *text, struct error *e);

#endif
