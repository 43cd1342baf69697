// SPDX-License-Identifier: MIT
// Who shares cores and memory with whom. Ranks of one kernel may be in one container, in several,
// which have limits of their own, or bound to different cores; a name of the host tells none of
// that. Inside src/dist/, and for tests.
#ifndef SKIFF_DIST_MACHINE_H
#define SKIFF_DIST_MACHINE_H

#include <stddef.h>
#include <stdint.h>

#define MACHINE_CORES_MAX 16384

// Where a rank is, and which skiff runs there. Plain data, which travel.
struct machine {
    char version[32];
    char kernel[72];                          // the running system: no other has this text
    uint64_t allowed[MACHINE_CORES_MAX / 64]; // cores that it may use, a bit each
    uint64_t quota_group, memory_group;       // control groups that limit it; 0: none
    uint64_t quota, memory_limit, memory;     // cores and bytes of those; bytes in all, 0: unknown
};

void machine_describe(struct machine *m);

// What falls to one of the ranks.
struct machine_share {
    size_t hosts;                // kernels in all
    size_t cores;                // at least 1
    size_t allowed, overlapping; // cores that it may use; ranks that may use some of them
    size_t quota, in_quota;      // cores of its control group, and ranks in it; 0: none
    size_t memory, memory_ranks; // bytes in all that so many ranks have; 0: unknown
};
struct machine_share machine_share(const struct machine *all, size_t ranks, size_t rank);

// The last rank that is on another machine than the first; the last one if there is none.
size_t machine_far(const struct machine *all, size_t ranks);

#endif
