// SPDX-License-Identifier: MIT
// Little-endian numbers in a run of bytes, at any alignment.
#ifndef SKIFF_IO_LE_H
#define SKIFF_IO_LE_H

#include <stdint.h>

static inline uint16_t le_get16(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t le_get32(const uint8_t *p)
{
    return (uint32_t)le_get16(p) | (uint32_t)le_get16(p + 2) << 16;
}

static inline uint64_t le_get64(const uint8_t *p)
{
    return (uint64_t)le_get32(p) | (uint64_t)le_get32(p + 4) << 32;
}

// The low `n` bytes of `value`; returns where the next field goes.
static inline uint8_t *le_put(uint8_t *p, uint64_t value, int n)
{
    for (int i = 0; i < n; i++)
        p[i] = (uint8_t)(value >> 8 * i);
    return p + n;
}

#endif
