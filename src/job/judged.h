// SPDX-License-Identifier: MIT
// Rows whose labels are known, and what a model says about them. The features are not kept: a CSV
// is read a batch at a time, and memory is that of predictions, labels and losses, some bytes a
// row.
#ifndef SKIFF_JOB_JUDGED_H
#define SKIFF_JOB_JUDGED_H

#include "job/model_rows.h"

struct judged {
    const char *path; // as people read it, borrowed
    size_t n;
    float *pred; // [n][outputs]
    float *y;    // [n], or of regression [n][outputs]
    double loss; // finite
};

// Told after each batch of a CSV how many rows have been read; `rows` may be NULL.
struct judged_hooks {
    struct model_listener listener;
    void (*rows)(void *context, uint64_t done, uint64_t total); // a total of 0: not known
    void *context;
};

// Predictions and loss are those of all rows in one batch, to the bit, unless products go through
// OpenBLAS, whose bits depend on the batch. Clear it in any case.
int judge(struct judged *j, const struct model_run *run, const struct model_data *data,
          const struct judged_hooks *hooks, struct error *e);
void judged_clear(struct judged *j);

#endif
