// SPDX-License-Identifier: MIT
// Messages and waiting. MPI libraries poll without pause while they wait, which on a machine with
// fewer cores than ranks turns microseconds into whole time slices of the scheduler. So nothing
// here blocks in the library: messages are posted, and waiting is our own: a spin as long as every
// thread has a core to itself, and for longer where much is under way, for the library moves it
// only while it is asked; then sleep between two looks, a little longer the longer it takes.
#include "dist/dist_inner.h"

#include "base/clock.h"
#include "base/mem.h"

#include <time.h>

#define SPIN_SECONDS  100e-6
#define SPIN_A_BYTE   1e-9 // seconds: the pace of a fast network
#define SLEEP_LEAST   20e-6
#define SLEEP_MOST    1e-3
#define SLEEP_PORTION (1.0 / 16)        // of the time waited so far
#define MESSAGE_MOST  ((size_t)1 << 30) // bytes; MPI counts in int

size_t dist_rank(const struct dist *d)
{
    return d ? d->rank : 0;
}

size_t dist_ranks(const struct dist *d)
{
    return d ? d->ranks : 1;
}

size_t dist_hosts(const struct dist *d)
{
    return d ? d->share.hosts : 1;
}

bool dist_is_root(const struct dist *d)
{
    return dist_rank(d) == 0;
}

bool dist_broken(const struct dist *d)
{
    return d && d->broken;
}

size_t dist_cores(const struct dist *d)
{
    return d ? d->share.cores : 0;
}

struct dist_network dist_network(const struct dist *d)
{
    return d->network;
}

size_t dist_memory(const struct dist *d, size_t *ranks)
{
    *ranks = d && d->share.memory ? d->share.memory_ranks : 1;
    return d && d->share.memory ? d->share.memory : mem_physical();
}

void dist_use_threads(struct dist *d, size_t threads)
{
    if (d)
        d->crowded = threads * d->share.overlapping > d->share.allowed ||
                     (d->share.quota && threads * d->share.in_quota > d->share.quota);
}

double dist_waited(const struct dist *d)
{
    return d ? d->waited : 0;
}

// ---- messages

// The code of a call of the back end. Once one has failed there is nobody to talk to.
static int broken(struct dist *d, int rc)
{
    d->broken = d->broken || rc != 0;
    return rc;
}

static int check(const struct dist *d, struct error *e)
{
    return d->broken ? error_set(e, ERR_IO, "rank %zu: lost touch with the other ranks", d->rank)
                     : 0;
}

int dist_send(struct dist *d, size_t to, const void *data, size_t bytes, struct error *e)
{
    int rc = check(d, e);
    const char *at = data;
    for (size_t piece; rc == 0 && bytes > 0; bytes -= piece, at += piece) {
        piece = bytes < MESSAGE_MOST ? bytes : MESSAGE_MOST;
        d->posted += piece;
        d->messages++;
        rc = d->ops->send(d->context, to, at, piece, e);
    }
    return broken(d, rc);
}

int dist_recv(struct dist *d, size_t from, void *data, size_t bytes, struct error *e)
{
    int rc = check(d, e);
    char *at = data;
    for (size_t piece; rc == 0 && bytes > 0; bytes -= piece, at += piece) {
        piece = bytes < MESSAGE_MOST ? bytes : MESSAGE_MOST;
        d->posted += piece;
        d->messages++;
        rc = d->ops->recv(d->context, from, at, piece, e);
    }
    return broken(d, rc);
}

static void sleep_a_little(double waited)
{
    double seconds = waited * SLEEP_PORTION;
    seconds = seconds < SLEEP_LEAST ? SLEEP_LEAST : seconds > SLEEP_MOST ? SLEEP_MOST : seconds;
    nanosleep(&(struct timespec){.tv_nsec = (long)(seconds * 1e9)}, NULL);
}

size_t dist_mark(const struct dist *d)
{
    return d->messages;
}

int dist_test(struct dist *d, size_t mark, bool *done, struct error *e)
{
    int rc = check(d, e);
    *done = rc == 0 && mark <= d->over;
    if (rc || *done)
        return rc;
    rc = d->ops->test(d->context, mark - d->over, done, e);
    if (rc == 0 && *done && mark == d->messages)
        d->over = mark;
    return broken(d, rc);
}

int dist_wait_for(struct dist *d, size_t mark, struct error *e)
{
    const double spin = d->crowded ? 0 : SPIN_SECONDS + SPIN_A_BYTE * (double)d->posted;
    bool done = false;
    int rc = dist_test(d, mark, &done, e);
    if (rc || done)
        return rc;
    const double start = clock_seconds();
    double waited = 0;
    while (rc == 0 && !done) {
        if (waited >= spin)
            sleep_a_little(waited);
        rc = dist_test(d, mark, &done, e);
        waited = clock_seconds() - start;
    }
    d->waited += waited;
    return rc;
}

int dist_wait(struct dist *d, struct error *e)
{
    const int rc = dist_wait_for(d, d->messages, e);
    d->posted = 0;
    return rc;
}

void dist_poll(struct dist *d)
{
    bool done;
    if (d && d->posted && !d->broken)
        (void)dist_test(d, d->messages, &done, NULL);
}
