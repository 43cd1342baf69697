// SPDX-License-Identifier: MIT
// Random streams against golden draws of the real torch and numpy (tests/golden/make_rng.py), and
// the promises that golden values cannot show.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "rng_script.h"

#include <stdlib.h>
#include <string.h>

#define GOLDEN_MAX 65536

static uint64_t fnv(const uint32_t *words, size_t count)
{
    uint64_t value = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < count; i++)
        for (unsigned shift = 0; shift < 32; shift += 8)
            value = (value ^ ((words[i] >> shift) & 0xff)) * UINT64_C(0x100000001b3);
    return value;
}

// `expected` is a list of words in hexadecimal or COUNT#HASH.
static void compare(const char *line, const char *expected, const uint32_t *words, long count)
{
    if (count < 0)
        fail_msg("'%s': not understood", line);
    const char *hash = strchr(expected, '#');
    if (hash) {
        const uint64_t want = strtoull(hash + 1, NULL, 16);
        if (strtol(expected, NULL, 10) != count || want != fnv(words, (size_t)count))
            fail_msg("'%s': got %ld#%016llx, torch has %s", line, count,
                     (unsigned long long)fnv(words, (size_t)count), expected);
        return;
    }
    const char *at = expected;
    for (long i = 0; i < count; i++) {
        char *end;
        const unsigned long long want = strtoull(at, &end, 16);
        if (end == at || want != words[i])
            fail_msg("'%s': word %ld is %x, torch has%.12s", line, i, words[i], at);
        at = end;
    }
    if (at[strspn(at, " ")] != '\0')
        fail_msg("'%s': %ld words, torch has more: %s", line, count, at);
}

static void read_golden(struct buf *text)
{
    const char *folder = getenv("srcdir");
    char *path = file_join(folder ? folder : ".", "tests/golden/rng.txt");
    struct error e = {0};
    buf_init(text, GOLDEN_MAX);
    assert_non_null(path);
    if (file_read_all(path, GOLDEN_MAX, text, &e) != 0)
        fail_msg("%s", e.text);
    mem_free(path);
}

static void golden_draws(void **state)
{
    (void)state;
    struct buf text;
    read_golden(&text);
    uint32_t *words = mem_array(RNG_SCRIPT_MAX, sizeof *words);
    assert_non_null(words);
    struct rng rng;
    size_t lines = 0;
    char *rest = text.data;
    for (char *line; (line = strsep(&rest, "\n"));) {
        char *equals = strstr(line, " =");
        if (line[0] == '#' || !equals)
            continue;
        *equals = '\0';
        compare(line, equals + 2, words, rng_script_run(&rng, line, words));
        lines++;
    }
    assert_true(lines > 60);
    mem_free(words);
    buf_clear(&text);
}

// The C++ standard gives the 10000th output of the default seed.
static void known_output(void **state)
{
    (void)state;
    struct rng rng;
    rng_seed(&rng, 5489);
    for (int i = 1; i < 10000; i++)
        (void)rng_u32(&rng);
    assert_int_equal(rng_u32(&rng), 4123659995U);
}

static void copy_is_the_same_stream(void **state)
{
    (void)state;
    struct rng a;
    rng_seed(&a, 9);
    for (int i = 0; i < 1000; i++)
        (void)rng_u32(&a);
    struct rng b = a;
    for (int i = 0; i < 2000; i++)
        assert_int_equal(rng_u32(&a), rng_u32(&b));
}

// A range of draws is the same whatever the pieces it is drawn in and wherever in a block it
// begins: blocks end inside runs of an odd length.
static void pieces_are_the_whole(void **state)
{
    (void)state;
    enum { total = 3000 };
    static uint8_t keep[2][total];
    static float value[2][total];
    for (size_t start = 0; start < 3; start++) {
        for (size_t piece = 1; piece < 700; piece += 37) {
            struct rng r[2];
            for (size_t k = 0; k < 2; k++) {
                rng_seed(&r[k], start);
                for (size_t i = 0; i < start; i++)
                    (void)rng_u32(&r[k]);
                const size_t step = k == 0 ? total : piece;
                for (size_t at = 0; at < total; at += step) {
                    const size_t n = total - at < step ? total - at : step;
                    rng_dropout(&r[k], 0.3, keep[k] + at, n);
                }
                for (size_t at = 0; at < total; at += step) {
                    const size_t n = total - at < step ? total - at : step;
                    rng_uniform(&r[k], -1, 2, value[k] + at, n);
                }
            }
            assert_memory_equal(keep[0], keep[1], sizeof keep[0]);
            assert_memory_equal(value[0], value[1], sizeof value[0]);
            assert_int_equal(rng_u32(&r[0]), rng_u32(&r[1]));
        }
    }
}

