// SPDX-License-Identifier: MIT
// Permutation importance of a linear model whose weights are known: what it does not look at loses
// nothing, the rest what a plain computation with the same shuffles says.
#include "testing.h"

#include "base/rng.h"
#include "job/importance.h"
#include "train/metrics.h"

#define ROWS    600
#define INPUTS  5
#define REPEATS 4

static float X[ROWS * INPUTS], y[ROWS * 2];
static const struct dataset data = {.n = ROWS, .d = INPUTS, .targets = 1, .X = X, .y = y};

// Feature i has weight weights[i]; feature 3 and 4 are one-hot.
static const float weights[INPUTS] = {2, -1, 0, 0.5F, 1};

static float score_of(const float *x)
{
    float z = 0;
    for (size_t f = 0; f < INPUTS; f++)
        z += weights[f] * x[f];
    return z;
}

static void make_model(enum net_task task)
{
    const struct opt_sizes none = {0};
    const struct net_spec spec = {INPUTS, 1, &none, ACT_RELU, 0, task};
    const struct model_meta meta = {"1", 0, "relu"};
    const float bias = 0;
    struct net net;
    struct error e = {0};
    uint32_t seed = 11;
    CHECK_OK(net_init(&net, &spec, &e), e);
    float *params = mem_aligned(net.size, sizeof *params);
    assert_non_null(params);
    net_set_layer(&net, params, 0, weights, &bias);
    CHECK_OK(model_write_npz(test_path("m.npz"), &net, params, &meta, NULL, &e), e);
    mem_free(params);
    for (size_t i = 0; i < ROWS; i++) {
        float *x = X + i * INPUTS;
        for (size_t f = 0; f < 3; f++)
            x[f] = test_float(&seed);
        x[3] = (float)(test_random(&seed) % 2);
        x[4] = 1 - x[3];
        const float z = score_of(x) + 0.5F * test_float(&seed);
        y[i] = task == TASK_BINARY ? z > 0.7F : z;
    }
}

struct call {
    struct importance_spec spec;
    struct importance result;
    size_t threads;
};

static int work(struct model_run *run, void *context, struct error *e)
{
    struct call *c = context;
    return importance_measure(&c->result, run, &c->spec, e);
}

static int measure(void *context, struct error *e)
{
    struct call *c = context;
    char model[256];
    snprintf(model, sizeof model, "%s", test_path("m.npz"));
    const struct model_run_spec run = {.model = model, .threads = c->threads};
    return model_run(&run, work, c, e);
}

static const struct importance_column columns[] = {{0, 1}, {1, 1}, {2, 1}, {3, 2}};
#define COLUMNS (sizeof columns / sizeof *columns)

static struct call call_of(size_t threads)
{
    return (struct call){.spec = {.data = &data,
                                  .columns = COLUMNS,
                                  .column = columns,
                                  .repeats = REPEATS,
                                  .seed = 9},
                         .threads = threads};
}

static double auroc_of(const float *score)
{
    const struct metrics_rows rows = {.n = ROWS, .ld = 1, .f32 = score};
    struct metrics_work w = {0};
    struct binary_metrics m;
    struct error e = {0};
    CHECK_OK(metrics_binary(&m, &w, &rows, y, 0.5, &e), e);
    metrics_work_clear(&w);
    return m.auroc;
}

// The mean loss of ROC AUC over the shuffles of a seed, one row at a time.
static double plainly(const struct importance_column *column, double whole)
{
    static uint32_t order[ROWS];
    static float score[ROWS];
    struct rng rng;
    double lost = 0;
    rng_seed(&rng, 9);
    for (size_t r = 0; r < REPEATS; r++) {
        rng_randperm(&rng, order, ROWS);
        for (size_t i = 0; i < ROWS; i++) {
            float x[INPUTS];
            memcpy(x, X + i * INPUTS, sizeof x);
            for (size_t f = 0; f < column->features; f++)
                x[column->feature + f] = X[order[i] * INPUTS + column->feature + f];
            score[i] = score_of(x);
        }
        lost += whole - auroc_of(score);
    }
    return lost / REPEATS;
}

static void known_model(void **state)
{
    (void)state;
    static float score[ROWS];
    struct call c = call_of(1);
    struct error e = {0};
    make_model(TASK_BINARY);
    CHECK_OK(measure(&c, &e), e);
    for (size_t i = 0; i < ROWS; i++)
        score[i] = score_of(X + i * INPUTS);
    const struct importance *i = &c.result;
    assert_string_equal(i->metric, "auroc");
    assert_int_equal(i->rows, ROWS);
    assert_int_equal(i->repeats, REPEATS);
    // probabilities tie where scores do not, in the last bit
    check_close(i->whole, auroc_of(score), 1e-6, "ROC AUC");
    for (size_t k = 0; k < COLUMNS; k++)
        check_close(i->mean[k], plainly(&columns[k], auroc_of(score)), 1e-5, "importance");
    assert_true(i->mean[2] == 0 && i->spread[2] == 0);
    assert_true(i->mean[0] > i->mean[1] && i->mean[1] > 0.01 && i->spread[0] > 0);
    importance_clear(&c.result);
}

