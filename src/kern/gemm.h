// SPDX-License-Identifier: MIT
// Which engine computes a matrix product: the kernels of kern.h, or OpenBLAS. The library is loaded
// when a run wants it and never linked: linked, it would cost every run 2 ms and 3 MB.
//
// A product through OpenBLAS is no single fma chain: its bits depend on the library's version, on
// the processor that it finds (whatever SKIFF_CPU says) and on the rows that are computed together.
// They do not depend on the number of threads, as long as that decides nothing of the above.
#ifndef SKIFF_KERN_GEMM_H
#define SKIFF_KERN_GEMM_H

#include "base/err.h"
#include "kern/kern.h"

enum gemm_choice { GEMM_AUTO, GEMM_OWN, GEMM_BLAS };
extern const char *const gemm_words[]; // by enum gemm_choice, NULL-terminated

typedef void gemm_fn(int order, int trans_a, int trans_b, int m, int n, int k, float alpha,
                     const float *a, int lda, const float *b, int ldb, float beta, float *c,
                     int ldc);

// All zeros is a good value: own kernels for everything.
struct gemm {
    enum gemm_choice choice;
    void *library;   // OpenBLAS; NULL: own kernels for everything
    gemm_fn *sgemm;  // its cblas_sgemm
    char about[256]; // its version and kernels, or why there is none although it was wanted
};

// Load OpenBLAS if `choice` may use it in a network whose widest hidden layer has `widest` units.
// Call it before any thread is started: OpenBLAS reads OPENBLAS_NUM_THREADS from the environment
// while it is loaded, which is set to 1 for as long as that takes unless it has a value. When the
// library is missing, GEMM_BLAS fails and GEMM_AUTO goes on without.
int gemm_open(struct gemm *g, enum gemm_choice choice, const struct kern *kern, size_t widest,
              struct error *e);
void gemm_clear(struct gemm *g);

// The rule by shape: g where the product of a layer with `in` inputs and `out` outputs goes through
// OpenBLAS, else NULL. A function of its arguments alone, never of a stopwatch.
const struct gemm *gemm_for(const struct gemm *g, const struct kern *kern, size_t in, size_t out);

// Compute p, through g's library unless g is NULL. Padding columns stay zeros where they are zeros
// in p->b and p->start. p->add is for own kernels alone.
void gemm_product(const struct gemm *g, const struct kern *kern, const struct kern_product *p);

// OpenBLAS itself. Fills library, sgemm and about; or only about, with the reason, and returns
// false. One of two files, gemm_none.c in a build --without-openblas.
bool gemm_load(struct gemm *g);
extern const char gemm_remedy[]; // what to do about it
void gemm_unload(struct gemm *g);

#endif
