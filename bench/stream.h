// SPDX-License-Identifier: MIT
// Memory as fast as a core can take it: two loops of independent vector operations.
#ifndef SKIFF_BENCH_STREAM_H
#define SKIFF_BENCH_STREAM_H

#include "kern/kern.h"

#define STREAM_GRAIN 128 // floats; lengths are multiples of it, addresses aligned to MEM_ALIGN

struct stream_level {
    double (*read)(const float *x, size_t n, size_t passes);     // the sum of all
    void (*update)(float *p, const float *q, float k, size_t n); // p = k * p + q
};

// With the vectors of this level.
const struct stream_level *stream_of(const struct kern *kern);

#endif
