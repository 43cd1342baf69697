// SPDX-License-Identifier: MIT
// Times the kernels of every level this machine has and prints a JSON line for each case: the best
// and the median time of a call over rounds in which all cases take turns (a loud neighbour then
// hits them all), GFLOP/s of the best, and its percentage of the level's own register-only FMA
// rate, measured in the same rounds. Results are compared with a plain double computation first.
//
//   bench_kern [LEVEL [ROUNDS [TEXT]]]     TEXT: only cases whose name contains it
#include "base/clock.h"
#include "base/mem.h"
#include "kern/cpu.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SAMPLE_SECONDS 0.002 // of one sample: long against the clock's resolution
#define ROUNDS_MAX     1000
#define CASES_MAX      32

struct bench {
    const struct kern *kern;
    const char *name;
    void (*run)(struct bench *);
    double flops; // of one call; 0: report the time only
    struct kern_product product;
    struct kern_dot dot;
    struct kern_adam adam;
    struct kern_bce bce;
    size_t n;
    float *x, *y, *z; // blocks that belong to the case
    double error;     // largest difference from the reference, relative to the largest value
    size_t loops;     // calls in a sample
    double *seconds;  // of a call, one a round
};

static float *block(size_t count, float scale)
{
    static uint32_t state = 1;
    float *p = mem_aligned(count, sizeof *p);
    for (size_t i = 0; p && i < count; i++) {
        state = state * 1664525u + 1013904223u;
        p[i] = scale * ((float)(state >> 8) / 8388608.0f - 1.0f);
    }
    if (!p) {
        fprintf(stderr, "bench_kern: out of memory\n");
        exit(1);
    }
    return p;
}

static void run_product(struct bench *b)
{
    b->kern->product(&b->product);
}

static void run_dot(struct bench *b)
{
    b->kern->dot(&b->dot);
}

static void run_transpose(struct bench *b)
{
    b->kern->transpose(64, 32, b->x, 32, b->y, 64);
}

static void run_columns(struct bench *b)
{
    b->kern->column_sums(72, 64, b->x, 64, NULL, b->y);
}

static void run_exp(struct bench *b)
{
    b->kern->exp(b->n, b->x, b->y);
}

static void run_log(struct bench *b)
{
    b->kern->log(b->n, b->x, b->y);
}

static void run_tanh(struct bench *b)
{
    b->kern->act_forward(ACT_TANH, b->n, b->x, b->y);
}

static void run_sigmoid(struct bench *b)
{
    b->kern->act_forward(ACT_SIGMOID, b->n, b->x, b->y);
}

static void run_gelu(struct bench *b)
{
    b->kern->act_forward(ACT_GELU, b->n, b->x, b->y);
}

static void run_bce(struct bench *b)
{
    b->kern->bce(&b->bce);
}

static void run_adam(struct bench *b)
{
    b->kern->adam(&b->adam);
}

static void run_peak(struct bench *b)
{
    float sink[3] = {0.5f, 0.25f, 1.0f};
    b->flops = b->kern->peak(1000, sink);
    b->error = sink[0] > 0 ? 0 : 1;
}

static double worse(double error, double got, double want)
{
    double e = fabs(got - want);
    return e > error || isnan(e) ? e : error;
}

static void verify_product(struct bench *b)
{
    const struct kern_product *p = &b->product;
    double largest = 0, error = 0;
    b->kern->product(p);
    for (size_t i = 0; i < p->m; i++) {
        for (size_t j = 0; j < p->n; j++) {
            double sum = p->start ? p->start[i * p->start_row + j] : 0;
            for (size_t k = 0; k < p->k; k++)
                sum += (double)p->a[i * p->a_row + k * p->a_k] * p->b[k * p->ldb + j];
            if (p->relu && sum <= 0)
                sum = 0;
            if (p->gate && p->gate[i * p->ldc + j] <= 0)
                sum = 0;
            error = worse(error, p->c[i * p->ldc + j], sum);
            largest = fmax(largest, fabs(sum));
        }
    }
    b->error = error / largest;
}

// Forward when `kind` is 'f', dW ('w'), dX ('x'); m, n, k as in struct kern_product.
static void product_case(struct bench *b, const char *name, char kind, size_t m, size_t n, size_t k)
{
    size_t lda = kern_pad(kind == 'w' ? m : k), ldn = kern_pad(n);
    *b = (struct bench){.kern = b->kern, .name = name, .run = run_product};
    b->product = (struct kern_product){
        .m = m,
        .n = ldn,
        .k = k,
        .a = block((kind == 'w' ? k : m) * lda, 1.0f),
        .a_row = kind == 'w' ? 1 : lda,
        .a_k = kind == 'w' ? lda : 1,
        .b = block(k * ldn, 1.0f),
        .ldb = ldn,
        .c = block(m * ldn, 1.0f),
        .ldc = ldn,
        .start = kind == 'f' ? block(ldn, 1.0f) : NULL,
        .relu = kind == 'f',
        .gate = kind == 'x' ? block(m * ldn, 1.0f) : NULL,
    };
    b->flops = 2.0 * (double)m * (double)n * (double)k;
    verify_product(b);
}

