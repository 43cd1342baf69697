// SPDX-License-Identifier: MIT
// Numbers from text: what is one and what is none.
#include "testing.h"

#include "base/num.h"

static void parses_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double value;
    } good[] = {
        {"0", 0},
        {"-0.5", -0.5},
        {"+3", 3},
        {" 1e-8 \n", 1e-8},
        {".5", .5},
        {"5.", 5},
        {"1E3", 1000},
        {"0.1", 0.1},
        {"1.7976931348623157e308", 1.7976931348623157e308},
        {"4.9406564584124654e-324", 4.9406564584124654e-324},
        {"9007199254740993", 9007199254740992.0},
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        double x = 99;
        if (!num_parse(good[i].text, &x) || x != good[i].value)
            fail_msg("'%s' is %.17g, want %.17g", good[i].text, x, good[i].value);
    }
    static const char *const bad[] = {
        "",    " ",     "x",   "1x",       "1 2",   "0x10", "0x1p3", "nan",      "NaN",
        "inf", "-inf",  "e",   "1e",       "1e+",   "+",    "-",     ".",        "--1",
        "1,5", "1e999", "1_0", "infinity", "1.2.3", "1-2",  "١",     "1\xc2\xa0"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        double x = 99;
        if (num_parse(bad[i], &x) || x != 99)
            fail_msg("'%s' was taken for %.17g", bad[i], x);
    }
}

static void parses_whole_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t value;
    } good[] = {
        {"0", 0},
        {"-7", -7},
        {"+7", 7},
        {" 42 ", 42},
        {"10.0", 10},
        {"1e2", 100},
        {"-0.0", 0},
        {"007", 7},
        {"9223372036854775807", INT64_MAX},
        {"-9223372036854775808", INT64_MIN},
        {"9007199254740993", 9007199254740993},
        {"9007199254740992.0", 9007199254740992},
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        int64_t x = 99;
        if (!num_parse_i64(good[i].text, &x) || x != good[i].value)
            fail_msg("'%s' is %lld, want %lld", good[i].text, (long long)x,
                     (long long)good[i].value);
    }
    static const char *const bad[] = {"",
                                      "1.5",
                                      "1e-1",
                                      "9223372036854775808",
                                      "-9223372036854775809",
                                      "1e16",
                                      "0x10",
                                      "twelve",
                                      "1 2",
                                      "1e",
                                      "nan",
                                      "9007199254740994.0",
                                      "-"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t x = 99;
        if (num_parse_i64(bad[i], &x) || x != 99)
            fail_msg("'%s' was taken for %lld", bad[i], (long long)x);
    }
}

static void parses_any_64_bits(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t value;
    } good[] = {
        {"-7", -7},
        {"1e3", 1000},
        {"9223372036854775807", INT64_MAX},
        {"9223372036854775808", INT64_MIN},
        {"-9223372036854775808", INT64_MIN},
        {" 18446744073709551615 ", -1},
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        int64_t x = 99;
        if (!num_parse_bits(good[i].text, &x) || x != good[i].value)
            fail_msg("'%s' is %lld, want %lld", good[i].text, (long long)x,
                     (long long)good[i].value);
    }
    static const char *const bad[] = {
        "", "1.5", "18446744073709551616", "-9223372036854775809", "1e19", "0x10", "9 9", "-"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t x = 99;
        if (num_parse_bits(bad[i], &x) || x != 99)
            fail_msg("'%s' was taken for %lld", bad[i], (long long)x);
    }
}

static void check_scan(const char *text, size_t len, enum num_kind kind, double value)
{
    char padded[1600];
    memset(padded, '7', sizeof padded); // digits that are not the text's
    memcpy(padded, text, len);
    double plain = 99, quick = 99;
    if (num_scan(text, len, &plain) != kind || num_scan_padded(padded, len, &quick) != kind)
        fail_msg("'%.*s': wanted kind %d", (int)len, text, kind);
    const double want = kind == NUM_NONE ? 99 : value;
    if (memcmp(&plain, &want, sizeof want) != 0 || memcmp(&quick, &want, sizeof want) != 0)
        fail_msg("'%.*s' is %.17g and %.17g, want %.17g", (int)len, text, plain, quick, want);
}

