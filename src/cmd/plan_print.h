// SPDX-License-Identifier: MIT
// What `skiff plan` says.
#ifndef SKIFF_CMD_PLAN_PRINT_H
#define SKIFF_CMD_PLAN_PRINT_H

#include "job/plan_job.h"

void plan_print(const struct plan_job *job, const struct plan_result *r);
int plan_print_json(const struct plan_job *job, const struct plan_result *r, struct error *e);

#endif
