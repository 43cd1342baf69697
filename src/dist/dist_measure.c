// SPDX-License-Identifier: MIT
// The network, for the choice between few large messages and many small ones (dist_sum_cost.c). The
// root sends some to one rank far away and gets as many back, again and again for a moment; the
// shortest time counts, for whatever else goes on makes it only longer. What the root has found is
// everybody's.
#include "dist/dist_inner.h"

#include "base/clock.h"
#include "base/mem.h"

#include <math.h>
#include <string.h>

#define TURNS   3    // at least; the first opens connections
#define SECONDS 2e-4 // after which no other turn begins
#define FEW     64   // bytes
#define MANY    ((size_t)128 << 10)
#define SOME    ((size_t)16) // messages
#define ASKED   3            // a library asks before it sends so many bytes: there, back, there

// What goes there and back. Its first byte says: and once more.
struct load {
    char *data;
    size_t messages, bytes; // of each
};

static int give(struct dist *d, size_t to, const struct load *l, struct error *e)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < l->messages; i++)
        rc = dist_send(d, to, l->data + i * l->bytes, l->bytes, e);
    return rc ? rc : dist_wait(d, e);
}

static int take(struct dist *d, size_t from, const struct load *l, struct error *e)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < l->messages; i++)
        rc = dist_recv(d, from, l->data + i * l->bytes, l->bytes, e);
    return rc ? rc : dist_wait(d, e);
}

static int give_back(struct dist *d, const struct load *l, struct error *e)
{
    int rc = 0;
    for (bool more = true; rc == 0 && more; more = l->data[0]) {
        rc = take(d, 0, l, e);
        if (rc == 0)
            rc = give(d, 0, l, e);
    }
    return rc;
}

// Seconds until the other rank has all of it.
static int travel(struct dist *d, size_t other, const struct load *l, double *seconds,
                  struct error *e)
{
    const double end = clock_seconds() + SECONDS;
    int rc = 0;
    *seconds = INFINITY;
    l->data[0] = 1;
    for (int i = 1; rc == 0 && l->data[0]; i++) {
        const double begun = clock_seconds();
        l->data[0] = i < TURNS || begun < end;
        rc = give(d, other, l, e);
        if (rc == 0)
            rc = take(d, other, l, e);
        *seconds = fmin(*seconds, (clock_seconds() - begun) / 2);
    }
    return rc;
}

static int measure(struct dist *d, size_t other, char *data, struct error *e)
{
    const struct load load[] = {{data, 1, FEW}, {data, SOME, FEW}, {data, 1, MANY}};
    double took[3] = {0};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < 3; i++)
        rc = d->rank == 0 ? travel(d, other, &load[i], &took[i], e) : give_back(d, &load[i], e);
    if (rc || d->rank > 0)
        return rc;
    const double latency = took[0], some = took[1], large = took[2];
    d->network = (struct dist_network){
        .latency = latency,
        .bandwidth = MANY / fmax(large - ASKED * latency, large / 4),
        .message = fmax(some - latency, 0) / (SOME - 1),
    };
    return 0;
}

int dist_measure(struct dist *d, size_t other, struct error *e)
{
    int rc = 0;
    if (d->rank == 0 || d->rank == other) {
        char *data = mem_zalloc(MANY);
        rc = data ? measure(d, other, data, e) : error_nomem(e, "ranks");
        mem_free(data);
    }
    return rc ? rc : dist_share(d, &d->network, sizeof d->network, e);
}
