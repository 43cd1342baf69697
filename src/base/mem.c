// SPDX-License-Identifier: MIT
// Nothing else calls malloc, so a fault that is asked for here reaches every structure, jansson's
// too (main gives it these functions). Counters are atomic since threads allocate; what they count
// is in a fixed order only where one thread runs.
#include "base/mem.h"

#include "base/cgroup.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define HUGE_PAGE (2 << 20) // bytes, on x86-64 and on aarch64 with pages of 4 KB

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

// Whole huge pages are asked for, small ones hold the rest: a block takes no more than its size. A
// system without them says so, and nothing is lost.
static void *aligned_bytes(size_t bytes)
{
    const size_t huge = bytes & ~(size_t)(HUGE_PAGE - 1);
    void *p;
    if (!may_allocate() || posix_memalign(&p, huge ? HUGE_PAGE : MEM_ALIGN, bytes) != 0)
        return NULL;
    if (huge)
        madvise(p, huge, MADV_HUGEPAGE);
    return p;
}

// Whole cache lines for them, at least one; false when that does not fit.
static bool whole_lines(size_t count, size_t size, size_t *bytes)
{
    if (!size_mul(count, size, bytes) || *bytes > SIZE_MAX - HUGE_PAGE)
        return false;
    *bytes = size_round_up(*bytes > 0 ? *bytes : 1, MEM_ALIGN);
    return true;
}

void *mem_block(size_t count, size_t size)
{
    size_t bytes;
    return whole_lines(count, size, &bytes) ? aligned_bytes(bytes) : NULL;
}

void *mem_aligned(size_t count, size_t size)
{
    size_t bytes;
    void *p = whole_lines(count, size, &bytes) ? aligned_bytes(bytes) : NULL;
    if (p)
        memset(p, 0, bytes);
    return p;
}

// Version 2 of control groups, then 1, where a number beyond all memory is no limit.
static size_t folder_limit(const char *folder)
{
    long long bytes[2];
    if (cgroup_numbers(folder, "memory.max", bytes) < 1 &&
        cgroup_numbers(folder, "memory.limit_in_bytes", bytes) < 1)
        return SIZE_MAX;
    return bytes[0] > 0 ? (size_t)bytes[0] : SIZE_MAX;
}

size_t mem_limit(const char *membership, const char *root, uint64_t *group)
{
    return cgroup_least(membership, root, "memory", folder_limit, group);
}

size_t mem_installed(void)
{
    const long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
    return pages > 0 && size > 0 ? (size_t)pages * (size_t)size : 0;
}

size_t mem_physical(void)
{
    const size_t limit = mem_limit(CGROUP_SELF, CGROUP_ROOT, NULL), all = mem_installed();
    const size_t least = all && all < limit ? all : limit;
    return least == SIZE_MAX ? 0 : least;
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
