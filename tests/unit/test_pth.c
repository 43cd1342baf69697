// SPDX-License-Identifier: MIT
// The torch state dict, byte by byte where torch reads bytes: the pickle's opcodes, the members and
// their alignment. That torch itself loads it is shown by tests/peers/pth_torch.py.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "io/npz.h"
#include "io/pth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[64];
static float values[300 * 300];

static int make_folder(void **state)
{
    (void)state;
    const char *base = getenv("TMPDIR");
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        values[i] = (float)i;
    snprintf(folder, sizeof folder, "%.40s/skiff-pth-XXXXXX", base ? base : "/tmp");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder); // fails when a test left a file
}

static int write_some(const char *path, struct error *e)
{
    const struct pth_tensor tensors[] = {
        {.name = "fc1.weight", .ndim = 2, .shape = {2, 3}, .data = values},
        {.name = "fc1.bias", .ndim = 1, .shape = {2}, .data = values + 7},
        {.name = "fc2.weight", .ndim = 2, .shape = {300, 300}, .data = values},
    };
    return pth_write(path, tensors, 3, e);
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
    char path[96];
    struct error e = {0};
    struct npz z;
    struct buf b;
    snprintf(path, sizeof path, "%s/model.pth", folder);
    if (write_some(path, &e) || npz_open(&z, path, &e))
        fail_msg("%s", e.text);
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
        char path[96];
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
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
    char path[96];
    snprintf(path, sizeof path, "%s/f.pth", folder);
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
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
