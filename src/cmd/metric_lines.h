// SPDX-License-Identifier: MIT
// The log of a job in a container, beyond the lesson's lines: what the metric expressions of
// tuners look for. One line of name=number, separated by semicolons, and one in XGBoost's columns.
#ifndef SKIFF_CMD_METRIC_LINES_H
#define SKIFF_CMD_METRIC_LINES_H

#include "train/history.h"

#include <stdint.h>

void metric_lines_print(uint64_t epoch, const struct history_row *row);

#endif
