// SPDX-License-Identifier: MIT
// At which size of the table the answer to "what should this run on?" turns: of sweeps that do the
// same work, the one that is cheapest on the smallest tables beside each of the others.
#ifndef SKIFF_COST_TURNING_H
#define SKIFF_COST_TURNING_H

#include "cost/crossing.h"
#include "cost/sweep.h"

struct turning {
    const struct sweep *side[2]; // [0] is the cheapest at the smallest size that both were run at
                                 // or near; without prices the quickest
    bool priced;                 // both prices are known: `dollars` says something
    struct crossing dollars, seconds;
};

struct turnings { // zeroed at first; points into the sweeps
    struct turning *item;
    size_t count;
};

int turnings_find(struct turnings *t, const struct sweeps *s, struct error *e);
void turnings_clear(struct turnings *t);

// What follows, in sentences that make a line: where the dollars cross, what the second side would
// have to cost, where the seconds cross.
int turning_say(struct buf *out, const struct turning *t);

#endif
