// SPDX-License-Identifier: MIT
// The platform's end of a channel in Pipe mode: objects one after the other into a fifo, for
// whoever reads it.
#ifndef SKIFF_JOB_LOCAL_FEED_H
#define SKIFF_JOB_LOCAL_FEED_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct local_feed {
    char *fifo;
    char **object; // whole paths
    size_t objects, next;
    int to, from; // descriptors, or -1
    bool done;
    char piece[4096]; // read and not yet written: [begin, end)
    size_t begin, end;
};

// A new fifo at `path`, to be fed with the files of `folder`. Frees `path` in the end.
int local_feed_init(struct local_feed *f, char *path, const char *folder, struct error *e);
// Feed what can be fed without waiting. SIGPIPE must be ignored: a reader may leave early.
int local_feed_push(struct local_feed *f, struct error *e);
void local_feed_clear(struct local_feed *f);

#endif
