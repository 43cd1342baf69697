// SPDX-License-Identifier: MIT
// Which texts are numbers to whoever wrote them, and what made texts of a column of them.
#include "testing.h"

#include "table/number_text.h"

static void numbers(void **state)
{
    (void)state;
    static const char *const good[] = {
        "1",           "-1.5",    "$1,234.50",    "$-5",
        "-$5",         "(12)",    "12 %",         "12.5%",
        "1.234,50",    "1'000",   "1 234 567",    "1.234,50 \u20ac",
        "\u00a330",    "EUR 5",   "5 EUR",        "US$ 5",
        "+3",          "1,5",     "1\u00a0234,5", "\u22123",
        "1,234,567.5", "1'234.5",
    };
    static const char *const bad[] = {
        "",
        "-",
        "$",
        "%",
        "1-5",
        "21+",
        "192.168.1.1",
        "1.2.3",
        "a1",
        "1a",
        "5 apples",
        "1,",
        "1..5",
        "12:30",
        "2020-01-01",
        "1/2",
        "1 23 456",
        "nan",
        "1e5e",
        ".",
        "555 123 4567",
        "+1 555 123 4567",
        "3 4",
        "1.234.5",
        "10.123.45",
        "1'5",
        "US 12",
        "US12",
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!number_text_is(good[i]))
            fail_msg("'%s' is no number", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (number_text_is(bad[i]))
            fail_msg("'%s' is a number", bad[i]);
}

static void styles(void **state)
{
    (void)state;
    static char *const columns[][3] = {
        {"1,5", "2", "-1.000,25"}, {"1,5", "$2", "3"},   {"1", "2.5", "1e5"},
        {"1,5", "?", "2,5"},       {"$1", "$2", "many"}, {"12 %", "1,000", "3"},
    };
    static const enum number_style want[] = {NUMBERS_COMMAS, NUMBERS_SIGNS, NUMBERS_NONE,
                                             NUMBERS_NONE,   NUMBERS_NONE,  NUMBERS_SIGNS};
    for (size_t i = 0; i < sizeof want / sizeof *want; i++)
        assert_int_equal(number_text_style(columns[i], 3), want[i]);
    assert_int_equal(number_text_style(columns[0], 0), NUMBERS_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),
        cmocka_unit_test(styles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
