// SPDX-License-Identifier: MIT
// The threshold above which a probability is called a 1, chosen on rows whose labels are known.
#ifndef SKIFF_TRAIN_THRESHOLD_H
#define SKIFF_TRAIN_THRESHOLD_H

#include "train/metrics.h"

enum threshold_rule {
    THRESHOLD_GIVEN,  // nothing is chosen
    THRESHOLD_F1,     // the largest F1
    THRESHOLD_YOUDEN, // the largest true positive rate - false positive rate
};

// Of several that are equally good the highest. It lies halfway between the lowest score that is
// called a 1 and the next lower one, as a float. ERR_DATA when a class does not occur.
int threshold_choose(double *threshold, enum threshold_rule rule, const struct metrics_rows *scores,
                     const float *labels, struct error *e);

#endif
