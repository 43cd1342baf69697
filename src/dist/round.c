// SPDX-License-Identifier: MIT
// What a round is has to be the same on all hosts, though each may know of another number of failed
// ones: the leader takes the highest number that it has heard and tells it with the list of who is
// present, a digit a host. A host believes that list only if it could be true: it is in it, the
// leader is, and nobody is before the leader, who would lead.
//
// A run may shrink to more than half of its hosts, since two parts cannot both have that; to
// exactly half only with the first host, which one part alone has.
#include "dist/round.h"

#include "base/num.h"

#include <stdio.h>
#include <string.h>

#define FIRST_PAUSE   1.0
#define LONGEST_PAUSE 60.0

double round_pause(size_t number)
{
    double pause = number ? FIRST_PAUSE : 0;
    for (size_t i = 1; i < number && pause < LONGEST_PAUSE; i++)
        pause *= 2;
    return pause < LONGEST_PAUSE ? pause : LONGEST_PAUSE;
}

static size_t count_present(const struct bringup *b, const struct round *r)
{
    size_t count = 0;
    for (size_t i = 0; i < b->hosts; i++)
        count += r->present[i];
    return count;
}

bool round_may_shrink(const struct bringup *b, const struct round *r)
{
    const size_t twice = 2 * count_present(b, r);
    return b->elastic && r->number > 0 &&
           (twice > b->hosts || (twice == b->hosts && r->present[0]));
}

void round_print(const struct bringup *b, const struct round *r, char text[ROUND_TEXT_MAX])
{
    char *at = text + snprintf(text, ROUND_TEXT_MAX, "%zu ", r->number);
    for (size_t i = 0; i < b->hosts; i++)
        *at++ = r->present[i] ? '1' : '0';
    *at = '\0';
}

bool round_parse(const char *text, const struct bringup *b, struct round *r)
{
    const char *digits = strchr(text, ' ');
    char number[8];
    int64_t value;
    if (!digits || (size_t)(digits - text) >= sizeof number)
        return false;
    memcpy(number, text, (size_t)(digits - text));
    number[digits++ - text] = '\0';
    if (!num_parse_i64(number, &value) || value < 0 || value >= ROUNDS_MAX ||
        strlen(digits) != b->hosts || strspn(digits, "01") != b->hosts)
        return false;
    for (size_t i = 0; i < b->hosts; i++)
        if (digits[i] != (i < r->leader ? '0' : i == r->leader || i == b->self ? '1' : digits[i]))
            return false;
    r->number = (size_t)value;
    for (size_t i = 0; i < b->hosts; i++)
        r->present[i] = digits[i] == '1';
    return true;
}

struct bringup round_hosts(const struct bringup *b, const struct round *r, char **host)
{
    struct bringup some = *b;
    some.host = host;
    some.address = NULL; // they have been found
    some.hosts = 0;
    for (size_t i = 0; i < b->hosts; i++) {
        if (i == b->self)
            some.self = some.hosts;
        if (r->present[i])
            host[some.hosts++] = b->host[i];
    }
    some.restarts = b->restarts > r->number ? b->restarts - r->number : 0;
    return some;
}
