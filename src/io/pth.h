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
    const float *data;
};

int pth_write(const char *path, const struct pth_tensor *tensors, size_t count, struct error *e);

#endif
