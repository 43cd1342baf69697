// SPDX-License-Identifier: MIT
// Metrics: values worked out by hand, a quadratic reference for the ranking, and the promise that
// a kept order changes speed only. The comparison with scikit-learn is in tests/peers.
#include "base/mem.h"
#include "train/metrics_inner.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <float.h>
#include <math.h>

#define NEAR 1e-14

static void near(double got, double expected, double tolerance, const char *what)
{
    if (fabs(got - expected) <= tolerance)
        return;
    fail_msg("%s: got %.17g, expected %.17g, tolerance %g", what, got, expected, tolerance);
}

static uint32_t draw(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

// Binary metrics of n float scores with a workspace of their own.
static struct binary_metrics binary_f32(size_t n, const float *scores, const float *labels)
{
    const struct metrics_rows rows = {.n = n, .ld = 1, .f32 = scores};
    struct metrics_work w = {0};
    struct binary_metrics m;
    struct error e = {0};
    assert_int_equal(metrics_binary_brief(&m, &w, &rows, labels, 0.5, &e), 0);
    assert_true(isnan(m.log_loss) && isnan(m.brier));
    const struct binary_metrics brief = m;
    assert_int_equal(metrics_binary(&m, &w, &rows, labels, 0.5, &e), 0);
    assert_int_equal(e.code, 0);
    assert_memory_equal(&m, &brief, offsetof(struct binary_metrics, log_loss));
    metrics_work_clear(&w);
    return m;
}

static struct binary_metrics binary_f64(size_t n, const double *scores, const float *labels)
{
    const struct metrics_rows rows = {.n = n, .ld = 1, .f64 = scores};
    struct metrics_work w = {0};
    struct binary_metrics m;
    assert_int_equal(metrics_binary(&m, &w, &rows, labels, 0.5, NULL), 0);
    metrics_work_clear(&w);
    return m;
}

static void binary_by_hand(void **state)
{
    (void)state;
    const double scores[] = {0.1, 0.4, 0.35, 0.8};
    const float labels[] = {0, 0, 1, 1};
    const struct binary_metrics m = binary_f64(4, scores, labels);
    assert_int_equal(m.n, 4);
    assert_int_equal(m.positives, 2);
    assert_int_equal(m.tp, 1);
    assert_int_equal(m.fp, 0);
    assert_int_equal(m.tn, 2);
    assert_int_equal(m.fn, 1);
    near(m.accuracy, 0.75, NEAR, "accuracy");
    near(m.precision, 1, NEAR, "precision");
    near(m.recall, 0.5, NEAR, "recall");
    near(m.f1, 2.0 / 3, NEAR, "F1");
    near(m.auroc, 0.75, NEAR, "AUC"); // 3 of 4 pairs are in order
    near(m.ap, 0.5 * 1 + 0.5 * 2 / 3, NEAR, "AP");
    near(m.log_loss, -(log(0.9) + log(0.6) + log(0.35) + log(0.8)) / 4, NEAR, "log loss");
    near(m.brier, (0.01 + 0.16 + 0.4225 + 0.04) / 4, NEAR, "Brier");
}

static void ties_are_one_step(void **state)
{
    (void)state;
    // Steps from the top: {1}, {1, 0, 0}, {1, 0}: TP 1 2 3, FP 0 2 3.
    const float scores[] = {0.5f, 0.9f, 0.2f, 0.5f, 0.5f, 0.2f};
    const float labels[] = {1, 1, 0, 0, 0, 1};
    const struct binary_metrics m = binary_f32(6, scores, labels);
    near(m.auroc, (2 * 1.5 + 1 * 2.5) / 9, NEAR, "AUC");
    near(m.ap, (1.0 + 2.0 / 4 + 3.0 / 6) / 3, NEAR, "AP");
}

static void constant_scores(void **state)
{
    (void)state;
    float scores[143], labels[143];
    for (size_t i = 0; i < 143; i++) {
        scores[i] = 0.25f;
        labels[i] = i % 3 == 0;
    }
    const struct binary_metrics m = binary_f32(143, scores, labels);
    near(m.auroc, 0.5, 0, "AUC");
    near(m.ap, 48.0 / 143, NEAR, "AP");
    near(m.precision, 0, 0, "precision without predictions");
    near(m.f1, 0, 0, "F1");
}

static void one_class_only(void **state)
{
    (void)state;
    const float scores[] = {0.2f, 0.7f, 0.7f}, ones[] = {1, 1, 1}, zeros[] = {0, 0, 0};
    const struct binary_metrics p = binary_f32(3, scores, ones), n = binary_f32(3, scores, zeros);
    assert_true(isnan(p.auroc));
    assert_true(isnan(n.auroc));
    near(p.ap, 1, NEAR, "AP of positives");
    near(n.ap, 0, 0, "AP without positives");
    near(n.recall, 0, 0, "recall without positives");
    near(p.recall, 2.0 / 3, NEAR, "recall");
}

static void one_row(void **state)
{
    (void)state;
    const float score = 0.75f, label = 1;
    const struct binary_metrics m = binary_f32(1, &score, &label);
    assert_true(isnan(m.auroc));
    near(m.ap, 1, 0, "AP");
    near(m.accuracy, 1, 0, "accuracy");
    near(m.log_loss, -log(0.75), NEAR, "log loss");
}

static void threshold_is_above(void **state)
{
    (void)state;
    const float scores[] = {0.5f, 0.3f, 0.30000004f};
    const float labels[] = {1, 1, 1};
    const struct metrics_rows rows = {.n = 3, .ld = 1, .f32 = scores};
    struct metrics_work w = {0};
    struct binary_metrics m;
    assert_int_equal(metrics_binary(&m, &w, &rows, labels, 0.5, NULL), 0);
    assert_int_equal(m.tp, 0); // 0.5 is not above 0.5
    // 0.3f > 0.3 as doubles; numpy and torch compare floats, and so do we
    assert_int_equal(metrics_binary(&m, &w, &rows, labels, 0.3, NULL), 0);
    assert_int_equal(m.tp, 2);
    metrics_work_clear(&w);
}

static void log_loss_is_clipped(void **state)
{
    (void)state;
    const float narrow[] = {0, 1}, labels[] = {1, 0};
    const double wide[] = {0, 1};
    near(binary_f32(2, narrow, labels).log_loss, -log(FLT_EPSILON), NEAR, "float");
    near(binary_f64(2, wide, labels).log_loss, -log(DBL_EPSILON), NEAR, "double");
    near(binary_f32(2, narrow, labels).brier, 1, 0, "Brier is not");
    const double logits[] = {-1, 2};
    assert_true(isnan(binary_f64(2, logits, labels).brier));
}

// Counts pairs, and for each positive its place: the definitions, without any sort.
static void reference(size_t n, const double *scores, const float *labels, double *auroc,
                      double *ap)
{
    double wins = 0, pairs = 0, positives = 0, sum = 0;
    for (size_t i = 0; i < n; i++) {
        double tp = 0, all = 0;
        for (size_t j = 0; j < n; j++) {
            const bool above = scores[j] >= scores[i];
            all += above;
            tp += above && labels[j] == 1;
            if (labels[i] == 1 && labels[j] == 0) {
                pairs++;
                wins += scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0;
            }
        }
        if (labels[i] == 1) {
            positives++;
            sum += tp / all;
        }
    }
    *auroc = wins / pairs;
    *ap = sum / positives;
}

static void compare_with_pairs(size_t n, const double *wide, const float *narrow,
                               const float *labels)
{
    double auroc, ap;
    reference(n, wide, labels, &auroc, &ap);
    const struct binary_metrics a = binary_f64(n, wide, labels);
    const struct binary_metrics b = binary_f32(n, narrow, labels);
    near(a.auroc, auroc, NEAR, "AUC of doubles");
    near(b.auroc, auroc, NEAR, "AUC of floats");
    near(a.ap, ap, 1e-13, "AP of doubles");
    near(b.ap, ap, 1e-13, "AP of floats");
}

static void ranking_against_pairs(void **state)
{
    (void)state;
    uint32_t seed = 7;
    double wide[600];
    float narrow[600], labels[600];
    for (size_t n = 2; n < 600; n = n * 5 / 4 + 1)
        for (uint32_t levels = 2; levels <= 1u << 20; levels *= 32) {
            for (size_t i = 0; i < n; i++) {
                const int level = (int)(draw(&seed) % levels) - (int)levels / 2;
                wide[i] = narrow[i] = (float)level / 8;
                if (level == 0 && i % 2)
                    wide[i] = narrow[i] = -0.0f;
                labels[i] = (float)(i < 2 ? i : draw(&seed) % 2);
            }
            compare_with_pairs(n, wide, narrow, labels);
        }
}

// In [1, 2) with so many bits behind the point, that 1, 2 and 3 digits of the keys differ: the
// radix sort ends in the spare arrays or in its own.
static void odd_and_even_passes(void **state)
{
    (void)state;
    uint32_t seed = 5;
    double wide[600];
    float narrow[600], labels[600];
    for (int bits = 4; bits <= 20; bits += 8) {
        for (size_t i = 0; i < 600; i++) {
            wide[i] = narrow[i] = 1 + ldexpf((float)(draw(&seed) % (1u << bits)), -bits);
            labels[i] = (float)(draw(&seed) % 2);
        }
        compare_with_pairs(600, wide, narrow, labels);
    }
}

// Scores that drift, jump and turn over: with the order of the call before or without, every field
// has the same bits, and after the first call nothing is allocated.
static void kept_order_changes_nothing(void **state)
{
    (void)state;
    uint32_t seed = 3;
    double scores[1000];
    float labels[1000];
    struct metrics_work w = {0};
    for (size_t i = 0; i < 1000; i++) {
        scores[i] = draw(&seed) % 4096;
        labels[i] = (float)(draw(&seed) % 2);
    }
    const struct metrics_rows rows = {.n = 1000, .ld = 1, .f64 = scores};
    for (int epoch = 0; epoch < 60; epoch++) {
        for (size_t i = 0; i < 1000; i++) {
            if (epoch % 20 == 19)
                scores[i] = -scores[i];
            else if (epoch % 10 == 9)
                scores[i] = draw(&seed) % 4096;
            else
                scores[i] += draw(&seed) % 3;
        }
        struct binary_metrics kept;
        if (epoch)
            mem_fail_at(1);
        assert_int_equal(metrics_binary(&kept, &w, &rows, labels, 0.5, NULL), 0);
        if (epoch)
            assert_int_equal(mem_fail_at(0), 0);
        const struct binary_metrics fresh = binary_f64(1000, scores, labels);
        assert_memory_equal(&kept, &fresh, sizeof kept);
    }
    metrics_work_clear(&w);
}

// Another number of rows begins with a new order; a smaller one needs no memory.
static void sizes_change(void **state)
{
    (void)state;
    static const size_t sizes[] = {50, 7, 50, 1, 49};
    uint32_t seed = 11;
    struct metrics_work w = {0};
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        float scores[50], labels[50];
        for (size_t i = 0; i < sizes[k]; i++) {
            scores[i] = (float)(draw(&seed) % 100) / 100;
            labels[i] = (float)(draw(&seed) % 2);
        }
        const struct metrics_rows rows = {.n = sizes[k], .ld = 1, .f32 = scores};
        struct binary_metrics m;
        if (k)
            mem_fail_at(1);
        assert_int_equal(metrics_binary(&m, &w, &rows, labels, 0.5, NULL), 0);
        mem_fail_at(0);
        const struct binary_metrics fresh = binary_f32(sizes[k], scores, labels);
        assert_memory_equal(&m, &fresh, sizeof m);
    }
    metrics_work_clear(&w);
}

