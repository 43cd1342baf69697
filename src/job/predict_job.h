// SPDX-License-Identifier: MIT
// A trained model on rows without labels: data in, predictions out, a batch at a time.
#ifndef SKIFF_JOB_PREDICT_JOB_H
#define SKIFF_JOB_PREDICT_JOB_H

#include "job/model_run.h"

struct predict_job {
    struct model_run_spec run;
    const char *data; // .npz, or a folder of them
    struct dataset_keys keys;
    const char *out; // NULL: the descriptor `fd`, as CSV
    int fd;
    double threshold;
    bool threshold_given; // then the model must be a binary one
    // Either may be NULL. `rows` is called after each batch; when `stop` says true the job ends
    // with *stopped set and no output file.
    void (*rows)(void *context, uint64_t done, uint64_t total);
    bool (*stop)(void *context);
    void *context;
};

int predict_job(const struct predict_job *job, bool *stopped, struct error *e);

#endif
