// SPDX-License-Identifier: MIT
// The different texts of a column, numbered as they come and sorted at the end.
#ifndef SKIFF_TABLE_WORDS_H
#define SKIFF_TABLE_WORDS_H

#include <stddef.h>
#include <stdint.h>

#define WORDS_PAD 8 // bytes behind a text that may be read

struct words {
    size_t count, cap;
    struct word *word; // [count]
    struct word_slot *slots;
    size_t slot_count; // a power of two, at least twice `count`
    char *bytes;       // the texts, each with a zero byte behind it
    size_t bytes_len, bytes_cap;
    uint64_t seed;
};

// `seed` is any number that who wrote the texts does not know.
void words_init(struct words *w, uint64_t seed);
void words_clear(struct words *w);

// The number of a text, counted once more: 0, ERR_NOMEM, or ERR_LIMIT when there are too many.
int words_add(struct words *w, const char *text, size_t len, uint32_t *code);

// The number of a text that was added, or -1; any threads may ask at once.
int64_t words_find(const struct words *w, const char *text, size_t len);

// Sort by bytes: text[i] and count[i] of the i-th, new_code[old] for each number given out; arrays
// of w->count. w->bytes then belongs to the caller, with text[] pointing into it. ERR_NOMEM or 0.
int words_sort(struct words *w, char **text, size_t *count, uint32_t *new_code);

#endif