// Parts of a text, on the heap so that a sanitizer sees what is read behind them.
static void scans_spans(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum num_kind kind;
        double value;
    } cases[] = {
        {"", NUM_NONE, 0},
        {"0", NUM_WHOLE, 0},
        {"-0", NUM_WHOLE, -0.0},
        {"+7", NUM_WHOLE, 7},
        {"12345678", NUM_WHOLE, 12345678},
        {"123456789012345678", NUM_WHOLE, 123456789012345678.0},
        {"18446744073709551615", NUM_WHOLE, 18446744073709551615.0},
        {"9007199254740993", NUM_WHOLE, 9007199254740992.0},
        {"9007199254740993.0", NUM_REAL, 9007199254740992.0},
        {"9007199254740993.0000001", NUM_REAL, 9007199254740994.0},
        {"0e-23", NUM_REAL, 0},
        {"-0.00e27", NUM_REAL, -0.0},
        {"0e999", NUM_REAL, 0},
        {"1e23", NUM_REAL, 1e23},
        {"8.5e22", NUM_REAL, 8.5e22},
        {"0.1", NUM_REAL, 0.1},
        {"-.5", NUM_REAL, -.5},
        {"5.", NUM_REAL, 5},
        {"1.2345678901234567", NUM_REAL, 1.2345678901234567},
        {"9999999999999999999e27", NUM_REAL, 9999999999999999999e27},
        {"9999999999999999999e-27", NUM_REAL, 9999999999999999999e-27},
        {"2.4703282292062327e-324", NUM_REAL, 0},
        {"2.4703282292062328e-324", NUM_REAL, 4.9406564584124654e-324},
        {"0e99999999999999999999", NUM_REAL, 0},
        {"1e-99999999999999999999", NUM_REAL, 0},
        {"1.7976931348623158e308", NUM_REAL, 1.7976931348623157e308},
        {"1.7976931348623159e308", NUM_NONE, 0},
        {"1e99999999999999999999", NUM_NONE, 0},
        {".", NUM_NONE, 0},
        {"-", NUM_NONE, 0},
        {"+-1", NUM_NONE, 0},
        {"1 ", NUM_NONE, 0},
        {" 1", NUM_NONE, 0},
        {"1e", NUM_NONE, 0},
        {"1e+", NUM_NONE, 0},
        {"e1", NUM_NONE, 0},
        {"1..2", NUM_NONE, 0},
        {"1,2", NUM_NONE, 0},
        {"1234567/", NUM_NONE, 0},
        {"1234567:", NUM_NONE, 0},
        {"12345678\xff", NUM_NONE, 0},
        {"inf", NUM_NONE, 0},
        {"nan", NUM_NONE, 0},
        {"0x1", NUM_NONE, 0},
        {"1_0", NUM_NONE, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const size_t len = strlen(cases[i].text);
        char *copy = mem_alloc(len);
        assert_non_null(copy);
        memcpy(copy, cases[i].text, len);
        check_scan(copy, len, cases[i].kind, cases[i].value);
        mem_free(copy);
    }
    check_scan("123456789", 3, NUM_WHOLE, 123);
    check_scan("1.23456789", 4, NUM_REAL, 1.23);
}

// Longer than any word, and decided by the last digit of 1500.
static void scans_long_numbers(void **state)
{
    (void)state;
    char text[1500];
    memset(text, '0', sizeof text);
    memcpy(text, "9007199254740993.", 17);
    check_scan(text, sizeof text, NUM_REAL, 9007199254740992.0);
    text[sizeof text - 1] = '1';
    check_scan(text, sizeof text, NUM_REAL, 9007199254740994.0);
    memset(text, '0', sizeof text);
    memcpy(text, "0.", 2);
    memcpy(text + sizeof text - 6, "1e1493", 6);
    check_scan(text, sizeof text, NUM_REAL, 1);
    memset(text, '9', sizeof text);
    check_scan(text, sizeof text, NUM_NONE, 0);
}

// What is printed with %.17g comes back to the bit.
static void prints_and_parses_alike(void **state)
{
    (void)state;
    uint32_t seed = 1;
    for (int i = 0; i < 20000; i++) {
        const uint64_t bits = (uint64_t)test_random(&seed) << 40 ^
                              (uint64_t)test_random(&seed) << 20 ^ test_random(&seed);
        double x, back;
        memcpy(&x, &bits, sizeof x);
        if (!isfinite(x))
            continue;
        char text[64];
        snprintf(text, sizeof text, "%.17g", x);
        if (!num_parse(text, &back) || memcmp(&x, &back, sizeof x) != 0)
            fail_msg("%s came back as %.17g", text, back);
    }
}

