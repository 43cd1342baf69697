// SPDX-License-Identifier: MIT
// The page of a comparison: what it must say, names that are markup, the same bytes each time, and
// memory that fails. tests/shell/compare_page.sh looks at whole pages.
#include "testing.h"

#include "report/compare_page.h"

static const char price_list[] = "instance,usd_per_hour,vcpus,memory_gib,gpu,source,as_of\n"
                                 "ml.m5.large,0.115,2,8,,the <list>,2026-09-27\n"
                                 "ml.g4dn.xlarge,0.7364,4,16,1xT4,the "
                                 "<list>,2026-09-28\nstorage.gb,0.0002,,,,disks,2026-09-29\n";

static struct prices prices;
static struct cost_runs runs;
static struct compare compared;

struct made {
    const char *name, *program, *instance, *device;
    size_t rows;
    double total, auroc; // 0: no metric
    const char *more;    // members of the record
};

static void add(const struct made *m)
{
    char text[2048], metrics[160] = "";
    struct error e = {0};
    if (m->auroc > 0)
        snprintf(metrics, sizeof metrics,
                 ", \"metrics\": {\"val\": {\"n\": 143, \"positives\": 50, \"auroc\": %g}}",
                 m->auroc);
    snprintf(
        text, sizeof text,
        "{\"program\": \"%s\", \"name\": \"%s\", \"device\": {\"kind\": \"%s\"}, \"instance\": "
        "{\"type\": \"%s\", \"source\": \"job\", \"count\": 1}, \"data\": {\"train_rows\": %zu, "
        "\"features\": 7}, \"training\": {\"epochs\": 100}, \"options\": {\"hidden\": "
        "\"64,32\"}, \"seconds\": {\"load\": 0.1, \"train\": %g, \"total\": %g}%s%s}",
        m->program, m->name, m->device, m->instance, m->rows, m->total / 2, m->total, metrics,
        m->more ? m->more : "");
    CHECK_OK(cost_runs_add_record(&runs, "x.json", text, strlen(text), &e), e);
}

static int begin(void **state)
{
    (void)state;
    struct error e = {0};
    return prices_parse(&prices, "p.csv", price_list, sizeof price_list - 1, &e);
}

static int end(void **state)
{
    (void)state;
    compare_clear(&compared);
    cost_runs_clear(&runs);
    prices_clear(&prices);
    return 0;
}

static void make(const struct compare_spec *spec)
{
    struct compare_spec own = spec ? *spec : (struct compare_spec){.metric = COST_METRICS};
    struct error e = {0};
    own.prices = &prices;
    CHECK_OK(compare_make(&compared, &own, &runs, &e), e);
}

// Two programs on tables of three sizes, twice each: seconds cross at 100,000 rows.
static void add_sweeps(void)
{
    static const size_t sizes[] = {1000, 30000, 1000000};
    for (size_t i = 0; i < 6; i++) {
        const size_t rows = sizes[i / 2];
        const double noise = i % 2 ? 1.01 : 0.99;
        add(&(struct made){"small", "skiff", "ml.m5.large", "cpu", rows,
                           (1 + 1e-4 * (double)rows) * noise, .auroc = 0.86});
        add(&(struct made){"large", "torch", "ml.g4dn.xlarge", "cuda", rows,
                           (10 + 1e-5 * (double)rows) / noise, .auroc = 0.85});
    }
}

static void draw(struct buf *out)
{
    struct error e = {0};
    buf_init(out, COMPARE_PAGE_MAX);
    CHECK_OK(compare_page(&compared, out, &e), e);
}

static void check_says(const struct buf *page, const char *text)
{
    if (!strstr(page->data, text))
        fail_msg("the page does not say '%s':\n%s", text, strstr(page->data, "<body>"));
}

static void check_silent(const struct buf *page, const char *text)
{
    if (strstr(page->data, text))
        fail_msg("the page says '%s': %.300s", text, strstr(page->data, text));
}

static void all_of_it(void **state)
{
    (void)state;
    struct buf page;
    add_sweeps();
    add(&(struct made){"theirs", "torch", "ml.m5.large", "cpu", 569, 135,
                       .more = ", \"published\": true, \"citation\": \"https://example.org/a\", "
                               "\"note\": \"a note\""});
    make(&(struct compare_spec){
        .metric = COST_METRICS, .storage_gb = 30, .spot_percent = 25, .overhead = 0});
    draw(&page);
    check_says(&page, "<title>What runs cost</title>");
    check_says(&page, "ml.m5.large with skiff (cpu) is quicker up to 100,000 rows (95 % interval ");
    check_says(&page, "cost $");
    check_says(&page, ">Cost and quality<");
    check_says(&page, ">Dollars and size<");
    check_says(&page, ">Seconds and size<");
    check_says(&page, "↑ val_auroc");
    check_says(&page, "published, not ours");
    check_says(&page, "https://example.org/a");
    check_says(&page, "a note");
    check_says(&page, "the &lt;list&gt;");
    check_says(&page, "2026-09-27");
    check_says(&page, "2026-09-28");
    check_says(&page, "2026-09-29"); // of storage, which is used
    check_says(&page, "1xT4");
    check_silent(&page, "<list>");
    check_silent(&page, "class=\"missing\"");
    check_silent(&page, "<script");
    buf_clear(&page);
}

