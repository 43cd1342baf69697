// SPDX-License-Identifier: MIT
// Which of many come first: the features that matter most, the classes that do worst.
#ifndef SKIFF_REPORT_RANKED_H
#define SKIFF_REPORT_RANKED_H

#include <stddef.h>

struct ranked {
    double key;
    size_t index;
};

// From the smallest key to the largest; NaN comes last, equal keys by index.
void ranked_sort(struct ranked *list, size_t n);
void ranked_sort_index(struct ranked *list, size_t n); // back into the order of the indices

#endif
