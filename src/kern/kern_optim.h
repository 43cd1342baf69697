// SPDX-License-Identifier: MIT
// Optimizer steps, one pass over parameters, gradient and state, rounded as torch's loops round
// them on a CPU with fma: its mul_, add_(alpha), addcmul_ and addcdiv_ are separate loops of which
// each rounds once a multiply-add, and its scalars are computed in double and rounded to float
// where they meet a tensor. tests/peers/optim_torch.py compares the bits.
//
// Versions differ in Adam's mean alone: up to 2.0 it is mul_ and add_, from 2.1 on lerp_, which
// rounds the difference g - m instead of the product m * beta1, and starts from g where the weight
// is 0.5 or more. (2.1 also takes the root of the bias correction by pow(x, 0.5) instead of sqrt;
// rounded to float, none of 360,000 differed.)
//
// The mean of a unit that has died shrinks by beta1 a step, gets stuck at the smallest denormals
// and would make every later step half as slow again. Taken for zero it moves the parameter by the
// same nothing. That holds while the root of the second moment, below 1.1e-19 where that is taken
// for zero, is nothing beside eps; a smaller eps has the numbers as they are.
#ifndef SKIFF_KERN_OPTIM_H
#define SKIFF_KERN_OPTIM_H

#include "kern/kern_vec.h"

#include <math.h>

// Half a unit of the last digit of 1e-8 is 3e-16; 1.1e-19 / sqrt(1 - beta2^t) is less than that at
// every step, up to a beta2 of 0.9999998.
#define FLUSH_EPS 1e-8

// The scalars of one Adam step, as torch rounds them.
struct adam_scalars {
    float decay;       // AdamW: p *= decay; Adam: g += decay * p
    float beta1, new1; // new1 = 1 - beta1
    bool from_g;       // lerp: g + (g - m) * (new1 - 1), else m + (g - m) * new1
    float weight;      // lerp: what g - m is multiplied with
    float beta2, new2;
    float step, root, eps; // -lr / (1 - beta1^t), sqrt(1 - beta2^t)
    float over, rest;      // 1 / root, rounded, and what that has lost
};

enum adam_decay { DECAY_NONE, DECAY_L2, DECAY_DECOUPLED };

// What a loop is compiled for; always a constant.
struct adam_form {
    enum adam_decay decay;
    bool lerp;
};

// x / s->root to the bit, in four multiply-adds: the divider has enough to do with the other
// division and the root. q is less than 0.51 units of the last digit off, r its exact error, and
// 1 / root is within 2^-24, so that the sum is off by less than a quotient can be from the middle
// between two floats (P. Markstein, 1990). A root x is 0, infinite or far from both.
INL vf over_root(const struct adam_scalars *s, vf x)
{
    if (!KERN_FMA)
        return x / s->root;
    vf q = VFMA(x, SPLAT(s->over), x * s->rest);
    const vf r = VFMA(-q, SPLAT(s->root), x);
    q = VFMA(r, SPLAT(s->over), q);
    return choose(x == INFINITY, x, q);
}

// Where other threads have copies of p, a store that goes to the cache waits until they have all
// dropped theirs, line by line; one that goes past it waits for nobody, and they fetch p anew
// anyway.
INL void put(const bool shared, float *p, vf v)
{
    if (shared)
        STREAM(p, v);
    else
        store(p, v);
}

INL void adam_lanes(const struct adam_form form, const struct adam_scalars *s, vf g, vf *p, vf *m,
                    vf *v)
{
    if (form.decay == DECAY_L2)
        g = VFMA(*p, SPLAT(s->decay), g);
    if (form.decay == DECAY_DECOUPLED)
        *p *= s->decay;
    if (form.lerp)
        *m = VFMA(g - *m, SPLAT(s->weight), s->from_g ? g : *m);
    else
        *m = VFMA(g, SPLAT(s->new1), *m * s->beta1);
    *v = VFMA(s->new2 * g, g, *v * s->beta2);
    *p += s->step * *m / (over_root(s, VSQRT(*v)) + s->eps);
}

