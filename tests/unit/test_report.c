// SPDX-License-Identifier: MIT
// A report from a run made here: what is on the page, text that is no HTML, every failure of memory
// and disk. How the page looks, and runs of the program, are tests/shell/report.sh's.
#include "testing.h"

#include "io/npz.h"
#include "model/model_file.h"
#include "report/html.h"
#include "report/report.h"

#define ROWS   60
#define INPUTS 3

static void write_text(const char *name, const char *text)
{
    struct error e = {0};
    CHECK_OK(file_write_all(test_path(name), text, strlen(text), &e), e);
}

static void write_rows(void)
{
    static float X[ROWS * INPUTS], y[ROWS];
    const uint64_t shape[] = {ROWS, INPUTS};
    uint32_t seed = 3;
    struct error e = {0};
    for (size_t i = 0; i < ROWS; i++) {
        for (size_t f = 0; f < INPUTS; f++)
            X[i * INPUTS + f] = test_float(&seed);
        y[i] = X[i * INPUTS] + 0.3F * test_float(&seed) > 0;
    }
    struct npz_writer *w = npz_writer_begin(test_path("rows.npz"), &e);
    assert_non_null(w);
    CHECK_OK(npz_writer_add(w, &(struct npz_values){"X_val", "<f4", 2, shape, X}, &e), e);
    CHECK_OK(npz_writer_add(w, &(struct npz_values){"y_val", "<f4", 1, shape, y}, &e), e);
    CHECK_OK(npz_writer_commit(w, &e), e);
}

static void write_model(void)
{
    const struct opt_sizes hidden = {.count = 1, .value = {4}};
    const struct net_spec spec = {INPUTS, 1, &hidden, ACT_TANH, 0, TASK_BINARY};
    const struct model_meta meta = {"1", 0, "tanh"};
    struct rng rng;
    struct net net;
    struct error e = {0};
    CHECK_OK(net_init(&net, &spec, &e), e);
    float *params = mem_aligned(net.size, sizeof *params);
    assert_non_null(params);
    rng_seed(&rng, 1);
    CHECK_OK(net_draw_weights(&net, &rng, params, &e), e);
    CHECK_OK(model_write_npz(test_path("run/model.npz"), &net, params, &meta, NULL, &e), e);
    mem_free(params);
}

// The folder of a run, its rows beside it.
static void make_run(void)
{
    struct error e = {0};
    struct buf text;
    test_remove(test_path("run"));
    CHECK_OK(file_make_folders(test_path("run"), &e), e);
    write_rows();
    write_model();
    write_text("run/history.csv", "epoch,train_loss,val_loss,val_auroc,lr,seconds\n"
                                  "1,0.7,0.71,0.5,0.1,1\n2,0.6,0.69,,0.1,2\n3,0.5,0.7,0.7,0.1,3\n");
    write_text("run/metrics.json",
               "{\"train\": {\"task\": \"binary\", \"n\": 60, \"positives\": 30, \"auroc\": 0.9},"
               " \"val\": {\"task\": \"binary\", \"n\": 60, \"positives\": 31, \"auroc\": 0.875,"
               " \"confusion\": [[20, 9], [7, 24]]}}");
    buf_init(&text, 4096);
    buf_printf(&text,
               "{\"options\": {\"val\": \"%s\", \"epochs\": 3, \"hidden\": \"64,32\","
               " \"lost\": \"<tag & more>\"}, \"training\": {\"task\": \"binary\"},"
               " \"data\": {\"train_rows\": 60, \"val_rows\": 60, \"features\": 3},"
               " \"command\": [\"train\", \"it's\"], \"exit\": \"finished\"}",
               test_path("rows.npz"));
    write_text("run/run.json", text.data);
    buf_clear(&text);
}

struct call {
    char run[256], out[256];
    struct report_spec spec;
};

static struct call call_of(void)
{
    struct call c = {.spec = {.threads = 1, .threshold = 0.5, .resamples = 20, .repeats = 2}};
    snprintf(c.run, sizeof c.run, "%s", test_path("run"));
    snprintf(c.out, sizeof c.out, "%s", test_path("out"));
    return c;
}

static int make(void *context, struct error *e)
{
    struct call *c = context;
    struct report r;
    c->spec.run = c->run;
    int rc = report_make(&r, &c->spec, e);
    if (rc)
        return rc;
    rc = report_write(&r, c->out, e);
    report_clear(&r);
    return rc;
}

static void check_page(const char *const *texts, bool there)
{
    struct buf page;
    struct error e = {0};
    buf_init(&page, 1 << 24);
    CHECK_OK(file_read_all(test_path("out/report.html"), 1 << 24, &page, &e), e);
    for (; *texts; texts++)
        if ((strstr(page.data, *texts) != NULL) != there)
            fail_msg("report.html %s '%s'", there ? "lacks" : "has", *texts);
    buf_clear(&page);
}

static void whole_run(void **state)
{
    (void)state;
    struct call c = call_of();
    struct error e = {0};
    make_run();
    CHECK_OK(make(&c, &e), e);
    check_page((const char *[]){"ROC AUC, validation", "60 validation rows", "3\u20114\u20111",
                                "best in 2", "&lt;tag &amp; more&gt;", "Permutation importance",
                                "skiff train 'it's'", NULL},
               true);
    check_page((const char *[]){"<tag", "cannot be used", "<script", NULL}, false);
}

