// SPDX-License-Identifier: MIT
// Texts that are numbers to whoever wrote them: "1.234,50", "$1,234.50", "12 %", "(3)". To a CSV
// they are texts; that they look like numbers is for remarks and advice, never for values.
#ifndef SKIFF_TABLE_NUMBER_TEXT_H
#define SKIFF_TABLE_NUMBER_TEXT_H

#include <stdbool.h>
#include <stddef.h>

// With signs of currency or percent, parentheses, thousands, a point or a comma for decimals.
bool number_text_is(const char *text);

// What keeps a column of texts, all of which are numbers that way, from being one of numbers.
enum number_style {
    NUMBERS_NONE,   // it is no such column
    NUMBERS_COMMAS, // decimal commas
    NUMBERS_SIGNS,  // anything else
};
enum number_style number_text_style(char *const *text, size_t count);

#endif
