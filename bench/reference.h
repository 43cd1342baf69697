// SPDX-License-Identifier: MIT
// The gradient of a small network in plain double arithmetic, row by row, from the formulas: what
// the training cases are verified against. relu, and a binary or multi-class task, without class
// weights and dropout.
#ifndef SKIFF_BENCH_REFERENCE_H
#define SKIFF_BENCH_REFERENCE_H

#include "model/net.h"
#include "model/plan.h"

// gradient[net->size], in the layout of the parameters, is set; returns the mean loss. About one
// second for a thousand million multiplications.
double reference_gradient(const struct net *net, const float *params,
                          const struct plan_batch *batch, double *gradient);

#endif
