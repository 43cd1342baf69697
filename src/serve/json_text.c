// SPDX-License-Identifier: MIT
// Most of what comes in is lists of numbers: taken here, they cost no more than in a CSV, and a
// document of many rows is never in memory as a tree.
#include "serve/json_text.h"

#include "base/num.h"

#include <math.h>
#include <string.h>

char json_look(struct json_text *t)
{
    while (t->at < t->end && (*t->at == ' ' || *t->at == '\n' || *t->at == '\t' || *t->at == '\r'))
        t->at++;
    return t->at < t->end ? *t->at : '\0';
}

bool json_take(struct json_text *t, char c)
{
    const bool there = json_look(t) == c && t->at < t->end;
    t->at += there;
    return there;
}

// Behind the closing quote of a text that begins here; NULL when there is none.
static const char *skip_string(const char *at, const char *end)
{
    for (at++; at < end; at++) {
        if (*at == '"')
            return at + 1;
        at += *at == '\\';
    }
    return NULL;
}

bool json_take_name(struct json_text *t, struct json_text *name)
{
    if (json_look(t) != '"')
        return false;
    const char *const stop = skip_string(t->at, t->end);
    if (!stop)
        return false;
    *name = (struct json_text){t->at + 1, stop - 1};
    t->at = stop;
    return json_take(t, ':');
}

// Brackets are counted, whichever they are.
static const char *skip_nested(const char *at, const char *end)
{
    size_t depth = 0;
    while (at < end) {
        if (*at == '"') {
            at = skip_string(at, end);
            if (!at)
                return NULL;
            continue;
        }
        depth += *at == '[' || *at == '{';
        depth -= *at == ']' || *at == '}';
        at++;
        if (depth == 0)
            return at;
    }
    return NULL;
}

bool json_take_value(struct json_text *t, struct json_text *value)
{
    const char c = json_look(t), *stop = t->at;
    if (c == '"')
        stop = skip_string(t->at, t->end);
    else if (c == '[' || c == '{')
        stop = skip_nested(t->at, t->end);
    else
        while (stop < t->end && !memchr(",]} \n\t\r", *stop, 7))
            stop++;
    if (!stop || stop == t->at)
        return false;
    *value = (struct json_text){t->at, stop};
    t->at = stop;
    return true;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

// JSON has fewer spellings of numbers than num_scan takes: no sign but '-', digits on either side
// of the point, no zero in front of others.
static bool is_number(const char *at, const char *end)
{
    at += at < end && *at == '-';
    if (at == end || !is_digit(*at) || (*at == '0' && at + 1 < end && is_digit(at[1])))
        return false;
    const char *const point = memchr(at, '.', (size_t)(end - at));
    return !point || (point + 1 < end && is_digit(point[1]));
}

static bool take_number(struct json_text *t, float *to)
{
    json_look(t);
    const char *stop = t->at;
    while (stop < t->end && (is_digit(*stop) || memchr("+-.eE", *stop, 5)))
        stop++;
    double x;
    if (!is_number(t->at, stop) || num_scan(t->at, (size_t)(stop - t->at), &x) == NUM_NONE)
        return false;
    t->at = stop;
    *to = (float)x;
    return isfinite(*to);
}

bool json_take_numbers(struct json_text *t, size_t count, float *to)
{
    struct json_text ahead = *t;
    bool good = json_take(&ahead, '[');
    for (size_t i = 0; good && i < count; i++)
        good = (i == 0 || json_take(&ahead, ',')) && take_number(&ahead, &to[i]);
    if (!good || !json_take(&ahead, ']'))
        return false;
    *t = ahead;
    return true;
}
