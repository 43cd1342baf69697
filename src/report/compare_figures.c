// SPDX-License-Identifier: MIT
// Which figures a comparison has: quality against cost for each table of data, cost and seconds
// against size for each work that was done at several sizes.
#include "base/mem.h"
#include "cost/cost_text.h"
#include "report/compare_page_inner.h"
#include "report/figure_cost.h"
#include "report/html.h"
#include "report/label.h"
#include "report/page_frame.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define FIGURES_MAX 8 // of a kind on a page
#define NAME_MAX    256

static int put_figure(struct buf *out, struct buf *svg, const char *caption, struct error *e)
{
    const int rc = buf_check(svg, "a figure", e);
    if (rc == 0)
        page_figure(out, svg, caption);
    return rc;
}

// ---- quality ----

static bool drawn(const struct compare_row *row)
{
    return isfinite(row->dollars.median) && isfinite(row->judged.value);
}

static size_t drawn_of(const struct compare *c, size_t table)
{
    size_t count = 0;
    for (size_t i = 0; i < c->rows; i++)
        count += c->row[i].table == table && drawn(&c->row[i]);
    return count;
}

bool compare_has_quality(const struct compare *c)
{
    for (size_t i = 0; i < c->rows; i++)
        if (drawn(&c->row[i]))
            return true;
    return false;
}

static struct figure_run point_of(const struct compare *c, size_t i)
{
    const struct compare_row *row = &c->row[i];
    const bool several = row->dollars.n > 1;
    return (struct figure_run){
        .name = row->name,
        .number = i + 1,
        .origin = row->run[0]->published         ? FIGURE_PUBLISHED
                  : row->guessed || row->assumed ? FIGURE_GUESSED
                                                 : FIGURE_MEASURED,
        .dollars = row->dollars.median,
        .dollars_low = several ? row->dollars.min : NAN,
        .dollars_high = several ? row->dollars.max : NAN,
        .metric = row->judged.value,
        .metric_low = row->judged.low,
        .metric_high = row->judged.high,
        .best = row->pareto,
    };
}

static const char quality_caption[] =
    "Each point is a configuration, with its number in the tables below; upright lines are what "
    "the rows of the evaluation leave open of its metric (95 %), level ones go from its cheapest "
    "to its dearest run. Guessed: priced as an instance that it was not seen to run on. Published: "
    "by others.";

static int put_quality(struct buf *out, const struct compare *c, size_t table, const char *caption,
                       struct error *e)
{
    struct figure_run run[FIGURE_RUNS_MAX];
    char prefix[32], note[64] = "", rows[LABEL_MAX], metric[COMPARE_METRIC_MAX];
    size_t n = 0;
    struct buf svg;
    for (size_t i = 0; n < FIGURE_RUNS_MAX && i < c->rows; i++)
        if (c->row[i].table == table && drawn(&c->row[i]))
            run[n++] = point_of(c, i);
    compare_metric_name(metric, c);
    snprintf(prefix, sizeof prefix, "quality%zu", table);
    label_count(rows, c->table[table].rows);
    if (c->table[table].rows)
        snprintf(note, sizeof note, "a table of %s rows", rows);
    buf_init(&svg, FIGURE_MAX);
    figure_cost(&svg,
                &(struct figure_cost){.head = {.prefix = prefix, .note = note, .inlined = true},
                                      .n = n,
                                      .run = run,
                                      .metric = metric,
                                      .lower = !cost_metric_larger_is_better(c->metric)});
    const int rc = put_figure(out, &svg, caption, e);
    buf_clear(&svg);
    return rc;
}

// That there are more than the figures show.
static void say_more(struct buf *out, size_t shown, size_t all, const char *what)
{
    if (all <= shown)
        return;
    html_put(out, "<p class=\"soft\">");
    html_printf(out, "The first %zu of %zu %s; the tables below have all.", shown, all, what);
    html_put(out, "</p>\n");
}

