// SPDX-License-Identifier: MIT
// Lines through runs and where they cross: exact data with known answers, noise whose intervals
// hold the truth as often as they say, and runs from which nothing follows.
#include "testing.h"

#include "cost/crossing.h"
#include "cost/student.h"

static const double sizes[] = {1000, 3000, 10000, 100000, 1000000};
#define SIZES   (sizeof sizes / sizeof sizes[0])
#define REPEATS 3
#define RUNS    (SIZES * REPEATS)

// About normal, of deviation 1.
static double normal(uint32_t *state)
{
    double sum = 0;
    for (int i = 0; i < 48; i++)
        sum += (double)test_float(state);
    return sum / 4;
}

// Each size REPEATS times, with noise of that share.
static void make_runs(struct growth_run run[RUNS], double fixed, double each, double noise,
                      uint32_t *state)
{
    for (size_t i = 0; i < RUNS; i++) {
        const double size = sizes[i / REPEATS];
        run[i] = (struct growth_run){size, (fixed + each * size) * (1 + noise * normal(state))};
    }
}

static struct growth line(double fixed, double each, double noise, uint32_t *state)
{
    struct growth_run run[RUNS];
    struct growth g;
    struct error e = {0};
    make_runs(run, fixed, each, noise, state);
    CHECK_OK(growth_fit(&g, run, RUNS, &e), e);
    return g;
}

static struct growth exact(double fixed, double each)
{
    uint32_t state = 1;
    return line(fixed, each, 0, &state);
}

static struct crossing cross(const struct growth *a, double pa, const struct growth *b, double pb)
{
    struct crossing c;
    crossing_find(&c, (const struct crossing_side[]){{a, pa}, {b, pb}});
    return c;
}

// ---- student ----

static void quantiles(void **state)
{
    (void)state;
    assert_true(isnan(student_95(0)));
    assert_true(isnan(student_95(NAN)));
    check_close(student_95(1), 12.7062047, 1e-6, "1 degree");
    check_close(student_95(1.5), 7.3, 0.5, "1.5 degrees"); // between 12.7 and 4.3
    check_close(student_95(10), 2.2281389, 1e-6, "10 degrees");
    check_close(student_95(30), 2.0422725, 2e-4, "30 degrees");
    check_close(student_95(60), 2.0002978, 1e-4, "60 degrees");
    check_close(student_95(1e9), 1.9599640, 1e-6, "many degrees");
    for (double f = 1; f < 100; f += 0.25)
        assert_true(student_95(f) > student_95(f + 0.25));
}

// ---- the line ----

static void exact_lines(void **state)
{
    (void)state;
    const struct growth g = exact(2.5, 3e-5);
    check_close(g.fixed, 2.5, 1e-12, "fixed");
    check_close(g.each, 3e-5, 1e-17, "each");
    check_close(growth_seconds(&g, 2e6), 62.5, 1e-9, "seconds beyond the runs");
    check_close(growth_deviation(&g, 2e6), 0, 1e-9, "deviation");
    check_close(g.freedom, RUNS - 2, 0, "freedom");
    assert_true(g.low == 1000 && g.high == 1e6 && g.runs == RUNS);
}

// Three decades of time: the ends count alike, and one run that took three times as long matters
// little.
static void slow_run(void **state)
{
    (void)state;
    struct growth_run run[RUNS];
    struct growth g;
    struct error e = {0};
    uint32_t random = 7;
    make_runs(run, 0.01, 1e-5, 0, &random);
    run[4].seconds *= 3;
    CHECK_OK(growth_fit(&g, run, RUNS, &e), e);
    check_close(g.fixed, 0.01, 0.002, "fixed beside a slow run");
    check_close(g.each, 1e-5, 5e-7, "each beside a slow run");
    assert_true(g.spread > 0.1 && g.spread < 0.3);
}

