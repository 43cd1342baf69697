// SPDX-License-Identifier: MIT
// The Mersenne Twister (Matsumoto and Nishimura, 1998: mt19937 with 32-bit outputs) and, on top of
// it, the ways in which torch's CPU generator and numpy's RandomState spend its outputs. How many
// outputs a draw costs matters as much as their values: one too many and every later stream is
// another one. Nothing is cached between calls.
//
// The state is renewed a block of RNG_WORDS words at a time. Draws that come by the million
// (initial weights, dropout masks) read the block in place: 1.3 ns an element of a dropout mask,
// two outputs each, where a call per word took more than twice that.
#include "base/rng.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#define SHIFT_WORDS 397
#define UPPER       UINT32_C(0x80000000)
#define LOWER       UINT32_C(0x7fffffff)

// Four words at a time where a loop runs over a block; the arithmetic is that of one word.
typedef uint32_t quad __attribute__((vector_size(16)));
#define QUAD 4

static inline quad load(const uint32_t *from)
{
    quad q;
    memcpy(&q, from, sizeof q);
    return q;
}

static inline void store(uint32_t *to, quad q)
{
    memcpy(to, &q, sizeof q);
}

// Works on one word and on four.
#define TWIST(high, low)                                                                           \
    (((((high)&UPPER) | ((low)&LOWER)) >> 1) ^ ((0U - ((low)&1U)) & UINT32_C(0x9908b0df)))

static inline quad temper4(quad y)
{
    y ^= y >> 11;
    y ^= (y << 7) & UINT32_C(0x9d2c5680);
    y ^= (y << 15) & UINT32_C(0xefc60000);
    return y ^ (y >> 18);
}

static inline uint32_t temper(uint32_t y)
{
    y ^= y >> 11;
    y ^= (y << 7) & UINT32_C(0x9d2c5680);
    y ^= (y << 15) & UINT32_C(0xefc60000);
    return y ^ (y >> 18);
}

// s[k] = far[k] ^ twist(s[k], s[k + 1]) for k < n. far may be s itself a distance away: reading
// four words before writing them needs no more than that it is at least four words away.
static void renew_range(uint32_t *s, const uint32_t *far, size_t n)
{
    size_t k = 0;
    for (; k + QUAD <= n; k += QUAD)
        store(s + k, load(far + k) ^ TWIST(load(s + k), load(s + k + 1)));
    for (; k < n; k++)
        s[k] = far[k] ^ TWIST(s[k], s[k + 1]);
}

// The next block, in place. Word k needs the old word k + 1 and word k + 397, which is a new one
// from k = 227 on.
static void renew(struct rng *r)
{
    uint32_t *const s = r->state;
    const size_t rest = RNG_WORDS - SHIFT_WORDS;
    renew_range(s, s + SHIFT_WORDS, rest);
    renew_range(s + rest, s, SHIFT_WORDS - 1);
    s[RNG_WORDS - 1] = s[SHIFT_WORDS - 1] ^ TWIST(s[RNG_WORDS - 1], s[0]);
    r->next = 0;
}

static inline uint32_t draw(struct rng *r)
{
    if (r->next >= RNG_WORDS)
        renew(r);
    return temper(r->state[r->next++]);
}

void rng_seed(struct rng *r, uint64_t seed)
{
    r->state[0] = (uint32_t)seed;
    for (uint32_t j = 1; j < RNG_WORDS; j++) {
        const uint32_t before = r->state[j - 1];
        r->state[j] = UINT32_C(1812433253) * (before ^ (before >> 30)) + j;
    }
    r->next = RNG_WORDS;
}

uint32_t rng_u32(struct rng *r)
{
    return draw(r);
}

uint64_t rng_u64(struct rng *r)
{
    const uint64_t high = draw(r);
    return (high << 32) | draw(r);
}

// Words left in the block, a new one where it is used up; at most `wanted` of them.
static size_t block_words(struct rng *r, size_t wanted)
{
    if (r->next >= RNG_WORDS)
        renew(r);
    const size_t left = RNG_WORDS - r->next;
    return wanted < left ? wanted : left;
}

