// SPDX-License-Identifier: MIT
// How many threads, and who gets which part; the threads themselves are in par_team.c, or in
// par_serial.c when there is no OpenMP.
#include "kern/par.h"

#include "base/num.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

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

struct par_range par_common(struct par_range a, struct par_range b)
{
    const size_t begin = a.begin > b.begin ? a.begin : b.begin;
    const size_t end = a.end < b.end ? a.end : b.end;
    return (struct par_range){begin, end > begin ? end : begin};
}
