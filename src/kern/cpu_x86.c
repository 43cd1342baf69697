// SPDX-License-Identifier: MIT
// The levels of x86-64. __builtin_cpu_supports counts a feature only when the operating system
// saves the registers it needs (xgetbv), so one test a flag is enough.
#include "kern/cpu.h"

const struct kern *const *kern_available(void)
{
    static const struct kern *const up_to_avx512[] = {&kern_baseline, &kern_avx2, &kern_avx512,
                                                      NULL};
    static const struct kern *const up_to_avx2[] = {&kern_baseline, &kern_avx2, NULL};
    static const struct kern *const baseline[] = {&kern_baseline, NULL};

    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma"))
        return baseline;
    if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512dq") ||
        !__builtin_cpu_supports("avx512bw") || !__builtin_cpu_supports("avx512vl"))
        return up_to_avx2;
    return up_to_avx512;
}
