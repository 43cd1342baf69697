// SPDX-License-Identifier: MIT
// A comparison as text.
#ifndef SKIFF_CMD_COMPARE_PRINT_H
#define SKIFF_CMD_COMPARE_PRINT_H

#include "cost/compare.h"

enum compare_format { COMPARE_TEXT, COMPARE_MARKDOWN, COMPARE_CSV, COMPARE_JSON };

int compare_print(const struct compare *c, enum compare_format format, struct buf *out,
                  struct error *e);

// Every figure, for programs: JSON, and the same a row a line.
int compare_print_json(const struct compare *c, struct buf *out, struct error *e);
int compare_print_csv(const struct compare *c, struct buf *out, struct error *e);

#endif
