// SPDX-License-Identifier: MIT
// CRC-32 by folding (Gopal and others, "Fast CRC Computation for Generic Polynomials Using
// PCLMULQDQ", Intel 2009). A CRC is the remainder of the message, a polynomial over GF(2), modulo P
// = x^32 + x^26 + ... + 1. Four registers hold 64 bytes that leave the same remainder as all bytes
// read so far; 64 bytes more multiply them by x^512 and add the new ones. What the registers hold
// in the end is a message like any other: zlib sums it, and the bytes that are left.
//
// Bits are reflected: bit i of a 64-bit half stands for x^(63-i), the low half for the higher
// powers, and the product of two halves comes out divided by x. A 32-bit remainder in the low bits
// of a multiplier stands for itself times x^32. So the low half of a register, which has to go up
// by 512 + 64, is multiplied by x^(576-32-1) mod P, the high half by x^(512-32-1).
#include "base/crc.h"

#include <immintrin.h>
#include <stdbool.h>
#include <zlib.h>

#define X543 0x8f352d95 // x^543 mod P, reflected
#define X479 0x1d9513d7

#define FOLD  64  // bytes that four registers hold
#define LEAST 256 // bytes for which folding pays

#define FOLDING __attribute__((target("pclmul,sse2")))

static bool has_pclmul(void)
{
    __builtin_cpu_init();
    return __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse2");
}

// reg * x^512 + the next 16 bytes
FOLDING static inline __m128i fold(__m128i reg, const uint8_t *next)
{
    const __m128i by = _mm_set_epi64x(X479, X543);
    const __m128i low = _mm_clmulepi64_si128(reg, by, 0x00);
    const __m128i high = _mm_clmulepi64_si128(reg, by, 0x11);
    return _mm_xor_si128(_mm_xor_si128(low, high), _mm_loadu_si128((const __m128i *)next));
}

// `size` is a multiple of FOLD and not 0.
FOLDING static uint32_t fold_all(uint32_t crc, const uint8_t *data, size_t size)
{
    __m128i reg[4];
    for (int i = 0; i < 4; i++)
        reg[i] = _mm_loadu_si128((const __m128i *)data + i);
    // a CRC begins with all ones and ends inverted; so it goes in inverted, onto the first bytes
    reg[0] = _mm_xor_si128(reg[0], _mm_cvtsi32_si128((int)~crc));
    for (size_t at = FOLD; at < size; at += FOLD)
        for (int i = 0; i < 4; i++)
            reg[i] = fold(reg[i], data + at + 16 * i);
    // the inversion is in there already: undo the one that zlib begins with
    return (uint32_t)crc32_z(UINT32_MAX, (const Bytef *)reg, sizeof reg);
}

uint32_t crc_update(uint32_t crc, const void *data, size_t size)
{
    const uint8_t *from = data;
    const size_t whole = size >= LEAST && has_pclmul() ? size - size % FOLD : 0;
    if (whole)
        crc = fold_all(crc, from, whole);
    return (uint32_t)crc32_z(crc, from + whole, size - whole);
}
