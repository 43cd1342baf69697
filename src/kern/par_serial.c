// SPDX-License-Identifier: MIT
// A build without OpenMP: every team is its leader alone.
#include "kern/par.h"

void par_team(size_t threads, void (*body)(struct par *team, void *context), void *context)
{
    (void)threads;
    body(NULL, context);
}

size_t par_threads(const struct par *team)
{
    (void)team;
    return 1;
}

void par_use_cores(struct par *team, size_t cores)
{
    (void)team;
    (void)cores;
}

double par_stalled(struct par *team)
{
    (void)team;
    return 0;
}

void par_run(struct par *team, size_t workers, void (*work)(void *context, size_t worker),
             void *context)
{
    (void)team;
    for (size_t w = 0; w < workers; w++)
        work(context, w);
}
