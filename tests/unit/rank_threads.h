// SPDX-License-Identifier: MIT
// Training on several ranks, which are threads here: a run each, what all of them do, how they end.
#ifndef SKIFF_TESTS_RANK_THREADS_H
#define SKIFF_TESTS_RANK_THREADS_H

#include "fit_testing.h"
#include "history_testing.h"

#include "dist_mock.h"

#define SQUAD_MAX     8
#define SQUAD_SECONDS 60 // a hang is a failure: the alarm ends the program

struct squad {
    size_t ranks;
    int (*work)(struct run *r, struct error *e); // of each rank
    struct run run[SQUAD_MAX];
    struct error e[SQUAD_MAX];
    int rc[SQUAD_MAX];
    struct mock *mock;
};

// Each rank is to train, on the rows of run_begin.
static inline void squad_begin(struct squad *s, size_t ranks, enum net_task task,
                               const char *options, const char *folder)
{
    *s = (struct squad){.ranks = ranks, .work = run_all, .mock = mock_new(ranks)};
    for (size_t r = 0; r < ranks; r++)
        run_begin(&s->run[r], task, options, folder);
}

// Other rows in their place; there may be none.
static inline void squad_replace_rows(struct dataset *d, enum net_task task, size_t n,
                                      uint32_t seed)
{
    dataset_clear(d);
    *d = (struct dataset){.n = 0};
    if (n)
        run_data(d, task, n, seed);
}

static inline void squad_body(struct dist *d, size_t rank, void *context)
{
    struct squad *s = context;
    struct run *r = &s->run[rank];
    r->dist = d;
    s->rc[rank] = s->work(r, &s->e[rank]);
    r->fit.dist = NULL; // closed by the time that anybody looks
}

static inline void squad_go(struct squad *s)
{
    alarm(SQUAD_SECONDS);
    mock_run(s->mock, squad_body, s);
}

static inline void squad_end(struct squad *s)
{
    for (size_t r = 0; r < s->ranks; r++)
        run_end(&s->run[r]);
    mock_free(s->mock);
}

static inline size_t squad_failures(const struct squad *s)
{
    size_t failures = 0;
    for (size_t r = 0; r < s->ranks; r++)
        failures += s->rc[r] != 0;
    return failures;
}

static inline void squad_ended_with(const struct squad *s, int code, const char *text)
{
    for (size_t r = 0; r < s->ranks; r++)
        if (s->rc[r] != code || strcmp(s->e[r].text, text) != 0)
            fail_msg("rank %zu of %zu: %d '%s', want %d '%s'", r, s->ranks, s->rc[r], s->e[r].text,
                     code, text);
    assert_false(mock_aborted(s->mock));
    assert_int_equal(mock_messages(s->mock), 0);
}

static inline void squad_ended_well(const struct squad *s)
{
    squad_ended_with(s, 0, "");
}

// Ranks that have begun, at a rate that no loss stands: it is no rank's own fault.
static inline void squad_diverges(struct squad *s)
{
    for (size_t r = 0; r < s->ranks; r++)
        s->run[r].config.learning_rate = 1e38;
    squad_go(s);
    for (size_t r = 0; r < s->ranks; r++) {
        check_refused(s->rc[r], ERR_NUMERIC, &s->e[r], "no longer a finite number");
        assert_null(strstr(s->e[r].text, "rank"));
    }
    squad_end(s);
}

static inline void squad_all_refused(const struct squad *s, int code, const char *text)
{
    for (size_t r = 0; r < s->ranks; r++)
        check_refused(s->rc[r], code, &s->e[r], text);
}

#endif
