// SPDX-License-Identifier: MIT
// Ranks as threads of one process, over queues in memory: no MPI, and any call can be made to fail.
#ifndef SKIFF_TESTS_DIST_MOCK_H
#define SKIFF_TESTS_DIST_MOCK_H

#include "dist/dist_inner.h"

struct mock;

struct mock *mock_new(size_t ranks);
void mock_free(struct mock *m); // after all ranks have been closed

// The n-th call of the back end by that rank's body fails, and every one after it; 0: none.
void mock_fail(struct mock *m, size_t rank, long n);
long mock_calls(const struct mock *m, size_t rank); // that its body has made
bool mock_aborted(const struct mock *m);
// What a rank has sent so far; to be asked by its own thread.
struct mock_traffic {
    size_t messages, bytes;
};
struct mock_traffic mock_sent(const struct mock *m, size_t rank);
// Messages that nobody has received: none after a run in good order.
size_t mock_messages(const struct mock *m);

// Run body(rank's handle, its number, context) on a thread for each rank, all at once, then close
// the handles. A process alone (one rank) gets NULL.
void mock_run(struct mock *m, void (*body)(struct dist *d, size_t rank, void *context),
              void *context);

#endif
