// SPDX-License-Identifier: MIT
// JSON: a document that holds rows, or one row a line. Rows are read one after the other: a list of
// numbers as it stands, anything else through jansson. Where the model carries a preparation all
// rows become a CSV first, which is then read as one.
#include "serve/body_inner.h"

#include "base/mem.h"
#include "io/json_read.h"
#include "serve/json_row.h"
#include "serve/json_text.h"

#include <string.h>

// Whole numbers beyond 64 bits are numbers, too.
#define FLAGS (JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL | JSON_DECODE_ANY)

enum form {
    FORM_ROW,    // the document is one
    FORM_LIST,   // [row, ...]
    FORM_MEMBER, // {"instances": [row, ...]}
    FORM_LINES,
};

struct json_body {
    struct body body;
    struct body_spec spec;
    enum form form;
    size_t row;            // that have been given
    struct json_text left; // of the body, behind them
    bool ended;

    struct buf text; // the rows as a CSV
    struct body *csv;
};

// ---- messages ----

static int refuse_at(const struct json_body *j, const char *at, const char *what, struct error *e)
{
    const char *line = j->spec.data;
    size_t number = 1;
    for (const char *feed; (feed = memchr(line, '\n', (size_t)(at - line))); line = feed + 1)
        number++;
    error_set(e, ERR_FORMAT, "%s:%zu:%zu: not valid JSON: %.160s", j->spec.name, number,
              (size_t)(at - line) + 1, what);
    error_one_line(e->text);
    return ERR_FORMAT;
}

// NULL with an error, which names the place in the body.
static json_t *parse(const struct json_body *j, struct json_text text, struct error *e)
{
    json_error_t bad;
    json_t *root = json_load(text.at, (size_t)(text.end - text.at), FLAGS, &bad);
    if (root)
        return root;
    if (json_no_memory(&bad)) {
        error_nomem(e, j->spec.name);
        return NULL;
    }
    const size_t most = (size_t)(text.end - text.at), at = (size_t)bad.position;
    refuse_at(j, text.at + (at < most ? at : most), bad.text, e);
    return NULL;
}

// ---- where rows are ----

static bool is_instances(struct json_text name)
{
    static const char wanted[] = "instances";
    return (size_t)(name.end - name.at) == strlen(wanted) &&
           memcmp(name.at, wanted, strlen(wanted)) == 0;
}

// Members up to `instances`, which *found says is there; others must be JSON and are passed over.
static int pass_members(struct json_body *j, bool *found, struct error *e)
{
    struct json_text *const t = &j->left, name, value;
    *found = false;
    do {
        if (!json_take_name(t, &name))
            return refuse_at(j, t->at, "a name and ':' are expected", e);
        *found = is_instances(name);
        if (*found)
            return 0;
        if (!json_take_value(t, &value))
            return refuse_at(j, t->at, "a value that ends is expected", e);
        json_t *const root = parse(j, value, e);
        if (!root)
            return error_code(e);
        json_decref(root);
    } while (json_take(t, ','));
    return 0;
}

// A document that is a row itself is left to the parser, whatever is in it.
static int open_document(struct json_body *j, struct error *e)
{
    struct json_text *const t = &j->left, whole = *t;
    bool found = false;
    j->form = FORM_ROW;
    if (json_take(t, '[')) {
        const char first = json_look(t);
        if (first == '[' || first == '{' || first == ']')
            j->form = FORM_LIST;
    } else if (json_take(t, '{')) {
        struct error own = {0};
        if (pass_members(j, &found, &own) == ERR_NOMEM)
            return error_nomem(e, j->spec.name);
    }
    if (found && !json_take(t, '['))
        return error_set(e, ERR_FORMAT, "%s: instances must be a list", j->spec.name);
    if (found)
        j->form = FORM_MEMBER;
    else if (j->form == FORM_ROW)
        *t = whole;
    return 0;
}

// Behind the last row of a list.
static int end_list(struct json_body *j, struct error *e)
{
    struct json_text *const t = &j->left;
    bool again = false;
    j->ended = true;
    if (j->form == FORM_MEMBER && json_take(t, ',')) {
        const int rc = pass_members(j, &again, e);
        if (rc)
            return rc;
    }
    if (again)
        return refuse_at(j, t->at, "duplicate member 'instances'", e);
    if (j->form == FORM_MEMBER && !json_take(t, '}'))
        return refuse_at(j, t->at, "',' or '}' expected", e);
    return json_look(t) || t->at < t->end ? refuse_at(j, t->at, "more behind the end", e) : 0;
}

// Before a row of a list, or at its end.
static int next_element(struct json_body *j, struct error *e)
{
    struct json_text *const t = &j->left;
    if (json_take(t, ']'))
        return end_list(j, e);
    return j->row == 0 || json_take(t, ',') ? 0 : refuse_at(j, t->at, "',' or ']' expected", e);
}

