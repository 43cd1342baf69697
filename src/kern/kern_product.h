// SPDX-License-Identifier: MIT
// The matrix product: c[i][j] = start + sum over k of a(i,k) * b[k][j].
//
// A tile of MR rows by NV vectors of c stays in registers while k runs: NV loads of b and MR
// broadcasts of a feed MR * NV independent fma chains. Tiles of every height exist, so that m rows
// are cut into pieces that differ by at most one row and no row is computed for nothing.
//
// Three loops around the tiles keep what is read again in the caches: k is cut so that a panel of b
// (one tile wide) stays in L1 or L2, rows so that a block of a stays in L2. A second piece of k
// starts from the c that the first has stored: the same chain, so that neither cut changes a bit.
#ifndef SKIFF_KERN_PRODUCT_H
#define SKIFF_KERN_PRODUCT_H

#include "kern/kern_vec.h"

#define TILE_ROWS    16 // room for the highest tile,
#define TILE_VECTORS 4  // and for the widest

// k of one pass: a panel of b is at most 1024 x 64 floats = 256 KB, a quarter of a usual L2.
#define PRODUCT_K 1024
// Floats of a in one block of rows: another quarter.
#define PRODUCT_A 65536

INL void tile_start(const size_t MR, const size_t NV, const struct kern_product *p, size_t i,
                    size_t j, vf c[TILE_ROWS][TILE_VECTORS])
{
    if (!p->start) {
        foreach (r, MR)
            foreach (v, NV)
                c[r][v] = SPLAT(0.0f);
        return;
    }
    const float *start = p->start + i * p->start_row + j;
    foreach (r, MR) {
        foreach (v, NV)
            c[r][v] = load(start + v * VL);
        start += p->start_row;
    }
}

// Pointers walk from row to row, here and below: with r * row the compiler would keep an offset for
// each row, more than there are registers.
INL void tile_sum(const size_t MR, const size_t NV, const struct kern_product *p, size_t i,
                  size_t j, vf c[TILE_ROWS][TILE_VECTORS])
{
    const size_t row = p->a_row, step = p->a_k, ldb = p->ldb;
    const float *a = p->a + i * row, *b = p->b + j;
    for (size_t k = p->k; k > 0; k--) {
        vf bv[TILE_VECTORS];
        foreach (v, NV)
            bv[v] = load(b + v * VL);
        const float *ar = a;
        foreach (r, MR) {
            float ak = *ar;
            foreach (v, NV)
                c[r][v] = VFMA(SPLAT(ak), bv[v], c[r][v]);
            ar += row;
        }
        a += step;
        b += ldb;
    }
}

INL void tile_store(const size_t MR, const size_t NV, const struct kern_product *p, size_t i,
                    size_t j, vf c[TILE_ROWS][TILE_VECTORS])
{
    const size_t ldc = p->ldc;
    if (p->relu) {
        foreach (r, MR)
            foreach (v, NV)
                c[r][v] = zero_where(c[r][v] <= 0.0f, c[r][v]);
    }
    if (p->gate) {
        const float *gate = p->gate + i * ldc + j;
        foreach (r, MR) {
            foreach (v, NV)
                c[r][v] = zero_where(load(gate + v * VL) <= 0.0f, c[r][v]);
            gate += ldc;
        }
    }
    float *to = p->c + i * ldc + j;
    foreach (r, MR) {
        foreach (v, NV)
            store(to + v * VL, c[r][v]);
        to += ldc;
    }
}

typedef void tile_fn(const struct kern_product *p, size_t i, size_t j);

#define TILE_FN(MR, NV)                                                                            \
    static void tile_##MR##x##NV(const struct kern_product *p, size_t i, size_t j)                 \
    {                                                                                              \
        vf c[TILE_ROWS][TILE_VECTORS];                                                             \
        tile_start(MR, NV, p, i, j, c);                                                            \
        tile_sum(MR, NV, p, i, j, c);                                                              \
        tile_store(MR, NV, p, i, j, c);                                                            \
    }
#define TILE_ROW(MR, NV) [NV][MR] = tile_##MR##x##NV,

TILES(TILE_FN)
static tile_fn *const tiles[TILE_VECTORS + 1][TILE_ROWS + 1] = {TILES(TILE_ROW)};

// Rows [i, i + m) by the vectors [j, j + nv * VL), in pieces of nearly equal height.
static void product_strip(const struct kern_product *p, size_t i, size_t m, size_t j, size_t nv)
{
    size_t most = TILE_ROWS;
    while (!tiles[nv][most])
        most--;
    size_t pieces = (m + most - 1) / most, rows = m / pieces, longer = m % pieces;
    for (size_t t = 0; t < pieces; t++) {
        size_t mr = rows + (t < longer);
        tiles[nv][mr](p, i, j);
        i += mr;
    }
}

// The width of the tiles for m rows: the widest, unless m rows fit in one tile of half that width.
static size_t tile_width(size_t vectors, size_t m)
{
    size_t nv = TILE_VECTORS;
    while (nv > vectors || !tiles[nv][1])
        nv--;
    bool narrow = m <= TILE_ROWS && !tiles[nv][m] && tiles[nv / 2][m];
    return narrow ? nv / 2 : nv;
}

// One cut of k: blocks of rows, in each of them the strips of columns.
static void product_pass(const struct kern_product *p)
{
    size_t block = PRODUCT_A / (p->k ? p->k : 1) / 24 * 24; // whole tiles of 6, 8 and 12 rows
    if (block < 24)
        block = 24;
    for (size_t i = 0; i < p->m; i += block) {
        size_t m = p->m - i < block ? p->m - i : block;
        for (size_t j = 0; j < p->n;) {
            size_t nv = tile_width((p->n - j) / VL, m);
            product_strip(p, i, m, j, nv);
            j += nv * VL;
        }
    }
}

static void kern_product(const struct kern_product *p)
{
    struct kern_product part = *p;
    size_t left = p->k;
    while (left > PRODUCT_K) {
        part.k = PRODUCT_K;
        part.relu = false;
        part.gate = NULL;
        product_pass(&part);
        part.a += PRODUCT_K * p->a_k;
        part.b += PRODUCT_K * p->ldb;
        part.start = p->c;
        part.start_row = p->ldc;
        left -= PRODUCT_K;
    }
    part.k = left;
    part.relu = p->relu;
    part.gate = p->gate;
    product_pass(&part);
}

#endif
