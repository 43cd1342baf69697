// SPDX-License-Identifier: MIT
// The only level of an architecture that has no file of its own.
#include "kern/cpu.h"

const struct kern *const *kern_available(void)
{
    static const struct kern *const levels[] = {&kern_baseline, NULL};
    return levels;
}
