// SPDX-License-Identifier: MIT
// The tables of a comparison's page. Rows have their number, by which figures name them.
#include "cost/cost_text.h"
#include "report/compare_page_inner.h"
#include "report/html.h"
#include "report/label.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define NOTHING "\u2013"

static const char *or_nothing(const char *text)
{
    return text && *text ? text : NOTHING;
}

// With the marks that the notes explain.
static void begin_row(struct buf *out, const struct compare *c, size_t i)
{
    char name[256];
    const struct compare_row *row = &c->row[i];
    snprintf(name, sizeof name, "%zu. %.200s%s%s", i + 1, row->name,
             row->run[0]->published ? " (*)" : "",
             row->assumed   ? " (!)"
             : row->guessed ? " (?)"
                            : "");
    html_row(out, name);
}

static void put_number(struct buf *out, double value)
{
    char text[COST_TEXT_MAX];
    cost_text(text, value);
    html_cell(out, "%s", or_nothing(text));
}

static void put_count(struct buf *out, size_t count)
{
    char text[LABEL_MAX] = "";
    if (count)
        label_count(text, count);
    html_cell(out, "%s", or_nothing(text));
}

// The median, and from where to where where there are several.
static void put_spread(struct buf *out, const struct spread *s)
{
    char median[COST_TEXT_MAX], low[COST_TEXT_MAX], high[COST_TEXT_MAX];
    cost_text(median, s->median);
    cost_text(low, s->min);
    cost_text(high, s->max);
    if (s->n > 1 && strcmp(low, high) != 0)
        html_cell(out, "%s (%s to %s)", median, low, high);
    else
        html_cell(out, "%s", or_nothing(median));
}

static void put_dollars(struct buf *out, double dollars)
{
    char text[COST_TEXT_MAX];
    cost_text_dollars(text, dollars);
    html_cell(out, "%s", or_nothing(text));
}

// ---- runs ----

// How far a row can be believed.
static void put_origin(struct buf *out, const struct compare_row *row)
{
    const bool published = row->run[0]->published;
    const char *instance = row->assumed   ? "instance assumed"
                           : row->guessed ? "instance guessed"
                                          : "";
    html_cell(out, "%s%s%s", published ? "published, not ours" : "measured", *instance ? ", " : "",
              instance);
}

static void put_instance(struct buf *out, const struct compare_row *row)
{
    if (row->run[0]->instances > 1)
        html_cell(out, "%zu x %.100s", row->run[0]->instances, or_nothing(row->instance));
    else
        html_cell(out, "%.100s", or_nothing(row->instance));
}

static void put_what_ran(struct buf *out, const struct compare *c)
{
    static const char *const heads[] = {"run",     "what it is", "instance", "device",
                                        "program", "threads",    "rows",     "network",
                                        "epochs",  "batch",      NULL};
    html_table(out, HTML_TEXTS, "What ran", heads);
    for (size_t i = 0; i < c->rows; i++) {
        const struct cost_run *r = c->row[i].run[0];
        begin_row(out, c, i);
        put_origin(out, &c->row[i]);
        put_instance(out, &c->row[i]);
        html_cell(out, "%.40s%s%.100s", or_nothing(r->device), r->device_name ? ", " : "",
                  r->device_name ? r->device_name : "");
        html_cell(out, "%.100s", or_nothing(r->program));
        put_count(out, r->threads);
        put_count(out, r->rows);
        html_cell(out, "%.100s", or_nothing(r->hidden));
        put_count(out, r->epochs);
        put_count(out, r->batch_size);
        html_row_end(out);
    }
    html_table_end(out);
}

static void put_times(struct buf *out, double times, enum verdict verdict)
{
    char text[COST_TEXT_MAX];
    cost_text(text, times);
    if (!*text)
        html_cell(out, NOTHING);
    else
        html_cell(out, "%s%s", text, verdict == VERDICT_NOISE ? " (noise)" : "");
}

