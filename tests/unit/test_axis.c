// SPDX-License-Identifier: MIT
// Axes: ticks that are nice, apart and inside, for ranges of any kind; numbers as short text.
#include "testing.h"

#include "report/axis.h"
#include "report/svg.h"

#include <float.h>

#define MINUS LABEL_MINUS

static const char *decimal(double value, int decimals)
{
    static char text[LABEL_MAX];
    label_decimal(text, value, decimals);
    return text;
}

static const char *value_text(double value)
{
    static char text[LABEL_MAX];
    label_value(text, value);
    return text;
}

static void numbers_are_short(void **state)
{
    (void)state;
    assert_string_equal(decimal(0.8725, 3), "0.873");
    assert_string_equal(decimal(-0.0004, 3), "0.000");
    assert_string_equal(decimal(-1.5, 1), MINUS "1.5");
    assert_string_equal(decimal(0.9999, 3), "1.000");
    assert_string_equal(decimal(NAN, 3), "undefined");
    assert_string_equal(decimal(-INFINITY, 3), "undefined");
    assert_string_equal(decimal(1e99, 3), "1.00e99");
    assert_string_equal(value_text(0), "0");
    assert_string_equal(value_text(0.012345), "0.0123");
    assert_string_equal(value_text(12.345), "12.3");
    assert_string_equal(value_text(999), "999");
    assert_string_equal(value_text(12345), "12.3k");
    assert_string_equal(value_text(-1234567), MINUS "1.23M");
    assert_string_equal(value_text(0.00001234), "1.23e" MINUS "5");
    assert_string_equal(value_text(DBL_MAX), "1.80e308");
    assert_non_null(strstr(value_text(DBL_TRUE_MIN), "e" MINUS "324"));
}

