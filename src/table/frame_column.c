// SPDX-License-Identifier: MIT
// The values of one column, block by block. The column is taken for what its first value is; a
// later value of another kind makes it text, and then the earlier ones are wanted as they were
// spelled. They are not kept for that: the column is marked, and the file is read once more for the
// marked ones. So a column that turns to text in the last row costs a second pass and no memory.
#include "table/frame_column.h"

#include "base/mem.h"
#include "base/num.h"
#include "table/field.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define WIDE        18446744073709551616.0 // 2^64
#define WIDE_DIGITS 20                     // that it takes at least

// What is being read. Field `row` of the column begins at text[begin[row * begin_step] + skip] and
// ends before text[end[row * end_step]]: csv_begin and csv_end with what is fixed taken out.
struct place {
    struct column *k;
    const struct csv *c;
    const struct csv_block *b;
    struct error *e;
    const char *text;
    const uint32_t *begin, *end;
    size_t begin_step, end_step, skip;
};

static void set_place(struct place *p)
{
    const size_t columns = p->c->columns, column = p->k->place;
    p->text = p->b->text;
    p->begin = column ? p->b->ends + column - 1 : p->b->first;
    p->begin_step = column ? columns : 1;
    p->skip = column ? 1 : 0;
    p->end = p->b->ends + column;
    p->end_step = columns;
}

// Room for what is in the quotes. Text that may be looked at beyond its end stays ours.
static int unquote(struct column *k, struct field *f, struct error *e)
{
    const size_t need = f->len + WORDS_PAD;
    if (need > k->unquoted_cap) {
        mem_free(k->unquoted);
        k->unquoted_cap = 0;
        k->unquoted = mem_zalloc(2 * need);
        if (!k->unquoted)
            return error_nomem(e, "a field of a CSV");
        k->unquoted_cap = 2 * need;
    }
    f->len = csv_unquote(f->text, f->len, k->unquoted);
    f->text = k->unquoted;
    return 0;
}

// As it stands in the text.
static inline struct field raw_field(const struct place *p, size_t row)
{
    const size_t begin = p->begin[row * p->begin_step] + p->skip;
    return (struct field){p->text + begin, p->end[row * p->end_step] - begin};
}

static inline int get_field(const struct place *p, size_t row, struct field *f)
{
    *f = raw_field(p, row);
    return f->len && *f->text == '"' ? unquote(p->k, f, p->e) : 0;
}

// The readers below take rows from *row on and stop at the first that is of another kind.

// A field that is no number as it stands.
static int take_other(const struct place *p, size_t row, enum num_kind *kind, double *value)
{
    struct field f;
    const int rc = get_field(p, row, &f);
    if (rc == 0)
        *kind = field_number(f, value);
    return rc;
}

static int take_numbers(const struct place *place, size_t *row, double *to)
{
    const struct place p = *place; // for the compiler: nothing that is stored changes it
    const size_t rows = p.b->rows;
    unsigned kinds = 0;
    bool wide = false;
    int rc = 0;
    size_t i = *row;
    for (; i < rows; i++) {
        const struct field f = raw_field(&p, i);
        double x;
        enum num_kind kind = f.len ? num_scan_padded(f.text, f.len, &x) : NUM_NONE;
        if (kind == NUM_NONE && ((rc = take_other(&p, i, &kind, &x)) || kind == NUM_NONE))
            break;
        kinds |= (unsigned)kind;
        wide |= f.len >= WIDE_DIGITS && kind == NUM_WHOLE && fabs(x) >= WIDE;
        to[i] = x;
    }
    *row = i;
    p.k->real |= (kinds & NUM_REAL) != 0;
    p.k->wide |= wide;
    return rc;
}

static int take_booleans(const struct place *p, size_t *row, double *to)
{
    for (; *row < p->b->rows; ++*row) {
        struct field f;
        const int rc = get_field(p, *row, &f);
        if (rc)
            return rc;
        if (field_is_missing(f))
            to[*row] = NAN;
        else if (!field_boolean(f, &to[*row]))
            break;
    }
    return 0;
}

