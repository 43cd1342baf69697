// SPDX-License-Identifier: MIT
// The levels of x86-64. __builtin_cpu_supports counts a feature only when the operating system
// saves the registers it needs (xgetbv), so one test a flag is enough. Compilers add features that
// a flag implies: popcnt with avx, f16c with avx512f (clang, whose builtin has no name for it).
#include "kern/cpu.h"

#include <cpuid.h>

static bool has_f16c(void)
{
    unsigned a, b, c, d;
    return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_F16C);
}

const struct kern *const *kern_available(void)
{
    static const struct kern *const up_to_avx512[] = {&kern_baseline, &kern_avx2, &kern_avx512,
                                                      NULL};
    static const struct kern *const up_to_avx2[] = {&kern_baseline, &kern_avx2, NULL};
    static const struct kern *const baseline[] = {&kern_baseline, NULL};

    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma") ||
        !__builtin_cpu_supports("popcnt"))
        return baseline;
    if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512dq") ||
        !__builtin_cpu_supports("avx512bw") || !__builtin_cpu_supports("avx512vl") || !has_f16c())
        return up_to_avx2;
    return up_to_avx512;
}
