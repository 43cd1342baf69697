// SPDX-License-Identifier: MIT
// Sums: narrow layers' dot products, column sums, sums in double, and the transpose, which shares
// its shuffles with the dot products.
//
// A dot product runs in KERN_LANES virtual lanes: PARTS vectors a row. The tree that adds the lanes
// (lane l and l + 8, then l + 4, l + 2, l + 1) begins with whole vectors where a vector is narrower
// than the lanes and ends with shuffles; folding VL rows at once costs VL - 1 pairs of shuffles and
// leaves one sum in each lane, in the order of the rows.
#ifndef SKIFF_KERN_REDUCE_H
#define SKIFF_KERN_REDUCE_H

#include "kern/kern_vec.h"

// Seen as blocks of 2h lanes, even blocks of the result come from x, odd ones from y: the low and
// the high halves of the blocks of x and y, to be added.
#define FOLD_LOW(l, h)  ((l) / (2 * (h)) * 2 * (h) + (l) % (h) + (l) / (h) % 2 * VL)
#define FOLD_HIGH(l, h) (FOLD_LOW(l, h) + (h))
// The two vectors that take the place of x and y in step h of a transpose.
#define SWAP_LOW(l, h)  ((l) & (h) ? (l) - (h) + VL : (l))
#define SWAP_HIGH(l, h) ((l) & (h) ? (l) + VL : (l) + (h))

#define FOLD_STEP(v, h)                                                                            \
    foreach (r, h)                                                                                 \
        v[r] = SHUFFLE(v[r], v[r + (h)], FOLD_LOW, h) + SHUFFLE(v[r], v[r + (h)], FOLD_HIGH, h);
#define SWAP_STEP(v, h)                                                                            \
    foreach (r, VL)                                                                                \
        if (!(r & (h))) {                                                                          \
            vf low = SHUFFLE(v[r], v[r + (h)], SWAP_LOW, h);                                       \
            v[r + (h)] = SHUFFLE(v[r], v[r + (h)], SWAP_HIGH, h);                                  \
            v[r] = low;                                                                            \
        }
// The steps h = VL / 2, ..., 2, 1.
#define STEPS_4(STEP, v)  STEP(v, 2) STEP(v, 1)
#define STEPS_8(STEP, v)  STEP(v, 4) STEPS_4(STEP, v)
#define STEPS_16(STEP, v) STEP(v, 8) STEPS_8(STEP, v)

// One sum a lane: lane r is the sum of v[r]'s lanes. v is used up.
INL vf fold(vf v[VL])
{
    PASTE(STEPS_, VL)(FOLD_STEP, v);
    return v[0];
}

// The vectors of virtual lanes of HALF rows, from `row` on of the rows at `a`: 8 chains on every
// level. Rows from `rows` on repeat the last one.
INL void dot_rows(const struct kern_dot *p, const float *a, size_t rows, const float *w,
                  const size_t row, vf sums[VL])
{
    vf acc[8][4]; // [HALF][PARTS]
    const float *at[8];
    foreach (r, HALF) {
        size_t real = row + r < rows ? row + r : rows - 1;
        at[r] = a + real * p->lda;
        foreach (s, PARTS)
            acc[r][s] = SPLAT(0.0f);
    }
    for (size_t j = 0; j < p->k; j += KERN_LANES) {
        foreach (s, PARTS) {
            vf wv = load(w + j + s * VL);
            foreach (r, HALF)
                acc[r][s] = VFMA(load(at[r] + j + s * VL), wv, acc[r][s]);
        }
    }
    foreach (r, HALF) {
        if (PARTS == 4) {
            acc[r][0] += acc[r][2];
            acc[r][1] += acc[r][3];
        }
        sums[row + r] = PARTS > 1 ? acc[r][0] + acc[r][1] : acc[r][0];
    }
}

// Output o of the rows at `a`.
INL vf dot_block(const struct kern_dot *p, const float *a, size_t rows, size_t o)
{
    vf sums[VL];
    const float *w = p->w + o * p->ldw;
    dot_rows(p, a, rows, w, 0, sums);
    dot_rows(p, a, rows, w, HALF, sums);
    return fold(sums) + p->bias[o];
}

static void dot_one_output(const struct kern_dot *p)
{
    size_t i = 0;
    for (; i + VL <= p->m; i += VL)
        store(p->y + i, dot_block(p, p->a + i * p->lda, VL, 0));
    if (i < p->m)
        store_part(p->y + i, dot_block(p, p->a + i * p->lda, p->m - i, 0), p->m - i);
}

