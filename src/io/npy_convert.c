// SPDX-License-Identifier: MIT
// Elements of a numpy array as float32 or double. One loop per type of element, plain enough for
// the compiler to vectorise; elements of the other byte order are turned round first, a piece that
// stays in the first-level cache at a time. Every conversion is a single rounding to nearest.
#include "io/npy.h"

#include <string.h>

#define SWAP_BYTES 4096

typedef void convert(const uint8_t *restrict from, size_t count, void *restrict to);

// The elements may lie at any address: memcpy is the load.
#define CONVERT(name, type, target)                                                                \
    static void name##_to_##target(const uint8_t *restrict from, size_t count, void *restrict to)  \
    {                                                                                              \
        target *restrict out = to;                                                                 \
        for (size_t i = 0; i < count; i++) {                                                       \
            type v;                                                                                \
            memcpy(&v, from + i * sizeof v, sizeof v);                                             \
            out[i] = (target)v;                                                                    \
        }                                                                                          \
    }

#define CONVERT_BOTH(name, type)                                                                   \
    CONVERT(name, type, float)                                                                     \
    CONVERT(name, type, double)

CONVERT_BOTH(i1, int8_t)
CONVERT_BOTH(i2, int16_t)
CONVERT_BOTH(i4, int32_t)
CONVERT_BOTH(i8, int64_t)
CONVERT_BOTH(u1, uint8_t)
CONVERT_BOTH(u2, uint16_t)
CONVERT_BOTH(u4, uint32_t)
CONVERT_BOTH(u8, uint64_t)
CONVERT_BOTH(f8, double)
CONVERT(f4, float, double)

static void f4_to_float(const uint8_t *restrict from, size_t count, void *restrict to)
{
    memcpy(to, from, count * sizeof(float)); // a cast could alter the bits of a NaN
}

// Half precision: 1 sign, 5 exponent, 10 fraction bits. Subnormals are fraction * 2^-24; the bits
// of a NaN are kept, as numpy keeps them.
static inline float half_value(uint16_t h)
{
    const uint32_t sign = (uint32_t)(h & 0x8000u) << 16, low = h & 0x7fffu;
    const float tiny = (float)(int32_t)low * 0x1p-24f;
    uint32_t tiny_bits;
    memcpy(&tiny_bits, &tiny, sizeof tiny_bits);
    const uint32_t subnormal = 0u - (uint32_t)(low < 0x0400u); // all ones or none: no branch
    const uint32_t special = 0u - (uint32_t)(low >= 0x7c00u);  // infinity or NaN
    const uint32_t normal = (low << 13) + (112u << 23) + (special & 112u << 23);
    const uint32_t bits = sign | (normal & ~subnormal) | (tiny_bits & subnormal);
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

#define CONVERT_HALF(target)                                                                       \
    static void f2_to_##target(const uint8_t *restrict from, size_t count, void *restrict to)      \
    {                                                                                              \
        target *restrict out = to;                                                                 \
        for (size_t i = 0; i < count; i++) {                                                       \
            uint16_t h;                                                                            \
            memcpy(&h, from + 2 * i, sizeof h);                                                    \
            out[i] = half_value(h);                                                                \
        }                                                                                          \
    }
CONVERT_HALF(float)
CONVERT_HALF(double)

#define CONVERT_BOOL(target)                                                                       \
    static void b1_to_##target(const uint8_t *restrict from, size_t count, void *restrict to)      \
    {                                                                                              \
        target *restrict out = to;                                                                 \
        for (size_t i = 0; i < count; i++)                                                         \
            out[i] = from[i] != 0;                                                                 \
    }
CONVERT_BOOL(float)
CONVERT_BOOL(double)

// By kind, then by the binary logarithm of the element's size.
static convert *const float_table[4][4] = {
    [NPY_BOOL] = {b1_to_float},
    [NPY_INT] = {i1_to_float, i2_to_float, i4_to_float, i8_to_float},
    [NPY_UINT] = {u1_to_float, u2_to_float, u4_to_float, u8_to_float},
    [NPY_FLOAT] = {NULL, f2_to_float, f4_to_float, f8_to_float},
};
static convert *const double_table[4][4] = {
    [NPY_BOOL] = {b1_to_double},
    [NPY_INT] = {i1_to_double, i2_to_double, i4_to_double, i8_to_double},
    [NPY_UINT] = {u1_to_double, u2_to_double, u4_to_double, u8_to_double},
    [NPY_FLOAT] = {NULL, f2_to_double, f4_to_double, f8_to_double},
};

#define SWAP(bits)                                                                                 \
    static void swap##bits(const uint8_t *restrict from, size_t count, uint8_t *restrict to)       \
    {                                                                                              \
        for (size_t i = 0; i < count; i++) {                                                       \
            uint##bits##_t v;                                                                      \
            memcpy(&v, from + i * sizeof v, sizeof v);                                             \
            v = __builtin_bswap##bits(v);                                                          \
            memcpy(to + i * sizeof v, &v, sizeof v);                                               \
        }                                                                                          \
    }
SWAP(16)
SWAP(32)
SWAP(64)

static void swap(size_t item, const uint8_t *from, size_t count, uint8_t *to)
{
    if (item == 2)
        swap16(from, count, to);
    else if (item == 4)
        swap32(from, count, to);
    else
        swap64(from, count, to);
}

static void convert_all(const struct npy_info *info, const void *from, size_t count, void *to,
                        bool wide)
{
    const uint8_t *in = from;
    uint8_t *out = to, native[SWAP_BYTES];
    const size_t step = wide ? sizeof(double) : sizeof(float);
    convert *const run =
        (wide ? double_table : float_table)[info->kind][__builtin_ctz((unsigned)info->item)];
    if (!info->big_endian) {
        run(in, count, to);
        return;
    }
    while (count) {
        const size_t piece = count < SWAP_BYTES / info->item ? count : SWAP_BYTES / info->item;
        swap(info->item, in, piece, native);
        run(native, piece, out);
        in += piece * info->item;
        out += piece * step;
        count -= piece;
    }
}

void npy_to_f32(const struct npy_info *info, const void *from, size_t count, float *to)
{
    convert_all(info, from, count, to, false);
}

void npy_to_f64(const struct npy_info *info, const void *from, size_t count, double *to)
{
    convert_all(info, from, count, to, true);
}

// NaN and Inf are the floats whose exponent bits are all ones. Looking at all of them instead of
// stopping at the first makes a loop that compilers vectorise.
bool npy_all_finite(const float *values, size_t count)
{
    uint32_t bad = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        bad |= (uint32_t)((bits & 0x7f800000U) == 0x7f800000U);
    }
    return bad == 0;
}
