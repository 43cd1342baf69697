// SPDX-License-Identifier: MIT
// The one thing about a CRC that is zlib's on every architecture: it is asked for once a run.
#include "base/crc.h"

#include <zlib.h>

uint32_t crc_combine(uint32_t first, uint32_t second, size_t second_size)
{
    return (uint32_t)crc32_combine(first, second, (z_off_t)second_size);
}
