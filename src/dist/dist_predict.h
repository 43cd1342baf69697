// SPDX-License-Identifier: MIT
// One batch of predictions, computed by all ranks.
#ifndef SKIFF_DIST_DIST_PREDICT_H
#define SKIFF_DIST_DIST_PREDICT_H

#include "dist/dist.h"
#include "model/plan.h"

struct dist_prediction {
    struct plan *plan;
    const float *params;
    const struct plan_batch *batch;
    size_t outputs;
    float *pred; // [rows][outputs]; complete at the root alone
};

// *loss is the mean loss, at the root alone. What is too little to share, the root does on its own.
int dist_predict(struct dist *d, const struct dist_prediction *p, double *loss, struct error *e);

#endif
