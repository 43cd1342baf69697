// SPDX-License-Identifier: MIT
// `skiff train --hosts A,B --host A`: several hosts, and `--ranks_per_host 2`: several ranks on
// each, without a launcher.
#ifndef SKIFF_CMD_TRAIN_HOSTS_H
#define SKIFF_CMD_TRAIN_HOSTS_H

#include "train/config.h"

#include <stdbool.h>

// What a job in a container says: the network between hosts, and where failures are left. NULL
// where it is not said.
struct train_hosts_job {
    const char *interface, *failure;
};

// As bringup_run: 0 with *rank in the process that is to train as a rank; in the one that has
// watched over it, when all is over, *status is what to exit with.
int train_hosts(const struct train_config *c, const struct train_hosts_job *job,
                bool (*asked)(void *context), bool *rank, int *status, struct error *e);

#endif
