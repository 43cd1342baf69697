// SPDX-License-Identifier: MIT
// A preparation from JSON that anybody may have written. Whatever is read is checked against its
// kind and range; then the whole is: names are different, features are numbered through, what fills
// a gap comes to a number. A preparation that passes can be used without another question.
#include "base/file.h"
#include "base/mem.h"
#include "io/json_read.h"
#include "table/prep_encoder.h"
#include "table/prep_inner.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define JSON_MAX    ((size_t)256 << 20) // bytes of prep.json
#define COUNT_LIMIT ((size_t)1 << 48)   // rows

// What is being read, for messages.
struct reading {
    const char *name;  // of the file
    const char *place; // "target", "split" or NULL: a column
    size_t column;
    struct error *e;
};

static int bad(const struct reading *r, const char *what)
{
    static const char advice[] = "the file is damaged or was changed by hand";
    if (r->place)
        return error_set(r->e, ERR_FORMAT, "%s: %s: %s; %s", r->name, r->place, what, advice);
    return error_set(r->e, ERR_FORMAT, "%s: column %zu: %s; %s", r->name, r->column + 1, what,
                     advice);
}

static int bad_member(const struct reading *r, const char *key, const char *what)
{
    char text[80];
    snprintf(text, sizeof text, "'%s' is %s", key, what);
    return bad(r, text);
}

static int get_text(const struct reading *r, const json_t *o, const char *key, char **text)
{
    const char *value = json_string_value(json_object_get(o, key));
    if (!value || !*value)
        return bad_member(r, key, "no text");
    *text = mem_strdup(value);
    return *text ? 0 : error_nomem(r->e, r->name);
}

// Which of some words; all enums here begin at 0.
static int get_word(const struct reading *r, const json_t *o, const char *key,
                    const char *const *words, int *word)
{
    const char *value = json_string_value(json_object_get(o, key));
    *word = value ? prep_find_word(words, value) : -1;
    return *word < 0 ? bad_member(r, key, "none of the words it may be") : 0;
}

static int get_count(const struct reading *r, const json_t *o, const char *key, size_t max,
                     size_t *count)
{
    const json_t *value = json_object_get(o, key);
    const json_int_t n = json_integer_value(value);
    *count = 0;
    if (!json_is_integer(value) || n < 0 || (size_t)n > max)
        return bad_member(r, key, "no count in its range");
    *count = (size_t)n;
    return 0;
}

static int get_number(const struct reading *r, const json_t *value, const char *key, double *x)
{
    *x = json_number_value(value);
    return json_is_number(value) && isfinite(*x) ? 0 : bad_member(r, key, "no finite number");
}

static int get_truth(const struct reading *r, const json_t *o, const char *key, bool *truth)
{
    const json_t *value = json_object_get(o, key);
    *truth = json_is_true(value);
    return json_is_boolean(value) ? 0 : bad_member(r, key, "neither true nor false");
}

static int get_pair(const struct reading *r, const json_t *o, const char *key, double pair[2])
{
    const json_t *list = json_object_get(o, key);
    if (json_array_size(list) != 2)
        return bad_member(r, key, "no list of two numbers");
    const int rc = get_number(r, json_array_get(list, 0), key, &pair[0]);
    return rc ? rc : get_number(r, json_array_get(list, 1), key, &pair[1]);
}

// ---- categories and classes ----

struct values {
    size_t count;
    char **text;
    double *value; // NULL of texts
};

static int get_value(const struct reading *r, const json_t *value, enum frame_kind kind,
                     struct values *v)
{
    char number[PREP_NUMBER_MAX];
    const char *text = json_string_value(value);
    if (kind == FRAME_BOOLEAN && json_is_boolean(value))
        v->value[v->count] = json_is_true(value);
    else if (kind == FRAME_NUMBER && json_is_number(value) && isfinite(json_number_value(value)))
        v->value[v->count] = json_number_value(value) + 0.0;
    else if (kind != FRAME_TEXT || !text || !*text)
        return bad(r, "a category or class is not of the column's kind");
    if (kind != FRAME_TEXT) {
        prep_print_number(kind, v->value[v->count], number);
        text = number;
    }
    v->text[v->count] = mem_strdup(text);
    if (!v->text[v->count])
        return error_nomem(r->e, r->name);
    v->count++;
    return 0;
}