static int take_texts(const struct place *p, size_t *row, uint32_t *to)
{
    for (; *row < p->b->rows; ++*row) {
        struct field f;
        int rc = get_field(p, *row, &f);
        to[*row] = FRAME_MISSING;
        if (rc == 0 && !field_is_missing(f))
            rc = words_add(&p->k->words, f.text, f.len, &to[*row]);
        if (rc)
            return rc;
    }
    return 0;
}

// Only missing values, of the kind that will be known later or that are no longer kept.
static int take_missing(const struct place *p, size_t *row, bool all)
{
    for (; *row < p->b->rows; ++*row) {
        struct field f;
        const int rc = get_field(p, *row, &f);
        if (rc)
            return rc;
        const bool missing = field_is_missing(f);
        if (!missing && !all)
            break;
        p->k->out->missing += missing;
    }
    return 0;
}

// Room for the rows of a block behind `row` others. What grows is mapped anew, not copied, by any
// C library worth its name, and what is not touched takes no memory.
static int reserve(struct column *k, size_t rows, struct error *e)
{
    if (rows <= k->cap)
        return 0;
    const size_t cap = rows + rows / 2;
    void *old = k->state == COLUMN_TEXTS ? (void *)k->out->codes : (void *)k->out->values;
    const size_t item = k->state == COLUMN_TEXTS ? sizeof *k->out->codes : sizeof *k->out->values;
    void *grown = mem_realloc(old, cap * item);
    if (!grown)
        return error_nomem(e, k->out->name);
    if (k->state == COLUMN_TEXTS)
        k->out->codes = grown;
    else
        k->out->values = grown;
    k->cap = cap;
    return 0;
}

static void drop_values(struct column *k)
{
    mem_free(k->out->values);
    mem_free(k->out->codes);
    k->out->values = NULL;
    k->out->codes = NULL;
    k->cap = 0;
}

// The first value that is there, behind `lead` missing ones, says what to expect.
static int begin_values(const struct place *p, size_t row, size_t lead)
{
    struct column *const k = p->k;
    struct field f;
    double x;
    int rc = get_field(p, row, &f);
    if (rc)
        return rc;
    const bool number = num_scan(f.text, f.len, &x) != NUM_NONE || field_number(f, &x) != NUM_NONE;
    k->state = k->wish == FRAME_AS_TEXT ? COLUMN_TEXTS
               : number                 ? COLUMN_NUMBERS
               : field_boolean(f, &x)   ? COLUMN_BOOLEANS
               : k->wish == FRAME_INFER ? COLUMN_TEXTS
                                        : COLUMN_NUMBERS;
    if ((rc = reserve(k, lead + p->b->rows, p->e)))
        return rc;
    k->out->missing -= row; // the block's own are counted with its values
    for (size_t i = 0; i < lead + row; i++)
        if (k->state == COLUMN_TEXTS)
            k->out->codes[i] = FRAME_MISSING;
        else
            k->out->values[i] = NAN;
    return 0;
}

// ---- figures ----

static void add_numbers(struct column *k, const double *x, size_t rows)
{
    struct frame_column *const out = k->out;
    struct figures f;
    figures_of(x, rows, &f);
    out->min = f.min < out->min ? f.min : out->min;
    out->max = f.max > out->max ? f.max : out->max;
    k->sum += f.sum;
    k->finite += f.finite;
    out->missing += f.nan;
    out->infinite += rows - f.finite - f.nan;
}

static void add_looks(struct column *k, const double *x, size_t rows)
{
    struct frame_column *const out = k->out;
    for (size_t i = 0; i < rows && out->whole && k->real; i++)
        out->whole = x[i] != x[i] || x[i] == floor(x[i]);
    for (size_t i = 0; i < rows && out->rising; i++) {
        out->rising = x[i] > k->last; // a missing value is not
        k->last = x[i];
    }
    for (size_t i = 0; i < rows && out->dates; i++)
        out->dates = x[i] != x[i] || column_is_day_number(x[i]);
}

static void add_codes(struct column *k, const uint32_t *codes, size_t rows)
{
    size_t missing = 0;
    for (size_t i = 0; i < rows; i++)
        missing += codes[i] == FRAME_MISSING;
    k->out->missing += missing;
}

