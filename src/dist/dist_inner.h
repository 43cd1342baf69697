// SPDX-License-Identifier: MIT
// What a back end provides, and messages between ranks: inside src/dist/, and for back ends of
// tests.
#ifndef SKIFF_DIST_DIST_INNER_H
#define SKIFF_DIST_DIST_INNER_H

#include "dist/dist.h"
#include "dist/machine.h"

// A back end moves messages. Between two ranks they arrive in the order in which they were posted,
// and a receive has the size of its send. No call waits. A call that fails leaves the ranks
// without a way to talk.
struct dist_ops {
    int (*send)(void *context, size_t to, const void *data, size_t bytes, struct error *e);
    int (*recv)(void *context, size_t from, void *data, size_t bytes, struct error *e);
    // Have the first `count` of the messages gone out and come in? They are counted from the last
    // time that all had; a count beyond them means all. Moves the others, too.
    int (*test)(void *context, size_t count, bool *done, struct error *e);
    // In good order, when all ranks do the same; frees the context.
    void (*leave)(void *context);
    // At once, and every rank with this one; may return when that takes effect a little later.
    void (*abort)(void *context, int status);
};

struct dist {
    const struct dist_ops *ops;
    void *context;
    size_t rank, ranks;
    struct machine_share share; // of its machine
    struct dist_network network;
    bool crowded; // more threads than cores: waiting must not spin
    bool broken;
    size_t posted;         // bytes, since the last wait
    size_t messages, over; // posted so far; and those up to which all were through at a time
    double waited;
    struct dist_report *report; // [ranks], for dist_agree
};

// The context's ownership passes with success. Memory is all that can fail.
int dist_new(struct dist **d, const struct dist_ops *ops, void *context, size_t rank, size_t ranks,
             struct error *e);
// The first exchanges: the same program everywhere, who shares which machine, what lies between.
int dist_meet(struct dist *d, struct error *e);

// One between hosts of a data centre: until it has been measured.
#define DIST_NETWORK_ASSUMED                                                                       \
    (struct dist_network)                                                                          \
    {                                                                                              \
        .latency = 50e-6, .bandwidth = 1.25e9, .message = 5e-6                                     \
    }
// What the network between the root and another rank is like, into d->network of all ranks.
int dist_measure(struct dist *d, size_t other, struct error *e);

// The variable with which a supervisor tells its ranks the host's name, for messages.
#define DIST_HOST "SKIFF_RANK_HOST"

// A launcher's variable with a number; -1 if there is none.
int64_t dist_environment(const char *name);

// The back end of MPI; one of two files.
int dist_mpi_open(struct dist **d, struct error *e);

// Post messages, of any size, 0 included; the data stay until dist_wait has returned.
int dist_send(struct dist *d, size_t to, const void *data, size_t bytes, struct error *e);
int dist_recv(struct dist *d, size_t from, void *data, size_t bytes, struct error *e);
int dist_wait(struct dist *d, struct error *e);

// Likewise for what has been posted up to here alone, while more may be under way.
size_t dist_mark(const struct dist *d);
int dist_wait_for(struct dist *d, size_t mark, struct error *e);
int dist_test(struct dist *d, size_t mark, bool *done, struct error *e); // without waiting

#endif