// torch's rule in its own words: a 53-bit draw times 2^-53 below 1 - p.
static uint8_t kept_by(uint64_t draw, double p)
{
    return (double)(draw & ((UINT64_C(1) << 53) - 1)) * 0x1p-53 < 1 - p;
}

// An element is kept by the draw of its own two outputs, wherever the block begins.
static void dropout_is_its_draws(void **state)
{
    (void)state;
    static uint8_t keep[1500];
    for (int start = 0; start < 4; start++) {
        struct rng a;
        rng_seed(&a, 77);
        for (int i = 0; i < start + 620; i++)
            (void)rng_u32(&a);
        struct rng b = a;
        rng_dropout(&a, 0.25, keep, sizeof keep);
        for (size_t i = 0; i < sizeof keep; i++)
            assert_int_equal(keep[i], kept_by(rng_u64(&b), 0.25));
    }
}

// So rare an element that the lower word of a draw decides: once in two million draws. By fours and
// by ones, for runs of one to three are a path of their own.
static void dropout_compares_both_words(void **state)
{
    (void)state;
    static uint8_t keep[6000];
    const double p = 1 - 1.5 * 0x1p-21;
    for (size_t piece = 3; piece <= sizeof keep; piece += sizeof keep - 3) {
        size_t below = 0, above = 0;
        struct rng a;
        rng_seed(&a, 2);
        struct rng b = a;
        for (int round = 0; round < 2000; round++) {
            for (size_t at = 0; at < sizeof keep; at += piece)
                rng_dropout(&a, p, keep + at, piece);
            for (size_t i = 0; i < sizeof keep; i++) {
                const uint64_t draw = rng_u64(&b);
                if (keep[i] != kept_by(draw, p))
                    fail_msg("draw %llx: keep is %d", (unsigned long long)draw, keep[i]);
                const int undecided = ((draw >> 32) & 0x1fffff) == 1;
                below += undecided && keep[i];
                above += undecided && !keep[i];
            }
        }
        assert_true(below > 0);
        assert_true(above > 0);
    }
}

// The sampler's seed is the second of two 64-bit draws, without its top bit, as torch reports it.
static void loader_seed_has_63_bits(void **state)
{
    (void)state;
    struct rng a;
    rng_seed(&a, 0);
    struct rng b = a;
    size_t top_bits = 0;
    for (int i = 0; i < 20; i++) {
        (void)rng_u64(&b);
        const uint64_t whole = rng_u64(&b);
        assert_true(rng_loader_seed(&a) == (whole & ~(UINT64_C(1) << 63)));
        top_bits += whole >> 63;
    }
    assert_true(top_bits > 0);
}

static void orders_are_permutations(void **state)
{
    (void)state;
    enum { most = 1100 };
    static uint32_t order[most];
    struct rng r;
    rng_seed(&r, 1);
    for (size_t n = 0; n <= most; n += n < 10 ? 1 : 109) {
        for (int kind = 0; kind < 3; kind++) {
            uint8_t seen[most] = {0};
            if (kind == 0)
                rng_randperm(&r, order, n);
            else if (kind == 1)
                rng_numpy_permutation(&r, order, n);
            else
                rng_loader_order(rng_loader_seed(&r), order, n);
            for (size_t i = 0; i < n; i++) {
                assert_true(order[i] < n);
                assert_false(seen[order[i]]);
                seen[order[i]] = 1;
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_draws),
        cmocka_unit_test(known_output),
        cmocka_unit_test(copy_is_the_same_stream),
        cmocka_unit_test(pieces_are_the_whole),
        cmocka_unit_test(dropout_is_its_draws),
        cmocka_unit_test(dropout_compares_both_words),
        cmocka_unit_test(loader_seed_has_63_bits),
        cmocka_unit_test(orders_are_permutations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
