// SPDX-License-Identifier: MIT
// Vectors of the compiler's, at the width of each level; chosen by a level's name, because only
// kern_*.c are compiled with its flags.
#include "stream.h"

#include <string.h>

#define CHAINS 8 // more than the latency of an addition times the loads of a cycle

#define STREAM(level, bytes, attribute)                                                            \
    typedef float vec_##level __attribute__((vector_size(bytes)));                                 \
    attribute static double read_##level(const float *x, size_t n, size_t passes)                  \
    {                                                                                              \
        const vec_##level *v = (const vec_##level *)(const void *)x;                               \
        const size_t lanes = (bytes) / sizeof(float), count = n / lanes;                           \
        vec_##level sum[CHAINS] = {{0}};                                                           \
        for (size_t pass = 0; pass < passes; pass++) {                                             \
            for (size_t i = 0; i < count; i += CHAINS) {                                           \
                _Pragma("GCC unroll 8") for (size_t c = 0; c < CHAINS; c++) sum[c] += v[i + c];    \
            }                                                                                      \
        }                                                                                          \
        double total = 0;                                                                          \
        for (size_t c = 0; c < CHAINS; c++)                                                        \
            for (size_t l = 0; l < lanes; l++)                                                     \
                total += (double)sum[c][l];                                                        \
        return total;                                                                              \
    }                                                                                              \
    attribute static void update_##level(float *p, const float *q, float k, size_t n)              \
    {                                                                                              \
        vec_##level *to = (vec_##level *)(void *)p;                                                \
        const vec_##level *from = (const vec_##level *)(const void *)q;                            \
        const size_t count = n / ((bytes) / sizeof(float));                                        \
        for (size_t i = 0; i < count; i += CHAINS / 2) {                                           \
            _Pragma("GCC unroll 4") for (size_t c = 0; c < CHAINS / 2; c++) to[i + c] =            \
                k * to[i + c] + from[i + c];                                                       \
        }                                                                                          \
    }                                                                                              \
    static const struct stream_level stream_##level = {read_##level, update_##level};

STREAM(baseline, 16, )
#if defined(__x86_64__)
STREAM(avx2, 32, __attribute__((target("avx2"))))
STREAM(avx512, 64, __attribute__((target("avx512f"))))
#endif

const struct stream_level *stream_of(const struct kern *kern)
{
#if defined(__x86_64__)
    if (strcmp(kern->name, "avx512") == 0)
        return &stream_avx512;
    if (strcmp(kern->name, "avx2") == 0)
        return &stream_avx2;
#endif
    return &stream_baseline;
}
