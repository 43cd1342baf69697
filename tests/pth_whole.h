// SPDX-License-Identifier: MIT
// A state dict of tensors that are whole in memory, in one call.
#ifndef SKIFF_TESTS_PTH_WHOLE_H
#define SKIFF_TESTS_PTH_WHOLE_H

#include "io/pth.h"

static inline int pth_whole_put(struct pth_writer *w, const struct pth_tensor *tensor,
                                const float *values, struct error *e)
{
    const size_t count = tensor->shape[0] * (tensor->ndim == 2 ? tensor->shape[1] : 1);
    int rc = pth_writer_open(w, tensor, e);
    if (rc == 0)
        rc = pth_writer_put(w, values, count * sizeof *values, e);
    return rc ? rc : pth_writer_end(w, e);
}

// values[count], of a tensor each.
static inline int pth_whole(const char *path, const struct pth_tensor *tensors,
                            const float *const *values, size_t count, struct error *e)
{
    struct pth_writer *w = pth_writer_begin(path, tensors, count, e);
    int rc = w ? 0 : error_code(e);
    for (size_t i = 0; rc == 0 && i < count; i++)
        rc = pth_whole_put(w, &tensors[i], values[i], e);
    if (rc == 0)
        rc = pth_writer_commit(w, e);
    if (rc)
        pth_writer_abort(w);
    return rc;
}

#endif
