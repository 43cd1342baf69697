// SPDX-License-Identifier: MIT
// Energy of the processor packages by the counters of RAPL, as Linux shows them below
// /sys/class/powercap: of the whole machine, whoever used it, without memory, disks and fans. Most
// systems let only root read them, and few virtual machines have them.
#ifndef SKIFF_COST_ENERGY_H
#define SKIFF_COST_ENERGY_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ENERGY_ROOT     "/sys/class/powercap"
#define ENERGY_DOMAINS  16
#define ENERGY_NAME_MAX 32

struct energy {
    const char *root; // borrowed
    size_t count;     // of packages; 0: there is nothing to read
    struct energy_package {
        char name[ENERGY_NAME_MAX]; // "package-0"
        unsigned number;            // of its folder
        uint64_t first, range;      // microjoules: its counter, and where that begins anew
    } package[ENERGY_DOMAINS];
    double begun; // `now` of energy_begin
};

// `root` is ENERGY_ROOT but for tests; `now` is clock_seconds here and below. Nothing is
// measured unless all packages can be read.
void energy_begin(struct energy *e, const char *root, double now);

// Joules from begin to now. False when they are not known: a counter has gone, or it may have gone
// round more than once. Counters hold 65 kJ at the least, so one and a half minutes are known.
bool energy_end(const struct energy *e, double now, double *joules);

// Append "package-0,package-1".
int energy_domains(const struct energy *e, struct buf *out);

#endif
