// SPDX-License-Identifier: MIT
// Threads that do what another thread, which must not wait, gives them. Each task is whole: none of
// them waits for another.
#ifndef SKIFF_SERVE_WORKERS_H
#define SKIFF_SERVE_WORKERS_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

// A part of what the caller gives; nobody else moves or frees it.
struct task {
    struct task *next;
};

struct workers;

// `count` threads that run work(context, task, w), w being the thread's number. They take no
// signals. The other functions are for one thread, the one that started them.
int workers_start(struct workers **w, size_t count,
                  void (*work)(void *context, struct task *task, size_t worker), void *context,
                  struct error *e);
// No further task is begun; those that run are waited for. What is left is still the caller's.
void workers_stop(struct workers *w);
void workers_free(struct workers *w); // after that; NULL is nothing

void workers_give(struct workers *w, struct task *task);
// How many tasks nobody has begun.
size_t workers_waiting(struct workers *w);
// Take a task back; false when somebody has begun it.
bool workers_withdraw(struct workers *w, struct task *task);
// A descriptor that can be read while there are finished tasks, and they, the first one first.
int workers_fd(const struct workers *w);
struct task *workers_finished(struct workers *w);

#endif
