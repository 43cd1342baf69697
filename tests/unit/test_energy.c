// SPDX-License-Identifier: MIT
// Energy counters: packages alone are added, once around the range, and never a guess.
#include "testing.h"

#include "cost/energy.h"

#include <sys/stat.h>

// <folder>/powercap/intel-rapl:<number>/<file>
static void put(int number, const char *file, const char *text)
{
    char path[320];
    snprintf(path, sizeof path, "%s/intel-rapl:%d", test_path("powercap"), number);
    mkdir(test_path("powercap"), 0755);
    mkdir(path, 0755);
    snprintf(path, sizeof path, "%s/intel-rapl:%d/%s", test_path("powercap"), number, file);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

static void put_package(int number, const char *name, const char *used)
{
    put(number, "name", name);
    put(number, "energy_uj", used);
    put(number, "max_energy_range_uj", "65532610987\n");
}

static int begin(void **state)
{
    (void)state;
    test_remove(test_path("powercap"));
    put_package(0, "package-0\n", "1000000\n");
    put_package(1, "package-1\n", "65532000000\n");
    put_package(2, "psys\n", "0\n");
    return 0;
}

static void packages_are_added(void **state)
{
    (void)state;
    struct energy e;
    struct buf text;
    double joules;
    energy_begin(&e, test_path("powercap"), 100);
    assert_int_equal(e.count, 2);
    assert_true(energy_end(&e, 100, &joules) && joules == 0);
    put(0, "energy_uj", "3500000\n");
    put(2, "energy_uj", "9000000\n");
    assert_true(energy_end(&e, 160, &joules));
    check_close(joules, 2.5, 1e-12, "one counter has moved");
    put(1, "energy_uj", "1389013\n"); // from 0.610987 J below its range: around it
    assert_true(energy_end(&e, 160, &joules));
    check_close(joules, 2.5 + 2, 1e-9, "one has gone round");
    buf_init(&text, 100);
    assert_int_equal(energy_domains(&e, &text), 0);
    assert_string_equal(text.data, "package-0,package-1");
    buf_clear(&text);
}

static void what_is_uncertain_is_unknown(void **state)
{
    (void)state;
    struct energy e;
    double joules;
    energy_begin(&e, test_path("powercap"), 0);
    assert_true(energy_end(&e, 93, &joules));  // 65533 J / 700 W = 93.6 s
    assert_false(energy_end(&e, 95, &joules)); // it may have gone round more than once
    put(1, "energy_uj", "65532610988\n");
    assert_false(energy_end(&e, 1, &joules)); // beyond its range
    put(1, "energy_uj", "12 apples\n");
    assert_false(energy_end(&e, 1, &joules));
    test_remove(test_path("powercap"));
    assert_false(energy_end(&e, 1, &joules));
}

static void one_that_cannot_be_read_hides_all(void **state)
{
    (void)state;
    static const struct {
        const char *file, *text;
    } bad[] = {{"energy_uj", ""},
               {"energy_uj", "-1\n"},
               {"energy_uj", "99999999999999999999999\n"},
               {"max_energy_range_uj", "0\n"},
               {"max_energy_range_uj", "none\n"}};
    struct energy e;
    double joules;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        begin(NULL);
        put(1, bad[i].file, bad[i].text);
        energy_begin(&e, test_path("powercap"), 0);
        if (e.count != 0 || energy_end(&e, 1, &joules))
            fail_msg("%s '%s' is taken", bad[i].file, bad[i].text);
    }
    energy_begin(&e, test_path("nothing here"), 0);
    assert_int_equal(e.count, 0);
    assert_false(energy_end(&e, 1, &joules));
}

static void what_is_no_package_does_not_count(void **state)
{
    (void)state;
    struct energy e;
    double joules;
    put(0, "name", "psys\n");
    put(1, "name", "dram\n");
    energy_begin(&e, test_path("powercap"), 0);
    assert_int_equal(e.count, 0);
    assert_false(energy_end(&e, 1, &joules));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(packages_are_added, begin),
        cmocka_unit_test_setup(what_is_uncertain_is_unknown, begin),
        cmocka_unit_test_setup(one_that_cannot_be_read_hides_all, begin),
        cmocka_unit_test_setup(what_is_no_package_does_not_count, begin),
    };
    return cmocka_run_group_tests(tests, test_folder_make, test_folder_remove);
}
