// SPDX-License-Identifier: MIT
// Where what to rent turns as tables grow.
#include "cost/compare_inner.h"
#include "cost/turning.h"

int compare_turn(struct compare *c, struct error *e)
{
    struct sweeps sweeps = {0};
    struct turnings turnings = {0};
    int rc = sweeps_find(&sweeps, c, e);
    if (rc == 0)
        rc = turnings_find(&turnings, &sweeps, e);
    for (size_t i = 0; rc == 0 && i < turnings.count; i++) {
        turning_say(&c->answer, &turnings.item[i]);
        rc = buf_check(&c->answer, "the answer", e);
    }
    turnings_clear(&turnings);
    sweeps_clear(&sweeps);
    return rc;
}
