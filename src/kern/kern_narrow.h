// SPDX-License-Identifier: MIT
// Backward of a layer of few outputs, in one pass over its rows. As three products it would be
// three chains too short to fill the multipliers, and three ways through the same rows; here what a
// row brings (dz, a) is used for dW, db and dA while it is in registers. The chains are those of
// the products, so the bits are, too.
#ifndef SKIFF_KERN_NARROW_H
#define SKIFF_KERN_NARROW_H

#include "kern/kern_vec.h"

#define NARROW_VECTORS 2 // of columns in a strip: as many chains as outrun the stores of dA

struct narrow_sums {
    vf dw[KERN_NARROW][NARROW_VECTORS], da[NARROW_VECTORS];
    float db[KERN_NARROW];
};

INL void narrow_begin(const size_t OUT, const size_t NV, const struct kern_narrow *p, size_t j,
                      struct narrow_sums *s)
{
    foreach (o, OUT) {
        s->db[o] = p->first ? 0.0f : p->db[o];
        foreach (v, NV)
            s->dw[o][v] = p->first ? SPLAT(0.0f) : load(p->dw + o * p->ldw + j + v * VL);
    }
    foreach (v, NV)
        s->da[v] = p->sums ? load(p->sums + j + v * VL) : SPLAT(0.0f);
}

// What the rows need is copied first: the compiler must take stores to da for stores to anything.
INL void narrow_rows(const size_t OUT, const size_t NV, const struct kern_narrow *p, size_t j,
                     struct narrow_sums *s)
{
    const size_t lda = p->lda;
    const bool relu = p->relu;
    const float *dz = p->dz, *a = p->a + j;
    float *da = p->da ? p->da + j : NULL;
    vf w[KERN_NARROW][NARROW_VECTORS];
    foreach (o, OUT)
        foreach (v, NV)
            w[o][v] = load(p->w + o * p->ldw + j + v * VL);
    for (size_t i = p->m; i > 0; i--) {
        foreach (o, OUT)
            s->db[o] += dz[o];
        foreach (v, NV) {
            const vf x = load(a + v * VL);
            vf d = SPLAT(0.0f);
            foreach (o, OUT) {
                s->dw[o][v] = VFMA(SPLAT(dz[o]), x, s->dw[o][v]);
                d = VFMA(SPLAT(dz[o]), w[o][v], d);
            }
            if (!da)
                continue;
            if (relu)
                d = zero_where(x <= 0.0f, d);
            s->da[v] += d;
            store(da + v * VL, d);
        }
        dz += OUT;
        a += lda;
        da = da ? da + lda : NULL;
    }
}

INL void narrow_end(const size_t OUT, const size_t NV, const struct kern_narrow *p, size_t j,
                    const struct narrow_sums *s)
{
    foreach (o, OUT) {
        if (j == 0) // every strip has summed it up
            p->db[o] = s->db[o];
        foreach (v, NV) {
            const size_t at = o * p->ldw + j + v * VL;
            if (p->into)
                store(p->into + at, load(p->into + at) + s->dw[o][v]);
            else
                store(p->dw + at, s->dw[o][v]);
        }
    }
    if (p->sums) {
        foreach (v, NV)
            store(p->sums + j + v * VL, s->da[v]);
    }
}

INL void narrow_strip(const size_t OUT, const size_t NV, const struct kern_narrow *p, size_t j)
{
    struct narrow_sums s;
    narrow_begin(OUT, NV, p, j, &s);
    narrow_rows(OUT, NV, p, j, &s);
    narrow_end(OUT, NV, p, j, &s);
}

INL void narrow_strips(const size_t OUT, const struct kern_narrow *p)
{
    size_t j = 0;
    for (; j + NARROW_VECTORS * VL <= p->k; j += NARROW_VECTORS * VL)
        narrow_strip(OUT, NARROW_VECTORS, p, j);
    if (j < p->k)
        narrow_strip(OUT, 1, p, j);
}

_Static_assert(KERN_NARROW == 4, "a case for each number of outputs");

static void kern_narrow(const struct kern_narrow *p)
{
    switch (p->out) {
    case 1:
        return narrow_strips(1, p);
    case 2:
        return narrow_strips(2, p);
    case 3:
        return narrow_strips(3, p);
    default:
        narrow_strips(4, p);
    }
}

#endif
