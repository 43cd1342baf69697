// SPDX-License-Identifier: MIT
// Where fields end, 64 bytes at a time: comparing gives a word with a bit for each byte that is a
// delimiter, a line feed, a quote and so on. Quotes toggle between inside and outside; the toggles
// up to every byte are one running exclusive or over the word, doubled quotes toggle twice. A field
// is quoted rightly when each opening quote follows a field's end or closes a doubled pair, and
// each closing one is followed by a field's end or opens a pair; both are a shift and a mask. So
// the usual case, no quotes in sight, costs no more than finding the ends, and a check of the
// quoting costs a dozen operations in 64 bytes.
//
// Rows are then checked by counting: when every columns-th end is a line feed and there are no more
// line feeds than rows and blank lines, no row can have another number of fields.
#include "base/mem.h"
#include "io/csv_inner.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define STEP 64

typedef uint8_t bytes16 __attribute__((vector_size(16)));
typedef int8_t truth16 __attribute__((vector_size(16)));

// A bit for each byte of 64.
struct masks {
    uint64_t delimiter, newline, quote, cr, zero;
};

// What a step has to know about the one before.
struct before {
    uint64_t inside;             // all ones within quotes, else 0
    uint64_t end, close, cr_out; // bit 0: the last byte was that
};

enum fault { FAULT_NONE, FAULT_ZERO, FAULT_OPEN, FAULT_CLOSE, FAULT_CR };

struct scan {
    const struct csv *c;
    struct csv_block *b;
    size_t count;    // ends found
    size_t newlines; // among them
    struct before before;
    enum fault fault;
    size_t fault_at;
};

// Bit i is set where lane i of `lanes` is.
static inline uint64_t lane_bits(truth16 lanes)
{
#ifdef __SSE2__
    typedef char chars16 __attribute__((vector_size(16)));
    return (uint32_t)__builtin_ia32_pmovmskb128((chars16)lanes);
#else
    // Each byte keeps one bit of its own; the product adds them up in its top byte.
    uint64_t bits = 0;
    for (size_t half = 0; half < 2; half++) {
        uint64_t kept = 0;
        for (size_t i = 0; i < 8; i++)
            kept |= (uint64_t)(uint8_t)(lanes[8 * half + i] & (1 << i)) << 8 * i;
        bits |= (kept * 0x0101010101010101 >> 56) << 8 * half;
    }
    return bits;
#endif
}

static inline uint64_t equal_bits(const bytes16 *v, char wanted)
{
    const uint8_t byte = (uint8_t)wanted;
    uint64_t bits = 0;
    for (size_t i = 0; i < 4; i++)
        bits |= lane_bits((truth16)(v[i] == byte)) << 16 * i;
    return bits;
}

// One look for the bytes that are rare, before a closer one.
static inline struct masks look(const char *text, char delimiter)
{
    bytes16 v[4], rare = {0};
    memcpy(v, text, sizeof v);
    for (size_t i = 0; i < 4; i++)
        rare |= (bytes16)((v[i] == '"') | (v[i] == '\r') | (v[i] == 0));
    struct masks m = {equal_bits(v, delimiter), equal_bits(v, '\n'), 0, 0, 0};
    if (lane_bits((truth16)rare)) {
        m.quote = equal_bits(v, '"');
        m.cr = equal_bits(v, '\r');
        m.zero = equal_bits(v, 0);
    }
    return m;
}

static inline void keep(struct masks *m, uint64_t valid)
{
    m->delimiter &= valid;
    m->newline &= valid;
    m->quote &= valid;
    m->cr &= valid;
    m->zero &= valid;
}

// Bit i becomes the exclusive or of the bits up to i.
static inline uint64_t running_xor(uint64_t bits)
{
    for (unsigned shift = 1; shift < 64; shift *= 2)
        bits ^= bits << shift;
    return bits;
}

