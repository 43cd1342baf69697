// SPDX-License-Identifier: MIT
// The arithmetic of training, one table of functions per CPU level. A body is written once over a
// few vector macros (kern_body.h) and compiled once per level, each with its own flags.
//
// The promise that everything else stands on: every element of a product is one fma chain in
// ascending k from its start value, and every elementwise function is a fixed sequence of
// operations. So the result of a row does not depend on how many rows come with it, on the tile
// that computed it or on the vector width: the levels with fma give the same bits, and the
// baseline (multiply, then add) is the oracle that they are compared with to rounding.
//
// Leading dimensions: an array "padded" has rows of a multiple of KERN_LANES floats and a base
// aligned to MEM_ALIGN, its padding columns hold zeros. Everything else may have any address.
#ifndef SKIFF_KERN_KERN_H
#define SKIFF_KERN_KERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KERN_LANES  16 // floats; the widest vector of any level
#define KERN_NARROW 4  // outputs of a narrow layer, at most: above, they fill a vector well enough

static inline size_t kern_pad(size_t n)
{
    return (n + KERN_LANES - 1) & ~(size_t)(KERN_LANES - 1);
}

enum kern_act {
    ACT_IDENTITY,
    ACT_RELU,
    ACT_LEAKY_RELU, // slope 0.01
    ACT_TANH,
    ACT_SIGMOID,
    ACT_GELU, // exact: x * Phi(x), as torch's default
    ACT_SILU,
};

// c[i][j] = start + sum over k of a(i,k) * b[k][j], for i < m, j < n.
//   forward  Z = A W + bias:  m rows,  k inputs, a(i,k) = A[i][k], b = W,  start = bias
//   dW += A^T dZ:             m inputs, k rows,  a(i,k) = A[k][i], b = dZ, start = dW or zero
//   dA = dZ W^T:              m rows, k outputs, a(i,k) = dZ[i][k], b = W^T
struct kern_product {
    size_t m, n, k; // n is a multiple of KERN_LANES, not 0
    const float *a; // a(i,k) at a[i * a_row + k * a_k]
    const float *b; // [k][ldb], padded
    float *c;       // [m][ldc], padded
    size_t a_row, a_k, ldb, ldc;
    const float *start; // start value of c[i][j] at start[i * start_row + j]; NULL: zero.
    size_t start_row;   // 0 with a bias; ldc with start == c to accumulate
    bool relu;          // store 0 where c <= 0; NaN stays NaN, as in torch
    const float *gate;  // [m][ldc]: store 0 where gate <= 0 (relu's backward); not c; or NULL
    bool add;           // add to what c holds instead of storing; start is not c then
    float *sums; // [n]: c's column sums are added to it (not of what c held), in order; or NULL
};

// y[i][o] = bias[o] + sum over j < k of a[i][j] * w[o][j], for few outputs: the sum runs in
// KERN_LANES virtual lanes (lane l takes j = l, l + 16, ...) that a fixed pairwise tree adds.
struct kern_dot {
    size_t m, k, out;
    const float *a; // [m][lda]; padded, the padding zero or meeting zeros in w
    size_t lda;
    const float *w; // [out][ldw], padded
    size_t ldw;
    const float *bias; // [out]
    float *y;          // [m][out], dense
};

// Backward of such a layer: dw[o][j] += sum over i < m of dz[i][o] * a[i][j], db[o] += sum of
// dz[i][o], da[i][j] = sum over o of dz[i][o] * w[o][j]; chains over rows or outputs, as products'.
struct kern_narrow {
    size_t m, k, out;        // k is a multiple of KERN_LANES, out 1 to KERN_NARROW
    const float *dz, *a, *w; // [m][out] dense, [m][lda], [out][ldw]
    float *dw, *db, *da;     // [out][ldw], [out]; [m][lda], or NULL: nobody wants it
    size_t lda, ldw;         // padded
    bool first, relu;        // dw and db hold nothing yet; store 0 in da where a <= 0
    float *into;             // [out][ldw]: add dw's sum here, instead of storing it; or NULL
    float *sums;             // [k]: add da's column sums here, rows in order; or NULL
};

