// SPDX-License-Identifier: MIT
// A number is signs, digits in groups, signs. Groups are told from an address (192.168.1.1), a
// version (1.234.5) or a telephone (555 123 4567) by their length: behind a separator come three
// digits, or any number of them where it is the point or comma of decimals, the last and the only
// one of its kind.
#include "table/number_text.h"

#include "base/num.h"

#include <string.h>

static const char *const before[] = {"+",      "-",      "(",      "$",   "\u20ac",
                                     "\u00a3", "\u00a5", "\u2212", " ",   "\u00a0",
                                     "EUR",    "USD",    "GBP",    "CHF", "US$"};
static const char *const behind[] = {"%",      ")",      " ",   "$",   "\u20ac", "\u00a3", "\u00a5",
                                     "\u00a0", "\u202f", "EUR", "USD", "GBP",    "CHF"};
static const char *const between[] = {",", ".", "'", " ", "\u00a0", "\u202f", "\u2019"};

#define COUNT(list) (sizeof(list) / sizeof *(list))

// The length of the first of these that the text begins with, or 0.
static size_t begins_with(const char *text, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strncmp(text, list[i], strlen(list[i])) == 0)
            return strlen(list[i]);
    return 0;
}

static const char *skip(const char *text, const char *const *list, size_t count)
{
    size_t len;
    while ((len = begins_with(text, list, count)))
        text += len;
    return text;
}

static bool is_decimal(const char *mark, const char *earlier)
{
    return (*mark == '.' || *mark == ',') && !(earlier && *earlier == *mark);
}

// Past the digits and the separators among them, or NULL.
static const char *skip_number(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    const char *mark = NULL, *earlier = NULL; // separators before the digits that `digits` counts
    if (digits == 0)
        return NULL;
    for (;;) {
        text += digits;
        const size_t separator = begins_with(text, between, COUNT(between));
        const size_t next = separator ? strspn(text + separator, "0123456789") : 0;
        if (mark && digits != 3 && (next || !is_decimal(mark, earlier)))
            return NULL;
        if (next == 0)
            return text;
        earlier = mark;
        mark = text;
        text += separator;
        digits = next;
    }
}

bool number_text_is(const char *text)
{
    const char *end = skip_number(skip(text, before, COUNT(before)));
    return end && *skip(end, behind, COUNT(behind)) == '\0';
}

// "-1.234,50": digits, with points in between or without, and a comma before the last of them.
static bool has_decimal_comma(const char *text)
{
    static const char digits[] = "0123456789";
    text += strspn(text, "+-");
    const size_t whole = strspn(text, "0123456789.");
    if (whole == 0 || text[whole] != ',')
        return false;
    const size_t part = strspn(text + whole + 1, digits);
    return part > 0 && text[whole + 1 + part] == '\0';
}

enum number_style number_text_style(char *const *text, size_t count)
{
    enum number_style style = NUMBERS_NONE;
    for (size_t i = 0; i < count; i++) {
        double ignored;
        if (num_scan(text[i], strlen(text[i]), &ignored) != NUM_NONE)
            continue;
        if (has_decimal_comma(text[i]))
            style = style == NUMBERS_SIGNS ? style : NUMBERS_COMMAS;
        else if (number_text_is(text[i]))
            style = NUMBERS_SIGNS;
        else
            return NUMBERS_NONE;
    }
    return style;
}