static void without_rows(void **state)
{
    (void)state;
    struct call c = call_of();
    struct error e = {0};
    make_run();
    unlink(test_path("rows.npz"));
    CHECK_OK(make(&c, &e), e);
    check_page(
        (const char *[]){"The validation rows cannot be used", "0.875", "Confusion matrix", NULL},
        true);
    check_page((const char *[]){"ROC curve", "95 % interval", NULL}, false);
    c.spec.data = "absent.npz";
    check_refused(make(&c, &e), ERR_IO, &e, "absent.npz");
}

static void only_some(void **state)
{
    (void)state;
    struct call c = call_of();
    struct error e = {0};
    make_run();
    unlink(test_path("run/run.json"));
    CHECK_OK(make(&c, &e), e);
    check_page(
        (const char *[]){"There is no run.json", "does not say which rows", "Loss by epoch", NULL},
        true);
    unlink(test_path("run/model.npz"));
    unlink(test_path("run/metrics.json"));
    CHECK_OK(make(&c, &e), e);
    check_page((const char *[]){"There is no model.npz", "Loss by epoch", NULL}, true);
    unlink(test_path("run/history.csv"));
    check_refused(make(&c, &e), ERR_NOTFOUND, &e, "neither run.json nor history.csv");
}

// Members of other kinds than expected are as good as none.
static void strange_records(void **state)
{
    (void)state;
    static const char *const records[] = {
        "{}",
        "{\"options\": 3, \"training\": [], \"data\": {\"train_rows\": -5}, \"seconds\": {}}",
        "{\"options\": {\"restore_best\": \"yes\", \"val\": {}}, \"training\": {\"task\": 7,"
        " \"best\": {\"epoch\": 1e300}}, \"command\": [1, null, \"x\"], \"written\": \"x\"}",
        "{\"metrics\": {\"train\": {\"n\": 3, \"positives\": 9, \"support\": [1, \"a\", -4]},"
        " \"val\": {\"confusion\": [[1], 2, {}]}}, \"training\": {\"task\": \"binary\"}}",
    };
    for (size_t i = 0; i < sizeof records / sizeof *records; i++) {
        struct call c = call_of();
        struct error e = {0};
        make_run();
        unlink(test_path("run/metrics.json"));
        write_text("run/run.json", records[i]);
        CHECK_OK(make(&c, &e), e);
    }
}

// What would have taken minutes is not passed over in silence.
static void importance_left_out(void **state)
{
    (void)state;
    const struct report_spec spec = {.run = "run"};
    struct report r = {.spec = &spec, .found.importance.columns = 70000};
    struct buf page;
    struct error e = {0};
    buf_init(&page, REPORT_PAGE_MAX);
    CHECK_OK(report_page(&r, &page, &e), e);
    assert_non_null(strstr(page.data, "Left out: to shuffle 70000 columns"));
    buf_clear(&page);
    r.found.importance.columns = 0;
    CHECK_OK(report_page(&r, &page, &e), e);
    assert_null(strstr(page.data, "Left out"));
    buf_clear(&page);
}

static void text_stays_text(void **state)
{
    (void)state;
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"plain", "plain"},
        {"<a href=\"x\">&", "&lt;a href=&quot;x&quot;&gt;&amp;"},
        {"bell \a, half \xc3", "bell \xef\xbf\xbd, half \xef\xbf\xbd"},
        {"use --dropout, or -- not", "use <code>--dropout</code>, or -- not"},
        {"--a<b", "<code>--a</code>&lt;b"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf out;
        buf_init(&out, 4096);
        html_prose(&out, cases[i].text);
        assert_string_equal(out.data, cases[i].want);
        buf_clear(&out);
    }
    // longer than what is formatted or looked at in one piece
    char text[3000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    memcpy(text + 510, "\u20ac", 3);
    struct buf out;
    buf_init(&out, 8192);
    html_prose(&out, text);
    assert_string_equal(out.data, text);
    out.len = 0;
    html_printf(&out, "%s", text);
    assert_true(out.len < 1100 && strcmp(out.data + out.len - 3, "\u2026") == 0);
    buf_clear(&out);
}

static long json_left;

static void *json_allocate(size_t size)
{
    return json_left-- > 0 ? malloc(size) : NULL;
}

static void no_memory(void **state)
{
    (void)state;
    struct call c = call_of();
    make_run();
    c.spec.resamples = 2;
    c.spec.repeats = 1;
    assert_true(check_failing_memory(make, &c) > 100);
    // JSON's own memory: its parser may then call the text malformed
    long n = 1;
    for (int rc = -1; rc; n++) {
        struct error e = {0};
        json_set_alloc_funcs(json_allocate, free);
        json_left = n;
        rc = make(&c, &e);
        json_set_alloc_funcs(malloc, free);
        assert_true(rc == 0 || rc == ERR_NOMEM || rc == ERR_FORMAT);
        assert_int_equal(rc, e.code);
    }
    assert_true(n > 100);
}

static void no_disk(void **state)
{
    (void)state;
    struct call c = call_of();
    long n = 1;
    make_run();
    for (;; n++) {
        struct error e = {0};
        test_remove(test_path("out"));
        file_fail_at(n);
        const int rc = make(&c, &e);
        file_fail_at(0);
        if (rc == 0)
            break;
        check_refused(rc, ERR_IO, &e, "out/");
        assert_int_equal(access(test_path("out/report.html"), F_OK), -1);
    }
    assert_true(n > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_run),       cmocka_unit_test(without_rows),
        cmocka_unit_test(only_some),       cmocka_unit_test(strange_records),
        cmocka_unit_test(text_stays_text), cmocka_unit_test(no_memory),
        cmocka_unit_test(no_disk),         cmocka_unit_test(importance_left_out),
    };
    return cmocka_run_group_tests(tests, test_folder_make, test_folder_remove);
}
