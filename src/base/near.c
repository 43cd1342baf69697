// SPDX-License-Identifier: MIT
// Wagner and Fischer's table of distances between beginnings, one row of it at a time.
#include "base/near.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define NAME_MAX_LEN 64

static char fold(char c)
{
    return c == '-' ? '_' : c;
}

size_t near_distance(const char *a, const char *b)
{
    size_t row[NAME_MAX_LEN + 1];
    const size_t n = strlen(b);
    if (n > NAME_MAX_LEN || strlen(a) > NAME_MAX_LEN)
        return SIZE_MAX;
    for (size_t j = 0; j <= n; j++)
        row[j] = j;
    for (size_t i = 0; a[i]; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < n; j++) {
            const size_t replace = diagonal + (fold(a[i]) != fold(b[j]));
            diagonal = row[j + 1];
            const size_t edit = (row[j] < row[j + 1] ? row[j] : row[j + 1]) + 1;
            row[j + 1] = replace < edit ? replace : edit;
        }
    }
    return row[n];
}

size_t near_limit(const char *name)
{
    const size_t len = strlen(name);
    return len < 2 ? 1 : (len < 4 ? 2 : 3) + len / 8;
}

#define BEGINNING_MIN 3 // letters that tell what was meant

static bool begins_with(const char *name, const char *beginning)
{
    for (; *beginning; name++, beginning++)
        if (fold(*name) != fold(*beginning))
            return false;
    return true;
}

// batch_size_rows begins with batch, valuable does not with val.
static bool begins_word(const char *name, const char *beginning)
{
    if (!begins_with(name, beginning))
        return false;
    const char next = name[strlen(beginning)];
    return next < 'a' || next > 'z';
}

size_t near_apart(const char *name, const char *other)
{
    const size_t edits = near_distance(name, other), near = near_limit(name) - 1;
    const size_t len = strlen(name), others = strlen(other);
    if (edits <= near || (len < others ? len : others) < BEGINNING_MIN)
        return edits;
    return begins_word(name, other) || begins_with(other, name) ? near : edits;
}

struct near near_begin(const char *name)
{
    return (struct near){.name = name, .distance = near_limit(name)};
}

void near_look(struct near *n, const char *other)
{
    const size_t distance = near_apart(n->name, other);
    if (distance >= n->distance)
        return;
    n->distance = distance;
    n->best = other;
}

const char *near_name(const char *name, char *const *names, size_t count)
{
    struct near n = near_begin(name);
    for (size_t i = 0; i < count; i++)
        near_look(&n, names[i]);
    return n.best;
}
