// SPDX-License-Identifier: MIT
// Connections that a server has, in a fixed number of places. Whoever is waited for may have to go:
// when it takes too long, or when its place is wanted and nobody is waited for longer. So no number
// of slow or silent clients keeps out one that has something to ask.
#ifndef SKIFF_SERVE_PLACES_H
#define SKIFF_SERVE_PLACES_H

#include "base/err.h"

#include <stddef.h>

enum phase {
    PHASE_FREE,
    PHASE_SILENT,    // no request, or not its whole head
    PHASE_READING,   // a head, not all of its body
    PHASE_WORKING,   // we are waited for
    PHASE_ANSWERING, // not all of the answer has been taken
};

struct place {
    int fd;
    enum phase phase;
    double since; // of this phase
    void *call;   // the caller's
};

struct places {
    struct place *place;
    size_t count, taken;
};

int places_init(struct places *p, size_t count, struct error *e);
void places_clear(struct places *p);

struct place *places_take(struct places *p, int fd, double now); // NULL: none is free
void places_leave(struct places *p, struct place *place);
void place_enter(struct place *place, enum phase phase, double now);

// The one that has kept us waiting for longest; NULL when we are waited for by all.
struct place *places_oldest(const struct places *p);

#endif
