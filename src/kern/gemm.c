// SPDX-License-Identifier: MIT
// The rule by shape, and a struct kern_product as a call of cblas_sgemm with what that does not do
// around it: the start values are put into c first, relu and its gate are passes over c afterwards.
//
// GFLOP/s on one core of an EPYC 9004 (3.7 GHz), blocks of 128 rows, best of interleaved samples
// as `bench/roofline --level all` takes them. OpenBLAS 0.3.21 with the kernels that it has for
// older processors, by OPENBLAS_CORETYPE:
//
//   in x out      product | baseline | Nehalem  Core2  Haswell | avx2  avx512 | Cooperlake
//   64 x 64       forward |     37.0 |    30.5   37.7     88.0 |  112     115 |  101
//                 dW      |     36.9 |    32.0   42.6     98.6 |  112     117 |  116
//   256 x 256     forward |     38.3 |    32.1   44.9    104.5 |  115     117 |  101
//                 dW      |     37.7 |    33.7   46.7    108.3 |  111     117 |  104
//   512 x 512     forward |     37.6 |    32.2   45.1    105.2 |  109     116 |  101
//                 dW      |     37.7 |    33.0   46.8    110.3 |  111     116 |  104
//   1024 x 1024   forward |     37.6 |    32.2   44.6    106.2 |  108     112 |   96
//                 dW      |     37.5 |    33.2   46.0    111.1 |  108     115 |  103
//   2048 x 2048   forward |     36.8 |    32.2   43.7    101.0 |  102     107 |   93
//                 dW      |     35.9 |    32.8   44.6     99.6 |  105     109 |   97
//   4096 x 4096   forward |     36.8 |    32.0   44.0    101.4 |  103     100 |   92
//                 dW      |     36.9 |    33.1   45.2    108.6 |  106     110 |   99
//
// dA is as forward. So baseline takes OpenBLAS from 256 x 256 on, where its kernels for Nehalem are
// a seventh slower and the others faster, up to three times; below, loading it costs more than it
// gives. Levels with fma keep their own kernels at every shape: they win nearly everywhere, and
// must give the same bytes, whatever is installed. Blocks of 256 rows make OpenBLAS 2 % faster at
// 1024 x 1024, so its blocks are those of the plan.
#include "kern/gemm.h"

#include <assert.h>
#include <limits.h>
#include <string.h>

const char *const gemm_words[] = {"auto", "own", "blas", NULL};

#define GEMM_WIDE 256 // inputs and outputs, at least

enum { ROW_MAJOR = 101, AS_IT_IS = 111, TRANSPOSED = 112 }; // cblas's numbers

// Whether `auto` takes OpenBLAS for such a layer, if it is there.
static bool is_better(const struct kern *kern, size_t in, size_t out)
{
    return !kern->fma && in >= GEMM_WIDE && out >= GEMM_WIDE;
}

int gemm_open(struct gemm *g, enum gemm_choice choice, const struct kern *kern, size_t widest,
              struct error *e)
{
    *g = (struct gemm){.choice = choice};
    const bool wanted =
        choice == GEMM_BLAS || (choice == GEMM_AUTO && is_better(kern, widest, widest));
    if (!wanted || gemm_load(g) || choice == GEMM_AUTO)
        return 0;
    return error_set(e, ERR_NOTFOUND,
                     "--gemm blas: OpenBLAS cannot be used (%s); %s or use --gemm own", g->about,
                     gemm_remedy);
}

void gemm_clear(struct gemm *g)
{
    gemm_unload(g);
    *g = (struct gemm){0};
}

const struct gemm *gemm_for(const struct gemm *g, const struct kern *kern, size_t in, size_t out)
{
    if (!g || !g->library || kern_pad(in) > INT_MAX || kern_pad(out) > INT_MAX)
        return NULL;
    return g->choice == GEMM_BLAS || is_better(kern, in, out) ? g : NULL;
}

// The start values are what sgemm adds to, unless there are none.
static void put_start(const struct kern_product *p)
{
    if (!p->start || p->start == p->c)
        return;
    for (size_t i = 0; i < p->m; i++)
        memcpy(p->c + i * p->ldc, p->start + i * p->start_row, p->n * sizeof *p->c);
}

static void call(const struct gemm *g, const struct kern_product *p)
{
    // Of a's strides one is 1. Where both are, either m or k is, and the other is the one that a
    // leading dimension must not be less than.
    const bool plain = p->a_k == 1 && p->a_row >= p->k;
    g->sgemm(ROW_MAJOR, plain ? AS_IT_IS : TRANSPOSED, AS_IT_IS, (int)p->m, (int)p->n, (int)p->k,
             1.0F, p->a, (int)(plain ? p->a_row : p->a_k), p->b, (int)p->ldb,
             p->start ? 1.0F : 0.0F, p->c, (int)p->ldc);
}

// relu, its gate and the sums as passes of their own, while c is still in the cache.
static void finish(const struct kern *kern, const struct kern_product *p)
{
    for (size_t i = 0; (p->relu || p->gate) && i < p->m; i++) {
        float *c = p->c + i * p->ldc;
        if (p->relu)
            kern->act_forward(ACT_RELU, p->n, c, c);
        if (p->gate)
            kern->act_backward(ACT_RELU, p->n, NULL, p->gate + i * p->ldc, c);
    }
    if (p->sums)
        kern->column_sums(p->m, p->n, p->c, p->ldc, p->sums, p->sums);
}

void gemm_product(const struct gemm *g, const struct kern *kern, const struct kern_product *p)
{
    if (!g) {
        kern->product(p);
        return;
    }
    assert(!p->add);
    put_start(p);
    call(g, p);
    finish(kern, p);
}
