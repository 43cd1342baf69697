// SPDX-License-Identifier: MIT
// Comparisons of hand-made records whose right answer is known: dollars to the cent and below, what
// belongs together, noise, the Pareto line, the choice, targets; what is refused; faults.
#include "testing.h"

#include "cost/compare.h"
#include "cost/cost_text.h"

static const char price_list[] = "instance,usd_per_hour\n"
                                 "ml.m5.large,0.115\nml.m5.xlarge,0.23\nml.g4dn.xlarge,0.7364\n"
                                 "storage.gb,0.0002\n";

struct setting {
    struct prices prices;
    struct cost_runs runs;
    struct compare_spec spec;
    struct compare c;
    struct error e;
};

static void begin(struct setting *s)
{
    *s = (struct setting){.spec = {.metric = COST_METRICS}};
    CHECK_OK(prices_parse(&s->prices, "p.csv", price_list, sizeof price_list - 1, &s->e), s->e);
    s->spec.prices = &s->prices;
}

static void end(struct setting *s)
{
    compare_clear(&s->c);
    cost_runs_clear(&s->runs);
    prices_clear(&s->prices);
}

// A run of 1000 rows and 7 features, judged on 1000 rows.
struct made {
    const char *name, *instance;
    size_t count;
    const char *device;
    double total;
    size_t billable; // 0: not said
    double accuracy; // 0: not said
    const char *options;
};

static void add(struct setting *s, const struct made *m)
{
    char text[2048], billable[64] = "", metrics[128] = "", instance[128] = "";
    if (m->billable)
        snprintf(billable, sizeof billable, ", \"billable\": %zu", m->billable);
    if (m->accuracy > 0)
        snprintf(metrics, sizeof metrics,
                 ", \"metrics\": {\"val\": {\"n\": 1000, \"accuracy\": %g}}", m->accuracy);
    if (m->instance)
        snprintf(instance, sizeof instance,
                 ", \"instance\": {\"type\": \"%s\", \"source\": \"job\", \"count\": %zu}",
                 m->instance, m->count ? m->count : 1);
    snprintf(text, sizeof text,
             "{\"program\": \"skiff\", \"name\": \"%s\", \"device\": {\"kind\": \"%s\"}%s,"
             " \"data\": {\"train_rows\": 1000, \"features\": 7}, \"training\": {\"epochs\": 100},"
             " \"options\": {%s}, \"seconds\": {\"train\": %g, \"total\": %g%s}%s}",
             m->name, m->device ? m->device : "cpu", instance, m->options ? m->options : "",
             m->total / 2, m->total, billable, metrics);
    CHECK_OK(cost_runs_add_record(&s->runs, "x.json", text, strlen(text), &s->e), s->e);
}

static void make(struct setting *s)
{
    compare_clear(&s->c);
    CHECK_OK(compare_make(&s->c, &s->spec, &s->runs, &s->e), s->e);
}

// The lesson's jobs: what is billed is of all instances together.
static void dollars_to_the_cent(void **state)
{
    (void)state;
    struct setting s;
    begin(&s);
    add(&s, &(struct made){"m5", "ml.m5.large", .total = 135, .billable = 135});
    add(&s,
        &(struct made){"g4dn", "ml.g4dn.xlarge", .device = "cuda", .total = 350, .billable = 350});
    add(&s, &(struct made){"two", "ml.m5.xlarge", 2, .total = 114, .billable = 228});
    add(&s, &(struct made){"derived", "ml.m5.xlarge", 3, .total = 10.25});
    make(&s);
    assert_int_equal(s.c.rows, 4);
    check_close(s.c.row[0].dollars.median, 0.0043125, 1e-12, "one m5.large");
    check_close(s.c.row[1].dollars.median, 0.0715944444, 1e-9, "one g4dn.xlarge");
    check_close(s.c.row[2].dollars.median, 0.0145666667, 1e-9, "two m5.xlarge");
    check_close(s.c.row[3].dollars.median, 33 * 0.23 / 3600, 1e-15, "three, 11 s each");
    check_close(s.c.row[1].speed, 135.0 / 350, 1e-12, "speed");
    check_close(s.c.row[1].cost, 16.6016, 1e-4, "cost");
    assert_true(s.c.row[0].speed == 1 && s.c.row[0].cost == 1);
    check_close(s.c.row[0].epochs_per_second.median, 100 / 67.5, 1e-12, "epochs");
    s.spec.spot_percent = 70;
    make(&s);
    check_close(s.c.row[0].dollars.median, 0.3 * 0.0043125, 1e-12, "spot");
    s.spec.storage_gb = 30; // which no discount is given on
    make(&s);
    check_close(s.c.row[2].dollars.median, 228 * (0.3 * 0.23 + 30 * 0.0002) / 3600, 1e-12, "disk");
    s.spec = (struct compare_spec){.metric = COST_METRICS, .prices = &s.prices, .overhead = 60};
    make(&s);
    check_close(s.c.row[3].dollars.median, 3 * 71 * 0.23 / 3600, 1e-15, "overhead");
    check_close(s.c.row[3].elapsed.median, 70.25, 1e-12, "overhead in time");
    end(&s);
}