static void same_for_threads(void **state)
{
    (void)state;
    struct call one = call_of(1);
    struct error e = {0};
    make_model(TASK_BINARY);
    CHECK_OK(measure(&one, &e), e);
    for (size_t threads = 2; threads < 5; threads++) {
        struct call more = call_of(threads);
        CHECK_OK(measure(&more, &e), e);
        assert_memory_equal(more.result.mean, one.result.mean, COLUMNS * sizeof(double));
        assert_memory_equal(more.result.spread, one.result.spread, COLUMNS * sizeof(double));
        importance_clear(&more.result);
    }
    importance_clear(&one.result);
}

static void regression_by_feature(void **state)
{
    (void)state;
    struct call c = call_of(2);
    struct error e = {0};
    c.spec.column = NULL;
    c.spec.columns = 0;
    make_model(TASK_REGRESSION);
    CHECK_OK(measure(&c, &e), e);
    assert_string_equal(c.result.metric, "r2");
    assert_int_equal(c.result.columns, INPUTS);
    assert_true(c.result.mean[2] == 0);
    assert_true(c.result.mean[0] > 1); // 4/3 of the variance are lost twice
    importance_clear(&c.result);
}

static void one_class(void **state)
{
    (void)state;
    struct call c = call_of(1);
    struct error e = {0};
    make_model(TASK_BINARY);
    for (size_t i = 0; i < ROWS; i++)
        y[i] = 1;
    CHECK_OK(measure(&c, &e), e);
    assert_string_equal(c.result.metric, "accuracy");
    importance_clear(&c.result);
}

// 6 parameters and 4 columns make 24 multiplications for a row and a shuffle.
static void limited_work(void **state)
{
    (void)state;
    static const struct {
        double work;
        size_t rows, repeats;
    } cases[] = {{24. * 550 * REPEATS, 550, REPEATS}, {24. * 500 * 2, 500, 2}, {24. * 5, 500, 1}};
    struct error e = {0};
    make_model(TASK_BINARY);
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        struct call c = call_of(2);
        c.spec.work = cases[k].work;
        CHECK_OK(measure(&c, &e), e);
        assert_non_null(c.result.metric);
        assert_int_equal(c.result.rows, cases[k].rows);
        assert_int_equal(c.result.repeats, cases[k].repeats);
        importance_clear(&c.result);
    }
    struct call c = call_of(2);
    c.spec.work = 24; // 500 rows are more than a hundred times that
    CHECK_OK(measure(&c, &e), e);
    assert_null(c.result.metric);
    importance_clear(&c.result);
}

struct seen {
    uint64_t done, total;
    size_t calls;
};

static void see(void *context, uint64_t done, uint64_t total)
{
    struct seen *s = context;
    assert_true(done > s->done && done <= total);
    *s = (struct seen){done, total, s->calls + 1};
}

static void says_how_far_it_is(void **state)
{
    (void)state;
    for (size_t threads = 1; threads <= 3; threads++) {
        struct call c = call_of(threads);
        struct error e = {0};
        struct seen seen = {0};
        make_model(TASK_BINARY);
        c.spec.progress = see;
        c.spec.context = &seen;
        CHECK_OK(measure(&c, &e), e);
        assert_int_equal(seen.total, 1 + COLUMNS * REPEATS);
        assert_true(seen.calls >= 1);
        if (threads == 1)
            assert_int_equal(seen.done, seen.total);
        importance_clear(&c.result);
    }
}

static int measure_and_clear(void *context, struct error *e)
{
    struct call *c = context;
    const int rc = measure(c, e);
    if (rc == 0)
        importance_clear(&c->result);
    return rc;
}

static void no_memory(void **state)
{
    (void)state;
    struct call c = call_of(2);
    make_model(TASK_BINARY);
    assert_true(check_failing_memory(measure_and_clear, &c) > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_model),
        cmocka_unit_test(same_for_threads),
        cmocka_unit_test(regression_by_feature),
        cmocka_unit_test(one_class),
        cmocka_unit_test(limited_work),
        cmocka_unit_test(says_how_far_it_is),
        cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, test_folder_make, test_folder_remove);
}
