// SPDX-License-Identifier: MIT
#include "phases.h"

#include "base/clock.h"
#include "base/mem.h"
#include "kern/par.h"

static struct phases *watched;
static size_t next; // phase

// A job, as its workers see it. Each writes into a cache line of its own.
struct watched_job {
    void (*work)(void *context, size_t worker);
    void *context;
    struct {
        _Alignas(MEM_ALIGN) double begun;
        double ended;
    } at[2];
};

void phases_watch(struct phases *p)
{
    watched = p;
    if (p)
        *p = (struct phases){0};
}

void phases_begin_epoch(void)
{
    next = 0;
    if (watched)
        watched->left = clock_seconds();
}

static void work(void *context, size_t worker)
{
    struct watched_job *j = context;
    j->at[worker].begun = clock_seconds();
    j->work(j->context, worker);
    j->at[worker].ended = clock_seconds();
}

// Names that the linker gives: the library's function, and what is called in its place.
typedef void par_work(void *context, size_t worker);
void __real_par_run(struct par *team, size_t workers, par_work *work, void *context);
void __wrap_par_run(struct par *team, size_t workers, par_work *work, void *context);

void __wrap_par_run(struct par *team, size_t workers, par_work *run, void *context)
{
    if (!watched || next == PHASES_MAX || workers > 2) {
        __real_par_run(team, workers, run, context);
        return;
    }
    struct watched_job j = {.work = run, .context = context};
    const double called = clock_seconds();
    __real_par_run(team, workers, work, &j);
    const double ended = clock_seconds();
    struct phase *p = &watched->phase[next++];
    p->alone += called - watched->left;
    p->begins += workers > 1 ? j.at[1].begun - called : 0;
    for (size_t w = 0; w < workers; w++)
        p->work[w] += j.at[w].ended - j.at[w].begun;
    p->waits += ended - j.at[0].ended;
    p->whole += ended - called;
    watched->left = ended;
    watched->count = watched->count > next ? watched->count : next;
}
