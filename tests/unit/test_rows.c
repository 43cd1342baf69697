// SPDX-License-Identifier: MIT
// Rows in batches: the values that a dataset loads whole, whatever the batch, the type, the order
// and the number of files; what is refused and where the message points; faults.
#include "testing.h"

#include "io/npz.h"
#include "table/dataset.h"
#include "table/rows.h"

#include <sys/stat.h>

static const struct dataset_keys any = {0};

#define MOST 40 // rows of a file
#define COLS 3

// A file with X of `rows` rows whose values go on from `first`, and y.
static void make(const char *file, const char *x, const char *dtype, size_t rows, size_t first)
{
    static double wide[MOST * COLS];
    static float narrow[MOST * COLS];
    struct error e = {0};
    for (size_t i = 0; i < rows * COLS; i++)
        wide[i] = narrow[i] = (float)(first * COLS + i) / 8;
    struct npz_writer *w = npz_writer_begin(test_path(file), &e);
    assert_non_null(w);
    const uint64_t shape[] = {rows, COLS};
    const void *data = dtype[2] == '8' ? (const void *)wide : narrow;
    CHECK_OK(npz_writer_add(w, &(struct npz_values){x, dtype, 2, shape, data}, &e), e);
    CHECK_OK(npz_writer_add(w, &(struct npz_values){"y", "<f8", 1, shape, wide}, &e), e);
    CHECK_OK(npz_writer_commit(w, &e), e);
}

// Everything there is, in batches of `most`; returns the rows, or a code.
static int read_all(const char *path, const struct dataset_keys *keys, size_t most, float *X,
                    size_t room, struct error *e)
{
    struct rows *r = rows_open(&(struct rows_spec){.path = path, .keys = *keys}, e);
    if (!r)
        return error_code(e);
    size_t got, sum = 0;
    int rc = 0;
    assert_true(rows_total(r) <= room);
    do {
        rc = rows_next(r, most, X + sum * rows_features(r), NULL, &got, e);
        sum += got;
        if (rc == 0 && got < most && sum != rows_total(r))
            fail_msg("a batch of %zu rows, %zu wanted, after %zu", got, most, sum);
    } while (rc == 0 && got);
    rows_close(r);
    return rc ? rc : (int)sum;
}

static void check_rising(const char *path, size_t rows)
{
    static float X[4 * MOST * COLS];
    static const size_t batches[] = {1, 3, 7, MOST, 1000};
    for (size_t b = 0; b < sizeof batches / sizeof *batches; b++) {
        struct error e = {0};
        memset(X, 0, sizeof X);
        const int got = read_all(path, &any, batches[b], X, 4 * MOST, &e);
        if (got != (int)rows)
            fail_msg("%s, batches of %zu: %d: %s", path, batches[b], got, e.text);
        for (size_t i = 0; i < rows * COLS; i++)
            if (X[i] != (float)i / 8)
                fail_msg("%s, batches of %zu: [%zu] is %g", path, batches[b], i, (double)X[i]);
    }
}

static void batches_are_the_whole(void **state)
{
    (void)state;
    make("f4.npz", "X", "<f4", 33, 0);
    check_rising(test_path("f4.npz"), 33);
    make("f8.npz", "X_val", "<f8", 34, 0);
    check_rising(test_path("f8.npz"), 34);
    make("none.npz", "X_test", "<f4", 0, 0);
    check_rising(test_path("none.npz"), 0);
}

static void files_of_a_folder_are_joined(void **state)
{
    (void)state;
    assert_int_equal(mkdir(test_path("parts"), 0777), 0);
    make("parts/a.npz", "X", "<f4", 10, 0);
    make("parts/b.npz", "X_train", "<f8", 0, 0);
    make("parts/c.npz", "X_train", "<f8", 25, 10);
    make("parts/d.npz", "X", "<f4", 1, 35);
    check_rising(test_path("parts"), 36);
}

