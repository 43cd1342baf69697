// SPDX-License-Identifier: MIT
// Which of two ways to do the same is the faster one here, found out while running: the two take
// turns for some steps, then the one that won more pairs is used for many, and so on.
#ifndef SKIFF_DIST_DIST_CHOICE_H
#define SKIFF_DIST_DIST_CHOICE_H

#include <stdbool.h>
#include <stddef.h>

struct dist_choice { // zeros at first
    size_t turn;
    size_t pairs, wins; // of the trial; of these the second way was the faster one in so many
    double first;       // seconds that the first way has taken
    bool second;        // it won
};

bool dist_choice_next(struct dist_choice *c); // is it the second way's turn?
void dist_choice_took(struct dist_choice *c, bool second, double seconds);

#endif