static double ref_exp(double x)
{
    return exp(x);
}

static double ref_sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

static double ref_gelu(double x)
{
    return x * 0.5 * (1 + erf(x * sqrt(0.5)));
}

static void map_case(struct bench *b, const char *name, void (*run)(struct bench *),
                     double (*ref)(double))
{
    *b = (struct bench){.kern = b->kern, .name = name, .run = run, .n = 1024};
    b->x = block(b->n, 4.0f);
    b->y = block(b->n, 1.0f);
    for (size_t i = 0; i < b->n && run == run_log; i++)
        b->x[i] = fabsf(b->x[i]) + 1e-3f;
    run(b);
    for (size_t i = 0; i < b->n; i++)
        b->error = worse(b->error, b->y[i] / fmax(1.0, fabs(ref(b->x[i]))),
                         ref(b->x[i]) / fmax(1.0, fabs(ref(b->x[i]))));
}

static void dot_case(struct bench *b, const char *name, size_t m, size_t k, size_t out)
{
    *b = (struct bench){.kern = b->kern, .name = name, .run = run_dot};
    size_t ld = kern_pad(k);
    b->dot = (struct kern_dot){.m = m, .k = k, .out = out, .lda = ld, .ldw = ld};
    b->dot.a = block(m * ld, 1.0f);
    b->dot.w = block(out * ld, 1.0f);
    b->dot.bias = block(out, 1.0f);
    b->dot.y = block(m * out, 1.0f);
    b->flops = 2.0 * (double)(m * k * out);
    run_dot(b);
    for (size_t i = 0; i < m * out; i++) {
        double sum = b->dot.bias[i % out];
        for (size_t j = 0; j < ld; j++)
            sum += (double)b->dot.a[i / out * ld + j] * b->dot.w[i % out * ld + j];
        b->error = worse(b->error, b->dot.y[i] / (double)k, sum / (double)k);
    }
}

static void other_cases(struct bench *b)
{
    const struct kern *kern = b->kern;
    *b = (struct bench){.kern = kern, .name = "transpose 64x32", .run = run_transpose};
    b->x = block(64 * 32, 1.0f);
    b->y = block(64 * 32, 1.0f);
    run_transpose(b);
    for (size_t i = 0; i < 64 * 32; i++)
        b->error = worse(b->error, b->y[i], b->x[i % 64 * 32 + i / 64]);
    b++;
    *b = (struct bench){.kern = kern, .name = "column sums 72x64", .run = run_columns};
    b->x = block(72 * 64, 1.0f);
    b->y = block(64, 1.0f);
    run_columns(b);
    for (size_t j = 0; j < 64; j++) {
        double sum = 0;
        for (size_t i = 0; i < 72; i++)
            sum += b->x[i * 64 + j];
        b->error = worse(b->error, b->y[j] / 72.0, sum / 72.0);
    }
}

static void bce_case(struct bench *b)
{
    size_t n = 569;
    *b = (struct bench){.kern = b->kern, .name = "bce 569", .run = run_bce};
    b->bce = (struct kern_bce){.n = n, .scale = 1.0f / (float)n};
    b->bce.z = block(n, 4.0f);
    b->bce.y = b->y = block(n, 1.0f);
    b->bce.p = block(n, 1.0f);
    b->bce.loss = block(n, 1.0f);
    b->bce.dz = block(n, 1.0f);
    for (size_t i = 0; i < n; i++)
        b->y[i] = b->y[i] > 0;
    run_bce(b);
    for (size_t i = 0; i < n; i++) {
        double z = b->bce.z[i];
        b->error = worse(b->error, b->bce.loss[i], log1p(exp(b->y[i] > 0 ? -z : z)));
    }
}

static void adam_case(struct bench *b, const char *name, size_t n)
{
    *b = (struct bench){.kern = b->kern, .name = name, .run = run_adam};
    float *m = block(n, 0.0f), *v = block(n, 0.0f), *p = block(n, 0.0f);
    b->adam = (struct kern_adam){.lr = 1e-3, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8, .step = 1};
    b->adam.n = n;
    b->adam.g = block(n, 1.0f);
    b->adam.m = m;
    b->adam.v = v;
    b->adam.p = p;
    run_adam(b); // the first step moves every parameter by lr against the gradient's sign
    for (size_t i = 0; i < n; i++)
        if (fabsf(b->adam.g[i]) > 1e-3f)
            b->error = worse(b->error, p[i] * 1e3, b->adam.g[i] > 0 ? -1 : 1);
    b->error *= 1e-2; // a gradient of 1e-3 against eps = 1e-8
}

