// SPDX-License-Identifier: MIT
// What `skiff train` does when it finds itself in a container of SageMaker's.
#ifndef SKIFF_CMD_TRAIN_CONTAINER_H
#define SKIFF_CMD_TRAIN_CONTAINER_H

#include "dist/dist.h"
#include "job/container.h"

// Is there a job at --root (NULL: not given), SKIFF_ML_ROOT or /opt/ml? Then failures are left
// there from now on.
bool train_container_find(struct container *k, const char *root);

// The job's options. Remarks go to standard error, those of one rank of several.
int train_container_options(struct container *k, struct opt_set *options, const struct dist *ranks,
                            bool (*stop)(void *context), struct error *e);

// Has this process a part in the work? A rank among several has, alone it has on the first host.
bool train_container_works(const struct container *k, const struct dist *ranks);

// The end of a job that was stopped before it could begin: a remark, and status 0.
int train_container_stopped(void);

void train_container_end(struct container *k);

#endif