static void add_figures(struct column *k, size_t row, size_t rows)
{
    if (k->state == COLUMN_TEXTS)
        add_codes(k, k->out->codes + row, rows);
    if (k->state != COLUMN_NUMBERS && k->state != COLUMN_BOOLEANS)
        return;
    add_numbers(k, k->out->values + row, rows);
    if (k->state == COLUMN_NUMBERS)
        add_looks(k, k->out->values + row, rows);
}

// ---- what goes wrong ----

static int report(const struct place *p, size_t row, int rc, const char *reason)
{
    const size_t at = csv_begin(p->c, p->b, row, p->k->place);
    return error_set(p->e, rc, "%s:%" PRIu64 ": column '%s': %s", p->c->name, csv_line(p->b, at),
                     p->k->out->name, reason);
}

static int report_texts(const struct place *p, size_t row, int rc)
{
    if (rc == ERR_NOMEM)
        return error_nomem(p->e, p->k->out->name);
    if (rc != ERR_LIMIT)
        return rc;
    char reason[160];
    snprintf(reason, sizeof reason,
             "more than %zu different texts, or %zu MB of them; leave the column out",
             FRAME_TEXTS_MAX, FRAME_TEXT_BYTES_MAX >> 20);
    return report(p, row, rc, reason);
}

static int report_no_number(const struct place *p, size_t row)
{
    struct field f;
    char reason[100];
    const int rc = get_field(p, row, &f);
    if (rc)
        return rc;
    const bool truth = p->k->state == COLUMN_BOOLEANS;
    snprintf(reason, sizeof reason, "'%.*s'%s is not a %s", (int)(f.len < 40 ? f.len : 40), f.text,
             f.len > 40 ? "..." : "", truth ? "truth value, as those before it are" : "number");
    return report(p, row, ERR_DATA, reason);
}

// A value of another kind than those before it: the column is text.
static int turn(const struct place *p, size_t row)
{
    struct column *const k = p->k;
    if (k->wish == FRAME_AS_NUMBER)
        return report_no_number(p, row);
    drop_values(k);
    k->again = true;
    k->state = COLUMN_PASSED;
    return 0;
}

static int take_rows(const struct place *p, size_t base, size_t *row)
{
    struct column *const k = p->k;
    int rc = 0;
    switch (k->state) {
    case COLUMN_NUMBERS:
        rc = take_numbers(p, row, k->out->values + base);
        return rc || *row == p->b->rows ? rc : turn(p, *row);
    case COLUMN_BOOLEANS:
        rc = take_booleans(p, row, k->out->values + base);
        return rc || *row == p->b->rows ? rc : turn(p, *row);
    case COLUMN_TEXTS:
        rc = take_texts(p, row, k->out->codes + base);
        if (rc != ERR_LIMIT || !k->may_overflow)
            return report_texts(p, *row, rc);
        add_codes(k, k->out->codes + base, *row);
        drop_values(k);
        words_clear(&k->words);
        k->out->overflow = true;
        k->state = COLUMN_COUNTED;
        return 0;
    default:
        return take_missing(p, row, k->state == COLUMN_COUNTED);
    }
}

int column_take(struct column *k, const struct csv *c, const struct csv_block *b, size_t row,
                size_t *fault, struct error *e)
{
    struct place p = {.k = k, .c = c, .b = b, .e = e};
    set_place(&p);
    const size_t base = k->figures_only ? 0 : row;
    size_t at = 0;
    int rc = 0;
    if (k->state == COLUMN_NUMBERS || k->state == COLUMN_BOOLEANS || k->state == COLUMN_TEXTS)
        rc = reserve(k, base + b->rows, e);
    while (rc == 0 && at < b->rows && k->state != COLUMN_PASSED) {
        rc = take_rows(&p, base, &at);
        if (rc == 0 && at < b->rows && k->state == COLUMN_EMPTY)
            rc = begin_values(&p, at, base);
    }
    *fault = at;
    if (rc == 0)
        add_figures(k, base, b->rows);
    return rc;
}

