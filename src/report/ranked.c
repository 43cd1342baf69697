// SPDX-License-Identifier: MIT
// qsort is not stable and differs between C libraries, so ties go by index.
#include "report/ranked.h"

#include <math.h>
#include <stdlib.h>

static int by_index(const void *one, const void *two)
{
    const struct ranked *a = one, *b = two;
    return (a->index > b->index) - (a->index < b->index);
}

static int by_key(const void *one, const void *two)
{
    const struct ranked *a = one, *b = two;
    if (isnan(a->key) || isnan(b->key)) {
        const int order = (isnan(a->key) ? 1 : 0) - (isnan(b->key) ? 1 : 0);
        return order ? order : by_index(one, two);
    }
    return a->key < b->key ? -1 : a->key > b->key ? 1 : by_index(one, two);
}

void ranked_sort(struct ranked *list, size_t n)
{
    if (n > 1)
        qsort(list, n, sizeof *list, by_key);
}

void ranked_sort_index(struct ranked *list, size_t n)
{
    if (n > 1)
        qsort(list, n, sizeof *list, by_index);
}
