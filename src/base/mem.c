// SPDX-License-Identifier: MIT
#include "base/mem.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static atomic_long calls;   // allocations since mem_fail_at
static atomic_long fail_at; // 0: never

static bool may_allocate(void)
{
    const long call = atomic_fetch_add_explicit(&calls, 1, memory_order_relaxed) + 1;
    const long limit = atomic_load_explicit(&fail_at, memory_order_relaxed);
    return limit < 0 ? call != -limit : limit == 0 || call < limit;
}

long mem_fail_at(long n)
{
    atomic_store(&fail_at, n);
    return atomic_exchange(&calls, 0);
}

void *mem_alloc(size_t size)
{
    return may_allocate() ? malloc(size ? size : 1) : NULL;
}

void *mem_zalloc(size_t size)
{
    return may_allocate() ? calloc(1, size ? size : 1) : NULL;
}

void *mem_array(size_t count, size_t size)
{
    size_t bytes;
    return size_mul(count, size, &bytes) ? mem_zalloc(bytes) : NULL;
}

void *mem_realloc(void *p, size_t size)
{
    return may_allocate() ? realloc(p, size ? size : 1) : NULL;
}

char *mem_strdup(const char *text)
{
    const size_t size = strlen(text) + 1;
    char *copy = mem_alloc(size);
    if (copy)
        memcpy(copy, text, size);
    return copy;
}

void mem_free(void *p)
{
    free(p);
}

void *mem_aligned(size_t count, size_t size)
{
    size_t bytes;
    if (!size_mul(count, size, &bytes) || bytes > SIZE_MAX - MEM_ALIGN || !may_allocate())
        return NULL;
    bytes = size_round_up(bytes ? bytes : 1, MEM_ALIGN);
    void *p = aligned_alloc(MEM_ALIGN, bytes);
    if (p)
        memset(p, 0, bytes);
    return p;
}

size_t mem_physical(void)
{
    const long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
    return pages > 0 && size > 0 ? (size_t)pages * (size_t)size : 0;
}

bool size_mul(size_t a, size_t b, size_t *result)
{
    size_t product;
    if (__builtin_mul_overflow(a, b, &product))
        return false;
    *result = product;
    return true;
}

bool size_add(size_t a, size_t b, size_t *result)
{
    size_t sum;
    if (__builtin_add_overflow(a, b, &sum))
        return false;
    *result = sum;
    return true;
}
