// SPDX-License-Identifier: MIT
// Runs from records: every member that comparisons look at, records of before there were some of
// them, folders, lines, published runs; what is refused; intervals with known limits; faults.
#include "testing.h"

#include "base/file.h"
#include "cost/run_read.h"
#include "train/config.h"

#include <sys/stat.h>

static const char full[] =
    "{\"program\": \"skiff\", \"name\": \"a\\nname\", \"machine\": {\"cpu\": \"Xeon\","
    " \"cpu_level\": \"avx512\", \"threads\": 2, \"ranks\": 3},"
    " \"instance\": {\"type\": \"ml.m5.large\", \"source\": \"job\", \"count\": 3},"
    " \"device\": {\"kind\": \"cpu\", \"name\": \"a Xeon\"},"
    " \"data\": {\"train_rows\": 569, \"val_rows\": 143, \"features\": 7},"
    " \"options\": {\"seed\": 4, \"hidden\": \"64,32\", \"epochs\": 100, \"dropout\": 0.25,"
    " \"out\": \"x\", \"init\": null, \"nesterov\": false, \"optimizer\": \"adam\"},"
    " \"training\": {\"task\": \"binary\", \"parameters\": 2625, \"batch_size\": 32, \"epochs\": "
    "88},"
    " \"seconds\": {\"start\": 0.5, \"load\": 1, \"train\": 2, \"evaluate\": 3, \"save\": 4,"
    " \"total\": 10.5, \"download\": 6, \"image\": 7, \"billable\": 99},"
    " \"energy\": {\"joules\": 12.5},"
    " \"metrics\": {\"train\": {\"accuracy\": 1}, \"val\": {\"n\": 100, \"positives\": 50,"
    " \"accuracy\": 0.5, \"auroc\": 0.5, \"ap\": 0.25, \"intervals\": {\"ap\": [0.125, 0.375]}}}}";

static const char least[] = "{\"seconds\": {\"total\": 2.25}}";

static int add(struct cost_runs *runs, const char *text, struct error *e)
{
    return cost_runs_add_record(runs, "some/run.json", text, strlen(text), e);
}

static void a_full_record(void **state)
{
    (void)state;
    struct cost_runs runs = {0};
    struct error e = {0};
    CHECK_OK(add(&runs, full, &e), e);
    assert_int_equal(runs.count, 1);
    const struct cost_run *r = &runs.item[0];
    assert_string_equal(r->name, "a?name");
    assert_string_equal(r->path, "some/run.json");
    assert_string_equal(r->program, "skiff");
    assert_string_equal(r->instance, "ml.m5.large");
    assert_string_equal(r->instance_source, "job");
    assert_string_equal(r->device, "cpu");
    assert_string_equal(r->device_name, "a Xeon");
    assert_string_equal(r->cpu_level, "avx512");
    assert_string_equal(r->task, "binary");
    assert_string_equal(r->hidden, "64,32");
    assert_string_equal(r->setting, "epochs=100, dropout=0.25, nesterov=false, optimizer=adam");
    assert_false(r->published);
    assert_true(r->instances == 3 && r->threads == 2 && r->ranks == 3);
    assert_true(r->rows == 569 && r->val_rows == 143 && r->features == 7);
    assert_true(r->parameters == 2625 && r->epochs == 88 && r->batch_size == 32);
    static const double seconds[COST_PHASES] = {
        [COST_IMAGE] = 7, [COST_DOWNLOAD] = 6, [COST_START] = 0.5,
        [COST_LOAD] = 1,  [COST_TRAIN] = 2,    [COST_EVALUATE] = 3,
        [COST_SAVE] = 4,  [COST_TOTAL] = 10.5, [COST_WALL] = NAN};
    for (int p = 0; p < COST_PHASES; p++)
        assert_true(r->seconds[p] == seconds[p] || (isnan(seconds[p]) && isnan(r->seconds[p])));
    assert_true(r->billable == 99 && !r->billable_derived && r->joules == 12.5);
    assert_string_equal(r->metric_part, "val");
    assert_int_equal(r->metric_rows, 100);
    assert_true(r->metric[COST_AP].value == 0.25 && r->metric[COST_AP].low == 0.125 &&
                r->metric[COST_AP].high == 0.375);
    check_close(r->metric[COST_ACCURACY].low, 0.40383, 1e-5, "Wilson"); // 50 of 100
    check_close(r->metric[COST_ACCURACY].high, 0.59617, 1e-5, "Wilson");
    assert_true(isnan(r->metric[COST_RMSE].value));
    cost_runs_clear(&runs);
}

