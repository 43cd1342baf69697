// SPDX-License-Identifier: MIT
// Intervals: the same for any number of threads, sensible where the answer is known, undefined
// where the metric is; thresholds beside every other threshold; faults. That the numbers are
// numpy's is in tests/peers/eval_numpy.py.
#include "testing.h"

#include "train/bootstrap.h"
#include "train/threshold.h"

#define ROWS 300

struct table {
    size_t n;
    float prob[ROWS * 3], label[ROWS], pred[ROWS], truth[ROWS];
};

// Scores with many ties that tell something about the labels.
static void fill(struct table *t, size_t n, uint32_t seed)
{
    t->n = n;
    for (size_t i = 0; i < n; i++) {
        t->label[i] = (float)(test_random(&seed) % 3);
        float sum = 0;
        for (size_t j = 0; j < 3; j++) {
            t->prob[3 * i + j] =
                1 + (float)(test_random(&seed) % 8) + (t->label[i] == (float)j ? 3 : 0);
            sum += t->prob[3 * i + j];
        }
        for (size_t j = 0; j < 3; j++)
            t->prob[3 * i + j] /= sum;
        t->truth[i] = test_float(&seed);
        t->pred[i] = t->truth[i] + test_float(&seed) / 4;
    }
}

enum { BINARY, MULTICLASS, REGRESSION };

static int run(int kind, const struct table *t, const struct bootstrap_spec *spec,
               struct bootstrap *b, struct error *e)
{
    float label[ROWS];
    const struct metrics_rows prob = {t->n, 3, t->prob, NULL}, pred = {t->n, 1, t->pred, NULL},
                              truth = {t->n, 1, t->truth, NULL};
    for (size_t i = 0; i < t->n; i++)
        label[i] = t->label[i] > 0 ? 0 : 1;
    if (kind == BINARY)
        return bootstrap_binary(b, spec, &prob, label, 0.4, e);
    if (kind == MULTICLASS)
        return bootstrap_multiclass(b, spec, &prob, 3, t->label, e);
    return bootstrap_regression(b, spec, &pred, &truth, 1, e);
}

static void check_same(const struct bootstrap *a, const struct bootstrap *b, bool same)
{
    assert_int_equal(a->count, b->count);
    bool equal = true;
    for (size_t i = 0; i < a->count; i++) {
        assert_string_equal(a->interval[i].name, b->interval[i].name);
        equal = equal && memcmp(&a->interval[i].low, &b->interval[i].low, sizeof(double)) == 0 &&
                memcmp(&a->interval[i].high, &b->interval[i].high, sizeof(double)) == 0;
    }
    assert_int_equal(equal, same);
}

struct in_team {
    struct bootstrap_spec spec;
    const struct table *t;
    struct bootstrap *b;
    int kind;
};

static void run_in_team(struct par *team, void *context)
{
    struct in_team *c = context;
    struct error e = {0};
    c->spec.team = team;
    CHECK_OK(run(c->kind, c->t, &c->spec, c->b, &e), e);
}

// Hears of more each time.
static void note_shown(void *context, uint64_t done, uint64_t total)
{
    uint64_t *shown = context;
    assert_true(done > *shown && done <= total && total == 101);
    *shown = done;
}

static void threads_change_nothing(void **state)
{
    (void)state;
    struct table t;
    struct error e = {0};
    fill(&t, ROWS, 1);
    for (int kind = BINARY; kind <= REGRESSION; kind++) {
        struct bootstrap one, many, other;
        uint64_t shown = 0;
        const struct bootstrap_spec spec = {
            .resamples = 101, .seed = 7, .threads = 1, .show = note_shown, .context = &shown};
        CHECK_OK(run(kind, &t, &spec, &one, &e), e);
        assert_int_equal(shown, 101);
        for (size_t threads = 2; threads <= 5; threads++) {
            struct in_team c = {spec, &t, &many, kind};
            c.spec.threads = threads;
            shown = 0;
            par_team(threads, run_in_team, &c);
            assert_true(shown > 0 && shown <= 101);
            check_same(&one, &many, true);
        }
        CHECK_OK(run(kind, &t, &(struct bootstrap_spec){.resamples = 101, .seed = 8, .threads = 1},
                     &other, &e),
                 e);
        check_same(&one, &other, false);
        for (size_t i = 0; i < one.count; i++)
            assert_true(one.interval[i].low < one.interval[i].high);
    }
}

