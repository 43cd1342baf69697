// SPDX-License-Identifier: MIT
// The level that every machine can run: four lanes, SSE2 on x86-64, the multiplication and the
// addition of a VFMA rounded one after the other. The oracle of the other levels.
#include "kern/kern.h"

#define KERN_TABLE    kern_baseline
#define KERN_NAME     "baseline"
#define KERN_FMA      false
#define VL            4
#define VFMA(a, b, c) ((a) * (b) + (c))
#define VSQRT(a)                                                                                   \
    ((vf){__builtin_sqrtf((a)[0]), __builtin_sqrtf((a)[1]), __builtin_sqrtf((a)[2]),               \
          __builtin_sqrtf((a)[3])})
// 16 registers: 8 sums, 4 of b, and what a product needs besides.
#define TILE_SUMS   8
#define TILE_WIDEST 4
#define TILES(T)    TILES_TO_2(T, 4)

#include "kern/kern_body.h"
