// SPDX-License-Identifier: MIT
// A job as its container finds it: a tree of files below /opt/ml, or below another root. It fills
// the options of a training run, which then goes on as from a shell.
#ifndef SKIFF_JOB_CONTAINER_H
#define SKIFF_JOB_CONTAINER_H

#include "base/opt.h"
#include "job/channel_parts.h"
#include "job/hosts.h"
#include "train/config.h"

#include <stdbool.h>

#define CONTAINER_ROOT "/opt/ml"

struct container {
    char *root;
    char *failure; // file for the cause of a failure
    struct hosts hosts;
    struct channels channels;
    struct channel_parts parts;
    double download;    // seconds that reading its pipes took; 0: there were none
    json_t *parameters; // of hyperparameters.json
    json_t *variables;  // of SM_HPS
    json_t *inputs;     // of inputdataconfig.json
    json_t *resources;  // of resourceconfig.json
    json_t *checkpoint; // of checkpointconfig.json
};

struct container_hooks {
    void *context;
    void (*note)(void *context, const char *text); // a line for the user; may be NULL
    bool (*stop)(void *context);                   // asked while a pipe is read; may be NULL
};

// Is there a job below `root`? Without one a program runs as from a shell.
bool container_present(const char *root);

// Where everything is; no file is read yet. A failure has a place from here on.
int container_init(struct container *k, const char *root, struct error *e);
void container_clear(struct container *k);

// "<root>/<name>" on the heap, or NULL with the error set.
char *container_path(const struct container *k, const char *name, struct error *e);

// Read the job's files, and environment variables of the toolkits.
int container_read(struct container *k, struct error *e);
// Options that arguments have not set, by hyperparameters and variables alone.
int container_parameters(struct container *k, struct opt_set *options,
                         const struct container_hooks *hooks, struct error *e);
// Which hosts train together, in --hosts and --host: those that the user names, else all of the
// job. Reads parameters, without a remark, and no data.
int container_hosts(struct container *k, struct opt_set *options, struct error *e);
// Does this host train? Not if the user has named others.
bool container_trains(const struct opt_set *options);
// Options that arguments have not set: hyperparameters, channels, folders.
int container_configure(struct container *k, struct opt_set *options,
                        const struct container_hooks *hooks, struct error *e);

#endif