INL void adam_loop(const struct adam_form form, const struct kern_adam *a,
                   const struct adam_scalars *s)
{
    vf p, m, v;
    size_t i = 0;
    for (; i + VL <= a->n; i += VL) {
        p = load(a->p + i), m = load(a->m + i), v = load(a->v + i);
        adam_lanes(form, s, load(a->g + i), &p, &m, &v);
        put(a->shared, a->p + i, p), store(a->m + i, m), store(a->v + i, v);
    }
    size_t rest = a->n - i;
    if (rest == 0)
        return;
    p = load_part(a->p + i, rest), m = load_part(a->m + i, rest), v = load_part(a->v + i, rest);
    adam_lanes(form, s, load_part(a->g + i, rest), &p, &m, &v);
    store_part(a->p + i, p, rest), store_part(a->m + i, m, rest), store_part(a->v + i, v, rest);
}

INL void adam_decays(const bool lerp, const struct kern_adam *a, const struct adam_scalars *s)
{
    if (a->decoupled)
        adam_loop((struct adam_form){DECAY_DECOUPLED, lerp}, a, s);
    else if (a->weight_decay != 0)
        adam_loop((struct adam_form){DECAY_L2, lerp}, a, s);
    else
        adam_loop((struct adam_form){DECAY_NONE, lerp}, a, s);
}

static void adam_loops(const struct kern_adam *a, const struct adam_scalars *s)
{
    if (a->lerp)
        adam_decays(true, a, s);
    else
        adam_decays(false, a, s);
}

static void kern_adam(const struct kern_adam *a)
{
    double t = (double)a->step;
    const float new1 = (float)(1.0 - a->beta1), root = (float)sqrt(1.0 - pow(a->beta2, t));
    const float over = (float)(1.0 / (double)root);
    const struct adam_scalars s = {
        .decay = (float)(a->decoupled ? 1.0 - a->lr * a->weight_decay : a->weight_decay),
        .beta1 = (float)a->beta1,
        .new1 = new1,
        .from_g = new1 >= 0.5f,
        .weight = new1 >= 0.5f ? new1 - 1 : new1,
        .beta2 = (float)a->beta2,
        .new2 = (float)(1.0 - a->beta2),
        .step = (float)-(a->lr / (1.0 - pow(a->beta1, t))),
        .root = root,
        .over = over,
        .rest = (float)(1.0 / (double)root - (double)over),
        .eps = (float)a->eps,
    };
    if (a->eps < FLUSH_EPS) {
        adam_loops(a, &s);
    } else {
        FLUSH_BEGIN(mode);
        adam_loops(a, &s);
        FLUSH_END(mode);
    }
    if (a->shared)
        STREAM_END();
}

INL void sgd_lanes(const struct kern_sgd *s, vf g, vf *p, vf *buf)
{
    if (s->weight_decay != 0)
        g = VFMA(*p, SPLAT((float)s->weight_decay), g);
    if (s->momentum != 0) {
        vf mu = SPLAT((float)s->momentum);
        *buf = s->first ? g : *buf * mu + g;
        g = s->nesterov ? VFMA(*buf, mu, g) : *buf;
    }
    *p = VFMA(g, SPLAT((float)-s->lr), *p);
}

static void kern_sgd(const struct kern_sgd *s)
{
    bool state = s->momentum != 0;
    vf p, buf = {0};
    size_t i = 0;
    for (; i + VL <= s->n; i += VL) {
        p = load(s->p + i);
        if (state)
            buf = load(s->buf + i);
        sgd_lanes(s, load(s->g + i), &p, &buf);
        put(s->shared, s->p + i, p);
        if (state)
            store(s->buf + i, buf);
    }
    if (s->shared)
        STREAM_END();
    size_t rest = s->n - i;
    if (rest == 0)
        return;
    p = load_part(s->p + i, rest);
    if (state)
        buf = load_part(s->buf + i, rest);
    sgd_lanes(s, load_part(s->g + i, rest), &p, &buf);
    store_part(s->p + i, p, rest);
    if (state)
        store_part(s->buf + i, buf, rest);
}

#endif
