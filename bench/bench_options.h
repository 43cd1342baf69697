// SPDX-License-Identifier: MIT
// The command line of bench/run and bench/roofline.
#ifndef SKIFF_BENCH_BENCH_OPTIONS_H
#define SKIFF_BENCH_BENCH_OPTIONS_H

#include "base/opt.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum bench_suite { SUITE_ALL, SUITE_KERN, SUITE_TRAIN, SUITE_LOAD };

struct bench_options {
    int suite;                // enum bench_suite
    int gemm;                 // enum gemm_choice
    char *level;              // NULL: the best, or SKIFF_CPU; "all"
    struct opt_sizes threads; // none given: one, and as many as there are cores
    int64_t rounds;           // 0: by --short
    char *text;               // --case
    char *wrong;
    char *json, *dir;
    double load; // runnable processes, the last minute's mean, before anything ran; or -1
    bool brief;  // --short
    bool late;   // --wrong from the last round on
    bool table;
    bool help;
    struct opt_set values; // owns the texts
};

// Options of a program whose help begins with `before`; `suites`: it has --suite and --gemm.
// Returns -1 to go on, or the exit status. bench_options_end frees what the values own.
struct bench_program {
    const char *before, *after;
    bool suites;
};
int bench_options_read(const struct bench_program *program, int argc, char **argv,
                       struct bench_options *options);
void bench_options_end(struct bench_options *options);

// The exit status of a program that had so many cases; no case at all is a wrong --case.
int bench_status(const struct bench_options *options, size_t cases, size_t wrong);

size_t bench_rounds(const struct bench_options *options);
size_t bench_threads_most(const struct bench_options *options);

#endif
