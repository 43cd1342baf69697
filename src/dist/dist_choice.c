// SPDX-License-Identifier: MIT
// Pairs are counted, not seconds: one step that another process held up decides nothing. A step's
// way is known before the step in front of it is over, so of a trial's last pair only the first
// half is known when the choice is made: seven pairs decide, and there is no tie.
#include "dist/dist_choice.h"

#define PAIRS 8
#define STAY  240 // steps; a trial is 6 % of all, and costs half of the difference in these

bool dist_choice_next(struct dist_choice *c)
{
    const bool trial = c->turn < 2 * PAIRS;
    if (c->turn == 0)
        c->pairs = c->wins = 0;
    if (c->turn == 2 * PAIRS)
        c->second = 2 * c->wins > c->pairs;
    const bool second = trial ? c->turn % 2 == 1 : c->second;
    c->turn = (c->turn + 1) % (2 * PAIRS + STAY);
    return second;
}

void dist_choice_took(struct dist_choice *c, bool second, size_t work, double seconds)
{
    if (second && work == c->work) {
        c->pairs++;
        c->wins += seconds < c->first;
    }
    c->work = second ? 0 : work;
    c->first = seconds;
}
