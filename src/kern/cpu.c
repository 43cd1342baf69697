// SPDX-License-Identifier: MIT
// The choice of a level, and what the system says about its processors. Everything here reads
// small text files of the kernel; what cannot be read counts as absent, never as an error.
#include "kern/cpu.h"

#include "base/cgroup.h"

#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_SIZE  1024
#define NAMES_SIZE 128

int kern_select(const struct kern **kern, struct error *e)
{
    char names[NAMES_SIZE] = "";
    size_t used = 0;
    const struct kern *const *levels = kern_available();
    const char *wanted = getenv("SKIFF_CPU");
    for (size_t i = 0; levels[i]; i++) {
        *kern = levels[i];
        if (wanted && strcmp(wanted, levels[i]->name) == 0)
            return 0;
        int len =
            snprintf(names + used, sizeof names - used, "%s%s", i ? ", " : "", levels[i]->name);
        used += len > 0 && (size_t)len < sizeof names - used ? (size_t)len : 0;
    }
    if (!wanted || !*wanted)
        return 0;
    return error_set(e, ERR_USAGE,
                     "SKIFF_CPU: '%.32s' is no level that this machine has; it has %s", wanted,
                     names);
}

void cpu_model(char *text, size_t size)
{
    char line[LINE_SIZE];
    snprintf(text, size, "unknown");
    FILE *f = fopen("/proc/cpuinfo", "re");
    if (!f)
        return;
    while (fgets(line, sizeof line, f)) {
        char *colon = strchr(line, ':');
        if (strncmp(line, "model name", 10) != 0 || !colon)
            continue;
        char *name = colon + 1 + strspn(colon + 1, " \t");
        name[strcspn(name, "\n")] = '\0';
        if (*name)
            snprintf(text, size, "%s", name);
        break;
    }
    fclose(f);
}

// quota / period of the cgroup in `folder` in cores, rounded up, or SIZE_MAX.
static size_t folder_quota(const char *folder)
{
    long long v2[2] = {-1, 0}, quota[2], period[2];
    if (cgroup_numbers(folder, "cpu.max", v2) < 2) {
        if (cgroup_numbers(folder, "cpu.cfs_quota_us", quota) < 1 ||
            cgroup_numbers(folder, "cpu.cfs_period_us", period) < 1)
            return SIZE_MAX;
        v2[0] = quota[0];
        v2[1] = period[0];
    }
    if (v2[0] <= 0 || v2[1] <= 0)
        return SIZE_MAX;
    return (size_t)(v2[0] / v2[1]) + (v2[0] % v2[1] != 0);
}

size_t cpu_quota(const char *membership, const char *root, uint64_t *group)
{
    return cgroup_least(membership, root, "cpu", folder_quota, group);
}

size_t cpu_count(void)
{
    cpu_set_t set[16]; // 16,384 processors
    size_t cores = 1, quota = cpu_quota(CGROUP_SELF, CGROUP_ROOT, NULL);
    if (sched_getaffinity(0, sizeof set, set) == 0)
        cores = (size_t)CPU_COUNT_S(sizeof set, set);
    cores = cores < quota ? cores : quota;
    return cores > 0 ? cores : 1;
}
