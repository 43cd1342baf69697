// SPDX-License-Identifier: MIT
// The page from top to bottom: what to rent and where that turns, what it rests on, quality and
// size against cost, all rows, prices, sources.
#include "report/compare_page.h"

#include "cost/cost_text.h"
#include "report/compare_page_inner.h"
#include "report/html.h"
#include "report/label.h"
#include "report/page_frame.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static const struct page_section answer = {"answer", "Answer"}, notes = {"notes", "To beware of"},
                                 quality = {"quality", "Cost and quality"},
                                 growth = {"growth", "Cost and size"}, runs = {"runs", "Runs"},
                                 prices = {"prices", "Prices"}, published = {"sources", "Sources"};

void compare_metric_name(char text[COMPARE_METRIC_MAX], const struct compare *c)
{
    const char *part = NULL;
    text[0] = '\0';
    if (c->metric == COST_METRICS)
        return;
    for (size_t i = 0; !part && i < c->rows; i++)
        part = isnan(c->row[i].judged.value) ? NULL : c->row[i].run[0]->metric_part;
    snprintf(text, COMPARE_METRIC_MAX, "%.20s%s%s", part ? part : "", part ? "_" : "",
             cost_metric_name[c->metric]);
}

// ---- head ----

static void put_choice(struct buf *out, const struct compare *c, const struct compare_table *t)
{
    char dollars[COST_TEXT_MAX], more[COST_TEXT_MAX + 64];
    if (t->choice == SIZE_MAX)
        return;
    const struct compare_row *row = &c->row[t->choice];
    cost_text_dollars(dollars, row->dollars.median);
    snprintf(more, sizeof more, "%s a run, %.40s", dollars, row->run[0]->program);
    page_fact(out, "to rent", row->instance ? row->instance : "", more);
}

static void put_quickest(struct buf *out, const struct compare *c, size_t table)
{
    const struct compare_row *best = NULL;
    char text[COST_TEXT_MAX], value[COST_TEXT_MAX + 8];
    for (size_t i = 0; i < c->rows; i++)
        if (c->row[i].table == table && c->row[i].elapsed.n &&
            (!best || c->row[i].elapsed.median < best->elapsed.median))
            best = &c->row[i];
    if (!best)
        return;
    cost_text(text, best->elapsed.median);
    snprintf(value, sizeof value, "%s s", text);
    page_fact(out, "quickest", value, best->name);
}

static void put_best(struct buf *out, const struct compare *c, const struct compare_table *t)
{
    char metric[COMPARE_METRIC_MAX], name[COMPARE_METRIC_MAX + 8], value[LABEL_MAX];
    if (t->best == SIZE_MAX)
        return;
    compare_metric_name(metric, c);
    snprintf(name, sizeof name, "best %s", metric);
    label_decimal(value, c->row[t->best].judged.value, 3);
    page_fact(out, name, value, c->row[t->best].name);
}

// The smallest table for which something else is cheaper.
static void put_turn(struct buf *out, const struct compare_sight *s)
{
    const struct turning *first = NULL;
    char value[LABEL_MAX + 8], rows[LABEL_MAX];
    for (size_t i = 0; i < s->turnings.count; i++) {
        const struct turning *t = &s->turnings.item[i];
        if (t->priced && t->dollars.crosses && (!first || t->dollars.size < first->dollars.size))
            first = t;
    }
    if (!first)
        return;
    label_value(rows, first->dollars.size);
    snprintf(value, sizeof value, "%s rows", rows);
    page_fact(out, "the answer turns at", value,
              first->dollars.measured ? "within what was run" : "beyond what was run");
}

static void put_counts(struct buf *out, const struct compare *c)
{
    size_t count = 0;
    char value[LABEL_MAX], more[128];
    for (size_t i = 0; i < c->rows; i++)
        count += c->row[i].runs;
    label_count(value, count);
    snprintf(more, sizeof more, "%zu configuration%s, %zu table%s", c->rows,
             c->rows == 1 ? "" : "s", c->tables, c->tables == 1 ? "" : "s");
    page_fact(out, "runs", value, more);
}

// Of the baseline's table.
static void put_head(struct buf *out, const struct compare_sight *s)
{
    const struct compare *c = s->c;
    const size_t table = c->row[c->baseline].table;
    html_put(out, "<p class=\"kicker\">skiff comparison of runs</p>\n<h1>What runs cost</h1>\n"
                  "<p class=\"soft\">");
    if (c->tables > 1 && c->table[table].rows)
        html_printf(out, "Of %zu tables; first, that of %zu rows.", c->tables,
                    c->table[table].rows);
    else
        html_text(out, "Seconds, dollars and quality of the same work in different places.");
    html_put(out, "</p>\n<dl class=\"facts\">\n");
    put_choice(out, c, &c->table[table]);
    put_quickest(out, c, table);
    put_best(out, c, &c->table[table]);
    put_turn(out, s);
    put_counts(out, c);
    html_put(out, "</dl>\n");
}

