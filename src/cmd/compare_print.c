// SPDX-License-Identifier: MIT
// For people: several narrow tables rather than one that no screen holds. A figure is the median of
// a row's runs; how far they go is a table of its own.
#include "cmd/compare_print.h"

#include "cmd/cmd.h"
#include "cmd/grid.h"
#include "cost/cost_text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

struct printing {
    const struct compare *c;
    enum compare_format format;
    struct buf *out;
};

static void put_number(struct grid *g, size_t row, size_t column, double x)
{
    char text[COST_TEXT_MAX];
    cost_text(text, x);
    grid_put(g, row, column, "%s", text);
}

static void put_dollars(struct grid *g, size_t row, size_t column, double x)
{
    char text[COST_TEXT_MAX];
    cost_text_dollars(text, x);
    grid_put(g, row, column, "%s", text);
}

static void put_count(struct grid *g, size_t row, size_t column, size_t count)
{
    if (count)
        grid_put(g, row, column, "%zu", count);
}

static void put_name(struct grid *g, size_t row, const struct compare_row *r)
{
    grid_put(g, row, 0, "%.56s%s", r->name, r->run[0]->published ? "*" : "");
}

static void finish(const struct printing *p, struct grid *g)
{
    if (p->format == COMPARE_MARKDOWN)
        grid_markdown(g, p->out);
    else
        grid_text(g, p->out);
    grid_end(g);
}

static int print_cost(const struct printing *p, struct error *e)
{
    static const char *const head[] = {"run",      "on",      "device",       "runs", "seconds",
                                       "billed s", "$ a run", "$ a thousand", NULL};
    struct grid g;
    const int rc = grid_begin(&g, "Time and cost", head, p->c->rows, e);
    if (rc)
        return rc;
    for (size_t i = 0; i < p->c->rows; i++) {
        const struct compare_row *r = &p->c->row[i];
        const size_t machines = r->run[0]->instances;
        char count[32] = "";
        if (machines > 1)
            snprintf(count, sizeof count, "%zu x ", machines);
        put_name(&g, i, r);
        grid_put(&g, i, 1, "%s%.30s%s", count, r->instance ? r->instance : "",
                 r->assumed   ? "!"
                 : r->guessed ? "?"
                              : "");
        grid_put(&g, i, 2, "%.20s", r->run[0]->device ? r->run[0]->device : "");
        put_count(&g, i, 3, r->runs);
        put_number(&g, i, 4, r->elapsed.median);
        put_number(&g, i, 5, r->billable.median);
        put_dollars(&g, i, 6, r->dollars.median);
        put_dollars(&g, i, 7, 1000 * r->dollars.median);
    }
    finish(p, &g);
    return 0;
}

// "1.23", with a ~ when that is within noise of 1.
static void put_ratio(struct grid *g, size_t row, size_t column, double x, enum verdict verdict)
{
    char text[COST_TEXT_MAX];
    cost_text(text, x);
    grid_put(g, row, column, "%s%s", text, *text && verdict == VERDICT_NOISE ? "~" : "");
}

static void put_metric(struct grid *g, size_t row, const struct compare_row *r, bool baseline)
{
    char value[COST_TEXT_MAX], low[COST_TEXT_MAX], high[COST_TEXT_MAX];
    cost_text(value, r->judged.value);
    cost_text(low, r->judged.low);
    cost_text(high, r->judged.high);
    grid_put(g, row, 3, "%s%s", value,
             *value && !baseline && r->better == VERDICT_NOISE ? "~" : "");
    if (*low)
        grid_put(g, row, 4, "%s to %s", low, high);
}

static int print_relative(const struct printing *p, struct error *e)
{
    char metric[64] = "metric";
    if (p->c->metric < COST_METRICS)
        snprintf(metric, sizeof metric, "%s", cost_metric_name[p->c->metric]);
    const char *const head[] = {"run",        "times as quick", "times the cost", metric, "95 %",
                                "epochs a s", "joules",         "Pareto",         NULL};
    struct grid g;
    const int rc = grid_begin(&g, "Beside the baseline", head, p->c->rows, e);
    if (rc)
        return rc;
    for (size_t i = 0; i < p->c->rows; i++) {
        const struct compare_row *r = &p->c->row[i];
        const bool baseline = i == p->c->baseline;
        put_name(&g, i, r);
        if (baseline)
            grid_put(&g, i, 1, "baseline");
        else
            put_ratio(&g, i, 1, r->speed, r->slower);
        put_ratio(&g, i, 2, r->cost, baseline ? VERDICT_UNKNOWN : r->dearer);
        put_metric(&g, i, r, baseline);
        put_number(&g, i, 5, r->epochs_per_second.median);
        put_number(&g, i, 6, r->joules.median);
        grid_put(&g, i, 7, "%s", r->pareto ? "yes" : "");
    }
    finish(p, &g);
    return 0;
}

