// SPDX-License-Identifier: MIT
// What a tuner wants to be best, by the name that its user has given to a metric.
#ifndef SKIFF_JOB_OBJECTIVE_H
#define SKIFF_JOB_OBJECTIVE_H

#include "train/config.h"

// The monitor that "validation:accuracy", "val_loss", "auroc/val" and their like mean;
// MONITOR_AUTO for a name that says nothing to us.
enum monitor objective_monitor(const char *name);

#endif
