// SPDX-License-Identifier: MIT
// What the process of a host finds in its environment, in a job of local mode.
#ifndef SKIFF_JOB_LOCAL_ENVIRONMENT_H
#define SKIFF_JOB_LOCAL_ENVIRONMENT_H

#include "base/buf.h"
#include "job/local_job.h"

#include <stdbool.h>

// How several hosts find each other, all of them on this machine.
struct local_places {
    struct buf addresses; // for --host_addresses
    int port;             // for --join_port
};

int local_places_init(struct local_places *p, const struct local_job *job, struct error *e);
void local_places_clear(struct local_places *p);

struct local_environment {
    char **variable; // NULL at the end
    size_t count;
    size_t own; // the first that is not borrowed
    bool failed;
};

// The environment of this process, less what is the platform's to set, and what it sets. To be
// cleared also when it has failed, which it does without memory.
void local_environment_init(struct local_environment *v, const struct local_job *job,
                            const struct local_places *places, const char *root);
void local_environment_clear(struct local_environment *v);

#endif
