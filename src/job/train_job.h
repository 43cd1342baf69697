// SPDX-License-Identifier: MIT
// A whole training job: data in, a model, a history, metrics and a run record out.
#ifndef SKIFF_JOB_TRAIN_JOB_H
#define SKIFF_JOB_TRAIN_JOB_H

#include "base/err.h"
#include "train/fit.h"

// What is known of where a run takes place, for the run record. Nothing of it has to be.
struct channel_parts;
struct train_job_place {
    const char *instance; // type, as the platform of a job names it
    size_t machines;      // that the platform bills; 0: those of the ranks
    double download;      // seconds that reading a job's pipes took; 0: there were none
    const char *prices;   // file to guess the type by, when neither platform nor options say it
    const char *energy;   // folder of the energy counters: ENERGY_ROOT
    const struct channel_parts *parts; // where the files come from that are in memory
};

struct train_job {
    const struct train_config *config;
    const char *const *command; // for the run record: argv, NULL-terminated, or NULL
    struct fit_hooks hooks;     // of this rank; `stop` of any
    struct dist *ranks;         // borrowed; NULL: this process alone
    double started;             // processor seconds from exec to the beginning of the job
    struct train_job_place place;
    // Instead of training when everything is ready; then no file is written. NULL: train.
    int (*rehearse)(struct fit *fit, void *context, struct error *e);
    void *context;
};

struct train_job_result {
    char *model_path; // of nn_model.pth, owned; NULL when stopped before the first step
    bool interrupted; // hooks.stop ended it
    double test_loss, test_accuracy, test_rmse; // NaN where there is none
    uint64_t epoch;         // whose weights the model has; 0: of none, it was stopped in one
    struct history_row row; // of that epoch
};

// With ranks, all of them call it and all return the same code; rank 0 writes the files.
int train_job(const struct train_job *job, struct train_job_result *result, struct error *e);
void train_job_result_clear(struct train_job_result *result);

#endif
