// SPDX-License-Identifier: MIT
// Remarks need nothing but figures, so that they cost no second look at the values. A column of
// numbers is taken for an identifier when it rises from row to row, or when its name says so and
// its range has room for a number a row; a column of texts when every text is another one. Dates
// are dates, not identifiers.
#include "table/frame.h"

#include "base/utf8.h"
#include "table/number_text.h"

#include <math.h>
#include <string.h>

#define IDENTIFIER_ROWS 10                 // fewer may well be different by chance
#define EXACT_END       9007199254740992.0 // 2^53, which 2^53 + 1 is read as, too

static bool is_gap(char c)
{
    return c == '\0' || c == '_' || c == ' ' || c == '-';
}

static bool is_id(const char *word)
{
    return (word[0] == 'i' || word[0] == 'I') && (word[1] == 'd' || word[1] == 'D');
}

// "id", "ID", "user_id", "id_user", "PassengerId"; not "paid".
static bool is_identifier_name(const char *name)
{
    const size_t len = strlen(name);
    if (len < 2)
        return false;
    const char *const end = name + len - 2;
    if (is_id(name) && is_gap(name[2]))
        return true;
    return len > 2 && is_id(end) && (end[0] == 'I' || is_gap(end[-1]));
}

static bool is_identifier(const struct frame *f, const struct frame_column *c)
{
    const size_t present = f->rows - c->missing;
    if (present < IDENTIFIER_ROWS || c->dates)
        return false;
    if (c->kind == FRAME_TEXT)
        return c->texts == present;
    if (c->kind != FRAME_NUMBER || !c->whole)
        return false;
    return c->rising || (is_identifier_name(c->name) && c->max - c->min + 1 >= (double)f->rows);
}

static unsigned number_remark(const struct frame_column *c)
{
    if (c->kind != FRAME_TEXT || c->overflow)
        return 0;
    switch (number_text_style(c->text, c->texts)) {
    case NUMBERS_COMMAS:
        return FRAME_IS_COMMAS;
    case NUMBERS_SIGNS:
        return FRAME_HAS_SIGNS;
    default:
        return 0;
    }
}

static bool is_constant(const struct frame *f, const struct frame_column *c)
{
    if (c->missing == f->rows || c->overflow)
        return false;
    return c->kind == FRAME_TEXT ? c->texts == 1 : c->infinite == 0 && c->min >= c->max;
}

static bool is_utf8(const struct frame_column *c)
{
    for (size_t i = 0; i < c->texts; i++)
        if (!utf8_is_text(c->text[i]))
            return false;
    return utf8_is_text(c->name);
}

unsigned frame_remarks(const struct frame *f, const struct frame_column *c)
{
    unsigned remarks = 0;
    if (c->missing == f->rows)
        remarks |= FRAME_IS_EMPTY;
    else if (c->missing > f->rows / 2)
        remarks |= FRAME_IS_MOSTLY_MISSING;
    if (is_constant(f, c))
        remarks |= FRAME_IS_CONSTANT;
    if (c->dates)
        remarks |= FRAME_IS_DATES;
    remarks |= number_remark(c);
    if (!(remarks & FRAME_NUMBERS_IN_TEXT) && is_identifier(f, c))
        remarks |= FRAME_IS_IDENTIFIER;
    if (c->whole && (c->max >= EXACT_END || c->min <= -EXACT_END))
        remarks |= FRAME_IS_INEXACT;
    if (!is_utf8(c))
        remarks |= FRAME_IS_NOT_UTF8;
    return remarks;
}

size_t frame_most_frequent(const struct frame_column *c, size_t *index, size_t most)
{
    size_t kept = 0;
    for (size_t i = 0; i < c->texts; i++) {
        size_t at = kept; // where it belongs: behind those that are as frequent
        while (at > 0 && c->text_count[index[at - 1]] < c->text_count[i])
            at--;
        if (at == most)
            continue;
        kept += kept < most;
        memmove(index + at + 1, index + at, (kept - at - 1) * sizeof *index);
        index[at] = i;
    }
    return kept;
}
