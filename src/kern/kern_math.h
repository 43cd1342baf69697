// SPDX-License-Identifier: MIT
// Elementwise functions: exp, log, tanh, erf, the activations and their derivatives, the binary
// cross-entropy, and the small arithmetic of a training step.
//
// The polynomials are near-minimax fits made for this file, each coefficient rounded to float
// before the next was fitted; the error given is that of the polynomial, relative to the function.
// Errors of the functions, measured over dense samples of their whole range on levels with fma, are
// stated with each; test_kern_math.c holds them to it. libm and libmvec would be as exact, but
// then the bits of a model would depend on the C library.
#ifndef SKIFF_KERN_MATH_H
#define SKIFF_KERN_MATH_H

#include "kern/kern_vec.h"

// ln 2 = LN2_HIGH + LN2_LOW; LN2_HIGH has 9 bits, so its product with an exponent is exact.
#define LN2_HIGH 0.693359375f
#define LN2_LOW  -2.12194440e-4f
// Adding and subtracting it rounds |x| < 2^22 to an integer, to even, in any vector unit.
#define ROUNDER 12582912.0f // 1.5 * 2^23

// c[0] + c[1] x + ... + c[n - 1] x^(n - 1)
INL vf poly(const size_t n, const float c[], vf x)
{
    vf y = SPLAT(c[n - 1]);
    foreach (i, n - 1)
        y = VFMA(y, x, SPLAT(c[n - 2 - i]));
    return y;
}

// 2^n, n whole and in [-126, 127].
INL vf power_of_two(vi n)
{
    return (vf)(((vu)n + 127) << 23);
}

// exp: at most 1.02 ulp; inf, 0 and denormals where they belong. With n = round(x / ln 2) and
// r = x - n ln 2: exp x = 2^n (1 + r + r^2 P(r)), 2^n in two factors as it may not be a float.
INL vf exp_v(vf x)
{
    static const float P[] = {0.49999994f, 0.166665211f, 0.0416682772f, 0.00836868584f,
                              0.00138198026f};  // 3.1e-9 on [-ln 2 / 2, ln 2 / 2]
    x = choose(x > 89.0f, SPLAT(89.0f), x);     // exp overflows at 88.73,
    x = choose(x < -104.0f, SPLAT(-104.0f), x); // and rounds to 0 below -103.98
    vf t = VFMA(x, SPLAT(1.44269504f), SPLAT(ROUNDER));
    vf n = t - ROUNDER;
    vf r = VFMA(n, SPLAT(-LN2_HIGH), x);
    r = VFMA(n, SPLAT(-LN2_LOW), r);
    vf y = VFMA(poly(5, P, r), r * r, r) + 1.0f;
    vi whole = (vi)((vu)t - (vu)SPLAT(ROUNDER)); // NaN lanes hold anything: y is NaN there
    vi first = whole >> 1;
    return y * power_of_two(first) * power_of_two(whole - first);
}

// log: at most 0.86 ulp, denormals included. x = 2^e m with m in [sqrt 1/2, sqrt 2), f = m - 1:
// log x = e ln 2 + f - f^2 / 2 + f^3 P(f).
INL vf log_v(vf x)
{
    static const float P[] = {0.333333313f, -0.250008196f, 0.200012431f, -0.166234121f,
                              0.142015442f, -0.131595373f, 0.127624273f, -0.0763689056f}; // 5.9e-9
    const uint32_t root_half = 0x3f3504f3; // the bits of sqrt 1/2
    vi tiny = x < 1.17549435e-38f;         // below the smallest normal number
    vf scaled = choose(tiny, x * 8388608.0f, x);
    vi bits = (vi)((vu)scaled - root_half);
    vf e = __builtin_convertvector((bits >> 23) - (tiny & 23), vf);
    vf f = (vf)(((vu)bits & 0x7fffff) + root_half) - 1.0f;
    vf f2 = f * f;
    vf y = poly(8, P, f) * (f * f2);
    y = VFMA(e, SPLAT(LN2_LOW), y);
    y = VFMA(f2, SPLAT(-0.5f), y);
    y = VFMA(e, SPLAT(LN2_HIGH), f + y);
    y = choose((x > 3.40282347e38f) | (x != x), x, y); // inf and NaN stay
    y = choose(x < 0.0f, SPLAT(__builtin_nanf("")), y);
    return choose(x == 0.0f, SPLAT(-__builtin_inff()), y);
}

// tanh: at most 1.3 ulp. x + x^3 P(x^2) near zero, 1 - 2 / (exp 2|x| + 1) beyond.
INL vf tanh_v(vf x)
{
    static const float P[] = {-0.333332807f, 0.133314148f, -0.053737767f, 0.0206334982f,
                              -0.00569937471f}; // 4.5e-9 on [0, 0.625]
    vf size = magnitude(x), z = x * x;
    vf near = VFMA(poly(5, P, z) * z, size, size);
    vf far = 1.0f - 2.0f / (exp_v(size + size) + 1.0f);
    return with_sign(choose(size < 0.625f, near, far), x);
}

