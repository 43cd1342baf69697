// SPDX-License-Identifier: MIT
// What `skiff train` does when it finds itself in a container of SageMaker's.
#ifndef SKIFF_CMD_TRAIN_CONTAINER_H
#define SKIFF_CMD_TRAIN_CONTAINER_H

#include "dist/dist.h"
#include "job/container.h"

// Is there a job at --root (NULL: not given), SKIFF_ML_ROOT or /opt/ml? Then failures are left
// there from now on.
bool train_container_find(struct container *k, const char *root);

// The job's files, and from them which hosts train together; *idle: this one, which is no `rank`
// yet, is none of them, and has said so.
int train_container_read(struct container *k, struct opt_set *options, bool rank, bool *idle,
                         struct error *e);

// The job's options, and its data where they come only once. Remarks go to standard error, those of
// one rank of several.
int train_container_options(struct container *k, struct opt_set *options, const struct dist *ranks,
                            bool (*stop)(void *context), struct error *e);

// The end of a run that was stopped before it could begin: a remark, and status 0.
int train_container_stopped(void);

void train_container_end(struct container *k);

#endif
