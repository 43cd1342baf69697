// SPDX-License-Identifier: MIT
// Lines over epochs. Each has its name at its end, where the eye arrives; the best epoch is a guide
// through all of them.
#include "report/canvas.h"
#include "report/trace.h"

#include <math.h>
#include <stdio.h>

#define DECADES  30.0   // losses whose largest is so many times the smallest get a logarithmic axis
#define LEAST    1e-250 // beyond this and its inverse a logarithmic axis has no room around it
#define MARKS    4      // on each of several lines
#define NAME_MAX (SVG_CUT_MAX + LABEL_MAX)
#define PADDING  0.06 // of the plot's height above and below the lines

static size_t lines_of(const struct figure_curves *f)
{
    return f->lines < FIGURE_LINES_MAX ? f->lines : FIGURE_LINES_MAX;
}

// The first of two lines is the thin one in the second colour: training, beside the validation that
// counts.
static size_t look_of(const struct figure_curves *f, size_t i)
{
    return lines_of(f) == 2 ? 1 - i : i;
}

// Several lines have marks, which noise does not hide as it hides dashes.
static bool has_marks(const struct figure_curves *f)
{
    return lines_of(f) > 2;
}

static bool has_best(const struct figure_curves *f)
{
    return f->best > 0 && f->best <= f->n;
}

// Whose values stand beside the names.
static size_t valued_epoch(const struct figure_curves *f)
{
    const size_t epoch = f->kept ? f->kept : f->best;
    return epoch > 0 && epoch <= f->n ? epoch : f->n;
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
    const bool log = f->loss && values.low > LEAST && values.high < 1 / LEAST &&
                     values.high / values.low >= DECADES;
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
    snprintf(class, sizeof class, "line%s c%zu",
             has_marks(f) || (lines_of(f) == 2 && i == 0) ? " thin" : "",
             look_of(f, i) % CANVAS_COLOURS);
    trace_begin(&t, c->out, class, has_marks(f) ? 1 : 0.5);
    for (size_t epoch = 0; epoch < f->n; epoch++) {
        if (isfinite(y[epoch]))
            trace_to(&t, axis_at(&c->x, (double)(epoch + 1)), axis_at(&c->y, y[epoch]));
        else
            trace_gap(&t);
    }
    trace_end(&t);
}

// A few on each line, at other epochs than those of the others.
static void draw_marks(struct canvas *c, const struct figure_curves *f, size_t i)
{
    const double *y = f->line[i].y, part = ((double)i + 0.5) / (double)lines_of(f);
    for (int k = 0; has_marks(f) && k < MARKS; k++) {
        const size_t epoch = (size_t)((double)(f->n - 1) * (k + part) / MARKS);
        if (isfinite(y[epoch]))
            canvas_mark(c, look_of(f, i),
                        (double[]){axis_at(&c->x, (double)(epoch + 1)), axis_at(&c->y, y[epoch])},
                        3);
    }
}

// ---- names and the best epoch ----

// A line's name with its value; at the height of its end.
struct line_name {
    char text[NAME_MAX];
    double end; // NaN where the line has no point
};

static void name_line(const struct figure_curves *f, size_t i, struct line_name *name)
{
    char value[LABEL_MAX], cut[SVG_CUT_MAX];
    const double *y = f->line[i].y, at = y[valued_epoch(f) - 1];
    size_t last = f->n;
    while (last > 0 && !isfinite(y[last - 1]))
        last--;
    name->end = last ? y[last - 1] : NAN;
    label_value(value, at);
    svg_cut(cut, f->line[i].name ? f->line[i].name : "",
            CANVAS_NAMES - 30 - svg_width(value, CANVAS_TEXT), CANVAS_TEXT);
    snprintf(name->text, sizeof name->text, "%s%s%s", cut, isfinite(at) ? " " : "",
             isfinite(at) ? value : "");
}

// Losses fall and metrics rise, so the label goes where they come from.
static void mark_best(struct canvas *c, const struct figure_curves *f)
{
    char text[LABEL_MAX + 8], epoch[LABEL_MAX];
    const double x = axis_at(&c->x, (double)f->best);
    for (size_t i = 0; i < lines_of(f); i++)
        if (isfinite(f->line[i].y[f->best - 1]))
            canvas_mark(c, look_of(f, i), (double[]){x, axis_at(&c->y, f->line[i].y[f->best - 1])},
                        4.5);
    label_count(epoch, f->best);
    snprintf(text, sizeof text, "best: %s", epoch);
    canvas_beside(c, "over", 1, (double[]){x, f->loss ? c->top + 8 : c->bottom - 12}, text);
}

static void draw_lines(struct canvas *c, const struct figure_curves *f,
                       const struct canvas_axes *axes)
{
    struct line_name text[FIGURE_LINES_MAX];
    struct canvas_name name[FIGURE_LINES_MAX];
    size_t n = 0;
    for (size_t i = 0; i < lines_of(f); i++) {
        name_line(f, i, &text[i]);
        if (isfinite(text[i].end))
            name[n++] =
                (struct canvas_name){text[i].text, text[i].end, look_of(f, i), has_marks(f)};
    }
    c->right -= canvas_names_width(name, n) - 8;
    canvas_plot(c, axes);
    if (has_best(f)) {
        const double x = axis_at(&c->x, (double)f->best);
        svg_line(c->out, "guide", (double[]){x, c->top}, (double[]){x, c->bottom});
    }
    for (size_t i = 0; i < lines_of(f); i++)
        draw_line(c, f, i);
    for (size_t i = 0; i < lines_of(f); i++)
        draw_marks(c, f, i);
    if (has_best(f))
        mark_best(c, f);
    for (size_t i = 0; i < n; i++)
        name[i].y = axis_at(&c->y, name[i].y);
    canvas_names(c, name, n);
}

static void say_epochs(const struct figure_curves *f, char *text, size_t room)
{
    char best[LABEL_MAX], all[LABEL_MAX];
    label_count(best, f->best);
    label_count(all, f->n);
    if (has_best(f) && valued_epoch(f) == f->best)
        snprintf(text, room, "values at best epoch %s of %s", best, all);
    else
        snprintf(text, room, "%s epoch%s, values at the last", all, f->n == 1 ? "" : "s");
}

int figure_curves(struct buf *out, const struct figure_curves *f)
{
    struct canvas c;
    char result[128], about[CANVAS_ABOUT_MAX];
    const char *title = f->loss ? "Loss" : "Metrics";
    const struct range values = values_of(f);
    say_epochs(f, result, sizeof result);
    snprintf(about, sizeof about, "%s over epochs: %s", title, result);
    canvas_begin(&c, out, &f->head, &(struct canvas_text){title, result, about}, CANVAS_HEIGHT);
    if (range_empty(values)) {
        canvas_empty(&c, "no values to show");
        return canvas_end(&c);
    }
    const struct canvas_axes axes = axes_of(f, values);
    draw_lines(&c, f, &axes);
    return canvas_end(&c);
}
