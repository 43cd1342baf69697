// SPDX-License-Identifier: MIT
// What several ranks do when memory or a message fails, and how often they ask for memory. `make`
// begins a squad of three.
#ifndef SKIFF_TESTS_RANK_FAULTS_H
#define SKIFF_TESTS_RANK_FAULTS_H

#include "rank_threads.h"

// The n-th allocation and all that follow, then that of one rank alone: all ranks say so, or none.
static inline void squad_memory_fails(void (*make)(struct squad *), long least)
{
    for (int alone = 0; alone < 2; alone++) {
        bool failed = true;
        long n = 1;
        for (; failed; n++) {
            struct squad s;
            make(&s);
            mem_fail_at(alone ? -n : n);
            squad_go(&s);
            failed = mem_fail_at(0) >= n;
            if (squad_failures(&s) != (failed ? s.ranks : 0) && !mock_aborted(s.mock))
                fail_msg("allocation %ld fails: %zu of %zu ranks say so", n, squad_failures(&s),
                         s.ranks);
            squad_end(&s);
        }
        assert_true(n > least);
    }
}

// Of each rank's calls of messages the first `all`, then every `stride`-th, when the calls of a
// step come again and again.
static inline void squad_calls_fail(void (*make)(struct squad *), long all, long stride)
{
    for (size_t rank = 0; rank < 3; rank++) {
        bool failed = true;
        long n = 1;
        for (; failed; n += n < all ? 1 : stride) {
            struct squad s;
            make(&s);
            mock_fail(s.mock, rank, n);
            squad_go(&s);
            failed = mock_calls(s.mock, rank) >= n;
            if (failed && (s.rc[rank] == 0 || !mock_aborted(s.mock)))
                fail_msg("rank %zu survives its failed call %ld", rank, n);
            if (!failed)
                squad_ended_well(&s);
            squad_end(&s);
        }
        assert_true(n > all);
    }
}

#define SQUAD_COUNT_FROM 4
#define SQUAD_COUNT_TO   12

static long squad_allocations; // between those steps of the root; -1: they were not reached

static inline void squad_count(void *context, uint64_t epoch, size_t done, size_t total)
{
    struct run *r = context;
    (void)epoch;
    (void)done;
    (void)total;
    r->steps++;
    if (r->steps == SQUAD_COUNT_FROM)
        mem_fail_at(0);
    if (r->steps == SQUAD_COUNT_TO)
        squad_allocations = mem_fail_at(0);
}

// A rank's work, on one thread.
static inline int squad_train_counting(struct run *r, struct error *e)
{
    const int rc = dist_agree(r->dist, run_init(r, NULL, e), e);
    if (dist_is_root(r->dist)) {
        squad_allocations = -1;
        r->fit.hooks = (struct fit_hooks){.context = r, .step = squad_count};
    }
    return rc ? rc : fit_run(&r->fit, e);
}

#endif
