// SPDX-License-Identifier: MIT
// The figures that a preparation is made of: order statistics, means, scales.
#include "testing.h"

#include "table/prep_figures.h"

#include <float.h>

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

// Places of random values, many of them equal, beside those of the sorted ones.
static void order_statistics(void **state)
{
    (void)state;
    uint32_t random = 1;
    for (int round = 0; round < 300; round++) {
        double x[700], sorted[700];
        const size_t n = 1 + test_random(&random) % 700;
        const uint32_t different = 1 + test_random(&random) % (round % 2 ? 5 : 100000);
        for (size_t i = 0; i < n; i++)
            x[i] = sorted[i] = (double)(test_random(&random) % different) - 2;
        qsort(sorted, n, sizeof *sorted, by_value);
        const double q = (double)(test_random(&random) % 1001) / 1000;
        const double place = q * (double)(n - 1);
        const size_t at = (size_t)place, next = at + 1 < n ? at + 1 : at;
        const double want = sorted[at] + (sorted[next] - sorted[at]) * (place - (double)at);
        check_close(figures_quantile(x, n, q), want, 1e-12 * (1 + fabs(want)), "quantile");
        check_close(figures_median(x, n), (sorted[(n - 1) / 2] + sorted[n / 2]) / 2, 0, "median");
        check_close(figures_quantile(x, n, 1), sorted[n - 1], 0, "largest");
        check_close(figures_quantile(x, n, 0), sorted[0], 0, "smallest");
    }
}

// numpy goes from the nearer end.
static void quantile_bits(void **state)
{
    (void)state;
    double x[] = {1.9, 9.9};
    assert_true(figures_quantile(x, 2, 0.86) == 8.780000000000001);
}

// A column that is constant but for rounding has no width, as scikit-learn has it; sums do not lose
// small values beside large ones.
static void sums(void **state)
{
    (void)state;
    double x[2000], center, width;
    for (size_t i = 0; i < 2000; i++)
        x[i] = i % 2 ? 1e9 + 0.125 : 1e9 - 0.125;
    assert_true(figures_mean(x, 2000) == 1e9);
    figures_scale(PREP_SCALE_STANDARD, x, 2000, &center, &width);
    assert_true(center == 1e9 && width == 0.125);
    for (size_t i = 0; i < 2000; i++)
        x[i] = 0.1;
    x[7] = 0.1 + DBL_EPSILON / 16;
    figures_scale(PREP_SCALE_STANDARD, x, 2000, &center, &width);
    assert_true(width == 1);
    figures_scale(PREP_SCALE_MINMAX, x, 2000, &center, &width);
    assert_true(width == 1);
    // the mean is right to the last place, where a plain sum is not
    uint32_t random = 1;
    long double sum = 0;
    for (size_t i = 0; i < 2000; i++) {
        x[i] = 1e5 + (double)test_float(&random);
        sum += x[i];
    }
    check_close(figures_mean(x, 2000), (double)(sum / 2000), 1.5e-11, "mean");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_statistics),
        cmocka_unit_test(quantile_bits),
        cmocka_unit_test(sums),
    };
    return cmocka_run_group_tests_name("prep_figures", tests, NULL, NULL);
}
