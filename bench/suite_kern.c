// SPDX-License-Identifier: MIT
// Single kernels at the shapes of the lesson's network and of wide layers, in cache, on one thread.
// What they must compute is worked out once, in plain double arithmetic written here from the
// formulas; after every sample all results are compared with it and wiped.
#include "harness.h"
#include "suites.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define MAP_FLOATS  1024
#define RESULTS_MAX 2 // of a kernel

// An array that a kernel writes, and what it must hold; differences are relative to `scale`, or to
// the value where that is larger.
struct expected {
    float *got;
    double *want;
    size_t count;
    double scale;
};

// What a case calls its kernel with, and what must come of it.
struct work {
    const struct kern *kern;
    struct kern_product product;
    struct kern_dot dot;
    struct kern_adam adam;
    struct kern_bce bce;
    enum kern_act act;
    void (*map)(size_t n, const float *x, float *y);
    size_t rows, cols;
    float *x, *y;
    struct expected expected[RESULTS_MAX];
};

// Where cases are being added.
struct suite {
    struct bench_set *set;
    const struct kern *kern;
};

// NaN in place of results: none of an earlier sample is taken for one of the next.
static void wipe(const struct expected *e)
{
    memset(e->got, 0xff, e->count * sizeof *e->got);
}

static void check_results(struct bench_case *c)
{
    const struct work *w = c->context;
    for (const struct expected *e = w->expected; e < w->expected + RESULTS_MAX && e->got; e++) {
        for (size_t i = 0; i < e->count; i++)
            bench_near(c, (double)e->got[i], e->want[i], fmax(e->scale, fabs(e->want[i])));
        wipe(e);
    }
}

// Have got[count] checked after every sample; returns the values to expect, for the caller to set.
static double *expect(const struct suite *s, struct work *w, float *got, size_t count, double scale)
{
    struct expected *e = w->expected[0].got ? &w->expected[1] : &w->expected[0];
    *e = (struct expected){got, bench_alloc(s->set, count, sizeof(double)), count, scale};
    wipe(e);
    return e->want;
}

static struct bench_case *add(const struct suite *s, const char *name, void (*run)(void *))
{
    struct bench_case c = {.kern = s->kern, .run = run, .check = check_results};
    snprintf(c.name, sizeof c.name, "%s", name);
    struct bench_case *kept = bench_add(s->set, &c);
    if (!kept)
        return NULL;
    struct work *w = bench_alloc(s->set, 1, sizeof *w);
    w->kern = s->kern;
    kept->context = w;
    return kept;
}

static double largest(const double *values, size_t n)
{
    double most = 0;
    for (size_t i = 0; i < n; i++)
        most = fmax(most, fabs(values[i]));
    return most;
}

static void run_product(void *context)
{
    const struct work *w = context;
    w->kern->product(&w->product);
}

static double product_element(const struct kern_product *p, size_t i, size_t j)
{
    double sum = p->start ? (double)p->start[i * p->start_row + j] : 0;
    for (size_t k = 0; k < p->k; k++)
        sum += (double)p->a[i * p->a_row + k * p->a_k] * (double)p->b[k * p->ldb + j];
    if (p->relu && sum <= 0)
        return 0;
    return p->gate && p->gate[i * p->ldc + j] <= 0 ? 0 : sum;
}

static void expect_product(const struct suite *s, struct work *w)
{
    const struct kern_product *p = &w->product;
    const size_t count = p->m * p->n; // ldc is n
    double *want = expect(s, w, p->c, count, 0);
    for (size_t i = 0; i < count; i++)
        want[i] = product_element(p, i / p->n, i % p->n);
    w->expected[0].scale = largest(want, count);
}

// Forward, dW or dX; m, n, k as in struct kern_product.
enum kind { FORWARD, WEIGHTS, INPUTS };

static void product_case(const struct suite *s, enum kind kind, size_t m, size_t n, size_t k)
{
    static const char *const names[] = {"forward", "dW", "dX"};
    char name[64];
    snprintf(name, sizeof name, "%s %zux%zux%zu", names[kind], m, n, k);
    struct bench_case *c = add(s, name, run_product);
    if (!c)
        return;
    struct work *w = c->context;
    const size_t lda = kern_pad(kind == WEIGHTS ? m : k), ldn = kern_pad(n);
    w->product = (struct kern_product){
        .m = m,
        .n = ldn,
        .k = k,
        .a = bench_floats(s->set, (kind == WEIGHTS ? k : m) * lda, 1),
        .a_row = kind == WEIGHTS ? 1 : lda,
        .a_k = kind == WEIGHTS ? lda : 1,
        .b = bench_floats(s->set, k * ldn, 1),
        .ldb = ldn,
        .c = bench_floats(s->set, m * ldn, 1),
        .ldc = ldn,
        .start = kind == FORWARD ? bench_floats(s->set, ldn, 1) : NULL,
        .relu = kind == FORWARD,
        .gate = kind == INPUTS ? bench_floats(s->set, m * ldn, 1) : NULL,
    };
    c->flops = 2.0 * (double)m * (double)n * (double)k;
    expect_product(s, w);
}

