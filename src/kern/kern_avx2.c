// SPDX-License-Identifier: MIT
// x86-64 with AVX2 and FMA; compiled with -mavx2 -mfma, which cpu.c tests for.
#include "kern/kern.h"

#include <immintrin.h>

#define KERN_TABLE    kern_avx2
#define KERN_NAME     "avx2"
#define KERN_FMA      true
#define VL            8
#define VFMA(a, b, c) ((vf)_mm256_fmadd_ps((__m256)(a), (__m256)(b), (__m256)(c)))
#define FLUSH_BEGIN(s)                                                                             \
    unsigned s = _mm_getcsr();                                                                     \
    _mm_setcsr(s | 0x8040) // FTZ and DAZ
#define FLUSH_END(s) _mm_setcsr(s)
#define STREAM(p, v) _mm256_stream_ps(p, (__m256)(v))
#define STREAM_END() _mm_sfence()
#define VSQRT(a)     ((vf)_mm256_sqrt_ps((__m256)(a)))
// 16 registers: 12 sums, 2 of b, 1 broadcast. Widths are multiples of two vectors.
#define TILE_SUMS   12
#define TILE_WIDEST 2
#define TILES(T)    TILES_TO_6(T, 2)

#include "kern/kern_body.h"
