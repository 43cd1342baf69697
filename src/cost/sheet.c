// SPDX-License-Identifier: MIT
// All columns are read as text through the table reader and converted when they are asked for, so
// that a message can name the row.
#include "cost/sheet.h"

#include "base/file.h"
#include "base/near.h"
#include "base/num.h"

#include <math.h>
#include <string.h>

static size_t known_at(const struct sheet_column *known, const char *name)
{
    size_t i = 0;
    while (known[i].name && strcmp(known[i].name, name) != 0)
        i++;
    return i;
}

static int unknown_column(const struct sheet *s, const char *name, struct error *e)
{
    struct near n = near_begin(name);
    for (size_t i = 0; s->known[i].name; i++)
        near_look(&n, s->known[i].name);
    if (n.best)
        return error_set(e, ERR_FORMAT, "%s: column '%.60s' is not known; did you mean '%s'?",
                         s->name, name, n.best);
    struct buf needed;
    buf_init(&needed, 1024);
    for (size_t i = 0; s->known[i].name; i++)
        if (s->known[i].required)
            buf_printf(&needed, "%s%s", needed.len ? ", " : "", s->known[i].name);
    error_set(e, ERR_FORMAT, "%s: column '%.60s' is not known; such a table has the columns %s",
              s->name, name, needed.data ? needed.data : "that the manual lists");
    buf_clear(&needed);
    return ERR_FORMAT;
}

static int find_columns(struct sheet *s, struct error *e)
{
    for (size_t i = 0; i < s->frame.columns; i++) {
        const struct frame_column *column = &s->frame.column[i];
        const size_t at = known_at(s->known, column->name);
        if (!s->known[at].name)
            return unknown_column(s, column->name, e);
        s->column[at] = column;
    }
    for (size_t i = 0; s->known[i].name; i++)
        if (s->known[i].required && !s->column[i])
            return error_set(e, ERR_FORMAT, "%s: column '%s' is missing", s->name,
                             s->known[i].name);
    return 0;
}

static int check_required(const struct sheet *s, struct error *e)
{
    for (size_t i = 0; s->known[i].name; i++)
        for (size_t row = 0; s->known[i].required && row < s->rows; row++)
            if (!sheet_text(s, row, i))
                return error_set(e, ERR_DATA, "%s: row %zu has no %s", s->name, row + 1,
                                 s->known[i].name);
    return 0;
}

int sheet_parse(struct sheet *s, const char *name, const void *data, size_t size,
                const struct sheet_column *known, struct error *e)
{
    static const struct frame_choice as_text = {NULL, FRAME_AS_TEXT};
    const struct frame_options options = {.csv = {.delimiter = ',', .header = CSV_HEADER_YES},
                                          .choices = &as_text,
                                          .choice_count = 1};
    *s = (struct sheet){.name = name, .known = known};
    int rc = frame_read_memory(&s->frame, name, data, size, &options, e);
    if (rc)
        return rc;
    s->rows = s->frame.rows;
    rc = find_columns(s, e);
    if (rc == 0)
        rc = check_required(s, e);
    if (rc)
        sheet_clear(s);
    return rc;
}

int sheet_read(struct sheet *s, const char *path, const struct sheet_column *known, struct error *e)
{
    struct buf text;
    buf_init(&text, SHEET_FILE_MAX);
    *s = (struct sheet){0};
    int rc = file_read_all(path, SHEET_FILE_MAX, &text, e);
    if (rc == 0)
        rc = sheet_parse(s, path, text.len ? text.data : "", text.len, known, e);
    buf_clear(&text);
    return rc;
}

void sheet_clear(struct sheet *s)
{
    frame_clear(&s->frame);
    *s = (struct sheet){0};
}

const char *sheet_text(const struct sheet *s, size_t row, size_t column)
{
    const struct frame_column *c = s->column[column];
    return c && c->codes[row] != FRAME_MISSING ? c->text[c->codes[row]] : NULL;
}

int sheet_number(const struct sheet *s, size_t row, size_t column, double *value, struct error *e)
{
    const struct sheet_column *known = &s->known[column];
    const char *text = sheet_text(s, row, column);
    *value = NAN;
    if (!text)
        return 0;
    if (!num_parse(text, value))
        return error_set(e, ERR_FORMAT, "%s: row %zu: %s '%.60s' is not a number", s->name, row + 1,
                         known->name, text);
    if (*value < known->min || *value > known->max)
        return error_set(e, ERR_DATA, "%s: row %zu: %s %.60s is out of range, it must be %g to %g",
                         s->name, row + 1, known->name, text, known->min, known->max);
    return 0;
}
