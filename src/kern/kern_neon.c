// SPDX-License-Identifier: MIT
// aarch64: Neon with fma is part of every such machine. Compiled on aarch64 only.
#include "kern/kern.h"

#include <arm_neon.h>

#define KERN_TABLE    kern_neon
#define KERN_NAME     "neon"
#define KERN_FMA      true
#define VL            4
#define VFMA(a, b, c) ((vf)vfmaq_f32((float32x4_t)(c), (float32x4_t)(a), (float32x4_t)(b)))
#define FLUSH_BEGIN(s)                                                                             \
    unsigned long s;                                                                               \
    __asm__ volatile("mrs %0, fpcr" : "=r"(s));                                                    \
    __asm__ volatile("msr fpcr, %0" ::"r"(s | 1UL << 24)) // FZ
#define FLUSH_END(s) __asm__ volatile("msr fpcr, %0" ::"r"(s))
#define VSQRT(a)     ((vf)vsqrtq_f32((float32x4_t)(a)))
// 32 registers: 24 sums, 4 of b, 1 of a.
#define TILE_SUMS   24
#define TILE_WIDEST 4
#define TILES(T)    TILES_TO_6(T, 4)

#include "kern/kern_body.h"
