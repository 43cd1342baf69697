// SPDX-License-Identifier: MIT
// The suites of bench/run. Each runs on a team of as many threads as any of its cases wants and
// returns how many cases it had and how many of them were wrong.
#ifndef SKIFF_BENCH_SUITES_H
#define SKIFF_BENCH_SUITES_H

#include "harness.h"

struct bench_result suite_kern(const struct bench_context *context);
struct bench_result suite_train(const struct bench_context *context);
struct bench_result suite_load(const struct bench_context *context);

#endif
