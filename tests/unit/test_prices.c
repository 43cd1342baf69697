// SPDX-License-Identifier: MIT
// Prices: what is read, what is refused and where, names that are nearly right, faults.
#include "testing.h"

#include "base/file.h"
#include "cost/prices.h"

#define HEAD "instance,vcpus,memory_gib,gpu,usd_per_hour,source,as_of\n"

static const char good[] = HEAD "ml.m5.large,2,8,,0.115,a list,2026-09-27\n"
                                "ml.g4dn.xlarge,4,16,1xT4,0.7364,\"another, list\",2026-05-21\n"
                                "own,,,,0,,\n";

static int parse(struct prices *p, const char *text, struct error *e)
{
    return prices_parse(p, "p.csv", text, strlen(text), e);
}

static void rows_are_read(void **state)
{
    (void)state;
    struct prices p;
    struct error e = {0};
    CHECK_OK(parse(&p, good, &e), e);
    assert_int_equal(p.count, 3);
    const struct price *gpu = prices_find(&p, "ml.g4dn.xlarge");
    assert_non_null(gpu);
    assert_true(gpu->usd_per_hour == 0.7364 && gpu->vcpus == 4 && gpu->memory_gib == 16);
    assert_string_equal(gpu->gpu, "1xT4");
    assert_string_equal(gpu->source, "another, list");
    assert_string_equal(gpu->as_of, "2026-05-21");
    const struct price *own = prices_find(&p, "own");
    assert_true(own && own->usd_per_hour == 0 && isnan(own->vcpus) && isnan(own->memory_gib));
    assert_true(!own->gpu && !own->source && !own->as_of);
    assert_null(prices_find(&p, "ml.m5.Large"));
    assert_string_equal(prices_nearest(&p, "ml.m5.larg"), "ml.m5.large");
    assert_string_equal(prices_nearest(&p, "ml-g4dn.xlarge"), "ml.g4dn.xlarge");
    assert_null(prices_nearest(&p, "a machine of our own"));
    prices_clear(&p);
    assert_null(prices_find(&p, "own"));
    assert_null(prices_nearest(&p, "own"));
}

static void two_columns_will_do(void **state)
{
    (void)state;
    struct prices p;
    struct error e = {0};
    CHECK_OK(parse(&p, "\"usd_per_hour\",instance\r\n1e-1,x\r\n", &e), e);
    assert_int_equal(p.count, 1);
    assert_true(prices_find(&p, "x")->usd_per_hour == 0.1);
    prices_clear(&p);
}

static void refusals(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int code;
        const char *what;
    } cases[] = {
        {"", ERR_FORMAT, "p.csv"},
        {"instance\nx\n", ERR_FORMAT, "p.csv: column 'usd_per_hour' is missing"},
        {"usd_per_hour\n1\n", ERR_FORMAT, "p.csv: column 'instance' is missing"},
        {"instance,usd_per_hours\nx,1\n", ERR_FORMAT,
         "p.csv: column 'usd_per_hours' is not known; did you mean 'usd_per_hour'?"},
        {"instance,usd_per_hour,region\nx,1,eu\n", ERR_FORMAT, "column 'region' is not known"},
        {"instance,usd_per_hour\n", ERR_DATA, "p.csv: holds no prices"},
        {"instance,usd_per_hour\nx,1\nx,1\n", ERR_DATA, "p.csv: x has 2 prices"},
        {"instance,usd_per_hour\nx,1\n,2\n", ERR_DATA, "p.csv: row 2 has no instance"},
        {"instance,usd_per_hour\nx,1\ny,\n", ERR_DATA, "p.csv: row 2 has no usd_per_hour"},
        {"instance,usd_per_hour\nx,-0.1\n", ERR_DATA, "row 1: usd_per_hour -0.1 is out of range"},
        {"instance,usd_per_hour\nx,100001\n", ERR_DATA, "row 1: usd_per_hour 100001 is out of"},
        {"instance,usd_per_hour\nx,$1\n", ERR_FORMAT, "row 1: usd_per_hour '$1' is not a number"},
        {"instance,usd_per_hour\nx,inf\n", ERR_FORMAT, "row 1: usd_per_hour 'inf' is not a number"},
        {"instance,usd_per_hour,vcpus\nx,1,0\n", ERR_DATA, "row 1: vcpus 0 is out of range"},
        {"instance,usd_per_hour,vcpus\nx,1,1.5\n", ERR_DATA, "row 1: 1.5 vcpus are no whole"},
        {"instance,usd_per_hour,memory_gib\nx,1,-8\n", ERR_DATA, "row 1: memory_gib -8 is out"},
        {"instance,usd_per_hour\nx,1,2\n", ERR_FORMAT, "p.csv:2"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct prices p;
        struct error e = {0};
        check_refused(parse(&p, cases[i].text, &e), cases[i].code, &e, cases[i].what);
        assert_true(!p.item && !p.count && !p.sheet.rows);
    }
}

static int read_again(void *context, struct error *e)
{
    struct prices p;
    const int rc = prices_read(&p, context, e);
    if (rc == 0)
        prices_clear(&p);
    return rc;
}

static void faults(void **state)
{
    (void)state;
    struct error e = {0};
    char path[256];
    snprintf(path, sizeof path, "%s", test_path("prices.csv"));
    CHECK_OK(file_write_all(path, good, sizeof good - 1, &e), e);
    assert_true(check_failing_memory(read_again, path) > 3);
    struct prices p;
    check_refused(prices_read(&p, test_path("none.csv"), &e), ERR_IO, &e, "none.csv");
}

// The table that ships is one that the program takes, and each of its prices says where it is from.
static void what_ships(void **state)
{
    (void)state;
    const char *source = getenv("SKIFF_SRCDIR");
    if (!source)
        skip();
    const char *const wrong[] = {NULL, test_folder()};
    assert_null(file_find(wrong, 2, "no_such.csv"));
    char data[256];
    snprintf(data, sizeof data, "%.200s/data", source);
    const char *const folders[] = {NULL, "/nowhere", data, test_folder()};
    char *path = file_find(folders, 4, PRICES_FILE);
    assert_non_null(path);
    struct prices p;
    struct error e = {0};
    CHECK_OK(prices_read(&p, path, &e), e);
    assert_true(p.count > 50);
    for (size_t i = 0; i < p.count; i++)
        assert_true(p.item[i].source && p.item[i].as_of && p.item[i].usd_per_hour > 0);
    // the lesson's jobs: 135 s, 350 s, and 228 s of both instances together
    check_close(135 * prices_find(&p, "ml.m5.large")->usd_per_hour / 3600, 0.0043, 5e-5, "m5");
    check_close(350 * prices_find(&p, "ml.g4dn.xlarge")->usd_per_hour / 3600, 0.0716, 5e-5, "g4dn");
    check_close(228 * prices_find(&p, "ml.m5.xlarge")->usd_per_hour / 3600, 0.0146, 5e-5, "two");
    prices_clear(&p);
    mem_free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_read), cmocka_unit_test(two_columns_will_do),
        cmocka_unit_test(refusals),      cmocka_unit_test(faults),
        cmocka_unit_test(what_ships),
    };
    return cmocka_run_group_tests_name("prices", tests, test_folder_make, test_folder_remove);
}
