// SPDX-License-Identifier: MIT
// The matrix product: c[i][j] = start + sum over k of a(i,k) * b[k][j].
//
// A tile of MR rows by NV vectors of c stays in registers while k runs: NV loads of b and MR
// broadcasts of a feed MR * NV independent fma chains. Tiles of every height exist, so no row is
// computed for nothing.
//
// A product too large for the caches is cut into products: by k, so that a strip of b (one tile
// wide) stays in L1 or L2 while all rows use it; by rows, so that a block of a stays in L2; and by
// columns into strips. A second piece of k starts from the c that the first has stored: the same
// chain, so that no cut changes a bit.
//
// Where a strip is as narrow as a cache line (PACKS), rows of b that are kilobytes apart cost a
// page and a set of the cache each: the first tile of a strip copies it together while it computes,
// and an `a` that runs across its rows (dW's) is transposed first. Wider strips gained nothing by
// that.
#ifndef SKIFF_KERN_PRODUCT_H
#define SKIFF_KERN_PRODUCT_H

#include "kern/kern_reduce.h"
#include "kern/kern_vec.h"

#define TILE_ROWS    12 // room for the highest tile,
#define TILE_VECTORS 4  // and for the widest

// The highest tile that is nv vectors wide.
#define TALLEST(nv) (TILE_SUMS / (nv) < TILE_ROWS ? TILE_SUMS / (nv) : TILE_ROWS)

// k of one cut: a strip of b is at most 512 x 64 floats = 128 KB, or 16 KB where it is packed. The
// fewer cuts, the less often c comes and goes: 1 % at 512 x 512, as much at 2048 x 2048.
#define PRODUCT_K (PACKS ? 256 : 512)
// Floats of a in one block of rows: half a usual L2. A block of a batch has half of that.
#define PRODUCT_A 131072
// Of a larger b (1 MB) the next strip is fetched while one is computed: it will not be in L2.
#define PRODUCT_NEAR 262144

#define PACKS        (TILE_WIDEST * VL <= KERN_LANES)
#define PACK_ROWS    (4 * TALLEST(TILE_WIDEST)) // of c, at least, for a copied strip to pay
#define PACK_COLUMNS 128                        // likewise
#define PACK_A       8192 // floats of a that are transposed at once, 32 KB of stack;
#define PACK_A_PAYS  256  // columns of c, at least, for that to pay

INL void tile_start(const size_t MR, const size_t NV, const struct kern_product *p, size_t i,
                    vf c[TILE_ROWS][TILE_VECTORS])
{
    if (!p->start) {
        foreach (r, MR)
            foreach (v, NV)
                c[r][v] = SPLAT(0.0f);
        return;
    }
    const float *start = p->start + i * p->start_row;
    if (p->start_row == 0) { // a bias: every row starts with it
        foreach (v, NV) {
            const vf bias = load(start + v * VL);
            foreach (r, MR)
                c[r][v] = bias;
        }
        return;
    }
    foreach (r, MR) {
        foreach (v, NV)
            c[r][v] = load(start + v * VL);
        start += p->start_row;
    }
}

