// SPDX-License-Identifier: MIT
// JSON: a document that holds rows, or one row a line. A document is parsed as a whole, lines one
// after the other. Where the model carries a preparation all rows become a CSV first, which is
// then read as one.
#include "serve/body_inner.h"

#include "base/mem.h"
#include "io/json_read.h"
#include "serve/json_row.h"

#include <string.h>

// Whole numbers beyond 64 bits are numbers, too.
#define FLAGS (JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL)

struct json_body {
    struct body body;
    struct body_spec spec;
    size_t row; // that have been given

    json_t *root;       // of a document, or the line in hand
    const json_t *rows; // the document's list; NULL: it is a row itself
    const char *line;   // the next one, of lines
    size_t line_number;

    struct buf text; // the rows as a CSV
    struct body *csv;
};

// ---- parsing ----

static json_t *parse(const struct json_body *j, const char *text, size_t size, struct error *e)
{
    json_error_t bad;
    json_t *root = json_loadb(text, size, FLAGS, &bad);
    if (root)
        return root;
    if (json_no_memory(&bad))
        error_nomem(e, j->spec.name);
    else
        error_set(e, ERR_FORMAT, "%s:%zu:%d: not valid JSON: %.160s", j->spec.name,
                  j->line_number + (size_t)bad.line, bad.column, bad.text);
    error_one_line(e->text);
    return NULL;
}

static const char *text_end(const struct json_body *j)
{
    return (const char *)j->spec.data + j->spec.size;
}

// The next line that is not blank becomes `root`, NULL at the end.
static int next_line(struct json_body *j, struct error *e)
{
    const char *const end = text_end(j);
    json_decref(j->root);
    for (j->root = NULL; !j->root && j->line < end; j->line_number++) {
        const char *stop = memchr(j->line, '\n', (size_t)(end - j->line));
        stop = stop ? stop : end;
        const char *at = j->line;
        while (at < stop && (*at == ' ' || *at == '\t' || *at == '\r'))
            at++;
        if (at < stop && !(j->root = parse(j, j->line, (size_t)(stop - j->line), e)))
            return error_code(e);
        j->line = stop < end ? stop + 1 : end;
    }
    return 0;
}

static bool holds_rows(const json_t *list)
{
    const json_t *first = json_array_get(list, 0);
    return json_is_array(list) && (!first || json_is_array(first) || json_is_object(first));
}

// [[...], ...] and {"instances": [...]} hold rows; anything else is one.
static int open_document(struct json_body *j, struct error *e)
{
    j->root = parse(j, j->spec.data, j->spec.size, e);
    if (!j->root)
        return error_code(e);
    const json_t *instances = json_object_get(j->root, "instances");
    if (instances && !json_is_array(instances))
        return error_set(e, ERR_FORMAT, "%s: instances must be a list", j->spec.name);
    j->rows = instances ? instances : holds_rows(j->root) ? j->root : NULL;
    return 0;
}

// NULL at the end.
static int next_row(struct json_body *j, const json_t **row, struct error *e)
{
    int rc = 0;
    if (j->spec.media == MEDIA_JSONLINES) {
        rc = next_line(j, e);
        *row = j->root;
    } else if (j->rows) {
        *row = json_array_get(j->rows, j->row);
    } else {
        *row = j->row == 0 ? j->root : NULL;
    }
    j->row += rc == 0 && *row;
    return rc;
}

// ---- rows ----

static int next_features(struct json_body *j, size_t most, float *X, size_t *got, struct error *e)
{
    const size_t inputs = j->spec.model->net.inputs;
    int rc = 0;
    for (*got = 0; rc == 0 && *got < most; ++*got) {
        const json_t *row = NULL;
        rc = next_row(j, &row, e);
        if (rc || !row)
            break;
        rc = json_row_features(row, j->row, inputs, X + *got * inputs, e);
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
    const json_t *row = NULL;
    int rc = next_row(j, &row, e);
    while (rc == 0 && row) {
        rc = json_row_columns(row, j->row, j->spec.model->prep, &j->text, e);
        if (rc == 0)
            rc = next_row(j, &row, e);
    }
    json_decref(j->root);
    j->root = NULL;
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
    json_decref(j->root);
    body_close(j->csv);
    buf_clear(&j->text);
    mem_free(j);
}

static int begin(struct json_body *j, struct error *e)
{
    j->line = j->spec.data;
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
