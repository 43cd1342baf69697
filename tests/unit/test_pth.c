// SPDX-License-Identifier: MIT
// The torch state dict, byte by byte where torch reads bytes: the pickle's opcodes, the members and
// their alignment. That torch itself loads it is shown by tests/peers/pth_torch.py.
#include "testing.h"

#include "base/file.h"
#include "io/npz.h"
#include "pth_whole.h"

static float values[300 * 300];

static int make(void **state)
{
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        values[i] = (float)i;
    return test_folder_make(state);
}

static int remove_empty(void **state)
{
    (void)state;
    return rmdir(test_folder()); // fails when a test, or a failed call, left a file
}

static int write_some(const char *path, struct error *e)
{
    const struct pth_tensor tensors[] = {
        {.name = "fc1.weight", .ndim = 2, .shape = {2, 3}},
        {.name = "fc1.bias", .ndim = 1, .shape = {2}},
        {.name = "fc2.weight", .ndim = 2, .shape = {300, 300}},
    };
    return pth_whole(path, tensors, (const float *const[]){values, values + 7, values}, 3, e);
}

#define DICT "ccollections\nOrderedDict\n)R"
#define TENSOR(name_size, name, key)                                                               \
    "X" name_size "\0\0\0" name "ctorch._utils\n_rebuild_tensor_v2\n(("                            \
    "X\7\0\0\0storage"                                                                             \
    "ctorch\nFloatStorage\n"                                                                       \
    "X\1\0\0\0" key "X\3\0\0\0cpu"

static const char pickle[] = "\x80\2" DICT "(" TENSOR(
    "\12", "fc1.weight",
    "0") "K\6tQK\0(K\2K\3t(K\3K\1t\x89" DICT
         "tR" TENSOR("\10", "fc1.bias", "1") "K\2tQK\0(K\2t(K\1t\x89" DICT "tR" TENSOR(
             "\12", "fc2.weight", "2") "J\x90\x5f\1\0tQK\0(M\x2c\1M\x2c\1t(M\x2c\1K\1t\x89" DICT
                                       "tRu.";

static void writes_what_torch_reads(void **state)
{
    (void)state;
    static const char *const names[] = {"archive/data.pkl", "archive/byteorder", "archive/data/0",
                                        "archive/data/1",   "archive/data/2",    "archive/version"};
    const char *path = test_path("model.pth");
    struct error e = {0};
    struct npz z;
    struct buf b;
    CHECK_OK(write_some(path, &e), e);
    CHECK_OK(npz_open(&z, path, &e), e);
    assert_int_equal(z.zip.count, 6);
    for (size_t i = 0; i < 6; i++) {
        assert_string_equal(z.zip.members[i].name, names[i]);
        assert_int_equal(z.zip.members[i].offset % 64, 0);
        assert_false(z.zip.members[i].deflated);
    }
    buf_init(&b, 1 << 20);
    assert_int_equal(npz_read_bytes(&z, names[0], &b, &e), 0);
    assert_int_equal(b.len, sizeof pickle - 1);
    assert_memory_equal(b.data, pickle, sizeof pickle - 1);
    b.len = 0;
    assert_int_equal(npz_read_bytes(&z, names[3], &b, &e), 0);
    assert_int_equal(b.len, 2 * sizeof(float));
    assert_memory_equal(b.data, values + 7, b.len);
    b.len = 0;
    assert_int_equal(npz_read_bytes(&z, names[4], &b, &e), 0);
    assert_memory_equal(b.data, values, sizeof values);
    b.len = 0;
    assert_int_equal(npz_read_bytes(&z, names[5], &b, &e), 0);
    assert_string_equal(b.data, "3\n");
    buf_clear(&b);
    npz_close(&z);
    unlink(path);
}

static void bytes_do_not_depend_on_the_path(void **state)
{
    (void)state;
    static const char *const names[] = {"a.pth", "another_model.bin"};
    struct buf b[2];
    for (int i = 0; i < 2; i++) {
        const char *path = test_path(names[i]);
        buf_init(&b[i], 1 << 20);
        assert_int_equal(write_some(path, NULL), 0);
        assert_int_equal(file_read_all(path, 1 << 20, &b[i], NULL), 0);
        unlink(path);
    }
    assert_int_equal(b[0].len, b[1].len);
    assert_memory_equal(b[0].data, b[1].data, b[0].len);
    buf_clear(&b[0]);
    buf_clear(&b[1]);
}

static void survives_failing_memory_and_disk(void **state)
{
    (void)state;
    const char *path = test_path("f.pth");
    for (int disk = 0; disk < 2; disk++) {
        long n = 1;
        for (;; n++) {
            struct error e = {0};
            long (*const fail_at)(long) = disk ? file_fail_at : mem_fail_at;
            fail_at(n);
            const int rc = write_some(path, &e);
            fail_at(0);
            if (rc == 0)
                break;
            if (rc != (disk ? ERR_IO : ERR_NOMEM) || access(path, F_OK) == 0)
                fail_msg("call %ld: %d %s", n, rc, e.text);
        }
        assert_true(n > 3);
        unlink(path);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_what_torch_reads),
        cmocka_unit_test(bytes_do_not_depend_on_the_path),
        cmocka_unit_test(survives_failing_memory_and_disk),
    };
    return cmocka_run_group_tests(tests, make, remove_empty);
}