// All different. What was read stays in `v`, also on failure.
static int get_values(const struct reading *r, const json_t *list, enum frame_kind kind,
                      struct values *v)
{
    const size_t count = json_array_size(list);
    if (count < 1 || count > PREP_CATEGORIES_MAX)
        return bad(r, "categories or classes are no list of some, or too many");
    v->text = mem_array(count, sizeof *v->text);
    v->value = kind == FRAME_TEXT ? NULL : mem_array(count, sizeof *v->value);
    if (!v->text || (kind != FRAME_TEXT && !v->value))
        return error_nomem(r->e, r->name);
    int rc = 0;
    for (size_t i = 0; i < count && rc == 0; i++)
        rc = get_value(r, json_array_get(list, i), kind, v);
    if (rc)
        return rc;
    struct prep_lookup lookup;
    rc = prep_lookup_init(&lookup, v->text, v->value, v->count);
    if (rc == 0)
        prep_lookup_clear(&lookup);
    return rc == ERR_NOMEM ? error_nomem(r->e, r->name)
           : rc            ? bad(r, "two categories or classes are the same")
                           : 0;
}

// ---- columns ----

static int read_numbers(const struct reading *r, const json_t *o, struct prep_column *c)
{
    int rc = 0;
    c->features = 1;
    c->fill_value = NAN;
    if (c->kind == FRAME_TEXT)
        return bad(r, "texts are no numbers");
    if (c->fill != PREP_FILL_ERROR)
        rc = get_number(r, json_object_get(o, "fill_value"), "fill_value", &c->fill_value);
    if (rc == 0 && json_object_get(o, "clip")) {
        rc = get_pair(r, o, "clip", c->clip);
        if (rc == 0)
            rc = get_pair(r, o, "quantiles", c->quantile);
        if (rc == 0 && !(c->clip[0] <= c->clip[1] && c->quantile[0] >= 0 &&
                         c->quantile[0] < c->quantile[1] && c->quantile[1] <= 1))
            rc = bad(r, "'clip' or 'quantiles' are not in order");
    }
    if (rc == 0 && json_object_get(o, "log1p"))
        rc = get_truth(r, o, "log1p", &c->log1p);
    return rc;
}

static int read_fill_place(const struct reading *r, const json_t *o, struct prep_column *c)
{
    const json_t *fill = json_object_get(o, "fill_value");
    const char *text = json_string_value(fill);
    if (c->fill == PREP_FILL_ERROR)
        return 0;
    if (c->fill == PREP_FILL_MEDIAN || c->fill == PREP_FILL_MEAN)
        return bad_member(r, "fill", "for numbers");
    const double x = json_is_boolean(fill) ? json_is_true(fill) : json_number_value(fill);
    const bool typed = c->kind == FRAME_BOOLEAN  ? json_is_boolean(fill)
                       : c->kind == FRAME_NUMBER ? json_is_number(fill)
                                                 : text != NULL;
    size_t i = typed ? 0 : c->categories;
    while (i < c->categories &&
           (c->category_value ? c->category_value[i] != x : strcmp(c->category[i], text) != 0))
        i++;
    c->fill_place = i;
    return i < c->categories ? 0 : bad_member(r, "fill_value", "none of the categories");
}

