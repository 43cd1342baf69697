// SPDX-License-Identifier: MIT
// CRC-32 as zip archives have it (zlib's crc32), as fast as memory where the CPU can multiply
// without carries.
#ifndef SKIFF_BASE_CRC_H
#define SKIFF_BASE_CRC_H

#include <stddef.h>
#include <stdint.h>

// The CRC of all bytes so far; start from 0. Any size and alignment.
uint32_t crc_update(uint32_t crc, const void *data, size_t size);

// That of two pieces one after the other, from the CRC of each.
uint32_t crc_combine(uint32_t first, uint32_t second, size_t second_size);

#endif
