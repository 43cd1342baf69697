// SPDX-License-Identifier: MIT
// CSV, by the blocks of io/csv. With a preparation a block's columns become features as those of a
// file do, found by name where the first line names them, else in the preparation's order; without
// one every field is a number.
#include "serve/body_inner.h"

#include "base/mem.h"
#include "table/field.h"
#include "table/prep_apply.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

struct csv_body {
    struct body body;
    struct body_spec spec;
    struct csv csv;
    struct csv_block block;
    bool open, ordered;
    size_t row;  // of the block that comes next
    size_t past; // data rows in the blocks before it
    size_t head; // 1: the first block's first row holds names and is passed over
    struct prep_reader *reader;
    struct prep_counts counts;
};

// ---- blocks ----

// rows == 0 at the end.
static int next_block(struct csv_body *c, struct error *e)
{
    c->past += c->block.rows;
    c->row = c->block.rows = 0;
    for (int got = 1; c->block.rows == 0;) { // blank lines alone make no rows
        got = csv_read(&c->csv, &c->block, e);
        if (got <= 0)
            return got;
        const int rc = csv_split(&c->csv, &c->block, e);
        if (rc)
            return rc;
    }
    return 0;
}

static int open_text(struct csv_body *c, enum csv_header header, struct error *e)
{
    const struct prep *p = c->spec.model->prep;
    const struct csv_options how = {
        .delimiter = c->ordered ? ',' : 0, .likely = p ? p->delimiter : ',', .header = header};
    if (c->open)
        csv_close(&c->csv);
    c->open = false;
    c->past = c->block.rows = 0;
    const int rc = csv_open_memory(&c->csv, c->spec.name, c->spec.data, c->spec.size, &how, e);
    if (rc)
        return rc;
    c->open = true;
    return next_block(c, e);
}

static inline struct field raw_field(const struct csv_body *c, size_t row, size_t column)
{
    const size_t begin = csv_begin(&c->csv, &c->block, row, column);
    return (struct field){c->block.text + begin, csv_end(&c->csv, &c->block, row, column) - begin};
}

static struct field without_quotes(struct field f)
{
    if (f.len >= 2 && *f.text == '"')
        return (struct field){f.text + 1, f.len - 2};
    return f;
}

// ---- the first line ----

// Is this what a field says, once its quotes are off?
static bool says(struct field f, const char *text)
{
    if (f.len < 2 || *f.text != '"')
        return strncmp(text, f.text, f.len) == 0 && !text[f.len];
    size_t i = 1;
    for (; i + 1 < f.len && *text; i++, text++) {
        if (f.text[i] != *text)
            return false;
        i += *text == '"'; // the second of two
    }
    return i + 1 == f.len && !*text;
}

static bool is_column(const struct prep *p, struct field f)
{
    for (size_t i = 0; i < p->columns; i++)
        if (says(f, p->column[i].name))
            return true;
    return false;
}

static bool is_number(struct field f)
{
    double x;
    return field_number(f, &x) != NUM_NONE;
}

static bool any_name_is_number(const struct prep *p)
{
    bool any = false;
    for (size_t i = 0; i < p->columns && !any; i++)
        any = is_number((struct field){p->column[i].name, strlen(p->column[i].name)});
    return any;
}

// Does the first line name at least half of the columns? A single value may happen to be a name.
// Numbers, of which rows may have thousands, are looked up only where a name is one.
static bool names_columns(const struct csv_body *c)
{
    const struct prep *p = c->spec.model->prep;
    const bool numbers = any_name_is_number(p);
    size_t named = 0;
    for (size_t i = 0; c->block.rows && i < c->csv.columns; i++) {
        const struct field f = raw_field(c, 0, i);
        named += (numbers || !is_number(without_quotes(f))) && is_column(p, f);
    }
    return 2 * named >= p->columns;
}

// Is there nothing in it that is a number or might be a missing one?
static bool is_all_words(const struct csv_body *c)
{
    for (size_t i = 0; i < c->csv.columns; i++)
        if (is_number(without_quotes(raw_field(c, 0, i))))
            return false;
    return c->block.rows > 0;
}

// ---- with a preparation ----

static int refuse_width(const struct csv_body *c, struct error *e)
{
    const struct prep *p = c->spec.model->prep;
    char names[256] = "";
    for (size_t i = 0, at = 0; i < p->columns && at < sizeof names - 1; i++) {
        const int len =
            snprintf(names + at, sizeof names - at, "%s%s", i ? "," : "", p->column[i].name);
        at += len < 0 ? 0 : (size_t)len;
    }
    return error_set(e, ERR_MISMATCH,
                     "%s: %zu columns in row 1, expected the %zu of the features, in this order: "
                     "%s; a first line with names allows any order and further columns",
                     c->spec.name, c->csv.columns, p->columns, names);
}

