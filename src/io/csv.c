// SPDX-License-Identifier: MIT
// Opening a text, naming its columns, and cutting it into blocks of whole records. A block is
// filled to its size before its last record's end is looked for, so that the same text gives the
// same blocks whether it comes from a file, a pipe or gzip; what follows that end is carried over.
#include "io/csv.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/utf8.h"
#include "io/csv_inner.h"
#include "io/csv_input.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int reserve_text(char **text, size_t *cap, size_t need, struct error *e)
{
    if (need <= *cap)
        return 0;
    char *grown = mem_realloc(*text, need);
    if (!grown)
        return error_nomem(e, "text of a CSV");
    *text = grown;
    *cap = need;
    return 0;
}

// No record ends in `b`, which is all that may be held or all that there is. A stray quote may well
// be why.
static int report_endless(const struct csv *c, struct csv_block *b, struct error *e)
{
    const int rc = csv_check(c, b, e);
    if (rc)
        return rc;
    if (!c->ended)
        return error_set(e, ERR_LIMIT,
                         "%s:%" PRIu64 ": a record of more than %zu bytes; is a quote not closed?",
                         c->name, b->line, CSV_RECORD_MAX);
    size_t open = 0;
    bool inside = false;
    for (size_t i = 0; i < b->len; i++)
        if (b->text[i] == '"') {
            inside = !inside;
            open = inside ? i : open;
        }
    return error_set(e, ERR_FORMAT,
                     "%s:%" PRIu64 ": a quoted field that does not end; close it with a quote",
                     c->name, csv_line(b, open));
}

// Fill the block up to `size` bytes; at the end of the input the last line gets its line feed.
static int fill(struct csv *c, struct csv_block *b, size_t size, struct error *e)
{
    int rc = reserve_text(&b->text, &b->text_cap, size + 1 + CSV_PAD, e);
    size_t got = 0;
    if (rc == 0 && b->len < size && !c->ended) {
        rc = csv_input_read(c->in, b->text + b->len, size - b->len, &got, e);
        b->len += got;
        c->ended = rc == 0 && b->len < size;
        c->supplied = c->ended && b->len && b->text[b->len - 1] != '\n';
        if (c->supplied)
            b->text[b->len++] = '\n';
    }
    return rc;
}

// Keep what follows the block's last record for the next one.
static int carry_over(struct csv *c, struct csv_block *b, size_t cut, struct error *e)
{
    const size_t rest = b->len - cut;
    const int rc = reserve_text(&c->carry, &c->carry_cap, rest + 1, e);
    if (rc)
        return rc;
    memcpy(c->carry, b->text + cut, rest);
    c->carry_len = rest;
    b->len = cut;
    return 0;
}

static int take_carry(struct csv *c, struct csv_block *b, struct error *e)
{
    b->len = b->rows = 0;
    b->line = c->line;
    const int rc = reserve_text(&b->text, &b->text_cap, c->carry_len + 1 + CSV_PAD, e);
    if (rc)
        return rc;
    if (c->carry_len)
        memcpy(b->text, c->carry, c->carry_len);
    b->len = c->carry_len;
    c->carry_len = 0;
    return 0;
}

int csv_read(struct csv *c, struct csv_block *b, struct error *e)
{
    int rc = take_carry(c, b, e);
    size_t cut = 0;
    for (size_t size = CSV_BLOCK_SIZE; rc == 0 && cut == 0; size *= 2) {
        if ((rc = fill(c, b, size, e)))
            break;
        if (b->len == 0)
            return 0;
        cut = csv_record_end(b->text, b->len);
        if (cut == 0 && (c->ended || size >= CSV_RECORD_MAX)) {
            memset(b->text + b->len, 0, CSV_PAD);
            rc = report_endless(c, b, e);
        }
    }
    if (rc || (rc = carry_over(c, b, cut, e)))
        return rc;
    memset(b->text + b->len, 0, CSV_PAD);
    c->line += csv_count_lines(b->text, b->len);
    return 1;
}

void csv_block_clear(struct csv_block *b)
{
    mem_free(b->text);
    mem_free(b->ends);
    mem_free(b->first);
    *b = (struct csv_block){0};
}

size_t csv_unquote(const char *field, size_t len, char *to)
{
    if (len < 2 || field[0] != '"') {
        memcpy(to, field, len);
        return len;
    }
    size_t out = 0;
    for (size_t i = 1; i + 1 < len; i++) {
        to[out++] = field[i];
        i += field[i] == '"'; // the second of two
    }
    return out;
}

int csv_quote(struct buf *out, const char *text)
{
    if (!text[strcspn(text, ",\"\r\n")])
        return buf_puts(out, text);
    buf_puts(out, "\"");
    for (; *text; text++)
        buf_append(out, *text == '"' ? "\"\"" : text, *text == '"' ? 2 : 1);
    return buf_puts(out, "\"");
}