static void runs_of_one_configuration(void **state)
{
    (void)state;
    struct setting s;
    begin(&s);
    add(&s,
        &(struct made){"a", "ml.m5.large", .total = 3, .options = "\"seed\": 1, \"out\": \"p\""});
    add(&s, &(struct made){"b", "ml.m5.xlarge", .total = 1});
    add(&s, &(struct made){"c", "ml.m5.large", .total = 1, .options = "\"seed\": 2"});
    add(&s, &(struct made){"d", "ml.m5.large", .total = 8, .options = "\"threads\": 2"});
    add(&s, &(struct made){"e", "ml.m5.large", .total = 1, .options = "\"dropout\": 0.5"});
    add(&s, &(struct made){"f", "ml.m5.large", 2, .total = 1});
    make(&s);
    assert_int_equal(s.c.rows, 4);
    const struct compare_row *row = &s.c.row[0];
    assert_int_equal(row->runs, 3);
    assert_string_equal(row->run[1]->name, "c");
    const struct spread *t = &row->seconds[COST_TOTAL]; // of 3, 1, 8
    assert_true(t->n == 3 && t->median == 3 && t->min == 1 && t->max == 8);
    check_close(t->mean, cbrt(24), 1e-12, "geometric mean");
    check_close(t->deviation, 1.040277, 1e-6, "deviation of logarithms");
    check_close(t->low, cbrt(24) / exp(4.302653 * t->deviation / sqrt(3)), 1e-5, "Student's t");
    assert_int_equal(s.c.tables, 1);
    end(&s);
}

static void noise(void **state)
{
    (void)state;
    struct setting s;
    begin(&s);
    static const double first[] = {10, 11, 12}, same[] = {11, 12, 13}, other[] = {20, 21, 22};
    for (int i = 0; i < 3; i++) {
        add(&s, &(struct made){"first", "ml.m5.large", .total = first[i], .accuracy = 0.8});
        add(&s, &(struct made){"same", "ml.m5.xlarge", .total = same[i], .accuracy = 0.82});
        add(&s, &(struct made){"other", "ml.g4dn.xlarge", .total = other[i], .accuracy = 0.9});
    }
    add(&s, &(struct made){"alone", "ml.m5.large", 2, .total = 30, .accuracy = 0.5});
    make(&s);
    assert_int_equal(s.c.row[0].slower, VERDICT_NOISE);
    // Welch: of logarithms t = 0.0875 / 0.0714 = 1.23, with 4 degrees of freedom not above 2.78
    assert_int_equal(s.c.row[1].slower, VERDICT_NOISE);
    assert_int_equal(s.c.row[1].dearer, VERDICT_MORE); // at twice the price
    assert_int_equal(s.c.row[2].slower, VERDICT_MORE);
    assert_int_equal(s.c.row[3].slower, VERDICT_UNKNOWN);
    // of 1000 rows: 0.774 to 0.824 against 0.795 to 0.843, 0.880 to 0.917, 0.469 to 0.531
    assert_int_equal(s.c.row[1].better, VERDICT_NOISE);
    assert_int_equal(s.c.row[2].better, VERDICT_MORE);
    assert_int_equal(s.c.row[3].better, VERDICT_LESS);
    s.spec.baseline = "other";
    make(&s);
    assert_int_equal(s.c.baseline, 2);
    assert_int_equal(s.c.row[0].slower, VERDICT_LESS);
    end(&s);
}

// Two runs that are far apart still tell what takes a thousand times as long.
static void noise_is_a_factor(void **state)
{
    (void)state;
    struct setting s;
    begin(&s);
    static const double quick[] = {0.06, 0.1}, slow[] = {60, 100};
    for (int i = 0; i < 2; i++) {
        add(&s, &(struct made){"quick", "ml.m5.large", .total = quick[i]});
        add(&s, &(struct made){"slow", "ml.m5.xlarge", .total = slow[i]});
        add(&s, &(struct made){"nothing", "ml.g4dn.xlarge", .total = 0});
    }
    make(&s);
    assert_int_equal(s.c.row[1].slower, VERDICT_MORE);
    assert_true(s.c.row[1].elapsed.low > 0);
    const struct spread *nothing = &s.c.row[2].elapsed;
    assert_true(nothing->scale == SPREAD_PLAIN && nothing->mean == 0 && nothing->low == 0);
    assert_int_equal(s.c.row[2].slower, VERDICT_UNKNOWN);
    end(&s);
}

