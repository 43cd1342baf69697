// SPDX-License-Identifier: MIT
// A column is copied, sorted with the metrics' own sort and walked in runs of equal values. A
// thread takes whole columns, so that nothing depends on how many there are.
#include "train/screen.h"

#include "base/mem.h"
#include "train/metrics_inner.h"

#include <math.h>
#include <string.h>

struct shared {
    const struct screen_spec *spec;
    struct screen_column *column;
    size_t columns, workers;
    size_t n, step; // rows that are looked at, and their distance
    float *y;       // [targets][n]
    struct worker *worker;
};

struct worker {
    float *x, *mean; // [n] values; what their neighbours of equal value come to
    size_t *count;   // [classes]
    struct metrics_work work;
};

// The values of a column, or the number of its largest feature.
static void gather(const struct shared *s, const struct screen_column *c, float *x)
{
    const struct dataset *d = s->spec->data;
    for (size_t i = 0; i < s->n; i++) {
        const float *from = d->X + i * s->step * d->d + c->feature;
        size_t largest = 0;
        for (size_t f = 1; f < c->features; f++)
            largest = from[f] > from[largest] ? f : largest;
        x[i] = c->features == 1 ? *from : (float)largest;
    }
}

// The end of the run of equal values that begins at `begin` of the order.
static size_t run_end(const float *x, const uint32_t *order, size_t n, size_t begin)
{
    size_t end = begin + 1;
    while (end < n && x[order[end]] == x[order[begin]])
        end++;
    return end;
}

// mean[i]: of y over the other rows of the same value. False when there are too many values for so
// many rows.
static bool means_of_values(const struct worker *w, const uint32_t *order, const float *y, size_t n)
{
    size_t values = 0;
    double all = 0;
    for (size_t begin = 0; begin < n && values <= SCREEN_VALUES_MAX; values++)
        begin = run_end(w->x, order, n, begin);
    if (values > SCREEN_VALUES_MAX || values * SCREEN_GROUP > n)
        return false;
    for (size_t i = 0; i < n; i++)
        all += (double)y[i];
    for (size_t begin = 0, end; begin < n; begin = end) {
        double sum = 0;
        end = run_end(w->x, order, n, begin);
        for (size_t i = begin; i < end; i++)
            sum += (double)y[order[i]];
        for (size_t i = begin; i < end; i++)
            w->mean[order[i]] =
                (float)(end - begin == 1 ? all / (double)n
                                         : (sum - (double)y[order[i]]) / (double)(end - begin - 1));
    }
    return true;
}

static double auroc(struct worker *w, const float *score, const float *y, size_t n)
{
    const struct metrics_rows rows = {.n = n, .ld = 1, .f32 = score};
    const struct metrics_column column = {&rows, 0, y, 1, 0};
    double area, ap;
    metrics_rank(&w->work, &column, &area, &ap);
    return area;
}

static double binary_alone(const struct shared *s, struct worker *w, const uint32_t *order)
{
    const bool few = means_of_values(w, order, s->y, s->n);
    const double area = auroc(w, w->x, s->y, s->n);
    const double either = area < 0.5 ? 1 - area : area;
    return few ? fmax(either, auroc(w, w->mean, s->y, s->n)) : either;
}

// Groups of at least SCREEN_GROUP rows and a 64th of all, never cut within equal values.
static double classes_alone(const struct shared *s, const struct worker *w, const uint32_t *order)
{
    const size_t least = s->n / 64 > SCREEN_GROUP ? s->n / 64 : SCREEN_GROUP;
    size_t right = 0;
    for (size_t begin = 0, end; begin < s->n; begin = end) {
        size_t most = 0;
        end = run_end(w->x, order, s->n, begin);
        while (end < s->n && end - begin < least)
            end = run_end(w->x, order, s->n, end);
        memset(w->count, 0, s->spec->classes * sizeof *w->count);
        for (size_t i = begin; i < end; i++) {
            const size_t count = ++w->count[(size_t)s->y[order[i]]];
            most = count > most ? count : most;
        }
        right += most;
    }
    return (double)right / (double)s->n;
}

static double mean_of(const float *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)x[i];
    return sum / (double)n;
}