// torch computes x * (hi - lo) + lo in float32 and its compiler contracts that to one rounding, so
// fmaf is written out here; x has 24 random bits.
void rng_uniform(struct rng *r, double lo, double hi, float *values, size_t n)
{
    const float from = (float)lo;
    const float width = (float)hi - from;
    while (n > 0) {
        const size_t words = block_words(r, n);
        const uint32_t *const s = r->state + r->next;
        for (size_t i = 0; i < words; i++) {
            const float x = (float)(temper(s[i]) & 0xffffffU) * 0x1p-24f;
            values[i] = fmaf(x, width, from);
        }
        r->next += (uint32_t)words;
        values += words;
        n -= words;
    }
}

static void swap(uint32_t *a, uint32_t *b)
{
    const uint32_t kept = *a;
    *a = *b;
    *b = kept;
}

static void fill_identity(uint32_t *order, size_t n)
{
    for (size_t i = 0; i < n; i++)
        order[i] = (uint32_t)i;
}

// Forward Fisher-Yates with a plain 32-bit modulo, as torch does it: n - 1 outputs.
void rng_randperm(struct rng *r, uint32_t *order, size_t n)
{
    fill_identity(order, n);
    for (size_t i = 0; i + 1 < n; i++)
        swap(&order[i], &order[i + draw(r) % (uint32_t)(n - i)]);
}

// The loader's _base_seed is drawn first and meant for workers; then the sampler draws its own.
uint64_t rng_loader_seed(struct rng *r)
{
    (void)rng_u64(r);
    return rng_u64(r) & (UINT64_MAX >> 1);
}

void rng_loader_order(uint64_t loader_seed, uint32_t *order, size_t n)
{
    struct rng own;
    rng_seed(&own, loader_seed);
    rng_randperm(&own, order, n);
}

struct limit {
    uint32_t high, low; // of the 53-bit number that a kept element's draw is below
};

static inline bool below(uint32_t first, uint32_t second, struct limit limit)
{
    const uint32_t high = first & 0x1fffffU;
    return high < limit.high || (high == limit.high && second < limit.low);
}

// keep[i] for the pairs of words s[2i], s[2i + 1].
static void keep_pairs(const uint32_t *s, uint8_t *keep, size_t pairs, struct limit limit)
{
    size_t i = 0;
    for (; i + QUAD <= pairs; i += QUAD) {
        const quad a = temper4(load(s + 2 * i));
        const quad b = temper4(load(s + 2 * i + QUAD));
        const quad high = __builtin_shufflevector(a, b, 0, 2, 4, 6) & 0x1fffffU;
        const quad low = __builtin_shufflevector(a, b, 1, 3, 5, 7);
        const quad yes =
            (quad)(high < limit.high) | ((quad)(high == limit.high) & (quad)(low < limit.low));
        for (size_t k = 0; k < QUAD; k++)
            keep[i + k] = (uint8_t)(yes[k] & 1);
    }
    for (; i < pairs; i++)
        keep[i] = below(temper(s[2 * i]), temper(s[2 * i + 1]), limit);
}

// torch keeps an element when a 53-bit draw times 2^-53 is below 1 - p, in double. Scaling by 2^53
// is exact, so that is the integer comparison draw < ceil((1 - p) * 2^53).
void rng_dropout(struct rng *r, double p, uint8_t *keep, size_t n)
{
    if (!(p > 0 && p < 1)) {
        memset(keep, p <= 0, n);
        return;
    }
    const uint64_t whole = (uint64_t)ceil((1 - p) * 0x1p53);
    const struct limit limit = {(uint32_t)(whole >> 32), (uint32_t)whole};
    while (n > 0) {
        const size_t pairs = block_words(r, 2 * n) / 2;
        keep_pairs(r->state + r->next, keep, pairs, limit);
        r->next += (uint32_t)(2 * pairs);
        keep += pairs;
        n -= pairs;
        if (pairs == 0) { // one word is left of the block: a draw that straddles two blocks
            const uint32_t first = draw(r);
            *keep++ = below(first, draw(r), limit);
            n--;
        }
    }
}

// Backward Fisher-Yates; j is drawn again until it fits under the smallest mask that covers i.
void rng_numpy_permutation(struct rng *r, uint32_t *order, size_t n)
{
    fill_identity(order, n);
    uint32_t mask = UINT32_MAX;
    for (size_t i = n; i-- > 1;) {
        while (mask >> 1 >= i)
            mask >>= 1;
        uint32_t j;
        do
            j = draw(r) & mask;
        while (j > i);
        swap(&order[i], &order[j]);
    }
}