// popcount for processors that may have none.
static inline size_t count_bits(uint64_t bits)
{
    bits -= bits >> 1 & 0x5555555555555555;
    bits = (bits & 0x3333333333333333) + (bits >> 2 & 0x3333333333333333);
    return ((bits + (bits >> 4)) & 0x0f0f0f0f0f0f0f0f) * 0x0101010101010101 >> 56;
}

// Eight at a time, the last ones as often as not for nothing: fewer branches go wrong so.
static inline void put_ends(struct scan *s, size_t base, uint64_t ends)
{
    const uint64_t top = (uint64_t)1 << 63; // where there is no end left, any place will do
    const size_t count = count_bits(ends);
    uint32_t *to = s->b->ends + s->count;
    for (size_t done = 0; done < count; done += 8)
        for (size_t i = 0; i < 8; i++) {
            to[done + i] = (uint32_t)base + (uint32_t)__builtin_ctzll(ends | top);
            ends &= ends - 1;
        }
    s->count += count;
}

// A step with quotes, carriage returns or zero bytes in it, or within quotes. Returns the ends.
static uint64_t step_with_care(struct scan *s, size_t base, const struct masks *m, uint64_t valid)
{
    struct before *const last = &s->before;
    const uint64_t inside = running_xor(m->quote) ^ last->inside;
    const uint64_t ends = (m->delimiter | m->newline) & ~inside;
    const uint64_t open = m->quote & inside, close = m->quote & ~inside;
    const uint64_t cr = m->cr & ~inside;
    const uint64_t after_end = ends << 1 | last->end, after_close = close << 1 | last->close;
    const uint64_t after_cr = cr << 1 | last->cr_out;
    const uint64_t bad_open = open & ~(after_end | after_close);
    const uint64_t bad_close = after_close & ~(ends | m->quote | m->cr) & valid;
    const uint64_t bad_cr = after_cr & ~m->newline & valid;
    *last = (struct before){(uint64_t)((int64_t)inside >> 63), ends >> 63, close >> 63, cr >> 63};
    const uint64_t bad = m->zero | bad_open | bad_close | bad_cr;
    if (!bad)
        return ends;
    const uint64_t first = bad & -bad;
    s->fault = first & m->zero     ? FAULT_ZERO
               : first & bad_open  ? FAULT_OPEN
               : first & bad_close ? FAULT_CLOSE
                                   : FAULT_CR;
    s->fault_at = base + (size_t)__builtin_ctzll(first);
    return ends & (first - 1);
}

static void scan_text(struct scan *s)
{
    const char delimiter = s->c->delimiter;
    for (size_t at = 0; at < s->b->len && s->fault == FAULT_NONE; at += STEP) {
        const size_t left = s->b->len - at;
        const uint64_t valid = left < STEP ? ((uint64_t)1 << left) - 1 : UINT64_MAX;
        struct masks m = look(s->b->text + at, delimiter);
        keep(&m, valid);
        struct before *const last = &s->before;
        uint64_t ends = m.delimiter | m.newline;
        if (m.quote | m.cr | m.zero | last->inside | last->close | last->cr_out)
            ends = step_with_care(s, at, &m, valid);
        else
            last->end = ends >> 63;
        s->newlines += count_bits(ends & m.newline);
        put_ends(s, at, ends);
    }
}

uint64_t csv_line(const struct csv_block *b, size_t at)
{
    return b->line + csv_count_lines(b->text, at);
}

// Put "<file>:<line>:<byte>: column <name>" in front; a header's own columns have no names yet.
static int put_place(const struct csv *c, const struct csv_block *b, size_t at, size_t column,
                     int rc, struct error *e)
{
    const unsigned long long line = csv_line(b, at);
    size_t begin = at;
    while (begin > 0 && b->text[begin - 1] != '\n')
        begin--;
    if (c->names && column < c->columns)
        return error_prefix(e, rc, "%s:%llu:%zu: column '%s'", c->name, line, at - begin + 1,
                            c->names[column]);
    return error_prefix(e, rc, "%s:%llu:%zu: column %zu", c->name, line, at - begin + 1,
                        column + 1);
}

