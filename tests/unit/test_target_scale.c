// SPDX-License-Identifier: MIT
// Scaled targets: the figures, folding them into a network and out again, and a run that learns
// amounts far from 0 as well as it learns the same amounts near it.
#include "fit_testing.h"

#include <math.h>

static void test_figures(void **state)
{
    (void)state;
    float y[] = {1e6F, 5, 3e6F, 5, 5e6F, 5};
    const struct dataset d = {.n = 3, .targets = 2, .y = y};
    struct target_scale s = {0};
    struct error e = {0};
    CHECK_OK(target_scale_init(&s, &d, &e), e);
    assert_int_equal(s.targets, 2);
    check_close(s.center[0], 3e6, 1e-6, "s.center[0]");
    check_close(s.width[0], sqrt(8.0 / 3.0) * 1e6, 1e-6, "s.width[0]");
    check_close(s.center[1], 5, 1e-12, "s.center[1]");
    check_close(s.width[1], 1, 0, "s.width[1]"); // constant
    float *scaled = target_scale_apply(&s, &d);
    assert_non_null(scaled);
    check_close((double)scaled[0], -sqrt(1.5), 1e-6, "scaled[0]");
    check_close((double)scaled[1], 0, 0, "scaled[1]");
    target_scale_undo(&s, scaled, 3);
    for (size_t i = 0; i < 6; i++)
        check_close((double)scaled[i], (double)y[i], 0.25, "scaled[i]");
    mem_free(scaled);
    target_scale_clear(&s);
    assert_int_equal(s.targets, 0);
}

// A linear network's outputs by hand.
static double output(const struct net *net, const float *params, const float *x, size_t o)
{
    float W[8 * 3], b[8];
    net_get_layer(net, params, 0, W, b);
    double z = (double)b[o];
    for (size_t i = 0; i < net->inputs; i++)
        z += (double)W[o * net->inputs + i] * (double)x[i];
    return z;
}

// Both layouts of the output layer: narrow up to four outputs, else wide.
static void check_fold(size_t outputs)
{
    const struct opt_sizes none = {0};
    const struct net_spec spec = {3, outputs, &none, ACT_RELU, 0, TASK_REGRESSION};
    struct net net;
    struct error e = {0};
    struct rng rng;
    CHECK_OK(net_init(&net, &spec, &e), e);
    float *params = mem_aligned(net.size, sizeof *params);
    float *before = mem_aligned(net.size, sizeof *before);
    assert_true(params && before);
    rng_seed(&rng, 7);
    CHECK_OK(net_draw_weights(&net, &rng, params, &e), e);
    memcpy(before, params, net.size * sizeof *params);
    double center[8], width[8];
    for (size_t o = 0; o < outputs; o++) {
        center[o] = 100 * (double)(o + 1);
        width[o] = 10.0 / (double)(o + 1);
    }
    const struct target_scale s = {outputs, center, width};
    target_scale_fold(&s, &net, params);
    const float x[] = {0.5F, -2, 3};
    for (size_t o = 0; o < outputs; o++) {
        const double wanted = center[o] + width[o] * output(&net, before, x, o);
        check_close(output(&net, params, x, o), wanted, 1e-4, "output");
    }
    target_scale_unfold(&s, &net, params);
    for (size_t i = 0; i < net.size; i++)
        check_close((double)params[i], (double)before[i], 1e-4, "params[i]");
    mem_free(params);
    mem_free(before);
}

static void test_fold(void **state)
{
    (void)state;
    check_fold(1);
    check_fold(4);
    check_fold(8);
}

#define OPTIONS "{\"epochs\": 40, \"lr\": 0.01, \"hidden\": \"16\", \"scale_target\": \"standard\"}"

static void move_targets(struct dataset *d, float factor, float shift)
{
    for (size_t i = 0; i < d->n * d->targets; i++)
        d->y[i] = shift + factor * d->y[i];
}

static void run_moved(struct run *r, float factor, float shift, const char *more)
{
    struct error e = {0};
    run_begin(r, TASK_REGRESSION, more ? more : OPTIONS, NULL);
    move_targets(&r->train, factor, shift);
    move_targets(&r->val, factor, shift);
    CHECK_OK(run_all(r, &e), e);
}

static const double *last_row(const struct run *r)
{
    return r->fit.history.row[r->fit.history.count - 1].value;
}

// The same curve whatever the units, errors in the units, and parameters that predict amounts.
static void test_units(void **state)
{
    (void)state;
    struct run near, far;
    run_moved(&near, 1, 0, NULL);
    run_moved(&far, 4096, 1 << 20, NULL);
    const double *a = last_row(&near), *b = last_row(&far);
    assert_true(a[HISTORY_VAL_R2] > 0.5);
    check_close(b[HISTORY_TRAIN_LOSS], a[HISTORY_TRAIN_LOSS], 1e-3, "b[HISTORY_TRAIN_LOSS]");
    check_close(b[HISTORY_VAL_LOSS], a[HISTORY_VAL_LOSS], 1e-2, "b[HISTORY_VAL_LOSS]");
    check_close(b[HISTORY_VAL_RMSE] / 4096, a[HISTORY_VAL_RMSE], 1e-2,
                "b[HISTORY_VAL_RMSE] / 4096");
    check_close(b[HISTORY_VAL_R2], a[HISTORY_VAL_R2], 1e-2, "b[HISTORY_VAL_R2]");

    float *pred = mem_array(far.val.n * far.net.outputs, sizeof *pred);
    assert_non_null(pred);
    const struct plan_batch all = {.rows = far.val.n, .X = far.val.X};
    plan_predict(far.fit.plan, far.fit.params, &all, pred, NULL);
    struct score score = {0};
    struct error e = {0};
    CHECK_OK(score_measure(&score, &far.net, far.val.n, pred, far.val.y, &e), e);
    check_close(score.regression.rmse / b[HISTORY_VAL_RMSE], 1, 1e-3,
                "score.regression.rmse / b[HISTORY_VAL_RMSE]");
    mem_free(pred);
    run_end(&near);
    run_end(&far);
}

// Without the scale such amounts stay out of reach: the test above can fail.
static void test_without(void **state)
{
    (void)state;
    struct run r;
    run_moved(&r, 4096, 1 << 20, "{\"epochs\": 40, \"lr\": 0.01, \"hidden\": \"16\"}");
    assert_true(last_row(&r)[HISTORY_VAL_R2] < 0);
    run_end(&r);
}

static void test_classes(void **state)
{
    (void)state;
    struct run r;
    struct error e = {0};
    run_begin(&r, TASK_BINARY, OPTIONS, NULL);
    assert_int_equal(run_all(&r, &e), ERR_USAGE);
    assert_non_null(strstr(e.text, "--scale_target standard: is for amounts"));
    run_end(&r);
}

static void test_memory(void **state)
{
    (void)state;
    for (long n = 1;; n++) {
        struct run r;
        struct error e = {0};
        run_begin(&r, TASK_REGRESSION, OPTIONS, NULL);
        mem_fail_at(n);
        const int rc = run_all(&r, &e);
        mem_fail_at(0);
        run_end(&r);
        if (rc == 0)
            break;
        assert_int_equal(rc, ERR_NOMEM);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_figures), cmocka_unit_test(test_fold),
        cmocka_unit_test(test_units),   cmocka_unit_test(test_without),
        cmocka_unit_test(test_classes), cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