// ---- sentences ----

// In pieces, for html_prose wants text that ends.
static void put_part(struct buf *out, const char *text, size_t len)
{
    char part[512];
    while (len > 0) {
        size_t piece = len < sizeof part ? len : sizeof part - 1;
        while (piece > 1 && piece < len && ((unsigned char)text[piece] & 0xc0) == 0x80)
            piece--; // not in the middle of a character
        memcpy(part, text, piece);
        part[piece] = '\0';
        html_prose(out, part);
        text += piece;
        len -= piece;
    }
}

// Each line of the text between these tags.
static void put_lines(struct buf *out, const struct buf *text, const char *tag)
{
    for (const char *at = text->data; at && *at;) {
        const char *end = strchr(at, '\n');
        const size_t len = end ? (size_t)(end - at) : strlen(at);
        buf_printf(out, "<%s>", tag);
        put_part(out, at, len);
        buf_printf(out, "</%s>\n", tag);
        at += end ? len + 1 : len;
    }
}

static bool has_gpu(const struct compare *c, bool published_too)
{
    for (size_t i = 0; i < c->rows; i++) {
        const struct cost_run *r = c->row[i].run[0];
        if (r->device && strcmp(r->device, "cpu") != 0 && (published_too || !r->published))
            return true;
    }
    return false;
}

static void put_missing(struct buf *out, const char *text)
{
    html_put(out, "<div class=\"missing\"><p>");
    html_text(out, text);
    html_put(out, "</p></div>\n");
}

// What would be needed to say more.
static void put_all_missing(struct buf *out, const struct compare_sight *s)
{
    if (!has_gpu(s->c, true))
        put_missing(out, "No run on a GPU is among these: whether one pays cannot be said from "
                         "them.");
    else if (!has_gpu(s->c, false))
        put_missing(out, "No run on a GPU was measured here: what is said of GPUs rests on runs "
                         "that others published.");
    if (s->sweeps.count == 0)
        put_missing(out, "No configuration was run on tables of different size: at which size the "
                         "answer turns cannot be said from these runs.");
    else if (s->turnings.count == 0)
        put_missing(out, "No two configurations did the same work on tables of different size: at "
                         "which size the answer turns cannot be said from these runs.");
}

static void put_answer(struct buf *out, const struct compare_sight *s)
{
    page_section_begin(out, &answer);
    put_lines(out, &s->c->answer, "p");
    put_all_missing(out, s);
    page_section_end(out);
}

static void put_notes(struct buf *out, const struct compare *c)
{
    if (c->notes.len == 0)
        return;
    page_section_begin(out, &notes);
    html_put(out, "<ul class=\"remarks\">\n");
    put_lines(out, &c->notes, "li");
    html_put(out, "</ul>\n");
    page_section_end(out);
}

// ---- sections ----

static int put_figures(struct buf *out, const struct compare_sight *s, struct error *e)
{
    int rc = 0;
    if (compare_has_quality(s->c)) {
        page_section_begin(out, &quality);
        rc = compare_quality_figures(out, s->c, e);
        page_section_end(out);
    }
    if (rc == 0 && s->sweeps.count > 0) {
        page_section_begin(out, &growth);
        rc = compare_growth_figures(out, s, e);
        page_section_end(out);
    }
    return rc;
}

static void put_tables(struct buf *out, const struct compare *c)
{
    page_section_begin(out, &runs);
    compare_runs_tables(out, c);
    page_section_end(out);
    page_section_begin(out, &prices);
    compare_prices_tables(out, c);
    page_section_end(out);
    if (!compare_has_published(c))
        return;
    page_section_begin(out, &published);
    compare_published_table(out, c);
    page_section_end(out);
}

static int put_page(struct buf *out, const struct compare_sight *s, struct error *e)
{
    const struct page_section *const sections[] = {
        &answer,
        s->c->notes.len ? &notes : NULL,
        compare_has_quality(s->c) ? &quality : NULL,
        s->sweeps.count ? &growth : NULL,
        &runs,
        &prices,
        compare_has_published(s->c) ? &published : NULL,
    };
    page_open(out, "What runs cost");
    put_head(out, s);
    page_navigation(out, sections, sizeof sections / sizeof *sections);
    page_main(out);
    put_answer(out, s);
    put_notes(out, s->c);
    const int rc = put_figures(out, s, e);
    put_tables(out, s->c);
    page_close(out, "from the records of the runs");
    return rc ? rc : buf_check(out, "the page", e);
}

int compare_page(const struct compare *c, struct buf *out, struct error *e)
{
    struct compare_sight s = {.c = c};
    int rc = sweeps_find(&s.sweeps, c, e);
    if (rc == 0)
        rc = turnings_find(&s.turnings, &s.sweeps, e);
    if (rc == 0)
        rc = put_page(out, &s, e);
    turnings_clear(&s.turnings);
    sweeps_clear(&s.sweeps);
    return rc;
}
