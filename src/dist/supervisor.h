// SPDX-License-Identifier: MIT
// One process a host that stays while its ranks work: see bringup.h.
#ifndef SKIFF_DIST_SUPERVISOR_H
#define SKIFF_DIST_SUPERVISOR_H

#include "dist/bringup.h"
#include "dist/children.h"
#include "dist/link.h"

// Until the job is over, which every host learns from the leader. `link` is by host at the leader,
// link[0] to it elsewhere. Returns as bringup_run, or ROUND_AGAIN (round.h) where the run is to be
// restarted, after the failure that *e describes.
int supervise(const struct bringup *b, struct link *link, struct children *ranks, int *status,
              struct error *e);

#endif
