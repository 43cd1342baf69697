// SPDX-License-Identifier: MIT
// What the files of a preparation share: words, memory, names, and values as text. A category of
// numbers goes into text and back by prep_print_number and prep_scan_value, to the same bits.
#include "table/prep.h"

#include "base/mem.h"
#include "base/num.h"
#include "table/field.h"
#include "table/prep_inner.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define WHOLE_END 1e15 // from here on whole numbers are printed with an exponent, too

const char *const prep_fill_words[] = {"error",         "median",   "mean",
                                       "most_frequent", "constant", NULL};
const char *const prep_encode_words[] = {"numeric", "label", "onehot", NULL};
const char *const prep_scale_words[] = {"none", "standard", "minmax", "robust", NULL};
const char *const prep_unseen_words[] = {"fill", "zero", "error", NULL};
const char *const prep_task_words[] = {"binary", "multiclass", "regression", NULL};
const char *const prep_kind_words[] = {"number", "boolean", "text", NULL};

int prep_find_word(const char *const *words, const char *word)
{
    for (int i = 0; words[i]; i++)
        if (strcmp(words[i], word) == 0)
            return i;
    return -1;
}

int prep_column_scales(struct prep_column *c)
{
    c->center = mem_array(c->features, sizeof *c->center);
    c->width = mem_array(c->features, sizeof *c->width);
    if (!c->center || !c->width)
        return ERR_NOMEM;
    for (size_t i = 0; i < c->features; i++)
        c->width[i] = 1;
    return 0;
}

static void free_texts(char **text, size_t count)
{
    for (size_t i = 0; i < count && text; i++)
        mem_free(text[i]);
    mem_free(text);
}

void prep_column_clear(struct prep_column *c)
{
    mem_free(c->name);
    mem_free(c->center);
    mem_free(c->width);
    free_texts(c->category, c->categories);
    mem_free(c->category_value);
    *c = (struct prep_column){0};
}

void prep_clear(struct prep *p)
{
    for (size_t i = 0; i < p->columns && p->column; i++)
        prep_column_clear(&p->column[i]);
    mem_free(p->column);
    mem_free(p->target.name);
    free_texts(p->target.class_name, p->target.classes);
    mem_free(p->target.class_value);
    free_texts(p->id, p->ids);
    *p = (struct prep){0};
}

// ---- values as text ----

void prep_print_number(enum frame_kind kind, double x, char text[PREP_NUMBER_MAX])
{
    double back = 0;
    if (kind == FRAME_BOOLEAN) {
        snprintf(text, PREP_NUMBER_MAX, "%s", x != 0 ? "True" : "False");
        return;
    }
    if (fabs(x) < WHOLE_END && x == floor(x)) {
        snprintf(text, PREP_NUMBER_MAX, "%.0f", x);
        return;
    }
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, PREP_NUMBER_MAX, "%.*g", digits, x);
        if (num_parse(text, &back) && back == x)
            return;
    }
}

bool prep_scan_value(enum frame_kind kind, const char *text, double *x)
{
    const struct field f = {text, strlen(text)};
    if (kind == FRAME_BOOLEAN && field_boolean(f, x))
        return true;
    return num_parse(text, x) && (kind != FRAME_BOOLEAN || *x == 0 || *x == 1);
}
