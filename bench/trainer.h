// SPDX-License-Identifier: MIT
// Training through the library's own calls, cut out so that a step or an epoch can be timed: a
// problem (a network and data, shared by cases) and trainers (a case each) that step through it.
#ifndef SKIFF_BENCH_TRAINER_H
#define SKIFF_BENCH_TRAINER_H

#include "harness.h"

#include "base/rng.h"
#include "model/block.h"
#include "model/plan.h"
#include "table/dataset.h"
#include "train/config.h"
#include "train/optim.h"

struct shape {
    size_t inputs, outputs; // 1 output: binary
    struct opt_sizes hidden;
    size_t rows, val, batch; // val 0: no validation; batch = rows: one step
};

struct problem {
    struct bench_set *set;
    struct shape shape;
    struct train_config config; // the defaults of skiff train, but for what the shape says
    struct net net;
    struct dataset train, val; // in memory of the set
    double flops, streamed;    // of an epoch, validation included
    size_t fixed;              // epochs after which parameters are compared
    bool known[2];             // is the digest of those? [level has fma]
    uint32_t digest[2];
};

struct problem *problem_new(struct bench_set *set, const struct shape *shape); // in set's memory
// The digest of parameters after p->fixed epochs: the first case to say one sets it, the others
// must agree, whatever their number of threads.
void problem_same(struct problem *p, struct bench_case *c, const float *params);

struct trainer {
    struct problem *problem;
    const struct kern *kern;
    struct plan *plan;
    struct optim optim;
    struct rng rng, fresh_rng;
    float *params, *fresh;
    uint32_t *order; // when the batch is smaller than the data
    float *pred;
    double loss;
    size_t threads;
    // Plain accumulation of all blocks into one gradient, instead of the plan's leaves and tree.
    bool plain;
    struct block block;
    float *transposed, *row_loss, *gradient;
    // Of the parameters after a sample of so many calls.
    size_t digest_loops;
    uint32_t digest;
};

// Fills in the functions, the context and the figures of `c`, whose kern and threads are set; adds
// it and verifies the first gradient. NULL when not wanted.
struct bench_case *trainer_add(struct problem *p, struct bench_case *c, bool plain);

#endif