static void bad_binary_input(void **state)
{
    (void)state;
    float scores[] = {0.5f, 0.5f, 0.5f}, labels[] = {0, 1, 0};
    struct metrics_rows rows = {.n = 0, .ld = 1, .f32 = scores};
    struct metrics_work w = {0};
    struct binary_metrics m;
    struct error e = {0};
    assert_int_equal(metrics_binary(&m, &w, &rows, labels, 0.5, &e), ERR_DATA);
    error_clear(&e);
    rows.n = 3;
    labels[2] = 2;
    assert_int_equal(metrics_binary(&m, &w, &rows, labels, 0.5, &e), ERR_DATA);
    assert_non_null(strstr(e.text, "row 2 "));
    error_clear(&e);
    labels[2] = NAN;
    assert_int_equal(metrics_binary(&m, &w, &rows, labels, 0.5, &e), ERR_DATA);
    error_clear(&e);
    labels[2] = 1;
    const float bad[] = {NAN, INFINITY, -INFINITY};
    for (size_t i = 0; i < 3; i++) {
        scores[1] = bad[i];
        assert_int_equal(metrics_binary(&m, &w, &rows, labels, 0.5, &e), ERR_NUMERIC);
        assert_non_null(strstr(e.text, "row 1 "));
        error_clear(&e);
    }
    metrics_work_clear(&w);
}

