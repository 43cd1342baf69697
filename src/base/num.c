// SPDX-License-Identifier: MIT
// Texts of people and of small files, judged strictly: which of them are numbers at all. Their
// values come from num_scan.c, as those of tables do, which are too many to pass through here.
#include "base/num.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *skip_space(const char *text)
{
    while (isspace((unsigned char)*text))
        text++;
    return text;
}

bool num_parse(const char *text, double *value)
{
    const char *start = skip_space(text);
    const size_t digits = strspn(start, "0123456789+-.eE");
    return *skip_space(start + digits) == '\0' && num_scan(start, digits, value) != NUM_NONE;
}

bool num_parse_i64(const char *text, int64_t *value)
{
    const char *start = skip_space(text);
    char *end;
    errno = 0;
    const long long exact = strtoll(start, &end, 10);
    if (end != start && *skip_space(end) == '\0') {
        if (errno)
            return false;
        *value = exact;
        return true;
    }
    double x;
    if (!num_parse(text, &x) || x != floor(x) || fabs(x) > 9007199254740992.0)
        return false;
    *value = (int64_t)x;
    return true;
}

bool num_parse_bits(const char *text, int64_t *value)
{
    if (num_parse_i64(text, value))
        return true;
    const char *start = skip_space(text);
    char *end;
    errno = 0;
    const unsigned long long bits = strtoull(start, &end, 10);
    if (*start == '-' || end == start || errno || *skip_space(end) != '\0')
        return false;
    *value = (int64_t)bits;
    return true;
}

bool num_parse_bool(const char *text, bool *value)
{
    static const char *const words[] = {"false", "true", "no", "yes", "off", "on", "0", "1"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcasecmp(text, words[i]) == 0) {
            *value = i % 2 == 1;
            return true;
        }
    return false;
}

void num_group(uint64_t value, char text[32])
{
    char digits[24];
    const int len = snprintf(digits, sizeof digits, "%llu", (unsigned long long)value);
    size_t at = 0;
    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            text[at++] = ',';
        text[at++] = digits[i];
    }
    text[at] = '\0';
}
