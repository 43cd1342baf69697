// SPDX-License-Identifier: MIT
// history.csv back into a history, through the table reader. Columns that are not a history's are
// passed over, for a later version may write more.
#include "table/frame.h"
#include "train/history.h"

#include <math.h>
#include <string.h>

static const struct frame_column *find(const struct frame *f, const char *name)
{
    for (size_t i = 0; i < f->columns; i++)
        if (strcmp(f->column[i].name, name) == 0)
            return &f->column[i];
    return NULL;
}

static int check_epochs(const struct frame *f, const char *name, struct error *e)
{
    const struct frame_column *epoch = find(f, "epoch");
    if (!epoch)
        return error_set(e, ERR_FORMAT, "%s: no column 'epoch': is it the history.csv of a run?",
                         name);
    for (size_t i = 0; i < f->rows; i++)
        if (epoch->kind != FRAME_NUMBER || epoch->values[i] != (double)(i + 1))
            return error_set(e, ERR_FORMAT, "%s: row %zu is not of epoch %zu", name, i + 1, i + 1);
    return 0;
}

static int take_column(struct history *h, const struct frame *f, enum history_column c,
                       const char *name, struct error *e)
{
    const struct frame_column *column = find(f, history_column_name(c));
    if (column && column->kind != FRAME_NUMBER)
        return error_set(e, ERR_FORMAT, "%s: column '%s' holds something else than numbers", name,
                         column->name);
    for (size_t i = 0; i < f->rows; i++)
        h->row[i].value[c] = column ? column->values[i] : NAN;
    return 0;
}

static int from_frame(struct history *h, const struct frame *f, const char *name, struct error *e)
{
    int rc = check_epochs(f, name, e);
    if (rc == 0)
        rc = history_reserve(h, f->rows ? f->rows : 1, e);
    for (int c = 0; rc == 0 && c < HISTORY_COLUMNS; c++)
        rc = take_column(h, f, (enum history_column)c, name, e);
    if (rc == 0)
        h->count = f->rows;
    return rc;
}

int history_parse(struct history *h, const char *name, const void *data, size_t size,
                  struct error *e)
{
    struct frame f;
    const struct frame_options options = {.csv = {.delimiter = ',', .header = CSV_HEADER_YES}};
    *h = (struct history){0};
    int rc = frame_read_memory(&f, name, data, size, &options, e);
    if (rc)
        return rc;
    rc = from_frame(h, &f, name, e);
    frame_clear(&f);
    if (rc)
        history_clear(h);
    return rc;
}
