// SPDX-License-Identifier: MIT
// Every warning on a run that gives reason for it, and on one that nearly does.
#include "testing.h"

#include "report/remarks.h"

#define ROWS 143

static struct run_folder folder;
static struct findings found;
static struct screen_column columns[6];
static char *names[] = {"age", "fare", "sex", "port", "deck", "id"};

static void begin(enum net_task task)
{
    run_folder_clear(&folder);
    found = (struct findings){.part = FINDINGS_GIVEN,
                              .column = columns,
                              .name = names,
                              .columns = 6,
                              .data.n = ROWS,
                              .loss = 0.5};
    found.net.layers = 1;
    found.net.task = task;
    found.score.binary.auroc = found.score.multiclass.accuracy = found.score.regression.r2 = 0.8;
    found.score.binary.positives = 50;
    for (size_t c = 0; c < 6; c++)
        columns[c] = (struct screen_column){.feature = c, .features = 1, .alone = 0.6};
}

static void set_interval(const char *name, double low, double high)
{
    found.bootstrap.count = 1;
    found.bootstrap.interval[0] = (struct interval){name, low, high};
}

static void set_run(const char *run, const char *metrics)
{
    struct error e = {0};
    struct run_texts t = {.run = run, .metrics = metrics};
    t.run_size = run ? strlen(run) : 0;
    t.metrics_size = metrics ? strlen(metrics) : 0;
    CHECK_OK(run_folder_parse(&folder, "run", &t, &e), e);
}

// A history of so many epochs; its two losses are functions of the epoch.
static void set_history(size_t epochs, double (*train)(double), double (*val)(double),
                        const char *run)
{
    struct error e = {0};
    struct buf text;
    buf_init(&text, 1 << 20);
    buf_puts(&text, "epoch,train_loss,val_loss,lr,seconds\n");
    for (size_t i = 1; i <= epochs; i++)
        buf_printf(&text, "%zu,%.9g,%.9g,0.001,1\n", i, train((double)i), val((double)i));
    struct run_texts t = {
        .run = run, .history = text.data, .run_size = strlen(run), .history_size = text.len};
    run_folder_clear(&folder);
    CHECK_OK(run_folder_parse(&folder, "run", &t, &e), e);
    buf_clear(&text);
}

// Whether the warning is given; then its texts hold `figures`.
static bool warned(const char *key, const char *figures)
{
    struct remarks r;
    struct error e = {0};
    bool there = false;
    CHECK_OK(remarks_find(&r, &folder, &found, &e), e);
    for (size_t i = 0; i < r.count; i++) {
        assert_true(*r.item[i].title && *r.item[i].evidence && *r.item[i].advice);
        if (strcmp(r.item[i].key, key) != 0)
            continue;
        there = true;
        if (figures && !strstr(r.item[i].evidence, figures) && !strstr(r.item[i].advice, figures))
            fail_msg("%s: no '%s' in: %s %s", key, figures, r.item[i].evidence, r.item[i].advice);
    }
    remarks_clear(&r);
    return there;
}

static void check_warned(const char *key, const char *figures)
{
    if (!warned(key, figures))
        fail_msg("no warning: %s", key);
}

static void check_silent(const char *key)
{
    if (warned(key, NULL))
        fail_msg("a warning without reason: %s", key);
}

static void a_good_run(void **state)
{
    (void)state;
    struct remarks r;
    struct error e = {0};
    begin(TASK_BINARY);
    set_interval("auroc", 0.77, 0.83);
    set_run("{\"exit\": \"finished\", \"data\": {\"train_rows\": 569}}",
            "{\"train\": {\"n\": 569, \"positives\": 214}, \"val\": {\"n\": 143, \"loss\": 0.5}}");
    found.part = FINDINGS_VAL;
    CHECK_OK(remarks_find(&r, &folder, &found, &e), e);
    if (r.count)
        fail_msg("%s: %s", r.item[0].title, r.item[0].evidence);
    remarks_clear(&r);
}

static void nothing_at_all(void **state)
{
    (void)state;
    struct remarks r;
    struct error e = {0};
    run_folder_clear(&folder);
    found = (struct findings){0};
    CHECK_OK(remarks_find(&r, &folder, &found, &e), e);
    assert_int_equal(r.count, 0);
}

static void interrupted(void **state)
{
    (void)state;
    begin(TASK_BINARY);
    set_run("{\"exit\": \"interrupted\", \"training\": {\"epochs\": 30}, "
            "\"options\": {\"epochs\": 100}}",
            NULL);
    check_warned("interrupted", "30 of 100");
    begin(TASK_BINARY);
    set_run("{\"exit\": \"stopped early\"}", NULL);
    check_silent("interrupted");
}

