// SPDX-License-Identifier: MIT
// Several classes: one-vs-rest ROC curves, and precision, recall and F1 of each.
#include "report/canvas.h"
#include "report/ranked.h"
#include "report/trace.h"

#include "base/mem.h"

#include <math.h>
#include <stdio.h>

#define CURVES_MAX 10 // lines that can be told apart
#define KEY_ROW    15
#define KEY_SAMPLE 26 // length of a line in the key
#define ROW        22
#define THICK      12

static const char *name_of(const struct figure_class *class)
{
    return class->name ? class->name : "";
}

// Classes whose value is a number, from the lowest; NULL without memory.
static struct ranked *rank_classes(const struct figure_classes *f, bool by_auc, size_t *n)
{
    struct ranked *list = mem_array(f->classes, sizeof *list);
    if (!list)
        return NULL;
    *n = 0;
    for (size_t i = 0; i < f->classes; i++) {
        const double key = by_auc ? f->class[i].auc : f->class[i].f1;
        if (isfinite(key))
            list[(*n)++] = (struct ranked){key, i};
    }
    ranked_sort(list, *n);
    return list;
}

// ---- curves ----

// Of more than CURVES_MAX the lowest and the highest half of that; from the highest down.
static size_t pick_curves(const struct ranked *list, size_t n, size_t picked[CURVES_MAX])
{
    const size_t shown = n < CURVES_MAX ? n : CURVES_MAX;
    for (size_t i = 0; i < shown; i++)
        picked[i] = list[i < shown / 2 ? n - 1 - i : shown - 1 - i].index;
    return shown;
}

static void draw_curve(struct canvas *c, const struct figure_class *class, size_t look)
{
    struct trace t;
    char look_class[CANVAS_CLASS_MAX];
    canvas_line_class(look_class, look);
    trace_begin(&t, c->out, look_class, 1);
    for (size_t i = 0; i < class->n; i++)
        if (isfinite(class->fpr[i]) && isfinite(class->tpr[i]))
            trace_to(&t, axis_at(&c->x, class->fpr[i]), axis_at(&c->y, class->tpr[i]));
    trace_end(&t);
}

static double key_left(const struct canvas *c)
{
    return c->left + 0.54 * (c->right - c->left);
}

// Curves of bad classes go through that corner: they are paler there.
static void draw_key_ground(struct canvas *c, size_t keys)
{
    const double left = key_left(c) - 6, high = KEY_ROW * (double)keys + 4;
    svg_rect(c->out, "page a4", (double[]){left, c->bottom - 7 - high},
             (double[]){c->right - left, high});
}

// A sample of the line, its AUC and its name, in the corner that curves leave free.
static void draw_key(struct canvas *c, const struct figure_class *class, size_t look, double y)
{
    char look_class[CANVAS_CLASS_MAX], auc[LABEL_MAX], cut[SVG_CUT_MAX];
    const double from = key_left(c), to = from + KEY_SAMPLE;
    canvas_line_class(look_class, look);
    label_decimal(auc, class->auc, 3);
    svg_line(c->out, look_class, (double[]){from, y}, (double[]){to, y});
    svg_label(c->out, "over", SVG_START, (double[]){to + 7, y + 4.5}, auc);
    svg_cut(cut, name_of(class), c->right - to - 54, CANVAS_TEXT);
    svg_label(c->out, "over", SVG_START, (double[]){to + 50, y + 4.5}, cut);
}

