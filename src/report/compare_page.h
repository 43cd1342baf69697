// SPDX-License-Identifier: MIT
// A comparison of runs as one page of HTML that needs nothing else: the answer, what to beware of,
// figures, all rows, the prices that were used and who published what.
#ifndef SKIFF_REPORT_COMPARE_PAGE_H
#define SKIFF_REPORT_COMPARE_PAGE_H

#include "cost/compare.h"

// Appended to `out`, which should take COMPARE_PAGE_MAX bytes. The same comparison gives the same
// bytes.
#define COMPARE_PAGE_MAX ((size_t)64 << 20)
int compare_page(const struct compare *c, struct buf *out, struct error *e);

#endif
