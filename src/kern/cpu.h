// SPDX-License-Identifier: MIT
// What this CPU can do, and which kernel table serves it.
#ifndef SKIFF_KERN_CPU_H
#define SKIFF_KERN_CPU_H

#include "base/err.h"
#include "kern/kern.h"

#include <stdint.h>

// The tables that are compiled in and that this CPU can run, lowest first, NULL-terminated. A
// level is listed only when every feature its compiler flags enable is there, the operating
// system's saving of the registers included. One file per architecture defines it.
const struct kern *const *kern_available(void);

// The best of them, or the one that the environment variable SKIFF_CPU names; a name that is
// unknown or beyond this machine is ERR_USAGE with the list of those that would do. Call it once,
// before any thread is started, and keep the result.
int kern_select(const struct kern **kern, struct error *e);

// "AMD EPYC 9654 96-Core Processor", or "unknown".
void cpu_model(char *text, size_t size);

// Cores that this process may really use: affinity, and a cgroup's CPU quota rounded up.
size_t cpu_count(void);

// Cores that the CPU quota of a cgroup and of those above it allows, rounded up, at least 1;
// SIZE_MAX without a quota. Arguments as for cgroup_least; version 1 and 2 both.
size_t cpu_quota(const char *membership, const char *root, uint64_t *group);

#endif
