// SPDX-License-Identifier: MIT
// Loss and metrics of a network on a dataset, as a JSON object.
#ifndef SKIFF_JOB_EVALUATE_H
#define SKIFF_JOB_EVALUATE_H

#include "base/err.h"
#include "kern/kern.h"
#include "model/net.h"
#include "table/dataset.h"
#include "train/metrics_json.h"

// *metrics is a new reference on success.
int evaluate(const struct net *net, const struct kern *kern, const float *params,
             const struct dataset *d, size_t threads, json_t **metrics, struct error *e);

#endif
