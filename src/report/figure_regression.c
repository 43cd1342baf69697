// SPDX-License-Identifier: MIT
// Predicted values, true ones and what lies between. Few rows are dots; many are counted in small
// squares whose shade grows with the logarithm of the count, so that a million rows are no more
// bytes than two thousand.
#include "report/canvas.h"

#include "base/mem.h"

#include <math.h>
#include <stdio.h>

#define DOTS_MAX 1500
#define ACROSS   64 // squares
#define DOWN     44
#define SHADES   5
#define BARS     41 // odd: one of them is around zero when the residuals are symmetric

typedef double value_of(const struct figure_regression *f, size_t i);

static double truth_of(const struct figure_regression *f, size_t i)
{
    return (double)f->truth[i];
}

static double predicted_of(const struct figure_regression *f, size_t i)
{
    return (double)f->predicted[i];
}

static double residual_of(const struct figure_regression *f, size_t i)
{
    return (double)f->truth[i] - (double)f->predicted[i];
}

static struct range range_of(const struct figure_regression *f, value_of *value)
{
    struct range r = RANGE_NONE;
    for (size_t i = 0; i < f->n; i++)
        if (isfinite(residual_of(f, i)))
            range_add(&r, value(f, i));
    return r;
}

// ---- rows as dots or squares ----

struct cloud {
    const struct figure_regression *f;
    value_of *x, *y;
};

static void draw_dots(struct canvas *c, const struct cloud *cloud)
{
    struct svg_path p;
    svg_path_begin(&p, c->out, "spot c0");
    for (size_t i = 0; i < cloud->f->n; i++)
        if (isfinite(residual_of(cloud->f, i)))
            svg_path_spot(&p, axis_at(&c->x, cloud->x(cloud->f, i)),
                          axis_at(&c->y, cloud->y(cloud->f, i)));
    svg_path_end(&p);
}

static size_t cell_of(double at, double from, double to, size_t cells)
{
    const double place = (at - from) / (to - from) * (double)cells;
    return place < 0 ? 0 : place < (double)cells ? (size_t)place : cells - 1;
}

static size_t fill_squares(size_t (*count)[ACROSS], const struct canvas *c,
                           const struct cloud *cloud)
{
    size_t most = 0;
    for (size_t i = 0; i < cloud->f->n; i++) {
        if (!isfinite(residual_of(cloud->f, i)))
            continue;
        const double x = axis_at(&c->x, cloud->x(cloud->f, i));
        const double y = axis_at(&c->y, cloud->y(cloud->f, i));
        size_t *cell =
            &count[cell_of(y, c->top, c->bottom, DOWN)][cell_of(x, c->left, c->right, ACROSS)];
        *cell += 1;
        most = *cell > most ? *cell : most;
    }
    return most;
}

// 0 for an empty square, else 1 .. SHADES.
static int shade_of(size_t count, size_t most)
{
    if (count == 0 || most < 2)
        return count > 0;
    return 1 + (int)fmin(SHADES * log((double)count) / log((double)most), SHADES - 1);
}

// Squares of one shade that touch in a row are one box.
static void draw_shade(struct canvas *c, size_t (*count)[ACROSS], size_t most, int shade)
{
    struct svg_path p;
    char class[16];
    const double wide = (c->right - c->left) / ACROSS, high = (c->bottom - c->top) / DOWN;
    snprintf(class, sizeof class, "f0 a%d", shade);
    svg_path_begin(&p, c->out, class);
    for (size_t row = 0; row < DOWN; row++)
        for (size_t first = 0, end; first < ACROSS; first = end) {
            end = first + 1;
            if (shade_of(count[row][first], most) != shade)
                continue;
            while (end < ACROSS && shade_of(count[row][end], most) == shade)
                end++;
            svg_path_box(&p,
                         (double[]){c->left + (double)first * wide, c->top + (double)row * high},
                         (double[]){(double)(end - first) * wide, high});
        }
    svg_path_end(&p);
}

static int draw_cloud(struct canvas *c, const struct cloud *cloud)
{
    if (cloud->f->n <= DOTS_MAX) {
        draw_dots(c, cloud);
        return 0;
    }
    size_t(*count)[ACROSS] = mem_array(DOWN, sizeof *count);
    if (!count)
        return canvas_nomem(c->out);
    const size_t most = fill_squares(count, c, cloud);
    for (int shade = 1; shade <= SHADES; shade++)
        draw_shade(c, count, most, shade);
    mem_free(count);
    return 0;
}

// ---- the figures ----

#define EVERYWHERE ((struct range){-HUGE_VAL, HUGE_VAL})

static void say_fit(const struct figure_regression *f, char *text, size_t room)
{
    char r2[LABEL_MAX], rmse[LABEL_MAX];
    label_decimal(r2, f->r2, 3);
    label_value(rmse, f->rmse);
    snprintf(text, room, "R\xc2\xb2 %s, RMSE %s", r2, rmse);
}

int figure_predicted(struct buf *out, const struct figure_regression *f)
{
    struct canvas c;
    struct range all = range_of(f, truth_of);
    const struct range predicted = range_of(f, predicted_of);
    char result[2 * LABEL_MAX + 16], about[CANVAS_ABOUT_MAX];
    say_fit(f, result, sizeof result);
    snprintf(about, sizeof about, "Predicted values against true ones: %s", result);
    canvas_begin(&c, out, &f->head, &(struct canvas_text){"Predicted and true", result, about},
                 CANVAS_SQUARE);
    if (range_empty(all)) {
        canvas_empty(&c, "no rows to show");
        return canvas_end(&c);
    }
    range_add(&all, predicted.low);
    range_add(&all, predicted.high);
    all = range_padded(all, 0.03, EVERYWHERE);
    canvas_plot(&c,
                &(struct canvas_axes){.x = all, .y = all, .x_name = "true", .y_name = "predicted"});
    draw_cloud(&c, &(struct cloud){f, truth_of, predicted_of});
    svg_line(out, "guide", (double[]){axis_at(&c.x, c.x.low), axis_at(&c.y, c.x.low)},
             (double[]){axis_at(&c.x, c.x.high), axis_at(&c.y, c.x.high)});
    return canvas_end(&c);
}

