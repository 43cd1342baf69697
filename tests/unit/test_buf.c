// SPDX-License-Identifier: MIT
// The growing buffer: its maximum, the NUL behind the text, failures that are remembered.
#include "testing.h"

#include "base/buf.h"

static void grows_and_ends_in_nul(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 100000);
    for (int i = 0; i < 5000; i++) {
        assert_int_equal(buf_printf(&b, "%d,", i % 10), 0);
        assert_int_equal(b.data[b.len], '\0');
        assert_int_equal(strlen(b.data), b.len);
        assert_true(b.len < b.cap);
    }
    assert_int_equal(b.len, 10000);
    assert_memory_equal(b.data + 9996, "8,9,", 5);
    buf_clear(&b);
    assert_null(b.data);
    assert_int_equal(b.max, 100000);
    assert_int_equal(buf_puts(&b, "again"), 0);
    assert_string_equal(b.data, "again");
    buf_clear(&b);
}

static void holds_nothing_and_bytes(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 10);
    assert_int_equal(buf_append(&b, NULL, 0), 0);
    assert_string_equal(b.data, "");
    assert_int_equal(buf_puts(&b, ""), 0);
    assert_int_equal(buf_append(&b, "a\0b", 3), 0);
    assert_int_equal(b.len, 3);
    assert_memory_equal(b.data, "a\0b\0", 4);
    assert_int_equal(buf_check(&b, "x", NULL), 0);
    buf_clear(&b);
}

static void check_wrapped(const char *text, struct buf_margins m, const char *want)
{
    struct buf b;
    buf_init(&b, 1000);
    assert_int_equal(buf_wrap(&b, text, strlen(text), &m), 0);
    assert_string_equal(b.data, want);
    buf_clear(&b);
}

static void wraps_words(void **state)
{
    (void)state;
    check_wrapped("", (struct buf_margins){.width = 8}, "\n");
    check_wrapped("one two six", (struct buf_margins){.width = 7}, "one two\nsix\n");
    check_wrapped("one two six", (struct buf_margins){.width = 6}, "one\ntwo\nsix\n");
    check_wrapped("one two six", (struct buf_margins){0, 2, 8}, "one two\n  six\n");
    check_wrapped("one two six", (struct buf_margins){4, 4, 11}, "one two\n    six\n");
    check_wrapped("a longer_than_that b", (struct buf_margins){.width = 5},
                  "a\nlonger_than_that\nb\n");
    check_wrapped("\xc3\xbc\xc3\xbc\xc3\xbc two", (struct buf_margins){.width = 7},
                  "\xc3\xbc\xc3\xbc\xc3\xbc two\n"); // three characters, six bytes
}

// The maximum may be reached, and for every length on each side of the first allocation too.
static void keeps_to_its_maximum(void **state)
{
    (void)state;
    char text[600];
    memset(text, 'y', sizeof text);
    for (size_t max = 0; max < 530; max++) {
        struct buf b;
        struct error e = {0};
        buf_init(&b, max);
        assert_int_equal(buf_append(&b, text, max), 0);
        assert_int_equal(b.data[max], '\0');
        assert_int_equal(buf_append(&b, "z", 1), ERR_LIMIT);
        assert_int_equal(b.len, max);
        char want[64];
        snprintf(want, sizeof want, "what: longer than %zu bytes", max);
        check_refused(buf_check(&b, "what", &e), ERR_LIMIT, &e, want);
        buf_clear(&b);
    }
}

// After a failure nothing more is taken, whatever would fit: no text with a hole in it.
static void remembers_a_failure(void **state)
{
    (void)state;
    struct buf b;
    struct error e = {0};
    buf_init(&b, 8);
    assert_int_equal(buf_puts(&b, "12345"), 0);
    assert_int_equal(buf_printf(&b, "%d", 6789), ERR_LIMIT);
    assert_int_equal(buf_puts(&b, "6"), ERR_LIMIT);
    assert_string_equal(b.data, "12345");
    buf_clear(&b);
    mem_fail_at(1);
    assert_int_equal(buf_puts(&b, "1"), ERR_NOMEM);
    mem_fail_at(0);
    assert_int_equal(buf_puts(&b, "1"), ERR_NOMEM);
    check_refused(buf_check(&b, "text", &e), ERR_NOMEM, &e, "text: out of memory");
    assert_null(b.data);
    buf_clear(&b);
    assert_int_equal(buf_append(&b, "12345678", SIZE_MAX), ERR_LIMIT);
    buf_clear(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grows_and_ends_in_nul), cmocka_unit_test(holds_nothing_and_bytes),
        cmocka_unit_test(wraps_words),           cmocka_unit_test(keeps_to_its_maximum),
        cmocka_unit_test(remembers_a_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
