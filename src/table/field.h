// SPDX-License-Identifier: MIT
// What a field of a CSV says, once its quotes are off: nothing, a number, a truth value.
#ifndef SKIFF_TABLE_FIELD_H
#define SKIFF_TABLE_FIELD_H

#include "base/num.h"
#include "io/csv.h"

#include <stdbool.h>
#include <stddef.h>

struct field {
    const char *text;
    size_t len;
};

// csv_is_missing, asked only where the first character allows it.
static inline bool field_is_missing(struct field f)
{
    if (f.len == 0)
        return true;
    const char c = *f.text;
    return (c == 'N' || c == 'n' || c == '#' || c == '<' || c == '-' || c == '1') &&
           csv_is_missing(f.text, f.len);
}

// What is no plain number may still be one: a missing value (NaN), a number between blanks, an
// infinity; else NUM_NONE.
enum num_kind field_number(struct field f, double *value);
// True TRUE true False FALSE false, as 1 and 0.
bool field_boolean(struct field f, double *value);

#endif