// A line through runs that fall, and through runs that grow faster than their sizes.
static void nothing_below_zero(void **state)
{
    (void)state;
    struct growth g;
    struct error e = {0};
    const struct growth_run falling[] = {{10, 5}, {20, 4}, {30, 3}};
    CHECK_OK(growth_fit(&g, falling, 3, &e), e);
    check_close(g.each, 0, 0, "each of falling runs");
    // sum of 1/t over sum of 1/t^2
    check_close(g.fixed, (1.0 / 5 + 1.0 / 4 + 1.0 / 3) / (1.0 / 25 + 1.0 / 16 + 1.0 / 9), 1e-12,
                "fixed of falling runs");
    assert_true(g.variance[2] == 0 && g.variance[0] > 0 && g.freedom == 2);
    const struct growth_run curved[] = {{1, 1}, {2, 4}, {3, 9}};
    CHECK_OK(growth_fit(&g, curved, 3, &e), e);
    check_close(g.fixed, 0, 0, "fixed of curved runs");
    check_close(g.each, (1 + 0.5 + 1.0 / 3) / (1 + 0.25 + 1.0 / 9), 1e-12, "each of curved runs");
    assert_true(g.variance[0] == 0 && g.variance[2] > 0);
}

static void two_runs(void **state)
{
    (void)state;
    struct growth g, more = exact(1, 1e-3);
    struct error e = {0};
    const struct growth_run run[] = {{0, 3}, {100, 5}};
    CHECK_OK(growth_fit(&g, run, 2, &e), e);
    check_close(g.fixed, 3, 1e-12, "fixed");
    check_close(g.each, 0.02, 1e-14, "each");
    assert_true(g.freedom == 0 && isnan(g.spread) && isnan(growth_deviation(&g, 50)));
    const struct crossing c = cross(&g, 1, &more, 3);
    assert_true(!c.judged && isnan(c.low) && isnan(c.high));
    struct crossing_price p;
    crossing_price(&p, &(struct crossing_side){&g, 0.1}, &more, 50);
    check_close(p.price, 0.1 * 4 / 1.05, 1e-12, "price");
    assert_true(isnan(p.low) && isnan(p.high));
}

static void refused(const struct growth_run *run, size_t n, int code, const char *what)
{
    struct growth g;
    struct error e = {0};
    check_refused(growth_fit(&g, run, n, &e), code, &e, what);
}

static void runs_without_a_line(void **state)
{
    (void)state;
    refused(NULL, 0, ERR_DATA, "no runs");
    refused((struct growth_run[]){{5, 1}}, 1, ERR_DATA, "two sizes");
    refused((struct growth_run[]){{5, 1}, {5, 2}, {5, 3}}, 3, ERR_DATA, "of size 5");
    refused((struct growth_run[]){{5, 1}, {NAN, 2}}, 2, ERR_DATA, "sizes are finite");
    refused((struct growth_run[]){{5, 1}, {-1, 2}}, 2, ERR_DATA, "a run of size -1");
    refused((struct growth_run[]){{5, 1}, {INFINITY, 2}}, 2, ERR_DATA, "a run of size inf");
    refused((struct growth_run[]){{5, 0}, {6, 2}}, 2, ERR_DATA, "0 seconds (size 5)");
    refused((struct growth_run[]){{5, -1}, {6, 2}}, 2, ERR_DATA, "-1 seconds");
    refused((struct growth_run[]){{5, NAN}, {6, 2}}, 2, ERR_DATA, "times are finite");
    refused((struct growth_run[]){{5, 1e-300}, {6, 2}}, 2, ERR_NUMERIC, "for a line");
    refused((struct growth_run[]){{1e300, 1}, {nextafter(1e300, 0), 2}}, 2, ERR_NUMERIC, "sizes");
}

// ---- the crossing ----

static void exact_crossings(void **state)
{
    (void)state;
    const struct growth cpu = exact(1, 1e-4), gpu = exact(20, 1e-5), late = exact(20, 2e-4);
    struct crossing c = cross(&cpu, 1, &gpu, 1);
    assert_true(c.crosses && c.cheaper == 0 && c.judged && c.measured);
    check_close(c.size, 19 / 9e-5, 1e-5, "seconds are equal");
    check_close(c.low, c.size, 1e-3, "low");
    check_close(c.high, c.size, 1e-3, "high");
    c = cross(&cpu, 0.1, &gpu, 0.6); // dollars: 0.1 + 1e-5 x, 12 + 6e-6 x
    assert_true(c.crosses && c.cheaper == 0 && !c.measured);
    check_close(c.size, 11.9 / 4e-6, 1e-3, "dollars are equal");
    c = cross(&gpu, 0.6, &cpu, 0.1);
    assert_true(c.crosses && c.cheaper == 1);
    c = cross(&cpu, 0.1, &gpu, 2); // both terms are dearer
    assert_true(!c.crosses && c.cheaper == 0 && c.judged && isnan(c.low) && isnan(c.size));
    c = cross(&late, 1, &cpu, 1);
    assert_true(!c.crosses && c.cheaper == 1);
}

