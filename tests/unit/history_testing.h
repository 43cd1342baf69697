// SPDX-License-Identifier: MIT
// Histories that must be the same.
#ifndef SKIFF_TESTS_HISTORY_TESTING_H
#define SKIFF_TESTS_HISTORY_TESTING_H

#include "testing.h"

#include "train/history.h"

// All columns but the seconds, to the bit.
static inline void check_same_history(const struct history *a, const struct history *b,
                                      const char *what)
{
    if (a->count != b->count)
        fail_msg("%s: %zu epochs, not %zu", what, a->count, b->count);
    for (size_t i = 0; i < a->count; i++)
        for (int c = 0; c < HISTORY_COLUMNS; c++)
            if (c != HISTORY_SECONDS &&
                memcmp(&a->row[i].value[c], &b->row[i].value[c], sizeof(double)) != 0)
                fail_msg("%s: epoch %zu: %s is %.17g, not %.17g", what, i + 1,
                         history_column_name((enum history_column)c), a->row[i].value[c],
                         b->row[i].value[c]);
}

#endif
