// SPDX-License-Identifier: MIT
// One process a host that stays while its rank works: see bringup.h.
#ifndef SKIFF_DIST_SUPERVISOR_H
#define SKIFF_DIST_SUPERVISOR_H

#include "dist/bringup.h"
#include "dist/link.h"

#include <sys/types.h>

// Until the job is over, which every host learns from the leader. `link` is by host at the leader,
// link[0] to it elsewhere; `fd` and `pid` are the rank's. As bringup_run returns.
int supervise(const struct bringup *b, struct link *link, int fd, pid_t pid, int *status,
              struct error *e);

#endif
