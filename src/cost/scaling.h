// SPDX-License-Identifier: MIT
// How long an epoch takes on so many hosts: seconds that were measured on one core, the leaves that
// share the work out, and a network of known latency and bandwidth. Nothing is measured here.
//
// With L leaves in a batch a host of H has at most ceil(L / H) of them and a core of it its even
// part, rounded up; so L hosts, or fewer with more cores each, are as fast as it gets.
#ifndef SKIFF_COST_SCALING_H
#define SKIFF_COST_SCALING_H

#include "dist/dist.h"

#include <stddef.h>

struct scaling_work {
    size_t rows, batch; // of an epoch, of a step
    size_t val_rows;
    size_t floats;   // of a gradient
    double gradient; // seconds a row, on one core, as are the next three
    double predict;  // a row of the validation data
    double update;   // a step of the optimizer
    double add;      // a gradient added to another
    double epoch;    // seconds of an epoch that nobody shares: the order of rows, metrics
    double serial;   // share of a host's work, 0 to 1, that more cores do not make shorter
    double behind;   // share of a gradient's time that is left when its first piece is complete
};

struct scaling_cluster {
    size_t hosts;
    double cores; // of each; below 1 where hosts share them
    struct dist_network network;
};

// Seconds of an epoch.
struct scaling_epoch {
    double compute;  // gradients
    double update;   // steps of the optimizer
    double exchange; // of gradients
    double rest;     // validation and what nobody shares
    double total;
};

struct scaling_epoch scaling_predict(const struct scaling_work *w, const struct scaling_cluster *c);

// The smallest batch from which on, as far as one can see, the cluster is `gain` times as fast as
// one of its hosts; 0: none up to SCALING_BATCH_MOST rows.
#define SCALING_BATCH_MOST ((size_t)1 << 30)
size_t scaling_batch_for(const struct scaling_work *w, const struct scaling_cluster *c,
                         double gain);

#endif
