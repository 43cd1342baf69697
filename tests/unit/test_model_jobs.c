// SPDX-License-Identifier: MIT
// A model read back and used: what it predicts is what the plan computes in memory, as CSV and as
// arrays; what eval finds is what the metrics find; made-up models are refused; faults.
#include "testing.h"

#include "io/json.h"
#include "io/npz.h"
#include "job/eval_job.h"
#include "job/predict_job.h"
#include "kern/cpu.h"

#include <stdlib.h>

#define ROWS   300
#define INPUTS 5

struct made {
    struct net net;
    float *params, *pred; // [ROWS][outputs]
    float X[ROWS * INPUTS], y[ROWS * 4];
};

static const struct opt_sizes two = {.count = 2, .value = {17, 6}};

// A model in m.npz, rows in d.npz, and what the plan says about them.
static void make(struct made *m, enum net_task task, size_t outputs)
{
    const struct net_spec spec = {INPUTS, outputs, &two, ACT_TANH, 0, task};
    const struct model_meta meta = {"1.2.3", 0, "tanh"};
    struct rng rng;
    struct error e = {0};
    uint32_t seed = 1;
    const struct kern *kern;
    CHECK_OK(net_init(&m->net, &spec, &e), e);
    m->params = mem_aligned(m->net.size, sizeof *m->params);
    m->pred = mem_array(ROWS * outputs, sizeof *m->pred);
    rng_seed(&rng, 3);
    CHECK_OK(net_draw_weights(&m->net, &rng, m->params, &e), e);
    CHECK_OK(model_write_npz(test_path("m.npz"), &m->net, m->params, &meta, NULL, &e), e);
    for (size_t i = 0; i < ROWS * INPUTS; i++)
        m->X[i] = 3 * test_float(&seed);
    for (size_t i = 0; i < ROWS * outputs; i++)
        m->y[i] = task == TASK_REGRESSION
                      ? test_float(&seed)
                      : (float)(test_random(&seed) % (outputs + (outputs == 1)));
    const uint64_t shape[] = {ROWS, INPUTS}, targets[] = {ROWS, outputs};
    struct npz_writer *w = npz_writer_begin(test_path("d.npz"), &e);
    assert_non_null(w);
    CHECK_OK(npz_writer_add(w, &(struct npz_values){"X_val", "<f4", 2, shape, m->X}, &e), e);
    CHECK_OK(npz_writer_add(w,
                            &(struct npz_values){"y_val", "<f4", task == TASK_REGRESSION ? 2 : 1,
                                                 targets, m->y},
                            &e),
             e);
    CHECK_OK(npz_writer_commit(w, &e), e);
    CHECK_OK(kern_select(&kern, &e), e);
    struct plan *plan =
        plan_new(&(struct plan_spec){.net = &m->net, .predict_rows = ROWS, .threads = 1}, kern, &e);
    assert_non_null(plan);
    plan_predict(plan, m->params, &(struct plan_batch){.rows = ROWS, .X = m->X}, m->pred, NULL);
    plan_free(plan);
}

static void unmake(struct made *m)
{
    mem_free(m->params);
    mem_free(m->pred);
}

static int predict(const char *out, double threshold, struct error *e)
{
    char model[256], data[256];
    snprintf(model, sizeof model, "%s", test_path("m.npz"));
    snprintf(data, sizeof data, "%s", test_path("d.npz"));
    const struct predict_job job = {
        .run = {.model = model, .threads = 1},
        .data.path = data,
        .out = out,
        .threshold = threshold,
    };
    bool stopped;
    return predict_job(&job, &stopped, e);
}

static void check_csv(const struct made *m, const char *header)
{
    struct buf text;
    struct error e = {0};
    buf_init(&text, 1 << 20);
    CHECK_OK(predict(test_path("p.csv"), 0.45, &e), e);
    CHECK_OK(file_read_all(test_path("p.csv"), 1 << 20, &text, &e), e);
    const size_t k = m->net.outputs, len = strlen(header);
    if (strncmp(text.data, header, len) != 0)
        fail_msg("'%.60s' does not begin with '%s'", text.data, header);
    char *at = text.data + len;
    for (size_t i = 0; i < ROWS; i++) {
        const float *want = m->pred + i * k;
        size_t best = 0;
        for (size_t j = 1; j < k; j++)
            best = want[j] > want[best] ? j : best;
        if (m->net.task == TASK_MULTICLASS)
            assert_int_equal(strtol(at, &at, 10), best);
        for (size_t j = 0; j < k; j++) {
            at += *at == ',';
            const float got = strtof(at, &at); // nine digits are enough for the very bits
            check_bits(&got, &want[j], 1, "a prediction");
        }
        if (m->net.task == TASK_BINARY) {
            assert_int_equal(*at++, ',');
            assert_int_equal(strtol(at, &at, 10), want[0] > 0.45F);
        }
        assert_int_equal(*at++, '\n');
    }
    assert_int_equal(*at, '\0');
    buf_clear(&text);
}

