// SPDX-License-Identifier: MIT
// CRC-32 beside zlib's: every small size at every alignment, sizes around those where the way of
// computing changes, random ones, and sums that go on from where another ended.
#include "testing.h"

#include "base/crc.h"

#include <zlib.h>

#define ROOM ((size_t)1 << 20)

static uint8_t *noise(size_t size, uint32_t seed)
{
    uint8_t *bytes = mem_alloc(size);
    assert_non_null(bytes);
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)test_random(&seed);
    return bytes;
}

static void check_sum(uint32_t start, const uint8_t *bytes, size_t size)
{
    const uint32_t got = crc_update(start, bytes, size);
    const uint32_t want = (uint32_t)crc32_z(start, bytes, size);
    if (got != want)
        fail_msg("%zu bytes at %p from %08x: %08x, not %08x", size, (const void *)bytes, start, got,
                 want);
}

static void known_sums(void **state)
{
    (void)state;
    assert_int_equal(crc_update(0, "", 0), 0);
    assert_int_equal(crc_update(0, "123456789", 9), 0xcbf43926); // the check value of CRC-32
}

static void small_sizes_at_all_alignments(void **state)
{
    (void)state;
    uint8_t *bytes = noise(1024 + 64, 1);
    for (size_t size = 0; size <= 1024; size++)
        for (size_t lead = 0; lead < 64; lead += size < 600 ? 1 : 7)
            check_sum((uint32_t)(size * 2654435761U), bytes + lead, size);
    mem_free(bytes);
}

// Zeros and ones carry the start value alone through the folding.
static void plain_bytes(void **state)
{
    (void)state;
    uint8_t *bytes = mem_alloc(ROOM);
    for (int value = 0; value <= 255; value += 85) {
        memset(bytes, value, ROOM);
        for (uint32_t bit = 0; bit < 32; bit++)
            check_sum(1U << bit, bytes + bit, 256 + 64 * bit + bit);
        check_sum(0, bytes, ROOM);
        check_sum(UINT32_MAX, bytes, ROOM);
    }
    mem_free(bytes);
}

// Each bit of a message counts.
static void single_bits(void **state)
{
    (void)state;
    uint8_t bytes[449] = {0};
    for (size_t bit = 0; bit < 8 * sizeof bytes; bit++) {
        bytes[bit / 8] = (uint8_t)(1U << bit % 8);
        check_sum(0, bytes, sizeof bytes);
        bytes[bit / 8] = 0;
    }
}

static void random_sizes(void **state)
{
    (void)state;
    uint32_t seed = 7;
    uint8_t *bytes = noise(ROOM, 2);
    for (int i = 0; i < 300; i++) {
        const size_t lead = test_random(&seed) % ROOM;
        const size_t most = i % 10 ? 20000 : ROOM, left = ROOM - lead;
        check_sum(test_random(&seed) << 8, bytes + lead,
                  test_random(&seed) % (left < most ? left : most));
    }
    mem_free(bytes);
}

// Cut anywhere, the sum is that of the whole.
static void goes_on(void **state)
{
    (void)state;
    uint32_t seed = 11;
    uint8_t *bytes = noise(ROOM, 3);
    const uint32_t whole = (uint32_t)crc32_z(0, bytes, ROOM);
    for (int i = 0; i < 20; i++) {
        uint32_t crc = 0;
        for (size_t at = 0; at < ROOM;) {
            const size_t left = ROOM - at;
            size_t size = test_random(&seed) % (i % 2 ? 1000 : 100000);
            size = size < left ? size : left;
            crc = crc_update(crc, bytes + at, size);
            at += size;
        }
        if (crc != whole)
            fail_msg("in pieces: %08x, not %08x", crc, whole);
    }
    mem_free(bytes);
}

static void pieces_combine(void **state)
{
    (void)state;
    uint32_t seed = 12;
    uint8_t *bytes = noise(ROOM, 3);
    const uint32_t whole = (uint32_t)crc32_z(0, bytes, ROOM);
    for (int i = 0; i < 20; i++) {
        const size_t cut = i == 0 ? 0 : i == 1 ? ROOM : test_random(&seed) % ROOM;
        const uint32_t first = crc_update(0, bytes, cut);
        const uint32_t crc = crc_combine(first, crc_update(0, bytes + cut, ROOM - cut), ROOM - cut);
        if (crc != whole)
            fail_msg("cut at %zu: %08x, not %08x", cut, crc, whole);
    }
    mem_free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_sums),     cmocka_unit_test(small_sizes_at_all_alignments),
        cmocka_unit_test(plain_bytes),    cmocka_unit_test(single_bits),
        cmocka_unit_test(random_sizes),   cmocka_unit_test(goes_on),
        cmocka_unit_test(pieces_combine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
