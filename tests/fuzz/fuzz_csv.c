// SPDX-License-Identifier: MIT
// A table from arbitrary bytes, plain or gzip. The first byte chooses delimiter, header and whether
// values are kept. What is accepted must be consistent, the same for two workers, and the same when
// it was written again by the book, as RFC 4180 has it.
#include "fuzz.h"

#include "base/buf.h"
#include "base/mem.h"
#include "table/frame.h"

#include <math.h>

#define TEXT_MAX ((size_t)1 << 26)

static void check_column(const struct frame *f, const struct frame_column *c, bool kept)
{
    size_t missing = 0, counted = 0;
    for (size_t i = 0; i < f->rows && kept; i++) {
        must(c->values || c->codes[i] == FRAME_MISSING || c->codes[i] < c->texts);
        missing += c->values ? isnan(c->values[i]) != 0 : c->codes[i] == FRAME_MISSING;
    }
    must(!kept || missing == c->missing);
    for (size_t i = 0; i < c->texts; i++) {
        must(i == 0 || strcmp(c->text[i - 1], c->text[i]) < 0);
        counted += c->text_count[i];
    }
    must(c->kind != FRAME_TEXT || c->overflow || counted + c->missing == f->rows);
}

// `mean` too, where all values came in one block: sums depend on where blocks end.
static void check_same(const struct frame *a, const struct frame *b, bool mean)
{
    must(a->rows == b->rows && a->columns == b->columns);
    for (size_t i = 0; i < a->columns; i++) {
        const struct frame_column *x = &a->column[i], *y = &b->column[i];
        must(strcmp(x->name, y->name) == 0 && x->kind == y->kind && x->missing == y->missing);
        must(x->texts == y->texts);
        must(!mean || memcmp(&x->mean, &y->mean, sizeof x->mean) == 0);
        for (size_t k = 0; k < x->texts; k++)
            must(strcmp(x->text[k], y->text[k]) == 0 && x->text_count[k] == y->text_count[k]);
    }
}

static void put_quoted(struct buf *out, const char *text, size_t len)
{
    buf_puts(out, "\"");
    for (size_t i = 0; i < len; i++)
        buf_append(out, text[i] == '"' ? "\"\"" : text + i, text[i] == '"' ? 2 : 1);
    buf_puts(out, "\"");
}

// Every field in quotes, every line with CRLF.
static int write_again(const uint8_t *data, size_t size, const struct csv_options *o,
                       struct buf *out)
{
    struct csv c;
    struct csv_block b = {0};
    if (csv_open_memory(&c, "fuzz.csv", data, size, o, NULL) != 0)
        return -1;
    for (size_t i = 0; i < c.columns; i++) {
        put_quoted(out, c.names[i], strlen(c.names[i]));
        buf_puts(out, i + 1 < c.columns ? "," : "\r\n");
    }
    int rc;
    while ((rc = csv_read(&c, &b, NULL)) > 0 && (rc = csv_split(&c, &b, NULL)) == 0)
        for (size_t i = 0; i < b.rows * c.columns; i++) {
            const size_t row = i / c.columns, column = i % c.columns;
            const size_t begin = csv_begin(&c, &b, row, column);
            char *field = mem_alloc(b.len);
            must(field && csv_end(&c, &b, row, column) >= begin);
            const size_t len =
                csv_unquote(b.text + begin, csv_end(&c, &b, row, column) - begin, field);
            put_quoted(out, field, len);
            buf_puts(out, column + 1 < c.columns ? "," : "\r\n");
            mem_free(field);
        }
    csv_block_clear(&b);
    csv_close(&c);
    return rc ? rc : out->failed;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct frame_options o = {.figures_only = data[0] & 1, .workers = 1};
    o.csv.delimiter = "\0,;\t|\0\0\0"[data[0] >> 1 & 7];
    o.csv.header = (enum csv_header)((data[0] >> 4 & 3) % 3);
    struct frame f, g;
    struct error e = {0};
    const int rc = frame_read_memory(&f, "fuzz.csv", data + 1, size - 1, &o, &e);
    must(rc == e.code && (rc == 0 || e.text[0]) && !strchr(e.text, '\n'));
    if (rc)
        return 0;
    for (size_t i = 0; i < f.columns; i++)
        check_column(&f, &f.column[i], !o.figures_only);
    struct buf again;
    buf_init(&again, TEXT_MAX);
    const int written = write_again(data + 1, size - 1, &o.csv, &again);
    must(written == 0 || again.failed == ERR_LIMIT);
    if (written == 0) {
        const struct frame_options book = {.csv = {.delimiter = ',', .header = CSV_HEADER_YES},
                                           .figures_only = true,
                                           .workers = 2};
        must(frame_read_memory(&g, "again.csv", again.data, again.len, &book, &e) == 0);
        check_same(&f, &g, again.len <= CSV_BLOCK_SIZE);
        frame_clear(&g);
    }
    buf_clear(&again);
    frame_clear(&f);
    return 0;
}
