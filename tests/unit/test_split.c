// SPDX-License-Identifier: MIT
// Rows to train on and to hold back: golden rows of the real scikit-learn, what any division
// promises, what is refused, and failing memory.
#include "testing.h"

#include "base/file.h"
#include "split_script.h"

#define GOLDEN_MAX 65536

static void golden_rows(void **state)
{
    (void)state;
    const char *folder = getenv("srcdir");
    char *path = file_join(folder ? folder : ".", "tests/golden/split.txt");
    struct error e = {0};
    struct buf text, got;
    size_t lines = 0;
    buf_init(&text, GOLDEN_MAX);
    assert_non_null(path);
    CHECK_OK(file_read_all(path, GOLDEN_MAX, &text, &e), e);
    char *rest = text.data;
    for (char *line; (line = strsep(&rest, "\n"));) {
        char *equals = strstr(line, " = ");
        if (line[0] == '#' || !equals)
            continue;
        *equals = '\0';
        buf_init(&got, GOLDEN_MAX);
        CHECK_OK(split_script_run(line, &got, &e), e);
        if (strcmp(got.data, equals + 3) != 0)
            fail_msg("'%s': got %s, scikit-learn has %s", line, got.data, equals + 3);
        buf_clear(&got);
        lines++;
    }
    assert_true(lines > 20);
    buf_clear(&text);
    mem_free(path);
}

// Every row is on one side, once; of each class either side has its share to within two rows.
static void check_division(const struct split *s, const struct split_spec *spec)
{
    assert_int_equal(s->train_rows + s->test_rows, spec->rows);
    uint8_t *seen = mem_array(spec->rows, 1);
    double held[3] = {0}, all[3] = {0};
    assert_non_null(seen);
    for (size_t i = 0; i < spec->rows; i++) {
        const uint32_t row = i < s->train_rows ? s->train[i] : s->test[i - s->train_rows];
        assert_true(row < spec->rows && !seen[row]);
        seen[row] = 1;
        all[spec->classes[row]]++;
        held[spec->classes[row]] += i >= s->train_rows;
    }
    const double share = (double)s->test_rows / (double)spec->rows;
    for (size_t k = 0; k < 3; k++)
        check_close(held[k], all[k] * share, 2.0, "rows of a class that are held back");
    mem_free(seen);
}

static void divisions(void **state)
{
    (void)state;
    uint32_t classes[5000], random = 1;
    for (size_t n = 100; n <= 5000; n += 700) {
        for (size_t i = 0; i < n; i++)
            classes[i] = test_random(&random) % 10 < 7 ? 2 : test_random(&random) % 2;
        struct split_spec spec = {.rows = n,
                                  .test_size = 0.2,
                                  .shuffle = true,
                                  .random_state = (uint32_t)n,
                                  .classes = classes,
                                  .class_count = 5};
        struct split s;
        struct error e = {0};
        CHECK_OK(split_rows(&s, &spec, &e), e);
        check_division(&s, &spec);
        split_clear(&s);
        size_t held = 0;
        for (size_t fold = 0; fold < 7; fold++) {
            CHECK_OK(split_fold(&s, &spec, 7, fold, &e), e);
            check_division(&s, &spec);
            held += s.test_rows;
            split_clear(&s);
        }
        assert_int_equal(held, n);
    }
}

static void refused(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        int code;
        const char *what;
    } cases[] = {
        {"rows 5 5 0 1 0 -", ERR_USAGE, "--test_size 5 of 5 rows: give a share between 0 and 1"},
        {"rows 5 0 0 1 0 -", ERR_USAGE, "--test_size 0 of 5 rows"},
        {"rows 5 -0.5 0 1 0 -", ERR_USAGE, "--test_size -0.5 of 5 rows"},
        {"rows 5 nan 0 1 0 -", ERR_USAGE, "--test_size nan of 5 rows"},
        {"rows 5 1.5 0 1 0 -", ERR_USAGE, "--test_size 1.5 of 5 rows"},
        {"rows 5 0.2 7 1 0 -", ERR_USAGE, "--train_size 7 of 5 rows"},
        {"rows 5 0.5 0.6 1 0 -", ERR_USAGE, "more than the 5 rows there are; lower one of them"},
        {"rows 5 3 3 1 0 -", ERR_USAGE, "more than the 5 rows there are; lower one of them"},
        {"rows 5 0.9 0 1 0 -", ERR_USAGE, "leaves none to train on; lower it"},
        {"rows 1 0.2 0 1 0 -", ERR_USAGE, "--test_size 0.2 of 1 row leaves none"},
        {"rows 0 0.2 0 1 0 -", ERR_USAGE, "leaves none to train on"},
        {"rows 6 0.5 0 0 0 010101", ERR_USAGE, "--no-shuffle"},
        {"rows 6 0.5 0 1 0 010002", ERR_DATA, "a class has a single row (row 2 of the data)"},
        {"rows 6 1 0 1 0 010101", ERR_USAGE, "each of the 2 classes; raise --test_size 1"},
        {"rows 6 5 0 1 0 010101", ERR_USAGE, "each of the 2 classes; lower --test_size 5"},
        {"fold 5 1 0 1 0 -", ERR_USAGE, "1 folds of 5 rows: give from 2 folds"},
        {"fold 5 6 0 1 0 -", ERR_USAGE, "6 folds of 5 rows"},
        {"fold 6 4 0 1 0 010101", ERR_USAGE, "4 folds, but no class has more than 3 rows"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error e = {0};
        struct buf out;
        buf_init(&out, GOLDEN_MAX);
        const int rc = split_script_run(cases[i].line, &out, &e);
        check_refused(rc, cases[i].code, &e, cases[i].what);
        buf_clear(&out);
    }
}

static int divide(void *context, struct error *e)
{
    struct split s;
    const struct split_spec *spec = context;
    int rc = split_rows(&s, spec, e);
    if (rc)
        return rc;
    split_clear(&s);
    rc = split_fold(&s, spec, 2, 1, e);
    if (rc == 0)
        split_clear(&s);
    return rc;
}

static void failing_memory(void **state)
{
    (void)state;
    const uint32_t classes[8] = {0, 1, 1, 0, 1, 0, 0, 1};
    struct split_spec spec = {.rows = 8, .test_size = 0.5, .shuffle = true};
    assert_true(check_failing_memory(divide, &spec) >= 6);
    spec.shuffle = false;
    assert_true(check_failing_memory(divide, &spec) >= 5);
    spec.shuffle = true;
    spec.classes = classes;
    spec.class_count = 2;
    assert_true(check_failing_memory(divide, &spec) >= 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_rows),
        cmocka_unit_test(divisions),
        cmocka_unit_test(refused),
        cmocka_unit_test(failing_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
