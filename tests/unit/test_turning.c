// SPDX-License-Identifier: MIT
// Sweeps out of the rows of a comparison, and what is said of where the answer turns.
#include "testing.h"

#include "cost/run_read.h"
#include "cost/turning.h"

#define SIZES   4
#define SIDES   4
#define REPEATS 3
static const size_t sizes[SIZES] = {1000, 10000, 100000, 1000000};

// What a side costs: seconds = fixed + each * rows, dollars an hour.
struct side {
    const char *program, *instance, *device;
    size_t instances;
    double fixed, each, price;
};

static struct cost_run runs[SIDES * SIZES * REPEATS];
static const struct cost_run *members[SIDES * SIZES * REPEATS];
static struct compare_row rows[SIDES * SIZES];
static double noise; // a share of each time

// A row a size, as compare_make would have them.
static struct compare make(const struct side *side, size_t sides, size_t count)
{
    struct compare c = {.row = rows};
    uint32_t random = 3;
    for (size_t s = 0; s < sides; s++)
        for (size_t k = 0; k < count; k++) {
            const size_t first = c.rows * REPEATS;
            for (size_t i = first; i < first + REPEATS; i++) {
                const double even = side[s].fixed + side[s].each * (double)sizes[k];
                runs[i] = (struct cost_run){.name = "run",
                                            .program = side[s].program,
                                            .instance = side[s].instance,
                                            .device = side[s].device,
                                            .instances = side[s].instances,
                                            .threads = 2,
                                            .task = "binary",
                                            .rows = sizes[k],
                                            .setting = ""};
                runs[i].seconds[COST_TOTAL] = even * (1 + noise * (double)test_float(&random));
                members[i] = &runs[i];
            }
            rows[c.rows++] = (struct compare_row){.name = "run",
                                                  .run = members + first,
                                                  .runs = REPEATS,
                                                  .instance = side[s].instance,
                                                  .dollars.median = side[s].price,
                                                  .billable.median = 3600};
        }
    return c;
}

static const struct side cpu = {"skiff", "ml.m5.large", "cpu", 1, 0.5, 1e-4, 0.115},
                         gpu = {"torch", "ml.g4dn.xlarge", "cuda", 1, 10, 1e-5, 0.7364};

struct said {
    size_t sweeps, turnings;
    char text[4096];
};

static int find_and_say(struct said *said, const struct compare *c, struct error *e)
{
    struct sweeps sweeps = {0};
    struct turnings turnings = {0};
    struct buf out;
    *said = (struct said){0};
    buf_init(&out, sizeof said->text - 1);
    int rc = sweeps_find(&sweeps, c, e);
    if (rc == 0)
        rc = turnings_find(&turnings, &sweeps, e);
    for (size_t i = 0; rc == 0 && i < turnings.count; i++)
        rc = turning_say(&out, &turnings.item[i]);
    if (rc == 0)
        rc = buf_check(&out, "sentences", e);
    else if (e->code == 0)
        error_nomem(e, "sentences");
    said->sweeps = sweeps.count;
    said->turnings = turnings.count;
    if (out.data)
        memcpy(said->text, out.data, out.len + 1);
    buf_clear(&out);
    turnings_clear(&turnings);
    sweeps_clear(&sweeps);
    return rc;
}

static struct said say(const struct side *side, size_t sides, size_t count)
{
    struct said said;
    struct error e = {0};
    const struct compare c = make(side, sides, count);
    CHECK_OK(find_and_say(&said, &c, &e), e);
    return said;
}