static void changed(void **state)
{
    (void)state;
    const char *metrics = "{\"val\": {\"n\": 143, \"loss\": 0.5}}";
    begin(TASK_BINARY);
    set_run(NULL, metrics);
    found.part = FINDINGS_VAL;
    found.loss = 0.50000002;
    check_silent("changed");
    found.loss = 0.501;
    check_warned("changed", "0.501");
    found.loss = 0.5;
    found.data.n = 142;
    check_warned("changed", "142 rows");
    found.part = FINDINGS_GIVEN; // others than those of the run
    check_silent("changed");
}

static void unvalidated(void **state)
{
    (void)state;
    begin(TASK_BINARY);
    set_run("{\"data\": {\"train_rows\": 50}}", "{\"train\": {\"n\": 50, \"loss\": 0.5}}");
    found.part = FINDINGS_TRAIN;
    found.data.n = 50;
    check_warned("unvalidated", "50 rows");
    found.part = FINDINGS_GIVEN;
    check_silent("unvalidated");
    begin(TASK_BINARY);
    set_run("{\"data\": {\"train_rows\": 50}}", "{\"test\": {\"n\": 5, \"loss\": 0.5}}");
    check_silent("unvalidated");
}

static void leakage(void **state)
{
    (void)state;
    static const char *const figures[] = {"", "sex alone has a ROC AUC of 0.997",
                                          "sex alone tells the class of 98.5 %",
                                          "sex alone explains 98.5 %"};
    for (int task = TASK_BINARY; task <= TASK_REGRESSION; task++) {
        size_t support[] = {70, 73};
        begin((enum net_task)task);
        found.score.multiclass = (struct multiclass_metrics){
            .n = ROWS, .classes = 2, .support = support, .accuracy = 0.8};
        columns[2].alone = task == TASK_BINARY ? 0.994 : 0.979;
        check_silent("leakage");
        columns[2].alone = task == TASK_BINARY ? 0.997 : 0.985;
        check_warned("leakage", figures[task]);
        found.data.n = 29;
        check_silent("leakage");
    }
    // of rows that are nearly all of one class any column tells the class
    size_t support[] = {140, 3};
    begin(TASK_MULTICLASS);
    found.score.multiclass =
        (struct multiclass_metrics){.n = ROWS, .classes = 2, .support = support, .accuracy = 1};
    columns[2].alone = 0.985;
    check_silent("leakage");
    begin(TASK_BINARY);
    for (size_t c = 0; c < 6; c++)
        columns[c].alone = 1;
    check_warned("leakage", "and 2 more");
}

static void idle(void **state)
{
    (void)state;
    double mean[] = {0.1, 0.1, 0.1, 0, 0.1, 0.1}, spread[] = {0.1, 0.1, 0.1, 0.01, 0.1, 0.1};
    begin(TASK_BINARY);
    check_silent("idle");
    columns[1].constant = true;
    columns[1].value = 3;
    check_warned("idle", "fare is 3 in all 143 rows");
    struct prep prep = {0};
    found.prep = &prep; // features then are not what the table has
    check_warned("idle", "fare is the same in all 143 rows");
    found.prep = NULL;
    columns[1].constant = false;
    found.importance = (struct importance){
        .metric = "auroc", .repeats = 10, .columns = 6, .mean = mean, .spread = spread};
    check_silent("idle");
    spread[3] = 0;
    check_warned("idle", "port can be shuffled 10 times");
    found.importance.metric = "accuracy";
    check_silent("idle");
}

static void guessing(void **state)
{
    (void)state;
    size_t support[] = {70, 73};
    begin(TASK_BINARY);
    set_interval("auroc", 0.51, 0.55);
    check_silent("guessing");
    set_interval("auroc", 0.49, 0.55);
    check_warned("guessing", "0.490 to 0.550");
    begin(TASK_REGRESSION);
    set_interval("r2", 0.01, 0.05);
    check_silent("guessing");
    set_interval("r2", -0.01, 0.05);
    check_warned("guessing", "-0.010 to 0.050");
    begin(TASK_MULTICLASS);
    found.score.multiclass =
        (struct multiclass_metrics){.n = ROWS, .classes = 2, .support = support, .accuracy = 0.53};
    set_interval("accuracy", 0.52, 0.54); // the larger class has 0.5105
    check_silent("guessing");
    set_interval("accuracy", 0.50, 0.54);
    check_warned("guessing", "0.51");
    found.bootstrap.count = 0; // then the value itself
    check_silent("guessing");
    found.score.multiclass.accuracy = 0.4;
    check_warned("guessing", "0.400");
}