static void run_dot(void *context)
{
    const struct work *w = context;
    w->kern->dot(&w->dot);
}

static void dot_case(const struct suite *s, size_t m, size_t k)
{
    char name[64];
    snprintf(name, sizeof name, "dot %zux%zu", m, k);
    struct bench_case *c = add(s, name, run_dot);
    if (!c)
        return;
    struct work *w = c->context;
    const size_t ld = kern_pad(k);
    float *y = bench_floats(s->set, m, 1);
    w->dot = (struct kern_dot){.m = m, .k = k, .out = 1, .lda = ld, .ldw = ld, .y = y};
    w->dot.a = bench_floats(s->set, m * ld, 1);
    w->dot.w = bench_floats(s->set, ld, 1);
    w->dot.bias = bench_floats(s->set, 1, 1);
    c->flops = 2.0 * (double)m * (double)k;
    double *want = expect(s, w, y, m, sqrt((double)k));
    for (size_t i = 0; i < m; i++) {
        want[i] = (double)w->dot.bias[0];
        for (size_t j = 0; j < ld; j++)
            want[i] += (double)w->dot.a[i * ld + j] * (double)w->dot.w[j];
    }
}

static void run_transpose(void *context)
{
    const struct work *w = context;
    w->kern->transpose(w->rows, w->cols, w->x, w->cols, w->y, w->rows);
}

static void transpose_case(const struct suite *s)
{
    struct bench_case *c = add(s, "transpose 64x32", run_transpose);
    if (!c)
        return;
    struct work *w = c->context;
    w->rows = 64, w->cols = 32;
    w->x = bench_floats(s->set, w->rows * w->cols, 1);
    w->y = bench_floats(s->set, w->rows * w->cols, 1);
    double *want = expect(s, w, w->y, w->rows * w->cols, 1);
    for (size_t i = 0; i < w->rows; i++)
        for (size_t j = 0; j < w->cols; j++)
            want[j * w->rows + i] = (double)w->x[i * w->cols + j];
}

static void run_columns(void *context)
{
    const struct work *w = context;
    w->kern->column_sums(w->rows, w->cols, w->x, w->cols, NULL, w->y);
}

static void columns_case(const struct suite *s)
{
    struct bench_case *c = add(s, "column sums 72x64", run_columns);
    if (!c)
        return;
    struct work *w = c->context;
    w->rows = 72, w->cols = 64;
    w->x = bench_floats(s->set, w->rows * w->cols, 1);
    w->y = bench_floats(s->set, w->cols, 1);
    double *want = expect(s, w, w->y, w->cols, sqrt((double)w->rows));
    for (size_t i = 0; i < w->rows; i++)
        for (size_t j = 0; j < w->cols; j++)
            want[j] += (double)w->x[i * w->cols + j];
}

static void run_bce(void *context)
{
    const struct work *w = context;
    w->kern->bce(&w->bce);
}

static void bce_case(const struct suite *s)
{
    const size_t n = 569;
    struct bench_case *c = add(s, "bce 569", run_bce);
    if (!c)
        return;
    struct work *w = c->context;
    w->bce = (struct kern_bce){.n = n, .scale = 1.0F / (float)n};
    w->bce.z = bench_floats(s->set, n, 4);
    w->bce.y = w->y = bench_floats(s->set, n, 1);
    w->bce.p = bench_floats(s->set, n, 1);
    w->bce.loss = bench_floats(s->set, n, 1);
    w->bce.dz = bench_floats(s->set, n, 1);
    for (size_t i = 0; i < n; i++)
        w->y[i] = (float)(i % 3 == 0);
    double *loss = expect(s, w, w->bce.loss, n, 1),
           *dz = expect(s, w, w->bce.dz, n, 1.0 / (double)n);
    for (size_t i = 0; i < n; i++) {
        const double z = (double)w->bce.z[i], y = (double)w->y[i];
        loss[i] = log1p(exp(y > 0 ? -z : z));
        dz[i] = (1 / (1 + exp(-z)) - y) / (double)n;
    }
}

static void run_adam(void *context)
{
    const struct work *w = context;
    w->kern->adam(&w->adam);
}

static void reset_adam(void *context)
{
    const struct kern_adam *a = &((const struct work *)context)->adam;
    memset(a->m, 0, a->n * sizeof *a->m);
    memset(a->v, 0, a->n * sizeof *a->v);
    memset(a->p, 0, a->n * sizeof *a->p);
}

