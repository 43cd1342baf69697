// SPDX-License-Identifier: MIT
// What is said of arrays that nobody has scaled.
#include "testing.h"

#include "job/raw_values.h"

#include "base/mem.h"

#define ROWS  3000
#define WIDTH 3

static void features_and_targets(void **state)
{
    (void)state;
    char note[RAW_VALUES_NOTE_MAX];
    float X[2 * WIDTH] = {1, -90, 0, 2, 100, 3}, y[4] = {1, -2, 3, 100};
    struct dataset d = {
        .n = 2, .d = WIDTH, .targets = 2, .X = X, .y = y, .x_name = "X_train", .y_name = "y_train"};
    assert_false(raw_values_features(&d, note));
    assert_false(raw_values_targets(&d, note));
    X[4] = -250.5F;
    y[1] = -1e6F;
    assert_true(raw_values_features(&d, note));
    assert_string_equal(note,
                        "X_train: column 1 goes up to 250.5; features learn better on a common "
                        "scale: X = (X - X.mean(0)) / X.std(0)");
    assert_true(raw_values_targets(&d, note));
    assert_string_equal(note, "y_train goes up to 1e+06; amounts far from 0 are learnt with "
                              "--scale_target standard");
}

// A rank that has no rows of a table, or the first few of many.
static void first_rows(void **state)
{
    (void)state;
    char note[RAW_VALUES_NOTE_MAX];
    float *X = mem_array(ROWS * WIDTH, sizeof *X);
    assert_non_null(X);
    X[ROWS * WIDTH - 1] = 1000;
    struct dataset d = {.n = ROWS, .d = WIDTH, .X = X, .x_name = "X"};
    assert_false(raw_values_features(&d, note));
    X[0] = 1000;
    assert_true(raw_values_features(&d, note));
    d.sharded = true;
    d.held = 0;
    assert_false(raw_values_features(&d, note));
    mem_free(X);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(features_and_targets),
        cmocka_unit_test(first_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
