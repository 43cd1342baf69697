// SPDX-License-Identifier: MIT
// Which data a job trains, validates and tests on: from its channels to what --train, --val and
// --test take.
#ifndef SKIFF_JOB_CHANNEL_PARTS_H
#define SKIFF_JOB_CHANNEL_PARTS_H

#include "job/channels.h"
#include "job/part.h"

struct channel_parts {
    char *path[PARTS]; // a file, a folder, or several files, one a line; NULL: none
    int fd[PARTS];     // of a pipe's or several tables' content, in memory; -1: none
    const struct channel *channel[PARTS]; // where they come from, or NULL; borrowed
};

// A channel named after a part, in one of the spellings in use, is that part. A single channel
// holds all parts: the arrays of an .npz say which (X_train, X_val, X_test), or else the words in a
// file's name and folders; what says nothing is for training. Pipes are not read here.
int channel_parts_init(struct channel_parts *p, const struct channels *c, struct error *e);
void channel_parts_clear(struct channel_parts *p);

// What has to be in memory: the pipe of each part's channel, read to its end, which may take long,
// and several CSVs, joined; path becomes a file there. `stop` is asked when a signal comes, and
// ends the reading as ERR_IO.
int channel_parts_fetch(struct channel_parts *p, bool (*stop)(void *context), void *context,
                        struct error *e);

// What is in memory is called by its descriptor; in messages and records it is a channel. A name
// for `path` on the heap; NULL: it is another path, or no memory.
char *channel_parts_name(const struct channel_parts *p, const char *path);
void channel_parts_explain(const struct channel_parts *p, struct error *e);

// Is the channel called after the part? Is a path one table, which is no archive?
bool channel_is_part(const struct channel *c, enum part part);
bool channel_is_table(const char *path);

// The files of a channel as a path, on the heap; NULL with no error set: it has none.
char *channel_path(const struct channel *c, struct error *e);

#endif
