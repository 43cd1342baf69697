// SPDX-License-Identifier: MIT
// A run in progress, for train_job.c, which brings it to its weights, and train_save.c, which
// writes what it leaves.
#ifndef SKIFF_JOB_TRAIN_JOB_INNER_H
#define SKIFF_JOB_TRAIN_JOB_INNER_H

#include "base/clock.h"
#include "cost/energy.h"
#include "job/run_record.h"
#include "job/train_data.h"
#include "job/train_job.h"

struct train_run {
    const struct train_job *job;
    const struct train_config *config;
    const struct kern *kern;
    struct gemm gemm;
    const char *model_dir, *output_dir;
    struct train_data data;
    struct net net;
    struct fit fit;
    struct run_seconds seconds;
    struct energy energy;
    json_t *metrics;
    size_t threads;
    struct par *team;
    struct dist *ranks;
};

void train_run_note(const struct train_run *r, const char *text);

// Seconds since `*mark`, which moves to now.
static inline double train_run_lap(double *mark)
{
    const double now = clock_seconds(), passed = now - *mark;
    *mark = now;
    return passed;
}

// Evaluates the weights and writes all files.
int train_save(struct train_run *r, struct train_job_result *result, struct error *e);
// Of a run that has diverged: the model of its best epoch, if that is kept, and its history.
// ERR_NUMERIC in any case.
int train_save_best(struct train_run *r, struct train_job_result *result, struct error *e);

#endif
