// SPDX-License-Identifier: MIT
// Random draws as lines of text, so that one list of them can be run here, in torch and in numpy.
// Used by the unit test (against golden values) and by the peers' driver (against live torch).
#ifndef SKIFF_TESTS_RNG_SCRIPT_H
#define SKIFF_TESTS_RNG_SCRIPT_H

#include "base/rng.h"

#include <stddef.h>
#include <stdint.h>

#define RNG_SCRIPT_MAX 400000 // 32-bit words that one line may give

// Run one line on `r` and store its result as 32-bit words; returns how many, or -1 for a line
// that is none of these:
//   seed S          no words
//   u32 N           N outputs                       u64 N            2 N words, high half first
//   uniform LO HI N float32 bits                    linear IN OUT    weight, then bias: bits
//   randperm N      indices                         loader N         an epoch's order
//   dropout P N     0 or 1 each                     permutation N    numpy's
long rng_script_run(struct rng *r, const char *line, uint32_t words[RNG_SCRIPT_MAX]);

#endif
