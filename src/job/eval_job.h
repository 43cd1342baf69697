// SPDX-License-Identifier: MIT
// How good a trained model is on rows whose labels are known: loss, metrics and their intervals.
#ifndef SKIFF_JOB_EVAL_JOB_H
#define SKIFF_JOB_EVAL_JOB_H

#include "job/model_rows.h"
#include "train/bootstrap.h"
#include "train/score.h"
#include "train/threshold.h"

#include <jansson.h>

struct eval_job {
    struct model_run_spec run;
    struct model_data data;
    const char *val; // where the rule chooses the threshold, with part "val"; NULL: on the data
    enum threshold_rule rule;
    double threshold;     // of THRESHOLD_GIVEN
    bool threshold_given; // by value or by rule: then the model must be a binary one
    size_t resamples;     // of the bootstrap; 0: no intervals
    int64_t seed;
    bool curves; // wanted: for classes only
    struct model_listener listener;
    // Now and then; each may be NULL.
    void (*rows)(void *context, uint64_t done, uint64_t total); // of a CSV; the total is 0
    void (*resampled)(void *context, uint64_t done, uint64_t total);
    void *context;
};

// The numbers are those of metrics.json for the same model and data, to the bit.
struct eval_result {
    enum net_task task;
    enum threshold_rule rule;
    double threshold; // binary
    double loss;
    struct score score;         // the task's own is set
    struct bootstrap bootstrap; // of no metrics when there are no resamples
    json_t *curves;             // NULL when they were not wanted
    // Of a model that carries its preparation, owned; else 0 and NULL.
    size_t classes;
    char **class_name; // [classes]
};

int eval_job(const struct eval_job *job, struct eval_result *result, struct error *e);
void eval_result_clear(struct eval_result *result);

// The members that metrics.json has, "threshold_rule" where a rule chose it, "bootstrap" and
// "curves". NULL when there is no memory.
json_t *eval_result_json(const struct eval_result *result);

#endif
