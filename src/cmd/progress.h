// SPDX-License-Identifier: MIT
// What a training run shows while it goes on: the lesson's log lines on standard output, and on a
// terminal a bar on standard error with loss, speed and time left.
#ifndef SKIFF_CMD_PROGRESS_H
#define SKIFF_CMD_PROGRESS_H

#include "job/channel_parts.h"
#include "train/fit.h"

struct progress {
    uint64_t epochs;    // of the whole run
    uint64_t log_every; // 0: no lines
    bool bar;           // is there a terminal, and is a bar wanted?
    bool quiet;
    bool scraped;     // lines for the metric expressions of a job's platform, too
    uint64_t printed; // the latest epoch that has lines
    bool drawn;       // the bar stands on the current line
    double started, painted;
    double first_done;                 // epochs that were done when we began to count
    double loss;                       // latest training loss, NaN before the first epoch
    const struct channel_parts *parts; // of the job that notes are about, or NULL
};

void progress_init(struct progress *p, const struct train_config *c);
void progress_end(struct progress *p); // removes the bar
// The lines of the epoch whose weights the model has, unless they were the last ones: platforms
// take the last value for the result.
void progress_kept(struct progress *p, uint64_t epoch, const struct history_row *row);

// The hooks of fit.h; `context` is a struct progress.
void progress_epoch(void *context, uint64_t epoch, const struct history_row *row, bool last);
void progress_step(void *context, uint64_t epoch, size_t done, size_t total);
void progress_note(void *context, const char *text);

#endif