static void check_arrays(const struct made *m)
{
    struct npz z;
    struct npz_array a;
    struct error e = {0};
    static float values[ROWS * 4];
    static double label[ROWS];
    const bool regression = m->net.task == TASK_REGRESSION;
    CHECK_OK(predict(test_path("p.npz"), 0.45, &e), e);
    CHECK_OK(npz_open(&z, test_path("p.npz"), &e), e);
    CHECK_OK(npz_array(&z, regression ? "prediction" : "probability", &a, &e), e);
    assert_int_equal(a.info.ndim, m->net.outputs == 1 ? 1 : 2);
    assert_int_equal(a.info.count, ROWS * m->net.outputs);
    CHECK_OK(npz_read_f32(&z, &a, values, &e), e);
    check_bits(values, m->pred, ROWS * m->net.outputs, "an array");
    assert_int_equal(npz_has(&z, "label"), !regression);
    if (m->net.task == TASK_BINARY) {
        CHECK_OK(npz_array(&z, "label", &a, &e), e);
        assert_string_equal(a.info.dtype, "<i8");
        CHECK_OK(npz_read_f64(&z, &a, label, &e), e);
        for (size_t i = 0; i < ROWS; i++)
            assert_true(label[i] == (m->pred[i] > 0.45F));
    }
    npz_close(&z);
}

static void predicts_what_the_plan_computes(void **state)
{
    (void)state;
    static const struct {
        enum net_task task;
        size_t outputs;
        const char *header;
    } kinds[] = {{TASK_BINARY, 1, "probability,label\n"},
                 {TASK_MULTICLASS, 3, "label,p0,p1,p2\n"},
                 {TASK_REGRESSION, 1, "prediction\n"},
                 {TASK_REGRESSION, 2, "prediction0,prediction1\n"}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct made m;
        make(&m, kinds[i].task, kinds[i].outputs);
        check_csv(&m, kinds[i].header);
        check_arrays(&m);
        unmake(&m);
    }
}

static int eval(struct eval_result *r, enum threshold_rule rule, size_t threads, struct error *e)
{
    char model[256], data[256];
    snprintf(model, sizeof model, "%s", test_path("m.npz"));
    snprintf(data, sizeof data, "%s", test_path("d.npz"));
    const struct eval_job job = {
        .run = {.model = model, .threads = threads},
        .data.path = data,
        .val = rule == THRESHOLD_F1 ? data : NULL,
        .rule = rule,
        .threshold = 0.45,
        .resamples = 5,
    };
    return eval_job(&job, r, e);
}

static void evaluates_what_it_predicts(void **state)
{
    (void)state;
    struct made m;
    struct eval_result r, other;
    struct error e = {0};
    struct binary_metrics want;
    struct metrics_work work = {0};
    make(&m, TASK_BINARY, 1);
    const struct metrics_rows rows = {.n = ROWS, .ld = 1, .f32 = m.pred};
    CHECK_OK(eval(&r, THRESHOLD_GIVEN, 1, &e), e);
    CHECK_OK(metrics_binary(&want, &work, &rows, m.y, 0.45, &e), e);
    assert_memory_equal(&r.score.binary, &want, sizeof want);
    check_close(r.loss, want.log_loss, 1e-6, "the loss");
    assert_int_equal(r.bootstrap.count, 8);
    CHECK_OK(eval(&other, THRESHOLD_F1, 3, &e), e);
    assert_true(other.loss == r.loss && other.score.binary.auroc == want.auroc);
    assert_true(other.threshold != r.threshold && other.score.binary.f1 >= want.f1);
    eval_result_clear(&r);
    eval_result_clear(&other);
    metrics_work_clear(&work);
    unmake(&m);
}

