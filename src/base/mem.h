// SPDX-License-Identifier: MIT
// All heap memory of the program. Sizes that come from outside go through size_mul and size_add;
// tests make the n-th allocation fail.
#ifndef SKIFF_BASE_MEM_H
#define SKIFF_BASE_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MEM_ALIGN 64 // a cache line, and the widest vector

// NULL when there is no memory. A size of 0 gives a pointer that mem_free takes.
void *mem_alloc(size_t size);
void *mem_zalloc(size_t size);              // zeroed
void *mem_array(size_t count, size_t size); // zeroed, NULL when count * size overflows
void *mem_realloc(void *p, size_t size);    // on failure `p` stays as it was
char *mem_strdup(const char *text);
void mem_free(void *p);

// MEM_ALIGN-aligned block for numbers, rounded up to whole cache lines; mem_free frees it. From 2
// MB on it lies in huge pages where the system has them: they come into being, and are found again
// in any order, several times as fast as small ones.
void *mem_block(size_t count, size_t size);   // not zeroed
void *mem_aligned(size_t count, size_t size); // zeroed

// false, and *result untouched, when the true result does not fit.
bool size_mul(size_t a, size_t b, size_t *result);
bool size_add(size_t a, size_t b, size_t *result);

// a rounded up to a multiple of `unit` (a power of two); the caller knows that it fits.
static inline size_t size_round_up(size_t a, size_t unit)
{
    return (a + unit - 1) & ~(unit - 1);
}

// Memory of the machine in bytes, or as much of it as a control group leaves this process; 0 when
// unknown.
size_t mem_physical(void);
size_t mem_installed(void); // that of the machine alone
// That of the group alone, SIZE_MAX without a limit; arguments as for cgroup_least.
size_t mem_limit(const char *membership, const char *root, uint64_t *group);

// For tests: the n-th allocation from now (1 = the next) fails, and every one after it; with -n the
// n-th alone; 0 turns the fault off. Returns how many allocations were made since the last call.
long mem_fail_at(long n);

#endif
