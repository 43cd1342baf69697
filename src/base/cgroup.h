// SPDX-License-Identifier: MIT
// Limits that Linux puts on groups of processes, containers among them; versions 1 and 2.
#ifndef SKIFF_BASE_CGROUP_H
#define SKIFF_BASE_CGROUP_H

#include <stddef.h>
#include <stdint.h>

#define CGROUP_SELF "/proc/self/cgroup"
#define CGROUP_ROOT "/sys/fs/cgroup"

// The least that `limit` says of the groups that `membership` names for a controller ("cpu",
// "memory") and of all above them, as folders below `root`; SIZE_MAX where none limits. *group, if
// it is not NULL, tells the group that does from others of this kernel, from within any container;
// 0 is none.
size_t cgroup_least(const char *membership, const char *root, const char *controller,
                    size_t (*limit)(const char *folder), uint64_t *group);

// Up to two numbers from the first line of a group's file; "max" reads as -1. Returns how many.
int cgroup_numbers(const char *folder, const char *file, long long number[2]);

#endif