// The next line that is not blank.
static void next_line(struct json_body *j, struct json_text *line)
{
    struct json_text *const t = &j->left;
    json_look(t);
    const char *const stop = memchr(t->at, '\n', (size_t)(t->end - t->at));
    *line = (struct json_text){t->at, stop ? stop : t->end};
    t->at = line->end;
    j->ended = line->at == line->end;
}

// `row` becomes what is left to look at: the row alone, or it and what follows in its list. There
// is none where `ended` is set.
static int next_row(struct json_body *j, struct json_text **row, struct json_text *own,
                    struct error *e)
{
    int rc = 0;
    *row = own;
    if (j->ended)
        return 0;
    if (j->form == FORM_LINES) {
        next_line(j, own);
    } else if (j->form == FORM_ROW) {
        *own = j->left;
        j->ended = j->row > 0;
    } else {
        rc = next_element(j, e);
        *row = &j->left;
    }
    j->row += rc == 0 && !j->ended;
    return rc;
}

static json_t *parse_row(const struct json_body *j, struct json_text *row, struct error *e)
{
    struct json_text value = *row;
    if (row == &j->left && !json_take_value(row, &value)) {
        refuse_at(j, row->at, "a value that ends is expected", e);
        return NULL;
    }
    return parse(j, value, e);
}

// ---- rows ----

// [numbers] or {"features": [numbers]}; false, and nothing taken, for anything else.
static bool take_numbers(const struct json_body *j, struct json_text *row, float *X)
{
    static const char wanted[] = "features";
    const size_t inputs = j->spec.model->net.inputs;
    struct json_text ahead = *row, name;
    bool good = true;
    if (json_take(&ahead, '{'))
        good = json_take_name(&ahead, &name) && (size_t)(name.end - name.at) == strlen(wanted) &&
               memcmp(name.at, wanted, strlen(wanted)) == 0 &&
               json_take_numbers(&ahead, inputs, X) && json_take(&ahead, '}');
    else
        good = json_take_numbers(&ahead, inputs, X);
    if (!good || (row != &j->left && (json_look(&ahead) || ahead.at < ahead.end)))
        return false;
    *row = ahead;
    return true;
}

static int take_row(const struct json_body *j, struct json_text *row, float *X, struct error *e)
{
    if (take_numbers(j, row, X))
        return 0;
    json_t *root = parse_row(j, row, e);
    if (!root)
        return error_code(e);
    const int rc = json_row_features(root, j->row, j->spec.model->net.inputs, X, e);
    json_decref(root);
    return rc;
}

static int next_features(struct json_body *j, size_t most, float *X, size_t *got, struct error *e)
{
    int rc = 0;
    for (*got = 0; rc == 0 && *got < most; ++*got) {
        struct json_text *row, own;
        rc = next_row(j, &row, &own, e);
        if (rc || j->ended)
            break;
        rc = take_row(j, row, X + *got * j->spec.model->net.inputs, e);
    }
    return rc;
}

static int next(struct body *b, size_t most, float *X, size_t *got, struct error *e)
{
    struct json_body *j = (struct json_body *)b;
    if (!j->spec.model->prep)
        return next_features(j, most, X, got, e);
    *got = 0;
    return j->csv ? j->csv->kind->next(j->csv, most, X, got, e) : 0;
}

// Lines of the CSV are rows of the body, so "row:3" in its messages is the third.
static int make_csv(struct json_body *j, struct error *e)
{
    int rc = 0;
    while (rc == 0) {
        struct json_text *row, own;
        rc = next_row(j, &row, &own, e);
        if (rc || j->ended)
            break;
        json_t *root = parse_row(j, row, e);
        rc =
            root ? json_row_columns(root, j->row, j->spec.model->prep, &j->text, e) : error_code(e);
        json_decref(root);
    }
    if (rc || j->row == 0)
        return rc;
    struct body_spec csv = j->spec;
    csv.media = MEDIA_CSV;
    csv.name = "row";
    csv.data = j->text.data;
    csv.size = j->text.len;
    j->csv = body_csv_ordered(&csv, e);
    return j->csv ? 0 : error_code(e);
}

static void close_body(struct body *b)
{
    struct json_body *j = (struct json_body *)b;
    body_close(j->csv);
    buf_clear(&j->text);
    mem_free(j);
}

static int begin(struct json_body *j, struct error *e)
{
    j->left = (struct json_text){j->spec.data, (const char *)j->spec.data + j->spec.size};
    j->form = FORM_LINES;
    buf_init(&j->text, SIZE_MAX / 4);
    const int rc = j->spec.media == MEDIA_JSON ? open_document(j, e) : 0;
    return rc || !j->spec.model->prep ? rc : make_csv(j, e);
}

struct body *body_json_open(const struct body_spec *spec, struct error *e)
{
    static const struct body_kind kind = {next, close_body};
    struct json_body *j = mem_zalloc(sizeof *j);
    if (!j) {
        error_nomem(e, spec->name);
        return NULL;
    }
    j->body.kind = &kind;
    j->spec = *spec;
    if (begin(j, e) == 0)
        return &j->body;
    close_body(&j->body);
    return NULL;
}
