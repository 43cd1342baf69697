// SPDX-License-Identifier: MIT
// Numbers as short text for people, whatever the locale: a true minus sign, k, M, G and T.
#ifndef SKIFF_REPORT_LABEL_H
#define SKIFF_REPORT_LABEL_H

#include <stdint.h>

#define LABEL_MAX   40
#define LABEL_MINUS "\xe2\x88\x92" // U+2212

// So many digits behind the point; what is not finite is "undefined". Numbers beyond 1e15 or with
// more than 9 digits asked for become scientific.
void label_decimal(char text[LABEL_MAX], double value, int decimals);

// Three significant digits: 0.0123, 12.3, 1.23M, 1.2e−5.
void label_value(char text[LABEL_MAX], double value);

// One of the numbers of an axis that are `step` apart, none larger than `largest`: the same unit
// and the same digits for all of them.
void label_tick(char text[LABEL_MAX], double value, double step, double largest);

// "1,234"
void label_count(char text[LABEL_MAX], uint64_t count);

// A share in percent: "12 %", "0.4 %" below one.
void label_percent(char text[LABEL_MAX], double share);

#endif
