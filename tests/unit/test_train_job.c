// SPDX-License-Identifier: MIT
// Whole training jobs on several ranks, here threads: one end for all, whichever of them lacks
// memory or cannot write, from the first file that is read to the last that is written. And what a
// record tells of the place.
#include "testing.h"

#include "base/file.h"
#include "dist_mock.h"
#include "io/json.h"
#include "io/npz.h"
#include "job/train_job.h"

#define RANKS   3
#define ROWS    300
#define INPUTS  4
#define SECONDS 60 // a hang is a failure: the alarm ends the program

struct team {
    struct train_config config[RANKS];
    struct opt_set options[RANKS];
    struct error e[RANKS];
    int rc[RANKS];
    struct mock *mock;
};

static void write_part(struct npz_writer *w, const char *X, const char *y, uint32_t seed)
{
    float features[ROWS * INPUTS], labels[ROWS];
    const uint64_t shape[] = {ROWS, INPUTS};
    struct error e = {0};
    for (size_t i = 0; i < ROWS * INPUTS; i++)
        features[i] = test_float(&seed);
    for (size_t i = 0; i < ROWS; i++)
        labels[i] = (float)(test_random(&seed) % 2);
    CHECK_OK(npz_writer_add(w, &(struct npz_values){X, "<f4", 2, shape, features}, &e), e);
    CHECK_OK(npz_writer_add(w, &(struct npz_values){y, "<f4", 1, shape, labels}, &e), e);
}

static void write_table(const char *name, uint32_t seed)
{
    struct error e = {0};
    struct npz_writer *w = npz_writer_begin(test_path(name), &e);
    assert_non_null(w);
    write_part(w, "X_train", "y_train", seed);
    write_part(w, "X_val", "y_val", 2);
    write_part(w, "X_test", "y_test", 3);
    CHECK_OK(npz_writer_commit(w, &e), e);
}

// All ranks have the first table, or each has its own.
static void write_tables(void)
{
    write_table("0.npz", 1);
    write_table("1.npz", 4);
    write_table("2.npz", 7);
}

static void begin(struct team *t, bool sharded)
{
    struct error e = {0};
    char data[256], text[2048], out[256], name[16];
    snprintf(out, sizeof out, "%s", test_path("out"));
    *t = (struct team){.mock = mock_new(RANKS)};
    test_remove(out);
    for (size_t r = 0; r < RANKS; r++) {
        snprintf(name, sizeof name, "%zu.npz", sharded ? r : 0);
        snprintf(data, sizeof data, "%s", test_path(name));
        snprintf(text, sizeof text,
                 "{\"train\": \"%s\", \"val\": \"%s\", \"test\": \"%s\", \"out\": \"%s\", "
                 "\"epochs\": 2, \"hidden\": [5], \"threads\": 1%s}",
                 data, data, data, out, sharded ? ", \"sharded\": true, \"batch_size\": 500" : "");
        CHECK_OK(opt_begin(&t->options[r], train_options, train_option_count, &t->config[r], &e),
                 e);
        CHECK_OK(train_config_text(&t->options[r], "test", text, strlen(text), &e), e);
    }
}

static void body(struct dist *d, size_t rank, void *context)
{
    struct team *t = context;
    struct train_job_result result;
    const struct train_job job = {.config = &t->config[rank], .ranks = d};
    t->rc[rank] = train_job(&job, &result, &t->e[rank]);
    train_job_result_clear(&result);
}

static void go(struct team *t)
{
    alarm(SECONDS);
    mock_run(t->mock, body, t);
}

static void end(struct team *t)
{
    for (size_t r = 0; r < RANKS; r++)
        opt_end(&t->options[r]);
    mock_free(t->mock);
}

// All of them or none (a note is lost, no more), or one has taken the others along.
static void check_one_end(const struct team *t, bool failed, long n)
{
    int codes = 0;
    for (size_t r = 0; r < RANKS; r++)
        codes += t->rc[r] != 0;
    if (codes != 0 && (codes != RANKS || !failed) && !mock_aborted(t->mock))
        fail_msg("fault %ld: %d of %d ranks say so: %s", n, codes, RANKS, t->e[0].text);
    if (!mock_aborted(t->mock))
        assert_int_equal(mock_messages(t->mock), 0);
}