static void three_classes_by_hand(void **state)
{
    (void)state;
    // ld 4: the last column is not looked at. Row 1 ties between 0 and 1: the first is called.
    const double prob[] = {0.7, 0.2, 0.1, 9, 0.4, 0.4, 0.2, 9, 0.1, 0.3, 0.6, 9, 0.2, 0.5, 0.3, 9};
    const float labels[] = {0, 1, 2, 2};
    const struct metrics_rows rows = {.n = 4, .ld = 4, .f64 = prob};
    struct metrics_work w = {0};
    struct multiclass_metrics m = {0};
    for (int again = 0; again < 2; again++) {
        if (again)
            mem_fail_at(1);
        assert_int_equal(metrics_multiclass(&m, &w, &rows, 3, labels, NULL), 0);
        assert_true(!again || mem_fail_at(0) == 0);
        const size_t confusion[] = {1, 0, 0, 1, 0, 0, 0, 1, 1};
        assert_memory_equal(m.confusion, confusion, sizeof confusion);
        near(m.accuracy, 0.5, 0, "accuracy");
        near(m.macro_precision, (0.5 + 0 + 1) / 3, NEAR, "precision");
        near(m.macro_recall, (1 + 0 + 0.5) / 3, NEAR, "recall");
        near(m.macro_f1, (2.0 / 3 + 0 + 2.0 / 3) / 3, NEAR, "F1");
        near(m.weighted_f1, (2.0 / 3 + 2 * 2.0 / 3) / 4, NEAR, "weighted F1");
        // pairs in order: class 0: 3 of 3; class 1: 2 of 3; class 2: 4 of 4
        near(m.auroc, (1 + 2.0 / 3 + 1) / 3, NEAR, "AUC");
        near(m.log_loss, -(log(0.7) + log(0.4) + log(0.6) + log(0.3)) / 4, NEAR, "log loss");
    }
    multiclass_metrics_clear(&m);
    metrics_work_clear(&w);
}

