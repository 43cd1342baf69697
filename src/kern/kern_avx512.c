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
#define VSQRT(a)      ((vf)_mm512_sqrt_ps((__m512)(a)))
// 32 registers: at most 28 sums and 4 of b, a's element as the instruction's broadcast operand.
#define TILES(T)                                                                                   \
    T(1, 1)                                                                                        \
    T(2, 1)                                                                                        \
    T(3, 1) T(4, 1) T(5, 1) T(6, 1) T(7, 1) T(8, 1) T(9, 1) T(10, 1) T(11, 1) T(12, 1) T(1, 2)     \
        T(2, 2) T(3, 2) T(4, 2) T(5, 2) T(6, 2) T(7, 2) T(8, 2) T(9, 2) T(10, 2) T(11, 2) T(12, 2) \
            T(1, 3) T(2, 3) T(3, 3) T(4, 3) T(5, 3) T(6, 3) T(7, 3) T(8, 3) T(1, 4) T(2, 4)        \
                T(3, 4) T(4, 4) T(5, 4) T(6, 4) T(7, 4)

#include "kern/kern_body.h"