static void put_metric(struct buf *out, const struct compare_row *row)
{
    char value[LABEL_MAX], low[LABEL_MAX], high[LABEL_MAX];
    const struct cost_value *v = &row->judged;
    label_decimal(value, v->value, 3);
    label_decimal(low, v->low, 3);
    label_decimal(high, v->high, 3);
    if (isnan(v->value))
        html_cell(out, NOTHING);
    else if (isnan(v->low))
        html_cell(out, "%s", value);
    else
        html_cell(out, "%s (%s to %s)", value, low, high);
}

static void put_result(struct buf *out, const struct compare *c)
{
    char metric[COMPARE_METRIC_MAX];
    compare_metric_name(metric, c);
    const char *const heads[] = {"run",
                                 "runs",
                                 "seconds",
                                 "billed s",
                                 "$ a run",
                                 "$ a 1000 runs",
                                 "epochs a second",
                                 "times as quick",
                                 "times the cost",
                                 *metric ? metric : NULL,
                                 NULL};
    html_table(out, HTML_NUMBERS, "What it took, what it cost, what came out", heads);
    for (size_t i = 0; i < c->rows; i++) {
        const struct compare_row *row = &c->row[i];
        begin_row(out, c, i);
        put_count(out, row->runs);
        put_spread(out, &row->elapsed);
        put_spread(out, &row->billable);
        put_dollars(out, row->dollars.median);
        put_dollars(out, 1000 * row->dollars.median);
        put_number(out, row->epochs_per_second.median);
        put_times(out, row->speed, i == c->baseline ? VERDICT_UNKNOWN : row->slower);
        put_times(out, row->cost, i == c->baseline ? VERDICT_UNKNOWN : row->dearer);
        if (*metric)
            put_metric(out, row);
        html_row_end(out);
    }
    html_table_end(out);
    html_put(out, "<p class=\"soft\">");
    html_printf(out,
                "Relative to %.200s. Several runs of a configuration: the median, from the least "
                "to the most. \"noise\": the difference to that row is not more than chance makes.",
                c->row[c->baseline].name);
    html_put(out, "</p>\n");
}

static bool any_has(const struct compare *c, enum cost_phase phase)
{
    for (size_t i = 0; i < c->rows; i++)
        if (c->row[i].seconds[phase].n)
            return true;
    return false;
}

static void put_phases(struct buf *out, const struct compare *c)
{
    const char *heads[COST_PHASES + 2] = {"run"};
    size_t n = 1;
    for (int p = 0; p < COST_PHASES; p++)
        if (any_has(c, (enum cost_phase)p))
            heads[n++] = cost_phase_name[p];
    if (n == 1)
        return;
    html_table(out, HTML_NUMBERS, "Seconds by phase", heads);
    for (size_t i = 0; i < c->rows; i++) {
        begin_row(out, c, i);
        for (int p = 0; p < COST_PHASES; p++)
            if (any_has(c, (enum cost_phase)p))
                put_number(out, c->row[i].seconds[p].median);
        html_row_end(out);
    }
    html_table_end(out);
}

static void put_energy(struct buf *out, const struct compare *c)
{
    static const char *const heads[] = {"run", "joules", "watts", NULL};
    size_t known = 0;
    for (size_t i = 0; i < c->rows; i++)
        known += c->row[i].joules.n;
    if (known == 0)
        return;
    html_table(out, HTML_NUMBERS, "Energy of the processor", heads);
    for (size_t i = 0; i < c->rows; i++) {
        const struct compare_row *row = &c->row[i];
        if (row->joules.n == 0)
            continue;
        begin_row(out, c, i);
        put_spread(out, &row->joules);
        put_number(out, row->joules.median / row->seconds[COST_TOTAL].median);
        html_row_end(out);
    }
    html_table_end(out);
}

