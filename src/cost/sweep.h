// SPDX-License-Identifier: MIT
// Sweeps: runs of one program on one configuration that do the same work on tables of several
// sizes, and the line of seconds through them.
#ifndef SKIFF_COST_SWEEP_H
#define SKIFF_COST_SWEEP_H

#include "base/buf.h"
#include "cost/compare.h"
#include "cost/growth.h"

#include <stdbool.h>

struct sweep {
    const struct compare_row *row; // its first one: what ran on what
    struct growth_run *run;        // [runs] rows and seconds
    size_t runs;
    struct growth growth;
    double usd_per_second; // of all its instances; NaN: not known
};

struct sweeps { // zeroed at first; points into the comparison
    struct sweep *item;
    size_t count;
};

// Those of at least two sizes. Their seconds are those of the program and the comparison's
// overhead, not rounded up as a bill is.
int sweeps_find(struct sweeps *s, const struct compare *c, struct error *e);
void sweeps_clear(struct sweeps *s);

// The same task, features, network, epochs, batch and settings, so that only machine and program
// differ.
bool sweep_same_work(const struct sweep *a, const struct sweep *b);
bool sweep_is_first(const struct sweeps *s, size_t i); // of its work

// "2 x ml.m5.xlarge with torch (cpu, 4 threads, instance guessed)"; what two sweeps have in common
// is left out. `other` may be NULL.
int sweep_say(struct buf *out, const struct sweep *s, const struct sweep *other);

#endif
