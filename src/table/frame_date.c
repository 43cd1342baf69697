// SPDX-License-Identifier: MIT
// Texts that are dates: 2024-03-09, 2024/3/9, 9.3.2024, 03/09/2024 and their like, with a time of
// day behind them or without. Nobody asks which of two small numbers is the month: a column of
// such texts is to be turned into numbers by who knows it.
#include "table/frame_column.h"

#include <string.h>

// One to `most` digits at *p, which goes past them; -1 when there are none or more.
static int take_number(const char **p, size_t most)
{
    int value = 0;
    size_t digits = 0;
    for (; (*p)[digits] >= '0' && (*p)[digits] <= '9' && digits <= most; digits++)
        value = 10 * value + ((*p)[digits] - '0');
    *p += digits;
    return digits >= 1 && digits <= most ? value : -1;
}

static bool take_char(const char **p, const char *choices)
{
    if (**p == '\0' || !strchr(choices, **p))
        return false;
    ++*p;
    return true;
}

// Year first or last; the separators are the same.
static bool take_day(const char **p)
{
    const char *const start = *p;
    const int a = take_number(p, 4);
    const bool year_first = *p - start == 4;
    const char separator[] = {**p, '\0'};
    if (a < 0 || *p - start == 3 || !take_char(p, "-/."))
        return false;
    const int b = take_number(p, 2);
    if (b < 1 || b > 31 || !take_char(p, separator))
        return false;
    const char *const third = *p;
    const int c = take_number(p, 4);
    if (year_first)
        return *p - third <= 2 && c >= 1 && c <= 31;
    return a >= 1 && a <= 31 && c >= 0 && (*p - third == 4 || *p - third == 2) &&
           (a <= 12 || b <= 12);
}

// "Z", "+01", "+0100", "+01:00"
static bool take_zone(const char **p)
{
    if (take_char(p, "Z"))
        return true;
    const char *at = *p;
    if (!take_char(&at, "+-"))
        return true; // none
    if (take_number(&at, 4) < 0 || (take_char(&at, ":") && take_number(&at, 2) < 0))
        return false;
    *p = at;
    return true;
}

static bool take_time(const char **p)
{
    const int hours = take_number(p, 2);
    if (hours < 0 || hours > 24 || !take_char(p, ":"))
        return false;
    const int minutes = take_number(p, 2);
    if (minutes < 0 || minutes > 59)
        return false;
    if (take_char(p, ":")) {
        const int seconds = take_number(p, 2);
        if (seconds < 0 || seconds > 60 || (take_char(p, ".,") && take_number(p, 9) < 0))
            return false;
    }
    return take_zone(p);
}

bool column_is_date(const char *text)
{
    if (!take_day(&text))
        return false;
    return *text == '\0' || (take_char(&text, " T") && take_time(&text) && *text == '\0');
}
