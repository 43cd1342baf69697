// SPDX-License-Identifier: MIT
// A round: from joining to the end of its ranks. A run that is restarted has several, and which
// hosts take part in one is settled as it begins. Inside src/dist/, and for tests.
#ifndef SKIFF_DIST_ROUND_H
#define SKIFF_DIST_ROUND_H

#include "dist/bringup.h"

#define ROUNDS_MAX     1001                     // --restarts and the first
#define ROUND_TEXT_MAX (BRINGUP_HOSTS_MAX + 16) // of round_print

// What a step of a round may return besides 0 and failures.
enum {
    ROUND_AGAIN = 1, // another is to follow
    ROUND_STOPPED,   // somebody asked to stop before it began
};

struct round {
    size_t number;                   // from 0: the rounds that have failed
    size_t leader;                   // host
    bool present[BRINGUP_HOSTS_MAX]; // once it begins
};

// Seconds from a failure to the next round at least: growing, for what has failed fast may do so
// again.
double round_pause(size_t number);

// May those that are present go on without the others? They may where no others could think the
// same: as more than half of all, or as half of them with the first host.
bool round_may_shrink(const struct bringup *b, const struct round *r);

// "NUMBER 1101", a digit a host: what the leader tells when a round begins.
void round_print(const struct bringup *b, const struct round *r, char text[ROUND_TEXT_MAX]);
// false: nothing that r->leader could say to this host.
bool round_parse(const char *text, const struct bringup *b, struct round *r);

// The hosts that are present as a list of its own, of the same names, in `host`[b->hosts]: the
// leader is the first, as ever.
struct bringup round_hosts(const struct bringup *b, const struct round *r, char **host);

#endif
