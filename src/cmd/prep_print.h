// SPDX-License-Identifier: MIT
// What `skiff prep` says about its work.
#ifndef SKIFF_CMD_PREP_PRINT_H
#define SKIFF_CMD_PREP_PRINT_H

#include "base/buf.h"
#include "job/prep_job.h"

// Notes that come while the work goes on and are printed behind the summary.
struct prep_notes {
    struct buf text; // each with a line feed
};
void prep_notes_init(struct prep_notes *n);
void prep_notes_add(void *notes, const char *text); // as in struct prep_listener
void prep_notes_clear(struct prep_notes *n);

void prep_print(const struct prep_job *job, const struct prep_job_result *result,
                const struct prep_notes *notes);

#endif
