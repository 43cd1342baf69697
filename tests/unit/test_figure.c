// SPDX-License-Identifier: MIT
// Every figure: the same bytes each time, whole or nothing when memory fails, and what it has to
// say is in it. tests/shell/figure_svg.py looks at the SVG itself.
#include "testing.h"

#include "report/figure_cost.h"

#define N 40

static double falling[N], rising[N];
static float scores[N], labels[N];
static size_t counts[40 * 40];
static struct figure_class classes[40];
static struct figure_bin bins[3] = {{0.1, 0.2, 10}, {0.5, 0.4, 20}, {0.9, 1, 5}};
static const char *const names[] = {"Sex", "a <b> & \"c\"", "Fare"};

static int fill(void **state)
{
    (void)state;
    for (size_t i = 0; i < N; i++) {
        const double t = (double)i / (N - 1);
        falling[i] = 1 - t;
        rising[i] = t;
        scores[i] = (float)t;
        labels[i] = i % 3 == 0;
        classes[i] =
            (struct figure_class){names[i % 3], t, t, t, i, 2, (double[]){0, 1}, rising, t};
        classes[i].fpr = rising;
        counts[i * 41] = 100 + i;
        counts[i * 40 + (i + 1) % 40] = i;
    }
    return 0;
}

static int curves(struct buf *out)
{
    const struct figure_line line[] = {{"train", falling}, {"val", rising}, {"other", rising}};
    return figure_curves(out, &(struct figure_curves){.n = N, .lines = 3, .line = line, .best = 2});
}

static int kept_curves(struct buf *out)
{
    const struct figure_line line[] = {{"train", falling}, {"val", rising}};
    return figure_curves(
        out, &(struct figure_curves){.n = N, .lines = 2, .line = line, .best = 2, .kept = N});
}

static int roc(struct buf *out)
{
    const struct figure_point at = {rising[3], rising[9], 0.4375};
    return figure_roc(
        out, &(struct figure_roc){.n = N, .fpr = rising, .tpr = rising, .auc = 0.87249, .at = &at});
}

static int pr(struct buf *out)
{
    const struct figure_point at = {0.25, 0.75, 0.4375};
    return figure_pr(out, &(struct figure_pr){.n = N,
                                              .recall = falling,
                                              .precision = rising,
                                              .ap = 0.5,
                                              .positives = 0.384,
                                              .at = &at});
}

static int calibration(struct buf *out)
{
    return figure_calibration(
        out, &(struct figure_calibration){.bins = 3, .bin = bins, .brier = 0.1234, .ece = 0.05});
}

static int score_histogram(struct buf *out)
{
    return figure_scores(
        out, &(struct figure_scores){.n = N, .score = scores, .label = labels, .threshold = 0.5});
}

static int confusion(struct buf *out)
{
    return figure_confusion(out, &(struct figure_confusion){.classes = 40, .counts = counts});
}

static int roc_classes(struct buf *out)
{
    return figure_roc_classes(out, &(struct figure_classes){.classes = N, .class = classes});
}

static int class_bars(struct buf *out)
{
    return figure_class_bars(out, &(struct figure_classes){.classes = N, .class = classes});
}

static const struct figure_regression *many_rows(void)
{
    static float predicted[3000], truth[3000];
    static const struct figure_regression f = {
        .n = 3000, .predicted = predicted, .truth = truth, .r2 = 0.9, .rmse = 12};
    for (size_t i = 0; i < 3000; i++) {
        predicted[i] = (float)(i % 50);
        truth[i] = (float)(i % 71);
    }
    return &f;
}

static int predicted(struct buf *out)
{
    return figure_predicted(out, many_rows());
}

static int residuals(struct buf *out)
{
    return figure_residuals(out, many_rows());
}

static int residual_histogram(struct buf *out)
{
    return figure_residual_histogram(out, many_rows());
}

static int importance(struct buf *out)
{
    return figure_importance(
        out, &(struct figure_importance){
                 .n = 3, .names = names, .mean = rising + 5, .spread = rising, .metric = "AUROC"});
}

static int cost(struct buf *out)
{
    static const struct figure_run run[] = {
        {"a <b> & \"c\"", 1, FIGURE_MEASURED, 0.004, 0.003, 0.005, 0.8, 0.7, 0.9, true},
        {"ml.m5.xlarge", 2, FIGURE_GUESSED, 0.006, NAN, NAN, 0.85, NAN, NAN, true},
        {"no price", 3, FIGURE_PUBLISHED, NAN, NAN, NAN, 0.9, NAN, NAN, false},
        {"on the first", 4, FIGURE_MEASURED, 0.004, NAN, NAN, 0.8, NAN, NAN, false},
    };
    return figure_cost(out,
                       &(struct figure_cost){.n = 4, .run = run, .metric = "auroc", .lower = true});
}

