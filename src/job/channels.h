// SPDX-License-Identifier: MIT
// The channels of a job: folders of data under input/data, or pipes beside them.
#ifndef SKIFF_JOB_CHANNELS_H
#define SKIFF_JOB_CHANNELS_H

#include "base/err.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define CHANNELS_MAX 64 // the platform allows 20

struct channel {
    char *name;
    char *path;    // of its folder, whether that is there or not
    bool pipe;     // its data come once through <path>_0
    bool sharded;  // this host has some of the objects only
    bool recordio; // each object of a pipe is framed
    char **file;   // data files, .npz or .csv, in name order, sub-folders included
    size_t files;
};

struct channels {
    struct channel channel[CHANNELS_MAX];
    size_t count;
};

// From inputdataconfig.json (`file` is its name for messages); where that has none, the folders in
// `data` are the channels. Channels of code are passed over.
int channels_init(struct channels *c, const char *file, const json_t *object, const char *data,
                  struct error *e);
void channels_clear(struct channels *c);

// May a channel be called so? Its name becomes that of a folder.
bool channel_is_name(const char *name);

const struct channel *channels_find(const struct channels *c, const char *name);

#endif
