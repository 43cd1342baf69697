// SPDX-License-Identifier: MIT
// What the targets are: the task, the number of network outputs, and the check that every label
// fits them.
#ifndef SKIFF_TRAIN_TARGETS_H
#define SKIFF_TRAIN_TARGETS_H

#include "base/err.h"
#include "model/net.h"
#include "table/dataset.h"

struct targets {
    enum net_task task; // never TASK_AUTO
    size_t outputs;
};

// `asked` is what the user said. TASK_AUTO decides on the training labels:
//   several columns, or numbers that are not whole   regression
//   nothing but 0 and 1                               binary
//   integers 0 .. K-1, each of which occurs           multiclass
// What may be classes as well as amounts is ERR_DATA, and the user must say: integers with gaps or
// nearly as many classes as rows, whole floats 0 .. K-1, one-hot columns. Whether every label fits
// is for targets_check to say.
int targets_decide(struct targets *t, enum net_task asked, const struct dataset *train,
                   const char *name, struct error *e);

// ERR_DATA, with the row, when a label of `d` does not fit, or its number of columns or features
// differs from the training data's. `name` is the file.
int targets_check(const struct targets *t, const struct dataset *train, const struct dataset *d,
                  const char *name, struct error *e);

#endif
