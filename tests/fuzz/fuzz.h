// SPDX-License-Identifier: MIT
// What all fuzz targets begin with.
#ifndef SKIFF_TESTS_FUZZ_H
#define SKIFF_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// What is not so is a finding.
static inline void must(bool good)
{
    if (!good)
        abort();
}

#endif
