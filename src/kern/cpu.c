// SPDX-License-Identifier: MIT
// The choice of a level, and what the system says about its processors. Everything here reads
// small text files of the kernel; what cannot be read counts as absent, never as an error.
#include "kern/cpu.h"

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

// Up to two numbers from the first line of `path`; "max" reads as -1. Returns how many.
static int read_numbers(const char *path, long long number[2])
{
    char line[LINE_SIZE];
    FILE *f = fopen(path, "re");
    if (!f)
        return 0;
    bool any = fgets(line, sizeof line, f);
    fclose(f);
    if (!any)
        return 0;
    if (strncmp(line, "max", 3) == 0)
        memcpy(line, "-1 ", 3);
    char *at = line, *end;
    for (int i = 0; i < 2; i++) {
        number[i] = strtoll(at, &end, 10);
        if (end == at)
            return i;
        at = end;
    }
    return 2;
}

// quota / period of the cgroup in `folder` in cores, rounded up, or SIZE_MAX.
static size_t folder_quota(const char *folder)
{
    char path[3 * LINE_SIZE];
    long long v2[2] = {-1, 0}, quota[2], period[2];
    snprintf(path, sizeof path, "%s/cpu.max", folder);
    if (read_numbers(path, v2) < 2) {
        snprintf(path, sizeof path, "%s/cpu.cfs_quota_us", folder);
        bool v1 = read_numbers(path, quota) >= 1;
        snprintf(path, sizeof path, "%s/cpu.cfs_period_us", folder);
        if (!v1 || read_numbers(path, period) < 1)
            return SIZE_MAX;
        v2[0] = quota[0];
        v2[1] = period[0];
    }
    if (v2[0] <= 0 || v2[1] <= 0)
        return SIZE_MAX;
    return (size_t)(v2[0] / v2[1]) + (v2[0] % v2[1] != 0);
}

// The least quota of root/controller/path and of every folder above it. Inside a container the
// path may be that of the host, which does not exist there; the root is looked at all the same.
static size_t path_quota(const char *root, const char *controller, const char *path)
{
    char folder[2 * LINE_SIZE];
    int base = snprintf(folder, sizeof folder, "%s%s%s", root, *controller ? "/" : "", controller);
    int all = snprintf(folder + base, sizeof folder - (size_t)base, "%s", path);
    if (all < 0 || (size_t)base + (size_t)all >= sizeof folder)
        return SIZE_MAX;
    size_t least = SIZE_MAX;
    for (;;) {
        size_t cores = folder_quota(folder);
        least = cores < least ? cores : least;
        char *slash = strrchr(folder + base, '/');
        if (!slash)
            return least;
        *slash = '\0';
    }
}

// Whether "cpu" is one of the words in "cpu,cpuacct".
static bool names_cpu(const char *controllers)
{
    for (const char *at = controllers; *at;) {
        size_t len = strcspn(at, ",");
        if (len == 3 && memcmp(at, "cpu", 3) == 0)
            return true;
        at += len + (at[len] == ',');
    }
    return false;
}

size_t cpu_quota(const char *membership, const char *root)
{
    char line[LINE_SIZE];
    size_t least = SIZE_MAX;
    FILE *f = strlen(root) < LINE_SIZE / 2 ? fopen(membership, "re") : NULL;
    if (!f)
        return least;
    // Lines are "hierarchy:controllers:/path"; version 2 has no controllers.
    while (fgets(line, sizeof line, f)) {
        line[strcspn(line, "\n")] = '\0';
        char *controllers = strchr(line, ':');
        char *path = controllers ? strchr(controllers + 1, ':') : NULL;
        if (!path)
            continue;
        *path++ = '\0';
        controllers++;
        if (*controllers && !names_cpu(controllers))
            continue;
        size_t cores = path_quota(root, controllers, path);
        least = cores < least ? cores : least;
    }
    fclose(f);
    return least;
}

size_t cpu_count(void)
{
    cpu_set_t set[16]; // 16,384 processors
    size_t cores = 1, quota = cpu_quota("/proc/self/cgroup", "/sys/fs/cgroup");
    if (sched_getaffinity(0, sizeof set, set) == 0)
        cores = (size_t)CPU_COUNT_S(sizeof set, set);
    cores = cores < quota ? cores : quota;
    return cores > 0 ? cores : 1;
}
