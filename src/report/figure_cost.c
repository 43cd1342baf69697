// SPDX-License-Identifier: MIT
// Runs by what they cost and how good they are. The steps go through those that nothing beats in
// both: what quality can be had up to which cost. Names stand beside their points where none lies
// on another; the best are placed first, and what finds no room gets its number.
#include "report/figure_cost.h"

#include "report/canvas.h"

#include <math.h>
#include <stdio.h>

#define NAME_ROOM 150 // of a name
#define HIGH      13  // of a line of text
#define FOOT      4.5 // from its middle down to its foot
#define RADIUS    4.5
#define PADDING   0.1

static size_t runs_of(const struct figure_cost *f)
{
    return f->n < FIGURE_RUNS_MAX ? f->n : FIGURE_RUNS_MAX;
}

static bool drawn(const struct figure_run *r)
{
    return isfinite(r->dollars) && isfinite(r->metric);
}

static const struct look {
    const char *text, *mark_class, *line_class;
    enum svg_mark mark;
} looks[] = {
    [FIGURE_MEASURED] = {"measured", "mark f0", "thin c0", SVG_DISC},
    [FIGURE_GUESSED] = {"guessed", "mark f1", "thin c1", SVG_SQUARE},
    [FIGURE_PUBLISHED] = {"published", "mark f3", "thin c3", SVG_DIAMOND},
};
#define LOOKS (sizeof looks / sizeof looks[0])

// ---- axes ----

// On a logarithmic axis room around is a factor.
static struct range padded_log(struct range r)
{
    if (range_empty(r) || !(r.low > 0))
        return range_padded(r, PADDING, (struct range){0, HUGE_VAL});
    const double more = fmax(1.3, pow(r.high / r.low, PADDING));
    return (struct range){r.low / more, r.high * more};
}

static struct canvas_axes axes_of(const struct figure_cost *f)
{
    struct canvas_axes axes = {.x = RANGE_NONE, .y = RANGE_NONE, .x_kind = AXIS_LOG};
    for (size_t i = 0; i < runs_of(f); i++) {
        const struct figure_run *r = &f->run[i];
        if (!drawn(r))
            continue;
        const double values[] = {r->dollars, r->dollars_low, r->dollars_high};
        for (int k = 0; k < 3; k++)
            range_add(&axes.x, values[k]);
        const double metrics[] = {r->metric, r->metric_low, r->metric_high};
        for (int k = 0; k < 3; k++)
            range_add(&axes.y, metrics[k]);
    }
    axes.x = padded_log(axes.x);
    axes.y = range_padded(axes.y, PADDING, (struct range){0, f->lower ? HUGE_VAL : 1});
    axes.x_name = "dollars a run";
    return axes;
}

// ---- points ----

static void point_of(const struct canvas *c, const struct figure_run *r, double at[2])
{
    at[0] = axis_at(&c->x, r->dollars);
    at[1] = axis_at(&c->y, r->metric);
}

static void draw_whiskers(struct canvas *c, const struct figure_run *r)
{
    const char *class = looks[r->origin].line_class;
    double at[2];
    point_of(c, r, at);
    if (isfinite(r->metric_low) && isfinite(r->metric_high))
        svg_line(c->out, class, (double[]){at[0], axis_at(&c->y, r->metric_low)},
                 (double[]){at[0], axis_at(&c->y, r->metric_high)});
    if (isfinite(r->dollars_low) && isfinite(r->dollars_high))
        svg_line(c->out, class, (double[]){axis_at(&c->x, r->dollars_low), at[1]},
                 (double[]){axis_at(&c->x, r->dollars_high), at[1]});
}

// The cheapest of the best runs that is dearer than `after`; NULL: there is none.
static const struct figure_run *next_best(const struct figure_cost *f, double after)
{
    const struct figure_run *next = NULL;
    for (size_t i = 0; i < runs_of(f); i++) {
        const struct figure_run *r = &f->run[i];
        if (drawn(r) && r->best && r->dollars > after && (!next || r->dollars < next->dollars))
            next = r;
    }
    return next;
}

static void draw_steps(struct canvas *c, const struct figure_cost *f)
{
    struct svg_path p;
    double at[2], level = NAN, before = -HUGE_VAL;
    svg_path_begin(&p, c->out, "line c2 d1");
    for (const struct figure_run *r; (r = next_best(f, before)); before = r->dollars) {
        point_of(c, r, at);
        if (isnan(level))
            svg_path_move(&p, at[0], at[1]);
        else
            svg_path_line(&p, at[0], level);
        svg_path_line(&p, at[0], at[1]);
        level = at[1];
    }
    if (!isnan(level))
        svg_path_line(&p, c->right, level);
    svg_path_end(&p);
}

// ---- names ----

struct box {
    double left, right, top, bottom;
};

struct placed {
    struct box box[2 * FIGURE_RUNS_MAX]; // marks, then names
    size_t n;
};

