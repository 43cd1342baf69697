// SPDX-License-Identifier: MIT
// The CSV form of a file of scores. RFC 4180 with what real files bring along: a byte order mark,
// LF or CRLF, white space around names and numbers, blank lines at the end. Nothing else is guessed
// at: a blank line in the middle, a row with another number of fields than the header, a stray
// quote or a number that is none stops the reading with its line and column.
#include "base/mem.h"
#include "base/num.h"
#include "io/scores.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct reader {
    const char *name;
    const char *at, *end;
    size_t line; // of *at, from 1
    struct error *e;
};

// One field. A longer one than SCORES_FIELD_MAX is cut, which matters only if its value is wanted.
struct field {
    char text[SCORES_FIELD_MAX + 1];
    size_t len;
    size_t line; // where it begins
    bool cut;
    bool last; // of its row
};

// Where the two columns stand, and how many there are.
struct layout {
    size_t columns, score, label;
};

static void add_char(struct field *f, char c)
{
    if (f->len < SCORES_FIELD_MAX)
        f->text[f->len++] = c;
    else
        f->cut = true;
}

static int fault(const struct reader *r, size_t line, const char *reason)
{
    return error_set(r->e, ERR_FORMAT, "%s:%zu: %s", r->name, line, reason);
}

// *at stands on the opening quote; afterwards behind the closing one.
static int read_quoted(struct reader *r, struct field *f)
{
    for (r->at++; r->at < r->end; r->at++) {
        if (*r->at == '"') {
            if (r->at + 1 == r->end || r->at[1] != '"') {
                r->at++;
                return 0;
            }
            r->at++; // a doubled quote stands for one
        }
        if (*r->at == '\0')
            return fault(r, r->line, "a zero byte; the file must be plain text (UTF-8)");
        r->line += *r->at == '\n';
        add_char(f, *r->at);
    }
    return fault(r, f->line, "a quoted field that does not end");
}

static int read_plain(struct reader *r, struct field *f)
{
    for (; r->at < r->end; r->at++) {
        const char c = *r->at;
        if (c == ',' || c == '\n' || c == '\r' || c == '\0')
            return 0;
        if (c == '"')
            return fault(r, r->line, "a quote inside a field that does not begin with one");
        add_char(f, c);
    }
    return 0;
}

// A comma, an end of line or the end of the file; goes past it.
static int end_field(struct reader *r, struct field *f)
{
    f->last = true;
    if (r->at == r->end)
        return 0;
    const char c = *r->at;
    if (c == ',') {
        f->last = false;
    } else if (c == '\r') {
        r->at++;
        if (r->at == r->end || *r->at != '\n')
            return fault(r, r->line, "a carriage return without a line feed");
    } else if (c == '\0') {
        return fault(r, r->line, "a zero byte; the file must be plain text (UTF-8)");
    } else if (c != '\n') {
        return fault(r, r->line, "text behind a closing quote");
    }
    r->line += f->last;
    r->at++;
    return 0;
}

static int read_field(struct reader *r, struct field *f)
{
    f->len = 0;
    f->cut = false;
    f->line = r->line;
    const bool quoted = r->at < r->end && *r->at == '"';
    int rc = quoted ? read_quoted(r, f) : read_plain(r, f);
    if (rc || (rc = end_field(r, f)))
        return rc;
    f->text[f->len] = '\0';
    return 0;
}

// Is this field `name`, white space around it left aside?
static bool is_name(const struct field *f, const char *name)
{
    const char *start = f->text + strspn(f->text, " \t");
    const size_t len = strlen(name);
    return strncmp(start, name, len) == 0 && start[len + strspn(start + len, " \t")] == '\0';
}

static int read_header(struct reader *r, struct layout *l)
{
    *l = (struct layout){0, SIZE_MAX, SIZE_MAX};
    struct field f;
    do {
        const int rc = read_field(r, &f);
        if (rc)
            return rc;
        size_t *const column = is_name(&f, "score")   ? &l->score
                               : is_name(&f, "label") ? &l->label
                                                      : NULL;
        if (column && *column != SIZE_MAX)
            return error_set(r->e, ERR_FORMAT, "%s:1: column %zu: a second column '%s'", r->name,
                             l->columns + 1, f.text);
        if (column)
            *column = l->columns;
        l->columns++;
    } while (!f.last);
    if (l->score != SIZE_MAX && l->label != SIZE_MAX)
        return 0;
    return error_set(r->e, ERR_FORMAT,
                     "%s:1: no column '%s'; the first line must name the columns score and label, "
                     "separated by commas",
                     r->name, l->score == SIZE_MAX ? "score" : "label");
}