static int report_fault(const struct scan *s, struct error *e)
{
    static const char *const reasons[] = {
        [FAULT_ZERO] = "a zero byte; the file must be plain text (UTF-8)",
        [FAULT_OPEN] = "a quote inside a field that does not begin with one; put quotes around the "
                       "whole field and double those in it",
        [FAULT_CLOSE] = "text behind a closing quote; a quote that belongs to the text must be "
                        "doubled",
        [FAULT_CR] = "a carriage return without a line feed; lines must end in LF or CRLF (tr "
                     "'\\r' '\\n' turns old Mac lines into such)",
    };
    const struct csv_block *b = s->b;
    size_t column = 0; // ends since the last line feed that is one of them
    while (column < s->count && b->text[b->ends[s->count - 1 - column]] != '\n')
        column++;
    return put_place(s->c, b, s->fault_at, column,
                     error_set(e, ERR_FORMAT, "%s", reasons[s->fault]), e);
}

static int reserve(uint32_t **array, size_t *cap, size_t need, struct error *e)
{
    if (need <= *cap)
        return 0;
    mem_free(*array);
    *cap = 0;
    *array = mem_alloc(need * sizeof **array);
    if (!*array)
        return error_nomem(e, "fields of a CSV");
    *cap = need;
    return 0;
}

static int scan_block(struct scan *s, const struct csv *c, struct csv_block *b, struct error *e)
{
    *s = (struct scan){.c = c, .b = b, .before.end = 1};
    const int rc = reserve(&b->ends, &b->ends_cap, b->len + 2 * STEP, e);
    if (rc)
        return rc;
    scan_text(s);
    return s->fault == FAULT_NONE ? 0 : report_fault(s, e);
}

int csv_check(const struct csv *c, struct csv_block *b, struct error *e)
{
    struct scan s;
    return scan_block(&s, c, b, e);
}

// Nothing between two ends but blanks and a carriage return.
static bool is_blank(const char *text, size_t begin, size_t end)
{
    while (begin < end && (text[begin] == ' ' || text[begin] == '\t' || text[begin] == '\r'))
        begin++;
    return begin == end;
}

// A row with another number of fields, the last of which is text[last .. end).
struct odd_row {
    uint64_t line;
    size_t fields, last, end;
};

// What is probably wrong with it, and what to do.
static void advise(const struct csv *c, const struct csv_block *b, const struct odd_row *row,
                   char text[160])
{
    const char mark[] = {'\'', c->delimiter, '\'', '\0'};
    const char *const delimiter = c->delimiter == '\t' ? "a tab" : mark;
    const bool first = c->header && row->line == c->body_line;
    if (c->header && c->columns == 1)
        snprintf(text, 160, "what stands above the header has to go, and names need %s in between",
                 delimiter);
    else if (first && row->fields == c->columns + 1 && is_blank(b->text, row->last, row->end))
        snprintf(text, 160, "the rows end in %s, the header does not: take it away there",
                 delimiter);
    else if (first && row->fields == c->columns + 1)
        snprintf(
            text, 160,
            "names of rows need a name in the header (R leaves them out with row.names=FALSE), "
            "a field with %s in it must be in quotes",
            delimiter);
    else
        snprintf(
            text, 160,
            "a field with %s in it must be in quotes, and a missing value still needs its place",
            delimiter);
}

// The first row that has another number of fields, in words.
static int report_count(const struct csv *c, const struct csv_block *b, size_t count,
                        struct error *e)
{
    struct odd_row row = {0};
    char advice[160];
    size_t begin = 0;
    for (size_t i = 0; i < count; i++) {
        row.fields++;
        row.last = row.end + (i > 0);
        row.end = b->ends[i];
        if (b->text[b->ends[i]] != '\n')
            continue;
        if (row.fields != c->columns && !(row.fields == 1 && is_blank(b->text, begin, b->ends[i])))
            break;
        row.fields = 0;
        begin = b->ends[i] + 1;
    }
    row.line = csv_line(b, begin);
    advise(c, b, &row, advice);
    return error_set(e, ERR_FORMAT, "%s:%" PRIu64 ": %zu field%s where the %s has %zu; %s", c->name,
                     row.line, row.fields, row.fields == 1 ? "" : "s",
                     c->header ? "header" : "first record", c->columns, advice);
}