static void small(void **state)
{
    (void)state;
    begin(TASK_BINARY);
    set_interval("auroc", 0.75, 0.849);
    check_silent("small");
    set_interval("auroc", 0.75, 0.871);
    check_warned("small", "143 rows");
    begin(TASK_REGRESSION);
    set_interval("r2", 0.7, 0.9);
    check_warned("small", "0.1 better or worse");
    set_interval("r2", 0.89, 0.9);
    found.data.n = 30;
    check_silent("small");
    found.data.n = 29;
    check_warned("small", "There are only 29 given rows.");
    found.bootstrap.count = 0;
    found.data.n = 1;
    check_warned("small", "There is only 1 given row.");
    begin(TASK_BINARY);
    set_interval("auroc", 1, 1); // every one above every zero
    check_silent("small");
    found.score.binary.positives = ROWS - 9;
    check_warned("small", "Only 9 of the 143 given rows are of class 0.");
    found.score.binary.positives = 9;
    check_warned("small", "Only 9 of the 143 given rows are of class 1.");
    found.score.binary.positives = 10;
    check_silent("small");
    found.score.binary.positives = ROWS;
    check_warned("small", "None of the 143 given rows is of class 0.");
}

static void calibration(void **state)
{
    (void)state;
    begin(TASK_BINARY);
    found.calibration.error = 0.1;
    found.calibration.noise = 0.051;
    check_silent("calibration");
    found.calibration.noise = 0.03;
    check_warned("calibration", "off by 0.100");
    found.calibration.bin[4] = (struct calibration_bin){.score = 0.42, .rate = 0.1, .count = 143};
    check_warned("calibration", "Train longer");
    found.calibration.bin[4].rate = 0.45;
    check_warned("calibration", "less sure");
    found.net.task = TASK_MULTICLASS; // of the predicted class: 0.42, and it is right in 45 %
    check_warned("calibration", "Train longer");
    set_run("{\"options\": {\"class_weight\": \"balanced\"}}", NULL);
    check_warned("calibration", "on purpose");
    found.calibration.error = 0.04;
    found.calibration.noise = 0.001;
    check_silent("calibration");
    begin(TASK_BINARY);
    found.calibration.error = 0.5;
    found.score.binary.auroc = NAN; // one class only: its share is no probability
    check_silent("calibration");
    begin(TASK_REGRESSION);
    found.calibration.error = 0.5;
    check_silent("calibration");
}

static double falling(double epoch)
{
    return 1 / epoch;
}

static double flat(double epoch)
{
    return 0.3 + 1 / (epoch * epoch);
}

// Lowest in epoch 20, and 20 % above that in epoch 100.
static double valley(double epoch)
{
    return 0.5 + (epoch - 20) * (epoch - 20) / 64000;
}

static double shallow(double epoch)
{
    return 0.5 + (epoch - 20) * (epoch - 20) / 640000;
}

static void overfitting(void **state)
{
    (void)state;
    begin(TASK_BINARY);
    set_history(100, falling, valley, "{}");
    check_warned("overfitting", "epoch 20 (0.5)");
    check_warned("overfitting", "--restore_best keeps the weights of epoch 20");
    set_history(100, falling, valley, "{\"options\": {\"restore_best\": true}}");
    check_silent("overfitting");
    set_history(100, valley, valley, "{}"); // training has not gone on falling
    check_silent("overfitting");
    set_history(100, falling, shallow, "{}");
    check_silent("overfitting");
    set_history(9, falling, valley, "{}");
    check_silent("overfitting");
    set_history(100, falling, falling, "{}");
    check_silent("overfitting");
    set_history(100, falling, valley, "{\"data\": {\"val_rows\": 30}}");
    check_warned("overfitting", NULL);
    set_history(100, falling, valley, "{\"data\": {\"val_rows\": 29}}"); // an accident
    check_silent("overfitting");
}

// In training, and in a validation whose interval ends at `high`.
static void set_gap(enum net_task task, double training, double high)
{
    char metrics[200];
    const char *metric = findings_metric(task);
    begin(task);
    found.part = FINDINGS_VAL;
    set_interval(metric, 0.75, high);
    snprintf(metrics, sizeof metrics,
             "{\"train\": {\"%s\": %g}, \"val\": {\"n\": 143, \"loss\": 0.5}}", metric, training);
    set_run("{}", metrics);
}

static void gap(void **state)
{
    (void)state;
    for (int task = TASK_BINARY; task <= TASK_REGRESSION; task++) {
        set_gap((enum net_task)task, 0.91, 0.85);
        check_warned("gap", "0.910 on the training rows, and 0.800 on the 143 validation rows");
        check_warned("gap", "0.750 to 0.850");
        set_gap((enum net_task)task, 0.89, 0.85); // a small one
        check_silent("gap");
        set_gap((enum net_task)task, 0.91, 0.92); // may be an accident
        check_silent("gap");
    }
    set_gap(TASK_BINARY, 0.91, 0.85);
    found.data.n = 29;
    check_silent("gap");
    set_gap(TASK_BINARY, 0.91, 0.85);
    found.part = FINDINGS_GIVEN;
    check_silent("gap");
    set_gap(TASK_BINARY, 0.91, 0.85);
    found.bootstrap.count = 0;
    check_warned("gap", "validation rows.");
}

