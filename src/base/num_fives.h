// SPDX-License-Identifier: MIT
// Powers of five, for num_scan.c and num_print.c: 10^p = 5^p 2^p, and multiplying by 2^p is a
// shift.
#ifndef SKIFF_BASE_NUM_FIVES_H
#define SKIFF_BASE_NUM_FIVES_H

#include <stdint.h>

#define NUM_FIVES_MAX 27 // 5^27 < 2^63: times 64 bits it fits 128

extern const uint64_t num_fives[NUM_FIVES_MAX + 1];

#endif