int compare_quality_figures(struct buf *out, const struct compare *c, struct error *e)
{
    size_t figures = 0, most = 0;
    int rc = 0;
    html_put(out, "<div class=\"cells\">\n");
    for (size_t t = 0; rc == 0 && t < c->tables; t++) {
        const size_t runs = drawn_of(c, t);
        if (runs > 0 && figures++ < FIGURES_MAX)
            rc = put_quality(out, c, t,
                             figures > 1 ? "The same of another table." : quality_caption, e);
        most = runs > most ? runs : most;
    }
    html_put(out, "</div>\n");
    say_more(out, FIGURES_MAX, figures, "tables");
    say_more(out, FIGURE_RUNS_MAX, most, "configurations");
    return rc;
}

// ---- growth ----

// The sweeps of one work, and the pair of them whose crossing is marked.
struct work {
    const struct sweep *sweep[FIGURE_LINES_MAX];
    size_t count;
    const struct turning *first; // to cross; NULL: none does
    bool dollars;
};

static const struct crossing *crossing_of(const struct turning *t, bool dollars)
{
    return dollars ? &t->dollars : &t->seconds;
}

static void look_at_work(struct work *w, const struct compare_sight *s, const struct sweep *of)
{
    for (size_t i = 0; i < s->sweeps.count && w->count < FIGURE_LINES_MAX; i++) {
        const struct sweep *one = &s->sweeps.item[i];
        if (sweep_same_work(one, of) && (!w->dollars || isfinite(one->usd_per_second)))
            w->sweep[w->count++] = one;
    }
    for (size_t i = 0; i < s->turnings.count; i++) {
        const struct turning *t = &s->turnings.item[i];
        if (!sweep_same_work(t->side[0], of) || (w->dollars && !t->priced))
            continue;
        const struct crossing *c = crossing_of(t, w->dollars);
        if (c->crosses && (!w->first || c->size < crossing_of(w->first, w->dollars)->size))
            w->first = t;
    }
}

// The lines' arrays are in one block: sizes, then values.
static double *fill_lines(struct figure_growth_line *line, char (*name)[NAME_MAX],
                          const struct work *w)
{
    size_t runs = 0, at = 0;
    for (size_t i = 0; i < w->count; i++)
        runs += w->sweep[i]->runs;
    double *block = mem_array(2 * runs, sizeof *block);
    for (size_t i = 0; block && i < w->count; i++) {
        const struct sweep *s = w->sweep[i];
        const double price = w->dollars ? s->usd_per_second : 1;
        for (size_t k = 0; k < s->runs; k++) {
            block[at + k] = s->run[k].size;
            block[runs + at + k] = s->run[k].seconds * price;
        }
        line[i] = (struct figure_growth_line){.name = name[i],
                                              .n = s->runs,
                                              .size = block + at,
                                              .value = block + runs + at,
                                              .fixed = s->growth.fixed * price,
                                              .each = s->growth.each * price};
        at += s->runs;
    }
    return block;
}

// Is there another line of that instance, or of another program, and so on?
static bool others(const struct work *w, size_t i,
                   bool (*differ)(const struct compare_row *, const struct compare_row *))
{
    for (size_t k = 0; k < w->count; k++)
        if (differ(w->sweep[i]->row, w->sweep[k]->row))
            return true;
    return false;
}

static bool other_program(const struct compare_row *a, const struct compare_row *b)
{
    return !cost_text_same(a->run[0]->program, b->run[0]->program);
}

static bool other_threads(const struct compare_row *a, const struct compare_row *b)
{
    return cost_text_same(a->instance, b->instance) && !other_program(a, b) &&
           a->run[0]->threads != b->run[0]->threads;
}

static bool other_device(const struct compare_row *a, const struct compare_row *b)
{
    return cost_text_same(a->instance, b->instance) && !other_program(a, b) &&
           !cost_text_same(a->run[0]->device, b->run[0]->device);
}

