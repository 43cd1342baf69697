// SPDX-License-Identifier: MIT
// A column while it is read. For frame.c.
#ifndef SKIFF_TABLE_FRAME_COLUMN_H
#define SKIFF_TABLE_FRAME_COLUMN_H

#include "table/frame.h"
#include "table/words.h"

// What the values so far are.
enum column_state {
    COLUMN_EMPTY, // none but missing ones
    COLUMN_NUMBERS,
    COLUMN_BOOLEANS,
    COLUMN_TEXTS,
    COLUMN_COUNTED, // texts beyond the maximum: only missing ones are counted
    COLUMN_PASSED,  // not to be looked at in this pass
};

struct column {
    struct frame_column *out;
    size_t place; // in the file's rows
    enum frame_wish wish;
    enum column_state state;
    bool figures_only;
    bool may_overflow; // too many texts are no error
    bool again;        // turned out to be text after values were read as something else
    bool real, wide;   // a number has a point or an exponent; an integer is beyond 64 bits
    size_t cap;        // rows that values or codes have room for
    size_t finite;     // numbers
    double sum, last;
    struct words words;
    char *unquoted;
    size_t unquoted_cap;
};

// Take in a block whose first row is number `row` of the table. A value that is not what the column
// must be is ERR_DATA, with the line in the message; *fault is then its row in the block.
int column_take(struct column *k, const struct csv *c, const struct csv_block *b, size_t row,
                size_t *fault, struct error *e);

// All rows have been seen: sort the texts, sum up. Sets k->again instead when the column must be
// read again as text.
int column_finish(struct column *k, size_t rows, struct error *e);

// Forget what was read; the next pass reads text.
void column_restart(struct column *k);
void column_clear(struct column *k); // not k->out

// Of some numbers; sums are taken in four lanes.
struct figures {
    double min, max, sum; // of those that are finite; INFINITY and -INFINITY when there are none
    size_t finite, nan;
};
void figures_of(const double *x, size_t n, struct figures *f);

// Is this how a date is written, with a time of day or without?
bool column_is_date(const char *text);
// Is this number, digit by digit, a date of this century or the last: 20240309?
bool column_is_day_number(double x);

#endif
