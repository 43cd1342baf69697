// SPDX-License-Identifier: MIT
// zlib's memory comes from base/mem.h like all other.
#ifndef SKIFF_IO_ZLIB_MEMORY_H
#define SKIFF_IO_ZLIB_MEMORY_H

#include "base/mem.h"

#include <zlib.h>

static inline void *zlib_memory_alloc(void *opaque, unsigned count, unsigned size)
{
    (void)opaque;
    return mem_array(count, size);
}

static inline void zlib_memory_free(void *opaque, void *p)
{
    (void)opaque;
    mem_free(p);
}

// A stream that is ready for inflateInit2.
static inline z_stream zlib_memory_stream(void)
{
    return (z_stream){.zalloc = zlib_memory_alloc, .zfree = zlib_memory_free};
}

#endif
