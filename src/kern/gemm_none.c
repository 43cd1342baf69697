// SPDX-License-Identifier: MIT
// A build --without-openblas.
#include "kern/gemm.h"

#include <stdio.h>

const char gemm_remedy[] = "configure with it";

bool gemm_load(struct gemm *g)
{
    snprintf(g->about, sizeof g->about, "skiff was built --without-openblas");
    return false;
}

void gemm_unload(struct gemm *g)
{
    (void)g; // nothing was loaded
}
