// SPDX-License-Identifier: MIT
// The levels of aarch64, where Neon is always there.
#include "kern/cpu.h"

const struct kern *const *kern_available(void)
{
    static const struct kern *const levels[] = {&kern_baseline, &kern_neon, NULL};
    return levels;
}
