// SPDX-License-Identifier: MIT
// The name that a misspelt one was meant to be.
#ifndef SKIFF_BASE_NEAR_H
#define SKIFF_BASE_NEAR_H

#include <stddef.h>

// Edits (insert, delete, replace) that make one name of the other, '-' and '_' being equal;
// SIZE_MAX when one of them is longer than any that is worth the search.
size_t near_distance(const char *a, const char *b);
// The first distance from `name` that is too far to be a slip.
size_t near_limit(const char *name);
// Their distance; of a name and its beginning, such as batch and batch_size, at most the largest
// that is near.
size_t near_apart(const char *name, const char *other);

// The nearest of names that are looked at one after the other; names are borrowed.
struct near {
    const char *name;
    const char *best; // NULL: none is near
    size_t distance;  // of `best`, or the first that is too far
};
struct near near_begin(const char *name);
void near_look(struct near *n, const char *other);
// The nearest of `names`, or NULL when none is near.
const char *near_name(const char *name, char *const *names, size_t count);

#endif
