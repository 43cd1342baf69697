// SPDX-License-Identifier: MIT
// A category's place is found by its text (a hash table, words.h) or its number (sorted, by
// halves). What a missing or unknown value becomes is a place too, behind those of the categories,
// so that encoding a value is one look-up and one copy.
#include "table/prep_encoder.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- places ----

struct placed {
    double value;
    uint32_t place;
};

static int by_value(const void *a, const void *b)
{
    const double x = ((const struct placed *)a)->value, y = ((const struct placed *)b)->value;
    return (x > y) - (x < y);
}

static int init_numbers(struct prep_lookup *l, const double *value, size_t count)
{
    struct placed *sorted = mem_array(count, sizeof *sorted);
    l->value = mem_array(count, sizeof *l->value);
    l->place = mem_array(count, sizeof *l->place);
    int rc = sorted && l->value && l->place ? 0 : ERR_NOMEM;
    for (size_t i = 0; i < count && rc == 0; i++)
        sorted[i] = (struct placed){value[i], (uint32_t)i};
    if (rc == 0)
        qsort(sorted, count, sizeof *sorted, by_value);
    for (size_t i = 0; i < count && rc == 0; i++) {
        l->value[i] = sorted[i].value;
        l->place[i] = sorted[i].place;
        if (i > 0 && !(l->value[i - 1] < l->value[i]))
            rc = ERR_DATA;
    }
    mem_free(sorted);
    return rc;
}

// words_add may look at bytes behind a text.
static int add_text(struct prep_lookup *l, const char *text, uint32_t wanted)
{
    const size_t len = strlen(text);
    uint32_t code = 0;
    char *padded = mem_zalloc(len + WORDS_PAD);
    if (!padded)
        return ERR_NOMEM;
    memcpy(padded, text, len);
    const int rc = words_add(&l->words, padded, len, &code);
    mem_free(padded);
    return rc ? rc : code == wanted ? 0 : ERR_DATA;
}

int prep_lookup_init(struct prep_lookup *l, char *const *text, const double *value, size_t count)
{
    *l = (struct prep_lookup){.count = count};
    int rc = value ? init_numbers(l, value, count) : 0;
    words_init(&l->words, 0);
    for (size_t i = 0; i < count && !value && rc == 0; i++)
        rc = add_text(l, text[i], (uint32_t)i);
    if (rc)
        prep_lookup_clear(l);
    return rc == ERR_LIMIT ? ERR_DATA : rc;
}

void prep_lookup_clear(struct prep_lookup *l)
{
    words_clear(&l->words);
    mem_free(l->value);
    mem_free(l->place);
    *l = (struct prep_lookup){0};
}

size_t prep_lookup_text(const struct prep_lookup *l, const char *text, size_t len)
{
    const int64_t code = words_find(&l->words, text, len);
    return code < 0 ? SIZE_MAX : (size_t)code;
}

size_t prep_lookup_number(const struct prep_lookup *l, double x)
{
    size_t low = 0, high = l->count;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (l->value[middle] < x)
            low = middle + 1;
        else
            high = middle;
    }
    return low < l->count && l->value[low] == x ? l->place[low] : SIZE_MAX;
}

// ---- features ----

static int init_label(struct prep_encoder *n, const struct prep_column *c)
{
    n->value = mem_array(c->categories + 1, sizeof *n->value);
    if (!n->value)
        return ERR_NOMEM;
    for (size_t i = 0; i < c->categories; i++)
        n->value[i] = ((double)i - *c->center) / *c->width;
    n->value[c->categories] = (-1 - *c->center) / *c->width;
    return 0;
}

static int init_onehot(struct prep_encoder *n, const struct prep_column *c)
{
    n->off = mem_array(c->features, sizeof *n->off);
    n->on = mem_array(c->features, sizeof *n->on);
    if (!n->off || !n->on)
        return ERR_NOMEM;
    for (size_t i = 0; i < c->features; i++) {
        n->off[i] = (0 - c->center[i]) / c->width[i];
        n->on[i] = (1 - c->center[i]) / c->width[i];
    }
    return 0;
}

int prep_encoder_init(struct prep_encoder *n, const struct prep_column *c)
{
    *n = (struct prep_encoder){.column = c};
    if (c->encode == PREP_NUMERIC)
        return 0;
    int rc = prep_lookup_init(&n->lookup, c->category, c->category_value, c->categories);
    if (rc == 0)
        rc = c->encode == PREP_LABEL ? init_label(n, c) : init_onehot(n, c);
    if (rc)
        prep_encoder_clear(n);
    return rc;
}

void prep_encoder_clear(struct prep_encoder *n)
{
    prep_lookup_clear(&n->lookup);
    mem_free(n->value);
    mem_free(n->off);
    mem_free(n->on);
    *n = (struct prep_encoder){0};
}

// ---- what is refused ----

void prep_number_fault(const struct prep_column *c, double x, char text[PREP_FAULT_MAX])
{
    if (isnan(x))
        snprintf(text, PREP_FAULT_MAX,
                 "no value, which the preparation refuses (--fill error); fill it in or choose "
                 "another fill");
    else if (isinf(x))
        snprintf(text, PREP_FAULT_MAX,
                 "an infinite value; write it as a missing value or a number");
    else if (c->log1p && !(x > -1))
        snprintf(text, PREP_FAULT_MAX, "%.9g, but log1p needs values above -1", x);
    else
        snprintf(text, PREP_FAULT_MAX,
                 "%.9g is beyond what a float holds once it is prepared; correct it, or clip the "
                 "column",
                 x);
}

void prep_category_fault(const char *value, size_t len, char text[PREP_FAULT_MAX])
{
    if (!value)
        snprintf(text, PREP_FAULT_MAX,
                 "no value, which the preparation refuses (--fill error); fill it in or choose "
                 "another fill");
    else
        snprintf(text, PREP_FAULT_MAX,
                 "'%.*s'%s is a category that was not among the rows of the fit; correct it, or "
                 "prepare with --unseen fill or zero",
                 (int)(len < 40 ? len : 40), value, len > 40 ? "..." : "");
}