static void absent_classes(void **state)
{
    (void)state;
    size_t support[] = {70, 0, 73, 0};
    begin(TASK_MULTICLASS);
    found.score.multiclass =
        (struct multiclass_metrics){.n = ROWS, .classes = 4, .support = support, .accuracy = 0.8};
    check_warned("absent", "None of the 143 given rows is of class 1; 3.");
    support[1] = support[3] = 1;
    check_silent("absent");
}

static void unfinished(void **state)
{
    (void)state;
    begin(TASK_BINARY);
    set_history(100, falling, falling, "{\"exit\": \"finished\"}");
    check_warned("unfinished", "--epochs 400");
    set_history(100, falling, falling, "{\"exit\": \"stopped early\"}");
    check_silent("unfinished");
    set_history(100, falling, flat, "{\"exit\": \"finished\"}"); // 0.02 % in the last tenth
    check_silent("unfinished");
    set_history(100, falling, falling, "{\"exit\": \"finished\"}");
    folder.history.row[99].value[HISTORY_LR] = 4e-5;
    check_silent("unfinished");
    set_history(10, falling, falling, "{\"exit\": \"finished\"}");
    check_warned("unfinished", "in the last 2, validation loss was 21.2 % below");
    check_warned("unfinished", "--epochs 200");
    set_history(10, falling, falling,
                "{\"training\": {\"steps\": 10}, \"data\": {\"train_rows\": 800}}");
    check_warned("unfinished", "--batch_size 64");
    set_history(10, falling, falling,
                "{\"training\": {\"steps\": 20}, \"data\": {\"train_rows\": 800}}");
    check_warned("unfinished", "ends by itself.");
    set_history(4, falling, falling, "{\"exit\": \"finished\"}");
    check_silent("unfinished");
    set_interval("auroc", 0.49, 0.55);
    check_warned("guessing", "Look at the labels");
    set_history(10, falling, falling, "{\"exit\": \"finished\"}");
    check_warned("guessing", "Train longer before anything else");
}

static void imbalance(void **state)
{
    (void)state;
    begin(TASK_BINARY);
    set_run("{}", "{\"train\": {\"n\": 1000, \"positives\": 99}}");
    check_warned("imbalance", "Class 1 has 99 of 1000 training rows (9.9 %)");
    check_warned("imbalance", "--class_weight balanced");
    begin(TASK_BINARY);
    set_run("{}", "{\"train\": {\"n\": 1000, \"positives\": 100}}");
    check_silent("imbalance");
    begin(TASK_BINARY);
    set_run("{}", "{\"train\": {\"n\": 10, \"positives\": 11}}"); // nonsense
    found.data.n = 0;
    check_silent("imbalance");
    begin(TASK_MULTICLASS);
    set_run("{}", "{\"train\": {\"support\": [100, 9, 200]}}");
    check_warned("imbalance", "Class 1 has 9 of 309");
    begin(TASK_MULTICLASS);
    set_run("{}", "{\"train\": {\"support\": [100, 20, 200]}}");
    check_silent("imbalance");
    begin(TASK_BINARY); // what is judged, where the run says nothing
    found.score.binary.positives = 5;
    check_warned("imbalance", "5 of 143 evaluated rows");
}

static int find(void *context, struct error *e)
{
    struct remarks r;
    (void)context;
    const int rc = remarks_find(&r, &folder, &found, e);
    if (rc == 0)
        remarks_clear(&r);
    return rc;
}

static void no_memory(void **state)
{
    (void)state;
    begin(TASK_BINARY);
    set_history(100, falling, valley, "{\"exit\": \"interrupted\"}");
    columns[0].alone = 1;
    columns[1].constant = true;
    set_interval("auroc", 0.4, 0.9);
    assert_true(check_failing_memory(find, NULL) > 8);
    run_folder_clear(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_run),     cmocka_unit_test(nothing_at_all),
        cmocka_unit_test(interrupted),    cmocka_unit_test(changed),
        cmocka_unit_test(unvalidated),    cmocka_unit_test(leakage),
        cmocka_unit_test(idle),           cmocka_unit_test(guessing),
        cmocka_unit_test(small),          cmocka_unit_test(calibration),
        cmocka_unit_test(overfitting),    cmocka_unit_test(gap),
        cmocka_unit_test(absent_classes), cmocka_unit_test(unfinished),
        cmocka_unit_test(imbalance),      cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
