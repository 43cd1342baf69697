// SPDX-License-Identifier: MIT
// What the values of a prepared column become, in tables made once: the frame's path and the file's
// path share them, so that both give the same bits. For prep_*.c.
#ifndef SKIFF_TABLE_PREP_ENCODER_H
#define SKIFF_TABLE_PREP_ENCODER_H

#include "table/prep.h"
#include "table/words.h"

#include <float.h>
#include <math.h>

// The place of a value among categories or classes.
struct prep_lookup {
    size_t count;
    struct words words; // of texts
    double *value;      // of numbers and booleans: [count] rising
    uint32_t *place;    // [count] theirs
};
// `value` is NULL of texts. ERR_NOMEM, or ERR_DATA when two are the same or one is no number.
int prep_lookup_init(struct prep_lookup *l, char *const *text, const double *value, size_t count);
void prep_lookup_clear(struct prep_lookup *l);
// SIZE_MAX: it has none. WORDS_PAD bytes behind the text may be read.
size_t prep_lookup_text(const struct prep_lookup *l, const char *text, size_t len);
size_t prep_lookup_number(const struct prep_lookup *l, double x);

// Places beyond those of the categories.
#define PREP_NOWHERE SIZE_MAX // the row is refused

struct prep_encoder {
    const struct prep_column *column;
    struct prep_lookup lookup;
    double *value;    // label: [categories + 1] by place, the last for PREP_UNSEEN_ZERO
    double *off, *on; // one-hot: [features]
};
int prep_encoder_init(struct prep_encoder *n, const struct prep_column *c); // ERR_NOMEM or 0
void prep_encoder_clear(struct prep_encoder *n);

// The place of a missing value and of a category that the fit did not know; `categories` is that of
// no category at all.
static inline size_t prep_missing_place(const struct prep_column *c)
{
    return c->fill == PREP_FILL_ERROR ? PREP_NOWHERE : c->fill_place;
}

static inline size_t prep_unseen_place(const struct prep_column *c)
{
    return c->unseen == PREP_UNSEEN_ZERO    ? c->categories
           : c->unseen == PREP_UNSEEN_ERROR ? PREP_NOWHERE
                                            : prep_missing_place(c);
}

// The feature of a number, NaN for a missing one. What is refused comes out as something that no
// float holds.
static inline double prep_number(const struct prep_column *c, double x)
{
    x = x != x ? c->fill_value : x;
    x = x < c->clip[0] ? c->clip[0] : x > c->clip[1] ? c->clip[1] : x;
    if (c->log1p)
        x = log1p(x);
    return (x - *c->center) / *c->width;
}

static inline bool prep_fits_float(double x)
{
    return fabs(x) <= FLT_MAX;
}

// Why a value is refused, in words.
#define PREP_FAULT_MAX 256
void prep_number_fault(const struct prep_column *c, double x, char text[PREP_FAULT_MAX]);
// `value` (len bytes) is what was found, NULL for a missing one.
void prep_category_fault(const char *value, size_t len, char text[PREP_FAULT_MAX]);

#endif
