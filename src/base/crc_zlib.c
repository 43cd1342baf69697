// SPDX-License-Identifier: MIT
// CRC-32 on architectures without a file of their own.
#include "base/crc.h"

#include <zlib.h>

uint32_t crc_update(uint32_t crc, const void *data, size_t size)
{
    return (uint32_t)crc32_z(crc, data, size);
}