static bool is_one_of(const char *word, const char *const *words)
{
    while (*words && strcmp(word, *words) != 0)
        words++;
    return *words != NULL;
}

// Whatever is added to these groups of options of skiff train: runs that differ in it are of one
// row, unless it is named here.
static void options_that_shape_no_work(void **state)
{
    (void)state;
    static const char *const groups[] = {"Several hosts", "Output", "Cost", "Container", NULL};
    static const char *const shape[] = {"parallel", NULL};
    const char *group = "";
    size_t looked_at = 0;
    for (size_t i = 0; i < train_option_count; i++) {
        const struct opt *o = &train_options[i];
        char text[256];
        struct cost_runs runs = {0};
        struct error e = {0};
        group = o->group ? o->group : group;
        if (!is_one_of(group, groups))
            continue;
        snprintf(text, sizeof text, "{\"seconds\": {\"total\": 2}, \"options\": {\"%s\": 1}}",
                 o->name);
        CHECK_OK(add(&runs, text, &e), e);
        const bool shapes = runs.item[0].setting[0] != '\0';
        if (shapes != is_one_of(o->name, shape))
            fail_msg("--%s %s", o->name, shapes ? "shapes work" : "shapes none");
        cost_runs_clear(&runs);
        looked_at++;
    }
    assert_true(looked_at > 15);
}

// What is billed without being said: whole seconds, of every instance.
static void a_record_that_says_little(void **state)
{
    (void)state;
    struct cost_runs runs = {0};
    struct error e = {0};
    CHECK_OK(add(&runs, least, &e), e);
    const struct cost_run *r = &runs.item[0];
    assert_string_equal(r->name, "some");
    assert_string_equal(r->device, "cpu");
    assert_string_equal(r->setting, "");
    assert_true(!r->instance && r->instances == 1 && !r->hidden && !r->metric_part && !r->rows);
    assert_true(r->billable == 3 && r->billable_derived && isnan(r->joules));
    cost_runs_clear(&runs);
    CHECK_OK(add(&runs, "{\"seconds\": {\"total\": 2}, \"instance\": {\"count\": 2}}", &e), e);
    assert_true(runs.item[0].billable == 4 && runs.item[0].billable_derived);
    CHECK_OK(add(&runs, "{\"seconds\": {\"train\": 2}, \"instance\": {\"count\": null}}", &e), e);
    assert_true(isnan(runs.item[1].billable));
    cost_runs_clear(&runs);
}

static void metrics_of_several_classes(void **state)
{
    (void)state;
    struct cost_runs runs = {0};
    struct error e = {0};
    CHECK_OK(add(&runs,
                 "{\"seconds\": {}, \"metrics\": {\"val\": null, \"test\": {\"n\": 10,"
                 " \"accuracy\": 1, \"f1\": [1, 1], \"macro_f1\": 0.75, \"auroc\": 0.9}}}",
                 &e),
             e);
    const struct cost_run *r = &runs.item[0];
    assert_string_equal(r->metric_part, "test");
    assert_true(r->metric[COST_F1].value == 0.75 && isnan(r->metric[COST_F1].low));
    assert_true(r->metric[COST_AUROC].value == 0.9 && isnan(r->metric[COST_AUROC].low));
    check_close(r->metric[COST_ACCURACY].low, 0.72247, 1e-5, "Wilson of 10 of 10");
    check_close(r->metric[COST_ACCURACY].high, 1, 1e-12, "Wilson of 10 of 10");
    cost_runs_clear(&runs);
}

