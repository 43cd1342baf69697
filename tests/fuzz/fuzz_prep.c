// SPDX-License-Identifier: MIT
// prep.json from arbitrary bytes. What is accepted is written again the same, and prepares rows of
// a CSV made for it without a number that is not one.
#include "fuzz.h"

#include "base/mem.h"
#include "io/json.h"
#include "table/prep_apply.h"

#include <math.h>

#define TEXT_MAX     ((size_t)1 << 26)
#define FEATURES_MAX ((size_t)2000) // beyond them there are only more of the same

static void to_text(const struct prep *p, struct buf *text)
{
    struct error e = {0};
    buf_init(text, TEXT_MAX);
    json_t *root = prep_to_json(p);
    must(json_text(root, text, &e) == 0);
    json_decref(root);
}

// Nothing that is accepted is lost on the way out and in.
static void check_again(const struct prep *p)
{
    struct prep q;
    struct error e = {0};
    struct buf first, second;
    to_text(p, &first);
    must(prep_parse(&q, "again", first.data, first.len, &e) == 0);
    to_text(&q, &second);
    must(first.len == second.len && memcmp(first.data, second.data, first.len) == 0);
    buf_clear(&first);
    buf_clear(&second);
    prep_clear(&q);
}

static void put_field(struct buf *out, const char *text, const char *end)
{
    buf_puts(out, "\"");
    for (; *text; text++)
        buf_append(out, *text == '"' ? "\"\"" : text, *text == '"' ? 2 : 1);
    buf_puts(out, "\"");
    buf_puts(out, end);
}

// A value for a row: the last category, nothing, something else.
static const char *value_of(const struct prep_column *c, size_t row)
{
    if (row == 0 && c->categories)
        return c->category[c->categories - 1];
    if (row == 1)
        return "";
    return c->kind == FRAME_NUMBER ? "1.5" : c->kind == FRAME_BOOLEAN ? "True" : "never met";
}

static void make_table(const struct prep *p, struct buf *out)
{
    buf_init(out, TEXT_MAX);
    for (size_t i = 0; i < p->ids; i++)
        put_field(out, p->id[i], ",");
    for (size_t i = 0; i < p->columns; i++)
        put_field(out, p->column[i].name, i + 1 < p->columns ? "," : "\n");
    for (size_t row = 0; row < 3; row++) {
        for (size_t i = 0; i < p->ids; i++)
            put_field(out, "id", ",");
        for (size_t i = 0; i < p->columns; i++)
            put_field(out, value_of(&p->column[i], row), i + 1 < p->columns ? "," : "\n");
    }
}

static void check_block(const struct prep *p, const struct csv *c, const struct csv_block *b,
                        struct error *e)
{
    struct prep_counts counts;
    struct prep_reader *r = prep_reader_new(p, c, false, e);
    float *X = mem_array(b->rows * p->features, sizeof *X);
    must(r && X && prep_counts_init(&counts, p, e) == 0);
    const int rc = prep_reader_take(r, b, X, NULL, &counts, e);
    must(rc == e->code && (rc == 0 || rc == ERR_DATA || rc == ERR_MISMATCH));
    for (size_t i = 0; i < b->rows * p->features && rc == 0; i++)
        must(isfinite(X[i]));
    for (size_t i = 0; i < p->columns && rc == 0; i++)
        must(counts.missing[i] + counts.unseen[i] <= b->rows);
    prep_counts_clear(&counts);
    prep_reader_free(r);
    mem_free(X);
}

static void check_rows(const struct prep *p)
{
    const struct csv_options o = {.delimiter = ',', .header = CSV_HEADER_YES};
    struct csv c;
    struct csv_block b = {0};
    struct error e = {0};
    struct buf text;
    make_table(p, &text);
    must(text.failed == 0);
    if (csv_open_memory(&c, "rows", text.data, text.len, &o, &e) == 0) {
        must(csv_read(&c, &b, &e) > 0 && csv_split(&c, &b, &e) == 0);
        check_block(p, &c, &b, &e);
        csv_block_clear(&b);
        csv_close(&c);
    }
    must(!strchr(e.text, '\n'));
    buf_clear(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct prep p;
    struct error e = {0};
    const int rc = prep_parse(&p, "fuzz.json", data, size, &e);
    must(rc == e.code && (rc == 0 || e.text[0]) && !strchr(e.text, '\n'));
    if (rc)
        return 0;
    check_again(&p);
    if (p.features <= FEATURES_MAX && p.ids <= FEATURES_MAX)
        check_rows(&p);
    prep_clear(&p);
    return 0;
}
