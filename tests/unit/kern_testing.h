// SPDX-License-Identifier: MIT
// What the kernel tests share: numbers without a pattern, blocks with guard zones around them, and
// comparisons that print both operands.
#ifndef SKIFF_TESTS_KERN_TESTING_H
#define SKIFF_TESTS_KERN_TESTING_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "kern/cpu.h"

#define GUARD      64          // floats before and after; keeps MEM_ALIGN
#define GUARD_BITS 0x7fc0beefu // a NaN that no computation makes

// A float block on the heap, GUARD floats of a known pattern on each side of data[0..n).
struct block {
    float *base, *data;
    size_t n;
};

static inline uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

// [-1, 1)
static inline float random_float(uint32_t *state)
{
    return (float)next_random(state) / 8388608.0f - 1.0f;
}

static inline struct block block_new(size_t n, uint32_t seed)
{
    const uint32_t guard = GUARD_BITS;
    struct block b = {.base = mem_aligned(n + 2 * GUARD, sizeof(float)), .n = n};
    assert_non_null(b.base);
    b.data = b.base + GUARD;
    for (size_t i = 0; i < n + 2 * GUARD; i++)
        memcpy(b.base + i, &guard, sizeof guard);
    for (size_t i = 0; i < n; i++)
        b.data[i] = random_float(&seed);
    return b;
}

// A padded array: `cols` random values a row, zeros up to `ld`.
static inline struct block block_padded(size_t rows, size_t cols, size_t ld, uint32_t seed)
{
    struct block b = block_new(rows * ld, seed);
    for (size_t i = 0; i < rows; i++)
        for (size_t j = cols; j < ld; j++)
            b.data[i * ld + j] = 0;
    return b;
}

static inline void check_guards(const struct block *b, const char *what)
{
    for (size_t i = 0; i < 2 * GUARD; i++) {
        uint32_t bits;
        size_t at = i < GUARD ? i : b->n + i;
        memcpy(&bits, b->base + at, sizeof bits);
        if (bits != GUARD_BITS)
            fail_msg("%s: wrote %ld floats from a block of %zu", what, (long)at - GUARD, b->n);
    }
}

static inline void block_free(struct block *b)
{
    check_guards(b, "block");
    mem_free(b->base);
}

// The same bits, or both NaN.
static inline int same_float(float a, float b)
{
    return memcmp(&a, &b, sizeof a) == 0 || (isnan(a) && isnan(b));
}

static inline void check_same(const float *got, const float *want, size_t n, const char *what,
                              const char *level)
{
    for (size_t i = 0; i < n; i++)
        if (!same_float(got[i], want[i]))
            fail_msg("%s, %s: [%zu] is %.9g (%a), not %.9g (%a)", level, what, i, (double)got[i],
                     (double)got[i], (double)want[i], (double)want[i]);
}

static inline void check_near(double got, double want, double tolerance, const char *what,
                              const char *level, size_t i)
{
    if (!(fabs(got - want) <= tolerance))
        fail_msg("%s, %s: [%zu] is %.17g, want %.17g within %.3g", level, what, i, got, want,
                 tolerance);
}

// The chain that every element of a product is: fused on levels with fma.
static inline float chain(const struct kern *k, float a, float b, float c)
{
    if (k->fma)
        return fmaf(a, b, c);
    float ab = a * b;
    return ab + c;
}

#define EACH_LEVEL(k)                                                                              \
    for (const struct kern *const *k##_at = kern_available(), *k; (k = *k##_at) != NULL; k##_at++)

#endif