static int read_categories(const struct reading *r, const json_t *o, struct prep_column *c)
{
    struct values v = {0};
    int unseen = 0;
    int rc = get_values(r, json_object_get(o, "categories"), c->kind, &v);
    c->categories = v.count;
    c->category = v.text;
    c->category_value = v.value;
    if (rc == 0)
        rc = read_fill_place(r, o, c);
    if (rc == 0)
        rc = get_word(r, o, "unseen", prep_unseen_words, &unseen);
    c->unseen = (enum prep_unseen)unseen;
    c->features = c->encode == PREP_ONEHOT ? c->categories : 1;
    return rc;
}

// One number, or one a feature of a one-hot column.
static int read_figures(const struct reading *r, const json_t *o, const char *key,
                        const struct prep_column *c, double *x)
{
    const json_t *value = json_object_get(o, key);
    if (c->encode != PREP_ONEHOT)
        return get_number(r, value, key, x);
    if (json_array_size(value) != c->features)
        return bad_member(r, key, "no list of a number for each feature");
    int rc = 0;
    for (size_t i = 0; i < c->features && rc == 0; i++)
        rc = get_number(r, json_array_get(value, i), key, &x[i]);
    return rc;
}

static int read_scale(const struct reading *r, const json_t *o, struct prep_column *c)
{
    if (prep_column_scales(c) != 0)
        return error_nomem(r->e, r->name);
    if (c->scale == PREP_SCALE_NONE)
        return 0;
    int rc = read_figures(r, o, "center", c, c->center);
    if (rc == 0)
        rc = read_figures(r, o, "width", c, c->width);
    for (size_t i = 0; i < c->features && rc == 0; i++)
        if (!(c->width[i] > 0))
            rc = bad_member(r, "width", "not above 0");
    return rc;
}

// What the preparation itself puts in must be something that a float holds.
static int check_results(const struct reading *r, const struct prep_column *c)
{
    bool good = true;
    if (c->encode == PREP_NUMERIC && c->fill != PREP_FILL_ERROR)
        good = prep_fits_float(prep_number(c, c->fill_value));
    const double last = c->encode == PREP_ONEHOT ? 1 : (double)c->categories;
    for (size_t i = 0; i < c->features && c->encode != PREP_NUMERIC; i++)
        good = good && prep_fits_float((-1 - c->center[i]) / c->width[i]) &&
               prep_fits_float((last - c->center[i]) / c->width[i]);
    return good ? 0 : bad(r, "its figures come to numbers that no float holds");
}

static int read_column(const struct reading *r, const json_t *o, struct prep *p,
                       struct prep_column *c)
{
    int kind, encode, fill, scale;
    size_t features;
    int rc = get_text(r, o, "name", &c->name);
    if (rc || (rc = get_word(r, o, "kind", prep_kind_words, &kind)) ||
        (rc = get_word(r, o, "encode", prep_encode_words, &encode)) ||
        (rc = get_word(r, o, "fill", prep_fill_words, &fill)) ||
        (rc = get_word(r, o, "scale", prep_scale_words, &scale)) ||
        (rc = get_count(r, o, "missing", COUNT_LIMIT, &c->missing)) ||
        (rc = get_count(r, o, "feature", PREP_FEATURES_MAX, &c->feature)) ||
        (rc = get_count(r, o, "features", PREP_FEATURES_MAX, &features)))
        return rc;
    c->kind = (enum frame_kind)kind;
    c->encode = (enum prep_encode)encode;
    c->fill = (enum prep_fill)fill;
    c->scale = (enum prep_scale)scale;
    c->quantile[1] = 1;
    c->clip[0] = -INFINITY;
    c->clip[1] = INFINITY;
    rc = c->encode == PREP_NUMERIC ? read_numbers(r, o, c) : read_categories(r, o, c);
    if (rc == 0)
        rc = read_scale(r, o, c);
    if (rc == 0)
        rc = check_results(r, c);
    if (rc == 0 && (c->feature != p->features || c->features != features))
        rc = bad(r, "its features are not numbered through");
    p->features += c->features;
    if (rc == 0 && p->features > PREP_FEATURES_MAX)
        rc = bad(r, "too many features");
    return rc;
}

