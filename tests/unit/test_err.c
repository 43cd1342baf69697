// SPDX-License-Identifier: MIT
// The error type: one line whatever comes in, the first description wins, prefixes, long texts.
#include "testing.h"

#include <errno.h>

static void names_every_code(void **state)
{
    (void)state;
    assert_string_equal(error_name(0), "ok");
    assert_string_equal(error_name(ERR_NOMEM), "out of memory");
    assert_string_equal(error_name(ERR_MISMATCH), "does not match");
    assert_string_equal(error_name(-11), "unknown error");
    assert_string_equal(error_name(1), "unknown error");
}

static void first_description_wins(void **state)
{
    (void)state;
    struct error e = {0};
    assert_int_equal(error_set(&e, ERR_DATA, "row %d", 7), ERR_DATA);
    assert_int_equal(error_set(&e, ERR_IO, "later"), ERR_IO);
    assert_string_equal(e.text, "row 7");
    assert_int_equal(error_code(&e), ERR_DATA);
    errno = ENOENT;
    assert_int_equal(error_errno(&e, "later still"), ERR_IO);
    assert_string_equal(e.text, "row 7");
    error_clear(&e);
    assert_int_equal(e.code, 0);
    assert_string_equal(e.text, "");
    error_set(&e, ERR_LIMIT, "next");
    assert_string_equal(e.text, "next");
}

static void takes_no_struct(void **state)
{
    (void)state;
    assert_int_equal(error_set(NULL, ERR_DATA, "x"), ERR_DATA);
    assert_int_equal(error_errno(NULL, "x"), ERR_IO);
    assert_int_equal(error_nomem(NULL, "x"), ERR_NOMEM);
    assert_int_equal(error_prefix(NULL, ERR_DATA, "x"), ERR_DATA);
    assert_int_equal(error_code(NULL), ERR_IO);
    error_clear(NULL);
}

static void tells_what_the_system_said(void **state)
{
    (void)state;
    struct error e = {0};
    errno = ENOENT;
    assert_int_equal(error_errno(&e, "%s: cannot open", "a.npz"), ERR_IO);
    assert_string_equal(e.text, "a.npz: cannot open: No such file or directory");
    assert_int_equal(e.code, ERR_IO);
    error_clear(&e);
    assert_int_equal(error_nomem(&e, "plan"), ERR_NOMEM);
    assert_string_equal(e.text, "out of memory: plan");
}

static void adds_the_place_in_front(void **state)
{
    (void)state;
    struct error e = {0};
    assert_int_equal(error_prefix(&e, 0, "nothing"), 0);
    assert_string_equal(e.text, "");
    error_set(&e, ERR_FORMAT, "bad shape");
    assert_int_equal(error_prefix(&e, ERR_FORMAT, "member '%s'", "X.npy"), ERR_FORMAT);
    error_prefix(&e, ERR_FORMAT, "t.npz");
    assert_string_equal(e.text, "t.npz: member 'X.npy': bad shape");
}

// Names come from files: a line feed, an escape or a delete in them must not reach the log.
static void stays_on_one_line(void **state)
{
    (void)state;
    struct error e = {0};
    error_set(&e, ERR_FORMAT, "a\nb\r\x1b[31m\x7f\t%s", "ü");
    assert_string_equal(e.text, "a?b??[31m??ü");
    error_prefix(&e, ERR_FORMAT, "new\nline");
    assert_string_equal(e.text, "new?line: a?b??[31m??ü");
    error_clear(&e);
    errno = EACCES;
    error_errno(&e, "f\n");
    assert_string_equal(e.text, "f?: Permission denied");
    error_clear(&e);
    // U+009B is an escape and a bracket in one; U+202E turns what follows
    error_set(&e, ERR_FORMAT, "\xc2\x9b[31m \xe2\x80\xaeX \xe2\x81\xa6Y \xc2\xa0 \xe2\x80\xaf€");
    assert_string_equal(e.text, "?"
                                "?[31m ?"
                                "?"
                                "?X ?"
                                "?"
                                "?Y \xc2\xa0 \xe2\x80\xaf€");
}

// A cut in the middle of a character, and names in another encoding, must not reach a job's
// description, which is UTF-8.
static void stays_utf8(void **state)
{
    (void)state;
    struct error e = {0};
    error_set(&e, ERR_FORMAT, "'%.4s' '%s' '%s'", "xüü", "latin \xfc", "€\xe2\x82");
    assert_string_equal(e.text, "'xü?' 'latin ?' '€?\?'");
    error_clear(&e);
    char big[ERROR_TEXT_MAX + 1];
    for (size_t i = 0; i < ERROR_TEXT_MAX; i += 2)
        memcpy(big + i, "ü", 3);
    error_set(&e, ERR_FORMAT, "%s", big);
    assert_string_equal(e.text + ERROR_TEXT_MAX - 4, "ü?");
    error_clear(&e);
    error_set(&e, ERR_FORMAT, "%s", big + 2);
    error_prefix(&e, ERR_FORMAT, "a");
    assert_string_equal(e.text + ERROR_TEXT_MAX - 3, "ü");
    error_clear(&e);
    error_set(&e, ERR_FORMAT, "%s", "\xc0\xaf \xed\xa0\x80 \xf5\x80\x80\x80 \xf4\x8f\xbf\xbf");
    assert_string_equal(e.text, "?? ??? ???? \xf4\x8f\xbf\xbf");
}

static void cuts_what_is_too_long(void **state)
{
    (void)state;
    char big[3000];
    memset(big, 'x', sizeof big);
    big[sizeof big - 1] = '\0';
    struct error e = {0};
    error_set(&e, ERR_FORMAT, "%s", big);
    assert_int_equal(strlen(e.text), ERROR_TEXT_MAX - 1);
    error_prefix(&e, ERR_FORMAT, "place");
    assert_int_equal(strlen(e.text), ERROR_TEXT_MAX - 1);
    assert_memory_equal(e.text, "place: xxx", 10);
    error_prefix(&e, ERR_FORMAT, "%s", big);
    assert_int_equal(strlen(e.text), ERROR_TEXT_MAX - 1);
    error_clear(&e);
    errno = EIO;
    error_errno(&e, "%s", big);
    assert_int_equal(strlen(e.text), ERROR_TEXT_MAX - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_every_code),
        cmocka_unit_test(first_description_wins),
        cmocka_unit_test(takes_no_struct),
        cmocka_unit_test(tells_what_the_system_said),
        cmocka_unit_test(adds_the_place_in_front),
        cmocka_unit_test(stays_on_one_line),
        cmocka_unit_test(stays_utf8),
        cmocka_unit_test(cuts_what_is_too_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
