// SPDX-License-Identifier: MIT
// A CSV of runs that others published: each row becomes the record that such a run would have
// written, and goes the way of all records. What is billed is known of them, and with it how long
// each instance was in use; what the program did in that time is not.
#include "cost/run_inner.h"
#include "cost/sheet.h"
#include "io/json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum column {
    NAME,
    PROGRAM,
    SOURCE,
    CITATION,
    INSTANCE,
    COUNT,
    DEVICE,
    ROWS,
    FEATURES,
    EPOCHS,
    BATCH_SIZE,
    BILLABLE,
    WALL,
    METRIC,
    VALUE,
    NOTE,
    COLUMNS
};
static const struct sheet_column columns[COLUMNS + 1] = {
    [NAME] = {"name", true, 0, 0},
    [PROGRAM] = {"program", false, 0, 0},
    [SOURCE] = {"source", false, 0, 0},
    [CITATION] = {"citation", true, 0, 0},
    [INSTANCE] = {"instance", true, 0, 0},
    [COUNT] = {"count", false, 1, 1e5},
    [DEVICE] = {"device", false, 0, 0},
    [ROWS] = {"rows", false, 1, 1e15},
    [FEATURES] = {"features", false, 1, 1e9},
    [EPOCHS] = {"epochs", false, 1, 1e9},
    [BATCH_SIZE] = {"batch_size", false, 1, 1e15},
    [BILLABLE] = {"billable_seconds", true, 0, 1e12},
    [WALL] = {"wall_seconds", false, 0, 1e9},
    [METRIC] = {"metric", false, 0, 0},
    [VALUE] = {"value", false, -1e300, 1e300},
    [NOTE] = {"note", false, 0, 0},
};

struct row {
    double count, rows, features, epochs, batch_size, billable, wall, value;
};

static int read_numbers(struct row *r, const struct sheet *s, size_t row, struct error *e)
{
    const struct {
        enum column column;
        double *to;
        bool whole;
    } numbers[] = {
        {COUNT, &r->count, true},
        {ROWS, &r->rows, true},
        {FEATURES, &r->features, true},
        {EPOCHS, &r->epochs, true},
        {BATCH_SIZE, &r->batch_size, true},
        {BILLABLE, &r->billable, false},
        {WALL, &r->wall, false},
        {VALUE, &r->value, false},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        const int rc = sheet_number(s, row, numbers[i].column, numbers[i].to, e);
        if (rc)
            return rc;
        const double x = *numbers[i].to;
        if (numbers[i].whole && isfinite(x) && x != floor(x))
            return error_set(e, ERR_DATA, "%s: row %zu: %s %g is no whole number", s->name, row + 1,
                             columns[numbers[i].column].name, x);
    }
    if (isnan(r->count))
        r->count = 1;
    return 0;
}

static bool is_metric(const char *name)
{
    for (int m = 0; m < COST_METRICS; m++)
        if (strcmp(cost_metric_name[m], name) == 0)
            return true;
    return false;
}

static int check_metric(const struct sheet *s, size_t row, const struct row *r, struct error *e)
{
    const char *metric = sheet_text(s, row, METRIC);
    if (metric && !is_metric(metric))
        return error_set(e, ERR_DATA, "%s: row %zu: metric '%.60s' is not known", s->name, row + 1,
                         metric);
    if ((metric != NULL) != isfinite(r->value))
        return error_set(e, ERR_DATA, "%s: row %zu: a metric and its value go together", s->name,
                         row + 1);
    return 0;
}

static json_t *count_or_null(double x)
{
    return isfinite(x) ? json_integer((json_int_t)x) : json_null();
}

static json_t *text_or_null(const char *text)
{
    return text ? json_any_text(text) : json_null();
}

static json_t *metrics_of(const struct sheet *s, size_t row, const struct row *r)
{
    const char *metric = sheet_text(s, row, METRIC);
    if (!metric)
        return json_object();
    return json_pack("{s:{s:f}}", "val", metric, r->value);
}

// NULL when there is no memory.
static json_t *record_of(const struct sheet *s, size_t row, const struct row *r)
{
    const char *program = sheet_text(s, row, PROGRAM);
    return json_pack(
        "{s:o, s:o, s:b, s:o, s:o, s:o, s:{s:o, s:s, s:o}, s:{s:o}, s:{s:o, s:o}, s:{s:o, s:o},"
        " s:{s:f, s:f, s:o}, s:o}",
        "name", text_or_null(sheet_text(s, row, NAME)), "program",
        json_any_text(program ? program : "unknown"), "published", 1, "source",
        text_or_null(sheet_text(s, row, SOURCE)), "citation",
        text_or_null(sheet_text(s, row, CITATION)), "note", text_or_null(sheet_text(s, row, NOTE)),
        "instance", "type", text_or_null(sheet_text(s, row, INSTANCE)), "source", "published",
        "count", count_or_null(r->count), "device", "kind",
        text_or_null(sheet_text(s, row, DEVICE)), "data", "train_rows", count_or_null(r->rows),
        "features", count_or_null(r->features), "training", "epochs", count_or_null(r->epochs),
        "batch_size", count_or_null(r->batch_size), "seconds", "billable", r->billable, "total",
        r->billable / r->count, "wall", json_number_or_null(r->wall), "metrics",
        metrics_of(s, row, r));
}

static int add_row(struct cost_runs *runs, const struct sheet *s, size_t row, struct error *e)
{
    char where[512];
    struct row r;
    int rc = read_numbers(&r, s, row, e);
    if (rc == 0)
        rc = check_metric(s, row, &r, e);
    if (rc)
        return rc;
    snprintf(where, sizeof where, "%.480s: row %zu", s->name, row + 1);
    json_t *root = record_of(s, row, &r);
    if (!root)
        return error_nomem(e, where);
    const struct run_place at = {.where = where, .name = where};
    return run_append(runs, root, &at, e);
}

int cost_runs_add_published(struct cost_runs *runs, const char *path, const char *text, size_t size,
                            struct error *e)
{
    struct sheet s;
    int rc = sheet_parse(&s, path, text, size, columns, e);
    if (rc)
        return rc;
    for (size_t row = 0; rc == 0 && row < s.rows; row++)
        rc = add_row(runs, &s, row, e);
    if (rc == 0 && s.rows == 0)
        rc = error_set(e, ERR_DATA, "%s: holds no runs", path);
    sheet_clear(&s);
    return rc;
}
