// SPDX-License-Identifier: MIT
// What a training run has left in its folder: the record, the metrics, the history. Any of them may
// be missing. What they hold is not trusted: a member of another kind than expected is as good as
// none.
#ifndef SKIFF_REPORT_RUN_FOLDER_H
#define SKIFF_REPORT_RUN_FOLDER_H

#include "base/err.h"
#include "train/history.h"

#include <jansson.h>

struct run_folder {
    const char *path;
    json_t *run;            // run.json, an object; NULL: not there
    json_t *metrics;        // metrics.json, or else the metrics of run.json; an object or NULL
    struct history history; // of no epochs when there is no history.csv
};

#define RUN_FILE_MAX ((size_t)256 << 20) // bytes of any of them

int run_folder_read(struct run_folder *f, const char *path, struct error *e);
void run_folder_clear(struct run_folder *f);

// The same from memory, for those whose text is not NULL.
struct run_texts {
    const char *run, *metrics, *history;
    size_t run_size, metrics_size, history_size;
};
int run_folder_parse(struct run_folder *f, const char *path, const struct run_texts *texts,
                     struct error *e);

// The metrics of a part ("train", "val", "test"), or NULL.
const json_t *run_metrics(const struct run_folder *f, const char *part);

enum net_task run_task(const struct run_folder *f); // TASK_AUTO: it does not say

// The epoch that is best by the run's monitor, 0: there is none. And the one whose weights were
// kept: the same or the last.
size_t run_best_epoch(const struct run_folder *f);
size_t run_kept_epoch(const struct run_folder *f);

// A file that the run was told of, as it is to be opened now: what is relative is so to the folder
// that the run was started in, when the record says which and the file is there. On the heap, NULL
// when there is no memory.
char *run_file(const struct run_folder *f, const char *path);

#endif
