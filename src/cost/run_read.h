// SPDX-License-Identifier: MIT
// Runs from files. A record is a JSON object as `skiff train` writes run.json; members that it
// lacks are unknown.
#ifndef SKIFF_COST_RUN_READ_H
#define SKIFF_COST_RUN_READ_H

#include "base/err.h"
#include "cost/cost_run.h"

#include <stddef.h>

#define COST_FILE_MAX ((size_t)64 << 20) // bytes of a file
#define COST_RUNS_MAX 10000

struct cost_runs {         // zeroed at first
    struct cost_run *item; // [count]; moves when runs are added
    size_t count, cap;
};

// All runs that a path stands for, appended: a record; a folder that has a run.json, or below which
// there are some; a .jsonl with a record a line; a .csv of published runs. history.csv beside a
// run.json is read too. A file that was read before is refused: a run must count once. On failure
// `runs` has what it had and perhaps more; clear it either way.
int cost_runs_add(struct cost_runs *runs, const char *path, struct error *e);
void cost_runs_clear(struct cost_runs *runs);

// Was the run read from the file of that path, or has the run left it beside its record?
bool cost_run_is_of(const struct cost_run *r, const char *path);

// Does no option of skiff train that shapes the result have one value in one of the runs and
// another in the other? What one of them does not say, it may have: programs have other options.
bool cost_run_settings_agree(const struct cost_run *a, const struct cost_run *b);

// Runs from memory, as cost_runs_add has them. `path` begins messages and is copied.
int cost_runs_add_record(struct cost_runs *runs, const char *path, const char *text, size_t size,
                         struct error *e);
int cost_runs_add_lines(struct cost_runs *runs, const char *path, const char *text, size_t size,
                        struct error *e);
int cost_runs_add_published(struct cost_runs *runs, const char *path, const char *text, size_t size,
                            struct error *e);

// 95 % intervals from counts alone: Wilson's of a share of n, Hanley and McNeil's of an area under
// the ROC curve of so many positives and negatives. NaN where they say nothing.
void cost_share_interval(struct cost_value *v, double n);
void cost_auroc_interval(struct cost_value *v, double positives, double negatives);

#endif