static int sort_texts(struct column *k, size_t rows)
{
    struct frame_column *const out = k->out;
    const size_t n = k->words.count;
    uint32_t *new_code = mem_array(n, sizeof *new_code);
    out->text = mem_array(n, sizeof *out->text);
    out->text_count = mem_array(n, sizeof *out->text_count);
    int rc = new_code && out->text && out->text_count ? 0 : ERR_NOMEM;
    if (rc == 0)
        rc = words_sort(&k->words, out->text, out->text_count, new_code);
    if (rc == 0) {
        out->texts = n;
        out->text_bytes = k->words.bytes;
        k->words.bytes = NULL;
        for (size_t i = 0; i < rows && !k->figures_only; i++)
            if (out->codes[i] != FRAME_MISSING)
                out->codes[i] = new_code[out->codes[i]];
    }
    mem_free(new_code);
    words_clear(&k->words);
    out->dates = rc == 0 && n > 0;
    for (size_t i = 0; i < n && out->dates; i++)
        out->dates = column_is_date(out->text[i]);
    return rc;
}

// A column of which no value is there: numbers, unless text was asked for.
static int make_missing(struct column *k, size_t rows, struct error *e)
{
    k->state = k->wish == FRAME_AS_TEXT ? COLUMN_TEXTS : COLUMN_NUMBERS;
    const int rc = k->figures_only ? 0 : reserve(k, rows + 1, e);
    for (size_t i = 0; i < rows && rc == 0 && !k->figures_only; i++)
        if (k->state == COLUMN_TEXTS)
            k->out->codes[i] = FRAME_MISSING;
        else
            k->out->values[i] = NAN;
    k->out->whole = k->out->rising = false;
    return rc;
}

// Give back what was reserved and not used.
static void trim(struct column *k, size_t rows)
{
    struct frame_column *const out = k->out;
    if (k->figures_only) {
        drop_values(k);
    } else if (out->codes) {
        void *trimmed = mem_realloc(out->codes, rows * sizeof *out->codes);
        out->codes = trimmed ? trimmed : out->codes;
    } else if (out->values) {
        void *trimmed = mem_realloc(out->values, rows * sizeof *out->values);
        out->values = trimmed ? trimmed : out->values;
    }
}

int column_finish(struct column *k, size_t rows, struct error *e)
{
    struct frame_column *const out = k->out;
    if (k->state == COLUMN_NUMBERS && k->wide && !k->real && k->wish == FRAME_INFER)
        k->again = true; // longer than any integer: these are names made of digits
    if (k->again || k->state == COLUMN_PASSED)
        return 0;
    int rc = k->state == COLUMN_EMPTY ? make_missing(k, rows, e) : 0;
    if (rc)
        return rc;
    out->kind = k->state == COLUMN_NUMBERS    ? FRAME_NUMBER
                : k->state == COLUMN_BOOLEANS ? FRAME_BOOLEAN
                                              : FRAME_TEXT;
    out->whole = out->whole && k->state == COLUMN_NUMBERS && out->infinite == 0;
    out->rising = out->rising && k->state == COLUMN_NUMBERS;
    out->dates = out->dates && k->state == COLUMN_NUMBERS && k->finite;
    out->mean = k->finite ? k->sum / (double)k->finite : NAN;
    out->min = k->finite ? out->min + 0.0 : NAN; // -0 becomes 0
    out->max = k->finite ? out->max + 0.0 : NAN;
    if (k->state == COLUMN_TEXTS)
        rc = sort_texts(k, rows);
    trim(k, rows);
    k->state = COLUMN_PASSED;
    return rc ? error_nomem(e, out->name) : 0;
}

void column_restart(struct column *k)
{
    struct frame_column *const out = k->out;
    drop_values(k);
    *out = (struct frame_column){.name = out->name, .min = INFINITY, .max = -INFINITY};
    out->whole = out->rising = out->dates = true;
    k->real = k->wide = k->again = false;
    k->finite = 0;
    k->sum = 0;
    k->last = -INFINITY;
    k->state = COLUMN_EMPTY;
}

void column_clear(struct column *k)
{
    words_clear(&k->words);
    mem_free(k->unquoted);
    k->unquoted = NULL;
    k->unquoted_cap = 0;
}