// After n steps of one gradient m is g * (1 - beta1^n); in p the roundings of thousands of steps
// add up, so one more is made, from zeros: -lr * g / (|g| + eps).
static void check_adam(struct bench_case *c)
{
    const struct kern_adam *a = &((const struct work *)c->context)->adam;
    const double grown = 1 - pow(a->beta1, (double)c->loops);
    for (size_t i = 0; i < a->n; i++)
        bench_near(c, (double)a->m[i], grown * (double)a->g[i], 1);
    reset_adam(c->context);
    run_adam(c->context);
    for (size_t i = 0; i < a->n; i++) {
        const double g = (double)a->g[i];
        bench_near(c, (double)a->p[i], -a->lr * g / (fabs(g) + a->eps), a->lr);
    }
}

// 28 bytes a parameter come and go.
static void adam_case(const struct suite *s, size_t n)
{
    char name[64];
    snprintf(name, sizeof name, "adam %zu", n);
    struct bench_case *c = add(s, name, run_adam);
    if (!c)
        return;
    struct work *w = c->context;
    w->adam = (struct kern_adam){.lr = 1e-3, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8, .step = 1};
    w->adam.n = n;
    w->adam.g = bench_floats(s->set, n, 1);
    w->adam.m = bench_alloc(s->set, n, sizeof(float));
    w->adam.v = bench_alloc(s->set, n, sizeof(float));
    w->adam.p = bench_alloc(s->set, n, sizeof(float));
    c->bytes = 28.0 * (double)n;
    c->prepare = reset_adam;
    c->check = check_adam;
}

static void run_map(void *context)
{
    const struct work *w = context;
    w->map(MAP_FLOATS, w->x, w->y);
}

static void run_act(void *context)
{
    const struct work *w = context;
    w->kern->act_forward(w->act, MAP_FLOATS, w->x, w->y);
}

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

static double gelu(double x)
{
    return x * 0.5 * (1 + erf(x * sqrt(0.5)));
}

// `map`, or the activation when it is NULL, over [-4, 4), or (0, 4) for the logarithm.
static void map_case(const struct suite *s, const char *name, enum kern_act act,
                     void (*map)(size_t, const float *, float *), double (*reference)(double))
{
    struct bench_case *c = add(s, name, map ? run_map : run_act);
    if (!c)
        return;
    struct work *w = c->context;
    w->map = map;
    w->act = act;
    w->x = bench_floats(s->set, MAP_FLOATS, 4);
    w->y = bench_floats(s->set, MAP_FLOATS, 1);
    for (size_t i = 0; reference == log && i < MAP_FLOATS; i++)
        w->x[i] = fabsf(w->x[i]) + 1e-3F;
    double *want = expect(s, w, w->y, MAP_FLOATS, 1);
    for (size_t i = 0; i < MAP_FLOATS; i++)
        want[i] = reference((double)w->x[i]);
}

static void product_cases(const struct suite *s)
{
    product_case(s, FORWARD, 569, 64, 7);
    product_case(s, FORWARD, 72, 64, 7);
    product_case(s, FORWARD, 569, 32, 64);
    product_case(s, FORWARD, 72, 32, 64);
    product_case(s, FORWARD, 32, 32, 64);
    product_case(s, WEIGHTS, 64, 32, 72);
    product_case(s, WEIGHTS, 7, 64, 72);
    product_case(s, INPUTS, 72, 64, 32);
    product_case(s, FORWARD, 256, 512, 54);
    product_case(s, FORWARD, 256, 512, 512);
    product_case(s, WEIGHTS, 512, 512, 256);
    product_case(s, INPUTS, 256, 512, 512);
}

struct bench_result suite_kern(const struct bench_context *context)
{
    struct bench_set *set = bench_begin("kern", context);
    for (size_t i = 0; i < set->levels; i++) {
        const struct kern *k = set->level[i].kern;
        const struct suite s = {set, k};
        product_cases(&s);
        dot_case(&s, 569, 32);
        transpose_case(&s);
        columns_case(&s);
        bce_case(&s);
        adam_case(&s, 2640);
        adam_case(&s, 319488);
        map_case(&s, "exp 1024", ACT_IDENTITY, k->exp, exp);
        map_case(&s, "log 1024", ACT_IDENTITY, k->log, log);
        map_case(&s, "tanh 1024", ACT_TANH, NULL, tanh);
        map_case(&s, "sigmoid 1024", ACT_SIGMOID, NULL, sigmoid);
        map_case(&s, "gelu 1024", ACT_GELU, NULL, gelu);
    }
    return bench_end(set);
}