static int read_columns(struct reading *r, const json_t *root, struct prep *p)
{
    const json_t *columns = json_object_get(root, "columns");
    const size_t count = json_array_size(columns);
    size_t features = 0;
    r->place = "columns";
    if (count < 1 || count > PREP_FEATURES_MAX)
        return bad(r, "no list of columns, or too many");
    p->column = mem_array(count, sizeof *p->column);
    if (!p->column)
        return error_nomem(r->e, r->name);
    int rc = get_count(r, root, "features", PREP_FEATURES_MAX, &features);
    r->place = NULL;
    for (r->column = 0; r->column < count && rc == 0; r->column++) {
        struct prep_column *c = &p->column[p->columns++];
        rc = read_column(r, json_array_get(columns, r->column), p, c);
        if (rc)
            return rc;
    }
    r->place = "columns";
    if (rc == 0 && features != p->features)
        rc = bad(r, "another number of features than 'features' says");
    return rc;
}

// ---- the rest ----

static int read_target(struct reading *r, const json_t *o, struct prep_target *t)
{
    struct values v = {0};
    int kind, task;
    r->place = "target";
    if (json_is_null(o))
        return 0;
    int rc = get_text(r, o, "name", &t->name);
    if (rc || (rc = get_word(r, o, "kind", prep_kind_words, &kind)) ||
        (rc = get_word(r, o, "task", prep_task_words, &task)))
        return rc;
    t->kind = (enum frame_kind)kind;
    t->task = (enum prep_task)task;
    if (t->task == PREP_REGRESSION)
        return t->kind == FRAME_TEXT ? bad(r, "texts are no amounts") : 0;
    rc = get_values(r, json_object_get(o, "classes"), t->kind, &v);
    t->classes = v.count;
    t->class_name = v.text;
    t->class_value = v.value;
    if (rc == 0 && (t->classes < 2 || (t->task == PREP_BINARY && t->classes != 2)))
        rc = bad(r, "another number of classes than its task has");
    return rc;
}

static int read_split(struct reading *r, const json_t *o, struct prep_split *s)
{
    static const char *const fits[] = {"train", "all", NULL};
    const json_t *random = json_object_get(o, "random_state");
    int fit = 0;
    r->place = "split";
    int rc = get_word(r, o, "fit_on", fits, &fit);
    if (rc || (rc = get_count(r, o, "rows", COUNT_LIMIT, &s->rows)) ||
        (rc = get_count(r, o, "train_rows", s->rows, &s->train_rows)) ||
        (rc = get_count(r, o, "test_rows", s->rows, &s->test_rows)) ||
        (rc = get_number(r, json_object_get(o, "test_size"), "test_size", &s->test_size)) ||
        (rc = get_truth(r, o, "shuffle", &s->shuffle)) ||
        (rc = get_truth(r, o, "stratify", &s->stratify)) ||
        (rc = get_count(r, o, "folds", COUNT_LIMIT, &s->folds)) ||
        (rc = get_count(r, o, "fold", s->folds, &s->fold)))
        return rc;
    if (!json_is_integer(random))
        return bad_member(r, "random_state", "no integer");
    s->random_state = json_integer_value(random);
    s->fit_on_all = fit == 1;
    return 0;
}

static int read_ids(struct reading *r, const json_t *list, struct prep *p)
{
    const size_t count = json_array_size(list);
    r->place = "ids";
    if (!json_is_array(list) || count > CSV_COLUMNS_MAX)
        return bad(r, "no list of names");
    p->id = mem_array(count, sizeof *p->id);
    if (!p->id)
        return error_nomem(r->e, r->name);
    for (size_t i = 0; i < count; i++) {
        const char *id = json_string_value(json_array_get(list, i));
        if (!id || !*id)
            return bad(r, "what is no name");
        p->id[i] = mem_strdup(id);
        if (!p->id[i])
            return error_nomem(r->e, r->name);
        p->ids++;
    }
    return 0;
}

