// SPDX-License-Identifier: MIT
// What `skiff eval` prints for people, behind the line that says of how many rows it is.
#ifndef SKIFF_CMD_EVAL_PRINT_H
#define SKIFF_CMD_EVAL_PRINT_H

#include "train/bootstrap.h"
#include "train/metrics.h"

// `b` holds the intervals, or is NULL; `names` are those of the classes, or NULL: their numbers.
// The loss is left out where it is printed as the metric that it is but for rounding.
void eval_print_loss(double loss, double metric, const struct bootstrap *b);
void eval_print_binary(const struct binary_metrics *m, const struct bootstrap *b,
                       const char *const *names);
void eval_print_multiclass(const struct multiclass_metrics *m, const struct bootstrap *b,
                           const char *const *names);
void eval_print_regression(const struct regression_metrics *m, const struct bootstrap *b);
void eval_print_note(const struct bootstrap *b); // what the intervals are

#endif
