// SPDX-License-Identifier: MIT
// Does a text look like a date? 2024-03-09, 2024/3/9, 9.3.2024, 03/09/2024, 9-Mar-24, March 9, 2024
// and their like, with a day of the week before them and a time behind them or without. Nobody asks
// which of two small numbers is the month: a column of such texts is to be turned into numbers by
// who knows it.
#include "table/frame_column.h"

#include <math.h>
#include <string.h>
#include <strings.h>

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

// One of some words, or three of its letters or more.
static bool take_word(const char **p, const char *const *words)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    const size_t len = strspn(*p, letters);
    for (; *words && len >= 3; words++)
        if (strncasecmp(*words, *p, len) == 0) {
            *p += len;
            return true;
        }
    return false;
}

// Year first or last; the separators are the same.
static bool take_numbered_day(const char **p)
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

static bool take_month(const char **p)
{
    static const char *const months[] = {"january",  "february", "march",  "april",     "may",
                                         "june",     "july",     "august", "september", "october",
                                         "november", "december", NULL};
    return take_word(p, months);
}

static bool take_separator(const char **p)
{
    const char *const start = *p;
    while (take_char(p, "-/., "))
        ;
    return *p > start;
}

// The month by its name: before day and year, or between the two.
static bool take_named_day(const char **p)
{
    const bool first = take_month(p);
    if (first && !take_separator(p))
        return false;
    const char *start = *p;
    const int a = take_number(p, 4);
    const bool year_first = !first && *p - start == 4;
    if (a < 0 || !take_separator(p) || (!first && !(take_month(p) && take_separator(p))))
        return false;
    start = *p;
    const int b = take_number(p, 4), day = year_first ? b : a;
    return b >= 0 && day >= 1 && day <= 31 && (year_first || *p - start == 4 || *p - start == 2);
}

static bool take_day(const char **p)
{
    static const char *const weekdays[] = {"monday", "tuesday",  "wednesday", "thursday",
                                           "friday", "saturday", "sunday",    NULL};
    if (take_word(p, weekdays) && !take_separator(p))
        return false;
    const char *named = *p;
    if (!take_named_day(&named))
        return take_numbered_day(p);
    *p = named;
    return true;
}

// "Z", " UTC", "+01", "+0100", " +01:00"
static bool take_zone(const char **p)
{
    static const char *const names[] = {"utc", "gmt", NULL};
    const char *at = *p;
    if (take_char(p, "Z"))
        return true;
    take_char(&at, " ");
    if (!take_word(&at, names)) {
        if (!take_char(&at, "+-"))
            return true; // none
        if (take_number(&at, 4) < 0 || (take_char(&at, ":") && take_number(&at, 2) < 0))
            return false;
    }
    *p = at;
    return true;
}

// "AM", " pm"
static void take_half(const char **p)
{
    const char *at = *p;
    take_char(&at, " ");
    if (take_char(&at, "AaPp") && take_char(&at, "Mm"))
        *p = at;
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
    take_half(p);
    return take_zone(p);
}

bool column_is_date(const char *text)
{
    if (!take_day(&text))
        return false;
    return *text == '\0' || (take_char(&text, " T:") && take_time(&text) && *text == '\0');
}

bool column_is_day_number(double x)
{
    const double year = floor(x / 10000), month = floor(fmod(x, 10000) / 100), day = fmod(x, 100);
    return x == floor(x) && year >= 1900 && year < 2100 && month >= 1 && month <= 12 && day >= 1 &&
           day <= 31;
}
