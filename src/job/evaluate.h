// SPDX-License-Identifier: MIT
// Loss and metrics of a network on a dataset, as a JSON object.
#ifndef SKIFF_JOB_EVALUATE_H
#define SKIFF_JOB_EVALUATE_H

#include "base/err.h"
#include "dist/dist.h"
#include "job/model_run.h"
#include "kern/kern.h"
#include "model/net.h"
#include "table/dataset.h"
#include "train/fit.h"

#include <jansson.h>

struct evaluation {
    const struct net *net;
    const struct kern *kern;
    const float *params;
    size_t threads;
    struct par *team; // as in struct plan_spec, both
    const struct gemm *gemm;
    struct dist *dist; // ranks that share the work; NULL: none
    struct fit *fit;   // of ranks that have a slice of the network each, whose `params` these are
};

// Do labels, and their number of columns, fit the model? Before a loss looks at them. `path` begins
// the message.
int evaluate_check(const struct model_run *run, const struct dataset *d, const char *path,
                   struct error *e);
// What a model says of such rows: *pred[n][outputs] on the heap, and a loss that is finite.
int evaluate_rows(const struct model_run *run, const struct dataset *d, const char *path,
                  float **pred, double *loss, struct error *e);
// ERR_NUMERIC unless the loss is finite.
int evaluate_loss(const char *path, double loss, struct error *e);

// *metrics is a new reference on success, an empty object on ranks that are not the root. All ranks
// return the same.
int evaluate(const struct evaluation *how, const struct dataset *d, json_t **metrics,
             struct error *e);

#endif
