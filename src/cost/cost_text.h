// SPDX-License-Identifier: MIT
// Numbers of a comparison as text: three digits that count and never an exponent; what is not known
// is no text at all.
#ifndef SKIFF_COST_COST_TEXT_H
#define SKIFF_COST_COST_TEXT_H

#include <stdbool.h>

#define COST_TEXT_MAX 48

void cost_text(char text[COST_TEXT_MAX], double x);
void cost_text_dollars(char text[COST_TEXT_MAX], double dollars); // "$0.0043", "$12.30"

// Of a record: what it does not say is NULL, and the same as nothing else.
bool cost_text_same(const char *a, const char *b);

#endif
