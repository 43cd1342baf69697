// SPDX-License-Identifier: MIT
// Open addressing. The hash folds products of 64 bits, keyed by the seed, so that no file can be
// written whose texts all meet in one place. A word keeps its first eight bytes, which decide most
// comparisons.
#include "table/words.h"

#include "base/err.h"
#include "base/mem.h"
#include "table/frame.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS_FIRST 64

struct word {
    uint64_t head; // the first eight bytes, zeros where there are none
    size_t start;  // in bytes
    size_t times;
    uint32_t len, hash;
};

struct word_slot {
    uint32_t hash, code; // code + 1; 0: free
};

__extension__ typedef unsigned __int128 wide;

void words_init(struct words *w, uint64_t seed)
{
    *w = (struct words){.seed = seed};
}

void words_clear(struct words *w)
{
    mem_free(w->word);
    mem_free(w->slots);
    mem_free(w->bytes);
    words_init(w, w->seed);
}

static uint64_t fold(uint64_t a, uint64_t b)
{
    const wide product = (wide)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

// The first bytes of a text, eight at most; bytes that are not its own are cut off.
static uint64_t load(const char *text, size_t len)
{
    uint64_t v;
    memcpy(&v, text, sizeof v);
    v = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? v : __builtin_bswap64(v);
    return len < 8 ? v & (((uint64_t)1 << 8 * len) - 1) : v;
}

static uint32_t hash_text(const char *text, size_t len, uint64_t head, uint64_t seed)
{
    uint64_t h = fold(head ^ seed, 0x9e3779b97f4a7c15 ^ len);
    for (size_t at = 8; at < len; at += 8)
        h = fold(h ^ load(text + at, len - at), seed | 1);
    return (uint32_t)(h ^ h >> 32);
}

static int grow_slots(struct words *w)
{
    const size_t count = w->slot_count ? 2 * w->slot_count : SLOTS_FIRST;
    struct word_slot *slots = mem_array(count, sizeof *slots);
    if (!slots)
        return ERR_NOMEM;
    for (size_t i = 0; i < w->count; i++) {
        size_t at = w->word[i].hash & (count - 1);
        while (slots[at].code)
            at = (at + 1) & (count - 1);
        slots[at] = (struct word_slot){w->word[i].hash, (uint32_t)i + 1};
    }
    mem_free(w->slots);
    w->slots = slots;
    w->slot_count = count;
    return 0;
}

static int keep_bytes(struct words *w, const char *text, size_t len)
{
    const size_t need = w->bytes_len + len + 1;
    if (need > FRAME_TEXT_BYTES_MAX)
        return ERR_LIMIT;
    if (need > w->bytes_cap) {
        const size_t cap = 2 * need;
        char *bytes = mem_realloc(w->bytes, cap);
        if (!bytes)
            return ERR_NOMEM;
        w->bytes = bytes;
        w->bytes_cap = cap;
    }
    memcpy(w->bytes + w->bytes_len, text, len);
    w->bytes[w->bytes_len + len] = '\0';
    w->bytes_len = need;
    return 0;
}

static int add_new(struct words *w, const char *text, const struct word *new)
{
    if (w->count == FRAME_TEXTS_MAX)
        return ERR_LIMIT;
    if (w->count == w->cap) {
        const size_t cap = w->cap ? 2 * w->cap : SLOTS_FIRST / 2;
        struct word *word = mem_realloc(w->word, cap * sizeof *word);
        if (!word)
            return ERR_NOMEM;
        w->word = word;
        w->cap = cap;
    }
    const int rc = keep_bytes(w, text, new->len);
    if (rc == 0)
        w->word[w->count++] = *new;
    return rc;
}

static bool is_word(const struct words *w, const struct word *have, const struct word *new,
                    const char *text)
{
    return have->head == new->head && have->len == new->len &&
           (new->len <= 8 || memcmp(w->bytes + have->start, text, new->len) == 0);
}

static struct word make_word(const struct words *w, const char *text, size_t len)
{
    const uint64_t head = load(text, len);
    return (struct word){.head = head,
                         .start = w->bytes_len,
                         .times = 1,
                         .len = (uint32_t)len,
                         .hash = hash_text(text, len, head, w->seed)};
}

// Where a text is, or where it would be.
static inline struct word_slot *find_slot(const struct words *w, const struct word *new,
                                          const char *text)
{
    size_t at = new->hash &(w->slot_count - 1);
    for (; w->slots[at].code; at = (at + 1) & (w->slot_count - 1))
        if (w->slots[at].hash == new->hash &&
            is_word(w, &w->word[w->slots[at].code - 1], new, text))
            break;
    return &w->slots[at];
}

int words_add(struct words *w, const char *text, size_t len, uint32_t *code)
{
    if (2 * (w->count + 1) > w->slot_count) {
        const int rc = grow_slots(w);
        if (rc)
            return rc;
    }
    const struct word new = make_word(w, text, len);
    struct word_slot *const slot = find_slot(w, &new, text);
    if (slot->code) {
        w->word[slot->code - 1].times++;
        *code = slot->code - 1;
        return 0;
    }
    const int rc = add_new(w, text, &new);
    if (rc)
        return rc;
    *code = (uint32_t)w->count - 1;
    *slot = (struct word_slot){new.hash, *code + 1};
    return 0;
}

int64_t words_find(const struct words *w, const char *text, size_t len)
{
    if (w->count == 0)
        return -1;
    const struct word wanted = make_word(w, text, len);
    return (int64_t)find_slot(w, &wanted, text)->code - 1;
}

struct ranked {
    char *text;
    size_t code;
};

// No text holds a zero byte, and strcmp compares bytes as unsigned.
static int by_bytes(const void *a, const void *b)
{
    return strcmp(((const struct ranked *)a)->text, ((const struct ranked *)b)->text);
}

int words_sort(struct words *w, char **text, size_t *count, uint32_t *new_code)
{
    struct ranked *ranked = mem_array(w->count, sizeof *ranked);
    if (!ranked)
        return ERR_NOMEM;
    for (size_t i = 0; i < w->count; i++)
        ranked[i] = (struct ranked){w->bytes + w->word[i].start, i};
    qsort(ranked, w->count, sizeof *ranked, by_bytes);
    for (size_t i = 0; i < w->count; i++) {
        text[i] = ranked[i].text;
        count[i] = w->word[ranked[i].code].times;
        new_code[ranked[i].code] = (uint32_t)i;
    }
    mem_free(ranked);
    return 0;
}
