// SPDX-License-Identifier: MIT
// The hosts of a job and which of them this one is: what resourceconfig.json says, which alone is
// to be believed (a host's own name may be anything).
#ifndef SKIFF_JOB_HOSTS_H
#define SKIFF_JOB_HOSTS_H

#include "base/err.h"

#include <jansson.h>
#include <stddef.h>

#define HOSTS_MAX 1024

// One host named "algo-1" where nothing is said. Texts are owned and NULL when absent.
struct hosts {
    char **name;     // in the order of the file, which sorts as text: algo-1, algo-10, algo-2
    size_t count;    // at least 1
    size_t rank;     // of this host, from 0
    char *interface; // of the network, as "eth0"
    char *instance;  // type, as "ml.m5.xlarge"
};

// From the object in resourceconfig.json; members that are absent or unknown do not matter.
int hosts_init(struct hosts *h, const char *file, const json_t *object, struct error *e);
// SM_HOSTS (a JSON list) and SM_CURRENT_HOST, which may be NULL, over what is there.
int hosts_environment(struct hosts *h, const char *list, const char *current, struct error *e);
void hosts_clear(struct hosts *h);

#endif