// A file whose bytes are in Fortran order: the header is made by hand.
static void fortran_order_is_turned(void **state)
{
    (void)state;
    struct error e = {0};
    char header[129] = "\x93NUMPY\x01";
    const char *text = "{'descr': '<f4', 'fortran_order': True, 'shape': (5, 3), }";
    header[8] = 118; // 128 - 10
    memset(header + 10, ' ', 117);
    memcpy(header + 10, text, strlen(text));
    header[127] = '\n';
    char bytes[128 + 15 * sizeof(float)];
    memcpy(bytes, header, 128);
    for (size_t i = 0; i < 15; i++) {
        const float v = (float)(i % 5 * 3 + i / 5) / 8;
        memcpy(bytes + 128 + i * sizeof v, &v, sizeof v);
    }
    struct npz_writer *w = npz_writer_begin(test_path("fortran.npz"), &e);
    assert_non_null(w);
    CHECK_OK(npz_writer_bytes(w, "X.npy", bytes, sizeof bytes, &e), e);
    CHECK_OK(npz_writer_commit(w, &e), e);
    check_rising(test_path("fortran.npz"), 5);
}

static void refused(const char *file, const struct dataset_keys *keys, int code, const char *what)
{
    static float X[4 * MOST * COLS];
    struct error e = {0};
    check_refused(read_all(test_path(file), keys, 8, X, 4 * MOST, &e), code, &e, what);
}

static void write_two(const char *file, const char *a, const char *b, uint64_t cols, float last)
{
    struct error e = {0};
    float values[30];
    for (size_t i = 0; i < 30; i++)
        values[i] = (float)i;
    values[29] = last;
    const uint64_t shape[] = {30 / cols, cols};
    struct npz_writer *w = npz_writer_begin(test_path(file), &e);
    assert_non_null(w);
    CHECK_OK(npz_writer_add(w, &(struct npz_values){a, "<f4", 2, shape, values}, &e), e);
    CHECK_OK(
        npz_writer_add(w, &(struct npz_values){b, "<f4", cols == 1 ? 1 : 2, shape, values}, &e), e);
    CHECK_OK(npz_writer_commit(w, &e), e);
}

static void refuses_with_a_place(void **state)
{
    (void)state;
    static const struct dataset_keys test = {.part = "test"}, named = {.x = "other"},
                                     flat = {.x = "Z"};
    write_two("two.npz", "X_val", "X_test", 3, 29);
    refused("two.npz", &any, ERR_DATA, "holds X_val and X_test; --part");
    refused("two.npz", &named, ERR_NOTFOUND, "no array 'other'; it holds X_val, X_test");
    struct error e = {0};
    static float X[4 * MOST * COLS];
    assert_int_equal(read_all(test_path("two.npz"), &test, 8, X, 4 * MOST, &e), 10);
    write_two("nan.npz", "X", "y", 3, NAN);
    refused("nan.npz", &any, ERR_DATA, "nan.npz: X: row 9, column 2 is NaN");
    write_two("inf.npz", "X", "y", 3, INFINITY);
    refused("inf.npz", &any, ERR_DATA, "row 9, column 2 is infinite");
    write_two("flat.npz", "X", "Z", 1, 29);
    refused("flat.npz", &flat, ERR_DATA, "Z has 1 dimensions");
    write_two("none.npz", "a", "b", 3, 29);
    refused("none.npz", &any, ERR_NOTFOUND, "no array 'X'; it holds a, b (--x_key");
    refused("absent.npz", &any, ERR_IO, "absent.npz: cannot open");
    assert_int_equal(mkdir(test_path("empty"), 0777), 0);
    refused("empty", &any, ERR_NOTFOUND, "no .npz, .csv or .csv.gz file");
    assert_int_equal(mkdir(test_path("mixed"), 0777), 0);
    write_two("mixed/a.npz", "X", "y", 3, 29);
    write_two("mixed/b.npz", "X", "y", 5, 29);
    refused("mixed", &any, ERR_DATA, "b.npz: X has 5 features but");
}

