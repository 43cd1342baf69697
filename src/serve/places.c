// SPDX-License-Identifier: MIT
// There are a thousand at most, and they are searched once a second or when all are taken.
#include "serve/places.h"

#include "base/mem.h"

int places_init(struct places *p, size_t count, struct error *e)
{
    *p = (struct places){.place = mem_array(count, sizeof *p->place), .count = count};
    return p->place ? 0 : error_nomem(e, "connections");
}

void places_clear(struct places *p)
{
    mem_free(p->place);
    *p = (struct places){0};
}

struct place *places_take(struct places *p, int fd, double now)
{
    for (size_t i = 0; i < p->count; i++) {
        struct place *place = &p->place[i];
        if (place->phase != PHASE_FREE)
            continue;
        *place = (struct place){.fd = fd, .phase = PHASE_SILENT, .since = now};
        p->taken++;
        return place;
    }
    return NULL;
}

void places_leave(struct places *p, struct place *place)
{
    *place = (struct place){0};
    p->taken--;
}

void place_enter(struct place *place, enum phase phase, double now)
{
    place->phase = phase;
    place->since = now;
}

struct place *places_oldest(const struct places *p)
{
    struct place *oldest = NULL;
    for (size_t i = 0; i < p->count; i++) {
        struct place *place = &p->place[i];
        if (place->phase == PHASE_FREE || place->phase == PHASE_WORKING)
            continue;
        if (!oldest || place->since < oldest->since)
            oldest = place;
    }
    return oldest;
}
