// SPDX-License-Identifier: MIT
// Curves as JSON: what `skiff eval --json --curves` adds.
#ifndef SKIFF_TRAIN_CURVES_JSON_H
#define SKIFF_TRAIN_CURVES_JSON_H

#include "train/curves.h"

#include <jansson.h>

// An object with the arrays of roc and pr, the bins of calibration and of the histogram. The last
// two are null unless every score lies in [0, 1]. A threshold of INFINITY is null. NULL with an
// error.
json_t *curves_json(struct metrics_work *w, const struct curve_scores *s, struct error *e);
// One such object a class, in an array.
json_t *curves_json_classes(struct metrics_work *w, const struct metrics_rows *prob, size_t classes,
                            const float *labels, struct error *e);

#endif
