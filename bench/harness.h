// SPDX-License-Identifier: MIT
// The harness of the benchmarks in C. Cases are collected in a set and take turns in rounds, so
// that a loud moment of the machine hits them all; each is timed by samples of as many calls as
// fill SAMPLE_SECONDS, warmed up before, and its results are verified after every sample. With
// every level two more cases run: the register-only FMA rate and a stream through the L2 cache,
// which are what the others are measured against.
//
// A benchmark that cannot go on (no memory, no such file) says why and ends the process: bench_die.
#ifndef SKIFF_BENCH_HARNESS_H
#define SKIFF_BENCH_HARNESS_H

#include "bench_options.h"

#include "base/err.h"
#include "kern/gemm.h"
#include "kern/kern.h"
#include "kern/par.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BENCH_CASES_MAX  1024
#define BENCH_LEVELS_MAX 4

struct bench_case {
    char name[64];
    const struct kern *kern; // the level; NULL: the case has none
    size_t threads;          // 0 is 1
    void *context;           // of the functions
    void (*run)(void *context);
    // The rest is optional. Before and after every sample, not timed:
    void (*prepare)(void *context);
    void (*check)(struct bench_case *c);
    void (*finish)(struct bench_case *c); // after the last round
    void (*clear)(void *context);         // at the end of the set
    size_t loops_max;                     // calls in a sample, at most
    double parts;                         // a call is so many equal parts, and a part is reported
    double flops, bytes;                  // of a part
    double streamed; // bytes of a part that at least come and go between core and L2
    bool modelled;   // floor = flops / FMA rate + streamed / L2 rate, of all threads together
    const struct bench_case *floor; // or: the floor is the best time of this case
    const struct bench_case *base;  // what to put it beside, round by round
    bool blas;                      // matrix products go through OpenBLAS
    double tolerance;               // of bench_near; 0: TOLERANCE

    // What the harness keeps.
    double error; // the largest that bench_near met
    bool wrong;   // bench_equal met a difference
    bool spoilt;  // by --wrong: what is expected is falsified
    size_t loops;
    bool warmed;     // called once before each sample
    double *seconds; // of a part, one a round
    double glanced;  // the best between the rounds' samples, of a level's reference cases
    double best, median;
    double spread;     // distance of the quartiles / median
    double base_ratio; // median of the rounds' own ratios to `base`, which ran just before or after
};

struct bench_level {
    const struct kern *kern;
    struct bench_case *peak, *stream;
};

// What a program has made before it runs its cases.
struct bench_context {
    const struct bench_options *options;
    const struct gemm *gemm; // OpenBLAS, loaded or not
    struct par *team;        // of as many threads as any case wants
};

struct bench_set {
    const char *suite;
    const struct bench_options *options;
    const struct gemm *gemm;
    struct par *team;
    struct bench_level level[BENCH_LEVELS_MAX];
    size_t levels;
    struct bench_case cases[BENCH_CASES_MAX];
    size_t count; // two of each level included
    void **owned; // by bench_alloc
    size_t owned_count;
};

struct bench_result {
    size_t cases, wrong;
};

// Call `suites` once, in a team of as many threads as the options ask for, and return the exit
// status of its result.
int bench_run(const struct bench_options *options, const struct gemm *gemm,
              struct bench_result (*suites)(const struct bench_context *context));

// A set with the levels that the options ask for, and with their reference cases.
struct bench_set *bench_begin(const char *suite, const struct bench_context *context);
// A set of cases that have no level.
struct bench_set *bench_begin_plain(const char *suite, const struct bench_context *context);
// Calibrate, run all rounds, finish, print, free the set. One without cases does nothing.
struct bench_result bench_end(struct bench_set *set);

// Does --case select a case of this name?
bool bench_wanted(const struct bench_set *set, const char *name);
// A copy of `c` in the set, to stay where it is; NULL when it is not wanted.
struct bench_case *bench_add(struct bench_set *set, const struct bench_case *c);
// Zeroed memory that lives as long as the set, MEM_ALIGN-aligned.
void *bench_alloc(struct bench_set *set, size_t count, size_t size);
// The same as floats drawn evenly from [-scale, scale), equal in every run.
float *bench_floats(struct bench_set *set, size_t count, float scale);

// All comparisons of a case's results go through these two, so that --wrong can falsify them.
void bench_near(struct bench_case *c, double got, double want, double scale);
void bench_equal(struct bench_case *c, const char *what, uint64_t got, uint64_t want);

_Noreturn void bench_die(const char *what, const struct error *e); // e may be NULL

// bench_report.c: a set's results as a table or JSON lines. Returns how many were not verified.
size_t bench_report(struct bench_set *set);

// The rates of a level in this set, FLOP/s and bytes/s of one thread, and the floor of a case in
// seconds, or 0.
double bench_peak(struct bench_set *set, const struct kern *kern);
double bench_floor(struct bench_set *set, const struct bench_case *c);

#endif
