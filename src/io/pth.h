// SPDX-License-Identifier: MIT
// A torch state dict, as torch.save writes it: a zip archive with a pickle of an OrderedDict of
// float32 tensors and one stored member per tensor. torch.load reads it, weights_only=True too.
#ifndef SKIFF_IO_PTH_H
#define SKIFF_IO_PTH_H

#include "base/err.h"

#include <stddef.h>

struct pth_tensor {
    const char *name; // "fc1.weight"
    size_t ndim;      // 1 or 2
    size_t shape[2];  // C order
};

// Tensors in order, each opened, put in any pieces and ended.
struct pth_writer;
struct pth_writer *pth_writer_begin(const char *path, const struct pth_tensor *tensors,
                                    size_t count, struct error *e);
int pth_writer_open(struct pth_writer *w, const struct pth_tensor *tensor, struct error *e);
int pth_writer_put(struct pth_writer *w, const void *data, size_t size, struct error *e);
int pth_writer_end(struct pth_writer *w, struct error *e);
int pth_writer_commit(struct pth_writer *w, struct error *e); // frees `w` when it returns 0
void pth_writer_abort(struct pth_writer *w);                  // NULL is fine

#endif
