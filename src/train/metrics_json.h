// SPDX-License-Identifier: MIT
// Metrics as JSON objects: what `skiff eval --json` prints and metrics.json holds. A number that is
// not finite is null. Each returns a new reference, or NULL when there is no memory.
#ifndef SKIFF_TRAIN_METRICS_JSON_H
#define SKIFF_TRAIN_METRICS_JSON_H

#include "train/metrics.h"

#include <jansson.h>

json_t *metrics_json_binary(const struct binary_metrics *m, double threshold);
json_t *metrics_json_multiclass(const struct multiclass_metrics *m);
json_t *metrics_json_regression(const struct regression_metrics *m);

#endif
