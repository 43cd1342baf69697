// SPDX-License-Identifier: MIT
// The CSV form of a file of scores: two columns of finite numbers, found by their names, white
// space around names and numbers left aside. What a CSV is, io/csv.h says.
#include "base/mem.h"
#include "base/num.h"
#include "io/scores.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define NUMBER_MAX 255 // bytes of a number

struct reader {
    struct csv *csv;
    struct csv_block block;
    size_t score, label; // columns
    size_t cap;          // rows that there is room for
};

static bool is_name(const char *text, const char *name)
{
    const char *start = text + strspn(text, " \t");
    const size_t len = strlen(name);
    return strncmp(start, name, len) == 0 && start[len + strspn(start + len, " \t")] == '\0';
}

static int find_column(const struct csv *c, const char *name, size_t *column, struct error *e)
{
    *column = SIZE_MAX;
    for (size_t i = 0; i < c->columns; i++) {
        if (!is_name(c->names[i], name))
            continue;
        if (*column != SIZE_MAX)
            return error_set(e, ERR_FORMAT, "%s: column %zu: a second column '%s'", c->name, i + 1,
                             c->names[i]);
        *column = i;
    }
    if (*column != SIZE_MAX)
        return 0;
    return error_set(e, ERR_FORMAT,
                     "%s: no column '%s'; the first line must name the columns score and label%s",
                     c->name, name, SCORES_ADVICE);
}

static int read_number(const struct reader *r, size_t row, size_t column, double *value,
                       struct error *e)
{
    const struct csv_block *b = &r->block;
    const size_t begin = csv_begin(r->csv, b, row, column);
    const size_t len = csv_end(r->csv, b, row, column) - begin;
    char text[NUMBER_MAX + 1] = "";
    if (len <= NUMBER_MAX) {
        text[csv_unquote(b->text + begin, len, text)] = '\0';
        if (num_parse(text, value))
            return 0;
    }
    const char *const name = column == r->score ? "score" : "label";
    const uint64_t line = csv_line(b, begin);
    if (len == 0)
        return error_set(e, ERR_FORMAT, "%s:%" PRIu64 ": column '%s': empty, a number is needed",
                         r->csv->name, line, name);
    return error_set(e, ERR_FORMAT, "%s:%" PRIu64 ": column '%s': '%.*s' is not a finite number",
                     r->csv->name, line, name, (int)(len < 40 ? len : 40),
                     *text ? text : b->text + begin);
}

// Room for one more row; the arrays grow by doubling.
static int reserve_row(struct scores *s, struct reader *r, struct error *e)
{
    if (s->n < r->cap)
        return 0;
    if (s->n >= SCORES_VALUES_MAX)
        return error_set(e, ERR_LIMIT, "%s: more than %zu rows", r->csv->name, SCORES_VALUES_MAX);
    const size_t grown = r->cap ? 2 * r->cap : 256;
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
    r->cap = grown;
    return 0;
}

static int take_row(struct scores *s, struct reader *r, size_t row, struct error *e)
{
    double label = 0;
    int rc = reserve_row(s, r, e);
    if (rc || (rc = read_number(r, row, r->score, &s->f64[s->n], e)) ||
        (rc = read_number(r, row, r->label, &label, e)))
        return rc;
    const char *const needed = scores_label_fault(s->task, 2, label);
    if (needed)
        return error_set(e, ERR_DATA, "%s:%" PRIu64 ": column 'label': %.9g, %s", r->csv->name,
                         csv_line(&r->block, csv_begin(r->csv, &r->block, row, r->label)), label,
                         needed);
    if (s->truth)
        s->truth[s->n] = label;
    else
        s->labels[s->n] = (float)label;
    s->n++;
    return 0;
}

static int take_rows(struct scores *s, struct reader *r, struct error *e)
{
    int got, rc = 0;
    while (rc == 0 && (got = csv_read(r->csv, &r->block, e)) != 0) {
        rc = got < 0 ? got : csv_split(r->csv, &r->block, e);
        for (size_t i = 0; rc == 0 && i < r->block.rows; i++)
            rc = take_row(s, r, i, e);
    }
    if (rc == 0 && s->n == 0)
        rc = error_set(e, ERR_DATA, "%s: no rows below the header", r->csv->name);
    return rc;
}

int scores_take_csv(struct scores *s, struct csv *c, enum scores_task task, struct error *e)
{
    if (task == SCORES_MULTICLASS)
        return error_set(e, ERR_USAGE,
                         "%s: a CSV has one score a row; several classes need an npz with scores "
                         "of shape (rows, classes)",
                         c->name);
    s->task = task == SCORES_REGRESSION ? task : SCORES_BINARY;
    s->columns = 1;
    struct reader r = {.csv = c};
    int rc = find_column(c, "score", &r.score, e);
    if (rc == 0)
        rc = find_column(c, "label", &r.label, e);
    if (rc == 0)
        rc = take_rows(s, &r, e);
    csv_block_clear(&r.block);
    return rc;
}
