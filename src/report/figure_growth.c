// SPDX-License-Identifier: MIT
// How time or cost grows with the size of the work: what was measured as marks, the fitted lines
// through them, and where two of them cross, with the sizes that noise leaves open as a band. On
// logarithmic axes fixed + each * size bends from flat to straight.
#include "report/figure_cost.h"

#include "report/canvas.h"

#include <math.h>
#include <stdio.h>

#define STEPS   64   // of a curve over the whole axis
#define FAR     1000 // a crossing that many times beyond the runs is only told
#define PADDING 0.06

static size_t lines_of(const struct figure_growth *f)
{
    return f->lines < FIGURE_LINES_MAX ? f->lines : FIGURE_LINES_MAX;
}

static bool good(const struct figure_growth_line *line, size_t i)
{
    return isfinite(line->size[i]) && isfinite(line->value[i]) && line->size[i] > 0 &&
           line->value[i] > 0;
}

static struct range sizes_of(const struct figure_growth_line *line)
{
    struct range r = RANGE_NONE;
    for (size_t i = 0; i < line->n; i++)
        if (good(line, i))
            range_add(&r, line->size[i]);
    return r;
}

static bool fitted(const struct figure_growth_line *line)
{
    return isfinite(line->fixed) && isfinite(line->each) && !range_empty(sizes_of(line));
}

static double value_at(const struct figure_growth_line *line, double size)
{
    return line->fixed + line->each * size;
}

// ---- axes ----

static void add_above_zero(struct range *r, double value)
{
    if (value > 0)
        range_add(r, value);
}

static struct range padded(struct range r)
{
    if (range_empty(r))
        return r;
    const double more = fmax(1.2, pow(r.high / r.low, PADDING));
    return (struct range){r.low / more, r.high * more};
}

static bool crossing_shown(const struct figure_growth *f, struct range sizes)
{
    return f->at > sizes.low / FAR && f->at < sizes.high * FAR;
}

static struct canvas_axes axes_of(const struct figure_growth *f)
{
    struct canvas_axes axes = {.x = RANGE_NONE,
                               .y = RANGE_NONE,
                               .x_kind = AXIS_LOG,
                               .y_kind = AXIS_LOG,
                               .x_name = f->size,
                               .y_name = f->value};
    for (size_t i = 0; i < lines_of(f); i++)
        for (size_t k = 0; k < f->line[i].n; k++)
            if (good(&f->line[i], k)) {
                range_add(&axes.x, f->line[i].size[k]);
                range_add(&axes.y, f->line[i].value[k]);
            }
    if (!range_empty(axes.x) && crossing_shown(f, axes.x))
        range_add(&axes.x, f->at);
    axes.x = padded(axes.x);
    for (size_t i = 0; i < lines_of(f); i++)
        if (fitted(&f->line[i])) {
            add_above_zero(&axes.y, value_at(&f->line[i], axes.x.low));
            add_above_zero(&axes.y, value_at(&f->line[i], axes.x.high));
        }
    axes.y = padded(axes.y);
    return axes;
}

// ---- lines ----

static void draw_part(struct canvas *c, const struct figure_growth_line *line, const char *class,
                      struct range part)
{
    struct svg_path p;
    svg_path_begin(&p, c->out, class);
    for (int i = 0; part.low < part.high && i <= STEPS; i++) {
        const double size = part.low * pow(part.high / part.low, (double)i / STEPS);
        const double x = axis_at(&c->x, size), y = axis_at(&c->y, value_at(line, size));
        if (i == 0)
            svg_path_move(&p, x, y);
        else
            svg_path_line(&p, x, y);
    }
    svg_path_end(&p);
}

// Dashed on either side of its runs.
static void draw_line(struct canvas *c, const struct figure_growth *f, size_t i)
{
    char class[CANVAS_CLASS_MAX], dashed[CANVAS_CLASS_MAX];
    const struct figure_growth_line *line = &f->line[i];
    if (!fitted(line))
        return;
    const struct range run = sizes_of(line);
    snprintf(class, sizeof class, "line c%zu", i % CANVAS_COLOURS);
    snprintf(dashed, sizeof dashed, "line thin c%zu d1", i % CANVAS_COLOURS);
    draw_part(c, line, dashed, (struct range){c->x.low, run.low});
    draw_part(c, line, class, run);
    draw_part(c, line, dashed, (struct range){run.high, c->x.high});
}