static void lines_alike(void **state)
{
    (void)state;
    const struct growth one = exact(1, 1e-4), above = exact(2, 1e-4), steep = exact(1, 2e-4);
    struct crossing c = cross(&one, 1, &one, 1);
    assert_true(!c.crosses && c.cheaper == -1);
    c = cross(&one, 1, &above, 1); // equal slopes
    assert_true(!c.crosses && c.cheaper == 0 && isnan(c.low));
    c = cross(&above, 1, &one, 1);
    assert_true(!c.crosses && c.cheaper == 1);
    c = cross(&one, 1, &steep, 1); // they meet at 0 only
    assert_true(!c.crosses && c.cheaper == 0);
}

// Slopes that noise does not tell apart: no upper end, and where the lines seem not to cross at all
// it is said from where on they may.
static void open_ends(void **state)
{
    (void)state;
    uint32_t random = 5;
    const struct growth a = line(1, 1e-4, 0.05, &random), b = line(9, 0.98e-4, 0.05, &random);
    struct crossing c = cross(&a, 1, &b, 1);
    assert_true(c.judged && c.low > 1e4 && c.high == INFINITY);
    c = cross(&a, 1, &b, 0.2); // a fifth of the price is far from noise
    assert_true(c.crosses && c.cheaper == 0 && c.low > 5000 && c.high < 20000);
    c = cross(&a, 1, &b, 5); // dearer everywhere, and for sure
    assert_true(!c.crosses && c.cheaper == 0 && c.judged && isnan(c.low));
}

// The interval holds the true crossing 95 times of 100; so does that of the price.
static void intervals_hold(void **state)
{
    (void)state;
    uint32_t random = 99;
    const int sets = 2000;
    int held = 0, priced = 0, bounded = 0;
    for (int i = 0; i < sets; i++) {
        const struct growth a = line(1, 1e-4, 0.04, &random), b = line(12, 4e-5, 0.08, &random);
        const struct crossing c = cross(&a, 1, &b, 1);
        const double truth = 11 / 6e-5;
        held += c.low <= truth && truth <= c.high;
        bounded += c.high < INFINITY;
        struct crossing_price p;
        crossing_price(&p, &(struct crossing_side){&a, 0.1}, &b, 5e4);
        priced += p.low <= 0.1 * 6 / 14 && 0.1 * 6 / 14 <= p.high;
    }
    assert_int_equal(bounded, sets);
    check_close((double)held / sets, 0.955, 0.02, "crossings held");
    check_close((double)priced / sets, 0.955, 0.02, "prices held");
}

static void prices_that_match(void **state)
{
    (void)state;
    const struct growth cpu = exact(1, 1e-4), gpu = exact(20, 1e-5);
    struct crossing_price p;
    crossing_price(&p, &(struct crossing_side){&cpu, 0.115}, &gpu, 1e5);
    check_close(p.price, 0.115 * 11 / 21, 1e-12, "price at 100000");
    check_close(p.low, p.price, 1e-9, "low");
    check_close(p.high, p.price, 1e-9, "high");
    struct crossing c = cross(&cpu, 0.115, &gpu, p.price);
    check_close(c.size, 1e5, 1e-3, "at that price they cross there");
}

static void takes_no_memory(void **state)
{
    (void)state;
    mem_fail_at(1);
    const struct growth a = exact(1, 1e-4), b = exact(2, 1e-5);
    const struct crossing c = cross(&a, 1, &b, 1);
    assert_true(c.crosses);
    assert_int_equal(mem_fail_at(0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantiles),         cmocka_unit_test(exact_lines),
        cmocka_unit_test(slow_run),          cmocka_unit_test(nothing_below_zero),
        cmocka_unit_test(two_runs),          cmocka_unit_test(runs_without_a_line),
        cmocka_unit_test(exact_crossings),   cmocka_unit_test(lines_alike),
        cmocka_unit_test(open_ends),         cmocka_unit_test(intervals_hold),
        cmocka_unit_test(prices_that_match), cmocka_unit_test(takes_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
