// SPDX-License-Identifier: MIT
// A CSV to files and to a run's data, where memory and the disk may fail at any call: what failed
// says so, nothing leaks (the sanitizer's to find), and of files all are new or those are whole
// that were there. The numbers are compared by tests/peers/prep_lesson.py.
#include "testing.h"

#include "base/file.h"
#include "job/prep_job.h"
#include "job/train_data.h"

static const char table[] = "name,size,kind,amount,y\n"
                            "a,1,red,1.5,yes\nb,2,blue,,no\nc,,red,0.5,yes\nd,4,,2.5,no\n"
                            "e,5,red,3,yes\nf,6,blue,0.25,no\ng,7,green,7,yes\nh,8,blue,1,no\n"
                            "i,9,red,4,yes\nj,10,green,,no\nk,11,blue,6,yes\nl,12,red,2,no\n";

static struct prep_options options(void)
{
    return (struct prep_options){.target = (char *)(uintptr_t) "y",
                                 .features = (char *)(uintptr_t) "size,kind,amount",
                                 .encode = (char *)(uintptr_t) "onehot",
                                 .test_size = 0.25,
                                 .random_state = 3,
                                 .stratify = true,
                                 .shuffle = true};
}

static void write_table(void)
{
    struct error e = {0};
    CHECK_OK(file_write_all(test_path("t.csv"), table, sizeof table - 1, &e), e);
}

struct preparing {
    struct prep_options options;
    size_t folds;
    bool single;
    size_t notes;
};

static void count_note(void *context, const char *text)
{
    struct preparing *p = context;
    p->notes += text[0] != '\0';
}

static int prepare(void *context, struct error *e)
{
    struct preparing *p = context;
    const struct prep_job job = {.path = test_path("t.csv"),
                                 .out = test_path("out"),
                                 .options = &p->options,
                                 .folds = p->folds,
                                 .single = p->single,
                                 .threads = 1,
                                 .listener = {count_note, p}};
    struct prep_job_result result;
    const int rc = prep_job(&job, &result, e);
    if (rc)
        return rc;
    assert_int_equal(result.prep.split.rows, 12);
    assert_int_equal(result.prep.features, 5);
    if (result.counts.rows != 12 || result.class_rows[0] != 6 || result.class_rows[1] != 6)
        fail_msg("%zu rows: %zu no, %zu yes; 12: 6, 6", result.counts.rows, result.class_rows[0],
                 result.class_rows[1]);
    prep_job_result_clear(&result);
    return 0;
}

// Files in out/ and in its folders, one level deep; none may be a temporary one.
static size_t count_files(const char *folder)
{
    char **names;
    size_t count, files = 0;
    struct error e = {0};
    if (!file_is_folder(folder))
        return 0;
    CHECK_OK(file_list(folder, &names, &count, &e), e);
    for (size_t i = 0; i < count; i++) {
        char *path = file_join(folder, names[i]);
        assert_non_null(path);
        files += file_is_folder(path) ? count_files(path) : 1;
        mem_free(path);
    }
    file_list_free(names, count);
    return files;
}

static void preparing_without_memory(void **state)
{
    (void)state;
    write_table();
    struct preparing p = {.options = options()};
    assert_true(check_failing_memory(prepare, &p) > 50);
    assert_int_equal(count_files(test_path("out")), 3);
    p.single = true;
    p.folds = 2;
    assert_true(check_failing_memory(prepare, &p) > 80);
    assert_int_equal(count_files(test_path("out")), 9);
    p = (struct preparing){.options = options()};
    p.options.test_size = 0;
    p.options.fit_on = PREP_FIT_ON_ALL;
    assert_true(check_failing_memory(prepare, &p) > 40);
    test_remove(test_path("out"));
}

// The n-th call of a write fails, and all behind it: until the first rename nothing is there.
static void preparing_on_a_full_disk(void **state)
{
    (void)state;
    write_table();
    struct preparing p = {.options = options()};
    size_t most = 0, whole = 0;
    for (long n = 1;; n++) {
        struct error e = {0};
        test_remove(test_path("out"));
        file_fail_at(n);
        const int rc = prepare(&p, &e);
        file_fail_at(0);
        const size_t files = count_files(test_path("out"));
        if (rc == 0) {
            assert_int_equal(files, 3);
            break;
        }
        if (rc != ERR_IO || !strstr(e.text, "out/"))
            fail_msg("call %ld fails: %d '%s'", n, rc, e.text);
        if (files < most)
            fail_msg("call %ld fails: %zu files, and %zu when the call before failed", n, files,
                     most);
        most = files;
        whole += files > 0;
    }
    assert_int_equal(most, 2);
    if (whole > 6)
        fail_msg("%zu calls come behind the first rename: files are not finished before", whole);
    test_remove(test_path("out"));
}

static int load(void *context, struct error *e)
{
    const struct train_config *config = context;
    const struct train_data_spec spec = {.config = config, .threads = 1};
    struct train_data d;
    const int rc = train_data_load(&d, &spec, e);
    if (rc)
        return rc;
    assert_non_null(d.prep);
    if (d.train.n + d.val.n < 12 || d.train.d != 5 || d.targets.task != TASK_BINARY)
        fail_msg("%zu + %zu rows of %zu features", d.train.n, d.val.n, d.train.d);
    train_data_clear(&d);
    return 0;
}

// Not with prep.json: where jansson has no memory for a text it dies of an assertion of its own.
static void loading_without_memory(void **state)
{
    (void)state;
    write_table();
    struct train_config c = {.csv = options()};
    char csv[256];
    snprintf(csv, sizeof csv, "%s", test_path("t.csv"));
    c.data = csv;
    assert_true(check_failing_memory(load, &c) > 40);
    c.data = NULL;
    c.train = c.val = c.test = csv;
    assert_true(check_failing_memory(load, &c) > 60);
}

int main(void)
{
    json_set_alloc_funcs(mem_alloc, mem_free);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(preparing_without_memory),
        cmocka_unit_test(preparing_on_a_full_disk),
        cmocka_unit_test(loading_without_memory),
    };
    return cmocka_run_group_tests(tests, test_folder_make, test_folder_remove);
}
