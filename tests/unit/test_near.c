// SPDX-License-Identifier: MIT
// Which name a misspelt one was meant to be.
#include "testing.h"

#include "base/near.h"

static void nearest(void **state)
{
    (void)state;
    char first[] = "Age", second[] = "Fare", third[] = "batch_size", fourth[] = "B";
    char *const names[] = {first, second, third, fourth};
    static const struct {
        const char *name, *want;
    } cases[] = {
        {"age", "Age"},
        {"Agge", "Age"},
        {"Far", "Fare"},
        {"Fart", "Fare"},
        {"bach-sise", "batch_size"},
        {"Cabin", NULL},
        {"batch", "batch_size"},
        {"batch-size-rows", "batch_size"},
        {"ba", NULL},
        {"Fare_in_pounds", "Fare"},
        {"Farther", NULL},
        {"Fareable", NULL},
        {"A", NULL},
        {"C", NULL},
        {"B", "B"},
        {"", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *got = near_name(cases[i].name, names, 4);
        if (!got != !cases[i].want || (got && strcmp(got, cases[i].want) != 0))
            fail_msg("'%s': %s", cases[i].name, got ? got : "none");
    }
    assert_int_equal(near_distance("kitten", "sitting"), 3);
    assert_int_equal(near_distance("a-b", "a_b"), 0);
    char longer[100];
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    assert_true(near_distance(longer, "x") == SIZE_MAX && near_distance("x", longer) == SIZE_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(nearest)};
    return cmocka_run_group_tests_name("near", tests, NULL, NULL);
}
