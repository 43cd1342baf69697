// SPDX-License-Identifier: MIT
// Every row is one JSON object of the same members; the CSV is these objects, a member within a
// member joined by an underscore ("seconds_total_median").
#include "cmd/compare_print.h"

#include "io/csv.h"
#include "io/json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define COLUMN_MAX 128

// Values for `name`; nothing is put once memory has failed.
struct object {
    json_t *json;
    bool *failed;
};

static void put_text(struct object o, const char *name, const char *text)
{
    json_put(o.json, name, text ? json_any_text(text) : json_null(), o.failed);
}

static void put_number(struct object o, const char *name, double x)
{
    json_put(o.json, name, json_number_or_null(x), o.failed);
}

static void put_count(struct object o, const char *name, size_t count)
{
    json_put(o.json, name, json_integer((json_int_t)count), o.failed);
}

// 0 stands for what is not known.
static void put_known(struct object o, const char *name, size_t count)
{
    json_put(o.json, name, count ? json_integer((json_int_t)count) : json_null(), o.failed);
}

static void put_truth(struct object o, const char *name, bool x)
{
    json_put(o.json, name, json_boolean(x), o.failed);
}

static struct object inside(struct object o, const char *name)
{
    json_t *json = json_object();
    json_put(o.json, name, json, o.failed);
    return (struct object){*o.failed ? NULL : json, o.failed};
}

static void put_spread(struct object o, const char *name, const struct spread *s)
{
    struct object in = inside(o, name);
    put_number(in, "median", s->median);
    put_number(in, "min", s->min);
    put_number(in, "max", s->max);
    put_number(in, "mean", s->mean);
    put_number(in, "low", s->low);
    put_number(in, "high", s->high);
}

static const char *const verdict_words[] = {
    [VERDICT_UNKNOWN] = "unknown",
    [VERDICT_NOISE] = "noise",
    [VERDICT_LESS] = "less",
    [VERDICT_MORE] = "more",
};

static void put_identity(struct object o, const struct compare_row *row)
{
    const struct cost_run *r = row->run[0];
    put_text(o, "name", row->name);
    put_count(o, "runs", row->runs);
    put_text(o, "program", r->program);
    put_truth(o, "published", r->published);
    put_text(o, "citation", r->citation);
    put_text(o, "instance", row->instance);
    put_count(o, "instances", r->instances);
    put_text(o, "instance_source", row->assumed ? "assumed" : r->instance_source);
    put_number(o, "usd_per_hour", row->price ? row->price->usd_per_hour : NAN);
    put_text(o, "device", r->device);
    put_text(o, "device_name", r->device_name);
}

static void put_work(struct object o, const struct compare_row *row)
{
    const struct cost_run *r = row->run[0];
    put_known(o, "threads", r->threads);
    put_known(o, "ranks", r->ranks);
    put_count(o, "table", row->table);
    put_text(o, "task", r->task);
    put_known(o, "rows", r->rows);
    put_known(o, "features", r->features);
    put_known(o, "parameters", r->parameters);
    put_text(o, "hidden", r->hidden);
    put_known(o, "epochs", r->epochs);
    put_known(o, "batch_size", r->batch_size);
    put_text(o, "setting", r->setting);
}

static void put_figures(struct object o, const struct compare_row *row)
{
    struct object seconds = inside(o, "seconds");
    for (int p = 0; p < COST_PHASES; p++)
        put_spread(seconds, cost_phase_name[p], &row->seconds[p]);
    put_spread(o, "elapsed", &row->elapsed);
    put_spread(o, "billable", &row->billable);
    put_spread(o, "dollars", &row->dollars);
    put_number(o, "dollars_a_thousand", 1000 * row->dollars.median);
    put_spread(o, "epochs_per_second", &row->epochs_per_second);
    put_spread(o, "joules", &row->joules);
}