static int read_format(struct reading *r, const json_t *root, struct prep *p)
{
    const char *program = json_string_value(json_object_get(root, "program"));
    const json_t *format = json_object_get(root, "format");
    const char *delimiter = json_string_value(json_object_get(root, "delimiter"));
    r->place = "the beginning";
    if (!program || strcmp(program, "skiff") != 0 || !json_is_integer(format) ||
        json_integer_value(format) < 1)
        return error_set(r->e, ERR_FORMAT,
                         "%s: does not say that skiff wrote it; skiff prep writes prep.json",
                         r->name);
    if (json_integer_value(format) > PREP_FORMAT)
        return error_set(r->e, ERR_UNSUPPORTED,
                         "%s: written by a newer skiff (format %lld); this one reads format %d; "
                         "take the newer one, or prepare the table with this one",
                         r->name, (long long)json_integer_value(format), PREP_FORMAT);
    if (!delimiter || strlen(delimiter) != 1 || !strchr(",;\t|", *delimiter))
        return bad_member(r, "delimiter", "none that there is");
    p->delimiter = *delimiter;
    return get_truth(r, root, "header", &p->header);
}

// Columns, ids and the target are different ones.
static int check_names(struct reading *r, const struct prep *p)
{
    const size_t most = p->columns + p->ids + 1;
    char **names = mem_array(most, sizeof *names);
    struct prep_lookup lookup;
    size_t count = 0;
    if (!names)
        return error_nomem(r->e, r->name);
    for (size_t i = 0; i < p->columns; i++)
        names[count++] = p->column[i].name;
    for (size_t i = 0; i < p->ids; i++)
        names[count++] = p->id[i];
    if (p->target.name)
        names[count++] = p->target.name;
    const int rc = prep_lookup_init(&lookup, names, NULL, count);
    if (rc == 0)
        prep_lookup_clear(&lookup);
    mem_free(names);
    r->place = "columns, ids and target";
    return rc == ERR_NOMEM ? error_nomem(r->e, r->name) : rc ? bad(r, "a name is there twice") : 0;
}

int prep_from_json(struct prep *p, const char *name, const json_t *root, struct error *e)
{
    struct reading r = {.name = name, .e = e};
    *p = (struct prep){0};
    int rc = read_format(&r, root, p);
    if (rc == 0)
        rc = read_target(&r, json_object_get(root, "target"), &p->target);
    if (rc == 0)
        rc = read_ids(&r, json_object_get(root, "ids"), p);
    if (rc == 0)
        rc = read_columns(&r, root, p);
    if (rc == 0)
        rc = read_split(&r, json_object_get(root, "split"), &p->split);
    if (rc == 0)
        rc = check_names(&r, p);
    if (rc)
        prep_clear(p);
    return rc;
}

int prep_parse(struct prep *p, const char *name, const void *text, size_t size, struct error *e)
{
    json_error_t why;
    *p = (struct prep){0};
    json_t *root = json_load(text, size, JSON_REJECT_DUPLICATES, &why);
    if (!root && json_no_memory(&why))
        return error_nomem(e, name);
    if (!root)
        return error_set(e, ERR_FORMAT, "%s:%d: not valid JSON: %.120s", name, why.line, why.text);
    const int rc = prep_from_json(p, name, root, e);
    json_decref(root);
    return rc;
}

int prep_read(struct prep *p, const char *path, struct error *e)
{
    struct buf text;
    *p = (struct prep){0};
    buf_init(&text, JSON_MAX);
    int rc = file_read_all(path, JSON_MAX, &text, e);
    if (rc == 0)
        rc = prep_parse(p, path, text.data ? text.data : "", text.len, e);
    buf_clear(&text);
    return rc;
}