static void kern_dot(const struct kern_dot *p)
{
    if (p->out == 1)
        return dot_one_output(p);
    for (size_t i = 0; i < p->m; i += VL) {
        size_t rows = p->m - i < VL ? p->m - i : VL;
        for (size_t o = 0; o < p->out; o++) {
            vf y = dot_block(p, p->a + i * p->lda, rows, o);
            for (size_t r = 0; r < rows; r++)
                p->y[(i + r) * p->out + o] = y[r];
        }
    }
}

// Four vectors of columns at a time, so that the additions overlap.
INL void column_strip(const size_t NV, size_t rows, const float *x, size_t ld, const float *start,
                      float *out)
{
    vf sum[4];
    foreach (v, NV)
        sum[v] = SPLAT(0.0f);
    if (start) {
        foreach (v, NV)
            sum[v] = load(start + v * VL);
    }
    for (size_t i = rows; i > 0; i--) {
        foreach (v, NV)
            sum[v] += load(x + v * VL);
        x += ld;
    }
    foreach (v, NV)
        store(out + v * VL, sum[v]);
}

static void kern_column_sums(size_t rows, size_t n, const float *x, size_t ld, const float *start,
                             float *out)
{
    size_t j = 0;
    for (; j + 4 * VL <= n; j += 4 * VL)
        column_strip(4, rows, x + j, ld, start ? start + j : NULL, out + j);
    for (; j + VL <= n; j += VL)
        column_strip(1, rows, x + j, ld, start ? start + j : NULL, out + j);
    for (; j < n; j++) {
        float sum = start ? start[j] : 0.0f;
        for (size_t i = 0; i < rows; i++)
            sum += x[i * ld + j];
        out[j] = sum;
    }
}

// A full block: VL rows and columns.
UNCHECKED static void transpose_block(const float *from, size_t ldfrom, float *to, size_t ldto)
{
    vf v[VL];
    foreach (r, VL)
        v[r] = load(from + r * ldfrom);
    PASTE(STEPS_, VL)(SWAP_STEP, v);
    foreach (c, VL)
        store(to + c * ldto, v[c]);
}

// A block at the edge: `cols` columns of `rows` rows, zeros in place of the rows that are not
// there.
static void transpose_edge(size_t rows, size_t cols, const float *from, size_t ldfrom, float *to,
                           size_t ldto)
{
    float in[VL * VL] = {0}, out[VL * VL];
    for (size_t r = 0; r < rows; r++)
        memcpy(in + r * VL, from + r * ldfrom, cols * sizeof *in);
    transpose_block(in, VL, out, VL);
    for (size_t c = 0; c < cols; c++)
        store(to + c * ldto, load(out + c * VL));
}

static void kern_transpose(size_t rows, size_t cols, const float *from, size_t ldfrom, float *to,
                           size_t ldto)
{
    for (size_t i = 0; i < kern_pad(rows); i += VL) {
        size_t m = i >= rows ? 0 : rows - i < VL ? rows - i : VL;
        for (size_t j = 0; j < cols; j += VL) {
            size_t n = cols - j < VL ? cols - j : VL;
            const float *block = from + i * ldfrom + j;
            if (m == VL && n == VL)
                transpose_block(block, ldfrom, to + j * ldto + i, ldto);
            else
                transpose_edge(m, n, block, ldfrom, to + j * ldto + i, ldto);
        }
    }
}

// The sum of x, or of its squares (exact in double), in 8 virtual lanes of doubles.
INL double sum_lanes(const bool squares, size_t n, const float *x)
{
    vd acc[4]; // [PARTS]
    foreach (s, PARTS)
        acc[s] = (vd){0};
    for (size_t i = 0; i < n; i += 8) {
        float part[8] = {0};
        const float *from = x + i;
        if (n - i < 8)
            from = memcpy(part, from, (n - i) * sizeof *x);
        foreach (s, PARTS) {
            half_vf f;
            memcpy(&f, from + s * HALF, sizeof f);
            vd d = __builtin_convertvector(f, vd);
            acc[s] += squares ? d * d : d;
        }
    }
    double lane[8];
    memcpy(lane, acc, sizeof lane);
    for (int d = 4; d > 0; d /= 2)
        for (int l = 0; l < d; l++)
            lane[l] += lane[l + d];
    return lane[0];
}

static double kern_sum(size_t n, const float *x)
{
    return sum_lanes(false, n, x);
}

static double kern_sum_squares(size_t n, const float *x)
{
    return sum_lanes(true, n, x);
}

#endif