static void absent_class(void **state)
{
    (void)state;
    const float prob[] = {1, 0, 0, 0, 1, 0, 0, 1, 0};
    const float labels[] = {0, 1, 0};
    const struct metrics_rows rows = {.n = 3, .ld = 3, .f32 = prob};
    struct metrics_work w = {0};
    struct multiclass_metrics m = {0};
    assert_int_equal(metrics_multiclass(&m, &w, &rows, 3, labels, NULL), 0);
    assert_true(isnan(m.auroc));
    near(m.macro_recall, (0.5 + 1) / 2, NEAR, "recall over the classes that occur");
    near(m.f1[2], 0, 0, "F1 of the absent class");
    near(m.log_loss, -(2 * log(1 - FLT_EPSILON) + log(FLT_EPSILON)) / 3, 1e-6, "log loss");
    multiclass_metrics_clear(&m);
    metrics_work_clear(&w);
}

// More classes than a confusion matrix is kept for, and more than a row sum adds in one block.
static void many_classes(void **state)
{
    (void)state;
    enum { CLASSES = METRICS_CONFUSION_MAX + 1 };
    float *prob = mem_array(2 * CLASSES, sizeof *prob);
    assert_non_null(prob);
    for (size_t i = 0; i < 2 * CLASSES; i++)
        prob[i] = 1.0f / CLASSES;
    const float labels[] = {0, CLASSES - 1};
    const struct metrics_rows rows = {.n = 2, .ld = CLASSES, .f32 = prob};
    struct metrics_work w = {0};
    struct multiclass_metrics m = {0};
    assert_int_equal(metrics_multiclass(&m, &w, &rows, CLASSES, labels, NULL), 0);
    assert_null(m.confusion);
    assert_int_equal(m.support[CLASSES - 1], 1);
    assert_int_equal(m.predicted[0], 2);
    near(m.log_loss, log(CLASSES), 1e-6, "log loss");
    multiclass_metrics_clear(&m);
    metrics_work_clear(&w);
    mem_free(prob);
}

