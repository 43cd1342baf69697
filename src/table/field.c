// SPDX-License-Identifier: MIT
// What pandas makes of a field (tests/peers/frame_pandas.py): its blanks, infinities and truth
// values. Plain numbers, which nearly all are, do not come here: callers try num_scan_padded first.
#include "table/field.h"

#include <math.h>
#include <string.h>
#include <strings.h>

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool parse_infinity(struct field f, double *value)
{
    const bool sign = f.len && (*f.text == '-' || *f.text == '+');
    const char *const word = f.text + sign;
    const size_t len = f.len - sign;
    if (!(len == 3 && strncasecmp(word, "inf", len) == 0) &&
        !(len == 8 && strncasecmp(word, "infinity", len) == 0))
        return false;
    *value = *f.text == '-' ? -INFINITY : INFINITY;
    return true;
}

enum num_kind field_number(struct field f, double *value)
{
    if (field_is_missing(f)) {
        *value = NAN;
        return NUM_WHOLE;
    }
    while (f.len && is_space(*f.text)) {
        f.text++;
        f.len--;
    }
    while (f.len && is_space(f.text[f.len - 1]))
        f.len--;
    const enum num_kind kind = num_scan(f.text, f.len, value);
    return kind == NUM_NONE && parse_infinity(f, value) ? NUM_REAL : kind;
}

bool field_boolean(struct field f, double *value)
{
    static const char *const words[] = {"False", "True", "FALSE", "TRUE", "false", "true"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i]) == f.len && memcmp(words[i], f.text, f.len) == 0) {
            *value = (double)(i % 2);
            return true;
        }
    return false;
}