// One row drawn once: every metric is that of the row, and none spreads.
static void a_single_row_is_itself(void **state)
{
    (void)state;
    struct table t;
    struct error e = {0};
    struct bootstrap b;
    const struct bootstrap_spec spec = {.resamples = 20, .seed = 0, .threads = 1};
    fill(&t, 1, 2);
    t.label[0] = 0; // a 1 for the binary task
    CHECK_OK(run(BINARY, &t, &spec, &b, &e), e);
    const struct interval *accuracy = bootstrap_find(&b, "accuracy");
    assert_true(accuracy->low == accuracy->high && accuracy->low == (t.prob[0] > 0.4F ? 1.0 : 0.0));
    assert_true(isnan(bootstrap_find(&b, "auroc")->low));
    assert_true(bootstrap_find(&b, "ap")->low == 1);
    assert_null(bootstrap_find(&b, "nonsense"));
    CHECK_OK(run(REGRESSION, &t, &spec, &b, &e), e);
    assert_true(isnan(bootstrap_find(&b, "r2")->high));
    const double error = (double)t.pred[0] - (double)t.truth[0];
    check_close(bootstrap_find(&b, "mse")->high, error * error, 1e-15, "mse");
}

// The accuracy of n independent rows has a known spread: about 1.96 sqrt(p (1 - p) / n) each way.
static void accuracy_spreads_as_it_should(void **state)
{
    (void)state;
    struct error e = {0};
    struct bootstrap b;
    float prob[ROWS], label[ROWS];
    for (size_t i = 0; i < ROWS; i++) {
        prob[i] = 0.9F;
        label[i] = i % 4 ? 1 : 0;
    }
    const struct metrics_rows rows = {ROWS, 1, prob, NULL};
    const struct bootstrap_spec spec = {.resamples = 4000, .seed = 3, .threads = 1};
    CHECK_OK(bootstrap_binary(&b, &spec, &rows, label, 0.5, &e), e);
    const struct interval *a = bootstrap_find(&b, "accuracy");
    const double half = 1.96 * sqrt(0.75 * 0.25 / ROWS);
    check_close(a->low, 0.75 - half, 0.006, "low end");
    check_close(a->high, 0.75 + half, 0.006, "high end");
    // all scores are tied: the curve is the diagonal in every resample
    assert_true(bootstrap_find(&b, "auroc")->low == 0.5 &&
                bootstrap_find(&b, "auroc")->high == 0.5);
}

// Drawing one value of the truth only leaves no variance: 0 or 1, never a huge number.
static void constant_resamples_have_no_variance(void **state)
{
    (void)state;
    struct error e = {0};
    struct bootstrap b;
    const float truth[] = {0.1F, 0.7F}, pred[] = {0.2F, 0.7F};
    const struct metrics_rows p = {2, 1, pred, NULL}, t = {2, 1, truth, NULL};
    const struct bootstrap_spec spec = {.resamples = 1000, .seed = 1, .threads = 1};
    CHECK_OK(bootstrap_regression(&b, &spec, &p, &t, 1, &e), e);
    assert_true(bootstrap_find(&b, "r2")->low == 0 && bootstrap_find(&b, "r2")->high == 1);
}

static double quality(enum threshold_rule rule, const struct table *t, const float *label,
                      double threshold)
{
    double tp = 0, called = 0, positives = 0;
    for (size_t i = 0; i < t->n; i++) {
        const bool is = label[i] > 0, says = t->prob[i] > (float)threshold;
        tp += is && says;
        called += says;
        positives += is;
    }
    if (rule == THRESHOLD_F1)
        return 2 * tp / (called + positives);
    return tp / positives - (called - tp) / ((double)t->n - positives);
}