static bool is_free(const struct canvas *c, const struct placed *placed, const struct box *b)
{
    if (b->left < c->left || b->right > c->right || b->top < c->top || b->bottom > c->bottom)
        return false;
    for (size_t i = 0; i < placed->n; i++) {
        const struct box *o = &placed->box[i];
        if (b->left < o->right && o->left < b->right && b->top < o->bottom && o->top < b->bottom)
            return false;
    }
    return true;
}

// The text at the first free place around the point, to the right of it if that is one.
static bool place(struct canvas *c, struct placed *placed, const double at[2], const char *text)
{
    static const struct {
        double side, down; // side: -1 ends there, 0 has its middle there, 1 begins there
    } places[] = {{1, 0},    {-1, 0},   {0, -14},   {0, 14},  {1, -10},  {-1, 10}, {1, 10},
                  {-1, -10}, {.5, -16}, {-.5, -16}, {.5, 16}, {-.5, 16}, {0, -28}, {0, 28}};
    const double width = svg_width(text, CANVAS_TEXT);
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        const double side = places[i].side, x = at[0] + 8 * side, y = at[1] + places[i].down;
        const double left = x - (1 - side) / 2 * width;
        const struct box b = {left, left + width, y - HIGH / 2.0, y + HIGH / 2.0};
        if (!is_free(c, placed, &b))
            continue;
        placed->box[placed->n++] = b;
        svg_label(c->out, "over", SVG_START, (double[]){left, y + FOOT}, text);
        return true;
    }
    return false;
}

static void place_name(struct canvas *c, struct placed *placed, const struct figure_cost *f,
                       size_t i)
{
    char name[SVG_CUT_MAX], text[SVG_CUT_MAX + 24], number[24];
    double at[2];
    point_of(c, &f->run[i], at);
    snprintf(number, sizeof number, "%zu", f->run[i].number);
    snprintf(text, sizeof text, "%s %.250s", number, f->run[i].name ? f->run[i].name : "");
    svg_cut(name, text, NAME_ROOM, CANVAS_TEXT);
    if (!place(c, placed, at, name))
        place(c, placed, at, number);
}

static void draw_names(struct canvas *c, const struct figure_cost *f)
{
    struct placed placed = {.n = 0};
    for (size_t i = 0; i < runs_of(f); i++) {
        double at[2];
        if (!drawn(&f->run[i]))
            continue;
        point_of(c, &f->run[i], at);
        placed.box[placed.n++] =
            (struct box){at[0] - RADIUS, at[0] + RADIUS, at[1] - RADIUS, at[1] + RADIUS};
    }
    for (int best = 1; best >= 0; best--)
        for (size_t i = 0; i < runs_of(f); i++)
            if (drawn(&f->run[i]) && f->run[i].best == (best == 1))
                place_name(c, &placed, f, i);
}

static void draw_keys(struct canvas *c, const struct figure_cost *f)
{
    struct canvas_key key[LOOKS];
    size_t n = 0;
    for (size_t k = 0; k < LOOKS; k++)
        for (size_t i = 0; i < runs_of(f); i++)
            if (drawn(&f->run[i]) && f->run[i].origin == (enum figure_origin)k) {
                key[n++] = (struct canvas_key){looks[k].text, looks[k].mark_class, looks[k].mark};
                break;
            }
    canvas_keys(c, key, n);
}

static void draw_runs(struct canvas *c, const struct figure_cost *f)
{
    char y_name[SVG_CUT_MAX + 32];
    struct canvas_axes axes = axes_of(f);
    snprintf(y_name, sizeof y_name, "%.200s%s", f->metric ? f->metric : "quality",
             f->lower ? ", lower is better" : "");
    axes.y_name = y_name;
    draw_keys(c, f);
    canvas_plot(c, &axes);
    draw_steps(c, f);
    for (size_t i = 0; i < runs_of(f); i++)
        if (drawn(&f->run[i]))
            draw_whiskers(c, &f->run[i]);
    for (size_t i = 0; i < runs_of(f); i++) {
        const struct figure_run *r = &f->run[i];
        double at[2];
        if (!drawn(r))
            continue;
        point_of(c, r, at);
        svg_mark(c->out, looks[r->origin].mark_class, looks[r->origin].mark, at, RADIUS);
    }
    draw_names(c, f);
}

int figure_cost(struct buf *out, const struct figure_cost *f)
{
    struct canvas c;
    char about[CANVAS_ABOUT_MAX], result[64];
    size_t n = 0;
    for (size_t i = 0; i < runs_of(f); i++)
        n += drawn(&f->run[i]);
    snprintf(about, sizeof about, "%.200s of %zu runs against their dollars",
             f->metric ? f->metric : "Quality", n);
    snprintf(result, sizeof result, "%s", n > 1 ? "dashes: no run is both cheaper and better" : "");
    canvas_begin(&c, out, &f->head, &(struct canvas_text){"Cost and quality", result, about},
                 CANVAS_SQUARE);
    if (n == 0)
        canvas_empty(&c, "no run has both a price and the metric");
    else
        draw_runs(&c, f);
    return canvas_end(&c);
}
