// SPDX-License-Identifier: MIT
// Where what to rent turns as tables grow.
#include "cost/compare_inner.h"
#include "cost/turning.h"

#define SAID_MAX 20 // pairs: nobody reads more

int compare_turn(struct compare *c, struct error *e)
{
    struct sweeps sweeps = {0};
    struct turnings turnings = {0};
    int rc = sweeps_find(&sweeps, c, e);
    if (rc == 0)
        rc = turnings_find(&turnings, &sweeps, e);
    const size_t said = turnings.count < SAID_MAX ? turnings.count : SAID_MAX;
    for (size_t i = 0; rc == 0 && i < said; i++) {
        turning_say(&c->answer, &turnings.item[i]);
        rc = buf_check(&c->answer, "the answer", e);
    }
    if (rc == 0 && turnings.count > said) {
        buf_printf(&c->answer, "%zu more pairs could be set beside each other.\n",
                   turnings.count - said);
        rc = buf_check(&c->answer, "the answer", e);
    }
    turnings_clear(&turnings);
    sweeps_clear(&sweeps);
    return rc;
}
