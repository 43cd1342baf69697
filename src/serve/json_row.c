// SPDX-License-Identifier: MIT
// The forms are those of Linear Learner, and lists as everyone sends them. What has columns becomes
// a line of text, so that there is one way from columns to features and not two that may differ.
#include "serve/json_row.h"

#include "base/num.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

// What a row's form comes down to.
struct values {
    const json_t *list; // NULL: by names
    const json_t *keys; // of a sparse row: the place of each value
    const json_t *shape;
    const json_t *names;
};

static int refuse_form(size_t number, struct error *e)
{
    return error_set(e, ERR_FORMAT,
                     "row %zu: of no known form; send a list, {\"features\": [...]} or an object "
                     "by names of columns",
                     number);
}

static int find_values(const json_t *row, size_t number, struct values *v, struct error *e)
{
    *v = (struct values){0};
    const json_t *data = json_object_get(row, "data");
    const json_t *features = json_object_get(json_is_object(data) ? data : row, "features");
    if (json_is_array(row)) {
        v->list = row;
    } else if (json_is_array(features)) {
        v->list = features;
    } else if (json_is_object(features)) {
        v->list = json_object_get(features, "values");
        v->keys = json_object_get(features, "keys");
        v->shape = json_object_get(features, "shape");
        if (!json_is_array(v->list) || (v->keys && !json_is_array(v->keys)))
            return refuse_form(number, e);
    } else if (json_is_object(row)) {
        v->names = row;
    } else {
        return refuse_form(number, e);
    }
    return 0;
}

// ---- features ----

static int refuse_number(const json_t *value, size_t number, size_t place, struct error *e)
{
    const char *const what = json_is_null(value)     ? "null"
                             : json_is_string(value) ? "a text"
                             : json_is_number(value) ? "a number beyond what a float holds"
                                                     : "not a number";
    return error_set(e, ERR_DATA,
                     "row %zu, feature %zu: %s, and the model carries no preparation; a finite "
                     "number is needed",
                     number, place + 1, what);
}

static bool get_number(const json_t *value, float *to)
{
    *to = (float)json_number_value(value);
    return json_is_number(value) && isfinite(*to);
}

static int take_dense(const struct values *v, size_t number, size_t inputs, float *X,
                      struct error *e)
{
    const size_t count = json_array_size(v->list);
    if (count != inputs)
        return error_set(e, ERR_MISMATCH,
                         "row %zu: %zu value%s, expected %zu: the features that the model takes",
                         number, count, count == 1 ? "" : "s", inputs);
    for (size_t i = 0; i < inputs; i++)
        if (!get_number(json_array_get(v->list, i), &X[i]))
            return refuse_number(json_array_get(v->list, i), number, i, e);
    return 0;
}

// The place that a key names; SIZE_MAX when it is none.
static size_t place_of(const json_t *key, size_t inputs)
{
    const double x = json_number_value(key);
    return json_is_number(key) && x >= 0 && x < (double)inputs && x == floor(x) ? (size_t)x
                                                                                : SIZE_MAX;
}

static int check_sparse(const struct values *v, size_t number, size_t inputs, struct error *e)
{
    const size_t count = json_array_size(v->list);
    if (json_array_size(v->keys) != count)
        return error_set(e, ERR_FORMAT, "row %zu: %zu keys for %zu values", number,
                         json_array_size(v->keys), count);
    const json_t *width = json_array_get(v->shape, json_array_size(v->shape) - 1);
    if (v->shape && json_number_value(width) != (double)inputs)
        return error_set(e, ERR_MISMATCH,
                         "row %zu: its shape is %.17g wide, expected %zu: the features that the "
                         "model takes",
                         number, json_number_value(width), inputs);
    return 0;
}