int figure_roc_classes(struct buf *out, const struct figure_classes *f)
{
    struct canvas c;
    char result[80];
    size_t n = 0, picked[CURVES_MAX];
    struct ranked *list = rank_classes(f, true, &n);
    if (!list)
        return canvas_nomem(out);
    const size_t shown = pick_curves(list, n, picked);
    mem_free(list);
    if (n > shown)
        snprintf(result, sizeof result, "the best %d and the worst %d of %zu classes",
                 CURVES_MAX / 2, CURVES_MAX / 2, n);
    else
        snprintf(result, sizeof result, "%zu class%s, with AUC", n, n == 1 ? "" : "es");
    canvas_begin(&c, out, &f->head,
                 &(struct canvas_text){"ROC curves, one class against the rest", result,
                                       "True against false positive rate of each class"},
                 CANVAS_SQUARE);
    if (shown == 0) {
        canvas_empty(&c, "no curve: it needs rows of two classes");
        return canvas_end(&c);
    }
    c.right -= 4;
    canvas_plot(&c, &(struct canvas_axes){.x = {-0.01, 1.01},
                                          .y = {-0.01, 1.01},
                                          .x_name = "false positive rate",
                                          .y_name = "true positive rate"});
    svg_line(out, "guide", (double[]){axis_at(&c.x, 0), axis_at(&c.y, 0)},
             (double[]){axis_at(&c.x, 1), axis_at(&c.y, 1)});
    for (size_t i = shown; i-- > 0;)
        draw_curve(&c, &f->class[picked[i]], i);
    draw_key_ground(&c, shown);
    for (size_t i = 0; i < shown; i++)
        draw_key(&c, &f->class[picked[i]], i, c.bottom - 14 - KEY_ROW * (double)(shown - 1 - i));
    return canvas_end(&c);
}

// ---- precision, recall, F1 ----

// In the order of the classes; of too many the lowest.
static size_t pick_bars(struct ranked *list, size_t n)
{
    const size_t shown = n < FIGURE_CLASSES_MAX ? n : FIGURE_CLASSES_MAX;
    ranked_sort_index(list, shown);
    return shown;
}

static void draw_mark(struct canvas *c, enum svg_mark mark, const char *class, double value,
                      double y)
{
    if (isfinite(value))
        svg_mark(c->out, class, mark, (double[]){axis_at(&c->x, value), y}, 4);
}

static void draw_class(struct canvas *c, const struct figure_class *class, double y)
{
    char rows[LABEL_MAX];
    const double zero = axis_at(&c->x, 0), end = axis_at(&c->x, class->f1);
    label_count(rows, class->support);
    svg_rect(c->out, "f0 a3", (double[]){zero, y - THICK / 2.0}, (double[]){end - zero, THICK});
    draw_mark(c, SVG_DISC, "mark f1", class->precision, y);
    draw_mark(c, SVG_TRIANGLE, "mark f2", class->recall, y);
    svg_label(c->out, "soft", SVG_END, (double[]){CANVAS_WIDTH - CANVAS_MARGIN, y + 4.5}, rows);
}

static void draw_classes(struct canvas *c, const struct figure_classes *f,
                         const struct ranked *list, size_t n)
{
    const char *name[FIGURE_CLASSES_MAX];
    char rows_text[LABEL_MAX];
    double widest = svg_width("rows", CANVAS_TEXT);
    for (size_t i = 0; i < n; i++) {
        const struct figure_class *class = &f->class[list[i].index];
        name[i] = name_of(class);
        label_count(rows_text, class->support);
        widest = fmax(widest, svg_width(rows_text, CANVAS_TEXT));
    }
    const struct canvas_key keys[] = {{"F1", "f0 a3", SVG_SQUARE},
                                      {"precision", "mark f1", SVG_DISC},
                                      {"recall", "mark f2", SVG_TRIANGLE}};
    const struct canvas_rows rows = {n, name, ROW, {0, 1.02}, NULL};
    svg_label(c->out, "soft", SVG_END, (double[]){CANVAS_WIDTH - CANVAS_MARGIN, c->top}, "rows");
    canvas_keys(c, keys, 3);
    c->right -= widest + 10;
    canvas_plot_rows(c, &rows);
    for (size_t i = 0; i < n; i++)
        draw_class(c, &f->class[list[i].index], canvas_row(c, &rows, i));
}

int figure_class_bars(struct buf *out, const struct figure_classes *f)
{
    struct canvas c;
    char result[64] = "";
    size_t n = 0;
    struct ranked *list = rank_classes(f, false, &n);
    if (!list)
        return canvas_nomem(out);
    const size_t shown = pick_bars(list, n);
    if (n > shown)
        snprintf(result, sizeof result, "the lowest %zu of %zu classes", shown, n);
    canvas_begin(&c, out, &f->head,
                 &(struct canvas_text){"Precision, recall and F1 by class", result,
                                       "Bars of F1 with marks for precision and recall"},
                 canvas_rows_height(&(struct canvas_rows){.n = shown, .height = ROW}) + 10);
    if (shown)
        draw_classes(&c, f, list, shown);
    else
        canvas_empty(&c, "no classes to show");
    mem_free(list);
    return canvas_end(&c);
}