static void put_judgement(struct object o, const struct compare *c, const struct compare_row *row)
{
    const bool metric = c->metric < COST_METRICS;
    struct object judged = inside(o, "metric");
    put_text(judged, "name", metric ? cost_metric_name[c->metric] : NULL);
    put_text(judged, "part", row->run[0]->metric_part);
    put_number(judged, "value", row->judged.value);
    put_number(judged, "low", row->judged.low);
    put_number(judged, "high", row->judged.high);
    put_number(judged, "min", row->metric.min);
    put_number(judged, "max", row->metric.max);
    put_number(o, "speed", row->speed);
    put_number(o, "cost", row->cost);
    put_text(o, "slower", verdict_words[row->slower]);
    put_text(o, "dearer", verdict_words[row->dearer]);
    put_text(o, "better", verdict_words[row->better]);
    put_truth(o, "pareto", row->pareto);
    struct object target = inside(o, "target");
    put_count(target, "followed", row->followed);
    put_count(target, "reached", row->reached);
    put_number(target, "seconds", row->target_seconds.median);
    put_number(target, "dollars", row->target_dollars.median);
}

static json_t *row_object(const struct compare *c, const struct compare_row *row, bool *failed)
{
    const struct object o = {json_object(), failed};
    put_identity(o, row);
    put_work(o, row);
    put_figures(o, row);
    put_judgement(o, c, row);
    json_t *paths = json_array();
    for (size_t i = 0; i < row->runs; i++)
        json_push(paths, json_any_text(row->run[i]->path), failed);
    json_put(o.json, "paths", paths, failed);
    return o.json;
}

static json_t *lines(const struct buf *text, bool *failed)
{
    json_t *list = json_array();
    for (size_t at = 0; at < text->len;) {
        const size_t len = strcspn(text->data + at, "\n");
        json_push(list, json_stringn(text->data + at, len), failed);
        at += len + 1;
    }
    return list;
}

int compare_print_json(const struct compare *c, struct buf *out, struct error *e)
{
    bool failed = false;
    const struct object root = {json_object(), &failed};
    put_text(root, "baseline", c->row[c->baseline].name);
    put_text(root, "metric", c->metric < COST_METRICS ? cost_metric_name[c->metric] : NULL);
    json_t *rows = json_array();
    for (size_t i = 0; i < c->rows; i++)
        json_push(rows, row_object(c, &c->row[i], &failed), &failed);
    json_put(root.json, "rows", rows, &failed);
    json_put(root.json, "notes", lines(&c->notes, &failed), &failed);
    json_put(root.json, "answer", lines(&c->answer, &failed), &failed);
    const int rc = json_text(failed ? NULL : root.json, out, e);
    json_decref(root.json);
    return rc;
}

// Spreadsheets compute what begins like a formula, and names come from records; they take an
// apostrophe for "this is text".
static void put_words(struct buf *out, const char *text)
{
    if (*text && strchr("=+-@\t\r", *text))
        buf_puts(out, "'");
    csv_quote(out, text);
}

static void put_value(struct buf *out, const json_t *value)
{
    if (json_is_string(value))
        put_words(out, json_string_value(value));
    else if (json_is_integer(value))
        buf_printf(out, "%lld", (long long)json_integer_value(value));
    else if (json_is_real(value))
        buf_printf(out, "%.9g", json_real_value(value));
    else if (json_is_boolean(value))
        buf_puts(out, json_is_true(value) ? "true" : "false");
}

// Names of the members, or their values, in order; lists are left out.
static void put_fields(struct buf *out, json_t *object, const char *prefix, bool names)
{
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value)
    {
        char name[COLUMN_MAX];
        snprintf(name, sizeof name, "%s%s", prefix, key);
        if (json_is_array(value))
            continue;
        if (json_is_object(value)) {
            const size_t len = strlen(name);
            snprintf(name + len, sizeof name - len, "_");
            put_fields(out, value, name, names);
            continue;
        }
        if (names)
            buf_puts(out, name);
        else
            put_value(out, value);
        buf_puts(out, ",");
    }
}

// A comma is behind every field, and the last one becomes the end of the line.
static void put_line(struct buf *out, json_t *object, bool names)
{
    put_fields(out, object, "", names);
    if (out->len)
        out->data[out->len - 1] = '\n';
}

int compare_print_csv(const struct compare *c, struct buf *out, struct error *e)
{
    bool failed = false;
    for (size_t i = 0; !failed && i < c->rows; i++) {
        json_t *row = row_object(c, &c->row[i], &failed);
        if (!failed && i == 0)
            put_line(out, row, true);
        if (!failed)
            put_line(out, row, false);
        json_decref(row);
    }
    return failed ? error_nomem(e, "the comparison") : buf_check(out, "the comparison", e);
}
