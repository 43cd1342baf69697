// SPDX-License-Identifier: MIT
// The metrics of a task, whichever it is, on predictions of a network. What it needs is allocated
// by the first call and serves the later ones.
#ifndef SKIFF_TRAIN_SCORE_H
#define SKIFF_TRAIN_SCORE_H

#include "model/net.h"
#include "train/metrics.h"

#define SCORE_THRESHOLD 0.5

// Zeroed before its first use; of the three results the task's own is set.
struct score {
    struct binary_metrics binary;
    struct multiclass_metrics multiclass;
    struct regression_metrics regression;
    struct metrics_work work;
};

// pred[n][net->outputs] and truth as plan_predict takes them.
int score_measure(struct score *s, const struct net *net, size_t n, const float *pred,
                  const float *truth, struct error *e);
// The same for a row of the history, in which a binary task has no log loss and no Brier score.
int score_epoch(struct score *s, const struct net *net, size_t n, const float *pred,
                const float *truth, struct error *e);
void score_clear(struct score *s);

#endif