static void shares_are_percents(void **state)
{
    (void)state;
    char text[LABEL_MAX];
    static const struct {
        double share;
        const char *want;
    } cases[] = {{0, "0 %"},   {0.0004, "<0.1 %"}, {0.004, "0.4 %"}, {0.126, "13 %"},
                 {1, "100 %"}, {0.0096, "1 %"},    {0.9999, "100 %"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        label_percent(text, cases[i].share);
        assert_string_equal(text, cases[i].want);
    }
}

// The labels in a row, with a space between them.
static const char *labels(const struct axis *a)
{
    static char text[AXIS_TICKS * LABEL_MAX];
    text[0] = '\0';
    for (size_t i = 0; i < a->ticks; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i ? " " : "",
                 a->label[i]);
    return text;
}

static const char *upright(double low, double high, enum axis_kind kind)
{
    static struct axis a;
    axis_vertical(&a, (struct range){low, high}, kind, (double[]){250, 50});
    return labels(&a);
}

static void ticks_are_nice(void **state)
{
    (void)state;
    assert_string_equal(upright(0, 1, AXIS_LINEAR), "0.0 0.2 0.4 0.6 0.8 1.0");
    assert_string_equal(upright(-0.01, 1.01, AXIS_LINEAR), "0.0 0.2 0.4 0.6 0.8 1.0");
    assert_string_equal(upright(0.301, 0.692, AXIS_LINEAR), "0.4 0.5 0.6");
    assert_string_equal(upright(-12, 33, AXIS_LINEAR), MINUS "10 0 10 20 30");
    assert_string_equal(upright(0, 3.2e6, AXIS_LINEAR), "0 1M 2M 3M");
    assert_string_equal(upright(0, 45000, AXIS_LINEAR), "0 10k 20k 30k 40k");
    assert_string_equal(upright(0, 4e-7, AXIS_LINEAR),
                        "0 1e" MINUS "7 2e" MINUS "7 3e" MINUS "7 4e" MINUS "7");
    assert_string_equal(upright(0, 1.5, AXIS_WHOLE), "0 1");
    assert_string_equal(upright(0.01, 100, AXIS_LOG), "0.01 0.1 1 10 100");
    assert_string_equal(upright(0.3, 4, AXIS_LOG), "0.5 1 2");
    assert_string_equal(upright(1e-12, 1e12, AXIS_LOG), "1e" MINUS "10 1e" MINUS "5 1 100k 10G");
    assert_string_equal(upright(-1, 4, AXIS_LOG), MINUS "1 0 1 2 3 4"); // not above 0: linear
}

static void ranges_are_mended(void **state)
{
    (void)state;
    struct range r = RANGE_NONE;
    assert_true(range_empty(r));
    range_add(&r, NAN);
    range_add(&r, INFINITY);
    assert_true(range_empty(r));
    assert_string_equal(upright(r.low, r.high, AXIS_LINEAR), "0.0 0.2 0.4 0.6 0.8 1.0");
    assert_string_equal(upright(0, 0, AXIS_LINEAR), MINUS "1.0 " MINUS "0.5 0.0 0.5 1.0");
    assert_string_equal(upright(0.5, 0.5, AXIS_LINEAR), "0.46 0.48 0.50 0.52 0.54");
    assert_string_equal(upright(1, 1 + 1e-12, AXIS_LINEAR), "0.90 0.95 1.00 1.05 1.10");
    range_add(&r, 3);
    range_add(&r, -1);
    assert_true(r.low == -1 && r.high == 3);
    r = range_padded((struct range){0.2, 1}, 0.5, (struct range){0, 1});
    assert_true(r.low == 0 && r.high == 1);
    r = range_padded((struct range){-1, 3}, 0.5, (struct range){0, 1});
    assert_true(r.low == -3 && r.high == 5);
}

// Whatever the range: at least one tick, all inside and in order, labels apart, and no value lands
// beyond the ends.
static void check_axis(const struct axis *a, bool horizontal)
{
    const double from = fmin(a->first, a->last) - 0.001, to = fmax(a->first, a->last) + 0.001;
    static const double values[] = {0, 1, -1, DBL_MAX, -DBL_MAX, NAN, INFINITY, DBL_TRUE_MIN};
    assert_true(a->ticks > 0 && a->low < a->high);
    for (size_t i = 0; i < a->ticks; i++) {
        const double at = axis_at(a, a->tick[i]);
        assert_true(at >= from && at <= to);
        if (i == 0)
            continue;
        const double distance = fabs(at - axis_at(a, a->tick[i - 1]));
        const double wide = (svg_width(a->label[i], 13) + svg_width(a->label[i - 1], 13)) / 2;
        if (a->tick[i] <= a->tick[i - 1] || distance < (horizontal ? wide : 13) ||
            strcmp(a->label[i], a->label[i - 1]) == 0)
            fail_msg("%g .. %g: ticks %s", a->low, a->high, labels(a));
    }
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        const double at = axis_at(a, values[i]);
        assert_true(at >= from && at <= to);
    }
}

static void any_range_has_ticks(void **state)
{
    (void)state;
    static const double ends[] = {0,   1e-320,  1e-300, 1e-30,  3e-5,  0.1,
                                  0.7, 0.70001, 1,      9.9999, 12,    997,
                                  1e4, 12345,   1e15,   123e28, 1e300, DBL_MAX};
    static const enum axis_kind kinds[] = {AXIS_LINEAR, AXIS_WHOLE, AXIS_LOG};
    const size_t n = sizeof ends / sizeof ends[0];
    for (size_t i = 0; i < n * n * 12; i++) {
        struct axis a;
        const size_t form = i / (n * n);
        double low = ends[i % n], high = ends[i / n % n];
        low = form & 1 ? -low : low;
        high = form & 2 ? -high : high;
        const struct range r = {fmin(low, high), fmax(low, high)};
        if (kinds[form / 4] == AXIS_WHOLE && r.high - r.low < 2)
            continue; // between whole numbers there may be none
        axis_vertical(&a, r, kinds[form / 4], (double[]){250, 50});
        check_axis(&a, false);
        axis_horizontal(&a, r, kinds[form / 4], (double[]){50, 400});
        check_axis(&a, true);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_short),   cmocka_unit_test(shares_are_percents),
        cmocka_unit_test(ticks_are_nice),      cmocka_unit_test(ranges_are_mended),
        cmocka_unit_test(any_range_has_ticks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
