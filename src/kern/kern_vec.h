// SPDX-License-Identifier: MIT
// The vector vocabulary of the kernel bodies, over GCC vector extensions. A level's file defines,
// before it includes kern_body.h:
//
//   VL              floats in a vector: 4, 8 or 16
//   VFMA(a, b, c)   a * b + c of vectors; one rounding on every level whose kern.fma is true
//   VSQRT(a)        correctly rounded square root
//   FLUSH_BEGIN(s)  take numbers below 1e-38 for zeros from here on, keeping the mode in s
//   FLUSH_END(s)    as before. Both may be left out
//   STREAM(p, v)    store to a multiple of MEM_ALIGN or of a vector, past the caches
//   STREAM_END()    what was streamed comes before what is stored from here on. Likewise
//   TILE_WIDEST     vectors of the widest tile of the matrix product, see kern_product.h
//   TILE_SUMS       and in all of the largest: a tile of nv vectors has up to TILE_SUMS / nv rows
//   TILES(T)        T(rows, vectors) for every tile:
//                   for each width all heights from 1 on
//
// Nothing below depends on the level but through VL: that, and VFMA where a fused operation is
// meant, is what makes the bits of the levels equal.
#ifndef SKIFF_KERN_VEC_H
#define SKIFF_KERN_VEC_H

#include "kern/kern.h"

#include <string.h>

#ifndef FLUSH_BEGIN
#define FLUSH_BEGIN(s) unsigned s = 0
#define FLUSH_END(s)   (void)(s)
#endif

#ifndef STREAM
#define STREAM(p, v) store(p, v)
#define STREAM_END() (void)0
#endif

// Sanitizers check no bounds inside: arrays of vectors are indexed by what becomes a constant, and
// thousands of such checks would take a compiler minutes.
#define UNCHECKED __attribute__((no_sanitize("bounds", "object-size")))
#define INL       UNCHECKED static inline __attribute__((always_inline))

// for i = 0 ... n - 1, unrolled: arrays indexed by such loops alone stay in registers, provided
// that n is a constant once everything is inlined and that the array's own bounds are constants.
#ifdef __clang__
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif
#define foreach(i, n) UNROLL for (size_t i = 0; i < (n); i++)

typedef float vf __attribute__((vector_size(VL * 4)));
typedef int32_t vi __attribute__((vector_size(VL * 4)));
typedef uint32_t vu __attribute__((vector_size(VL * 4))); // for sums that may wrap around
typedef double vd __attribute__((vector_size(VL * 4)));
typedef float half_vf __attribute__((vector_size(VL * 2))); // as many floats as vd has doubles
typedef uint8_t bytes __attribute__((vector_size(VL)));

#define PARTS (KERN_LANES / VL) // vectors that make up the virtual lanes of a float sum
#define HALF  (VL / 2)          // doubles in a vector

// A macro ITEM(lane, h) for every lane, separated by commas.
#define LANES_4(ITEM, b, h)  ITEM(b, h), ITEM((b) + 1, h), ITEM((b) + 2, h), ITEM((b) + 3, h)
#define LANES_8(ITEM, b, h)  LANES_4(ITEM, b, h), LANES_4(ITEM, (b) + 4, h)
#define LANES_16(ITEM, b, h) LANES_8(ITEM, b, h), LANES_8(ITEM, (b) + 8, h)
#define PASTE_(a, b)         a##b
#define PASTE(a, b)          PASTE_(a, b)
#define LANES(ITEM, h)       PASTE(LANES_, VL)(ITEM, 0, h)
#define SAME(lane, s)        (s)
#define SPLAT(s)             ((vf){LANES(SAME, s)})

// A shuffle of x and y whose lane l is x's (or, counting on from VL, y's) lane INDEX(l, h).
#define SHUFFLE(x, y, INDEX, h) __builtin_shufflevector(x, y, LANES(INDEX, h))

// Tiles of 1 row to so many, `nv` vectors wide.
#define TILES_TO_2(T, nv)  T(1, nv) T(2, nv)
#define TILES_TO_6(T, nv)  TILES_TO_2(T, nv) T(3, nv) T(4, nv) T(5, nv) T(6, nv)
#define TILES_TO_8(T, nv)  TILES_TO_6(T, nv) T(7, nv) T(8, nv)
#define TILES_TO_12(T, nv) TILES_TO_8(T, nv) T(9, nv) T(10, nv) T(11, nv) T(12, nv)

INL vf load(const float *p)
{
    vf v;
    memcpy(&v, p, sizeof v);
    return v;
}

INL void store(float *p, vf v)
{
    memcpy(p, &v, sizeof v);
}

// The first `count` < VL lanes from memory, zeros above them; and back.
INL vf load_part(const float *p, size_t count)
{
    vf v = {0};
    memcpy(&v, p, count * sizeof *p);
    return v;
}

INL void store_part(float *p, vf v, size_t count)
{
    memcpy(p, &v, count * sizeof *p);
}

// Lanes of `a` where the mask (0 or -1 in each lane) is set, of `b` elsewhere.
INL vf choose(vi mask, vf a, vf b)
{
    return (vf)(((vi)a & mask) | ((vi)b & ~mask));
}

// Lanes of `a` where the mask is clear, 0 elsewhere.
INL vf zero_where(vi mask, vf a)
{
    return (vf)((vi)a & ~mask);
}

INL vf magnitude(vf a)
{
    return (vf)((vi)a & 0x7fffffff);
}

// `size` with the sign of `a`; size >= 0.
INL vf with_sign(vf size, vf a)
{
    return (vf)((vi)size | ((vi)a & INT32_MIN));
}

#endif
