// SPDX-License-Identifier: MIT
// The columns of a CSV: figures only, so that memory does not grow with the rows. All of the file
// is read before the first line is printed, for a type is known at the end.
#include "cmd/inspect_csv.h"

#include "cmd/cmd.h"
#include "io/json.h"
#include "kern/cpu.h"
#include "kern/par.h"
#include "table/frame.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define SHOWN    3  // texts of a column in the table
#define LISTED   5  // in JSON
#define NAME_MAX 32 // characters of a name or text in the table
#define THREADS  8  // more have nothing to do

static const struct {
    enum frame_remark remark;
    const char *key, *text;
} remarks[] = {
    {FRAME_IS_EMPTY, "empty", "no value at all"},
    {FRAME_IS_MOSTLY_MISSING, "mostly_missing", "mostly missing"},
    {FRAME_IS_CONSTANT, "constant", "constant"},
    {FRAME_IS_DATES, "dates", "looks like dates"},
    {FRAME_IS_IDENTIFIER, "identifier", "looks like an id"},
    {FRAME_IS_COMMAS, "decimal_comma", "decimal commas: write 1.5 for 1,5"},
    {FRAME_HAS_SIGNS, "number_signs", "numbers with signs: write 1234.5 for $1,234.50"},
    {FRAME_IS_INEXACT, "inexact", "integers beyond 2^53 lose digits"},
    {FRAME_IS_NOT_UTF8, "not_utf8", "not UTF-8: iconv -f latin1 -t utf-8 OLD.csv >NEW.csv"},
};

#define REMARKS (sizeof remarks / sizeof *remarks)

struct reading {
    const char *path;
    struct frame_options options;
    struct frame frame;
    int rc;
    struct error *e;
};

static void read_table(struct par *team, void *context)
{
    struct reading *r = context;
    r->options.team = team;
    r->options.workers = par_threads(team);
    r->rc = frame_read(&r->frame, r->path, &r->options, r->e);
}

static const char *type_name(const struct frame_column *c)
{
    if (c->kind == FRAME_TEXT)
        return "text";
    return c->kind == FRAME_BOOLEAN ? "boolean" : c->whole ? "integer" : "number";
}

static const char *delimiter_name(char delimiter)
{
    switch (delimiter) {
    case '\t':
        return "tab";
    case ';':
        return "semicolon";
    case '|':
        return "pipe";
    default:
        return "comma";
    }
}

// ---- the table ----

static void print_number(double value)
{
    if (isfinite(value))
        printf(" %12.6g", value);
    else
        printf(" %12s", "-");
}

static void print_frequent(const struct frame_column *c)
{
    size_t index[SHOWN];
    const size_t count = frame_most_frequent(c, index, SHOWN);
    if (c->overflow)
        printf("  more than %zu different", FRAME_TEXTS_MAX);
    else if (c->texts)
        printf("  %zu different: ", c->texts);
    for (size_t i = 0; i < count; i++) {
        fputs(i ? ", " : "", stdout);
        cmd_print_text(c->text[index[i]], 0, NAME_MAX);
        printf(" (%zu)", c->text_count[index[i]]);
    }
    if (c->texts > count)
        fputs(", ...", stdout);
}

static void print_column(const struct frame *f, const struct frame_column *c, size_t width)
{
    const double share = f->rows ? 100.0 * (double)c->missing / (double)f->rows : 0;
    cmd_print_text(c->name, width, NAME_MAX);
    printf("  %-8s %10zu %5.1f%%", f->rows ? type_name(c) : "-", c->missing, share);
    print_number(c->min);
    print_number(c->mean);
    print_number(c->max);
    print_frequent(c);
    if (c->infinite)
        printf("  %zu infinite", c->infinite);
    const unsigned said = f->rows ? frame_remarks(f, c) : 0;
    const char *mark = "  [";
    for (size_t i = 0; i < REMARKS; i++)
        if (said & remarks[i].remark) {
            printf("%s%s", mark, remarks[i].text);
            mark = "; ";
        }
    puts(*mark == ';' ? "]" : "");
}

