// SPDX-License-Identifier: MIT
// The own matrix products of every level of this machine beside OpenBLAS: forward, dW and dA of
// square layers over a block of rows, as the plan computes them. All engines take turns, so that a
// loud neighbour hits them all; of each the best and the median sample is printed, a JSON line a
// case. Results are compared with those of the first level before. OPENBLAS_CORETYPE (Nehalem,
// Haswell, ...) makes OpenBLAS take its kernels for another processor. The figures in gemm.c are
// from here.
//
//   bench_gemm [WIDTH [ROUNDS [ROWS]]]     WIDTH 0: 64 to 4096
#include "base/clock.h"
#include "base/mem.h"
#include "kern/cpu.h"
#include "kern/gemm.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SAMPLE_FLOPS 2e8 // of one sample: milliseconds
#define ROUNDS_MAX   1000
#define ENGINES_MAX  8

struct engine {
    const char *name;
    const struct kern *kern;
    const struct gemm *gemm;
    double seconds[ROUNDS_MAX]; // of a product, one a round
};

struct layer {
    size_t width, rows;
    float *x, *z, *w, *bias, *dw, *dx;
};

static float *block(size_t count)
{
    static uint32_t state = 1;
    float *p = mem_aligned(count, sizeof *p);
    for (size_t i = 0; p && i < count; i++) {
        state = state * 1664525u + 1013904223u;
        p[i] = (float)(state >> 8) / 8388608.0F - 1.0F;
    }
    if (!p) {
        fprintf(stderr, "bench_gemm: out of memory\n");
        exit(1);
    }
    return p;
}

static struct layer layer_new(size_t width, size_t rows)
{
    const size_t ld = kern_pad(width);
    return (struct layer){width,          rows,      block(rows * ld), block(rows * ld),
                          block(ld * ld), block(ld), block(ld * ld),   block(rows * ld)};
}

static void layer_clear(struct layer *l)
{
    float *all[] = {l->x, l->z, l->w, l->bias, l->dw, l->dx};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        mem_free(all[i]);
}

static struct kern_product forward(const struct layer *l)
{
    const size_t ld = kern_pad(l->width);
    return (struct kern_product){.m = l->rows,
                                 .n = ld,
                                 .k = l->width,
                                 .a = l->x,
                                 .a_row = ld,
                                 .a_k = 1,
                                 .b = l->w,
                                 .ldb = ld,
                                 .c = l->z,
                                 .ldc = ld,
                                 .start = l->bias,
                                 .relu = true};
}

static struct kern_product weights(const struct layer *l)
{
    const size_t ld = kern_pad(l->width);
    return (struct kern_product){.m = l->width,
                                 .n = ld,
                                 .k = l->rows,
                                 .a = l->x,
                                 .a_row = 1,
                                 .a_k = ld,
                                 .b = l->z,
                                 .ldb = ld,
                                 .c = l->dw,
                                 .ldc = ld};
}

static struct kern_product inputs(const struct layer *l)
{
    const size_t ld = kern_pad(l->width);
    return (struct kern_product){.m = l->rows,
                                 .n = ld,
                                 .k = l->width,
                                 .a = l->z,
                                 .a_row = ld,
                                 .a_k = 1,
                                 .b = l->w,
                                 .ldb = ld,
                                 .c = l->dx,
                                 .ldc = ld,
                                 .gate = l->x};
}

// Largest difference from what the first engine computes, relative to the largest element.
static double difference(const struct engine *engine, const struct engine *first,
                         const struct kern_product *p)
{
    double largest = 0, worst = 0;
    const size_t n = p->m * p->ldc;
    float *want = block(n);
    gemm_product(first->gemm, first->kern, p);
    memcpy(want, p->c, n * sizeof *want);
    gemm_product(engine->gemm, engine->kern, p);
    for (size_t i = 0; i < n; i++) {
        const double d = fabs((double)p->c[i] - (double)want[i]);
        worst = d > worst || isnan(d) ? d : worst;
        largest = fmax(largest, fabs((double)want[i]));
    }
    mem_free(want);
    return worst / largest;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

// One kind of product by all engines.
static bool compare(const char *what, const struct layer *l, const struct kern_product *p,
                    struct engine *engine, size_t rounds)
{
    bool good = true;
    const double flops = 2.0 * (double)l->rows * (double)l->width * (double)l->width;
    const size_t loops = (size_t)(SAMPLE_FLOPS / flops) + 1;
    for (size_t r = 0; r < rounds; r++)
        for (struct engine *e = engine; e->name; e++) {
            const double start = clock_seconds();
            for (size_t i = 0; i < loops; i++)
                gemm_product(e->gemm, e->kern, p);
            e->seconds[r] = (clock_seconds() - start) / (double)loops;
        }
    for (struct engine *e = engine; e->name; e++) {
        const double error = difference(e, engine, p);
        qsort(e->seconds, rounds, sizeof *e->seconds, by_value);
        printf("{\"bench\":\"gemm\",\"case\":\"%s %zux%zu\",\"rows\":%zu,\"engine\":\"%s\","
               "\"rounds\":%zu,\"best_us\":%.4g,\"median_us\":%.4g,\"gflops\":%.1f,"
               "\"difference\":%.2g}\n",
               what, l->width, l->width, l->rows, e->name, rounds, e->seconds[0] * 1e6,
               e->seconds[rounds / 2] * 1e6, flops / e->seconds[0] * 1e-9, error);
        good &= error < 1e-5;
    }
    return good;
}

static bool compare_width(size_t width, size_t rows, struct engine *engine, size_t rounds)
{
    struct layer l = layer_new(width, rows);
    const struct kern_product f = forward(&l), w = weights(&l), x = inputs(&l);
    bool good = compare("forward", &l, &f, engine, rounds);
    good &= compare("dW", &l, &w, engine, rounds);
    good &= compare("dA", &l, &x, engine, rounds);
    layer_clear(&l);
    return good;
}

int main(int argc, char **argv)
{
    static struct engine engine[ENGINES_MAX];
    static const size_t widths[] = {64, 128, 256, 512, 1024, 2048, 4096};
    const size_t width = argc > 1 ? (size_t)strtoul(argv[1], NULL, 10) : 0;
    const size_t rounds = argc > 2 ? (size_t)strtoul(argv[2], NULL, 10) : 15;
    const size_t rows = argc > 3 ? (size_t)strtoul(argv[3], NULL, 10) : 128;
    struct error e = {0};
    struct gemm blas;
    size_t count = 0;
    bool good = true;
    if (rounds < 1 || rounds > ROUNDS_MAX || rows < 1) {
        fprintf(stderr, "usage: bench_gemm [WIDTH [ROUNDS [ROWS]]], 1 to %d rounds\n", ROUNDS_MAX);
        return 2;
    }
    for (const struct kern *const *level = kern_available(); *level; level++)
        engine[count++] = (struct engine){.name = (*level)->name, .kern = *level};
    if (gemm_open(&blas, GEMM_BLAS, engine[0].kern, 0, &e) == 0)
        engine[count] = (struct engine){blas.about, engine[count - 1].kern, &blas, {0}};
    else
        fprintf(stderr, "bench_gemm: %s\n", e.text);
    if (width)
        good = compare_width(width, rows, engine, rounds);
    for (size_t i = 0; !width && i < sizeof widths / sizeof *widths; i++)
        good &= compare_width(widths[i], rows, engine, rounds);
    gemm_clear(&blas);
    return good ? 0 : 1;
}
