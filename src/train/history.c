// SPDX-License-Identifier: MIT
// One enum of columns is the order of history.csv, of checkpoints, and of what a monitor or a
// comparison can look at, so that none of them has a list of its own.
#include "train/history.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/num.h"

#include <math.h>
#include <stdint.h>

static const char *const names[HISTORY_COLUMNS] = {
    "train_loss", "val_loss", "val_accuracy", "val_f1", "val_auroc",
    "val_ap",     "val_rmse", "val_r2",       "lr",     "seconds",
};

const char *history_column_name(enum history_column column)
{
    return names[column];
}

int history_reserve(struct history *h, size_t count, struct error *e)
{
    if (count <= h->cap)
        return 0;
    size_t cap = h->cap ? h->cap : 64, bytes;
    while (cap < count)
        cap *= 2;
    struct history_row *grown = NULL;
    if (size_mul(cap, sizeof *grown, &bytes))
        grown = mem_realloc(h->row, bytes);
    if (!grown)
        return error_nomem(e, "history");
    h->row = grown;
    h->cap = cap;
    return 0;
}

void history_clear(struct history *h)
{
    mem_free(h->row);
    *h = (struct history){0};
}

bool history_has_column(enum net_task task, bool validated, enum history_column column)
{
    switch (column) {
    case HISTORY_VAL_LOSS:
        return validated;
    case HISTORY_VAL_ACCURACY:
    case HISTORY_VAL_F1:
        return validated && task != TASK_REGRESSION;
    case HISTORY_VAL_AUROC:
    case HISTORY_VAL_AP:
        return validated && task == TASK_BINARY;
    case HISTORY_VAL_RMSE:
    case HISTORY_VAL_R2:
        return validated && task == TASK_REGRESSION;
    default:
        return true;
    }
}

static void put_value(struct buf *out, enum history_column column, double x)
{
    char text[NUM_NINE_MAX];
    buf_puts(out, ",");
    if (isnan(x))
        return;
    if (column == HISTORY_SECONDS)
        buf_printf(out, "%.6f", x);
    else
        buf_append(out, text, num_print_nine(x, text));
}

int history_write(const struct history *h, enum net_task task, bool validated, const char *path,
                  struct error *e)
{
    struct buf text;
    buf_init(&text, SIZE_MAX / 2);
    buf_puts(&text, "epoch");
    for (int c = 0; c < HISTORY_COLUMNS; c++)
        if (history_has_column(task, validated, (enum history_column)c))
            buf_printf(&text, ",%s", names[c]);
    buf_puts(&text, "\n");
    for (size_t i = 0; i < h->count; i++) {
        buf_printf(&text, "%zu", i + 1);
        for (int c = 0; c < HISTORY_COLUMNS; c++)
            if (history_has_column(task, validated, (enum history_column)c))
                put_value(&text, (enum history_column)c, h->row[i].value[c]);
        buf_puts(&text, "\n");
    }
    int rc = buf_check(&text, path, e);
    if (rc == 0)
        rc = file_write_all(path, text.data, text.len, e);
    buf_clear(&text);
    return rc;
}

enum history_column monitor_column(enum monitor m, bool validated)
{
    switch (m) {
    case MONITOR_AUTO:
        return validated ? HISTORY_VAL_LOSS : HISTORY_TRAIN_LOSS;
    case MONITOR_TRAIN_LOSS:
        return HISTORY_TRAIN_LOSS;
    default: // the other words stand in the order of the columns
        return (enum history_column)(HISTORY_VAL_LOSS + (int)m - MONITOR_VAL_LOSS);
    }
}

bool monitor_larger_is_better(enum history_column column)
{
    return column == HISTORY_VAL_ACCURACY || column == HISTORY_VAL_F1 ||
           column == HISTORY_VAL_AUROC || column == HISTORY_VAL_AP || column == HISTORY_VAL_R2;
}