// erf: at most 1.5 ulp. x + x P(x^2) up to 0.9, 1 - exp Q(|x|) beyond, 1 from 4 on.
INL vf erf_v(vf x)
{
    static const float P[] = {0.128379166f,   -0.376126289f,    0.112836242f,   -0.02685556f,
                              0.00519175315f, -0.000803975272f, 7.94310035e-05f}; // 8.9e-10
    static const float Q[] = {-0.00016641368f, -1.12779737f,    -0.636975944f,  -0.104113698f,
                              0.0223151464f,   -0.00306544686f, 0.000198211666f}; // 1.7e-9
    vf size = magnitude(x);
    vf near = VFMA(poly(7, P, x * x), size, size);
    vf far = 1.0f - exp_v(poly(7, Q, choose(size > 4.0f, SPLAT(4.0f), size)));
    return with_sign(choose(size < 0.9f, near, far), x);
}

INL vf sigmoid_v(vf x)
{
    return 1.0f / (exp_v(-x) + 1.0f);
}

// The normal distribution, as torch's exact gelu computes it.
INL vf normal_cdf(vf x)
{
    return 0.5f * (erf_v(x * 0.707106781f) + 1.0f);
}

#define LEAKY_SLOPE 0.01f

INL vf act_value(const enum kern_act act, vf z)
{
    switch (act) {
    case ACT_RELU:
        return zero_where(z <= 0.0f, z);
    case ACT_LEAKY_RELU:
        return choose(z > 0.0f, z, z * LEAKY_SLOPE);
    case ACT_TANH:
        return tanh_v(z);
    case ACT_SIGMOID:
        return sigmoid_v(z);
    case ACT_GELU:
        return z * normal_cdf(z);
    case ACT_SILU:
        return z / (exp_v(-z) + 1.0f);
    case ACT_IDENTITY:
        break;
    }
    return z;
}

// da * act'(z); z counts for gelu and silu only, a for the others only.
INL vf act_slope(const enum kern_act act, vf z, vf a, vf da)
{
    vf s;
    switch (act) {
    case ACT_RELU:
        return zero_where(a <= 0.0f, da);
    case ACT_LEAKY_RELU:
        return choose(a > 0.0f, da, da * LEAKY_SLOPE);
    case ACT_TANH:
        return da * VFMA(-a, a, SPLAT(1.0f));
    case ACT_SIGMOID:
        return da * (1.0f - a) * a;
    case ACT_GELU: // Phi(z) + z phi(z), phi(z) = exp(-z^2 / 2) / sqrt(2 pi)
        s = z * (exp_v(z * z * -0.5f) * 0.398942280f);
        return da * (normal_cdf(z) + s);
    case ACT_SILU:
        s = sigmoid_v(z);
        return da * s * VFMA(z, 1.0f - s, SPLAT(1.0f));
    case ACT_IDENTITY:
        break;
    }
    return da;
}

INL void map_act(const enum kern_act act, size_t n, const float *z, float *a)
{
    size_t i = 0;
    for (; i + VL <= n; i += VL)
        store(a + i, act_value(act, load(z + i)));
    if (i < n)
        store_part(a + i, act_value(act, load_part(z + i, n - i)), n - i);
}

INL void map_slope(const enum kern_act act, size_t n, const float *z, const float *a, float *da)
{
    size_t i = 0;
    for (; i + VL <= n; i += VL)
        store(da + i, act_slope(act, load(z + i), load(a + i), load(da + i)));
    if (i < n) {
        size_t rest = n - i;
        vf zv = load_part(z + i, rest), av = load_part(a + i, rest);
        store_part(da + i, act_slope(act, zv, av, load_part(da + i, rest)), rest);
    }
}

static void kern_act_forward(enum kern_act act, size_t n, const float *z, float *a)
{
    switch (act) {
    case ACT_RELU:
        return map_act(ACT_RELU, n, z, a);
    case ACT_LEAKY_RELU:
        return map_act(ACT_LEAKY_RELU, n, z, a);
    case ACT_TANH:
        return map_act(ACT_TANH, n, z, a);
    case ACT_SIGMOID:
        return map_act(ACT_SIGMOID, n, z, a);
    case ACT_GELU:
        return map_act(ACT_GELU, n, z, a);
    case ACT_SILU:
        return map_act(ACT_SILU, n, z, a);
    case ACT_IDENTITY:
        memmove(a, z, n * sizeof *a);
    }
}

// Where z is not needed `a` stands in for it: it may be NULL then.
static void kern_act_backward(enum kern_act act, size_t n, const float *z, const float *a,
                              float *da)
{
    switch (act) {
    case ACT_RELU:
        return map_slope(ACT_RELU, n, a, a, da);
    case ACT_LEAKY_RELU:
        return map_slope(ACT_LEAKY_RELU, n, a, a, da);
    case ACT_TANH:
        return map_slope(ACT_TANH, n, a, a, da);
    case ACT_SIGMOID:
        return map_slope(ACT_SIGMOID, n, a, a, da);
    case ACT_GELU:
        return map_slope(ACT_GELU, n, z, z, da);
    case ACT_SILU:
        return map_slope(ACT_SILU, n, z, z, da);
    case ACT_IDENTITY:
        return;
    }
}

