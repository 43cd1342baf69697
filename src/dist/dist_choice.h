// SPDX-License-Identifier: MIT
// Which of two ways to do the same is the faster one here, found out while running: the two take
// turns for some steps, then the one that won more pairs is used for many, and so on. Two steps are
// a pair when they have had the same work.
#ifndef SKIFF_DIST_DIST_CHOICE_H
#define SKIFF_DIST_DIST_CHOICE_H

#include <stdbool.h>
#include <stddef.h>

struct dist_choice { // zeros at first
    size_t turn;
    size_t pairs, wins; // of the trial; of these the second way was the faster one in so many
    size_t work;        // of the step before where that went the first way, else 0;
    double first;       // and the seconds it has taken
    bool second;        // it won
};

bool dist_choice_next(struct dist_choice *c); // is it the second way's turn?
// What a step has taken, for so much work: rows, or whatever tells steps apart, at least 1.
void dist_choice_took(struct dist_choice *c, bool second, size_t work, double seconds);

#endif