// Without intervals of their own, metrics differ by what runs differ; one run says nothing.
static void noise_of_losses(void **state)
{
    (void)state;
    struct setting s;
    begin(&s);
    static const double loss[][3] = {{0.5, 0.51, 0.52}, {0.505, 0.515, 0.525}, {0.3, 0.31, 0.32}};
    for (int row = 0; row < 3; row++)
        for (int i = 0; i < 3; i++) {
            char text[512];
            snprintf(text, sizeof text,
                     "{\"name\": \"x\", \"instance\": {\"type\": \"ml.m5.large\", \"count\": %d},"
                     " \"seconds\": {\"total\": 1}, \"metrics\": {\"val\": {\"log_loss\": %g}}}",
                     row + 1, loss[row][i]);
            CHECK_OK(cost_runs_add_record(&s.runs, "x.json", text, strlen(text), &s.e), s.e);
        }
    make(&s);
    assert_int_equal(s.c.metric, COST_LOG_LOSS);
    assert_true(s.c.row[2].judged.value == 0.31 && isnan(s.c.row[2].judged.low));
    assert_int_equal(s.c.row[1].better, VERDICT_NOISE);
    assert_int_equal(s.c.row[2].better, VERDICT_MORE); // a smaller loss
    assert_int_equal(s.c.table[0].best, 2);
    end(&s);
}

static void pareto_and_choice(void **state)
{
    (void)state;
    struct setting s;
    begin(&s);
    add(&s, &(struct made){"cheap and bad", "ml.m5.large", .total = 10, .accuracy = 0.6});
    add(&s, &(struct made){"good", "ml.m5.large", 2, .total = 20, .accuracy = 0.89});
    add(&s, &(struct made){"dear and as good", "ml.m5.xlarge", .total = 90, .accuracy = 0.89});
    add(&s,
        &(struct made){"best", "ml.g4dn.xlarge", .device = "cuda", .total = 60, .accuracy = 0.9});
    add(&s, &(struct made){"no price", "ml.unheard.of", .total = 1, .accuracy = 0.9});
    add(&s, &(struct made){"no metric", "ml.m5.large", 3, .total = 1});
    make(&s);
    static const bool pareto[] = {true, true, false, true, false, false};
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(s.c.row[i].pareto, pareto[i]);
    const struct compare_table *t = &s.c.table[0];
    assert_true(t->best == 3 && t->choice == 1 && t->next == 5);
    assert_non_null(strstr(
        s.c.answer.data, "For a table of 1000 rows and 7 features, rent 2 x ml.m5.large with skiff"
                         " (cpu): $0.00128 a run (40 s billed), $1.28 a thousand runs, val accuracy"
                         " 0.890 (0.869 to 0.908), not worse than the best by more than noise"));
    assert_non_null(strstr(s.c.notes.data, "no price: no price of ml.unheard.of is known"));
    end(&s);
}

// Of rows that cost the same the best, wherever it stands.
static void better_for_as_much(void **state)
{
    (void)state;
    struct setting s;
    begin(&s);
    add(&s, &(struct made){"worse", "ml.m5.large", .total = 20.1, .accuracy = 0.88});
    add(&s, &(struct made){"better", "ml.m5.large", .total = 20.2, .accuracy = 0.89,
                           .options = "\"dropout\": 0.5"});
    add(&s, &(struct made){"between", "ml.m5.large", .total = 20.3, .accuracy = 0.885,
                           .options = "\"dropout\": 0.25"});
    make(&s);
    assert_int_equal(s.c.rows, 3);
    assert_int_equal(s.c.table[0].choice, 1);
    assert_non_null(strstr(s.c.answer.data, ", the best there is"));
    end(&s);
}