static void memory_fails_one_rank(bool sharded)
{
    struct team t;
    bool failed = true;
    long n = 1;
    for (; failed; n += sharded ? 5 : 2) { // what one rank allocates, another does as well
        begin(&t, sharded);
        mem_fail_at(-n);
        go(&t);
        failed = mem_fail_at(0) >= n;
        check_one_end(&t, failed, n);
        end(&t);
    }
    assert_true(n > 100);
}

static void a_disk_is_full(bool sharded)
{
    struct team t;
    bool failed = true;
    long n = 1;
    for (; failed; n++) {
        begin(&t, sharded);
        file_fail_at(n);
        go(&t);
        failed = file_fail_at(0) >= n;
        check_one_end(&t, failed, n);
        end(&t);
    }
    assert_true(n > 5);
}

static void memory_may_fail_one_rank(void **state)
{
    (void)state;
    write_tables();
    memory_fails_one_rank(false);
    memory_fails_one_rank(true);
}

static void a_disk_may_be_full(void **state)
{
    (void)state;
    write_tables();
    a_disk_is_full(false);
    a_disk_is_full(true);
}

// A file of the fake counters below <folder>/powercap.
static void write_counter(const char *file, const char *text)
{
    char path[320];
    struct error e = {0};
    snprintf(path, sizeof path, "%s/intel-rapl:0", test_path("powercap"));
    CHECK_OK(file_make_folders(path, &e), e);
    snprintf(path, sizeof path, "%s/intel-rapl:0/%s", test_path("powercap"), file);
    CHECK_OK(file_write_all(path, text, strlen(text), &e), e);
}

// What epochs use is in the record, when it is one machine that they are on.
static void use_energy(void *context, uint64_t epoch, const struct history_row *row, bool last)
{
    (void)context;
    (void)row;
    (void)last;
    write_counter("energy_uj", epoch == 1 ? "1500000\n" : "4250000\n");
}

static json_t *run_with_counters(size_t machines)
{
    struct team t;
    struct train_job_result result;
    struct error e = {0};
    json_error_t bad;
    write_counter("name", "package-0\n");
    write_counter("energy_uj", "1000000\n");
    write_counter("max_energy_range_uj", "262143328850\n");
    begin(&t, false);
    const struct train_job job = {
        .config = &t.config[0],
        .hooks = {.epoch = use_energy},
        .place = {.instance = "ml.m5.xlarge",
                  .machines = machines,
                  .download = 0.25,
                  .energy = test_path("powercap")},
    };
    CHECK_OK(train_job(&job, &result, &e), e);
    train_job_result_clear(&result);
    end(&t);
    json_t *record = json_load_file(test_path("out/run.json"), 0, &bad);
    assert_non_null(record);
    return record;
}

static void a_record_tells_what_was_used(void **state)
{
    (void)state;
    const char *domain, *source, *type, *origin;
    double joules, download;
    int count, billable;
    write_tables();
    json_t *record = run_with_counters(1);
    assert_int_equal(json_unpack(record, "{s:{s:F, s:s, s:s}, s:{s:s, s:s}, s:{s:F}}", "energy",
                                 "joules", &joules, "domain", &domain, "source", &source,
                                 "instance", "type", &type, "source", &origin, "seconds",
                                 "download", &download),
                     0);
    check_close(joules, 3.25, 1e-12, "joules");
    assert_string_equal(domain, "package-0");
    assert_string_equal(source, "rapl");
    assert_string_equal(type, "ml.m5.xlarge");
    assert_string_equal(origin, "job");
    check_close(download, 0.25, 0, "download");
    json_decref(record);
    record = run_with_counters(3);
    assert_true(json_is_null(json_object_get(record, "energy")));
    assert_int_equal(json_unpack(record, "{s:{s:i}, s:{s:i}}", "instance", "count", &count,
                                 "seconds", "billable", &billable),
                     0);
    assert_int_equal(count, 3);
    assert_true(billable >= 3 && billable % 3 == 0);
    json_decref(record);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_tells_what_was_used),
        cmocka_unit_test(memory_may_fail_one_rank),
        cmocka_unit_test(a_disk_may_be_full),
    };
    json_set_alloc_funcs(mem_alloc, mem_free);
    return cmocka_run_group_tests(tests, test_folder_make, test_folder_remove);
}