static int parse_number(const struct reader *r, const struct field *f, const char *column,
                        double *value)
{
    if (!f->cut && num_parse(f->text, value))
        return 0;
    return error_set(r->e, ERR_FORMAT, "%s:%zu: column '%s': %s%.40s%s", r->name, f->line, column,
                     f->len ? "'" : "", f->len ? f->text : "empty,",
                     f->len ? "' is not a finite number" : " a number is needed");
}

// The two numbers of one row.
static int read_row(struct reader *r, const struct layout *l, double *score, double *label)
{
    const size_t line = r->line;
    struct field f;
    size_t column = 0;
    do {
        int rc = read_field(r, &f);
        if (rc == 0 && column == l->score)
            rc = parse_number(r, &f, "score", score);
        else if (rc == 0 && column == l->label)
            rc = parse_number(r, &f, "label", label);
        if (rc)
            return rc;
        column++;
    } while (!f.last);
    if (column == l->columns)
        return 0;
    return error_set(r->e, ERR_FORMAT, "%s:%zu: %zu field%s where the header has %zu", r->name,
                     line, column, column == 1 ? "" : "s", l->columns);
}

// Blank lines: allowed where nothing follows them.
static int at_end(struct reader *r, bool *end)
{
    const char *c = r->at;
    while (c < r->end && (*c == '\n' || *c == '\r'))
        c++;
    *end = c == r->end;
    if (!*end && c != r->at)
        return fault(r, r->line, "a blank line before the end");
    return 0;
}

// Room for one more row; the arrays grow by doubling.
static int reserve_row(struct scores *s, size_t *cap, struct error *e)
{
    if (s->n < *cap)
        return 0;
    const size_t grown = *cap ? 2 * *cap : 256;
    double *const values = mem_realloc(s->f64, grown * sizeof *values);
    if (!values)
        return error_nomem(e, "scores");
    s->f64 = values;
    void *const old = s->task == SCORES_REGRESSION ? (void *)s->truth : (void *)s->labels;
    const size_t item = s->task == SCORES_REGRESSION ? sizeof *s->truth : sizeof *s->labels;
    void *const labels = mem_realloc(old, grown * item);
    if (!labels)
        return error_nomem(e, "labels");
    if (s->task == SCORES_REGRESSION)
        s->truth = labels;
    else
        s->labels = labels;
    *cap = grown;
    return 0;
}

static int add_row(struct scores *s, const struct reader *r, size_t line, double score,
                   double label)
{
    const char *const needed = scores_label_fault(s->task, 2, label);
    if (needed)
        return error_set(r->e, ERR_DATA, "%s:%zu: column 'label': %.9g, %s", r->name, line, label,
                         needed);
    s->f64[s->n] = score;
    if (s->truth)
        s->truth[s->n] = label;
    else
        s->labels[s->n] = (float)label;
    s->n++;
    return 0;
}

int scores_parse_csv(struct scores *s, const char *name, const void *data, size_t size,
                     enum scores_task task, struct error *e)
{
    if (size > SCORES_CSV_MAX)
        return error_set(e, ERR_LIMIT, "%s: larger than %zu bytes; write an npz instead", name,
                         SCORES_CSV_MAX);
    if (task == SCORES_MULTICLASS)
        return error_set(e, ERR_USAGE,
                         "%s: a CSV has one score a row; several classes need an npz with scores "
                         "of shape (rows, classes)",
                         name);
    const char *const bytes = data, *const mark = "\xef\xbb\xbf";
    const size_t lead = size >= 3 && memcmp(bytes, mark, 3) == 0 ? 3 : 0;
    if (size == lead)
        return error_set(e, ERR_FORMAT,
                         "%s: empty; the first line must name the columns score and label", name);
    struct reader r = {name, bytes + lead, bytes + size, 1, e};
    s->task = task == SCORES_REGRESSION ? task : SCORES_BINARY;
    s->columns = 1;
    struct layout layout;
    size_t cap = 0;
    int rc = read_header(&r, &layout);
    for (bool end = false; rc == 0;) {
        const size_t line = r.line;
        double score = 0, label = 0;
        if ((rc = at_end(&r, &end)) || end)
            break;
        if ((rc = read_row(&r, &layout, &score, &label)) || (rc = reserve_row(s, &cap, e)))
            break;
        rc = add_row(s, &r, line, score, label);
    }
    if (rc == 0 && s->n == 0)
        rc = error_set(e, ERR_DATA, "%s: no rows below the header", name);
    return rc;
}