static int begin_columns(struct csv_body *c, struct error *e)
{
    const struct prep *p = c->spec.model->prep;
    const bool named = !c->ordered && names_columns(c);
    const int rc = named ? open_text(c, CSV_HEADER_YES, e) : 0;
    if (rc)
        return rc;
    if (!named && c->csv.columns == p->columns)
        c->reader = prep_reader_ordered(p, &c->csv, e);
    else if (named || (!p->header && c->csv.columns > p->columns)) // whose columns are c1, c2, ...
        c->reader = prep_reader_new(p, &c->csv, false, e);
    else
        return refuse_width(c, e);
    return c->reader ? 0 : error_code(e);
}

// A view of some rows of a block is a block.
static int take_columns(struct csv_body *c, size_t rows, float *X, struct error *e)
{
    struct csv_block some = c->block;
    some.first += c->row;
    some.ends += c->row * c->csv.columns;
    some.rows = rows;
    return prep_reader_take(c->reader, &some, X, NULL, &c->counts, e);
}

// ---- without ----

static int begin_features(struct csv_body *c, struct error *e)
{
    const size_t inputs = c->spec.model->net.inputs;
    c->row = c->head = is_all_words(c);
    if (c->csv.columns == inputs)
        return 0;
    return error_set(e, ERR_MISMATCH,
                     "%s: %zu column%s in row 1, expected %zu: the features that the model takes",
                     c->spec.name, c->csv.columns, c->csv.columns == 1 ? "" : "s", inputs);
}

static int refuse_number(const struct csv_body *c, size_t row, size_t column, struct error *e)
{
    const struct field f = raw_field(c, row, column);
    const size_t number = c->past + row + 1 - c->head;
    if (field_is_missing(without_quotes(f)))
        return error_set(e, ERR_DATA,
                         "%s: row %zu, column %zu: no value, and the model carries no preparation "
                         "that says what to put there",
                         c->spec.name, number, column + 1);
    return error_set(e, ERR_DATA, "%s: row %zu, column %zu: '%.*s'%s is not a finite number",
                     c->spec.name, number, column + 1, (int)(f.len < 40 ? f.len : 40), f.text,
                     f.len > 40 ? "..." : "");
}

static inline bool get_number(struct field f, float *to)
{
    double x;
    if (f.len == 0 || (num_scan_padded(f.text, f.len, &x) == NUM_NONE &&
                       field_number(without_quotes(f), &x) == NUM_NONE))
        return false;
    *to = (float)x;
    return isfinite(*to);
}

static int take_features(struct csv_body *c, size_t rows, float *X, struct error *e)
{
    for (size_t row = c->row; row < c->row + rows; row++)
        for (size_t k = 0; k < c->csv.columns; k++)
            if (!get_number(raw_field(c, row, k), X++))
                return refuse_number(c, row, k, e);
    return 0;
}

// ---- both ----

static int next(struct body *b, size_t most, float *X, size_t *got, struct error *e)
{
    struct csv_body *c = (struct csv_body *)b;
    const size_t inputs = c->spec.model->net.inputs;
    int rc = 0;
    *got = 0;
    while (rc == 0 && *got < most) {
        if (c->row == c->block.rows && ((rc = next_block(c, e)) || c->block.rows == 0))
            break;
        const size_t left = c->block.rows - c->row;
        const size_t rows = left < most - *got ? left : most - *got;
        float *to = X + *got * inputs;
        rc = c->reader ? take_columns(c, rows, to, e) : take_features(c, rows, to, e);
        c->row += rows;
        *got += rows;
    }
    return rc;
}

static void close_body(struct body *b)
{
    struct csv_body *c = (struct csv_body *)b;
    prep_reader_free(c->reader);
    prep_counts_clear(&c->counts);
    csv_block_clear(&c->block);
    if (c->open)
        csv_close(&c->csv);
    mem_free(c);
}

// What inflates is not taken: a body costs what its bytes cost.
static bool is_gzip(const struct body_spec *spec)
{
    return spec->size >= 2 && memcmp(spec->data, "\x1f\x8b", 2) == 0;
}

static int begin(struct csv_body *c, struct error *e)
{
    const bool prepared = c->spec.model->prep;
    if (is_gzip(&c->spec))
        return error_set(e, ERR_UNSUPPORTED, "%s: compressed; send the text itself", c->spec.name);
    int rc = open_text(c, CSV_HEADER_NO, e);
    if (rc == 0 && prepared)
        rc = prep_counts_init(&c->counts, c->spec.model->prep, e);
    return rc ? rc : prepared ? begin_columns(c, e) : begin_features(c, e);
}

static struct body *open_body(const struct body_spec *spec, bool ordered, struct error *e)
{
    static const struct body_kind kind = {next, close_body};
    struct csv_body *c = mem_zalloc(sizeof *c);
    if (!c) {
        error_nomem(e, spec->name);
        return NULL;
    }
    c->body.kind = &kind;
    c->spec = *spec;
    c->ordered = ordered;
    if (begin(c, e) == 0)
        return &c->body;
    close_body(&c->body);
    return NULL;
}

struct body *body_csv_open(const struct body_spec *spec, struct error *e)
{
    return open_body(spec, false, e);
}

struct body *body_csv_ordered(const struct body_spec *spec, struct error *e)
{
    return open_body(spec, true, e);
}
