// SPDX-License-Identifier: MIT
// Between the files that read runs.
#ifndef SKIFF_COST_RUN_INNER_H
#define SKIFF_COST_RUN_INNER_H

#include "cost/run_read.h"

#include <jansson.h>
#include <stdint.h>

// What a run was read from.
struct run_source {
    json_t *root; // the record
    char *name, *path, *setting;
    uint64_t file[2]; // device and number of the file
};

struct run_place {
    const char *where; // the file, or file and line: begins messages, and is the run's path
    const char *name;  // of the run, where the record gives none
};

// Append a run made from `root`, whose reference is stolen in every case.
int run_append(struct cost_runs *runs, json_t *root, const struct run_place *at, struct error *e);

// metrics.val, or else metrics.test, and what can be said about their intervals.
// ERR_DATA for a value that such a metric cannot have.
int run_take_metrics(struct cost_run *r, const json_t *root, const char *where, struct error *e);

// The options that shape a run's work, as "name=value, ..." on the heap; NULL without memory.
char *run_setting(const json_t *options);

#endif
