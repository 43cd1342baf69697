// SPDX-License-Identifier: MIT
// A small CSV whose columns are known by name: prices, runs that others published. A column that is
// not known is refused, for it is most likely a known one misspelt.
#ifndef SKIFF_COST_SHEET_H
#define SKIFF_COST_SHEET_H

#include "base/err.h"
#include "table/frame.h"

#include <stdbool.h>
#include <stddef.h>

#define SHEET_FILE_MAX    ((size_t)4 << 20) // bytes
#define SHEET_COLUMNS_MAX 32

struct sheet_column {
    const char *name;
    bool required;   // the column must be there, and have a value in every row
    double min, max; // numbers only
};

struct sheet {
    const char *name; // for messages; owned by the caller
    const struct sheet_column *known;
    size_t rows;
    const struct frame_column *column[SHEET_COLUMNS_MAX]; // by index into `known`; NULL: not there
    struct frame frame;
};

// `known` ends in a row without a name; it and `path` (`name`) must outlive `s`, which is left
// empty on failure.
int sheet_read(struct sheet *s, const char *path, const struct sheet_column *known,
               struct error *e);
int sheet_parse(struct sheet *s, const char *name, const void *data, size_t size,
                const struct sheet_column *known, struct error *e);
void sheet_clear(struct sheet *s);

// NULL where there is no value. The text is the sheet's.
const char *sheet_text(const struct sheet *s, size_t row, size_t column);
// NaN where there is no value; ERR_FORMAT for no number, ERR_DATA for one out of the range.
int sheet_number(const struct sheet *s, size_t row, size_t column, double *value, struct error *e);

#endif