// ---- the header ----

static bool is_number(const char *name)
{
    double ignored;
    return num_scan(name, strlen(name), &ignored) != NUM_NONE;
}

const char *csv_names_hint(const struct csv *c)
{
    for (size_t i = 0; i < c->columns; i++)
        if (!utf8_is_text(c->names[i]))
            return "; names in the file are not UTF-8: iconv -f latin1 -t utf-8 OLD.csv >NEW.csv";
    if (c->columns == 1 && strpbrk(c->names[0], " \t"))
        return "; spaces do not divide fields: commas, semicolons, tabs or bars do";
    for (size_t i = 0; i < c->columns; i++)
        if (is_number(c->names[i]))
            return "; a name is a number: does the file have a header?";
    return "";
}

static int name_column(struct csv *c, size_t column, const struct csv_span *field, struct error *e)
{
    const size_t len = (size_t)(field->end - field->begin), room = len > 24 ? len : 24;
    char *const name = c->names[column] = mem_alloc(room + 1);
    if (!name)
        return error_nomem(e, "names of columns");
    if (c->header)
        name[csv_unquote(field->begin, len, name)] = '\0';
    else
        snprintf(name, room, "c%zu", column + 1);
    return 0;
}

// An index into c->names, to be sorted by name.
struct place {
    const char *name;
    size_t column;
};

static int by_name(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    const int order = strcmp(x->name, y->name);
    return order ? order : (x->column > y->column) - (x->column < y->column);
}

// A header with an empty name: which column, and what is probably wrong.
static int report_unnamed(const struct csv *c, size_t column, uint64_t line, struct error *e)
{
    size_t unnamed = 0, numbers = 0;
    for (size_t i = 0; i < c->columns; i++) {
        unnamed += c->names[i][0] == '\0';
        numbers += is_number(c->names[i]);
    }
    const char *advice = "give it one";
    if (column == 0)
        advice = "give it one (pandas leaves out its row numbers with index=False)";
    else if (numbers)
        advice = "is this line the header? it has numbers in it, as a row has";
    else if (2 * unnamed > c->columns)
        advice = "is this line the header? what stands above it has to go";
    else if (column + 1 == c->columns)
        advice = "give it one, or take away the delimiter that ends each line";
    return error_set(e, ERR_FORMAT, "%s:%" PRIu64 ": column %zu has no name; %s", c->name, line,
                     column + 1, advice);
}

static int check_names(const struct csv *c, uint64_t line, struct error *e)
{
    struct place *places = mem_array(c->columns, sizeof *places);
    if (!places)
        return error_nomem(e, "names of columns");
    int rc = 0;
    for (size_t i = 0; i < c->columns; i++) {
        places[i] = (struct place){c->names[i], i};
        if (!c->names[i][0] && rc == 0)
            rc = report_unnamed(c, i, line, e);
    }
    qsort(places, c->columns, sizeof *places, by_name);
    for (size_t i = 1; i < c->columns && rc == 0; i++)
        if (strcmp(places[i - 1].name, places[i].name) == 0)
            rc = error_set(e, ERR_FORMAT,
                           "%s:%" PRIu64 ": columns %zu and %zu are both called '%s'; %s", c->name,
                           line, places[i - 1].column + 1, places[i].column + 1, places[i].name,
                           is_number(places[i].name) ? "is this line the header?" : "rename one");
    mem_free(places);
    return rc;
}

static int count_columns(struct csv *c, const char *p, const char *end, uint64_t line,
                         struct error *e)
{
    struct csv_span field;
    c->columns = 0;
    do {
        p = csv_walk(p, end, c->delimiter, &field);
        c->columns++;
    } while (p < end && *p++ == c->delimiter);
    if (c->columns > CSV_COLUMNS_MAX)
        return error_set(e, ERR_LIMIT, "%s:%" PRIu64 ": %zu columns; %zu are the most", c->name,
                         line, c->columns, CSV_COLUMNS_MAX);
    c->names = mem_array(c->columns, sizeof *c->names);
    return c->names ? 0 : error_nomem(e, "names of columns");
}

// The quoting of one record.
static int check_record(const struct csv *c, const char *p, size_t len, uint64_t line,
                        struct error *e)
{
    const struct csv unnamed = {.name = c->name, .delimiter = c->delimiter};
    struct csv_block b = {.len = len, .line = line};
    int rc = reserve_text(&b.text, &b.text_cap, len + CSV_PAD, e);
    if (rc == 0) {
        memcpy(b.text, p, len);
        memset(b.text + len, 0, CSV_PAD);
        rc = csv_check(&unnamed, &b, e);
    }
    csv_block_clear(&b);
    return rc;
}

