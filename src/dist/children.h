// SPDX-License-Identifier: MIT
// The ranks of this host: processes that a supervisor forks, listens to and ends.
#ifndef SKIFF_DIST_CHILDREN_H
#define SKIFF_DIST_CHILDREN_H

#include "base/err.h"
#include "dist/link.h"

#include <sys/types.h>

struct child {
    struct link link; // to what it knows as PMI_FD
    pid_t pid;        // 0: there is none
    bool reaped;
    double stopped; // clock_seconds of when it was, 0: it runs
};

struct children {
    struct child *child;
    size_t count;
    bool told; // they know that they should stop
};

// So many ranks, each in a new process. All of them come back from this: a rank with *which its
// place among them and *fd its own end of the link; the supervisor with *which == count. Call it
// before there are threads, and children_end in any case.
int children_fork(struct children *c, size_t count, size_t *which, int *fd, struct error *e);

// Ask all that live to stop, once.
void children_stop(struct children *c);
// Has it ended just now? Then *code is its exit status as a shell has it. Call it now and then.
#define CHILD_SIGNALLED 128 // and the number of the signal that has ended it
bool child_reap(struct child *c, int *code);
// Has it been stopped for longer than that, when last looked at?
bool child_is_stopped(const struct child *c, double seconds);

// Those that live are killed, and waited for so long: one that cannot be ended is left to the
// kernel. A rank only forgets the others.
void children_end(struct children *c, double seconds);

#endif