static void bad_multiclass_input(void **state)
{
    (void)state;
    float prob[] = {0.5f, 0.5f, 0.5f, 0.5f}, labels[] = {0, 0};
    struct metrics_rows rows = {.n = 2, .ld = 2, .f32 = prob};
    struct metrics_work w = {0};
    struct multiclass_metrics m = {0};
    const float bad[] = {2, -1, 0.5f, NAN};
    for (size_t i = 0; i < 4; i++) {
        struct error e = {0};
        labels[1] = bad[i];
        assert_int_equal(metrics_multiclass(&m, &w, &rows, 2, labels, &e), ERR_DATA);
        assert_non_null(strstr(e.text, "row 1 "));
    }
    labels[1] = 1;
    assert_int_equal(metrics_multiclass(&m, &w, &rows, 0, labels, NULL), ERR_LIMIT);
    assert_int_equal(metrics_multiclass(&m, &w, &rows, METRICS_CLASSES_MAX + 1, labels, NULL),
                     ERR_LIMIT);
    prob[3] = NAN;
    assert_int_equal(metrics_multiclass(&m, &w, &rows, 2, labels, NULL), ERR_NUMERIC);
    rows.n = 0;
    assert_int_equal(metrics_multiclass(&m, &w, &rows, 2, labels, NULL), ERR_DATA);
    multiclass_metrics_clear(&m);
    metrics_work_clear(&w);
}

static struct regression_metrics regression(size_t n, size_t targets, const double *pred,
                                            const double *truth)
{
    const struct metrics_rows p = {.n = n, .ld = targets, .f64 = pred};
    const struct metrics_rows t = {.n = n, .ld = targets, .f64 = truth};
    struct regression_metrics m;
    assert_int_equal(metrics_regression(&m, &p, &t, targets, NULL), 0);
    return m;
}

static void regression_by_hand(void **state)
{
    (void)state;
    const double truth[] = {3, -0.5, 2, 7}, pred[] = {2.5, 0, 2, 8};
    const struct regression_metrics m = regression(4, 1, pred, truth);
    near(m.mse, 0.375, NEAR, "MSE");
    near(m.rmse, sqrt(0.375), NEAR, "RMSE");
    near(m.mae, 0.5, NEAR, "MAE");
    near(m.r2, 1 - 1.5 / 29.1875, NEAR, "R2");
    const double constant[] = {2, 2, 2, 2};
    near(regression(4, 1, pred, constant).r2, 0, 0, "R2 of a constant truth");
    near(regression(4, 1, constant, constant).r2, 1, 0, "R2 when perfect");
    assert_true(isnan(regression(1, 1, pred, truth).r2));
}

static void several_targets(void **state)
{
    (void)state;
    const double truth[] = {0.5, 1, -1, 1, 7, -6}, pred[] = {0, 2, -1, 2, 8, -5};
    const struct regression_metrics m = regression(3, 2, pred, truth);
    const double a = 1.25 / 3, b = 1;
    near(m.mse, (a + b) / 2, NEAR, "MSE");
    near(m.rmse, (sqrt(a) + sqrt(b)) / 2, NEAR, "RMSE");
    near(m.mae, (0.5 + 1) / 2, NEAR, "MAE");
    near(m.r2, ((1 - 1.25 / (50.25 - 6.5 * 6.5 / 3)) + (1 - 3 / (38 - 16.0 / 3))) / 2, NEAR, "R2");
}