static void put_target(struct buf *out, const struct compare *c)
{
    static const char *const heads[] = {"run", "reached in", "seconds", "$", NULL};
    char caption[128], value[COST_TEXT_MAX], reached[COMPARE_REACHED_MAX];
    if (!c->spec.target)
        return;
    cost_text(value, c->spec.target->value);
    snprintf(caption, sizeof caption, "To %s of %s", history_column_name(c->spec.target->column),
             value);
    html_table(out, HTML_NUMBERS, caption, heads);
    for (size_t i = 0; i < c->rows; i++) {
        const struct compare_row *row = &c->row[i];
        begin_row(out, c, i);
        compare_reached(reached, row);
        html_cell(out, "%s", reached);
        put_spread(out, &row->target_seconds);
        put_dollars(out, row->target_dollars.median);
        html_row_end(out);
    }
    html_table_end(out);
}

void compare_runs_tables(struct buf *out, const struct compare *c)
{
    put_result(out, c);
    put_target(out, c);
    put_what_ran(out, c);
    put_phases(out, c);
    put_energy(out, c);
}

// ---- prices and sources ----

static bool is_used(const struct compare *c, const struct price *p)
{
    for (size_t i = 0; i < c->rows; i++)
        if (c->row[i].price == p)
            return true;
    return false;
}

static void put_price(struct buf *out, const struct price *p)
{
    html_row(out, p->instance);
    html_cell(out, "$%.6g", p->usd_per_hour); // as it was read
    put_number(out, p->vcpus);
    put_number(out, p->memory_gib);
    html_cell(out, "%.60s", or_nothing(p->gpu));
    html_cell(out, "%.300s", or_nothing(p->source));
    html_cell(out, "%.40s", or_nothing(p->as_of));
    html_row_end(out);
}

static void put_options(struct buf *out, const struct compare *c)
{
    char text[COST_TEXT_MAX];
    html_table(out, HTML_PAIRS, "Besides", NULL);
    cost_text(text, c->spec.overhead);
    html_pair(out, "seconds of the platform", "%s on each instance that was not billed by one",
              or_nothing(text));
    cost_text(text, c->spec.spot_percent);
    html_pair(out, "spot discount", "%s %%", or_nothing(text));
    cost_text(text, c->spec.storage_gb);
    html_pair(out, "storage", "%s GB an instance", or_nothing(text));
    for (size_t i = 0; i < c->spec.assumptions; i++) {
        const struct compare_assumption *a = &c->spec.assumption[i];
        html_pair(out, "priced as if on", "%.100s: %.200s", a->instance,
                  a->run ? a->run : "all runs that say no instance");
    }
    html_table_end(out);
}

void compare_prices_tables(struct buf *out, const struct compare *c)
{
    static const char *const heads[] = {"instance", "$ an hour", "processors", "GiB",
                                        "GPU",      "source",    "as of",      NULL};
    const struct price *storage = prices_find(c->spec.prices, PRICES_STORAGE);
    html_table(out, HTML_TEXTS, "Prices of an instance", heads);
    for (size_t i = 0; i < c->spec.prices->count; i++)
        if (is_used(c, &c->spec.prices->item[i]))
            put_price(out, &c->spec.prices->item[i]);
    if (storage && c->spec.storage_gb > 0)
        put_price(out, storage);
    html_table_end(out);
    put_options(out, c);
}

bool compare_has_published(const struct compare *c)
{
    for (size_t i = 0; i < c->rows; i++)
        if (c->row[i].run[0]->published)
            return true;
    return false;
}

void compare_published_table(struct buf *out, const struct compare *c)
{
    static const char *const heads[] = {"run", "published at", "note", NULL};
    html_table(out, HTML_TEXTS, "Published by others, not measured here", heads);
    for (size_t i = 0; i < c->rows; i++) {
        const struct cost_run *r = c->row[i].run[0];
        if (!r->published)
            continue;
        begin_row(out, c, i);
        html_path(out, or_nothing(r->citation));
        html_cell(out, "%.900s", or_nothing(r->note));
        html_row_end(out);
    }
    html_table_end(out);
}
