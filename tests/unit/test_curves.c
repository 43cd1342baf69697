// SPDX-License-Identifier: MIT
// Curves: points worked out by hand, and that the area under them is the metric of that name. The
// comparison with scikit-learn is in tests/peers.
#include "testing.h"

#include "train/curves.h"
#include "train/curves_json.h"

// Six rows; the two of 0.5 are one step.
static const float scores[] = {0.9F, 0.5F, 0.5F, 0.4F, 0.2F, 0};
static const float labels[] = {1, 1, 0, 1, 0, 0};
static const struct metrics_rows rows = {.n = 6, .ld = 1, .f32 = scores};
static const struct curve_scores six = {&rows, 0, labels, 1};

static void check_list(const double *got, size_t count, const double *want, size_t n,
                       const char *what)
{
    if (count != n)
        fail_msg("%s: %zu points, want %zu", what, count, n);
    for (size_t i = 0; i < n; i++)
        if (got[i] != want[i] && !(isnan(got[i]) && isnan(want[i])))
            fail_msg("%s: point %zu is %.17g, want %.17g", what, i, got[i], want[i]);
}

static void roc_by_hand(void **state)
{
    (void)state;
    const double fpr[] = {0, 0, 1. / 3, 1. / 3, 2. / 3, 1}, tpr[] = {0, 1. / 3, 2. / 3, 1, 1, 1};
    const double threshold[] = {INFINITY, (double)0.9F, 0.5, (double)0.4F, (double)0.2F, 0};
    struct metrics_work w = {0};
    struct roc_curve c;
    struct error e = {0};
    CHECK_OK(roc_curve_make(&c, &w, &six, true, &e), e);
    check_list(c.fpr, c.count, fpr, 6, "false positive rate");
    check_list(c.tpr, c.count, tpr, 6, "true positive rate");
    check_list(c.threshold, c.count, threshold, 6, "threshold");
    roc_curve_clear(&c);

    // (2/3, 1) lies halfway between (1/3, 1) and (1, 1)
    const double kept[] = {0, 0, 1. / 3, 1. / 3, 1};
    CHECK_OK(roc_curve_make(&c, &w, &six, false, &e), e);
    check_list(c.fpr, c.count, kept, 5, "false positive rate less straight points");
    assert_true(c.threshold[4] == 0);
    roc_curve_clear(&c);
    metrics_work_clear(&w);
}

static void pr_by_hand(void **state)
{
    (void)state;
    const double precision[] = {0.5, 0.6, 0.75, 2. / 3, 1, 1};
    const double recall[] = {1, 1, 1, 2. / 3, 1. / 3, 0};
    const double threshold[] = {0, (double)0.2F, (double)0.4F, 0.5, (double)0.9F, INFINITY};
    struct metrics_work w = {0};
    struct pr_curve c;
    struct error e = {0};
    CHECK_OK(pr_curve_make(&c, &w, &six, &e), e);
    check_list(c.precision, c.count, precision, 6, "precision");
    check_list(c.recall, c.count, recall, 6, "recall");
    check_list(c.threshold, c.count, threshold, 6, "threshold");
    pr_curve_clear(&c);
    metrics_work_clear(&w);
}

static void one_class_only(void **state)
{
    (void)state;
    const float zeros[6] = {0};
    const struct curve_scores s = {&rows, 0, zeros, 1};
    const double none[] = {NAN, NAN, NAN, NAN, NAN, NAN}, ones[] = {1, 1, 1, 1, 1, 0};
    struct metrics_work w = {0};
    struct roc_curve roc;
    struct pr_curve pr;
    struct error e = {0};
    CHECK_OK(roc_curve_make(&roc, &w, &s, true, &e), e);
    check_list(roc.tpr, roc.count, none, 6, "true positive rate without positives");
    roc_curve_clear(&roc);
    CHECK_OK(pr_curve_make(&pr, &w, &s, &e), e);
    check_list(pr.recall, pr.count, ones, 6, "recall without positives");
    pr_curve_clear(&pr);
    metrics_work_clear(&w);
}

#define MANY 5000

