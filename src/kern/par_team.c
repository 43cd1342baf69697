// SPDX-License-Identifier: MIT
// Each helper thread has a slot of its own with two counters: `posted` jobs, written by the leader,
// and `finished` ones, written by the helper. A helper without a job in hand reads nothing but its
// slot, so the leader may leave any of them asleep. Whoever waits for a counter spins, then sleeps
// on it in the kernel; whoever moves it wakes a sleeper, and only then makes a system call.
//
// The scheduler likes to wake a thread on the core of the one that wakes it, and as the two then
// take turns there it sees no reason to part them. So a helper that wakes up beside the leader goes
// to another core, and is then free again to be moved.
#include "kern/par.h"

#include "base/clock.h"
#include "base/mem.h"
#include "kern/cpu.h"

#include <limits.h>
#include <linux/futex.h>
#include <omp.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SPINS 2000 // pauses before sleeping: 20 to 80 microseconds on current CPUs

// A counter that one thread moves and another waits for.
struct signal {
    atomic_uint count;
    atomic_bool asleep;
};

// A job comes in one cache line, and goes in another.
struct slot {
    _Alignas(MEM_ALIGN) struct signal posted;
    void (*work)(void *context, size_t worker); // NULL: the team is over
    void *context;
    _Alignas(MEM_ALIGN) struct signal finished;
};

struct par {
    size_t threads;
    size_t cores;
    atomic_int spins;  // none while more threads are in use than there are cores
    double stalled;    // see par_stalled
    atomic_int home;   // core of the leader when it last woke a helper
    struct slot *slot; // [threads]; that of the leader is not used
};

static void pause_briefly(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#else
    atomic_signal_fence(memory_order_seq_cst);
#endif
}

// Spin until the counter is no longer `old`; false when that was not enough.
static bool spin_past(const struct signal *s, unsigned old, int spins)
{
    for (int i = 0; i < spins; i++) {
        if (atomic_load_explicit(&s->count, memory_order_acquire) != old)
            return true;
        pause_briefly();
    }
    return atomic_load_explicit(&s->count, memory_order_acquire) != old;
}

static void sleep_past(struct signal *s, unsigned old)
{
    while (atomic_load(&s->count) == old) {
        // Order matters: say that we sleep, then let the kernel look at the counter once more.
        atomic_store(&s->asleep, true);
        syscall(SYS_futex, &s->count, FUTEX_WAIT_PRIVATE, old, NULL, NULL, 0);
        atomic_store(&s->asleep, false);
    }
}

static void move_on(struct signal *s)
{
    atomic_fetch_add(&s->count, 1);
    if (atomic_load(&s->asleep))
        syscall(SYS_futex, &s->count, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

// The worker-th of the allowed cores, counted on from the leader's; -1 when that is the leader's.
static int core_for(const cpu_set_t *allowed, int home, size_t worker)
{
    const size_t cores = (size_t)CPU_COUNT(allowed);
    size_t steps = cores ? worker % cores : 0;
    int core = home;
    while (steps > 0) {
        core = (core + 1) % CPU_SETSIZE;
        steps -= CPU_ISSET((size_t)core, allowed) != 0;
    }
    return core == home ? -1 : core;
}

static void leave_home(const struct par *team, size_t worker)
{
    const int home = atomic_load_explicit(&team->home, memory_order_relaxed);
    cpu_set_t allowed, only; // more than CPU_SETSIZE cores are an error, and nothing is done
    if (sched_getcpu() != home || sched_getaffinity(0, sizeof allowed, &allowed) != 0)
        return;
    const int core = core_for(&allowed, home, worker);
    if (core < 0)
        return;
    CPU_ZERO(&only);
    CPU_SET((size_t)core, &only);
    if (sched_setaffinity(0, sizeof only, &only) == 0)
        (void)sched_setaffinity(0, sizeof allowed, &allowed);
}

static int spins_of(const struct par *team)
{
    return atomic_load_explicit(&team->spins, memory_order_relaxed);
}

static void help(const struct par *team, size_t worker)
{
    struct slot *slot = &team->slot[worker];
    for (unsigned done = 0;; done++) {
        if (!spin_past(&slot->posted, done, spins_of(team))) {
            sleep_past(&slot->posted, done);
            leave_home(team, worker);
        }
        if (!slot->work)
            return;
        slot->work(slot->context, worker);
        move_on(&slot->finished);
    }
}

static void post(struct par *team, size_t worker, void (*work)(void *, size_t), void *context)
{
    struct slot *slot = &team->slot[worker];
    slot->work = work;
    slot->context = context;
    if (atomic_load_explicit(&slot->posted.asleep, memory_order_relaxed))
        atomic_store_explicit(&team->home, sched_getcpu(), memory_order_relaxed);
    move_on(&slot->posted);
}

static void wait_for(struct par *team, size_t worker)
{
    struct slot *slot = &team->slot[worker];
    const unsigned old = atomic_load_explicit(&slot->posted.count, memory_order_relaxed) - 1;
    if (spin_past(&slot->finished, old, spins_of(team)))
        return;
    const double start = clock_seconds();
    sleep_past(&slot->finished, old);
    const double stalled = clock_seconds() - start;
    if (stalled > team->stalled)
        team->stalled = stalled;
}

// Written when it changes only: the helpers read what is beside it.
static void choose_spins(struct par *team, size_t threads)
{
    const int spins = threads > team->cores ? 0 : SPINS;
    if (atomic_load_explicit(&team->spins, memory_order_relaxed) != spins)
        atomic_store_explicit(&team->spins, spins, memory_order_relaxed);
}

void par_use_cores(struct par *team, size_t cores)
{
    if (team && cores)
        team->cores = cores;
}

void par_run(struct par *team, size_t workers, void (*work)(void *context, size_t worker),
             void *context)
{
    const size_t shared = workers < par_threads(team) ? workers : par_threads(team);
    if (team)
        choose_spins(team, shared);
    for (size_t w = 1; w < shared; w++)
        post(team, w, work, context);
    if (workers > 0)
        work(context, 0);
    for (size_t w = shared > 1 ? shared : 1; w < workers; w++)
        work(context, w);
    for (size_t w = 1; w < shared; w++)
        wait_for(team, w);
}

double par_stalled(struct par *team)
{
    const double stalled = team ? team->stalled : 0;
    if (team)
        team->stalled = 0;
    return stalled;
}

void par_team(size_t threads, void (*body)(struct par *team, void *context), void *context)
{
    struct par team = {.threads = 1, .cores = cpu_count()};
    if (threads > 1)
        team.slot = mem_aligned(threads, sizeof *team.slot);
    if (!team.slot) {
        body(NULL, context);
        return;
    }
#pragma omp parallel num_threads((int)threads)
    {
#pragma omp single
        team.threads = (size_t)omp_get_num_threads();
        // the end of `single` is a barrier: all see the size
        if (omp_get_thread_num() == 0) {
            body(&team, context);
            for (size_t w = 1; w < team.threads; w++)
                post(&team, w, NULL, NULL);
        } else {
            help(&team, (size_t)omp_get_thread_num());
        }
    }
    mem_free(team.slot);
}

size_t par_threads(const struct par *team)
{
    return team ? team->threads : 1;
}
