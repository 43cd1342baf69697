// SPDX-License-Identifier: MIT
// What is to be predicted. Two different values of any kind are two classes. More of them are
// classes when they are texts, or when they look like numbers of classes: 0 .. K-1 or 1 .. K
// without a gap, K at most 20, ten rows for each on average. Other numbers are amounts. A decision
// that may be wrong is noted; --task decides otherwise.
#include "base/mem.h"
#include "table/prep_figures.h"
#include "table/prep_inner.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define FEW_CLASSES  20
#define ROWS_A_CLASS 10

struct target {
    struct prep_target *out;
    const struct prep_fit *how;
    const struct frame_column *in;
    struct figures_values values; // different ones of numbers, unless there are more than the most
    bool many;                    // there are
    struct error *e;
};

static bool is_missing(const struct frame_column *c, size_t row)
{
    return c->codes ? c->codes[row] == FRAME_MISSING : isnan(c->values[row]);
}

static int check_rows(const struct target *t)
{
    const struct frame_column *const in = t->in;
    for (size_t i = 0; i < t->how->rows && in->missing; i++)
        if (is_missing(in, prep_row(t->how, i)))
            return prep_refuse(t->how, in->name, t->e,
                               "the target has no value in row %zu (of %zu such rows); remove "
                               "those rows, or predict them with a model of the others",
                               prep_row(t->how, i) + 1, in->missing);
    for (size_t row = 0; row < t->how->frame->rows && in->infinite; row++)
        if (isinf(in->values[row]))
            return prep_refuse(t->how, in->name, t->e,
                               "the target is infinite in row %zu; remove the row", row + 1);
    return 0;
}

static int count_values(struct target *t)
{
    if (figures_values_init(&t->values, PREP_CATEGORIES_MAX) != 0)
        return error_nomem(t->e, t->in->name);
    for (size_t row = 0; row < t->how->frame->rows && !t->many; row++)
        if (!isnan(t->in->values[row]))
            t->many = figures_values_add(&t->values, t->in->values[row]) != 0;
    return 0;
}

static size_t different(const struct target *t)
{
    if (t->in->kind == FRAME_TEXT)
        return t->in->texts;
    return t->many ? PREP_CATEGORIES_MAX + 1 : t->values.count;
}

static bool looks_like_classes(const struct target *t, size_t classes)
{
    return classes <= FEW_CLASSES && ROWS_A_CLASS * classes <= t->how->frame->rows &&
           (t->in->min == 0 || t->in->min == 1) && t->in->max - t->in->min + 1 == (double)classes;
}

// A text is a class. One that may be meant as an amount is a mistake that no error would show.
static void note_classes(const struct target *t)
{
    char why[PREP_EXPLANATION_MAX];
    if (prep_explain_numbers(t->how, t->in, why))
        prep_note(t->how, "%s: taken for classes, for it is %s", t->in->name, why);
}

static enum prep_task decide_task(const struct target *t)
{
    const size_t classes = different(t);
    const char *const name = t->in->name;
    if (t->in->kind == FRAME_TEXT)
        prep_note_alike(t->how, t->in);
    if (classes <= 2)
        return PREP_BINARY;
    if (t->in->kind == FRAME_TEXT) {
        note_classes(t);
        return PREP_MULTICLASS;
    }
    if (!t->in->whole)
        return PREP_REGRESSION;
    if (looks_like_classes(t, classes)) {
        prep_note(t->how,
                  "%s: whole numbers from %g to %g, taken for classes; --task regression takes "
                  "them for amounts",
                  name, t->in->min, t->in->max);
        return PREP_MULTICLASS;
    }
    if (classes <= FEW_CLASSES)
        prep_note(t->how,
                  "%s: %zu different whole numbers, taken for amounts; --task multiclass takes "
                  "them for classes",
                  name, classes);
    return PREP_REGRESSION;
}