// A model.npz with this meta.json, and one layer of 5 inputs and 1 output.
static void write_model(const char *meta, uint64_t in, uint64_t out)
{
    static const float values[64];
    struct error e = {0};
    const uint64_t W[] = {out, in}, b[] = {out};
    struct npz_writer *w = npz_writer_begin(test_path("made.npz"), &e);
    assert_non_null(w);
    CHECK_OK(npz_writer_add(w, &(struct npz_values){"fc1.weight", "<f4", 2, W, values}, &e), e);
    CHECK_OK(npz_writer_add(w, &(struct npz_values){"fc1.bias", "<f4", 1, b, values}, &e), e);
    if (meta)
        CHECK_OK(npz_writer_bytes(w, "meta.json", meta, strlen(meta), &e), e);
    CHECK_OK(npz_writer_commit(w, &e), e);
}

#define META(format, layers, task, act)                                                            \
    "{\"program\": \"skiff\", \"format\": " format ", \"layers\": " layers                         \
    ", \"activation\": \"" act "\", \"task\": \"" task "\"}"

static void made_up_models_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *meta;
        int code;
        const char *what;
    } bad[] = {
        {NULL, ERR_NOTFOUND, "has no meta.json"},
        {"", ERR_FORMAT, "not valid JSON"},
        {"[]", ERR_FORMAT, "no JSON object"},
        {"{\"program\": \"skiff\"", ERR_FORMAT, "not valid JSON"},
        {"{}", ERR_FORMAT, "does not say that skiff wrote it"},
        {META("0", "[5, 1]", "binary", "relu"), ERR_FORMAT, "does not say"},
        {META("2", "[5, 1]", "binary", "relu"), ERR_UNSUPPORTED, "newer skiff (format 2)"},
        {META("1", "[5, 1]", "auto", "relu"), ERR_FORMAT, "task"},
        {META("1", "[5, 1]", "ranking", "relu"), ERR_FORMAT, "task"},
        {META("1", "[5, 1]", "binary", "swish"), ERR_FORMAT, "activation"},
        {META("1", "[5]", "binary", "relu"), ERR_FORMAT, "layers is no list"},
        {META("1", "5", "binary", "relu"), ERR_FORMAT, "layers is no list"},
        {META("1", "[5, 0, 1]", "binary", "relu"), ERR_FORMAT, "no size"},
        {META("1", "[5, -1]", "binary", "relu"), ERR_FORMAT, "no size"},
        {META("1", "[5, 1.0]", "binary", "relu"), ERR_FORMAT, "no size"},
        {META("1", "[5, 9007199254740993]", "regression", "relu"), ERR_FORMAT, "no size"},
        {META("1", "[5, 2]", "binary", "relu"), ERR_FORMAT, "do not fit its task"},
        {META("1", "[5, 1]", "multiclass", "relu"), ERR_FORMAT, "do not fit its task"},
        {META("1", "[4, 1]", "binary", "relu"), ERR_MISMATCH, "has shape (1, 5)"},
        {META("1", "[4294967296, 4294967296, 1]", "binary", "relu"), ERR_MISMATCH, "shape (1, 5)"},
        {META("1", "[5, 1, 1]", "binary", "relu"), ERR_NOTFOUND, "fc2.weight"},
    };
    struct model m;
    struct error e = {0};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        write_model(bad[i].meta, 5, 1);
        error_clear(&e);
        check_refused(model_read_npz(&m, test_path("made.npz"), &e), bad[i].code, &e, bad[i].what);
        assert_non_null(strstr(e.text, "made.npz"));
        assert_null(m.params);
    }
    write_model(META("1", "[5, 1]", "binary", "relu"), 5, 1);
    CHECK_OK(model_read_npz(&m, test_path("made.npz"), &e), e);
    assert_true(m.net.inputs == 5 && m.net.layers == 1);
    model_clear(&m);
}

static void every_activation_comes_back(void **state)
{
    (void)state;
    struct error e = {0};
    size_t count = 0;
    for (; net_act_words[count]; count++) {
        const struct net_spec spec = {
            5, 3, &two, (enum kern_act)(ACT_RELU + count), 0, TASK_MULTICLASS};
        const struct model_meta meta = {"1", 0, net_act_words[count]};
        struct net net;
        struct model m;
        CHECK_OK(net_init(&net, &spec, &e), e);
        float *params = mem_aligned(net.size, sizeof *params);
        CHECK_OK(model_write_npz(test_path("act.npz"), &net, params, &meta, NULL, &e), e);
        CHECK_OK(model_read_npz(&m, test_path("act.npz"), &e), e);
        assert_true(m.net.act == net.act && m.net.task == net.task && m.net.size == net.size);
        model_clear(&m);
        mem_free(params);
    }
    assert_int_equal(count, ACT_SILU - ACT_RELU + 1);
}