static void print_table(const struct frame *f, const char *path)
{
    cmd_print_text(path, 0, SIZE_MAX);
    printf(": %zu row%s, %zu column%s, delimiter %s, %s\n", f->rows, cmd_plural(f->rows),
           f->columns, cmd_plural(f->columns), delimiter_name(f->delimiter),
           f->header ? "with a header" : "no header");
    if (f->columns == 1 && strpbrk(f->column[0].name, " \t"))
        puts("spaces do not divide fields: commas, semicolons, tabs or bars do");
    size_t width = strlen("name");
    for (size_t i = 0; i < f->columns; i++) {
        const size_t len = cmd_text_width(f->column[i].name);
        width = len > width ? len : width;
    }
    width = width < NAME_MAX ? width : NAME_MAX;
    printf("%-*s  %-8s %10s %6s %12s %12s %12s  %s\n", (int)width, "name", "type", "missing", "",
           "min", "mean", "max", "texts, remarks");
    for (size_t i = 0; i < f->columns && !ferror(stdout); i++)
        print_column(f, &f->column[i], width);
    if (f->rows == 0)
        puts("there are no rows below the header, so nothing is known about the columns");
}

// ---- JSON ----

static json_t *frequent_json(const struct frame_column *c, bool *failed)
{
    size_t index[LISTED];
    const size_t count = frame_most_frequent(c, index, LISTED);
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        json_t *item = json_object();
        json_put(item, "text", json_any_text(c->text[index[i]]), failed);
        json_put(item, "count", json_integer((json_int_t)c->text_count[index[i]]), failed);
        json_push(list, item, failed);
    }
    return list;
}

static json_t *column_json(const struct frame *f, const struct frame_column *c, bool *failed)
{
    json_t *column = json_object(), *said = json_array();
    json_put(column, "name", json_any_text(c->name), failed);
    json_put(column, "type", json_string(type_name(c)), failed);
    json_put(column, "missing", json_integer((json_int_t)c->missing), failed);
    if (c->kind == FRAME_TEXT) {
        json_put(column, "different",
                 c->overflow ? json_null() : json_integer((json_int_t)c->texts), failed);
        json_put(column, "most_frequent", frequent_json(c, failed), failed);
    } else {
        json_put(column, "infinite", json_integer((json_int_t)c->infinite), failed);
        json_put(column, "min", json_number_or_null(c->min), failed);
        json_put(column, "mean", json_number_or_null(c->mean), failed);
        json_put(column, "max", json_number_or_null(c->max), failed);
    }
    for (size_t i = 0; i < REMARKS; i++)
        if (frame_remarks(f, c) & remarks[i].remark)
            json_push(said, json_string(remarks[i].key), failed);
    json_put(column, "remarks", said, failed);
    return column;
}

static int print_json(const struct frame *f, const char *path, struct error *e)
{
    bool failed = false;
    json_t *root = json_object(), *columns = json_array();
    json_put(root, "file", json_any_text(path), &failed);
    json_put(root, "rows", json_integer((json_int_t)f->rows), &failed);
    json_put(root, "delimiter", json_stringn(&f->delimiter, 1), &failed);
    json_put(root, "header", json_boolean(f->header), &failed);
    for (size_t i = 0; i < f->columns; i++)
        json_push(columns, column_json(f, &f->column[i], &failed), &failed);
    json_put(root, "columns", columns, &failed);
    struct buf text;
    buf_init(&text, SIZE_MAX / 4);
    const int rc = failed ? error_nomem(e, "JSON") : json_text(root, &text, e);
    if (rc == 0)
        fwrite(text.data, 1, text.len, stdout);
    buf_clear(&text);
    json_decref(root);
    return rc;
}

int inspect_csv(const char *path, const struct csv_options *how, bool json, struct error *e)
{
    struct reading r = {
        .path = path, .options = {.csv = *how, .figures_only = true, .run = par_run}, .e = e};
    const size_t asked = par_environment_threads(), threads = asked ? asked : cpu_count();
    par_team(threads < THREADS ? threads : THREADS, read_table, &r);
    if (r.rc)
        return r.rc;
    if (json)
        r.rc = print_json(&r.frame, path, e);
    else
        print_table(&r.frame, path);
    frame_clear(&r.frame);
    return r.rc;
}