// Take the rows one by one. Returns the line feeds accounted for, or 0 when a row is too short or
// too long (there is always one).
static size_t take_rows(const struct csv *c, struct csv_block *b, size_t count)
{
    const size_t columns = c->columns;
    uint32_t *const ends = b->ends;
    uint32_t begin = 0;
    size_t at = 0, to = 0, blank = 0;
    while (at < count) {
        if (b->text[ends[at]] == '\n' && is_blank(b->text, begin, ends[at])) {
            begin = ends[at++] + 1;
            blank++;
            continue;
        }
        if (count - at < columns || b->text[ends[at + columns - 1]] != '\n')
            return 0;
        if (to != at) // blank lines have gone before
            memmove(ends + to, ends + at, columns * sizeof *ends);
        b->first[b->rows++] = begin;
        uint32_t *const last = ends + to + columns - 1;
        begin = *last + 1;
        *last -= *last > 0 && b->text[*last - 1] == '\r';
        at += columns;
        to += columns;
    }
    return b->rows + blank;
}

static int check_lengths(const struct csv *c, const struct csv_block *b, struct error *e)
{
    for (size_t row = 0; row < b->rows; row++)
        for (size_t column = 0; column < c->columns; column++) {
            const size_t begin = csv_begin(c, b, row, column);
            const size_t len = csv_end(c, b, row, column) - begin;
            if (len > CSV_FIELD_MAX)
                return put_place(c, b, begin, column,
                                 error_set(e, ERR_LIMIT, "a field of %zu bytes; %zu are the most",
                                           len, CSV_FIELD_MAX),
                                 e);
        }
    return 0;
}

int csv_split(const struct csv *c, struct csv_block *b, struct error *e)
{
    struct scan s;
    b->rows = 0;
    int rc = scan_block(&s, c, b, e);
    if (rc || (rc = reserve(&b->first, &b->first_cap, s.count / c->columns + 1, e)))
        return rc;
    if (take_rows(c, b, s.count) != s.newlines) {
        if ((rc = scan_block(&s, c, b, e)) == 0) // the ends as they were
            rc = report_count(c, b, s.count, e);
        b->rows = 0;
        return rc;
    }
    return b->len > CSV_FIELD_MAX ? check_lengths(c, b, e) : 0;
}

// Sixteen counters of a byte each, for as long as none can overflow.
static size_t count_byte(const char *text, size_t len, char wanted)
{
    const uint8_t byte = (uint8_t)wanted;
    size_t count = 0, at = 0;
    while (at + 16 <= len) {
        bytes16 counters = {0};
        for (size_t steps = 0; steps < 255 && at + 16 <= len; steps++, at += 16) {
            bytes16 v;
            memcpy(&v, text + at, sizeof v);
            counters -= (bytes16)(v == byte);
        }
        for (size_t i = 0; i < 16; i++)
            count += counters[i];
    }
    for (; at < len; at++)
        count += text[at] == wanted;
    return count;
}

size_t csv_count_lines(const char *text, size_t len)
{
    return count_byte(text, len, '\n');
}

// The quotes of a whole text decide where its last byte stands; from there we go backwards.
size_t csv_record_end(const char *text, size_t len)
{
    bool inside = memchr(text, '"', len) && count_byte(text, len, '"') % 2;
    for (size_t at = len; at > 0; at--) {
        if (text[at - 1] == '\n' && !inside)
            return at;
        inside ^= text[at - 1] == '"';
    }
    return 0;
}