// Pointers walk from row to row, here and below: with r * row the compiler would keep an offset for
// each row, more than there are registers. `copy`: where the strip of b goes besides, or NULL.
INL void tile_sum(const size_t MR, const size_t NV, const struct kern_product *p, size_t i,
                  float *copy, vf c[TILE_ROWS][TILE_VECTORS])
{
    const size_t row = p->a_row, step = p->a_k, ldb = p->ldb;
    const float *a = p->a + i * row, *b = p->b;
    for (size_t k = p->k; k > 0; k--) {
        vf bv[TILE_VECTORS];
        foreach (v, NV)
            bv[v] = load(b + v * VL);
        if (copy) {
            foreach (v, NV)
                store(copy + v * VL, bv[v]);
            copy += NV * VL;
        }
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

// Gate, sums and stores row by row: the first rows leave while the last one's sums are not
// complete. Kind by kind dA took 2 % longer. relu's comparisons wait for nothing but the sums.
INL void tile_store(const size_t MR, const size_t NV, const struct kern_product *p, size_t i,
                    vf c[TILE_ROWS][TILE_VECTORS])
{
    const size_t ldc = p->ldc;
    const bool add = p->add;
    const float *gate = p->gate ? p->gate + i * ldc : NULL;
    float *to = p->c + i * ldc, *const sums = p->sums;
    vf sum[TILE_VECTORS];
    if (p->relu) {
        foreach (r, MR)
            foreach (v, NV)
                c[r][v] = zero_where(c[r][v] <= 0.0f, c[r][v]);
    }
    foreach (v, NV)
        sum[v] = sums ? load(sums + v * VL) : SPLAT(0.0f);
    foreach (r, MR) {
        if (gate) {
            foreach (v, NV)
                c[r][v] = zero_where(load(gate + v * VL) <= 0.0f, c[r][v]);
            gate += ldc;
        }
        if (sums) {
            foreach (v, NV)
                sum[v] += c[r][v];
        }
        if (add) {
            foreach (v, NV)
                c[r][v] += load(to + v * VL);
        }
        foreach (v, NV)
            store(to + v * VL, c[r][v]);
        to += ldc;
    }
    if (sums) {
        foreach (v, NV)
            store(sums + v * VL, sum[v]);
    }
}

// Rows [i, i + MR) of a product that is NV vectors wide.
typedef void tile_fn(const struct kern_product *p, size_t i);

#define TILE_FN(MR, NV)                                                                            \
    static void tile_##MR##x##NV(const struct kern_product *p, size_t i)                           \
    {                                                                                              \
        vf c[TILE_ROWS][TILE_VECTORS];                                                             \
        tile_start(MR, NV, p, i, c);                                                               \
        tile_sum(MR, NV, p, i, NULL, c);                                                           \
        tile_store(MR, NV, p, i, c);                                                               \
    }
#define TILE_ROW(MR, NV) [NV][MR] = tile_##MR##x##NV,

TILES(TILE_FN)
static tile_fn *const tiles[TILE_VECTORS + 1][TILE_ROWS + 1] = {TILES(TILE_ROW)};
static const size_t tallest[TILE_VECTORS + 1] = {0, TALLEST(1), TALLEST(2), TALLEST(3), TALLEST(4)};

// The first rows of a strip of the widest tiles; copies b to `copy` [k][TILE_WIDEST * VL].
UNCHECKED static void tile_copying(const struct kern_product *p, float *copy)
{
    vf c[TILE_ROWS][TILE_VECTORS];
    tile_start(TALLEST(TILE_WIDEST), TILE_WIDEST, p, 0, c);
    tile_sum(TALLEST(TILE_WIDEST), TILE_WIDEST, p, 0, copy, c);
    tile_store(TALLEST(TILE_WIDEST), TILE_WIDEST, p, 0, c);
}

// Of the product p: all columns of m rows from row i on.
static struct kern_product rows_of(const struct kern_product *p, size_t i, size_t m)
{
    struct kern_product part = *p;
    part.m = m;
    part.a += i * p->a_row;
    part.c += i * p->ldc;
    part.start = p->start ? p->start + i * p->start_row : NULL;
    part.gate = p->gate ? p->gate + i * p->ldc : NULL;
    return part;
}

// Likewise all rows of n columns from column j on.
static struct kern_product columns_of(const struct kern_product *p, size_t j, size_t n)
{
    struct kern_product part = *p;
    part.n = n;
    part.b += j;
    part.c += j;
    part.start = p->start ? p->start + j : NULL;
    part.gate = p->gate ? p->gate + j : NULL;
    part.sums = p->sums ? p->sums + j : NULL;
    return part;
}

// Ask the memory for rows of x, `width` floats of each.
static void fetch_rows(const float *x, size_t ld, size_t rows, size_t width)
{
    for (; rows > 0; rows--, x += ld)
        for (size_t j = 0; j < width; j += KERN_LANES)
            __builtin_prefetch(x + j, 0, 2);
}

// What is fetched while a strip is computed: `left` rows of b, `width` floats of each.
struct ahead {
    const float *b;
    size_t ldb, width, left;
};

static void fetch_ahead(struct ahead *f, size_t count)
{
    if (count > f->left)
        count = f->left;
    fetch_rows(f->b, f->ldb, count, f->width);
    f->b += count * f->ldb;
    f->left -= count;
}

// One strip, nv vectors wide, from row i on: tiles of full height, and the last two share what is
// left. `f` may be NULL.
static void product_strip(const struct kern_product *p, size_t i, size_t nv, struct ahead *f)
{
    const size_t most = tallest[nv];
    const size_t share = f ? p->k * most / p->m + 1 : 0;
    // A wide c that is read is not in the L1 cache; a large one not even near enough to be written.
    const bool fetch_c = p->n < p->ldc && (p->add || p->m * p->ldc > PRODUCT_NEAR);
    while (i < p->m) {
        size_t left = p->m - i;
        size_t mr = left >= 2 * most ? most : left > most ? (left + 1) / 2 : left;
        if (f)
            fetch_ahead(f, share);
        if (fetch_c)
            fetch_rows(p->c + i * p->ldc, p->ldc, mr, p->n);
        tiles[nv][mr](p, i);
        i += mr;
    }
}

// The width of the tiles for m rows: the widest, unless m rows fit in one tile of half that width.
static size_t tile_width(size_t vectors, size_t m)
{
    size_t nv = TILE_WIDEST;
    while (nv > vectors || !tiles[nv][1])
        nv--;
    return m > tallest[nv] && m <= tallest[nv / 2] && tiles[nv / 2][1] ? nv / 2 : nv;
}

// A block of rows, strip by strip; with `room` [k][TILE_WIDEST * VL] strips are copied there.
static void product_strips(const struct kern_product *p, bool fetch, float *room)
{
    for (size_t j = 0; j < p->n;) {
        const size_t nv = tile_width((p->n - j) / VL, p->m), width = nv * VL, next = j + width;
        struct kern_product strip = columns_of(p, j, width);
        struct ahead ahead = {p->b + next, p->ldb, width, next < p->n ? p->k : 0};
        size_t i = 0;
        if (room) {
            tile_copying(&strip, room);
            strip.b = room;
            strip.ldb = width;
            i = TALLEST(TILE_WIDEST);
        }
        product_strip(&strip, i, nv, fetch ? &ahead : NULL);
        j = next;
    }
}

// A cut of k at levels that pack: the strips of b and, where a runs across its rows, blocks of it.
static void product_packing(const struct kern_product *p, bool fetch)
{
    _Alignas(64) float a[PACK_A], b[PRODUCT_K * KERN_LANES];
    const bool across = p->a_row == 1 && p->n >= PACK_A_PAYS;
    const size_t ld = kern_pad(p->k);
    const size_t block = across ? PACK_A / ld : PRODUCT_A / p->k;
    for (size_t i = 0; i < p->m; i += block) {
        struct kern_product part = rows_of(p, i, p->m - i < block ? p->m - i : block);
        if (across) {
            kern_transpose(p->k, part.m, part.a, p->a_k, a, ld);
            part.a = a;
            part.a_row = ld;
            part.a_k = 1;
        }
        product_strips(&part, fetch, part.m >= PACK_ROWS ? b : NULL);
    }
}

// One cut of k.
static void product_pass(const struct kern_product *p, bool fetch)
{
    if (p->m * p->k <= PRODUCT_A && p->n == tile_width(p->n / VL, p->m) * VL)
        return product_strip(p, 0, p->n / VL, NULL);
    if (PACKS && p->m >= PACK_ROWS && p->n >= PACK_COLUMNS && p->k > 0 && p->k <= PRODUCT_K)
        return product_packing(p, fetch);
    size_t block = PRODUCT_A / (p->k ? p->k : 1) / 24 * 24; // whole tiles of 6, 8, 12 rows
    if (block == 0)
        block = 24;
    for (size_t i = 0; i < p->m; i += block) {
        const struct kern_product part = rows_of(p, i, p->m - i < block ? p->m - i : block);
        product_strips(&part, fetch, NULL);
    }
}

static void kern_product(const struct kern_product *p)
{
    const bool fetch = p->k * p->n > PRODUCT_NEAR;
    if (p->k <= PRODUCT_K || p->add) // c has no room for the sums of a first cut
        return product_pass(p, fetch);
    struct kern_product part = *p;
    size_t left = p->k;
    while (left > PRODUCT_K) {
        part.k = PRODUCT_K;
        part.relu = false;
        part.gate = NULL;
        part.sums = NULL;
        product_pass(&part, fetch);
        part.a += PRODUCT_K * p->a_k;
        part.b += PRODUCT_K * p->ldb;
        part.start = p->c;
        part.start_row = p->ldc;
        left -= PRODUCT_K;
    }
    part.k = left;
    part.relu = p->relu;
    part.gate = p->gate;
    part.sums = p->sums;
    product_pass(&part, fetch);
}

#endif
