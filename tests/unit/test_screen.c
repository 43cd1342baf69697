// SPDX-License-Identifier: MIT
// What single columns say, on tables whose answers are known; constant ones; any number of threads.
#include "testing.h"

#include "train/screen.h"

#define ROWS     400
#define FEATURES 6

static float X[ROWS * FEATURES], y[ROWS * 2];

static struct screen_spec spec_of(enum net_task task, const struct dataset *d)
{
    return (struct screen_spec){task, task == TASK_MULTICLASS ? 3 : 0, d, 1, NULL};
}

// Columns: the label; the label turned round and stretched; noise; a constant; two one-hot features
// of which the first is the label.
static struct dataset table(float (*label)(size_t row))
{
    uint32_t seed = 5;
    for (size_t i = 0; i < ROWS; i++) {
        float *x = X + i * FEATURES;
        y[i] = label(i);
        x[0] = y[i];
        x[1] = 3 - 2 * y[i];
        x[2] = test_float(&seed);
        x[3] = 7;
        x[4] = y[i] == 0;
        x[5] = y[i] != 0;
    }
    return (struct dataset){.n = ROWS, .d = FEATURES, .targets = 1, .X = X, .y = y};
}

static const struct screen_column columns[] = {
    {.feature = 0, .features = 1}, {.feature = 1, .features = 1}, {.feature = 2, .features = 1},
    {.feature = 3, .features = 1}, {.feature = 4, .features = 2},
};
#define COLUMNS (sizeof columns / sizeof *columns)

static void check(enum net_task task, float (*label)(size_t), const double *low, const double *high)
{
    const struct dataset d = table(label);
    const struct screen_spec spec = spec_of(task, &d);
    struct screen_column c[COLUMNS];
    struct error e = {0};
    memcpy(c, columns, sizeof c);
    CHECK_OK(screen_columns(c, COLUMNS, &spec, &e), e);
    for (size_t i = 0; i < COLUMNS; i++) {
        assert_int_equal(c[i].constant, i == 3);
        if (i == 3)
            assert_true(c[i].value == 7 && isnan(c[i].alone));
        else if (!(c[i].alone >= low[i] && c[i].alone <= high[i]))
            fail_msg("%s, column %zu: %.6f, want %.3f to %.3f", net_task_name(task), i, c[i].alone,
                     low[i], high[i]);
    }
}

static float odd(size_t row)
{
    return (float)(row % 2);
}

static float third(size_t row)
{
    return (float)(row % 3);
}

static float amount(size_t row)
{
    return (float)row * 0.5F;
}

static void columns_that_tell(void **state)
{
    (void)state;
    check(TASK_BINARY, odd, (double[]){1, 1, 0.5, 0, 1}, (double[]){1, 1, 0.6, 0, 1});
    // the one-hot pair knows class 0 only: a third of the rows, and half of the others
    check(TASK_MULTICLASS, third, (double[]){1, 1, 0.33, 0, 0.66}, (double[]){1, 1, 0.6, 0, 0.68});
    // of a row number all but one rows are of the second one-hot feature
    check(TASK_REGRESSION, amount, (double[]){1 - 1e-9, 1 - 1e-9, 0, 0, 0},
          (double[]){1 + 1e-9, 1 + 1e-9, 0.05, 0, 0.05});
}

// The middle one of three values is the positive class: no order of values says so, shares do.
static float middle(size_t row)
{
    return row % 3 == 1;
}

static void categories(void **state)
{
    (void)state;
    struct dataset d = table(middle);
    for (size_t i = 0; i < ROWS; i++)
        X[i * FEATURES] = (float)(i % 3);
    const struct screen_spec spec = spec_of(TASK_BINARY, &d);
    struct screen_column c = {.feature = 0, .features = 1};
    struct error e = {0};
    CHECK_OK(screen_columns(&c, 1, &spec, &e), e);
    check_close(c.alone, 1, 0, "shares of three values");
    // too many values for their rows: a row's own value is no evidence
    for (size_t i = 0; i < ROWS; i++)
        X[i * FEATURES] = (float)((i * 7919) % ROWS);
    CHECK_OK(screen_columns(&c, 1, &spec, &e), e);
    assert_true(c.alone < 0.6);
}

// A value that few rows have: a mean without the row itself runs against it, which must not count.
static void rare_value(void **state)
{
    (void)state;
    struct dataset d = table(amount);
    for (size_t i = 0; i < ROWS; i++)
        X[i * FEATURES] = i < 3;
    const struct screen_spec spec = spec_of(TASK_REGRESSION, &d);
    struct screen_column c = {.feature = 0, .features = 1};
    struct error e = {0};
    CHECK_OK(screen_columns(&c, 1, &spec, &e), e);
    assert_true(c.alone < 0.1);
}

static void same_for_threads(void **state)
{
    (void)state;
    const struct dataset d = table(odd);
    struct screen_column one[COLUMNS], more[COLUMNS];
    struct error e = {0};
    struct screen_spec spec = spec_of(TASK_BINARY, &d);
    memcpy(one, columns, sizeof one);
    CHECK_OK(screen_columns(one, COLUMNS, &spec, &e), e);
    for (spec.threads = 2; spec.threads < 9; spec.threads++) {
        memcpy(more, columns, sizeof more);
        CHECK_OK(screen_columns(more, COLUMNS, &spec, &e), e);
        for (size_t c = 0; c < COLUMNS; c++)
            assert_true(more[c].alone == one[c].alone || isnan(one[c].alone));
    }
}

static int screen(void *context, struct error *e)
{
    struct screen_column c[COLUMNS];
    memcpy(c, columns, sizeof c);
    return screen_columns(c, COLUMNS, context, e);
}

static void no_memory(void **state)
{
    (void)state;
    const struct dataset d = table(odd);
    struct screen_spec spec = spec_of(TASK_BINARY, &d);
    assert_true(check_failing_memory(screen, &spec) > 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_that_tell), cmocka_unit_test(categories),
        cmocka_unit_test(rare_value),        cmocka_unit_test(same_for_threads),
        cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