// There is little room: "torch 2x m5.xlarge cpu 4t".
static void name_line(char name[NAME_MAX], const struct work *w, size_t i)
{
    const struct compare_row *row = w->sweep[i]->row;
    const struct cost_run *r = row->run[0];
    const char *instance = row->instance ? row->instance : "here";
    char program[64] = "", count[32] = "", device[64] = "", threads[32] = "";
    if (others(w, i, other_program))
        snprintf(program, sizeof program, "%.40s ", r->program);
    if (r->instances > 1)
        snprintf(count, sizeof count, "%zux ", r->instances);
    if (others(w, i, other_device))
        snprintf(device, sizeof device, " %.40s", r->device ? r->device : "");
    if (others(w, i, other_threads))
        snprintf(threads, sizeof threads, " %zut", r->threads);
    snprintf(name, NAME_MAX, "%s%s%.60s%s%s", program, count,
             strncmp(instance, "ml.", 3) == 0 ? instance + 3 : instance, device, threads);
}

static int draw_growth(struct buf *svg, const struct work *w, const char *prefix)
{
    struct figure_growth_line line[FIGURE_LINES_MAX];
    char name[FIGURE_LINES_MAX][NAME_MAX];
    for (size_t i = 0; i < w->count; i++)
        name_line(name[i], w, i);
    double *block = fill_lines(line, name, w);
    if (!block)
        return ERR_NOMEM;
    const struct crossing *c = w->first ? crossing_of(w->first, w->dollars) : NULL;
    figure_growth(svg, &(struct figure_growth){
                           .head = {.prefix = prefix,
                                    .title = w->dollars ? "Dollars and size" : "Seconds and size",
                                    .inlined = true},
                           .lines = w->count,
                           .line = line,
                           .size = "rows",
                           .value = w->dollars ? "dollars a run" : "seconds a run",
                           .at = c ? c->size : NAN,
                           .low = c ? c->low : NAN,
                           .high = c ? c->high : NAN});
    mem_free(block);
    return 0;
}

static int put_growth(struct buf *out, const struct compare_sight *s, size_t first, bool dollars,
                      struct error *e)
{
    struct work w = {.dollars = dollars};
    struct buf svg;
    char prefix[32];
    look_at_work(&w, s, &s->sweeps.item[first]);
    if (w.count == 0)
        return 0;
    snprintf(prefix, sizeof prefix, "%s%zu", dollars ? "dollars" : "seconds", first);
    buf_init(&svg, FIGURE_MAX);
    int rc = draw_growth(&svg, &w, prefix);
    if (rc)
        error_nomem(e, "a figure");
    else
        rc = put_figure(out, &svg,
                        dollars
                            ? "Marks are runs, billed to the part of a second; lines are fixed + "
                              "each * rows, dashed where nothing was run. The band is the "
                              "crossing's 95 % interval."
                            : "The same in seconds from the start of the program to its end.",
                        e);
    buf_clear(&svg);
    return rc;
}

static size_t sweeps_of_work(const struct sweeps *s, const struct sweep *of)
{
    size_t count = 0;
    for (size_t i = 0; i < s->count; i++)
        count += sweep_same_work(&s->item[i], of);
    return count;
}

int compare_growth_figures(struct buf *out, const struct compare_sight *s, struct error *e)
{
    size_t works = 0, most = 0;
    int rc = 0;
    html_put(out, "<div class=\"cells\">\n");
    for (size_t i = 0; rc == 0 && i < s->sweeps.count; i++) {
        if (!sweep_is_first(&s->sweeps, i))
            continue;
        const size_t lines = sweeps_of_work(&s->sweeps, &s->sweeps.item[i]);
        most = lines > most ? lines : most;
        if (works++ >= FIGURES_MAX)
            continue;
        rc = put_growth(out, s, i, true, e);
        if (rc == 0)
            rc = put_growth(out, s, i, false, e);
    }
    html_put(out, "</div>\n");
    say_more(out, FIGURES_MAX, works, "kinds of work");
    say_more(out, FIGURE_LINES_MAX, most, "configurations");
    return rc;
}