static void instances_assumed(void **state)
{
    (void)state;
    struct setting s;
    begin(&s);
    add(&s, &(struct made){"nowhere", NULL, .total = 10});
    add(&s, &(struct made){"somewhere", "ml.m5.large", .total = 10});
    make(&s);
    assert_true(isnan(s.c.row[0].dollars.median) && !s.c.row[0].price);
    assert_non_null(strstr(s.c.notes.data, "1 row without an instance"));
    const struct compare_assumption all[] = {{NULL, "ml.g4dn.xlarge"},
                                             {"somewhere", "ml.m5.xlarge"}};
    s.spec.assumption = all;
    s.spec.assumptions = 1;
    make(&s);
    check_close(s.c.row[0].dollars.median, 7.364 / 3600, 1e-12, "as if on a g4dn");
    check_close(s.c.row[1].dollars.median, 1.15 / 3600, 1e-12, "as it says");
    assert_true(s.c.row[0].assumed && !s.c.row[1].assumed);
    s.spec.assumptions = 2;
    make(&s);
    check_close(s.c.row[1].dollars.median, 2.3 / 3600, 1e-12, "as if on an xlarge");
    end(&s);
}

static void follow(struct cost_run *r, double second)
{
    struct error e = {0};
    static const double auroc[] = {0.5, 0.7, 0.6, 0.84, 0.9};
    CHECK_OK(history_reserve(&r->history, 5, &e), e);
    for (size_t i = 0; i < 5; i++) {
        for (int c = 0; c < HISTORY_COLUMNS; c++)
            r->history.row[i].value[c] = NAN;
        r->history.row[i].value[HISTORY_VAL_AUROC] = auroc[i];
        r->history.row[i].value[HISTORY_VAL_LOSS] = 1 - auroc[i];
        r->history.row[i].value[HISTORY_SECONDS] = second * (double)(i + 1);
    }
    r->history.count = 5;
}

static void check_reached(struct setting *s, struct compare_target *target, const char *text,
                          const char *first, const char *second)
{
    char said[2][COMPARE_REACHED_MAX];
    CHECK_OK(compare_target_parse(target, text, &s->e), s->e);
    make(s);
    for (size_t i = 0; i < 2; i++)
        compare_reached(said[i], &s->c.row[i]);
    assert_string_equal(said[0], first);
    assert_string_equal(said[1], second);
}

static void targets(void **state)
{
    (void)state;
    struct setting s;
    struct compare_target target;
    begin(&s);
    add(&s, &(struct made){"followed", "ml.m5.large", 2, .total = 10});
    add(&s, &(struct made){"not", "ml.m5.xlarge", .total = 10});
    follow(&s.runs.item[0], 2);
    s.runs.item[0].seconds[COST_LOAD] = 0.5;
    s.spec.target = &target;
    CHECK_OK(compare_target_parse(&target, "val_auroc=0.84", &s.e), s.e);
    make(&s);
    assert_true(s.c.row[0].followed == 1 && s.c.row[0].reached == 1 && s.c.row[1].followed == 0);
    check_close(s.c.row[0].target_seconds.median, 8.5, 1e-12, "the fourth epoch");
    check_close(s.c.row[0].target_dollars.median, 2 * 9 * 0.115 / 3600, 1e-15,
                "nine seconds of two");
    CHECK_OK(compare_target_parse(&target, "val_loss=0.31", &s.e), s.e);
    make(&s);
    check_close(s.c.row[0].target_seconds.median, 4.5, 1e-12, "the second epoch");
    CHECK_OK(compare_target_parse(&target, "val_auroc=0.91", &s.e), s.e);
    make(&s);
    assert_true(s.c.row[0].followed == 1 && s.c.row[0].reached == 0 &&
                isnan(s.c.row[0].target_seconds.median));
    // what comes behind a missing value may not have been the first
    s.runs.item[0].history.row[2].value[HISTORY_VAL_AUROC] = NAN;
    s.runs.item[0].history.row[4].value[HISTORY_VAL_LOSS] = NAN;
    check_reached(&s, &target, "val_auroc=0.7", "1 of 1", "no history");
    follow(&s.runs.item[1], 2);
    check_reached(&s, &target, "val_auroc=0.84", "not recorded", "1 of 1");
    check_reached(&s, &target, "val_loss=0.17", "1 of 1", "1 of 1");
    check_reached(&s, &target, "val_loss=0.01", "not recorded", "not reached");
    CHECK_OK(compare_target_parse(&target, "val_rmse=1", &s.e), s.e);
    compare_clear(&s.c);
    check_refused(compare_make(&s.c, &s.spec, &s.runs, &s.e), ERR_DATA, &s.e,
                  "--target: no run has val_rmse epoch by epoch");
    end(&s);
}

static void refused_target(const char *text, const char *what)
{
    struct compare_target target;
    struct error e = {0};
    check_refused(compare_target_parse(&target, text, &e), ERR_USAGE, &e, what);
}