// The squared correlation of two columns.
static double r_squared(const float *x, const float *y, size_t n)
{
    const double mx = mean_of(x, n), my = mean_of(y, n);
    double xx = 0, yy = 0, xy = 0;
    for (size_t i = 0; i < n; i++) {
        const double dx = (double)x[i] - mx, dy = (double)y[i] - my;
        xx += dx * dx;
        yy += dy * dy;
        xy += dx * dy;
    }
    return xx > 0 && yy > 0 ? xy * xy / (xx * yy) : NAN;
}

// What predictions explain of y's variance; below 0 where they are worse than the mean. Not the
// squared correlation: a mean without the row itself falls where the row rises.
static double explained(const float *predicted, const float *y, size_t n)
{
    const double my = mean_of(y, n);
    double left = 0, all = 0;
    for (size_t i = 0; i < n; i++) {
        const double error = (double)y[i] - (double)predicted[i], dy = (double)y[i] - my;
        left += error * error;
        all += dy * dy;
    }
    return all > 0 ? 1 - left / all : NAN;
}

static double regression_alone(const struct shared *s, struct worker *w, const uint32_t *order)
{
    double best = NAN;
    for (size_t t = 0; t < s->spec->data->targets; t++) {
        const float *y = s->y + t * s->n;
        best = fmax(best, r_squared(w->x, y, s->n));
        if (means_of_values(w, order, y, s->n))
            best = fmax(best, explained(w->mean, y, s->n));
    }
    return best;
}

static void screen_one(const struct shared *s, struct worker *w, struct screen_column *c)
{
    const struct metrics_rows rows = {.n = s->n, .ld = 1, .f32 = w->x};
    const struct metrics_column column = {&rows, 0, s->y, 1, 0};
    gather(s, c, w->x);
    const uint32_t *order = metrics_sort(&w->work, &column);
    c->constant = w->x[order[0]] == w->x[order[s->n - 1]];
    c->value = (double)w->x[order[0]];
    c->alone = NAN;
    if (c->constant)
        return;
    if (s->spec->task == TASK_MULTICLASS)
        c->alone = classes_alone(s, w, order);
    else if (s->spec->task == TASK_REGRESSION)
        c->alone = regression_alone(s, w, order);
    else
        c->alone = binary_alone(s, w, order);
}

static void work(void *context, size_t worker)
{
    const struct shared *s = context;
    const struct par_range range = par_split(s->columns, 1, s->workers, worker);
    for (size_t c = range.begin; c < range.end; c++)
        screen_one(s, &s->worker[worker], &s->column[c]);
}

static int prepare(struct shared *s, struct error *e)
{
    const struct dataset *d = s->spec->data;
    s->y = mem_array(s->n, d->targets * sizeof *s->y);
    s->worker = mem_array(s->workers, sizeof *s->worker);
    if (!s->y || !s->worker)
        return error_nomem(e, "columns");
    for (size_t t = 0; t < d->targets; t++)
        for (size_t i = 0; i < s->n; i++)
            s->y[t * s->n + i] = d->y[i * s->step * d->targets + t];
    for (size_t i = 0; i < s->workers; i++) {
        struct worker *w = &s->worker[i];
        w->x = mem_array(s->n, sizeof *w->x);
        w->mean = mem_array(s->n, sizeof *w->mean);
        w->count = mem_array(s->spec->classes + 1, sizeof *w->count);
        if (!w->x || !w->mean || !w->count)
            return error_nomem(e, "columns");
        const int rc = metrics_work_reserve(&w->work, s->n, 1, e);
        if (rc)
            return rc;
    }
    return 0;
}

int screen_columns(struct screen_column *column, size_t columns, const struct screen_spec *spec,
                   struct error *e)
{
    const size_t all = spec->data->n, threads = spec->threads < columns ? spec->threads : columns;
    struct shared s = {.spec = spec, .column = column, .columns = columns};
    s.step = (all + SCREEN_ROWS_MAX - 1) / SCREEN_ROWS_MAX;
    s.n = (all + s.step - 1) / s.step;
    s.workers = threads ? threads : 1;
    const int rc = prepare(&s, e);
    if (rc == 0)
        par_run(spec->team, s.workers, work, &s);
    for (size_t i = 0; s.worker && i < s.workers; i++) {
        mem_free(s.worker[i].x);
        mem_free(s.worker[i].mean);
        mem_free(s.worker[i].count);
        metrics_work_clear(&s.worker[i].work);
    }
    mem_free(s.worker);
    mem_free(s.y);
    return rc;
}