static int growth(struct buf *out)
{
    static const double size[] = {1000, 10000, 100000}, value[] = {1, 2, 11};
    const struct figure_growth_line line[] = {{"slow <1>", 3, size, value, 1, 1e-4},
                                              {"fast", 3, size, value, 9, 2e-5}};
    return figure_growth(out, &(struct figure_growth){.lines = 2,
                                                      .line = line,
                                                      .size = "rows",
                                                      .value = "seconds",
                                                      .at = 100000,
                                                      .low = 90000,
                                                      .high = 120000});
}

// With what each has to say.
static const struct {
    int (*draw)(struct buf *out);
    const char *title, *says[3];
} figures[] = {
    {curves, "Metrics", {">best: 2<", ">train 0.974<", "best epoch 2 of 40"}},
    {kept_curves, "Metrics", {">best: 2<", "40 epochs, values at the last", ">train 0<"}},
    {roc, "ROC curve", {"AUC 0.872", "threshold 0.438", "true positive rate"}},
    {pr, "Precision and recall", {"precision 0.500", "threshold 0.438", "no skill: 38 %"}},
    {calibration, "Calibration", {"Brier 0.123, ECE 0.050", ">20<", "mean score"}},
    {score_histogram, "Scores by class", {"1 (up): 14", "0 (down): 26", "threshold 0.500"}},
    {confusion, "Confusion matrix", {"accuracy 0.", ">11 others<", "38 \xe2\x86\x92 39: 38"}},
    {roc_classes, "ROC curves", {"the best 5 and the worst 5 of 40", ">1.000<", ">0.000<"}},
    {class_bars, "Precision, recall and F1", {"the lowest 30 of 40 classes", ">29<", ">recall<"}},
    {predicted, "Predicted and true", {"R\xc2\xb2 0.900, RMSE 12.0", "sk-a1", "sk-a5"}},
    {residuals, "Residuals", {"mean ", "standard deviation", "predicted"}},
    {residual_histogram, "Histogram of residuals", {"mean ", "rows", "standard deviation"}},
    {cost,
     "Cost and quality",
     {">2 ml.m5.xlarge<", "lower is better", "a &lt;b&gt; &amp; &quot;c"}},
    {growth, "How it grows", {"equal at 100k (95 %: 90.0k to 120k)", "slow &lt;1&gt;", ">fast<"}},
    {importance, "Permutation importance", {">Sex<", "a &lt;b&gt; &amp; &quot;c&quot;", "AUROC"}},
};
#define FIGURES (sizeof figures / sizeof figures[0])

static void figures_say_what_they_should(void **state)
{
    (void)state;
    for (size_t i = 0; i < FIGURES; i++) {
        struct buf out;
        buf_init(&out, FIGURE_MAX);
        assert_int_equal(figures[i].draw(&out), 0);
        assert_memory_equal(out.data, "<svg ", 5);
        assert_string_equal(out.data + out.len - 7, "</svg>\n");
        assert_non_null(strstr(out.data, figures[i].title));
        for (int k = 0; k < 3; k++)
            if (!strstr(out.data, figures[i].says[k]))
                fail_msg("%s does not say '%s':\n%s", figures[i].title, figures[i].says[k],
                         strstr(out.data, "</style>"));
        buf_clear(&out);
    }
}

static void bytes_repeat(void **state)
{
    (void)state;
    for (size_t i = 0; i < FIGURES; i++) {
        struct buf one, two;
        buf_init(&one, FIGURE_MAX);
        buf_init(&two, FIGURE_MAX);
        figures[i].draw(&one);
        figures[i].draw(&two);
        assert_int_equal(one.len, two.len);
        assert_memory_equal(one.data, two.data, one.len);
        buf_clear(&one);
        buf_clear(&two);
    }
}

static int draw_one(void *context, struct error *e)
{
    const size_t i = *(const size_t *)context;
    struct buf out;
    buf_init(&out, FIGURE_MAX);
    const int rc = figures[i].draw(&out);
    const int checked = buf_check(&out, figures[i].title, e);
    assert_int_equal(rc, checked);
    buf_clear(&out);
    return rc;
}