// y goes with the X that was found, also when nobody said which part.
static void a_dataset_takes_what_is_there(void **state)
{
    (void)state;
    struct dataset d;
    struct error e = {0};
    write_two("pair.npz", "X_val", "y_val", 3, 29);
    CHECK_OK(dataset_load(&d, test_path("pair.npz"), &any, &e), e);
    assert_string_equal(d.y_name, "y_val");
    assert_true(d.n == 10 && d.targets == 3);
    dataset_clear(&d);
    write_two("plain.npz", "X", "y", 3, 29);
    CHECK_OK(dataset_load(&d, test_path("plain.npz"), &any, &e), e);
    assert_string_equal(d.y_name, "y");
    dataset_clear(&d);
    write_two("lone.npz", "X_val", "z", 3, 29);
    check_refused(dataset_load(&d, test_path("lone.npz"), &any, &e), ERR_NOTFOUND, &e,
                  "no array 'y_val'");
}

// The rows that the first look promised must come: a file that is replaced by another is noticed.
static void notices_a_changed_file(void **state)
{
    (void)state;
    static float X[MOST * COLS];
    for (size_t now = 8; now <= 12; now += 4) {
        struct error e = {0};
        size_t got;
        make("changing.npz", "X", "<f4", 10, 0);
        const struct rows_spec spec = {.path = test_path("changing.npz")};
        struct rows *r = rows_open(&spec, &e);
        assert_non_null(r);
        make("changing.npz", "X", "<f4", now, 0);
        check_refused(rows_next(r, MOST, X, NULL, &got, &e), ERR_DATA, &e, "changed while");
        rows_close(r);
    }
}

static void damage_is_found_at_the_end(void **state)
{
    (void)state;
    struct error e = {0};
    static float X[4 * MOST * COLS];
    make("good.npz", "X", "<f4", 30, 0);
    struct buf bytes;
    buf_init(&bytes, 1 << 20);
    CHECK_OK(file_read_all(test_path("good.npz"), 1 << 20, &bytes, &e), e);
    bytes.data[300] ^= 1; // in the values: the header ends at 192 or before
    CHECK_OK(file_write_all(test_path("bad.npz"), bytes.data, bytes.len, &e), e);
    check_refused(read_all(test_path("bad.npz"), &any, 8, X, 4 * MOST, &e), ERR_FORMAT, &e,
                  "CRC-32");
    CHECK_OK(file_write_all(test_path("cut.npz"), bytes.data, bytes.len - 100, NULL), e);
    error_clear(&e);
    check_refused(read_all(test_path("cut.npz"), &any, 8, X, 4 * MOST, &e), ERR_FORMAT, &e,
                  "cut.npz");
    buf_clear(&bytes);
}

static int read_path(void *context, struct error *e)
{
    static float X[4 * MOST * COLS];
    const int rc = read_all(context, &any, 7, X, 4 * MOST, e);
    return rc < 0 ? rc : 0;
}

static void survives_failing_memory(void **state)
{
    (void)state;
    char path[256];
    snprintf(path, sizeof path, "%s", test_path("parts"));
    assert_true(check_failing_memory(read_path, path) > 20);
    snprintf(path, sizeof path, "%s", test_path("fortran.npz"));
    assert_true(check_failing_memory(read_path, path) > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(batches_are_the_whole),
        cmocka_unit_test(files_of_a_folder_are_joined),
        cmocka_unit_test(fortran_order_is_turned),
        cmocka_unit_test(refuses_with_a_place),
        cmocka_unit_test(a_dataset_takes_what_is_there),
        cmocka_unit_test(notices_a_changed_file),
        cmocka_unit_test(damage_is_found_at_the_end),
        cmocka_unit_test(survives_failing_memory),
    };
    return cmocka_run_group_tests(tests, test_folder_make, test_folder_remove);
}
