// SPDX-License-Identifier: MIT
// A trained model on rows without labels: data in, predictions out, a batch at a time.
#ifndef SKIFF_JOB_PREDICT_JOB_H
#define SKIFF_JOB_PREDICT_JOB_H

#include "job/model_rows.h"

struct predict_job {
    struct model_run_spec run;
    struct model_data data;
    const char *out; // NULL: the descriptor `fd`, as CSV
    int fd;
    double threshold;
    bool threshold_given; // then the model must be a binary one
    struct model_listener listener;
    // Either may be NULL. `rows` is called after each batch, with a `total` of 0 where nobody knows
    // it; when `stop` says true the job ends with *stopped set and no output file.
    void (*rows)(void *context, uint64_t done, uint64_t total);
    bool (*stop)(void *context);
    void *context;
};

int predict_job(const struct predict_job *job, bool *stopped, struct error *e);

#endif