// Mean and standard deviation of the residuals; returns their number.
static size_t moments(const struct figure_regression *f, double *mean, double *deviation)
{
    double sum = 0, squares = 0;
    size_t n = 0;
    for (size_t i = 0; i < f->n; i++)
        if (isfinite(residual_of(f, i))) {
            sum += residual_of(f, i);
            n++;
        }
    *mean = n ? sum / (double)n : NAN;
    for (size_t i = 0; i < f->n; i++)
        if (isfinite(residual_of(f, i)))
            squares += (residual_of(f, i) - *mean) * (residual_of(f, i) - *mean);
    *deviation = n ? sqrt(squares / (double)n) : NAN;
    return n;
}

static void say_moments(const struct figure_regression *f, char *text, size_t room)
{
    char middle[LABEL_MAX], around[LABEL_MAX];
    double mean, deviation;
    moments(f, &mean, &deviation);
    label_value(middle, mean);
    label_value(around, deviation);
    snprintf(text, room, "mean %s, standard deviation %s", middle, around);
}

int figure_residuals(struct buf *out, const struct figure_regression *f)
{
    struct canvas c;
    struct range y = range_of(f, residual_of);
    char result[2 * LABEL_MAX + 40], about[CANVAS_ABOUT_MAX];
    say_moments(f, result, sizeof result);
    snprintf(about, sizeof about, "True minus predicted against the prediction: %s", result);
    canvas_begin(&c, out, &f->head, &(struct canvas_text){"Residuals", result, about},
                 CANVAS_HEIGHT);
    if (range_empty(y)) {
        canvas_empty(&c, "no rows to show");
        return canvas_end(&c);
    }
    range_add(&y, 0);
    canvas_plot(
        &c, &(struct canvas_axes){.x = range_padded(range_of(f, predicted_of), 0.03, EVERYWHERE),
                                  .y = range_padded(y, 0.05, EVERYWHERE),
                                  .x_name = "predicted",
                                  .y_name = "true \xe2\x88\x92 predicted"});
    draw_cloud(&c, &(struct cloud){f, predicted_of, residual_of});
    const double zero = axis_at(&c.y, 0);
    svg_line(out, "rule", (double[]){c.left, zero}, (double[]){c.right, zero});
    return canvas_end(&c);
}

// Residuals within four standard deviations; what lies beyond is in the bars at the ends.
static struct range bars_range(const struct figure_regression *f)
{
    double mean, deviation;
    const struct range all = range_of(f, residual_of);
    moments(f, &mean, &deviation);
    const double low = fmax(all.low, mean - 4 * deviation);
    const double high = fmin(all.high, mean + 4 * deviation);
    const double far = fmax(fabs(low), fabs(high));
    return far > 0 ? (struct range){-far, far} : (struct range){-1, 1};
}

static size_t fill_bars(size_t count[BARS], const struct figure_regression *f, struct range r)
{
    size_t most = 0;
    for (size_t i = 0; i < f->n; i++) {
        const double residual = residual_of(f, i);
        if (!isfinite(residual))
            continue;
        size_t *bar = &count[cell_of(residual, r.low, r.high, BARS)];
        *bar += 1;
        most = *bar > most ? *bar : most;
    }
    return most;
}

static void draw_bars(struct canvas *c, const size_t count[BARS])
{
    struct svg_path p;
    const double wide = (c->right - c->left) / BARS;
    svg_path_begin(&p, c->out, "f0 a4");
    for (size_t i = 0; i < BARS; i++) {
        const double top = axis_at(&c->y, (double)count[i]);
        if (count[i])
            svg_path_box(&p, (double[]){c->left + (double)i * wide, top},
                         (double[]){wide - 0.8, c->bottom - top});
    }
    svg_path_end(&p);
}

int figure_residual_histogram(struct buf *out, const struct figure_regression *f)
{
    struct canvas c;
    size_t count[BARS] = {0};
    char result[2 * LABEL_MAX + 40], about[CANVAS_ABOUT_MAX];
    const bool empty = range_empty(range_of(f, residual_of));
    say_moments(f, result, sizeof result);
    snprintf(about, sizeof about, "Histogram of true minus predicted: %s", result);
    canvas_begin(&c, out, &f->head, &(struct canvas_text){"Histogram of residuals", result, about},
                 CANVAS_HEIGHT);
    if (empty) {
        canvas_empty(&c, "no rows to show");
        return canvas_end(&c);
    }
    const struct range x = bars_range(f);
    const size_t most = fill_bars(count, f, x);
    canvas_plot(&c, &(struct canvas_axes){.x = x,
                                          .y = {0, 1.06 * (double)most},
                                          .y_kind = AXIS_WHOLE,
                                          .x_name = "true \xe2\x88\x92 predicted",
                                          .y_name = "rows"});
    draw_bars(&c, count);
    const double zero = axis_at(&c.x, 0);
    svg_line(out, "guide", (double[]){zero, c.top}, (double[]){zero, c.bottom});
    return canvas_end(&c);
}
