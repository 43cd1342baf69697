// SPDX-License-Identifier: MIT
// history.csv: its columns for each task, its numbers, faults; what monitors look at.
#include "testing.h"

#include "base/file.h"
#include "train/history.h"

static void fill(struct history *h, size_t epochs)
{
    struct error e = {0};
    for (size_t i = 0; i < epochs; i++) {
        CHECK_OK(history_reserve(h, i + 1, &e), e);
        for (int c = 0; c < HISTORY_COLUMNS; c++)
            h->row[i].value[c] = (double)i + c / 16.0;
        h->row[i].value[HISTORY_VAL_AUROC] = NAN;
        h->row[i].value[HISTORY_LR] = 0.001 / 3;
        h->count++;
    }
}

static void check_text(const struct history *h, enum net_task task, bool validated,
                       const char *want)
{
    struct buf text;
    struct error e = {0};
    buf_init(&text, 1 << 20);
    CHECK_OK(history_write(h, task, validated, test_path("history.csv"), &e), e);
    CHECK_OK(file_read_all(test_path("history.csv"), 1 << 20, &text, &e), e);
    assert_string_equal(text.data, want);
    buf_clear(&text);
}

static void columns_fit_the_task(void **state)
{
    (void)state;
    struct history h = {0};
    fill(&h, 2);
    check_text(&h, TASK_BINARY, true,
               "epoch,train_loss,val_loss,val_accuracy,val_f1,val_auroc,val_ap,lr,seconds\n"
               "1,0,0.0625,0.125,0.1875,,0.3125,0.000333333333,0.562500\n"
               "2,1,1.0625,1.125,1.1875,,1.3125,0.000333333333,1.562500\n");
    check_text(&h, TASK_MULTICLASS, true,
               "epoch,train_loss,val_loss,val_accuracy,val_f1,lr,seconds\n"
               "1,0,0.0625,0.125,0.1875,0.000333333333,0.562500\n"
               "2,1,1.0625,1.125,1.1875,0.000333333333,1.562500\n");
    check_text(&h, TASK_REGRESSION, true,
               "epoch,train_loss,val_loss,val_rmse,val_r2,lr,seconds\n"
               "1,0,0.0625,0.375,0.4375,0.000333333333,0.562500\n"
               "2,1,1.0625,1.375,1.4375,0.000333333333,1.562500\n");
    check_text(&h, TASK_BINARY, false,
               "epoch,train_loss,lr,seconds\n"
               "1,0,0.000333333333,0.562500\n"
               "2,1,0.000333333333,1.562500\n");
    h.count = 0;
    check_text(&h, TASK_REGRESSION, false, "epoch,train_loss,lr,seconds\n");
    history_clear(&h);
    assert_null(h.row);
}

// Nine digits give a float32 back, to the bit.
static void numbers_come_back(void **state)
{
    (void)state;
    struct history h = {0};
    struct buf text;
    struct error e = {0};
    uint32_t seed = 4;
    fill(&h, 500);
    for (size_t i = 0; i < h.count; i++)
        h.row[i].value[HISTORY_TRAIN_LOSS] =
            (double)ldexpf(test_float(&seed), (int)(test_random(&seed) % 60) - 30);
    CHECK_OK(history_write(&h, TASK_BINARY, false, test_path("history.csv"), &e), e);
    buf_init(&text, 1 << 20);
    CHECK_OK(file_read_all(test_path("history.csv"), 1 << 20, &text, &e), e);
    const char *line = text.data;
    for (size_t i = 0; i < h.count; i++) {
        line += strcspn(line, "\n") + 1;
        const float want = (float)h.row[i].value[HISTORY_TRAIN_LOSS];
        const float got = strtof(strchr(line, ',') + 1, NULL);
        check_bits(&got, &want, 1, "a loss");
    }
    buf_clear(&text);
    history_clear(&h);
}

static void grows_and_refuses(void **state)
{
    (void)state;
    struct history h = {0};
    struct error e = {0};
    fill(&h, 1000);
    assert_true(h.cap >= 1000);
    for (size_t i = 0; i < 1000; i++)
        assert_true(h.row[i].value[HISTORY_TRAIN_LOSS] == (double)i);
    check_refused(history_reserve(&h, SIZE_MAX / 64, &e), ERR_NOMEM, &e, "history");
    assert_int_equal(h.count, 1000);
    assert_true(h.row[999].value[HISTORY_TRAIN_LOSS] == 999);
    history_clear(&h);
}

static int reserve(void *context, struct error *e)
{
    return history_reserve(context, ((struct history *)context)->cap + 1, e);
}

static int write_file(void *context, struct error *e)
{
    return history_write(context, TASK_BINARY, true, test_path("faults.csv"), e);
}

