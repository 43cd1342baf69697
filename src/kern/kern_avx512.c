// SPDX-License-Identifier: MIT
// x86-64 with AVX-512; compiled with -mavx512f -mavx512dq -mavx512bw -mavx512vl -mavx2 -mfma, all
// of which cpu.c tests for.
#include "kern/kern.h"

#include <immintrin.h>

#define KERN_TABLE    kern_avx512
#define KERN_NAME     "avx512"
#define KERN_FMA      true
#define VL            16
#define VFMA(a, b, c) ((vf)_mm512_fmadd_ps((__m512)(a), (__m512)(b), (__m512)(c)))
#define FLUSH_BEGIN(s)                                                                             \
    unsigned s = _mm_getcsr();                                                                     \
    _mm_setcsr(s | 0x8040) // FTZ and DAZ
#define FLUSH_END(s) _mm_setcsr(s)
#define STREAM(p, v) _mm512_stream_ps(p, (__m512)(v))
#define STREAM_END() _mm_sfence()
#define VSQRT(a)     ((vf)_mm512_sqrt_ps((__m512)(a)))
// 32 registers: 24 sums, up to 4 of b and the broadcast element of a.
#define TILE_SUMS   24
#define TILE_WIDEST 4
#define TILES(T)    TILES_TO_12(T, 1) TILES_TO_12(T, 2) TILES_TO_8(T, 3) TILES_TO_6(T, 4)

#include "kern/kern_body.h"