static void intervals(void **state)
{
    (void)state;
    struct cost_value v = {0.9, NAN, NAN};
    cost_share_interval(&v, 20); // 18 of 20
    check_close(v.low, 0.69897, 1e-5, "Wilson, low");
    check_close(v.high, 0.97213, 1e-5, "Wilson, high");
    // 50 and 50 rows: (0.25 + 2 * 49 * (1/3 - 1/4)) / 2500 is the variance
    v = (struct cost_value){0.5, NAN, NAN};
    cost_auroc_interval(&v, 50, 50);
    check_close(v.low, 0.5 - 0.113723, 1e-6, "Hanley and McNeil, low");
    check_close(v.high, 0.5 + 0.113723, 1e-6, "Hanley and McNeil, high");
    v = (struct cost_value){1, NAN, NAN};
    cost_auroc_interval(&v, 3, 3);
    assert_true(v.low == 1 && v.high == 1);
    v = (struct cost_value){NAN, NAN, NAN};
    cost_share_interval(&v, 10);
    cost_auroc_interval(&v, 5, 5);
    assert_true(isnan(v.low) && isnan(v.high));
    v = (struct cost_value){0.5, NAN, NAN};
    cost_share_interval(&v, 0);
    cost_auroc_interval(&v, 5, 0);
    assert_true(isnan(v.low) && isnan(v.high));
}

static void refusals(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int code;
        const char *what;
    } cases[] = {
        {"", ERR_FORMAT, "some/run.json:1"},
        {"{\"seconds\": {\"total\": 1}", ERR_FORMAT, "some/run.json:1"},
        {"[]", ERR_FORMAT, "some/run.json"},
        {"{\"train\": {\"accuracy\": 1}}", ERR_FORMAT,
         "is no record of a run: it has no 'seconds'"},
        {"{\"seconds\": 3}", ERR_FORMAT, "is no record of a run"},
        {"{\"seconds\": {\"load\": -1}}", ERR_DATA, "some/run.json: seconds.load is -1"},
        {"{\"seconds\": {\"total\": 1e10}}", ERR_DATA, "seconds.total is 1e+10"},
        {"{\"seconds\": {\"billable\": -3}}", ERR_DATA, "seconds.billable is -3"},
        {"{\"seconds\": {}, \"program\": \"a\\u001b[2Jb\"}", ERR_DATA, "control characters"},
        {"{\"seconds\": {}, \"instance\": {\"count\": 0}}", ERR_DATA, "instance.count must be"},
        {"{\"seconds\": {}, \"instance\": {\"count\": -2}}", ERR_DATA, "instance.count must be"},
        {"{\"seconds\": {}, \"instance\": {\"count\": 1.5}}", ERR_DATA, "instance.count must be"},
        {"{\"seconds\": {}, \"instance\": {\"count\": 100001}}", ERR_DATA, "instance.count must"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cost_runs runs = {0};
        struct error e = {0};
        check_refused(add(&runs, cases[i].text, &e), cases[i].code, &e, cases[i].what);
        assert_int_equal(runs.count, 0);
        cost_runs_clear(&runs);
    }
}

static void a_run_a_line(void **state)
{
    (void)state;
    struct cost_runs runs = {0};
    struct error e = {0};
    char text[sizeof full + 2 * sizeof least + 8];
    const int len = snprintf(text, sizeof text, "\n%s\r\n\n %s\n%s", least, full, least);
    CHECK_OK(cost_runs_add_lines(&runs, "d/many.jsonl", text, (size_t)len, &e), e);
    assert_int_equal(runs.count, 3);
    assert_string_equal(runs.item[0].name, "many.jsonl:2");
    assert_string_equal(runs.item[1].name, "a?name");
    assert_string_equal(runs.item[2].path, "d/many.jsonl:5");
    cost_runs_clear(&runs);
    check_refused(cost_runs_add_lines(&runs, "m.jsonl", " \n\n", 3, &e), ERR_DATA, &e,
                  "m.jsonl: holds no runs");
    e = (struct error){0};
    snprintf(text, sizeof text, "%s\n{\n", least);
    check_refused(cost_runs_add_lines(&runs, "m.jsonl", text, strlen(text), &e), ERR_FORMAT, &e,
                  "m.jsonl:2:");
    cost_runs_clear(&runs);
}

