// SPDX-License-Identifier: MIT
// run.json: what ran, where, on what, how long each part took and what came out. The input of
// comparisons between runs.
#ifndef SKIFF_JOB_RUN_RECORD_H
#define SKIFF_JOB_RUN_RECORD_H

#include "base/err.h"
#include "cost/energy.h"
#include "cost/instance.h"
#include "table/prep.h"
#include "train/fit.h"

#include <jansson.h>

struct run_seconds {
    double start; // processor time from exec to the beginning of the job
    double load, train, evaluate, save;
    double total;    // start and all parts, to the writing of this record
    double download; // 0: nothing was; not a part of the total
    double age;      // of this process, to the writing of this record
};

struct channel_parts;
struct run_record {
    const struct train_config *config;
    const char *const *command;        // argv, NULL-terminated, or NULL
    const struct channel_parts *parts; // of the job whose options these are, or NULL
    const struct fit *fit;
    const struct dataset *test; // or NULL
    const struct prep *prep;    // or NULL: nobody said how features were made
    const struct run_seconds *seconds;
    const struct instance *instance;
    const struct energy *energy; // ended, as `joules` says, or NULL: not known
    double joules;
    size_t threads;   // that there really were
    const char *exit; // "finished", "stopped early", "interrupted"
    json_t *metrics;  // borrowed: the contents of metrics.json
};

int run_record_write(const struct run_record *r, const char *path, struct error *e);

#endif
