// SPDX-License-Identifier: MIT
// What `skiff eval` can be told, and its two kinds of input: scores, or a model and data.
#ifndef SKIFF_CMD_EVAL_OPTIONS_H
#define SKIFF_CMD_EVAL_OPTIONS_H

#include "base/err.h"
#include "train/threshold.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct eval_options {
    char *scores;
    int task;        // enum scores_task
    char *threshold; // a number or the name of a rule
    bool json, curves;
    // for a model
    char *val;
    int part; // of cmd_part_words
    char *x_key, *y_key;
    int64_t bootstrap, seed, threads;
    int gemm; // enum gemm_choice
    bool help;

    // from the above
    enum threshold_rule rule;
    double value; // of the threshold, when it is given as a number
    bool threshold_given;
};

// A model on data, printed.
int eval_model(const struct eval_options *o, const char *model, const char *data, struct error *e);

// Prints and frees `object`; NULL is an object for which there was no memory.
int eval_print_json(json_t *object, struct error *e);

#endif
