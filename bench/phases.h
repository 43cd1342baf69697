// SPDX-License-Identifier: MIT
// Who of two threads does what when. A program that is linked with -Wl,--wrap=par_run has all jobs
// that the library hands to its team come by here: each is a phase.
#ifndef SKIFF_BENCH_PHASES_H
#define SKIFF_BENCH_PHASES_H

#include <stddef.h>

#define PHASES_MAX 8

// Seconds, summed over the epochs of a sample.
struct phase {
    double alone;   // of the leader, since the phase before
    double begins;  // from the call until the helper is at it
    double work[2]; // of the leader, of the helper
    double waits;   // of the leader for the helper, at the end
    double whole;   // from the call to its end
};

// An epoch has the same phases in the same order each time.
struct phases {
    size_t count;
    struct phase phase[PHASES_MAX];
    double left; // when the latest one ended
};

void phases_watch(struct phases *p); // note jobs there from now on; NULL: nowhere
void phases_begin_epoch(void);       // the next job is the first phase

#endif