// One optimizer step over n parameters, rounded as torch's CPU loops round it (given fma).
// Scalars that torch computes in double arrive as double and are rounded where torch rounds them.
struct kern_adam {
    double lr, beta1, beta2, eps, weight_decay;
    bool decoupled; // AdamW: p *= 1 - lr * weight_decay first; else g += weight_decay * p
    bool lerp;      // the mean is rounded as torch 2.1 and later do; else as 1.13 does
    bool shared;    // other threads read p between steps; then it is aligned to MEM_ALIGN
    uint64_t step;  // 1 for the first
    float *p, *m, *v;
    const float *g;
    size_t n;
};

struct kern_sgd {
    double lr, momentum, weight_decay;
    bool nesterov, first, shared; // the first step sets buf = g; shared as of kern_adam
    float *p, *buf;               // buf may be NULL when momentum is 0
    const float *g;
    size_t n;
};

// Binary cross-entropy on probabilities p = sigmoid(z), as torch's Sigmoid + BCELoss: logarithms
// clamped at -100; dz = weight * scale * (p - y) / max(p (1 - p), 1e-12) * (p (1 - p)).
struct kern_bce {
    size_t n;
    const float *z, *y, *weight; // weight: per row, or NULL
    float scale;                 // of the gradient: 1 / rows of the batch
    float *p, *loss;             // [n]; the loss of each row, weighted, not scaled
    float *dz;                   // [n], or NULL when only the loss is wanted; no output is an input
};

struct kern {
    const char *name; // "baseline", "avx2", "avx512", "neon"
    bool fma;

    void (*product)(const struct kern_product *);
    void (*dot)(const struct kern_dot *);
    void (*narrow)(const struct kern_narrow *);
    // out[j] = start[j] + sum over rows of x[i][j], rows in order; start may be out or NULL.
    void (*column_sums)(size_t rows, size_t n, const float *x, size_t ld, const float *start,
                        float *out);
    // to[j][i] = from[i][j] for i < rows, j < cols; both padded, `to` has ldto >= kern_pad(rows).
    void (*transpose)(size_t rows, size_t cols, const float *from, size_t ldfrom, float *to,
                      size_t ldto);

    // Elementwise over n floats. a = act(z); the second turns da into dz = da * act'(z) given z
    // and a (z may be NULL for relu, leaky_relu, tanh, sigmoid: their derivative needs only a).
    void (*act_forward)(enum kern_act act, size_t n, const float *z, float *a);
    void (*act_backward)(enum kern_act act, size_t n, const float *z, const float *a, float *da);
    void (*exp)(size_t n, const float *x, float *y); // at most 1.5 ulp over the whole range
    void (*log)(size_t n, const float *x, float *y); // log(0) = -inf, log(negative) = NaN
    void (*bce)(const struct kern_bce *);

    void (*add)(size_t n, float *to, const float *from); // to += from
    void (*scale)(size_t n, float *x, float factor);     // x *= factor
    // x[i] *= keep[i] * factor, keep[i] 0 or 1: dropout. As in torch a dropped NaN stays NaN.
    void (*mask)(size_t n, float *x, const uint8_t *keep, float factor);
    double (*sum)(size_t n, const float *x);         // in double, 8 virtual lanes and a fixed tree
    double (*sum_squares)(size_t n, const float *x); // likewise
    void (*adam)(const struct kern_adam *);
    void (*sgd)(const struct kern_sgd *);

    // For benchmarks: multiply-adds on registers alone, as fast as this level can. Returns the
    // number of floating-point operations; sink: x, y and start of a = a x + y, then a result.
    double (*peak)(size_t loops, float sink[3]);
};

// The tables that may be compiled in; cpu.h says which of them this machine can run.
extern const struct kern kern_baseline, kern_avx2, kern_avx512, kern_neon;

#endif