static int do_predict(void *context, struct error *e)
{
    return predict(context, 0.5, e);
}

static int do_eval(void *context, struct error *e)
{
    struct eval_result r;
    int rc = eval(&r, *(enum threshold_rule *)context, 1, e);
    if (rc)
        return rc;
    struct buf text;
    buf_init(&text, 1 << 20);
    json_t *json = eval_result_json(&r);
    rc = json_text(json, &text, e);
    json_decref(json);
    buf_clear(&text);
    eval_result_clear(&r);
    return rc;
}

static void survives_failing_memory(void **state)
{
    (void)state;
    static enum threshold_rule rules[] = {THRESHOLD_GIVEN, THRESHOLD_F1};
    char csv[256], npz[256];
    snprintf(csv, sizeof csv, "%s", test_path("p.csv"));
    snprintf(npz, sizeof npz, "%s", test_path("p.npz"));
    static const size_t outputs[] = {1, 3, 2};
    for (int task = TASK_BINARY; task <= TASK_REGRESSION; task++) {
        struct made m;
        make(&m, (enum net_task)task, outputs[task - TASK_BINARY]);
        assert_true(check_failing_memory(do_predict, csv) > 20);
        assert_true(check_failing_memory(do_predict, npz) > 20);
        assert_true(check_failing_memory(do_eval, &rules[0]) > 20);
        if (task == TASK_BINARY)
            assert_true(check_failing_memory(do_eval, &rules[1]) > 20);
        unmake(&m);
    }
}

// jansson has codes of its own when it has no memory, or none: that it is a failure is enough.
static void one_failed_allocation_is_noticed(void **state)
{
    (void)state;
    static enum threshold_rule rule = THRESHOLD_YOUDEN;
    struct made m;
    make(&m, TASK_BINARY, 1);
    json_set_alloc_funcs(mem_alloc, mem_free);
    long failed = 0, n = 0, calls;
    do {
        struct error e = {0};
        mem_fail_at(-++n);
        const int rc = do_eval(&rule, &e);
        calls = mem_fail_at(0);
        failed += rc != 0;
        assert_true(rc == 0 || (rc < 0 && e.text[0]));
    } while (n < calls);
    if (failed < n - 3) // the last is none, and a few are done without
        fail_msg("%ld of %ld failed allocations ended in a failure", failed, n);
    json_set_alloc_funcs(malloc, free);
    unmake(&m);
}

static void a_full_disk_leaves_the_old_predictions(void **state)
{
    (void)state;
    struct made m;
    make(&m, TASK_MULTICLASS, 3);
    static const char *const names[] = {"p.csv", "p.npz"};
    for (size_t i = 0; i < 2; i++) {
        char path[256];
        snprintf(path, sizeof path, "%s", test_path(names[i]));
        for (long n = 1;; n++) {
            struct error e = {0};
            struct buf b;
            buf_init(&b, 1 << 20);
            assert_int_equal(file_write_all(path, "old", 3, NULL), 0);
            file_fail_at(n);
            const int rc = predict(path, 0.5, &e);
            file_fail_at(0);
            if (rc == 0) {
                assert_true(n > 3);
                break;
            }
            check_refused(rc, ERR_IO, &e, path);
            assert_int_equal(file_read_all(path, 1 << 20, &b, NULL), 0);
            assert_string_equal(b.data, "old");
            buf_clear(&b);
        }
    }
    unmake(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(predicts_what_the_plan_computes),
        cmocka_unit_test(evaluates_what_it_predicts),
        cmocka_unit_test(made_up_models_are_refused),
        cmocka_unit_test(every_activation_comes_back),
        cmocka_unit_test(survives_failing_memory),
        cmocka_unit_test(one_failed_allocation_is_noticed),
        cmocka_unit_test(a_full_disk_leaves_the_old_predictions),
    };
    return cmocka_run_group_tests(tests, test_folder_make, test_folder_remove);
}
