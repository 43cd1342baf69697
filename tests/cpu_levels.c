// SPDX-License-Identifier: MIT
// Prints the CPU levels that are compiled in and that this machine can run, lowest first.
#include "kern/cpu.h"

#include <stdio.h>

int main(void)
{
    for (const struct kern *const *k = kern_available(); *k; k++)
        puts((*k)->name);
    return 0;
}
