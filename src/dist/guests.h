// SPDX-License-Identifier: MIT
// Those who call the leader, until it is clear who they are. Anybody may call, so a guest has a few
// seconds, one place of a few, and no say: who is no host of the job is sent away, and what it does
// changes nothing for the others. Inside src/dist/.
#ifndef SKIFF_DIST_GUESTS_H
#define SKIFF_DIST_GUESTS_H

#include "dist/bringup.h"
#include "dist/join.h"

struct guests;

struct guests *guests_new(const struct bringup *b, struct error *e);
void guests_free(struct guests *g); // NULL is fine

// Takes in who waits at the door, a socket that listens, and hears them all.
void guests_hear(struct guests *g, int door);
// One that comes from the address of the host that it says it is, and has the secret, if the job
// has one: its greeting, and its link, which is the caller's from now on. false: there is none.
bool guests_next(struct guests *g, struct join_hello *h, struct link *l);
// Until one of them or a new one says something, or so many milliseconds.
void guests_wait(const struct guests *g, int door, int milliseconds);

// What was wrong with somebody at the address of that host; NULL: nothing.
const char *guests_complaint(const struct guests *g, size_t host);

#endif