#define HEAD "name,citation,instance,count,billable_seconds,wall_seconds,rows,metric,value\n"

static int published(struct cost_runs *runs, const char *text, struct error *e)
{
    return cost_runs_add_published(runs, "p.csv", text, strlen(text), e);
}

static void published_runs(void **state)
{
    (void)state;
    struct cost_runs runs = {0};
    struct error e = {0};
    CHECK_OK(published(&runs,
                       HEAD "one,a page,ml.m5.large,,135,197.62,569,,\n"
                            "two,\"a page, too\",ml.m5.xlarge,2,228,,,accuracy,0.75\n",
                       &e),
             e);
    assert_int_equal(runs.count, 2);
    const struct cost_run *one = &runs.item[0], *two = &runs.item[1];
    assert_true(one->published && two->published && !one->device);
    assert_string_equal(one->name, "one");
    assert_string_equal(one->citation, "a page");
    assert_string_equal(one->program, "unknown");
    assert_string_equal(one->instance_source, "published");
    assert_string_equal(one->path, "p.csv: row 1");
    assert_true(one->billable == 135 && !one->billable_derived && one->seconds[COST_TOTAL] == 135);
    assert_true(one->seconds[COST_WALL] == 197.62 && one->rows == 569 && one->instances == 1);
    assert_true(isnan(one->seconds[COST_TRAIN]) && isnan(one->metric[COST_ACCURACY].value));
    assert_true(two->billable == 228 && two->seconds[COST_TOTAL] == 114 && two->instances == 2);
    assert_true(isnan(two->seconds[COST_WALL]) && two->metric[COST_ACCURACY].value == 0.75);
    cost_runs_clear(&runs);
}

static void published_refusals(void **state)
{
    (void)state;
    static const struct {
        const char *text, *what;
    } cases[] = {
        {"name,citation,instance\nx,y,z\n", "p.csv: column 'billable_seconds' is missing"},
        {HEAD, "p.csv: holds no runs"},
        {HEAD "x,,ml.m5.large,1,1,1,1,,\n", "p.csv: row 1 has no citation"},
        {HEAD "x,y,ml.m5.large,0,1,1,1,,\n", "row 1: count 0 is out of range"},
        {HEAD "x,y,ml.m5.large,1.5,1,1,1,,\n", "row 1: count 1.5 is no whole number"},
        {HEAD "x,y,ml.m5.large,1,-1,1,1,,\n", "row 1: billable_seconds -1 is out of range"},
        {HEAD "x,y,ml.m5.large,1,1,1,1,speed,1\n", "row 1: metric 'speed' is not known"},
        {HEAD "x,y,ml.m5.large,1,1,1,1,accuracy,\n", "row 1: a metric and its value go together"},
        {HEAD "x,y,ml.m5.large,1,1,1,1,,0.5\n", "row 1: a metric and its value go together"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cost_runs runs = {0};
        struct error e = {0};
        const int rc = published(&runs, cases[i].text, &e);
        check_refused(rc, rc, &e, cases[i].what);
        assert_int_equal(runs.count, 0);
        cost_runs_clear(&runs);
    }
}

static void put(const char *name, const char *text)
{
    struct error e = {0};
    char path[256], folder[256];
    snprintf(path, sizeof path, "%s", test_path(name));
    snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(path, '/') - path), path);
    CHECK_OK(file_make_folders(folder, &e), e);
    CHECK_OK(file_write_all(path, text, strlen(text), &e), e);
}