static void memory_may_fail(void **state)
{
    (void)state;
    for (size_t i = 0; i < FIGURES; i++)
        assert_true(check_failing_memory(draw_one, &i) >= 3);
}

static void buffers_may_be_short(void **state)
{
    (void)state;
    for (size_t i = 0; i < FIGURES; i++)
        for (size_t max = 0; max < 2000; max += 97) {
            struct buf out;
            buf_init(&out, max);
            assert_int_equal(figures[i].draw(&out), ERR_LIMIT);
            buf_clear(&out);
        }
}

// Where the line of a figure is written.
static const char *line_of(const struct buf *out)
{
    const char *line = strstr(out->data, "class=\"sk-line sk-c0\" d=\"");
    assert_non_null(line);
    return strstr(line, "d=\"") + 3;
}

// As scikit-learn draws it: from a threshold to the next the precision stays, then changes at once.
static void precision_goes_in_steps(void **state)
{
    (void)state;
    struct buf out;
    char letter[4];
    double x, y, step[4];
    buf_init(&out, FIGURE_MAX);
    figure_pr(&out, &(struct figure_pr){.n = 4,
                                        .recall = (const double[]){1, 0.75, NAN, 0.25},
                                        .precision = (const double[]){0.25, 0.75, 0.1, 1},
                                        .positives = 0.25});
    assert_int_equal(sscanf(line_of(&out), "M%lf %lf%c%lf%c%lf%c%lf%c%lf\"", &x, &y, &letter[0],
                            &step[0], &letter[1], &step[1], &letter[2], &step[2], &letter[3],
                            &step[3]),
                     10);
    assert_memory_equal(letter, "hvhv", 4);
    assert_true(step[0] < 0 && step[1] < 0); // to the left, then up
    check_close(step[2] / step[0], 2, 0.01, "recall from 0.75 to 0.25 beside 1 to 0.75");
    check_close(step[1] / step[3], 2, 0.01, "precision from 0.25 to 0.75 beside 0.75 to 1");
    buf_clear(&out);
}

// A loss that spans decades: equal factors are equal steps.
static void decades_make_a_logarithmic_axis(void **state)
{
    (void)state;
    struct buf out;
    double x, y, step[4];
    buf_init(&out, FIGURE_MAX);
    const struct figure_line line = {"train", (const double[]){100, 10, 1}};
    figure_curves(&out, &(struct figure_curves){.n = 3, .lines = 1, .line = &line, .loss = true});
    assert_non_null(strstr(out.data, "logarithmic"));
    assert_int_equal(sscanf(line_of(&out), "M%lf %lfl%lf %lf %lf %lf\"", &x, &y, &step[0], &step[1],
                            &step[2], &step[3]),
                     6);
    check_close(step[1], step[3], 0.101, "100 to 10 beside 10 to 1");
    out.len = 0;
    figure_curves(&out, &(struct figure_curves){.n = 3, .lines = 1, .line = &line});
    assert_null(strstr(out.data, "logarithmic")); // metrics keep a linear one
    buf_clear(&out);
}

// One style for a page of figures, ids that differ, titles that the page chooses.
static void figures_share_a_page(void **state)
{
    (void)state;
    struct buf out, style;
    buf_init(&out, FIGURE_MAX);
    buf_init(&style, FIGURE_MAX);
    const struct figure_head head = {"a b<1>", "My <title>", "my note", true};
    figure_roc(
        &out, &(struct figure_roc){.head = head, .n = N, .fpr = rising, .tpr = rising, .auc = 0.5});
    assert_null(strstr(out.data, "<style>"));
    assert_non_null(strstr(out.data, "aria-labelledby=\"sk-ab1-title sk-ab1-desc\""));
    assert_non_null(strstr(out.data, "<title id=\"sk-ab1-title\">My &lt;title&gt;</title>"));
    assert_non_null(strstr(out.data, ">AUC 0.500, my note<"));
    assert_null(strstr(out.data, ">ROC curve<"));
    assert_int_equal(figure_style(&style), 0);
    assert_non_null(strstr(style.data, "prefers-color-scheme"));
    buf_clear(&out);
    buf_clear(&style);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_say_what_they_should),
        cmocka_unit_test(bytes_repeat),
        cmocka_unit_test(memory_may_fail),
        cmocka_unit_test(buffers_may_be_short),
        cmocka_unit_test(precision_goes_in_steps),
        cmocka_unit_test(decades_make_a_logarithmic_axis),
        cmocka_unit_test(figures_share_a_page),
    };
    return cmocka_run_group_tests(tests, fill, NULL);
}