static void kern_exp(size_t n, const float *x, float *y)
{
    size_t i = 0;
    for (; i + VL <= n; i += VL)
        store(y + i, exp_v(load(x + i)));
    if (i < n)
        store_part(y + i, exp_v(load_part(x + i, n - i)), n - i);
}

static void kern_log(size_t n, const float *x, float *y)
{
    size_t i = 0;
    for (; i + VL <= n; i += VL)
        store(y + i, log_v(load(x + i)));
    if (i < n)
        store_part(y + i, log_v(load_part(x + i, n - i)), n - i);
}

struct bce_lanes {
    vf loss, dz;
};

// The clamped logarithm of BCELoss; NaN stays.
INL vf bce_log(vf p)
{
    vf y = log_v(p);
    return choose(y < -100.0f, SPLAT(-100.0f), y);
}

// With labels of 0 and 1 one of the two logarithms would be multiplied by 0; without it the same
// bits come out, as 0.0f + x makes both zeros one.
INL struct bce_lanes bce_value(const bool hard, vf p, vf y, vf weight, float scale)
{
    struct bce_lanes out;
    vf q = 1.0f - p, loss;
    if (hard)
        loss = -bce_log(choose(y == 0.0f, q, p));
    else
        loss = (y - 1.0f) * bce_log(q) - y * bce_log(p);
    vf pq = q * p;
    vf dp = (p - y) / choose(pq < 1e-12f, SPLAT(1e-12f), pq);
    out.loss = weight * (loss + 0.0f);
    out.dz = dp * weight * scale * q * p;
    return out;
}

// Of `count` rows from row i on, at most VL: the losses, given the probabilities.
INL void bce_losses(const bool hard, const struct kern_bce *b, size_t i, size_t count)
{
    const vf weight = b->weight ? load_part(b->weight + i, count) : SPLAT(1.0f);
    const vf p = load_part(b->p + i, count), y = load_part(b->y + i, count);
    const struct bce_lanes out = bce_value(hard, p, y, weight, b->scale);
    store_part(b->loss + i, out.loss, count);
    if (b->dz)
        store_part(b->dz + i, out.dz, count);
}

INL void bce_probabilities(const struct kern_bce *b, size_t i, size_t count)
{
    store_part(b->p + i, sigmoid_v(load_part(b->z + i, count)), count);
}

// Whole vectors to the end, where there is one: the last of them takes some rows again. Two passes,
// because a processor that looks 300 instructions ahead sees the next vector's exp while it waits
// for this one's, but not behind its log.
INL void bce_loop(const bool hard, const struct kern_bce *b)
{
    if (b->n < VL) {
        bce_probabilities(b, 0, b->n);
        bce_losses(hard, b, 0, b->n);
        return;
    }
    for (size_t i = 0; i < b->n; i += VL)
        bce_probabilities(b, i + VL <= b->n ? i : b->n - VL, VL);
    for (size_t i = 0; i < b->n; i += VL)
        bce_losses(hard, b, i + VL <= b->n ? i : b->n - VL, VL);
}

INL bool zeros_and_ones(size_t n, const float *y)
{
    vi other = {0};
    const vi none = {0};
    size_t i = 0;
    for (; i + VL <= n; i += VL)
        other |= (load(y + i) != 0.0f) & (load(y + i) != 1.0f);
    vf rest = n < VL ? load_part(y, n) : load(y + n - VL);
    other |= (rest != 0.0f) & (rest != 1.0f);
    return memcmp(&other, &none, sizeof none) == 0;
}

static void kern_bce(const struct kern_bce *b)
{
    if (zeros_and_ones(b->n, b->y))
        bce_loop(true, b);
    else
        bce_loop(false, b);
}

static void kern_add(size_t n, float *to, const float *from)
{
    size_t i = 0;
    for (; i + VL <= n; i += VL)
        store(to + i, load(to + i) + load(from + i));
    for (; i < n; i++)
        to[i] += from[i];
}

static void kern_scale(size_t n, float *x, float factor)
{
    size_t i = 0;
    for (; i + VL <= n; i += VL)
        store(x + i, load(x + i) * factor);
    for (; i < n; i++)
        x[i] *= factor;
}

static void kern_mask(size_t n, float *x, const uint8_t *keep, float factor)
{
    size_t i = 0;
    for (; i + VL <= n; i += VL) {
        bytes k;
        memcpy(&k, keep + i, sizeof k);
        store(x + i, load(x + i) * (__builtin_convertvector(k, vf) * factor));
    }
    for (; i < n; i++)
        x[i] *= (float)keep[i] * factor;
}

#endif
