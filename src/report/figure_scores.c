// SPDX-License-Identifier: MIT
// Scores of the rows of each class, one class above the axis and the other below it, so that
// neither hides the other and no colour is needed. Each is a share of its own class: a rare class
// is seen as well as a frequent one.
#include "report/canvas.h"

#include <math.h>
#include <stdio.h>

#define BINS 40

struct score_bins {
    size_t count[2][BINS], rows[2];
    double tallest; // bin, in percent of its class
};

static void fill_bins(struct score_bins *b, const struct figure_scores *f)
{
    *b = (struct score_bins){0};
    for (size_t i = 0; i < f->n; i++) {
        if (!isfinite(f->score[i]))
            continue;
        const int class = f->label[i] > 0.5F;
        const double place = fmin(fmax((double)f->score[i], 0), 1) * BINS;
        b->count[class][place < BINS ? (int)place : BINS - 1]++;
        b->rows[class]++;
    }
    for (int class = 0; class < 2; class ++)
        for (int i = 0; i < BINS; i++)
            if (b->rows[class])
                b->tallest =
                    fmax(b->tallest, 100.0 * (double)b->count[class][i] / (double)b->rows[class]);
}

// Upwards for the ones, downwards for the zeros.
static void draw_class(struct canvas *c, const struct score_bins *b, int class)
{
    struct svg_path p;
    const double zero = axis_at(&c->y, 0);
    svg_path_begin(&p, c->out, class ? "f0 a4" : "f1 a4");
    for (int i = 0; i < BINS; i++) {
        const double share = 100.0 * (double)b->count[class][i] / (double)b->rows[class];
        const double end = axis_at(&c->y, class ? share : -share);
        const double from = axis_at(&c->x, (double)i / BINS);
        const double to = axis_at(&c->x, (double)(i + 1) / BINS);
        if (b->count[class][i])
            svg_path_box(&p, (double[]){from, zero}, (double[]){to - from - 0.8, end - zero});
    }
    svg_path_end(&p);
}

static void draw_threshold(struct canvas *c, double threshold)
{
    char text[LABEL_MAX + 16], value[LABEL_MAX];
    if (!isfinite(threshold))
        return;
    const double x = axis_at(&c->x, threshold);
    label_value(value, threshold);
    snprintf(text, sizeof text, "threshold %s", value);
    svg_line(c->out, "guide", (double[]){x, c->top}, (double[]){x, c->bottom});
    canvas_beside(c, "over", 1, (double[]){x, c->top + 8}, text);
}

static void name_classes(struct canvas *c, const struct figure_scores *f,
                         const struct score_bins *b)
{
    static const char *const numbers[] = {"0", "1"}, *const places[] = {"down", "up"};
    char text[2][SVG_CUT_MAX + LABEL_MAX + 16], rows[LABEL_MAX], name[SVG_CUT_MAX];
    for (int i = 0; i < 2; i++) {
        label_count(rows, b->rows[i]);
        svg_cut(name, f->names[i] ? f->names[i] : numbers[i], 90, CANVAS_TEXT);
        snprintf(text[i], sizeof text[i], "%s (%s): %s", name, places[i], rows);
    }
    canvas_keys(
        c,
        (const struct canvas_key[]){{text[1], "f0 a4", SVG_SQUARE}, {text[0], "f1 a4", SVG_SQUARE}},
        2);
}

int figure_scores(struct buf *out, const struct figure_scores *f)
{
    struct canvas c;
    struct score_bins b;
    fill_bins(&b, f);
    canvas_begin(&c, out, &f->head,
                 &(struct canvas_text){"Scores by class", NULL,
                                       "Histogram of the scores of each class's rows"},
                 CANVAS_HEIGHT);
    if (b.rows[0] + b.rows[1] == 0) {
        canvas_empty(&c, "no rows to show");
        return canvas_end(&c);
    }
    const double tall = 1.2 * b.tallest;
    name_classes(&c, f, &b);
    canvas_plot(&c, &(struct canvas_axes){.x = {0, 1},
                                          .y = {b.rows[0] ? -tall : 0, b.rows[1] ? tall : 0},
                                          .x_name = "score",
                                          .y_name = "% of the rows of its class",
                                          .mirrored = true});
    for (int class = 0; class < 2; class ++)
        if (b.rows[class])
            draw_class(&c, &b, class);
    const double zero = axis_at(&c.y, 0);
    svg_line(out, "axis", (double[]){c.left, zero}, (double[]){c.right, zero});
    draw_threshold(&c, f->threshold);
    return canvas_end(&c);
}