static void refused(const struct compare_spec *change, int code, const char *what)
{
    struct setting s;
    begin(&s);
    add(&s, &(struct made){"first", "ml.m5.large", .total = 10, .accuracy = 0.5});
    const struct prices *prices = s.spec.prices;
    s.spec = *change;
    s.spec.prices = prices;
    check_refused(compare_make(&s.c, &s.spec, &s.runs, &s.e), code, &s.e, what);
    assert_null(s.c.row);
    end(&s);
}

static void refusals(void **state)
{
    (void)state;
    static const struct compare_assumption no_price[] = {{NULL, "ml.m5.larg"}},
                                           no_run[] = {{"frist", "ml.m5.large"}};
    refused_target("val_aurok=0.8", "did you mean 'val_auroc'?");
    refused_target("val_auroc", "is no METRIC=VALUE");
    refused_target("val_auroc=high", "'high' is not a number");
    refused_target("seconds=3", "is no METRIC=VALUE");
    refused_target("", "is no METRIC=VALUE");
    refused(&(struct compare_spec){.metric = COST_METRICS, .baseline = "frist"}, ERR_USAGE,
            "--baseline: no run is called 'frist'; did you mean 'first'?");
    refused(&(struct compare_spec){.metric = COST_RMSE}, ERR_DATA, "--metric: no run has rmse");
    refused(
        &(struct compare_spec){.metric = COST_METRICS, .assumption = no_price, .assumptions = 1},
        ERR_USAGE, "no price of 'ml.m5.larg'; did you mean 'ml.m5.large'?");
    refused(&(struct compare_spec){.metric = COST_METRICS, .assumption = no_run, .assumptions = 1},
            ERR_USAGE, "--instance: no run is called 'frist'; did you mean 'first'?");
}

static void storage_needs_a_price(void **state)
{
    (void)state;
    struct setting s;
    static const char no_storage[] = "instance,usd_per_hour\nml.m5.large,1\n";
    begin(&s);
    prices_clear(&s.prices);
    CHECK_OK(prices_parse(&s.prices, "p.csv", no_storage, sizeof no_storage - 1, &s.e), s.e);
    add(&s, &(struct made){"first", "ml.m5.large", .total = 10});
    s.spec.storage_gb = 1;
    check_refused(compare_make(&s.c, &s.spec, &s.runs, &s.e), ERR_USAGE, &s.e, "'storage.gb'");
    end(&s);
}

static void numbers_as_text(void **state)
{
    (void)state;
    static const struct {
        double x;
        const char *text, *dollars;
    } cases[] = {
        {0, "0", "$0"},
        {135, "135", "$135.00"},
        {1234.5, "1234", "$1234.50"},
        {0.0043125, "0.00431", "$0.00431"},
        {0.5, "0.500", "$0.500"},
        {1.2345, "1.23", "$1.23"},
        {12.345, "12.3", "$12.35"},
        {0.000000064, "0.0000000640", "$0.0000000640"},
        {NAN, "", ""},
        {INFINITY, "", ""},
        {1e300, "over 1000000000000000", "$over 1000000000000000"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[COST_TEXT_MAX], dollars[COST_TEXT_MAX];
        cost_text(text, cases[i].x);
        cost_text_dollars(dollars, cases[i].x);
        assert_string_equal(text, cases[i].text);
        assert_string_equal(dollars, cases[i].dollars);
    }
}

static int make_again(void *context, struct error *e)
{
    struct setting *s = context;
    struct compare c;
    const int rc = compare_make(&c, &s->spec, &s->runs, e);
    if (rc == 0)
        compare_clear(&c);
    return rc;
}

static void faults(void **state)
{
    (void)state;
    struct setting s;
    begin(&s);
    add(&s, &(struct made){"a", "ml.m5.large", .total = 10, .accuracy = 0.5});
    add(&s, &(struct made){"b", NULL, .total = 10, .accuracy = 0.5});
    assert_true(check_failing_memory(make_again, &s) >= 8);
    end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dollars_to_the_cent),
        cmocka_unit_test(runs_of_one_configuration),
        cmocka_unit_test(noise),
        cmocka_unit_test(noise_of_losses),
        cmocka_unit_test(noise_is_a_factor),
        cmocka_unit_test(pareto_and_choice),
        cmocka_unit_test(better_for_as_much),
        cmocka_unit_test(instances_assumed),
        cmocka_unit_test(targets),
        cmocka_unit_test(refusals),
        cmocka_unit_test(storage_needs_a_price),
        cmocka_unit_test(numbers_as_text),
        cmocka_unit_test(faults),
    };
    return cmocka_run_group_tests_name("compare", tests, NULL, NULL);
}
