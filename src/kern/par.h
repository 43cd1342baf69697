// SPDX-License-Identifier: MIT
// Threads, in one place: kernels receive ranges and know nothing of OpenMP.
#ifndef SKIFF_KERN_PAR_H
#define SKIFF_KERN_PAR_H

#include <stddef.h>

// Run work(context, w) for w = 0 .. workers-1, each on a thread of its own; the caller is worker 0.
// With one worker, or without OpenMP, they run in order on the calling thread.
void par_run(size_t workers, void (*work)(void *context, size_t worker), void *context);

// Threads that OMP_NUM_THREADS asks for, or 0 when it says nothing.
size_t par_environment_threads(void);

// The w-th of `workers` even parts of [0, n): rows n*w/workers to n*(w+1)/workers, cut at multiples
// of `grain`.
struct par_range {
    size_t begin, end;
};
struct par_range par_split(size_t n, size_t grain, size_t workers, size_t worker);

#endif