static void fill_folders(void)
{
    put("many/b/run.json", least);
    put("many/a/run.json", full);
    put("many/a/history.csv", "epoch,train_loss,val_auroc,seconds\n1,0.5,0.7,1\n2,0.25,0.8,2\n");
    put("many/deep/er/run.json", least);
    put("many/metrics.json", "{}");
    put("lonely.json", least);
    put("empty/metrics.json", "{}");
    put("damaged/run.json", least);
    put("damaged/history.csv", "epoch,train_loss\n2,1\n");
}

static void folders(void **state)
{
    (void)state;
    struct cost_runs runs = {0};
    struct error e = {0};
    fill_folders();
    CHECK_OK(cost_runs_add(&runs, test_path("many"), &e), e);
    assert_int_equal(runs.count, 3);
    assert_string_equal(runs.item[0].name, "a?name");
    assert_int_equal(runs.item[0].history.count, 2);
    assert_true(runs.item[0].history.row[1].value[HISTORY_VAL_AUROC] == 0.8);
    assert_string_equal(runs.item[1].name, "b");
    assert_int_equal(runs.item[1].history.count, 0);
    assert_string_equal(runs.item[2].name, "deep/er");
    CHECK_OK(cost_runs_add(&runs, test_path("lonely.json"), &e), e);
    assert_string_equal(runs.item[3].name, "lonely");
    check_refused(cost_runs_add(&runs, test_path("many/b"), &e), ERR_USAGE, &e, "is given twice");
    e = (struct error){0};
    check_refused(cost_runs_add(&runs, test_path("empty"), &e), ERR_NOTFOUND, &e, "no run.json");
    e = (struct error){0};
    check_refused(cost_runs_add(&runs, test_path("absent"), &e), ERR_IO, &e, "absent");
    e = (struct error){0};
    check_refused(cost_runs_add(&runs, test_path("damaged"), &e), ERR_FORMAT, &e,
                  "damaged/history.csv: row 1");
    cost_runs_clear(&runs);
    assert_true(!runs.item && !runs.count);
}

static int read_all(void *context, struct error *e)
{
    struct cost_runs runs = {0};
    int rc = cost_runs_add(&runs, context, e);
    if (rc == 0)
        rc = published(&runs, HEAD "x,y,ml.m5.large,1,1,1,1,accuracy,0.5\n", e);
    cost_runs_clear(&runs);
    return rc;
}

static long json_left;

static void *json_allocate(size_t size)
{
    return json_left-- > 0 ? malloc(size) : NULL;
}

static void faults(void **state)
{
    (void)state;
    char path[256];
    fill_folders();
    snprintf(path, sizeof path, "%s", test_path("many"));
    assert_true(check_failing_memory(read_all, path) > 20);
    // JSON's own memory: its parser may then call the text malformed
    long n = 1;
    for (int rc = -1; rc; n++) {
        struct error e = {0};
        json_set_alloc_funcs(json_allocate, free);
        json_left = n;
        rc = read_all(path, &e);
        json_set_alloc_funcs(malloc, free);
        assert_true(rc == 0 || rc == ERR_NOMEM || rc == ERR_FORMAT);
        assert_int_equal(rc, e.code);
    }
    assert_true(n > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_record),
        cmocka_unit_test(a_record_that_says_little),
        cmocka_unit_test(options_that_shape_no_work),
        cmocka_unit_test(metrics_of_several_classes),
        cmocka_unit_test(intervals),
        cmocka_unit_test(refusals),
        cmocka_unit_test(a_run_a_line),
        cmocka_unit_test(published_runs),
        cmocka_unit_test(published_refusals),
        cmocka_unit_test(folders),
        cmocka_unit_test(faults),
    };
    return cmocka_run_group_tests_name("run_read", tests, test_folder_make, test_folder_remove);
}
