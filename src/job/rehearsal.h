// SPDX-License-Identifier: MIT
// What the parts of a training run take on this machine, found out by doing each for a moment.
#ifndef SKIFF_JOB_REHEARSAL_H
#define SKIFF_JOB_REHEARSAL_H

#include "cost/scaling.h"
#include "train/fit.h"

struct rehearsal {
    struct scaling_work work;
    size_t threads; // that `work.serial` was measured with; 1: it was assumed
};

// On a fit that is ready to run, whose parameters it changes.
int rehearse(struct fit *f, struct rehearsal *r, struct error *e);

#endif
