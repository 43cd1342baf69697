// SPDX-License-Identifier: MIT
// Time, for reports and progress only: no result ever depends on it.
#ifndef SKIFF_BASE_CLOCK_H
#define SKIFF_BASE_CLOCK_H

#include <stddef.h>

double clock_seconds(void);    // monotonic
double clock_process(void);    // processor time of this process since exec
double clock_age(void);        // since this process came into being, to 10 ms; 0 when unknown
void clock_utc(char text[32]); // "2026-11-21T09:50:00Z"

#endif
