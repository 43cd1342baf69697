// SPDX-License-Identifier: MIT
// What a run is on, in the words of those who rent it out: the type of an instance, and how many.
#ifndef SKIFF_COST_INSTANCE_H
#define SKIFF_COST_INSTANCE_H

#include "base/err.h"
#include "cost/prices.h"

#include <stddef.h>
#include <stdint.h>

enum instance_source {
    INSTANCE_UNKNOWN,
    INSTANCE_JOB,    // the platform says so
    INSTANCE_OPTION, // the user does
    INSTANCE_GUESS,  // this machine looks like one
};

struct instance {
    char *type; // "ml.m5.large"; owned. NULL: unknown
    enum instance_source source;
    size_t count; // of machines, at least 1
};

// What a process may use of its machine.
struct instance_shape {
    size_t cores;
    size_t memory; // bytes; 0: unknown
};

// What there is to find it out by. Texts may be NULL or empty.
struct instance_clues {
    const char *job;    // type in the job's resourceconfig.json
    const char *option; // --instance
    const char *prices; // a file of instances that there are
    struct instance_shape shape;
    size_t count;
};

// The job's type, or else the option, or else a guess. What prices cannot be read is an error, and
// the type is unknown then; all else is there.
int instance_find(struct instance *i, const struct instance_clues *clues, struct error *e);
void instance_clear(struct instance *i);

// "job", "option", "guess"; NULL for INSTANCE_UNKNOWN.
const char *instance_source_name(enum instance_source source);

// What to rent for a run that is to take as long as on such a machine: the fewest cores that are
// enough, then the memory that comes nearest to the machine's from below, then the least price. Of
// instances without a GPU, and none that is throttled after a while (ml.t). NULL: there is none.
const struct price *instance_guess(const struct prices *p, const struct instance_shape *shape);

// Seconds on the bill of a cluster of `count`: each of them pays for every second begun.
int64_t instance_billable(double seconds, size_t count);

#endif