// No score, and nothing between, below or above the scores, is a better threshold.
static void thresholds_are_the_best_there_are(void **state)
{
    (void)state;
    for (uint32_t seed = 0; seed < 60; seed++) {
        struct table t;
        struct error e = {0};
        float label[ROWS];
        fill(&t, 2 + seed * 4, seed);
        for (size_t i = 0; i < t.n; i++)
            label[i] = t.label[i] > 0 ? 0 : 1;
        label[0] = 0;
        label[1] = 1;
        const struct metrics_rows rows = {t.n, 1, t.prob, NULL};
        for (int rule = THRESHOLD_F1; rule <= THRESHOLD_YOUDEN; rule++) {
            double best;
            CHECK_OK(threshold_choose(&best, (enum threshold_rule)rule, &rows, label, &e), e);
            const double got = quality((enum threshold_rule)rule, &t, label, best);
            for (size_t i = 0; i < t.n; i++) {
                const double other =
                    quality((enum threshold_rule)rule, &t, label, (double)t.prob[i]);
                if (other > got + 1e-12)
                    fail_msg("seed %u rule %d: threshold %.9g gives %.9g, %.9g gives %.9g", seed,
                             rule, best, got, (double)t.prob[i], other);
            }
            assert_true(quality((enum threshold_rule)rule, &t, label, -1) <= got + 1e-12);
        }
    }
}

static void thresholds_lie_between_scores(void **state)
{
    (void)state;
    struct error e = {0};
    double got;
    float scores[] = {0.9F, 0.6F, 0.2F, 0.1F}, label[] = {1, 1, 0, 0};
    const struct metrics_rows rows = {4, 1, scores, NULL};
    CHECK_OK(threshold_choose(&got, THRESHOLD_F1, &rows, label, &e), e);
    check_close(got, 0.4, 1e-7, "halfway");
    scores[2] = nextafterf(0.6F, 0); // nothing lies between the two
    CHECK_OK(threshold_choose(&got, THRESHOLD_YOUDEN, &rows, label, &e), e);
    assert_true((float)got == scores[2]);
    label[2] = 1;
    scores[3] = scores[2] = 0; // all are tied at zero, so all are called: below zero
    scores[0] = scores[1] = 0;
    CHECK_OK(threshold_choose(&got, THRESHOLD_F1, &rows, label, &e), e);
    assert_true(got < 0);
    label[3] = 1;
    check_refused(threshold_choose(&got, THRESHOLD_F1, &rows, label, &e), ERR_DATA, &e,
                  "every label is 1");
}

struct work {
    int kind;
    struct table t;
};

static int do_work(void *context, struct error *e)
{
    const struct work *w = context;
    struct bootstrap b;
    float label[ROWS];
    double threshold;
    const struct metrics_rows rows = {w->t.n, 1, w->t.prob, NULL};
    if (w->kind <= REGRESSION)
        return run(w->kind, &w->t,
                   &(struct bootstrap_spec){.resamples = 3, .seed = 0, .threads = 1}, &b, e);
    for (size_t i = 0; i < w->t.n; i++)
        label[i] = (float)(i % 2);
    return threshold_choose(&threshold, THRESHOLD_F1, &rows, label, e);
}

static void survives_failing_memory(void **state)
{
    (void)state;
    struct work w;
    fill(&w.t, 40, 5);
    for (w.kind = BINARY; w.kind <= REGRESSION + 1; w.kind++)
        assert_true(check_failing_memory(do_work, &w) >= 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_change_nothing),
        cmocka_unit_test(a_single_row_is_itself),
        cmocka_unit_test(accuracy_spreads_as_it_should),
        cmocka_unit_test(constant_resamples_have_no_variance),
        cmocka_unit_test(thresholds_are_the_best_there_are),
        cmocka_unit_test(thresholds_lie_between_scores),
        cmocka_unit_test(survives_failing_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
