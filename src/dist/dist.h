// SPDX-License-Identifier: MIT
// Ranks: several processes that train one model together. Rank 0, the root, reads checkpoints,
// writes files and talks to the user; every rank computes its part of the leaves of a batch.
//
// All calls with an error but dist_open are collective: every rank makes them in the same order.
// Where a rank may fail alone (memory, files), dist_agree follows before the next exchange. When
// messages themselves fail, dist_broken says so and nothing is sent any more; the caller then ends
// all ranks with dist_close. NULL is a process alone, for which every call does nothing.
#ifndef SKIFF_DIST_DIST_H
#define SKIFF_DIST_DIST_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dist;

// *d stays NULL unless a launcher (mpiexec, srun) has started several of us: only then is MPI
// loaded. Call it before there are threads; collective among the processes of the launcher. After a
// failure *d is to be closed all the same: one rank may have failed alone, and the others wait.
int dist_open(struct dist **d, struct error *e);

// Can there be several ranks in this build?
bool dist_has_mpi(void);

// Leave, with the exit status that the process will have. Ranks that agree leave in good order;
// one whose messages fail takes the others with it. The process is then to end with _exit, for
// nothing that the message library has left behind may run. NULL is fine.
void dist_close(struct dist *d, int status);

size_t dist_rank(const struct dist *d);  // 0 for NULL
size_t dist_ranks(const struct dist *d); // 1 for NULL
size_t dist_hosts(const struct dist *d); // machines that the ranks are on; 1 for NULL
bool dist_is_root(const struct dist *d); // true for NULL
bool dist_broken(const struct dist *d);

// Should this process say what has gone wrong? One of them does, NULL (dist_open failed) included.
bool dist_speaks(const struct dist *d);

// Cores of this machine that fall to this rank, at least 1; 0 for NULL: all there are.
size_t dist_cores(const struct dist *d);
// A network between ranks, as far as an exchange depends on it.
struct dist_network {
    double latency;   // seconds until an empty message is there
    double bandwidth; // bytes a second, each way
    double message;   // seconds of a core for each message
};
// That of the ranks, as the root has found it between itself and one far away. Not for NULL.
struct dist_network dist_network(const struct dist *d);
// Bytes of memory that *ranks ranks, this one included, have to share; 0 when unknown.
size_t dist_memory(const struct dist *d, size_t *ranks);
// With so many threads in each rank: waiting spins only while every thread has a core.
void dist_use_threads(struct dist *d, size_t threads);
// Moves messages that are under way, as libraries do only while they are asked. Does not wait, and
// leaves it to the next call to say what has failed.
void dist_poll(struct dist *d);
// Seconds that this rank has spent waiting for others.
double dist_waited(const struct dist *d);

// The root's bytes to all.
int dist_share(struct dist *d, void *data, size_t bytes, struct error *e);
// ERR_MISMATCH, which names `what`, where the value is not the root's; dist_agree is to follow.
int dist_same(struct dist *d, uint64_t value, const char *what, struct error *e);
// Everybody's piece to everybody: all[rank] is that rank's.
int dist_tell(struct dist *d, const void *mine, void *all, size_t bytes, struct error *e);
// Has any rank said so?
int dist_any(struct dist *d, bool *yes, struct error *e);
// One result for all: 0 when every rank brings 0, else the code of the lowest rank that failed,
// and on every rank its text, which names it ("rank 2: ...") unless all have failed with it.
int dist_agree(struct dist *d, int rc, struct error *e);

#endif