static int refuse_text(const struct target *t, const char *otherwise)
{
    char why[PREP_EXPLANATION_MAX];
    const bool numbers = prep_explain_numbers(t->how, t->in, why);
    return prep_refuse(t->how, t->in->name, t->e, "the target %s%s", numbers ? "is " : "",
                       numbers ? why : otherwise);
}

static int check_task(const struct target *t, enum prep_task task)
{
    const char *const name = t->in->name;
    const size_t classes = different(t);
    char what[120];
    if (classes == 1)
        return prep_refuse(t->how, name, t->e,
                           "the target is the same in all rows; there is nothing to learn");
    if (task == PREP_REGRESSION && t->in->kind == FRAME_TEXT) {
        snprintf(what, sizeof what, "is text ('%.40s'), which --task regression does not fit",
                 t->in->texts ? t->in->text[0] : "");
        return refuse_text(t, what);
    }
    if (task == PREP_REGRESSION)
        return 0;
    if (t->in->dates)
        return prep_refuse(t->how, name, t->e,
                           "the target looks like dates; turn them into numbers first");
    if (task == PREP_BINARY && classes != 2)
        return prep_refuse(t->how, name, t->e,
                           "the target has %s%zu different values, not the two of --task binary",
                           t->many ? "at least " : "", classes);
    if (t->many || classes > PREP_CATEGORIES_MAX)
        return prep_refuse(t->how, name, t->e, "the target has more than %zu classes",
                           PREP_CATEGORIES_MAX);
    if (t->in->kind == FRAME_TEXT && classes > PREP_NAMES_MIN &&
        2 * classes > t->how->frame->rows) {
        snprintf(what, sizeof what,
                 "has %zu different texts in %zu rows, names rather than classes", classes,
                 t->how->frame->rows);
        return refuse_text(t, what);
    }
    return 0;
}

static int name_classes(const struct target *t)
{
    struct prep_target *const out = t->out;
    const bool text = t->in->kind == FRAME_TEXT;
    const size_t classes = different(t);
    out->class_name = mem_array(classes, sizeof *out->class_name);
    out->class_value = text ? NULL : mem_array(classes, sizeof *out->class_value);
    if (!out->class_name || (!text && !out->class_value))
        return error_nomem(t->e, "classes");
    for (size_t i = 0; i < classes; i++) {
        char number[PREP_NUMBER_MAX];
        if (!text) {
            out->class_value[i] = t->values.value[i];
            prep_print_number(t->in->kind, t->values.value[i], number);
        }
        out->class_name[i] = mem_strdup(text ? t->in->text[i] : number);
        if (!out->class_name[i])
            return error_nomem(t->e, "classes");
        out->classes++;
    }
    return 0;
}

static int fit_target(struct target *t)
{
    struct prep_target *const out = t->out;
    const enum prep_task_wish wish = t->how->rules->task;
    if (t->in->missing == t->how->frame->rows)
        return prep_refuse(t->how, t->in->name, t->e, "the target has no value in any row");
    int rc = check_rows(t);
    if (rc == 0 && !t->in->codes)
        rc = count_values(t);
    if (rc)
        return rc;
    out->kind = t->in->kind;
    if (different(t) == 1)
        return check_task(t, PREP_BINARY);
    out->task = wish == PREP_TASK_AUTO ? decide_task(t) : (enum prep_task)(wish - 1);
    if ((rc = check_task(t, out->task)) || out->task == PREP_REGRESSION)
        return rc;
    return name_classes(t);
}

int prep_fit_target(struct prep_target *out, const struct prep_fit *how, struct error *e)
{
    struct target t = {.out = out, .how = how, .e = e};
    t.in = prep_find_column(how, "--target", how->rules->target, e);
    if (!t.in)
        return error_code(e);
    out->name = mem_strdup(t.in->name);
    if (!out->name)
        return error_nomem(e, t.in->name);
    if (t.in->overflow)
        return prep_refuse(how, t.in->name, e, "more than %zu different texts are no target",
                           FRAME_TEXTS_MAX);
    const int rc = fit_target(&t);
    figures_values_clear(&t.values);
    return rc;
}