// The text has these lines and no others.
static void check_lines(const struct said *said, const char *const *line, size_t n)
{
    const char *at = said->text;
    for (size_t i = 0; i < n; i++) {
        const size_t len = strlen(line[i]);
        if (strncmp(at, line[i], len) != 0 || at[len] != '\n')
            fail_msg("line %zu is not '%s' of:\n%s", i + 1, line[i], said->text);
        at += len + 1;
    }
    assert_string_equal(at, "");
}
#define CHECK_LINES(said, ...)                                                                     \
    check_lines(said, (const char *const[]){__VA_ARGS__},                                          \
                sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

// 0.115 (0.5 + 1e-4 x) = 0.7364 (10 + 1e-5 x) at x = 7.3065 / 4.136e-6, and 9.5 / 9e-5 for seconds.
static void exact_turning(void **state)
{
    (void)state;
    noise = 0;
    const struct said said = say((const struct side[]){gpu, cpu}, 2, SIZES);
    assert_int_equal(said.sweeps, 2);
    CHECK_LINES(
        &said,
        "ml.m5.large with skiff (cpu) costs less up to 1,770,000 rows (95 % interval 1,770,000 to "
        "1,770,000), ml.g4dn.xlarge with torch (cuda) above; that is outside of what both were run "
        "at, 1,000 to 1,000,000 rows. "
        "At 1,000 rows the bills would be equal if ml.g4dn.xlarge with torch (cuda) cost $0.00689 "
        "an hour (95 % interval $0.00689 to $0.00689), not $0.736. "
        "At 1,000,000 rows the bills would be equal if ml.g4dn.xlarge with torch (cuda) cost "
        "$0.578 an hour (95 % interval $0.578 to $0.578), not $0.736. "
        "ml.m5.large with skiff (cpu) is quicker up to 106,000 rows (95 % interval 106,000 to "
        "106,000), ml.g4dn.xlarge with torch (cuda) above.");
}

// Other work, sizes of which there is one only, runs without rows or seconds: none of them.
static void what_is_no_sweep(void **state)
{
    (void)state;
    noise = 0;
    struct said said = say((const struct side[]){cpu, gpu}, 2, 1);
    assert_true(said.sweeps == 0 && said.turnings == 0);
    assert_string_equal(said.text, "");
    said = say(&cpu, 1, SIZES);
    assert_true(said.sweeps == 1 && said.turnings == 0);
    struct compare c = make((const struct side[]){cpu, gpu}, 2, SIZES);
    for (size_t i = SIZES * REPEATS; i < 2 * SIZES * REPEATS; i++)
        runs[i].epochs = 7;
    struct error e = {0};
    CHECK_OK(find_and_say(&said, &c, &e), e);
    assert_true(said.sweeps == 2 && said.turnings == 0);
    c = make((const struct side[]){cpu, gpu}, 2, SIZES);
    for (size_t i = 0; i < SIZES * REPEATS; i++) {
        runs[i].rows = i % 3 ? 0 : runs[i].rows;
        runs[i].seconds[COST_TOTAL] = i % 3 ? 5 : NAN;
        runs[i].billable = NAN;
    }
    CHECK_OK(find_and_say(&said, &c, &e), e);
    assert_true(said.sweeps == 1);
}

// A fixed batch is cut to a small table, and is not the full one for that.
static void batches(void **state)
{
    (void)state;
    noise = 0;
    struct said said;
    struct error e = {0};
    const struct compare c = make((const struct side[]){cpu, gpu}, 2, SIZES);
    for (size_t i = 0; i < 2 * SIZES * REPEATS; i++) {
        runs[i].batch_option = 0;
        runs[i].batch_size = runs[i].rows;
    }
    CHECK_OK(find_and_say(&said, &c, &e), e);
    assert_true(said.sweeps == 2 && said.turnings == 1);
    for (size_t i = 0; i < SIZES * REPEATS; i++) {
        runs[i].batch_option = 1024;
        runs[i].batch_size = runs[i].rows < 1024 ? runs[i].rows : 1024;
    }
    CHECK_OK(find_and_say(&said, &c, &e), e);
    assert_true(said.sweeps == 2 && said.turnings == 0);
    for (size_t i = 0; i < 2 * SIZES * REPEATS; i++)
        runs[i].batch_option = 1024;
    CHECK_OK(find_and_say(&said, &c, &e), e);
    assert_true(said.sweeps == 2 && said.turnings == 1);
    for (size_t i = 0; i < 2 * SIZES * REPEATS; i++)
        runs[i].batch_option = NAN;
    for (size_t i = 0; i < SIZES * REPEATS; i++)
        runs[i].batch_size = 100;
    CHECK_OK(find_and_say(&said, &c, &e), e);
    assert_true(said.sweeps == 2 && said.turnings == 0);
}

static void add_record(struct cost_runs *to, const char *options, double total)
{
    char text[256];
    struct error e = {0};
    snprintf(text, sizeof text, "{\"seconds\": {\"total\": %g}, \"options\": {%s}}", total,
             options);
    CHECK_OK(cost_runs_add_record(to, "run.json", text, strlen(text), &e), e);
}

// How many pairs there are of two sides with these options.
static size_t pairs_of(const char *one, const char *other)
{
    struct cost_runs read = {0};
    struct said said;
    struct error e = {0};
    add_record(&read, one, 1);
    add_record(&read, other, 2);
    const struct compare c = make((const struct side[]){cpu, gpu}, 2, SIZES);
    for (size_t i = 0; i < 2 * SIZES * REPEATS; i++)
        runs[i].source = read.item[i / (SIZES * REPEATS)].source;
    CHECK_OK(find_and_say(&said, &c, &e), e);
    cost_runs_clear(&read);
    return said.turnings;
}

// Options that both name are of the same work only when they agree; those that shape no result, are
// of one program alone or unset do not count.
static void options_of_other_work(void **state)
{
    (void)state;
    noise = 0;
    assert_int_equal(pairs_of("\"learning_rate\": 0.001", "\"learning_rate\": 0.01"), 0);
    assert_int_equal(pairs_of("\"optimizer\": \"adam\"", "\"optimizer\": \"sgd\""), 0);
    assert_int_equal(pairs_of("\"learning_rate\": 1", "\"learning_rate\": 1.0"), 1);
    assert_int_equal(pairs_of("\"learning_rate\": 0.001", "\"mode\": \"eager\""), 1);
    assert_int_equal(pairs_of("\"dropout\": null", "\"dropout\": 0.5"), 1);
    assert_int_equal(pairs_of("\"seed\": 1, \"out\": \"a\", \"mode\": 1, \"task\": \"auto\"",
                              "\"seed\": 2, \"out\": \"b\", \"mode\": 2, \"task\": \"binary\""),
                     1);
}

// The same machine with other instructions is another line, and is called by them.
static void levels_of_instructions(void **state)
{
    (void)state;
    noise = 0;
    struct said said;
    struct error e = {0};
    const struct compare c = make((const struct side[]){cpu, cpu}, 2, SIZES);
    for (size_t i = 0; i < 2 * SIZES * REPEATS; i++) {
        runs[i].cpu_level = i < SIZES * REPEATS ? "avx512" : "avx2";
        runs[i].seconds[COST_TOTAL] *= i < SIZES * REPEATS ? 1 : 2;
    }
    CHECK_OK(find_and_say(&said, &c, &e), e);
    assert_true(said.sweeps == 2 && said.turnings == 1);
    assert_non_null(strstr(said.text, "ml.m5.large (avx512) costs less than ml.m5.large (avx2)"));
}

// Each of the others beside the one that is cheapest for small tables, whatever the order; without
// a price seconds alone.
static void several_sides(void **state)
{
    (void)state;
    noise = 0;
    const struct side two = {"skiff", "ml.m5.large", "cpu", 2, 0.6, 0.9e-4, 0.115};
    const struct side local = {"torch", NULL, "cpu", 1, 3, 2e-4, NAN};
    struct said said = say((const struct side[]){gpu, two, cpu}, 3, SIZES);
    assert_true(said.sweeps == 3 && said.turnings == 2);
    assert_ptr_equal(strstr(said.text, "ml.m5.large with skiff (cpu) costs less up to"), said.text);
    assert_non_null(strstr(said.text, "\nml.m5.large costs less than 2 x ml.m5.large at every "
                                      "size. At 1,000 rows"));
    said = say((const struct side[]){cpu, local}, 2, SIZES);
    CHECK_LINES(&said, "ml.m5.large with skiff is quicker than this machine with torch at every "
                       "size.");
}

static void noise_is_said(void **state)
{
    (void)state;
    noise = 0.05;
    struct side other = cpu;
    other.instance = "ml.c5.xlarge";
    other.fixed = 0.505;
    struct said said = say((const struct side[]){cpu, other}, 2, SIZES);
    assert_non_null(strstr(said.text, "within noise it may be at any size"));
    other.fixed = 2;
    other.each = 0.99e-4;
    said = say((const struct side[]){cpu, other}, 2, SIZES);
    assert_true(strstr(said.text, "without an upper limit, from ") ||
                strstr(said.text, "do not rule out that this turns above "));
    other.fixed = 0.48;
    other.each = 1.3e-4;
    said = say((const struct side[]){cpu, other}, 2, SIZES);
    assert_true(strstr(said.text, " rows the difference is within noise.") ||
                strstr(said.text, "95 % interval up to "));
    noise = 0;
    said = say((const struct side[]){cpu, cpu}, 2, SIZES);
    assert_int_equal(said.sweeps, 1); // the same side, more runs
    other = cpu;
    other.instance = "ml.m6i.large";
    said = say((const struct side[]){cpu, other}, 2, SIZES);
    assert_non_null(strstr(said.text, "ml.m5.large and ml.m6i.large cost the same, whatever"));
}

static void marks_of_origin(void **state)
{
    (void)state;
    noise = 0;
    struct said said;
    struct error e = {0};
    const struct compare c = make((const struct side[]){cpu, gpu}, 2, SIZES);
    for (size_t k = 0; k < SIZES; k++) {
        rows[k].guessed = true;
        rows[SIZES + k].assumed = true;
        runs[(SIZES + k) * REPEATS].published = true;
    }
    for (size_t i = 0; i < SIZES * REPEATS; i++)
        runs[i].threads = 1;
    CHECK_OK(find_and_say(&said, &c, &e), e);
    assert_non_null(strstr(said.text, "ml.m5.large with skiff (cpu, 1 thread, instance guessed)"));
    assert_non_null(strstr(said.text, "with torch (cuda, 2 threads, instance assumed, published)"));
}

// What a record calls its program may be anything; a pair is one line all the same.
static void names_of_any_kind(void **state)
{
    (void)state;
    noise = 0;
    struct side odd = gpu;
    char much[2000];
    odd.program = "new\nline\x1b[1m";
    struct said said = say((const struct side[]){cpu, odd}, 2, SIZES);
    assert_null(strchr(said.text, '\x1b'));
    assert_ptr_equal(strchr(said.text, '\n'), said.text + strlen(said.text) - 1);
    memset(much, 'x', sizeof much - 1);
    much[sizeof much - 1] = '\0';
    odd.program = much;
    said = say((const struct side[]){cpu, odd}, 2, SIZES);
    assert_non_null(strstr(said.text, "xxxxx (cuda)"));
    assert_true(strlen(said.text) < 2000);
}

static int all_of_it(void *context, struct error *e)
{
    struct said said;
    return find_and_say(&said, context, e);
}

static void memory_may_fail(void **state)
{
    (void)state;
    struct compare c = make((const struct side[]){cpu, gpu}, 2, SIZES);
    assert_true(check_failing_memory(all_of_it, &c) > 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exact_turning),
        cmocka_unit_test(what_is_no_sweep),
        cmocka_unit_test(batches),
        cmocka_unit_test(levels_of_instructions),
        cmocka_unit_test(options_of_other_work),
        cmocka_unit_test(several_sides),
        cmocka_unit_test(noise_is_said),
        cmocka_unit_test(marks_of_origin),
        cmocka_unit_test(names_of_any_kind),
        cmocka_unit_test(memory_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
