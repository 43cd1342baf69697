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

static void prints_like_printf(uint32_t bits)
{
    float value;
    char text[NUM_F32_MAX], want[64];
    memcpy(&value, &bits, sizeof value);
    const size_t len = num_print_f32(value, text);
    snprintf(want, sizeof want, "%.9g", (double)value);
    if (strcmp(text, want) != 0 || len != strlen(want))
        fail_msg("%a: '%s' of length %zu, printf says '%s'", (double)value, text, len, want);
}

// Every exponent and sign with fractions all over; both neighbours of each power of ten and of two;
// and probabilities, which are what is printed most.
static void prints_floats_as_printf_does(void **state)
{
    (void)state;
    for (uint64_t bits = 0; bits <= UINT32_MAX; bits += 2003)
        prints_like_printf((uint32_t)bits);
    for (int k = -45; k <= 38; k++) {
        const float power = (float)pow(10, k);
        uint32_t bits;
        memcpy(&bits, &power, sizeof bits);
        for (uint32_t near = bits < 300 ? 0 : bits - 300; near < bits + 300; near++)
            prints_like_printf(near);
    }
    for (uint32_t exponent = 0; exponent < 512; exponent++)
        for (uint32_t i = 0; i < 4; i++)
            prints_like_printf((exponent << 23) + i - 2);
    for (uint32_t i = 0; i <= 1000000; i++) {
        const float p = (float)i / 1000000.0F;
        uint32_t bits;
        memcpy(&bits, &p, sizeof bits);
        prints_like_printf(bits);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parses_numbers),          cmocka_unit_test(parses_whole_numbers),
        cmocka_unit_test(prints_and_parses_alike), cmocka_unit_test(parses_truth),
        cmocka_unit_test(groups_digits),           cmocka_unit_test(prints_floats_as_printf_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
