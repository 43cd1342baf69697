// SPDX-License-Identifier: MIT
// Rows of a CSV that are judged a batch at a time: predictions, labels and the loss are those of
// all rows at once, to the bit, for two classes, three, and amounts; failing memory.
#include "prep_testing.h"

#include "base/buf.h"
#include "base/file.h"
#include "job/evaluate.h"
#include "job/judged.h"

#define ROWS ((size_t)40000) // several batches of model_run_rows, and a last one that is not full

#define FIT "a,b,truth,kind,price\n1,2,no,x,1.5\n2,1,yes,y,2.5\n3,0,no,z,-1\n"

static const struct {
    const char *target;
    enum net_task task;
    size_t outputs;
} cases[] = {
    {"truth", TASK_BINARY, 1}, {"kind", TASK_MULTICLASS, 3}, {"price", TASK_REGRESSION, 1}};

// A model in m.npz whose preparation has that target.
static void write_model(size_t i)
{
    static const struct opt_sizes hidden = {.count = 2, .value = {17, 6}};
    const struct prep_rules rules = {.features = "a,b", .target = cases[i].target};
    const struct net_spec spec = {2, cases[i].outputs, &hidden, ACT_TANH, 0, cases[i].task};
    const struct model_meta meta = {"1.2.3", 0, "tanh"};
    struct error e = {0};
    struct prep prep;
    struct net net;
    struct rng rng;
    test_prep(&prep, FIT, &rules);
    CHECK_OK(net_init(&net, &spec, &e), e);
    float *params = mem_aligned(net.size, sizeof *params);
    rng_seed(&rng, 3);
    CHECK_OK(net_draw_weights(&net, &rng, params, &e), e);
    CHECK_OK(model_write_npz(test_path("m.npz"), &net, params, &meta, &prep, &e), e);
    mem_free(params);
    prep_clear(&prep);
}

static void write_rows(const char *name, size_t rows)
{
    static const char *const truths[] = {"no", "yes"}, *const kinds[] = {"x", "y", "z"};
    struct error e = {0};
    struct buf text;
    uint32_t seed = 1;
    buf_init(&text, (size_t)1 << 24);
    buf_puts(&text, "a,b,truth,kind,price\n");
    for (size_t i = 0; i < rows; i++) {
        const double a = (double)test_float(&seed), b = (double)test_float(&seed);
        const uint32_t draw = test_random(&seed);
        buf_printf(&text, "%.6g,%.6g,%s,%s,%.6g\n", 5 * a, b, truths[draw % 2], kinds[draw / 2 % 3],
                   (double)test_float(&seed));
    }
    assert_int_equal(text.failed, 0);
    CHECK_OK(file_write_all(test_path(name), text.data, text.len, &e), e);
    buf_clear(&text);
}

static void shown(void *context, uint64_t done, uint64_t total)
{
    uint64_t *last = context;
    assert_true(done >= *last && total == 0);
    *last = done;
}

static const struct judged_hooks silent = {0};

// Both ways, in one run of the model.
static int both(struct model_run *run, void *context, struct error *e)
{
    uint64_t told = 0;
    const struct judged_hooks hooks = {.rows = shown, .context = &told};
    const struct model_data data = {.path = context};
    struct judged j;
    struct dataset d;
    float *pred;
    double loss;
    CHECK_OK(judge(&j, run, &data, &hooks, e), *e);
    CHECK_OK(model_rows_load(&d, run, &data, &silent.listener, e), *e);
    CHECK_OK(evaluate_rows(run, &d, context, &pred, &loss, e), *e);
    assert_int_equal(j.n, d.n);
    assert_int_equal(told, d.n);
    assert_memory_equal(j.y, d.y, d.n * sizeof *d.y);
    assert_memory_equal(j.pred, pred, d.n * run->model.net.outputs * sizeof *pred);
    if (!(j.loss > 0) || j.loss != loss)
        fail_msg("loss by batches %.17g, of all rows %.17g", j.loss, loss);
    judged_clear(&j);
    dataset_clear(&d);
    mem_free(pred);
    return 0;
}

static void batches_change_nothing(void **state)
{
    (void)state;
    char model[256], data[256];
    struct error e = {0};
    snprintf(model, sizeof model, "%s", test_path("m.npz"));
    snprintf(data, sizeof data, "%s", test_path("d.csv"));
    write_rows("d.csv", ROWS);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_model(i);
        for (size_t threads = 1; threads <= 3; threads += 2) {
            const struct model_run_spec spec = {.model = model, .threads = threads};
            CHECK_OK(model_run(&spec, both, data, &e), e);
        }
    }
}

static int judge_only(struct model_run *run, void *context, struct error *e)
{
    const struct model_data data = {.path = context};
    struct judged j;
    const int rc = judge(&j, run, &data, &silent, e);
    judged_clear(&j);
    return rc;
}

static int judge_small(void *context, struct error *e)
{
    char model[256];
    snprintf(model, sizeof model, "%s", test_path("m.npz"));
    return model_run(&(struct model_run_spec){.model = model, .threads = 1}, judge_only, context,
                     e);
}

static void survives_failing_memory(void **state)
{
    (void)state;
    char data[256];
    snprintf(data, sizeof data, "%s", test_path("d.csv"));
    write_rows("d.csv", 50);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_model(i);
        assert_true(check_failing_memory(judge_small, data) > 20);
    }
}

static void refuses_no_rows(void **state)
{
    (void)state;
    char data[256];
    struct error e = {0};
    snprintf(data, sizeof data, "%s", test_path("d.csv"));
    write_rows("d.csv", 0);
    write_model(0);
    check_refused(judge_small(data, &e), ERR_DATA, &e, "d.csv: has no rows");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(batches_change_nothing),
        cmocka_unit_test(survives_failing_memory),
        cmocka_unit_test(refuses_no_rows),
    };
    return cmocka_run_group_tests(tests, test_folder_make, test_folder_remove);
}
