// SPDX-License-Identifier: MIT
// Two limits each hold for a rank's cores and memory: those of the machine, which all ranks of a
// kernel share, and those of the control group that leaves the least, which the ranks in it share.
// A kernel is known by its boot id, which is drawn at random when it starts: machines that were
// made from one image have the same name, and containers of one machine have different ones.
#include "dist/machine.h"

#include "base/cgroup.h"
#include "base/mem.h"
#include "kern/cpu.h"

#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BOOT_ID "/proc/sys/kernel/random/boot_id"
#define WORDS   (MACHINE_CORES_MAX / 64)

// The name of the host is better than nothing.
static void name_kernel(char *name, size_t size)
{
    FILE *f = fopen(BOOT_ID, "re");
    name[0] = '\0';
    if (f && fgets(name, (int)size, f))
        name[strcspn(name, "\n")] = '\0';
    if (f)
        fclose(f);
    if (!name[0] && gethostname(name, size - 1) != 0)
        name[0] = '\0';
}

static uint64_t known(size_t limit)
{
    return limit == SIZE_MAX ? 0 : limit;
}

void machine_describe(struct machine *m)
{
    cpu_set_t set[MACHINE_CORES_MAX / CPU_SETSIZE];
    memset(m, 0, sizeof *m);
    snprintf(m->version, sizeof m->version, "%s", PACKAGE_VERSION);
    name_kernel(m->kernel, sizeof m->kernel);
    if (sched_getaffinity(0, sizeof set, set) != 0)
        memset(set, 0, sizeof set);
    for (size_t i = 0; i < MACHINE_CORES_MAX; i++)
        if (CPU_ISSET_S(i, sizeof set, set))
            m->allowed[i / 64] |= (uint64_t)1 << i % 64;
    m->quota = known(cpu_quota(CGROUP_SELF, CGROUP_ROOT, &m->quota_group));
    m->memory_limit = known(mem_limit(CGROUP_SELF, CGROUP_ROOT, &m->memory_group));
    m->memory = mem_installed();
}

static bool same_kernel(const struct machine *a, const struct machine *b)
{
    return strncmp(a->kernel, b->kernel, sizeof a->kernel) == 0;
}

static bool share_cores(const struct machine *a, const struct machine *b)
{
    uint64_t both = 0;
    for (size_t i = 0; i < WORDS; i++)
        both |= a->allowed[i] & b->allowed[i];
    return both != 0;
}

static size_t count_cores(const struct machine *m)
{
    size_t count = 0;
    for (size_t i = 0; i < WORDS; i++)
        count += (size_t)__builtin_popcountll(m->allowed[i]);
    return count ? count : 1;
}

static size_t count_kernels(const struct machine *all, size_t ranks)
{
    size_t count = 0;
    for (size_t r = 0; r < ranks; r++) {
        size_t first = 0;
        while (!same_kernel(&all[first], &all[r]))
            first++;
        count += first == r;
    }
    return count;
}

size_t machine_far(const struct machine *all, size_t ranks)
{
    size_t far = ranks - 1;
    while (far > 0 && same_kernel(&all[far], &all[0]))
        far--;
    return far > 0 ? far : ranks - 1;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

struct machine_share machine_share(const struct machine *all, size_t ranks, size_t rank)
{
    const struct machine *me = &all[rank];
    struct machine_share s = {.hosts = count_kernels(all, ranks),
                              .allowed = count_cores(me),
                              .quota = me->quota,
                              .memory = me->memory};
    size_t in_memory_group = 0;
    for (size_t r = 0; r < ranks; r++) {
        if (!same_kernel(&all[r], me))
            continue;
        s.memory_ranks++;
        s.overlapping += r == rank || share_cores(&all[r], me);
        s.in_quota += me->quota && all[r].quota_group == me->quota_group;
        in_memory_group += me->memory_limit && all[r].memory_group == me->memory_group;
    }
    s.cores = s.allowed / s.overlapping;
    if (s.quota)
        s.cores = smaller(s.cores, s.quota / s.in_quota);
    s.cores = s.cores ? s.cores : 1;
    const bool tighter = in_memory_group && (s.memory == 0 || me->memory_limit / in_memory_group <
                                                                  s.memory / s.memory_ranks);
    if (tighter) {
        s.memory = me->memory_limit;
        s.memory_ranks = in_memory_group;
    }
    return s;
}