static int take_sparse(const struct values *v, size_t number, size_t inputs, float *X,
                       struct error *e)
{
    const int rc = check_sparse(v, number, inputs, e);
    if (rc)
        return rc;
    for (size_t i = 0; i < inputs; i++)
        X[i] = NAN; // not named yet
    for (size_t i = 0; i < json_array_size(v->list); i++) {
        const size_t place = place_of(json_array_get(v->keys, i), inputs);
        if (place == SIZE_MAX)
            return error_set(e, ERR_MISMATCH,
                             "row %zu: key %zu is no place among the model's %zu features, which "
                             "count from 0",
                             number, i + 1, inputs);
        if (!isnan(X[place]))
            return error_set(e, ERR_FORMAT, "row %zu: key %zu is there twice", number, i + 1);
        if (!get_number(json_array_get(v->list, i), &X[place]))
            return refuse_number(json_array_get(v->list, i), number, place, e);
    }
    for (size_t i = 0; i < inputs; i++)
        X[i] = isnan(X[i]) ? 0 : X[i];
    return 0;
}

int json_row_features(const json_t *row, size_t number, size_t inputs, float *X, struct error *e)
{
    struct values v;
    const int rc = find_values(row, number, &v, e);
    if (rc)
        return rc;
    if (v.names)
        return error_set(e, ERR_MISMATCH,
                         "row %zu: is by names, but the model carries no preparation and knows "
                         "none; send a list of its %zu features",
                         number, inputs);
    return v.keys ? take_sparse(&v, number, inputs, X, e) : take_dense(&v, number, inputs, X, e);
}

// ---- columns ----

// The shortest of these digits that read back to the same number.
static void put_number(struct buf *line, double x)
{
    char text[32];
    double back;
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, x);
        if (num_parse(text, &back) && back == x)
            break;
    }
    buf_puts(line, text);
}

static void put_text(struct buf *line, const json_t *value)
{
    const char *text = json_string_value(value);
    const char *const end = text + json_string_length(value);
    buf_puts(line, "\"");
    while (text < end) {
        const char *quote = memchr(text, '"', (size_t)(end - text));
        const char *const stop = quote ? quote + 1 : end;
        buf_append(line, text, (size_t)(stop - text));
        buf_puts(line, quote ? "\"" : "");
        text = stop;
    }
    buf_puts(line, "\"");
}

// A missing value is quoted, for a line without anything would be no row.
static int put_field(struct buf *line, const json_t *value, const char *name, size_t number,
                     struct error *e)
{
    if (json_is_string(value))
        put_text(line, value);
    else if (json_is_number(value))
        put_number(line, json_number_value(value));
    else if (json_is_boolean(value))
        buf_puts(line, json_is_true(value) ? "True" : "False");
    else if (json_is_null(value))
        buf_puts(line, "\"\"");
    else
        return error_set(e, ERR_DATA,
                         "row %zu: column '%.100s': a list or an object, where a number, a text, "
                         "true, false or null is needed",
                         number, name);
    return 0;
}

static int check_columns(const struct values *v, size_t number, const struct prep *p,
                         struct error *e)
{
    if (v->keys)
        return error_set(e, ERR_MISMATCH,
                         "row %zu: is sparse, but the model takes columns by its preparation; "
                         "send lists or objects by names",
                         number);
    if (v->list && json_array_size(v->list) != p->columns)
        return error_set(e, ERR_MISMATCH,
                         "row %zu: %zu value%s, expected %zu: the columns that the preparation "
                         "takes, in its order; objects by names may have others, too",
                         number, json_array_size(v->list), json_array_size(v->list) == 1 ? "" : "s",
                         p->columns);
    return 0;
}

int json_row_columns(const json_t *row, size_t number, const struct prep *p, struct buf *line,
                     struct error *e)
{
    struct values v;
    int rc = find_values(row, number, &v, e);
    if (rc == 0)
        rc = check_columns(&v, number, p, e);
    for (size_t i = 0; rc == 0 && i < p->columns; i++) {
        const char *const name = p->column[i].name;
        const json_t *value = v.list ? json_array_get(v.list, i) : json_object_get(v.names, name);
        if (!value)
            return error_set(e, ERR_MISMATCH,
                             "row %zu: no member '%.100s', which the preparation needs; null "
                             "stands for a missing value",
                             number, name);
        rc = put_field(line, value, name, number, e);
        buf_puts(line, i + 1 < p->columns ? "," : "\n");
    }
    return rc ? rc : buf_check(line, "rows of JSON", e);
}
