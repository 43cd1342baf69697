// SPDX-License-Identifier: MIT
// Three digits are what repeated runs agree in; whole numbers, which are counts, keep all of
// theirs.
#include "cost/cost_text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define LARGEST     1e15 // whole numbers below it have at most 16 digits
#define MOST_DIGITS 12   // behind the point

void cost_text(char text[COST_TEXT_MAX], double x)
{
    text[0] = '\0';
    if (!isfinite(x))
        return;
    if (fabs(x) >= LARGEST) {
        snprintf(text, COST_TEXT_MAX, "over %.0f", LARGEST);
        return;
    }
    const double size = fabs(x) > 0 ? floor(log10(fabs(x))) : 0;
    const int digits = x == floor(x) || size >= 2 ? 0 : (int)fmin(2 - size, MOST_DIGITS);
    snprintf(text, COST_TEXT_MAX, "%.*f", digits, x);
}

void cost_text_dollars(char text[COST_TEXT_MAX], double dollars)
{
    text[0] = '\0';
    if (!isfinite(dollars))
        return;
    if (dollars >= 1 && dollars < LARGEST) {
        snprintf(text, COST_TEXT_MAX, "$%.2f", dollars);
        return;
    }
    char plain[COST_TEXT_MAX];
    cost_text(plain, dollars);
    snprintf(text, COST_TEXT_MAX, "$%.40s", plain);
}

bool cost_text_same(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}
