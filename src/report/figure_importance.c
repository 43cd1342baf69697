// SPDX-License-Identifier: MIT
// What the model loses when a column is shuffled: a bar a column, with its spread over the repeats.
#include "report/canvas.h"
#include "report/ranked.h"

#include "base/mem.h"

#include <math.h>
#include <stdio.h>

#define ROW   23
#define THICK 13

// A list of the finite ones from the largest to the smallest; returns how many.
static size_t rank_features(const struct figure_importance *f, struct ranked *list)
{
    size_t n = 0;
    for (size_t i = 0; i < f->n; i++)
        if (isfinite(f->mean[i]))
            list[n++] = (struct ranked){-f->mean[i], i};
    ranked_sort(list, n);
    return n;
}

static double spread_of(const struct figure_importance *f, size_t i)
{
    return isfinite(f->spread[i]) ? fabs(f->spread[i]) : 0;
}

static struct range lengths_of(const struct figure_importance *f, const struct ranked *list,
                               size_t n)
{
    struct range r = {0, 0};
    for (size_t i = 0; i < n; i++) {
        const double mean = f->mean[list[i].index], spread = spread_of(f, list[i].index);
        range_add(&r, mean - spread);
        range_add(&r, mean + spread);
    }
    return range_padded(r, 0.02, (struct range){0, HUGE_VAL});
}

static void draw_bar(struct canvas *c, double y, double mean, double spread)
{
    const double zero = axis_at(&c->x, 0), end = axis_at(&c->x, mean);
    const double from = axis_at(&c->x, mean - spread), to = axis_at(&c->x, mean + spread);
    svg_rect(c->out, mean < 0 ? "f1 a4" : "f0 a4", (double[]){fmin(zero, end), y - THICK / 2.0},
             (double[]){fabs(end - zero), THICK});
    if (!(to - from > 0.1))
        return;
    svg_line(c->out, "rule", (double[]){from, y}, (double[]){to, y});
    svg_line(c->out, "rule", (double[]){from, y - 3.5}, (double[]){from, y + 3.5});
    svg_line(c->out, "rule", (double[]){to, y - 3.5}, (double[]){to, y + 3.5});
}

static void draw_features(struct canvas *c, const struct figure_importance *f,
                          const struct ranked *list, size_t n)
{
    const char *name[FIGURE_BARS_MAX];
    char lost[SVG_CUT_MAX + 40], metric[SVG_CUT_MAX];
    svg_cut(metric, f->metric ? f->metric : "the metric", CANVAS_WIDTH / 3.0, CANVAS_TEXT);
    snprintf(lost, sizeof lost, "worsening of %s when shuffled", metric);
    for (size_t i = 0; i < n; i++)
        name[i] = f->names[list[i].index];
    const struct canvas_rows rows = {n, name, ROW, lengths_of(f, list, n), lost};
    canvas_plot_rows(c, &rows);
    const double zero = axis_at(&c->x, 0);
    for (size_t i = 0; i < n; i++)
        draw_bar(c, canvas_row(c, &rows, i), f->mean[list[i].index], spread_of(f, list[i].index));
    svg_line(c->out, "axis", (double[]){zero, c->top}, (double[]){zero, c->bottom});
}

int figure_importance(struct buf *out, const struct figure_importance *f)
{
    struct canvas c;
    char result[64] = "", about[CANVAS_ABOUT_MAX], first[SVG_CUT_MAX];
    struct ranked *list = mem_array(f->n, sizeof *list);
    if (!list)
        return canvas_nomem(out);
    const size_t n = rank_features(f, list);
    const size_t shown = n < FIGURE_BARS_MAX ? n : FIGURE_BARS_MAX;
    if (n > shown)
        snprintf(result, sizeof result, "the first %zu of %zu columns", shown, n);
    svg_cut(first, n ? f->names[list[0].index] : "none", CANVAS_WIDTH, CANVAS_TEXT);
    snprintf(about, sizeof about, "What the model loses when a column is shuffled; most for %s",
             first);
    canvas_begin(
        &c, out, &f->head, &(struct canvas_text){"Permutation importance", result, about},
        canvas_rows_height(&(struct canvas_rows){.n = shown, .height = ROW, .x_name = ""}));
    if (shown)
        draw_features(&c, f, list, shown);
    else
        canvas_empty(&c, "no columns to show");
    mem_free(list);
    return canvas_end(&c);
}