static void survives_faults(void **state)
{
    (void)state;
    struct history h = {0};
    fill(&h, 64);
    assert_int_equal(check_failing_memory(reserve, &h), 1);
    assert_true(check_failing_memory(write_file, &h) >= 2);
    unlink(test_path("faults.csv"));
    long n = 1;
    for (;; n++) {
        struct error e = {0};
        file_fail_at(n);
        const int rc = write_file(&h, &e);
        file_fail_at(0);
        if (rc == 0)
            break;
        check_refused(rc, ERR_IO, &e, "faults.csv");
        assert_int_not_equal(access(test_path("faults.csv"), F_OK), 0);
    }
    assert_true(n >= 5);
    history_clear(&h);
}

static void monitors_name_columns(void **state)
{
    (void)state;
    for (int m = MONITOR_TRAIN_LOSS; m <= MONITOR_VAL_R2; m++) {
        const enum history_column c = monitor_column((enum monitor)m, true);
        assert_string_equal(history_column_name(c), monitor_words[m]);
        const bool loss = strstr(monitor_words[m], "loss") || strstr(monitor_words[m], "rmse");
        assert_int_equal(monitor_larger_is_better(c), !loss);
    }
    assert_int_equal(monitor_column(MONITOR_AUTO, true), HISTORY_VAL_LOSS);
    assert_int_equal(monitor_column(MONITOR_AUTO, false), HISTORY_TRAIN_LOSS);
    assert_null(monitor_words[MONITOR_VAL_R2 + 1]);
    assert_false(history_has_column(TASK_BINARY, false, HISTORY_VAL_LOSS));
    assert_true(history_has_column(TASK_BINARY, false, HISTORY_SECONDS));
}

static int parse(struct history *h, const char *text, struct error *e)
{
    return history_parse(h, "history.csv", text, strlen(text), e);
}

// What was written comes back, columns that were not are NaN, strange ones are passed over.
static void reads_its_own(void **state)
{
    (void)state;
    struct history h = {0}, back;
    struct buf text;
    struct error e = {0};
    fill(&h, 3);
    buf_init(&text, 1 << 20);
    CHECK_OK(history_write(&h, TASK_BINARY, true, test_path("history.csv"), &e), e);
    CHECK_OK(file_read_all(test_path("history.csv"), 1 << 20, &text, &e), e);
    CHECK_OK(parse(&back, text.data, &e), e);
    assert_int_equal(back.count, 3);
    for (size_t i = 0; i < 3; i++)
        for (int c = 0; c < HISTORY_COLUMNS; c++) {
            const double was = h.row[i].value[c], is = back.row[i].value[c];
            if (c == HISTORY_VAL_AUROC || c == HISTORY_VAL_RMSE || c == HISTORY_VAL_R2)
                assert_true(isnan(is));
            else
                check_close(is, was, 1e-9, history_column_name((enum history_column)c));
        }
    history_clear(&back);
    history_clear(&h);
    buf_clear(&text);
    CHECK_OK(parse(&back, "mood,epoch,train_loss\ngood,1,0.5\n", &e), e);
    assert_true(back.row[0].value[HISTORY_TRAIN_LOSS] == 0.5);
    history_clear(&back);
    CHECK_OK(parse(&back, "epoch,train_loss\n", &e), e);
    assert_int_equal(back.count, 0);
    history_clear(&back);
}

static void refuses_others(void **state)
{
    (void)state;
    static const struct {
        const char *text, *what;
    } cases[] = {
        {"train_loss\n0.5\n", "no column 'epoch'"},
        {"epoch,train_loss\n1,0.5\n3,0.4\n", "row 2 is not of epoch 2"},
        {"epoch,train_loss\none,0.5\n", "row 1 is not of epoch 1"},
        {"epoch,train_loss\n1,low\n", "'train_loss' holds something else"},
        {"epoch,train_loss\n1\n", "history.csv:2"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct history h;
        struct error e = {0};
        const int rc = parse(&h, cases[i].text, &e);
        check_refused(rc, ERR_FORMAT, &e, cases[i].what);
        assert_null(h.row);
    }
}

static int parse_and_clear(void *context, struct error *e)
{
    struct history h;
    const int rc = parse(&h, context, e);
    if (rc == 0)
        history_clear(&h);
    return rc;
}

static void reads_without_memory(void **state)
{
    (void)state;
    char text[] = "epoch,train_loss,lr\n1,0.5,0.1\n2,0.4,0.1\n";
    assert_true(check_failing_memory(parse_and_clear, text) > 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_fit_the_task),  cmocka_unit_test(numbers_come_back),
        cmocka_unit_test(grows_and_refuses),     cmocka_unit_test(survives_faults),
        cmocka_unit_test(monitors_name_columns), cmocka_unit_test(reads_its_own),
        cmocka_unit_test(refuses_others),        cmocka_unit_test(reads_without_memory),
    };
    return cmocka_run_group_tests(tests, test_folder_make, test_folder_remove);
}
