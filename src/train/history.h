// SPDX-License-Identifier: MIT
// What every epoch came to: one row of history.csv.
#ifndef SKIFF_TRAIN_HISTORY_H
#define SKIFF_TRAIN_HISTORY_H

#include "base/err.h"
#include "model/net.h"
#include "train/config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Columns as doubles, NaN where a task or a run without validation data has none.
enum history_column {
    HISTORY_TRAIN_LOSS,
    HISTORY_VAL_LOSS,
    HISTORY_VAL_ACCURACY,
    HISTORY_VAL_F1, // macro average for several classes
    HISTORY_VAL_AUROC,
    HISTORY_VAL_AP,
    HISTORY_VAL_RMSE,
    HISTORY_VAL_R2,
    HISTORY_LR,
    HISTORY_SECONDS, // since training began, time before a restart included
    HISTORY_COLUMNS
};

struct history_row {
    double value[HISTORY_COLUMNS];
};

struct history {
    struct history_row *row; // row[i] is epoch i + 1
    size_t count, cap;
};

int history_reserve(struct history *h, size_t count, struct error *e);
void history_clear(struct history *h);

// Does a run of this task, with or without validation data, have the column?
bool history_has_column(enum net_task task, bool validated, enum history_column column);

// history.csv of this task; floats with 9 significant digits, an empty field for NaN.
int history_write(const struct history *h, enum net_task task, bool validated, const char *path,
                  struct error *e);

// The bytes of a history.csv; columns that are not there are NaN throughout. `name` begins
// messages.
int history_parse(struct history *h, const char *name, const void *data, size_t size,
                  struct error *e);

// The column that a monitor looks at, and whether larger is better.
enum history_column monitor_column(enum monitor m, bool validated);
bool monitor_larger_is_better(enum history_column column);
const char *history_column_name(enum history_column column);

#endif
