// SPDX-License-Identifier: MIT
// How many workers pay, found out while running. A core that another process uses, a CPU quota or
// two threads on one core can make a step with helpers slower than without; then they are left
// asleep. This looks at a clock, but it moves work only: leaves and their tree stay, so no result
// depends on it.
#ifndef SKIFF_KERN_PACE_H
#define SKIFF_KERN_PACE_H

#include <stdbool.h>
#include <stddef.h>

struct pace {
    size_t most;          // workers that may be used
    size_t active;        // workers in use
    size_t trial;         // workers being tried, or 0
    bool downward;        // the next trial is of fewer
    double until;         // when the present window ends
    double length;        // of the present window
    double settled_at;    // when its counting starts anew
    bool settling;        // before that
    double patience;      // length of the next window between trials
    double begun;         // of the call in progress
    double seconds, work; // in the present window
    double rate;          // work a second in the window before the trial
};

void pace_init(struct pace *p, size_t most);

// Around one call of `work` units: how many workers to use, then the end of it. `now` is
// clock_seconds(), `stalled` par_stalled() of the call.
size_t pace_begin(struct pace *p, double now);
void pace_end(struct pace *p, double work, double stalled, double now);

#endif