// More instances than anybody reads sentences about, or can tell apart in a figure.
static void many_pairs(void **state)
{
    (void)state;
    struct buf page;
    for (size_t i = 0; i < 60; i++) {
        char name[32];
        snprintf(name, sizeof name, "own.%zu", i / 2);
        add(&(struct made){name, "skiff", name, "cpu", i % 2 ? 1000 : 9000,
                           (double)(i + 5) * (i % 2 ? 1 : 4), .auroc = 0.8});
    }
    make(NULL);
    assert_non_null(strstr(compared.answer.data, "\n9 more pairs could be set beside each other."));
    draw(&page);
    check_says(&page, "The first 6 of 30 configurations;");
    buf_clear(&page);
}

static void what_is_missing(void **state)
{
    (void)state;
    struct buf page;
    add(&(struct made){"one", "skiff", "ml.m5.large", "cpu", 569, .total = 1.5});
    make(NULL);
    draw(&page);
    check_says(&page, "No run on a GPU is among these");
    check_says(&page, "No configuration was run on tables of different size");
    check_silent(&page, ">Cost and quality<");
    check_silent(&page, ">Energy");
    check_silent(&page, ">Sources<");
    buf_clear(&page);
    compare_clear(&compared);
    add(&(struct made){"two", "skiff", "ml.m5.large", "cpu", 5690, 2.5,
                       .more = ", \"energy\": {\"joules\": 50}"});
    add(&(struct made){"gpu", "torch", "ml.g4dn.xlarge", "cuda", 569, 20,
                       .more = ", \"published\": true"});
    make(NULL);
    draw(&page);
    check_says(&page, "No run on a GPU was measured here");
    check_says(&page, "No two configurations did the same work on tables of different size");
    check_says(&page, ">Dollars and size<");
    check_says(&page, ">Energy of the processor<");
    check_says(&page, "<td>50</td><td>20"); // watts
    buf_clear(&page);
}

static void names_that_are_markup(void **state)
{
    (void)state;
    struct buf page;
    static const char evil[] = "<script>alert(1)</script>&\\\"'";
    for (size_t i = 1; i < 4; i++)
        add(&(struct made){evil, evil, evil, evil, 1000 * i, (double)i, .auroc = 0.7,
                           .more = ", \"published\": true, \"citation\": \"<a href=x>\", \"note\": "
                                   "\"</table><img src=x>\""});
    make(&(struct compare_spec){.metric = COST_METRICS,
                                .assumption = &(struct compare_assumption){NULL, "ml.m5.large"},
                                .assumptions = 1});
    draw(&page);
    check_says(&page, "&lt;script&gt;alert(1)&lt;/script&gt;");
    check_silent(&page, "<script");
    check_silent(&page, "<a href=x");
    check_silent(&page, "<img");
    buf_clear(&page);
}

static void bytes_repeat(void **state)
{
    (void)state;
    struct buf one, two;
    add_sweeps();
    make(NULL);
    draw(&one);
    draw(&two);
    assert_int_equal(one.len, two.len);
    assert_memory_equal(one.data, two.data, one.len);
    buf_clear(&one);
    buf_clear(&two);
}

static int draw_one(void *context, struct error *e)
{
    struct buf page;
    (void)context;
    buf_init(&page, COMPARE_PAGE_MAX);
    const int rc = compare_page(&compared, &page, e);
    buf_clear(&page);
    return rc;
}

static void memory_may_fail(void **state)
{
    (void)state;
    add_sweeps();
    make(NULL);
    assert_true(check_failing_memory(draw_one, NULL) > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(all_of_it, begin, end),
        cmocka_unit_test_setup_teardown(many_pairs, begin, end),
        cmocka_unit_test_setup_teardown(what_is_missing, begin, end),
        cmocka_unit_test_setup_teardown(names_that_are_markup, begin, end),
        cmocka_unit_test_setup_teardown(bytes_repeat, begin, end),
        cmocka_unit_test_setup_teardown(memory_may_fail, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