static void bad_regression_input(void **state)
{
    (void)state;
    const double good[] = {1, 2}, bad[] = {1, NAN};
    const struct metrics_rows g = {.n = 2, .ld = 1, .f64 = good}, b = {.n = 2, .ld = 1, .f64 = bad};
    const struct metrics_rows shorter = {.n = 1, .ld = 1, .f64 = good}, none = {.ld = 1};
    struct regression_metrics m;
    struct error e = {0};
    assert_int_equal(metrics_regression(&m, &b, &g, 1, &e), ERR_NUMERIC);
    assert_non_null(strstr(e.text, "row 1 "));
    assert_int_equal(metrics_regression(&m, &g, &b, 1, NULL), ERR_NUMERIC);
    assert_int_equal(metrics_regression(&m, &shorter, &g, 1, NULL), ERR_DATA);
    assert_int_equal(metrics_regression(&m, &none, &none, 1, NULL), ERR_DATA);
}

// Every allocation fails in turn: an error, nothing leaked, and the next call with the same
// workspace is right.
static void no_memory(void **state)
{
    (void)state;
    const float prob[] = {0.1f, 0.2f, 0.7f, 0.3f, 0.4f, 0.3f, 0.6f, 0.2f, 0.2f};
    const float labels[] = {2, 1, 0};
    const struct metrics_rows rows = {.n = 3, .ld = 3, .f32 = prob};
    struct metrics_work w = {0};
    struct multiclass_metrics m = {0};
    long n = 1;
    for (;; n++) {
        struct error e = {0};
        metrics_work_clear(&w);
        multiclass_metrics_clear(&m);
        mem_fail_at(n);
        const int rc = metrics_multiclass(&m, &w, &rows, 3, labels, &e);
        mem_fail_at(0);
        if (rc == 0)
            break;
        assert_int_equal(rc, ERR_NOMEM);
        assert_int_equal(e.code, ERR_NOMEM);
        if (n % 2) { // go on with what the failure left
            assert_int_equal(metrics_multiclass(&m, &w, &rows, 3, labels, NULL), 0);
            near(m.auroc, 1, 0, "AUC after a failure");
        }
    }
    assert_true(n > 9);
    multiclass_metrics_clear(&m);
    metrics_work_clear(&w);
}

static void fill_ramp(const void *context, size_t first, size_t count, double *terms)
{
    for (size_t i = 0; i < count; i++)
        terms[i] = *(const double *)context * (double)(first + i);
}

static void fill_start_and_ones(const void *context, size_t first, size_t count, double *terms)
{
    for (size_t i = 0; i < count; i++)
        terms[i] = first + i ? 1 : *(const double *)context;
}

// Every term once, in each of the three orders, at sizes around the lanes, blocks and chunks.
static void sums_are_complete(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 7, 8, 9, 127, 128, 129, 136, 8191, 8192, 8193, 40000};
    const double one = 1;
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        const double n = (double)sizes[k], expected = n > 0 ? n * (n - 1) / 2 : 0;
        near(metrics_sum(fill_ramp, &one, sizes[k]), expected, 0, "numpy's order");
        near(metrics_sum_plain(fill_ramp, &one, sizes[k]), expected, 0, "plain");
        near(metrics_sum_single(fill_ramp, &one, sizes[k]), expected, 1e-6 * expected, "float");
    }
    // 2^24 and then ones: each one is lost in float, none in double
    const double start = 16777216;
    near(metrics_sum_single(fill_start_and_ones, &start, 5), start, 0, "float rounds every step");
    near(metrics_sum(fill_start_and_ones, &start, 5), start + 4, 0, "double does not");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(binary_by_hand),
        cmocka_unit_test(ties_are_one_step),
        cmocka_unit_test(constant_scores),
        cmocka_unit_test(one_class_only),
        cmocka_unit_test(one_row),
        cmocka_unit_test(threshold_is_above),
        cmocka_unit_test(log_loss_is_clipped),
        cmocka_unit_test(ranking_against_pairs),
        cmocka_unit_test(odd_and_even_passes),
        cmocka_unit_test(sizes_change),
        cmocka_unit_test(kept_order_changes_nothing),
        cmocka_unit_test(bad_binary_input),
        cmocka_unit_test(three_classes_by_hand),
        cmocka_unit_test(absent_class),
        cmocka_unit_test(many_classes),
        cmocka_unit_test(bad_multiclass_input),
        cmocka_unit_test(regression_by_hand),
        cmocka_unit_test(several_targets),
        cmocka_unit_test(bad_regression_input),
        cmocka_unit_test(no_memory),
        cmocka_unit_test(sums_are_complete),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