static int print_target(const struct printing *p, struct error *e)
{
    static const char *const head[] = {"run", "reached by", "seconds", "dollars", NULL};
    const struct compare_target *t = p->c->spec.target;
    char title[96], value[COST_TEXT_MAX], reached[COMPARE_REACHED_MAX];
    if (!t)
        return 0;
    cost_text(value, t->value);
    snprintf(title, sizeof title, "To a %s of %s", history_column_name(t->column), value);
    struct grid g;
    const int rc = grid_begin(&g, title, head, p->c->rows, e);
    if (rc)
        return rc;
    for (size_t i = 0; i < p->c->rows; i++) {
        const struct compare_row *r = &p->c->row[i];
        put_name(&g, i, r);
        compare_reached(reached, r);
        grid_put(&g, i, 1, "%s", reached);
        put_number(&g, i, 2, r->target_seconds.median);
        put_dollars(&g, i, 3, r->target_dollars.median);
    }
    finish(p, &g);
    return 0;
}

static int print_phases(const struct printing *p, struct error *e)
{
    const char *head[COST_PHASES + 2] = {"run"};
    for (int phase = 0; phase < COST_PHASES; phase++)
        head[phase + 1] = cost_phase_name[phase];
    struct grid g;
    const int rc = grid_begin(&g, "Seconds by part", head, p->c->rows, e);
    if (rc)
        return rc;
    for (size_t i = 0; i < p->c->rows; i++) {
        put_name(&g, i, &p->c->row[i]);
        for (size_t phase = 0; phase < COST_PHASES; phase++)
            put_number(&g, i, phase + 1, p->c->row[i].seconds[phase].median);
    }
    finish(p, &g);
    return 0;
}

static int print_work(const struct printing *p, struct error *e)
{
    static const char *const head[] = {"run",    "program", "rows",    "features", "parameters",
                                       "epochs", "batch",   "threads", "ranks",    NULL};
    struct grid g;
    const int rc = grid_begin(&g, "Work", head, p->c->rows, e);
    if (rc)
        return rc;
    for (size_t i = 0; i < p->c->rows; i++) {
        const struct cost_run *r = p->c->row[i].run[0];
        put_name(&g, i, &p->c->row[i]);
        grid_put(&g, i, 1, "%.20s", r->program);
        put_count(&g, i, 2, r->rows);
        put_count(&g, i, 3, r->features);
        put_count(&g, i, 4, r->parameters);
        put_count(&g, i, 5, r->epochs);
        put_count(&g, i, 6, r->batch_size);
        put_count(&g, i, 7, r->threads);
        put_count(&g, i, 8, r->ranks);
    }
    finish(p, &g);
    return 0;
}

static void put_range(struct grid *g, size_t row, size_t column, const struct spread *s)
{
    char min[COST_TEXT_MAX], max[COST_TEXT_MAX];
    cost_text(min, s->min);
    cost_text(max, s->max);
    if (s->n > 1)
        grid_put(g, row, column, "%s to %s", min, max);
}

// Only of rows that were run more than once; the others have nothing to say here.
static int print_spread(const struct printing *p, struct error *e)
{
    static const char *const head[] = {"run",     "runs",   "seconds", "95 % of the mean",
                                       "dollars", "metric", NULL};
    struct grid g;
    size_t rows = 0, row = 0;
    for (size_t i = 0; i < p->c->rows; i++)
        rows += p->c->row[i].runs > 1;
    const int rc = grid_begin(&g, "From run to run", head, rows, e);
    if (rc)
        return rc;
    for (size_t i = 0; i < p->c->rows; i++) {
        const struct compare_row *r = &p->c->row[i];
        if (r->runs < 2)
            continue;
        char low[COST_TEXT_MAX], high[COST_TEXT_MAX];
        cost_text(low, r->elapsed.low);
        cost_text(high, r->elapsed.high);
        put_name(&g, row, r);
        put_count(&g, row, 1, r->runs);
        put_range(&g, row, 2, &r->elapsed);
        if (*low)
            grid_put(&g, row, 3, "%s to %s", low, high);
        put_range(&g, row, 4, &r->dollars);
        put_range(&g, row, 5, &r->metric);
        row++;
    }
    finish(p, &g);
    return 0;
}

// Lines of notes or of the answer.
static void put_lines(const struct printing *p, const struct buf *text, const char *bullet)
{
    static const struct buf_margins margins = {.indent = 2, .width = GRID_WIDTH};
    for (size_t at = 0; at < text->len;) {
        const size_t len = strcspn(text->data + at, "\n");
        buf_puts(p->out, bullet);
        if (p->format == COMPARE_MARKDOWN) {
            buf_append(p->out, text->data + at, len);
            buf_puts(p->out, "\n");
        } else
            buf_wrap(p->out, text->data + at, len, &margins);
        at += len + 1;
    }
    if (text->len)
        buf_puts(p->out, "\n");
}

static int print_all(const struct printing *p, struct error *e)
{
    static int (*const tables[])(const struct printing *, struct error *) = {
        print_cost, print_relative, print_target, print_phases, print_work, print_spread};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        const int rc = tables[i](p, e);
        if (rc)
            return rc;
    }
    put_lines(p, &p->c->notes, p->format == COMPARE_MARKDOWN ? "- " : "");
    put_lines(p, &p->c->answer, "");
    if (p->out->len)
        p->out->len--; // the empty line behind the last
    return buf_check(p->out, "the comparison", e);
}

int compare_print(const struct compare *c, enum compare_format format, struct buf *out,
                  struct error *e)
{
    const struct printing p = {c, format, out};
    switch (format) {
    case COMPARE_CSV:
        return compare_print_csv(c, out, e);
    case COMPARE_JSON:
        return compare_print_json(c, out, e);
    default:
        return print_all(&p, e);
    }
}
