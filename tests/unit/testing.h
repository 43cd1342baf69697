// SPDX-License-Identifier: MIT
// What the tests above the kernels share: a folder for files, messages that show both operands,
// random numbers, and the loop over every allocation that may fail.
#ifndef SKIFF_TESTS_TESTING_H
#define SKIFF_TESTS_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/mem.h"

#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// The test program's own folder, between test_folder_make and test_folder_remove.
static inline char *test_folder(void)
{
    static char folder[96];
    return folder;
}

static inline int test_folder_make(void **state)
{
    (void)state;
    const char *base = getenv("TMPDIR");
    snprintf(test_folder(), 96, "%.60s/skiff-test-XXXXXX", base ? base : "/tmp");
    return mkdtemp(test_folder()) ? 0 : -1;
}

static inline int test_remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    return remove(path);
}

static inline void test_remove(const char *path)
{
    nftw(path, test_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static inline int test_folder_remove(void **state)
{
    (void)state;
    test_remove(test_folder());
    return 0;
}

// "<folder>/<name>" in one of four buffers used in turn.
static inline const char *test_path(const char *name)
{
    static char path[4][256];
    static unsigned turn;
    char *p = path[turn++ % 4];
    snprintf(p, sizeof path[0], "%s/%s", test_folder(), name);
    return p;
}

#define CHECK_OK(call, e)                                                                          \
    do {                                                                                           \
        const int check_rc = (call);                                                               \
        if (check_rc)                                                                              \
            fail_msg("%s: %d: %s", #call, check_rc, (e).text);                                     \
    } while (0)

// The failure has this code, and its text is one line that holds `what`.
static inline void check_refused(int rc, int code, const struct error *e, const char *what)
{
    const int good = rc == code && e->code == code && strstr(e->text, what) &&
                     !strchr(e->text, '\n') && e->text[0];
    if (!good)
        fail_msg("wanted code %d (%s) and '%s'; got %d: '%s'", code, error_name(code), what, rc,
                 e->text);
}

static inline uint32_t test_random(uint32_t *state)
{
    *state = *state * 1664525U + 1013904223U;
    return *state >> 8;
}

// [-1, 1)
static inline float test_float(uint32_t *state)
{
    return (float)test_random(state) / 8388608.0F - 1.0F;
}

static inline void check_bits(const float *got, const float *want, size_t n, const char *what)
{
    for (size_t i = 0; i < n; i++)
        if (memcmp(&got[i], &want[i], sizeof *got) != 0)
            fail_msg("%s: [%zu] is %.9g (%a), not %.9g (%a)", what, i, (double)got[i],
                     (double)got[i], (double)want[i], (double)want[i]);
}

static inline void check_close(double got, double want, double tolerance, const char *what)
{
    if (!(fabs(got - want) <= tolerance))
        fail_msg("%s: %.17g, want %.17g within %.3g", what, got, want, tolerance);
}

// Run work(context, &e) with its 1st, 2nd, ... allocation failing until it succeeds. Every failure
// must say that memory was short; a leak is the sanitizer's to find. Returns the allocations.
static inline long check_failing_memory(int (*work)(void *, struct error *), void *context)
{
    for (long n = 1;; n++) {
        struct error e = {0};
        mem_fail_at(n);
        const int rc = work(context, &e);
        mem_fail_at(0);
        if (rc == 0)
            return n - 1;
        if (rc != ERR_NOMEM || e.code != ERR_NOMEM)
            fail_msg("allocation %ld fails: %d '%s'", n, rc, e.text);
    }
}

#endif