static void parses_truth(void **state)
{
    (void)state;
    static const char *const words[] = {"false", "true", "no", "YES", "Off", "on", "0", "1"};
    for (size_t i = 0; i < 8; i++) {
        bool b = i % 2 == 0;
        assert_true(num_parse_bool(words[i], &b));
        assert_int_equal(b, i % 2);
    }
    static const char *const bad[] = {"", "2", "truee", "t", "maybe", " true", "-1"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        bool b = true;
        if (num_parse_bool(bad[i], &b) || !b)
            fail_msg("'%s' was taken for a truth value", bad[i]);
    }
}

static void groups_digits(void **state)
{
    (void)state;
    static const struct {
        uint64_t value;
        const char *text;
    } want[] = {{0, "0"},
                {999, "999"},
                {1000, "1,000"},
                {1234567, "1,234,567"},
                {UINT64_MAX, "18,446,744,073,709,551,615"}};
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        char text[32];
        num_group(want[i].value, text);
        assert_string_equal(text, want[i].text);
    }
}

static void prints_like_printf(double value)
{
    char text[NUM_NINE_MAX], want[64];
    const size_t len = num_print_nine(value, text);
    snprintf(want, sizeof want, "%.9g", value);
    if (strcmp(text, want) != 0 || len != strlen(want))
        fail_msg("%a: '%s' of length %zu, printf says '%s'", value, text, len, want);
}

static void prints_bits_f32(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    prints_like_printf((double)value);
}

// Every exponent and sign with fractions all over; both neighbours of each power of ten and of two;
// and probabilities, which are what is printed most.
static void prints_floats_as_printf_does(void **state)
{
    (void)state;
    for (uint64_t bits = 0; bits <= UINT32_MAX; bits += 2003)
        prints_bits_f32((uint32_t)bits);
    for (int k = -45; k <= 38; k++) {
        const float power = (float)pow(10, k);
        uint32_t bits;
        memcpy(&bits, &power, sizeof bits);
        for (uint32_t near = bits < 300 ? 0 : bits - 300; near < bits + 300; near++)
            prints_bits_f32(near);
    }
    for (uint32_t exponent = 0; exponent < 512; exponent++)
        for (uint32_t i = 0; i < 4; i++)
            prints_bits_f32((exponent << 23) + i - 2);
    for (uint32_t i = 0; i <= 1000000; i++)
        prints_like_printf((double)((float)i / 1000000.0F));
}

// The same of doubles; and halves of the ninth digit, exact ones and their neighbours.
static void prints_doubles_as_printf_does(void **state)
{
    (void)state;
    uint64_t bits = 0;
    for (int i = 0; i < 300000; i++) {
        double value;
        bits += UINT64_C(0x9e3779b97f4a7c15); // all exponents, and each fraction another one
        memcpy(&value, &bits, sizeof value);
        prints_like_printf(value);
        prints_like_printf((double)(bits >> 11) * 0x1p-53);
    }
    for (int k = -30; k <= 15; k++) {
        const double power = pow(10, k);
        for (double x = power * (1 - 1e-15); x <= power * (1 + 1e-15); x = nextafter(x, INFINITY))
            prints_like_printf(x);
        for (int i = 0; i < 1000; i++)
            prints_like_printf(power * (1 - i * 5e-11));
    }
    for (int i = 0; i < 100000; i++) {
        const double half = 12345678.25 + i * 0.5, digit = 0.123456789 + i * 1e-9 + 5e-10;
        const double values[] = {half, 10 * half, digit, -digit};
        for (size_t k = 0; k < sizeof values / sizeof *values; k++) {
            prints_like_printf(values[k]);
            prints_like_printf(nextafter(values[k], 0));
            prints_like_printf(nextafter(values[k], INFINITY));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parses_numbers),
        cmocka_unit_test(parses_whole_numbers),
        cmocka_unit_test(parses_any_64_bits),
        cmocka_unit_test(prints_and_parses_alike),
        cmocka_unit_test(parses_truth),
        cmocka_unit_test(groups_digits),
        cmocka_unit_test(prints_floats_as_printf_does),
        cmocka_unit_test(prints_doubles_as_printf_does),
        cmocka_unit_test(scans_spans),
        cmocka_unit_test(scans_long_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
