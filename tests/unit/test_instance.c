// SPDX-License-Identifier: MIT
// The type of an instance: who is believed, what a machine is taken for, seconds on the bill.
#include "testing.h"

#include "base/clock.h"
#include "cost/instance.h"

#define GIB ((size_t)1 << 30)

static const char table[] = "instance,vcpus,memory_gib,gpu,usd_per_hour\n"
                            "ml.t3.medium,2,4,,0.05\n"
                            "ml.new.large,2,8,,0.121\n"
                            "ml.m5.large,2,8,,0.115\n"
                            "ml.c7i.large,2,4,,0.107\n"
                            "ml.m5.xlarge,4,16,,0.23\n"
                            "ml.c5.xlarge,4,8,,0.204\n"
                            "ml.g4dn.xlarge,4,16,1xT4,0.1\n"
                            "unsaid,,,,0.001\n"
                            "ml.m5.2xlarge,8,32,,0.461\n";

static void check_guess(const struct prices *p, size_t cores, size_t memory, const char *want)
{
    const struct instance_shape shape = {cores, memory};
    const struct price *got = instance_guess(p, &shape);
    if (!got != !want || (got && strcmp(got->instance, want) != 0))
        fail_msg("%zu cores, %zu bytes: %s, want %s", cores, memory, got ? got->instance : "none",
                 want ? want : "none");
}

static void a_machine_looks_like_an_instance(void **state)
{
    (void)state;
    struct prices p;
    struct error e = {0};
    CHECK_OK(prices_parse(&p, "p.csv", table, strlen(table), &e), e);
    check_guess(&p, 2, 8 * GIB, "ml.m5.large");
    check_guess(&p, 2, 8 * GIB - GIB / 2, "ml.m5.large"); // what a system shows of 8 GiB
    check_guess(&p, 2, 24 * GIB, "ml.m5.large");
    check_guess(&p, 2, 6 * GIB, "ml.c7i.large");
    check_guess(&p, 2, GIB, "ml.c7i.large"); // none is so small
    check_guess(&p, 2, 0, "ml.c7i.large");
    check_guess(&p, 1, 8 * GIB, "ml.m5.large");
    check_guess(&p, 3, 16 * GIB, "ml.m5.xlarge"); // cores must be enough; no GPU
    check_guess(&p, 4, 8 * GIB, "ml.c5.xlarge");
    check_guess(&p, 8, 8 * GIB, "ml.m5.2xlarge");
    check_guess(&p, 9, 8 * GIB, NULL);
    prices_clear(&p);
}

static void check_found(const struct instance_clues *clues, const char *type, const char *source)
{
    struct instance i;
    struct error e = {0};
    CHECK_OK(instance_find(&i, clues, &e), e);
    const char *name = instance_source_name(i.source);
    if (!i.type != !type || (type && strcmp(i.type, type) != 0) || !name != !source ||
        (source && strcmp(name, source) != 0))
        fail_msg("%s from %s, want %s from %s", i.type ? i.type : "none", name ? name : "none",
                 type ? type : "none", source ? source : "none");
    assert_int_equal(i.count, clues->count ? clues->count : 1);
    instance_clear(&i);
}

static void write_table(const char *text)
{
    FILE *f = fopen(test_path("p.csv"), "w");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

static void the_job_is_believed_first(void **state)
{
    (void)state;
    write_table(table);
    struct instance_clues clues = {
        .job = "ml.c5.xlarge",
        .option = "mine",
        .prices = test_path("p.csv"),
        .shape = {2, 8 * GIB},
        .count = 3,
    };
    check_found(&clues, "ml.c5.xlarge", "job");
    clues.job = "local_cpu"; // local mode: nobody can rent that
    check_found(&clues, "mine", "option");
    clues.option = "";
    check_found(&clues, "ml.m5.large", "guess");
    clues.count = 0;
    clues.shape.cores = 1000;
    check_found(&clues, NULL, NULL);
    clues.prices = NULL;
    check_found(&clues, NULL, NULL);
}

static void bad_prices_are_an_error_and_no_type(void **state)
{
    (void)state;
    struct instance i;
    struct error e = {0};
    struct instance_clues clues = {.prices = test_path("none.csv"), .count = 2};
    check_refused(instance_find(&i, &clues, &e), ERR_IO, &e, "none.csv");
    assert_true(!i.type && i.source == INSTANCE_UNKNOWN && i.count == 2);
    write_table("instance,usd_per_hour\nml.m5.large,free\n");
    clues.prices = test_path("p.csv");
    error_clear(&e);
    check_refused(instance_find(&i, &clues, &e), ERR_FORMAT, &e, "p.csv");
    assert_null(i.type);
}

static int find(void *context, struct error *e)
{
    struct instance i;
    const int rc = instance_find(&i, context, e);
    instance_clear(&i);
    return rc;
}

static void memory_may_fail(void **state)
{
    (void)state;
    write_table(table);
    struct instance_clues clues = {.prices = test_path("p.csv"), .shape = {2, 8 * GIB}};
    assert_true(check_failing_memory(find, &clues) > 3);
    clues.job = "ml.m5.large";
    assert_int_equal(check_failing_memory(find, &clues), 1);
}

static void every_second_begun_is_billed(void **state)
{
    (void)state;
    assert_int_equal(instance_billable(0.2, 1), 1);
    assert_int_equal(instance_billable(113.2, 2), 228);
    assert_int_equal(instance_billable(114, 2), 228);
    assert_int_equal(instance_billable(0, 2), 0);
}

// The age of a process is its time since exec, waiting included, which its processor time is not.
static void a_process_knows_its_age(void **state)
{
    (void)state;
    const double began = clock_seconds(), age = clock_age();
    usleep(60000);
    const double older = clock_age() - age, passed = clock_seconds() - began;
    assert_true(age > 0 && age < 3600);
    if (older < 0.05 || older > passed + 0.02)
        fail_msg("older by %.3f s after %.3f s", older, passed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_machine_looks_like_an_instance),
        cmocka_unit_test(the_job_is_believed_first),
        cmocka_unit_test(bad_prices_are_an_error_and_no_type),
        cmocka_unit_test(memory_may_fail),
        cmocka_unit_test(every_second_begun_is_billed),
        cmocka_unit_test(a_process_knows_its_age),
    };
    return cmocka_run_group_tests(tests, test_folder_make, test_folder_remove);
}
