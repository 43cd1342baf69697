// SPDX-License-Identifier: MIT
#include "kern/par.h"

#include "base/num.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void par_run(size_t workers, void (*work)(void *context, size_t worker), void *context)
{
    // Without OpenMP the pragma is ignored and this is the serial loop.
    if (workers <= 1) {
        if (workers == 1)
            work(context, 0);
        return;
    }
    const long count = (long)workers;
#pragma omp parallel for schedule(static, 1) num_threads((int)workers)
    for (long w = 0; w < count; w++)
        work(context, (size_t)w);
}

// OMP_NUM_THREADS may be a list, one number a nesting level: the first one counts.
size_t par_environment_threads(void)
{
    const char *text = getenv("OMP_NUM_THREADS");
    char first[24] = "";
    int64_t threads;
    if (!text || strcspn(text, ",") >= sizeof first)
        return 0;
    memcpy(first, text, strcspn(text, ","));
    return num_parse_i64(first, &threads) && threads > 0 && threads < 4096 ? (size_t)threads : 0;
}

struct par_range par_split(size_t n, size_t grain, size_t workers, size_t worker)
{
    const size_t units = (n + grain - 1) / grain;
    const size_t begin = units * worker / workers * grain;
    const size_t end = units * (worker + 1) / workers * grain;
    return (struct par_range){begin < n ? begin : n, end < n ? end : n};
}