static size_t all_cases(struct bench bench[CASES_MAX], const struct kern *kern)
{
    struct bench *b = bench;
    for (size_t i = 0; i < CASES_MAX; i++)
        bench[i] = (struct bench){.kern = kern};
    b->name = "fma peak";
    b->run = run_peak;
    run_peak(b++);
    product_case(b++, "forward 569x64x7", 'f', 569, 64, 7);
    product_case(b++, "forward 72x64x7", 'f', 72, 64, 7);
    product_case(b++, "forward 569x32x64", 'f', 569, 32, 64);
    product_case(b++, "forward 72x32x64", 'f', 72, 32, 64);
    product_case(b++, "forward 32x32x64", 'f', 32, 32, 64);
    product_case(b++, "dW 64x32x72", 'w', 64, 32, 72);
    product_case(b++, "dW 7x64x72", 'w', 7, 64, 72);
    product_case(b++, "dX 72x64x32", 'x', 72, 64, 32);
    product_case(b++, "forward 256x512x54", 'f', 256, 512, 54);
    product_case(b++, "forward 256x512x512", 'f', 256, 512, 512);
    product_case(b++, "dW 512x512x256", 'w', 512, 512, 256);
    product_case(b++, "dX 256x512x512", 'x', 256, 512, 512);
    dot_case(b++, "dot 569x32", 569, 32, 1);
    other_cases(b);
    b += 2;
    bce_case(b++);
    adam_case(b++, "adam 2640", 2640);
    adam_case(b++, "adam 319488", 319488);
    map_case(b++, "exp 1024", run_exp, ref_exp);
    map_case(b++, "log 1024", run_log, log);
    map_case(b++, "tanh 1024", run_tanh, tanh);
    map_case(b++, "sigmoid 1024", run_sigmoid, ref_sigmoid);
    map_case(b++, "gelu 1024", run_gelu, ref_gelu);
    return (size_t)(b - bench);
}

static double sample(struct bench *b)
{
    double start = clock_seconds();
    for (size_t i = 0; i < b->loops; i++)
        b->run(b);
    return clock_seconds() - start;
}

// Enough calls that a sample takes SAMPLE_SECONDS; the warm-up is part of finding out.
static void calibrate(struct bench *b)
{
    b->loops = 1;
    for (double t = sample(b); t < SAMPLE_SECONDS && b->loops < (size_t)1 << 40; t = sample(b))
        b->loops = t < SAMPLE_SECONDS / 16
                       ? b->loops * 8
                       : (size_t)((double)b->loops * 1.2 * SAMPLE_SECONDS / t) + 1;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static bool report(struct bench *b, size_t rounds, double peak)
{
    const char *commit = getenv("BENCH_COMMIT");
    double best = b->seconds[0], gflops = b->flops / best * 1e-9;
    bool good = b->error < 1e-5;
    printf("{\"bench\":\"kern\",\"case\":\"%s\",\"level\":\"%s\",\"threads\":1,\"commit\":\"%s\","
           "\"rounds\":%zu,\"best_us\":%.4g,\"median_us\":%.4g",
           b->name, b->kern->name, commit ? commit : "unknown", rounds, best * 1e6,
           b->seconds[rounds / 2] * 1e6);
    if (b->flops > 0)
        printf(",\"gflops\":%.1f,\"peak_percent\":%.1f", gflops, 100 * gflops / peak);
    printf(",\"error\":%.2g,\"verified\":%s}\n", b->error, good ? "true" : "false");
    return good;
}

static bool bench_level(const struct kern *kern, size_t rounds, const char *text)
{
    struct bench bench[CASES_MAX];
    bool good = true;
    size_t count = all_cases(bench, kern), kept = 1; // the peak is always measured
    for (size_t c = 1; c < count; c++)
        if (strstr(bench[c].name, text))
            bench[kept++] = bench[c];
    for (size_t c = 0; c < kept; c++) {
        bench[c].seconds = mem_array(rounds, sizeof(double));
        if (!bench[c].seconds)
            return false;
        calibrate(&bench[c]);
    }
    for (size_t r = 0; r < rounds; r++)
        for (size_t c = 0; c < kept; c++)
            bench[c].seconds[r] = sample(&bench[c]) / (double)bench[c].loops;
    for (size_t c = 0; c < kept; c++)
        qsort(bench[c].seconds, rounds, sizeof(double), by_value);
    double peak = bench[0].flops / bench[0].seconds[0] * 1e-9;
    for (size_t c = 0; c < kept; c++)
        good &= report(&bench[c], rounds, peak);
    return good;
}

int main(int argc, char **argv)
{
    size_t rounds = argc > 2 ? (size_t)strtoul(argv[2], NULL, 10) : 15;
    bool good = true, any = false;
    if (rounds < 1 || rounds > ROUNDS_MAX) {
        fprintf(stderr, "usage: bench_kern [LEVEL [ROUNDS [TEXT]]], 1 to %d rounds\n", ROUNDS_MAX);
        return 2;
    }
    for (const struct kern *const *level = kern_available(); *level; level++) {
        if (argc > 1 && strcmp(argv[1], (*level)->name) != 0)
            continue;
        any = true;
        good &= bench_level(*level, rounds, argc > 3 ? argv[3] : "");
    }
    if (!any)
        fprintf(stderr, "bench_kern: this machine has no level '%s'\n", argc > 1 ? argv[1] : "");
    return good && any ? 0 : 1;
}