static void draw_runs(struct canvas *c, const struct figure_growth *f, size_t i)
{
    const struct figure_growth_line *line = &f->line[i];
    for (size_t k = 0; k < line->n; k++)
        if (good(line, k))
            canvas_mark(
                c, i, (double[]){axis_at(&c->x, line->size[k]), axis_at(&c->y, line->value[k])}, 4);
}

// Where the line leaves the plot, or where its last run is.
static double end_of(const struct figure_growth_line *line, const struct canvas_axes *axes)
{
    if (fitted(line))
        return value_at(line, axes->x.high);
    double last = NAN, size = -HUGE_VAL;
    for (size_t k = 0; k < line->n; k++)
        if (good(line, k) && line->size[k] >= size) {
            size = line->size[k];
            last = line->value[k];
        }
    return last;
}

// ---- the crossing ----

static void draw_band(struct canvas *c, const struct figure_growth *f)
{
    if (isnan(f->low) || isnan(f->high))
        return;
    const double left = axis_at(&c->x, f->low), right = axis_at(&c->x, f->high);
    svg_rect(c->out, "f4 a1", (double[]){left, c->top},
             (double[]){right - left, c->bottom - c->top});
}

static void draw_crossing(struct canvas *c, const struct figure_growth *f)
{
    char text[LABEL_MAX + 16], at[LABEL_MAX];
    if (!(f->at >= c->x.low && f->at <= c->x.high))
        return;
    const double x = axis_at(&c->x, f->at);
    label_value(at, f->at);
    snprintf(text, sizeof text, "equal: %s", at);
    svg_line(c->out, "guide", (double[]){x, c->top}, (double[]){x, c->bottom});
    canvas_beside(c, "over", -1, (double[]){x, c->top + 8}, text);
}

static void say_crossing(const struct figure_growth *f, char *text, size_t room)
{
    char at[LABEL_MAX], low[LABEL_MAX], high[LABEL_MAX];
    label_value(at, f->at);
    label_value(low, f->low);
    label_value(high, f->high);
    if (!isfinite(f->at))
        snprintf(text, room, "%s", "");
    else if (isnan(f->low))
        snprintf(text, room, "equal at %s", at);
    else if (!isfinite(f->high))
        snprintf(text, room, "equal at %s (from %s, no upper limit)", at, low);
    else
        snprintf(text, room, "equal at %s (95 %%: %s to %s)", at, low, high);
}

static void draw_all(struct canvas *c, const struct figure_growth *f,
                     const struct canvas_axes *axes)
{
    struct canvas_name name[FIGURE_LINES_MAX];
    double end[FIGURE_LINES_MAX];
    size_t n = 0;
    for (size_t i = 0; i < lines_of(f); i++) {
        end[n] = end_of(&f->line[i], axes);
        if (!isnan(end[n])) {
            name[n] = (struct canvas_name){f->line[i].name ? f->line[i].name : "", 0, i, true};
            n++;
        }
    }
    c->right -= canvas_names_width(name, n) - 8;
    canvas_plot(c, axes);
    draw_band(c, f);
    draw_crossing(c, f);
    for (size_t i = 0; i < lines_of(f); i++)
        draw_line(c, f, i);
    for (size_t i = 0; i < lines_of(f); i++)
        draw_runs(c, f, i);
    for (size_t i = 0; i < n; i++)
        name[i].y = axis_at(&c->y, end[i]);
    canvas_names(c, name, n);
}

int figure_growth(struct buf *out, const struct figure_growth *f)
{
    struct canvas c;
    char result[3 * LABEL_MAX + 32], about[CANVAS_ABOUT_MAX];
    const char *size = f->size ? f->size : "size", *value = f->value ? f->value : "cost";
    const struct canvas_axes axes = axes_of(f);
    say_crossing(f, result, sizeof result);
    snprintf(about, sizeof about, "%.100s of %zu configurations against %.100s%s%s", value,
             lines_of(f), size, result[0] ? ": " : "", result);
    canvas_begin(&c, out, &f->head, &(struct canvas_text){"How it grows", result, about},
                 CANVAS_HEIGHT);
    if (range_empty(axes.x))
        canvas_empty(&c, "no runs to show");
    else
        draw_all(&c, f, &axes);
    return canvas_end(&c);
}
