// SPDX-License-Identifier: MIT
// Text that may be UTF-8.
#ifndef SKIFF_BASE_UTF8_H
#define SKIFF_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

// Bytes of the first character, 1 to 4; 0 where the text is empty or does not begin with one.
size_t utf8_character(const char *text);

bool utf8_is_text(const char *text);

#endif
