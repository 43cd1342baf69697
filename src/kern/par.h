// SPDX-License-Identifier: MIT
// Threads, in one place: kernels receive ranges and know nothing of OpenMP. A team is one OpenMP
// region around a whole job; inside it the caller's thread hands out work and the others wait for
// it, spinning briefly, then asleep. So handing out work costs a tenth of a microsecond, and what
// OMP_WAIT_POLICY says does not matter.
#ifndef SKIFF_KERN_PAR_H
#define SKIFF_KERN_PAR_H

#include <stddef.h>

struct par;

// Run body(team, context) with a team of up to `threads` threads around it. Fewer come when the
// system gives fewer, one without OpenMP.
void par_team(size_t threads, void (*body)(struct par *team, void *context), void *context);

size_t par_threads(const struct par *team); // 1 for NULL

// The team may count on so many cores, 0 for all there are; with more threads than cores nobody
// waits spinning. For processes that share a machine.
void par_use_cores(struct par *team, size_t cores);

// Run work(context, w) for w = 0 .. workers-1, each on a thread of the team; the caller is worker
// 0. Workers beyond the team run in order on the calling thread, all of them with a NULL team. Not
// to be called by work().
void par_run(struct par *team, size_t workers, void (*work)(void *context, size_t worker),
             void *context);

// The longest that the caller's thread slept in par_run since this was asked last, in seconds. More
// than the spinning means a helper that was not running: its core has other work.
double par_stalled(struct par *team);

// Threads that OMP_NUM_THREADS asks for, or 0 when it says nothing.
size_t par_environment_threads(void);

// The w-th of `workers` even parts of [0, n), cut at multiples of `grain`.
struct par_range {
    size_t begin, end;
};
struct par_range par_split(size_t n, size_t grain, size_t workers, size_t worker);
// What two ranges have in common; may be empty.
struct par_range par_common(struct par_range a, struct par_range b);

#endif
