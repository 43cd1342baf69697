// SPDX-License-Identifier: MIT
// prep.json is written for a reader with an editor: words for choices, categories and classes as
// the values they are (texts, numbers or booleans), and no member that a column has no use for.
#include "base/file.h"
#include "io/json.h"
#include "table/prep_inner.h"

#include <math.h>
#include <string.h>

static json_t *value_json(enum frame_kind kind, const char *text, double x)
{
    if (kind == FRAME_TEXT)
        return json_string(text);
    return kind == FRAME_BOOLEAN ? json_boolean(x != 0) : json_real(x);
}

static json_t *values_json(enum frame_kind kind, char *const *text, const double *value,
                           size_t count, bool *failed)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_push(list, value_json(kind, text[i], value ? value[i] : 0), failed);
    return list;
}

static json_t *numbers_json(const double *x, size_t count, bool *failed)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_push(list, json_real(x[i]), failed);
    return list;
}

static json_t *count_json(size_t n)
{
    return json_integer((json_int_t)n);
}

static void put_numbers(json_t *o, const struct prep_column *c, bool *failed)
{
    if (c->fill != PREP_FILL_ERROR)
        json_put(o, "fill_value", json_real(c->fill_value), failed);
    if (isfinite(c->clip[0])) {
        json_put(o, "quantiles", numbers_json(c->quantile, 2, failed), failed);
        json_put(o, "clip", numbers_json(c->clip, 2, failed), failed);
    }
    if (c->log1p)
        json_put(o, "log1p", json_true(), failed);
}

static void put_categories(json_t *o, const struct prep_column *c, bool *failed)
{
    const size_t fill = c->fill_place;
    if (c->fill != PREP_FILL_ERROR)
        json_put(
            o, "fill_value",
            value_json(c->kind, c->category[fill], c->category_value ? c->category_value[fill] : 0),
            failed);
    json_put(o, "categories",
             values_json(c->kind, c->category, c->category_value, c->categories, failed), failed);
    json_put(o, "unseen", json_string(prep_unseen_words[c->unseen]), failed);
}

static json_t *column_json(const struct prep_column *c, bool *failed)
{
    json_t *o = json_object();
    json_put(o, "name", json_string(c->name), failed);
    json_put(o, "kind", json_string(prep_kind_words[c->kind]), failed);
    json_put(o, "feature", count_json(c->feature), failed);
    json_put(o, "features", count_json(c->features), failed);
    json_put(o, "missing", count_json(c->missing), failed);
    json_put(o, "encode", json_string(prep_encode_words[c->encode]), failed);
    json_put(o, "fill", json_string(prep_fill_words[c->fill]), failed);
    if (c->encode == PREP_NUMERIC)
        put_numbers(o, c, failed);
    else
        put_categories(o, c, failed);
    json_put(o, "scale", json_string(prep_scale_words[c->scale]), failed);
    if (c->scale == PREP_SCALE_NONE)
        return o;
    const bool one = c->encode != PREP_ONEHOT;
    json_put(o, "center",
             one ? json_real(*c->center) : numbers_json(c->center, c->features, failed), failed);
    json_put(o, "width", one ? json_real(*c->width) : numbers_json(c->width, c->features, failed),
             failed);
    return o;
}

static json_t *target_json(const struct prep_target *t, bool *failed)
{
    if (!t->name)
        return json_null();
    json_t *o = json_object();
    json_put(o, "name", json_string(t->name), failed);
    json_put(o, "kind", json_string(prep_kind_words[t->kind]), failed);
    json_put(o, "task", json_string(prep_task_words[t->task]), failed);
    if (t->task != PREP_REGRESSION)
        json_put(o, "classes",
                 values_json(t->kind, t->class_name, t->class_value, t->classes, failed), failed);
    return o;
}

static json_t *split_json(const struct prep_split *s, bool *failed)
{
    json_t *o = json_object();
    json_put(o, "fit_on", json_string(s->fit_on_all ? "all" : "train"), failed);
    json_put(o, "rows", count_json(s->rows), failed);
    json_put(o, "train_rows", count_json(s->train_rows), failed);
    json_put(o, "test_rows", count_json(s->test_rows), failed);
    json_put(o, "test_size", json_real(s->test_size), failed);
    json_put(o, "random_state", json_integer(s->random_state), failed);
    json_put(o, "shuffle", json_boolean(s->shuffle), failed);
    json_put(o, "stratify", json_boolean(s->stratify), failed);
    json_put(o, "folds", count_json(s->folds), failed);
    json_put(o, "fold", count_json(s->fold), failed);
    return o;
}

json_t *prep_to_json(const struct prep *p)
{
    bool failed = false;
    json_t *root = json_object(), *columns = json_array(), *ids = json_array();
    for (size_t i = 0; i < p->columns; i++)
        json_push(columns, column_json(&p->column[i], &failed), &failed);
    for (size_t i = 0; i < p->ids; i++)
        json_push(ids, json_string(p->id[i]), &failed);
    json_put(root, "program", json_string("skiff"), &failed);
    json_put(root, "format", json_integer(PREP_FORMAT), &failed);
    json_put(root, "delimiter", json_stringn(&p->delimiter, 1), &failed);
    json_put(root, "header", json_boolean(p->header), &failed);
    json_put(root, "target", target_json(&p->target, &failed), &failed);
    json_put(root, "ids", ids, &failed);
    json_put(root, "features", count_json(p->features), &failed);
    json_put(root, "columns", columns, &failed);
    json_put(root, "split", split_json(&p->split, &failed), &failed);
    if (!failed)
        return root;
    json_decref(root);
    return NULL;
}

int prep_text(const struct prep *p, struct buf *text, struct error *e)
{
    json_t *root = prep_to_json(p);
    const int rc = json_text(root, text, e);
    json_decref(root);
    return rc;
}