// Scores of one decimal, so steps of many rows; column 1 of two.
static void area_is_the_metric(void **state)
{
    (void)state;
    static double pairs[MANY][2];
    static float truth[MANY];
    uint32_t random = 3;
    for (size_t i = 0; i < MANY; i++) {
        pairs[i][1] = (double)(test_random(&random) % 10) / 10;
        truth[i] = (double)(test_random(&random) % 10) / 10 < pairs[i][1];
    }
    const struct metrics_rows two = {.n = MANY, .ld = 2, .f64 = pairs[0]};
    const struct metrics_rows one = {.n = MANY, .ld = 2, .f64 = pairs[0] + 1};
    struct metrics_work w = {0};
    struct binary_metrics m;
    struct error e = {0};
    CHECK_OK(metrics_binary(&m, &w, &one, truth, 0.5, &e), e);
    for (int all = 0; all < 2; all++) {
        const struct curve_scores s = {&two, 1, truth, 1};
        struct roc_curve c;
        double area = 0;
        CHECK_OK(roc_curve_make(&c, &w, &s, all, &e), e);
        for (size_t i = 1; i < c.count; i++)
            area += (c.fpr[i] - c.fpr[i - 1]) * (c.tpr[i] + c.tpr[i - 1]) / 2;
        check_close(area, m.auroc, 1e-12, "area under the ROC curve");
        roc_curve_clear(&c);
    }
    metrics_work_clear(&w);
}

static void calibration_by_hand(void **state)
{
    (void)state;
    // 0.3 is an edge: 3 * 0.1 is above it in double, so it belongs to (0.2, 0.3]
    const double s[] = {0, 0.1, 0.3, 0.96, 1, 1};
    const float y[] = {0, 1, 1, 1, 1, 0};
    const struct metrics_rows r = {.n = 6, .ld = 1, .f64 = s};
    const struct curve_scores c = {&r, 0, y, 1};
    struct calibration got;
    calibration_make(&got, &c);
    static const size_t counts[CALIBRATION_BINS] = {2, 0, 1, 0, 0, 0, 0, 0, 0, 3};
    for (size_t b = 0; b < CALIBRATION_BINS; b++)
        assert_int_equal(got.bin[b].count, counts[b]);
    check_close(got.bin[0].rate, 0.5, 0, "rate of bin 0");
    check_close(got.bin[9].score, 2.96 / 3, 1e-15, "score of bin 9");
    assert_true(isnan(got.bin[1].score));
    check_close(got.error, (0.9 + 0.7 + 0.96) / 6, 1e-15, "calibration error");
    struct score_histogram h;
    score_histogram_make(&h, &c);
    assert_int_equal(h.negative[0], 1);
    assert_int_equal(h.positive[2], 1); // 0.1
    assert_int_equal(h.positive[5], 1); // 0.3, whose edge 6 * 0.05 lies above it
    assert_int_equal(h.positive[19], 2);
    assert_int_equal(h.negative[19], 1);
}

static void json_without_calibration(void **state)
{
    (void)state;
    const double s[] = {-1, 2.5, 0};
    const float y[] = {0, 1, 1};
    const struct metrics_rows r = {.n = 3, .ld = 1, .f64 = s};
    const struct curve_scores c = {&r, 0, y, 1};
    struct metrics_work w = {0};
    struct error e = {0};
    json_t *root = curves_json(&w, &c, &e);
    assert_non_null(root);
    assert_true(json_is_null(json_object_get(root, "calibration")));
    const json_t *roc = json_object_get(root, "roc");
    assert_true(json_is_null(json_array_get(json_object_get(roc, "threshold"), 0)));
    assert_int_equal(json_array_size(json_object_get(roc, "tpr")), 4);
    json_decref(root);
    metrics_work_clear(&w);
}

static int make_all(void *context, struct error *e)
{
    (void)context;
    struct metrics_work w = {0};
    json_t *root = curves_json(&w, &six, e), *list = NULL;
    if (root)
        list = curves_json_classes(&w, &rows, 1, labels, e);
    const int rc = list ? 0 : error_code(e);
    json_decref(root);
    json_decref(list);
    metrics_work_clear(&w);
    return rc;
}

static void no_memory(void **state)
{
    (void)state;
    json_set_alloc_funcs(mem_alloc, mem_free);
    assert_true(check_failing_memory(make_all, NULL) > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roc_by_hand),         cmocka_unit_test(pr_by_hand),
        cmocka_unit_test(one_class_only),      cmocka_unit_test(area_is_the_metric),
        cmocka_unit_test(calibration_by_hand), cmocka_unit_test(json_without_calibration),
        cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
