// SPDX-License-Identifier: MIT
// How far a job has come, on one line of a terminal that nothing else is printed to; for jobs that
// may take seconds. Elsewhere nothing is shown.
#ifndef SKIFF_CMD_METER_H
#define SKIFF_CMD_METER_H

#include <stdbool.h>
#include <stdint.h>

struct meter {
    const char *unit; // "rows"
    bool on, drawn;
    double next; // when to draw, by clock_seconds
};

// Standard error must be a terminal, and standard output none where it takes what the job writes.
void meter_init(struct meter *m, const char *unit, bool writes_stdout);
// A hook of jobs; `context` is a struct meter, a `total` of 0 is not known.
void meter_show(void *context, uint64_t done, uint64_t total);
void meter_end(struct meter *m); // removes the line

#endif
