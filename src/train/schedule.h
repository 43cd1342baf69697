// SPDX-License-Identifier: MIT
// The learning rate, and for onecycle the momentum, of every step: a pure function of the step's
// number, so that a resumed run needs no state.
#ifndef SKIFF_TRAIN_SCHEDULE_H
#define SKIFF_TRAIN_SCHEDULE_H

#include "train/config.h"

#include <stdint.h>

struct schedule {
    enum schedule_kind kind;
    double lr;
    double gamma;
    int64_t step_size; // epochs
    uint64_t epochs;   // of the whole run
    uint64_t steps_per_epoch;
    uint64_t warmup_steps;
    double momentum; // what the optimizer has by itself
};

void schedule_init(struct schedule *s, const struct train_config *c, double momentum,
                   uint64_t steps_per_epoch);

struct schedule_point {
    double lr, momentum;
};

// For step 0, 1, ... of the run.
struct schedule_point schedule_at(const struct schedule *s, uint64_t step);

#endif