// Names from the first record of the text, or made up; *next is where the data begin.
static int name_columns(struct csv *c, const char *p, const char *end, const char **next,
                        struct error *e)
{
    const char *const first = p;
    const uint64_t line = c->line;
    int rc = count_columns(c, p, end, line, e);
    for (size_t i = 0; i < c->columns && rc == 0; i++) {
        struct csv_span field;
        p = csv_walk(p, end, c->delimiter, &field);
        p += p < end;
        rc = name_column(c, i, &field, e);
    }
    *next = c->header ? p : first;
    if (rc || !c->header || (rc = check_record(c, first, (size_t)(p - first), line, e)))
        return rc;
    return check_names(c, line, e);
}

// ---- opening ----

// The first block with more in it than blank lines, and where that begins; what stands before it is
// not part of the table.
static int find_first_record(struct csv *c, struct csv_block *b, const char **first, uint64_t *lead,
                             char *said, struct error *e)
{
    *lead = 0;
    for (int got; (got = csv_read(c, b, e)); *lead += b->len) {
        if (got < 0)
            return got;
        const bool marked = *lead == 0 && memcmp(b->text, "\xef\xbb\xbf", 3) == 0;
        const char *const end = b->text + b->len, *begin = b->text + (marked ? 3 : 0);
        if (*lead == 0)
            begin = csv_skip_separator(begin, end, said);
        *first = csv_skip_blank(begin, end);
        if (*first < end)
            return 0;
    }
    return error_set(e, ERR_FORMAT, "%s: empty; a table in text is needed", c->name);
}

// Look at the first records, then carry all of their block that is not the header into the next.
static int begin_text(struct csv *c, struct csv_block *b, const struct csv_options *o,
                      struct error *e)
{
    const char *first = NULL, *next;
    uint64_t lead;
    char said = 0;
    int rc = find_first_record(c, b, &first, &lead, &said, e);
    if (rc)
        return rc;
    const char *const end = b->text + b->len;
    const size_t len = (size_t)(end - first);
    c->line = csv_line(b, (size_t)(first - b->text));
    c->delimiter = o->delimiter ? o->delimiter
                   : said       ? said
                                : csv_guess_delimiter(first, len, o->likely);
    c->header = o->header == CSV_HEADER_AUTO ? csv_guess_header(first, len, c->delimiter)
                                             : o->header == CSV_HEADER_YES;
    rc = name_columns(c, first, end, &next, e);
    const size_t rest = (size_t)(end - next);
    if (rc || (rc = reserve_text(&c->carry, &c->carry_cap, rest + c->carry_len, e)))
        return rc;
    memmove(c->carry + rest, c->carry, c->carry_len);
    memcpy(c->carry, next, rest);
    c->carry_len += rest;
    c->body_lead = lead + (uint64_t)(next - b->text) - (c->supplied && rest == 0);
    c->body_line = c->line = csv_line(b, (size_t)(next - b->text));
    return 0;
}

static int open_text(struct csv *c, struct csv_input *in, const char *name,
                     const struct csv_options *o, struct error *e)
{
    *c = (struct csv){.name = name, .in = in, .line = 1, .delimiter = o->delimiter};
    if (!in)
        return error_code(e);
    struct csv_block b = {0};
    const int rc = begin_text(c, &b, o, e);
    csv_block_clear(&b);
    if (rc)
        csv_close(c);
    return rc;
}

int csv_open(struct csv *c, const char *path, const struct csv_options *options, struct error *e)
{
    return open_text(c, csv_input_open(path, options->rewinds, e), file_shown(path), options, e);
}

int csv_open_memory(struct csv *c, const char *name, const void *data, size_t size,
                    const struct csv_options *options, struct error *e)
{
    return open_text(c, csv_input_memory(name, data, size, e), name, options, e);
}

void csv_close(struct csv *c)
{
    csv_input_close(c->in);
    mem_free(c->carry);
    for (size_t i = 0; i < c->columns && c->names; i++)
        mem_free(c->names[i]);
    mem_free(c->names);
    *c = (struct csv){0};
}

int csv_rewind(struct csv *c, struct error *e)
{
    char skipped[4096];
    int rc = csv_input_rewind(c->in, e);
    for (uint64_t left = c->body_lead; left && rc == 0;) {
        size_t got;
        const size_t size = left < sizeof skipped ? (size_t)left : sizeof skipped;
        rc = csv_input_read(c->in, skipped, size, &got, e);
        if (rc == 0 && got < size)
            rc = error_set(e, ERR_FORMAT, "%s: changed while it was read", c->name);
        left -= size;
    }
    c->carry_len = 0;
    c->ended = false;
    c->line = c->body_line;
    return rc;
}
