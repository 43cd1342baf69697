// SPDX-License-Identifier: MIT
// Lines over epochs. Each has its name at its end, where the eye arrives; the best epoch is a guide
// through all of them.
#include "report/canvas.h"
#include "report/trace.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define DECADES 30.0 // losses whose largest is so many times the smallest get a logarithmic axis
#define PADDING 0.06 // of the plot's height above and below the lines

static size_t lines_of(const struct figure_curves *f)
{
    return f->lines < FIGURE_LINES_MAX ? f->lines : FIGURE_LINES_MAX;
}

static const char *name_of(const struct figure_line *line)
{
    return line->name ? line->name : "";
}

// The dashed one of two lines is the first: training, beside the validation that counts.
static size_t look_of(const struct figure_curves *f, size_t i)
{
    return lines_of(f) == 2 ? 1 - i : i;
}

static struct range values_of(const struct figure_curves *f)
{
    struct range r = RANGE_NONE;
    for (size_t i = 0; i < lines_of(f); i++)
        for (size_t epoch = 0; epoch < f->n; epoch++)
            range_add(&r, f->line[i].y[epoch]);
    return r;
}

static struct canvas_axes axes_of(const struct figure_curves *f, struct range values)
{
    const struct range limits = {0, f->loss ? HUGE_VAL : 1};
    const bool log = f->loss && values.low > 0 && values.high / values.low >= DECADES;
    struct canvas_axes axes = {.x = {1, (double)f->n}, .x_kind = AXIS_WHOLE, .x_name = "epoch"};
    if (f->n < 2)
        axes.x = (struct range){0, 2};
    axes.y = range_padded(values, PADDING, limits);
    axes.y_kind = AXIS_LINEAR;
    if (log) {
        const double more = pow(values.high / values.low, PADDING);
        axes.y = (struct range){values.low / more, values.high * more};
        axes.y_kind = AXIS_LOG;
    }
    axes.y_name = log ? "logarithmic" : NULL;
    return axes;
}

static void draw_line(struct canvas *c, const struct figure_curves *f, size_t i)
{
    struct trace t;
    char class[CANVAS_CLASS_MAX];
    const double *y = f->line[i].y;
    canvas_line_class(class, look_of(f, i));
    trace_begin(&t, c->out, class, lines_of(f) > 2 ? 1 : 0.5);
    for (size_t epoch = 0; epoch < f->n; epoch++) {
        if (isfinite(y[epoch]))
            trace_to(&t, axis_at(&c->x, (double)(epoch + 1)), axis_at(&c->y, y[epoch]));
        else
            trace_gap(&t);
    }
    trace_end(&t);
}

// Where the last finite value of each line lies.
static size_t find_names(const struct canvas *c, const struct figure_curves *f,
                         struct canvas_name name[FIGURE_LINES_MAX])
{
    size_t n = 0;
    for (size_t i = 0; i < lines_of(f); i++) {
        size_t last = f->n;
        while (last > 0 && !isfinite(f->line[i].y[last - 1]))
            last--;
        if (last == 0)
            continue;
        name[n++] = (struct canvas_name){name_of(&f->line[i]),
                                         axis_at(&c->y, f->line[i].y[last - 1]), look_of(f, i)};
    }
    return n;
}

static bool has_best(const struct figure_curves *f)
{
    return f->best > 0 && f->best <= f->n;
}

// Losses fall and metrics rise, so the label goes where they come from.
static void mark_best(struct canvas *c, const struct figure_curves *f)
{
    char text[48], class[CANVAS_CLASS_MAX];
    const double x = axis_at(&c->x, (double)f->best);
    svg_line(c->out, "guide", (double[]){x, c->top}, (double[]){x, c->bottom});
    for (size_t i = 0; i < lines_of(f); i++) {
        const double y = f->line[i].y[f->best - 1];
        if (!isfinite(y))
            continue;
        snprintf(class, sizeof class, "mark f%zu", look_of(f, i) % CANVAS_COLOURS);
        svg_mark(c->out, class, SVG_DISC, (double[]){x, axis_at(&c->y, y)}, 4);
    }
    snprintf(text, sizeof text, "best: %zu", f->best);
    canvas_beside(c, "over", (double[]){x, f->loss ? c->top + 8 : c->bottom - 12}, text);
}

// "best epoch 412 of 1000: train 0.401, val 0.412"
static void say_result(const struct figure_curves *f, char *text, size_t room)
{
    char value[LABEL_MAX];
    if (!has_best(f)) {
        snprintf(text, room, "%zu epoch%s", f->n, f->n == 1 ? "" : "s");
        return;
    }
    snprintf(text, room, "best epoch %zu of %zu", f->best, f->n);
    for (size_t i = 0; i < lines_of(f); i++) {
        const size_t len = strlen(text);
        label_value(value, f->line[i].y[f->best - 1]);
        snprintf(text + len, room - len, "%s %s %s", i ? "," : ":", name_of(&f->line[i]), value);
    }
}

int figure_curves(struct buf *out, const struct figure_curves *f)
{
    struct canvas c;
    struct canvas_name name[FIGURE_LINES_MAX];
    char result[CANVAS_ABOUT_MAX / 2], about[CANVAS_ABOUT_MAX];
    const char *title = f->loss ? "Loss" : "Metrics";
    const struct range values = values_of(f);
    say_result(f, result, sizeof result);
    snprintf(about, sizeof about, "%s over epochs: %s", title, result);
    canvas_begin(&c, out, &f->head, &(struct canvas_text){title, result, about}, CANVAS_HEIGHT);
    if (range_empty(values)) {
        canvas_empty(&c, "no values to show");
        return canvas_end(&c);
    }
    const struct canvas_axes axes = axes_of(f, values);
    c.right -= canvas_names_width(name, find_names(&c, f, name)) - 8;
    canvas_plot(&c, &axes);
    for (size_t i = 0; i < lines_of(f); i++)
        draw_line(&c, f, i);
    if (has_best(f))
        mark_best(&c, f);
    canvas_names(&c, name, find_names(&c, f, name));
    return canvas_end(&c);
}
