// SPDX-License-Identifier: MIT
// Reading, mapping and listing; atomic writes on disks that fill up at every call.
#include "testing.h"

#include "base/file.h"

#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>

static void write_plain(const char *path, const void *data, size_t size)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, size, f), size);
    assert_int_equal(fclose(f), 0);
}

static void check_content(const char *path, const char *want, size_t size)
{
    struct buf b;
    struct error e = {0};
    buf_init(&b, 1 << 22);
    CHECK_OK(file_read_all(path, 1 << 22, &b, &e), e);
    if (b.len != size || (size && memcmp(b.data, want, size) != 0))
        fail_msg("%s: holds %zu bytes '%.40s', want %zu '%.40s'", path, b.len, b.data ? b.data : "",
                 size, want);
    buf_clear(&b);
}

// Entries of a folder, hidden ones included, '.' and '..' not.
static size_t entries(const char *folder)
{
    struct error e = {0};
    char **names;
    size_t count = 0;
    CHECK_OK(file_list(folder, &names, &count, &e), e);
    file_list_free(names, count);
    char command[300], line[16] = "";
    snprintf(command, sizeof command, "ls -A '%s' | wc -l", folder);
    FILE *p = popen(command, "r");
    assert_non_null(p);
    assert_non_null(fgets(line, sizeof line, p));
    pclose(p);
    return (size_t)strtol(line, NULL, 10);
}

static int write_in_pieces(const char *path, const char *data, size_t size, struct error *e)
{
    struct file_out *out = file_out_begin(path, e);
    if (!out)
        return error_code(e);
    int rc = 0;
    for (size_t at = 0, step = 1; rc == 0 && at < size; at += step, step = step * 3 + 1) {
        if (step > size - at)
            step = size - at;
        rc = file_out_write(out, data + at, step, e);
    }
    if (rc == 0 && file_out_tell(out) != size)
        fail_msg("tell: %llu, not %zu", (unsigned long long)file_out_tell(out), size);
    if (rc == 0)
        rc = file_out_commit(out, e);
    if (rc)
        file_out_abort(out);
    return rc;
}

static void writes_all_sizes(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 65535, 65536, 65537, 131072, 300000};
    char *data = mem_alloc(300000);
    uint32_t seed = 3;
    for (size_t i = 0; i < 300000; i++)
        data[i] = (char)test_random(&seed);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct error e = {0};
        const char *path = test_path("sizes");
        CHECK_OK(write_in_pieces(path, data, sizes[i], &e), e);
        check_content(path, data, sizes[i]);
        CHECK_OK(file_write_all(path, data, sizes[i], &e), e);
        check_content(path, data, sizes[i]);
    }
    mem_free(data);
    unlink(test_path("sizes"));
}

// At every call the disk is full: the old file stays whole, nothing else is left, and the message
// names the file.
static void a_full_disk_leaves_the_old_file(void **state)
{
    (void)state;
    struct error e = {0};
    char path[256], *data = mem_zalloc(200000);
    snprintf(path, sizeof path, "%s", test_path("full"));
    for (int existing = 0; existing < 2; existing++) {
        long n = 1;
        for (;; n++) {
            if (existing)
                write_plain(path, "old", 3);
            error_clear(&e);
            file_fail_at(n);
            const int rc = write_in_pieces(path, data, 200000, &e);
            file_fail_at(0);
            if (rc == 0)
                break;
            check_refused(rc, ERR_IO, &e, path);
            assert_non_null(strstr(e.text, "No space left"));
            if (existing)
                check_content(path, "old", 3);
            assert_int_equal(entries(test_folder()), existing);
        }
        assert_true(n >= 7); // open, writes, fsync, close, rename
        assert_int_equal(entries(test_folder()), 1);
        unlink(path);
    }
    mem_free(data);
}

static mode_t mode_of(const char *path)
{
    struct stat st;
    assert_int_equal(lstat(path, &st), 0);
    return st.st_mode & (S_IFMT | 0777);
}

// The same where the name is a link to a file in another folder: both stay.
static void a_full_disk_behind_a_link(void **state)
{
    (void)state;
    struct error e = {0};
    char path[256], target[256], folder[256], *data = mem_zalloc(200000);
    snprintf(path, sizeof path, "%s", test_path("link"));
    snprintf(folder, sizeof folder, "%s", test_path("elsewhere"));
    snprintf(target, sizeof target, "%s", test_path("elsewhere/real"));
    assert_int_equal(mkdir(folder, 0777), 0);
    assert_int_equal(symlink("elsewhere/real", path), 0);
    write_plain(target, "old", 3);
    assert_int_equal(chmod(target, 0604), 0);
    long n = 1;
    for (int rc = -1; rc != 0; n++) {
        error_clear(&e);
        file_fail_at(n);
        rc = write_in_pieces(path, data, 200000, &e);
        file_fail_at(0);
        if (rc) {
            check_refused(rc, ERR_IO, &e, path);
            check_content(target, "old", 3);
        }
        assert_int_equal(mode_of(path) & S_IFMT, S_IFLNK);
        assert_int_equal(mode_of(target), S_IFREG | 0604);
        assert_int_equal(entries(test_folder()), 2);
        assert_int_equal(entries(folder), 1);
    }
    assert_true(n > 8); // open, chmod, writes, fsync, close, rename
    check_content(path, data, 200000);
    mem_free(data);
    unlink(path);
    test_remove(folder);
}

static int begin_either(const char *path, bool report, struct error *e)
{
    struct file_out *out = report ? file_out_report(path, e) : file_out_begin(path, e);
    int rc = out ? file_out_write(out, "new", 3, e) : error_code(e);
    if (rc == 0)
        rc = file_out_commit(out, e);
    if (rc)
        file_out_abort(out);
    return rc;
}

static void keeps_permissions(void **state)
{
    (void)state;
    static const mode_t modes[] = {0600, 0640, 0444, 0666, 0755};
    char path[256];
    snprintf(path, sizeof path, "%s", test_path("modes"));
    struct error e = {0};
    const mode_t mask = umask(027);
    for (size_t i = 0; i < 2 * 5; i++) {
        write_plain(path, "old", 3);
        assert_int_equal(chmod(path, modes[i / 2]), 0);
        CHECK_OK(begin_either(path, i % 2, &e), e);
        assert_int_equal(mode_of(path), S_IFREG | modes[i / 2]);
        check_content(path, "new", 3);
        unlink(path);
        CHECK_OK(begin_either(path, i % 2, &e), e); // where there was nothing
        assert_int_equal(mode_of(path), S_IFREG | 0640);
        unlink(path);
    }
    umask(mask);
}

static void writes_through_links(void **state)
{
    (void)state;
    struct error e = {0};
    char first[256];
    snprintf(first, sizeof first, "%s", test_path("first"));
    assert_int_equal(mkdir(test_path("a"), 0777), 0);
    assert_int_equal(symlink("a/second", first), 0);
    assert_int_equal(symlink("../third", test_path("a/second")), 0); // from the folder a
    assert_int_equal(symlink(test_path("a/real"), test_path("third")), 0);
    for (int again = 0; again < 4; again++) { // at first the last of them leads nowhere
        CHECK_OK(begin_either(first, again % 2, &e), e);
        check_content(test_path("a/real"), "new", 3);
        assert_int_equal(mode_of(test_path("a/real")) & S_IFMT, S_IFREG);
        assert_int_equal(mode_of(test_path("third")) & S_IFMT, S_IFLNK);
        assert_int_equal(entries(test_folder()), 3);
        assert_int_equal(entries(test_path("a")), 2);
        write_plain(test_path("a/real"), "old", 3);
    }
    unlink(test_path("third"));
    assert_int_equal(symlink("first", test_path("third")), 0);
    check_refused(begin_either(first, false, &e), ERR_IO, &e,
                  "first: cannot write here: Too many levels of symbolic links");
    test_remove(test_path("a"));
    unlink(test_path("third"));
    unlink(first);
}

// Names as long as a file system takes, and names of temporary files that are taken already.
static void any_name(void **state)
{
    (void)state;
    struct error e = {0};
    char name[256], path[400];
    for (size_t len = 70; len <= 255; len += len < 90 ? 1 : 55) {
        memset(name, 'n', len);
        for (size_t i = 1; i + 1 < len; i += 2)
            memcpy(name + i, "\xc3\xa4", 2);
        name[len] = '\0';
        snprintf(path, sizeof path, "%s/%s", test_folder(), name);
        CHECK_OK(begin_either(path, false, &e), e);
        CHECK_OK(begin_either(path, true, &e), e);
        check_content(path, "new", 3);
        assert_int_equal(entries(test_folder()), 1);
        unlink(path);
    }
    struct file_out *out = file_out_begin(test_path("x"), &e);
    assert_non_null(out);
    char **names;
    size_t count;
    CHECK_OK(file_list(test_folder(), &names, &count, &e), e);
    assert_int_equal(count, 0); // they begin with a dot
    file_list_free(names, count);
    file_out_abort(out);
}

// What a process of the same number left behind is neither in the way nor touched.
static void passes_over_leftovers(void **state)
{
    (void)state;
    struct error e = {0};
    char name[64];
    for (int i = 0; i < 3000; i++) { // the next serial number is among them
        snprintf(name, sizeof name, ".left.%ld-%d.tmp", (long)getpid(), i);
        if (i % 50)
            write_plain(test_path(name), "x", 1);
    }
    const size_t before = entries(test_folder());
    CHECK_OK(begin_either(test_path("left"), false, &e), e);
    check_content(test_path("left"), "new", 3);
    assert_int_equal(entries(test_folder()), before + 1);
    file_remove_temporaries(test_folder(), "left");
    assert_int_equal(entries(test_folder()), 1);
    unlink(test_path("left"));
}

static int write_small(void *context, struct error *e)
{
    return file_write_all(context, "new", 3, e);
}

static void failing_memory_leaves_the_old_file(void **state)
{
    (void)state;
    char path[256];
    snprintf(path, sizeof path, "%s", test_path("memory"));
    write_plain(path, "old", 3);
    assert_int_equal(check_failing_memory(write_small, path), 4);
    check_content(path, "new", 3);
    assert_int_equal(entries(test_folder()), 1);
    unlink(path);
}

static void an_aborted_write_leaves_nothing(void **state)
{
    (void)state;
    struct error e = {0};
    struct file_out *out = file_out_begin(test_path("aborted"), &e);
    assert_non_null(out);
    CHECK_OK(file_out_write(out, "x", 1, &e), e);
    file_out_abort(out);
    file_out_abort(NULL);
    assert_int_equal(entries(test_folder()), 0);
}

static void refuses_places_it_cannot_write(void **state)
{
    (void)state;
    struct error e = {0};
    check_refused(file_write_all(test_path("no/such/file"), "x", 1, &e), ERR_IO, &e,
                  "no/such/file: cannot write here: No such file");
    assert_int_equal(mkdir(test_path("folder"), 0777), 0);
    write_plain(test_path("folder/kept"), "k", 1);
    error_clear(&e);
    check_refused(file_write_all(test_path("folder"), "x", 1, &e), ERR_IO, &e,
                  "folder: cannot write here");
    check_content(test_path("folder/kept"), "k", 1);
    assert_int_equal(entries(test_folder()), 1);
    test_remove(test_path("folder"));
}

// What is there and no regular file is written to, not replaced.
static void reports_go_into_pipes(void **state)
{
    (void)state;
    struct error e = {0};
    struct stat st;
    char got[8] = "";
    const char *path = test_path("pipe");
    assert_int_equal(mkfifo(path, 0600), 0);
    const int fd = open(path, O_RDWR); // so that nobody waits for the other end
    assert_true(fd >= 0);
    struct file_out *out = file_out_report(path, &e);
    assert_non_null(out);
    CHECK_OK(file_out_write(out, "through", 7, &e), e);
    CHECK_OK(file_out_commit(out, &e), e);
    assert_int_equal(read(fd, got, 7), 7);
    assert_string_equal(got, "through");
    assert_true(stat(path, &st) == 0 && S_ISFIFO(st.st_mode));
    out = file_out_descriptor(fd, "the pipe", &e);
    assert_non_null(out);
    CHECK_OK(file_out_write(out, "another", 7, &e), e);
    CHECK_OK(file_out_commit(out, &e), e);
    assert_int_equal(read(fd, got, 7), 7); // still open
    assert_string_equal(got, "another");
    assert_int_equal(close(fd), 0);
    assert_int_equal(entries(test_folder()), 1);
    test_remove(path);
    out = file_out_descriptor(-1, "no descriptor", &e);
    assert_non_null(out);
    CHECK_OK(file_out_write(out, "x", 1, &e), e);
    check_refused(file_out_commit(out, &e), ERR_IO, &e, "no descriptor: cannot write");
    file_out_abort(out);
}

// A reader that holds the old file open goes on reading the old one.
static void readers_see_one_or_the_other(void **state)
{
    (void)state;
    struct error e = {0};
    struct source s;
    char path[256], old[3];
    snprintf(path, sizeof path, "%s", test_path("swap"));
    write_plain(path, "old", 3);
    CHECK_OK(source_open(&s, path, &e), e);
    CHECK_OK(file_write_all(path, "newer", 5, &e), e);
    CHECK_OK(source_read(&s, 0, old, 3, &e), e);
    assert_memory_equal(old, "old", 3);
    source_close(&s);
    check_content(path, "newer", 5);
    unlink(path);
}

static void check_reads(const struct source *s, const uint8_t *want)
{
    static const uint64_t offsets[] = {0, 1, 3, 4095, 4096, 4097, 9999};
    for (size_t i = 0; i < sizeof offsets / sizeof *offsets; i++) {
        struct error e = {0};
        struct file_map map;
        uint8_t bytes[10000];
        const size_t size = 10000 - (size_t)offsets[i];
        CHECK_OK(source_read(s, offsets[i], bytes, size, &e), e);
        assert_memory_equal(bytes, want + offsets[i], size);
        CHECK_OK(source_map(s, offsets[i], size, &map, &e), e);
        assert_int_equal(map.size, size);
        assert_memory_equal(map.data, want + offsets[i], size);
        file_unmap(&map);
        file_unmap(&map); // again does no harm
        check_refused(source_read(s, offsets[i], bytes, size + 1, &e), ERR_FORMAT, &e,
                      "ends early");
        error_clear(&e);
        check_refused(source_map(s, offsets[i], size + 1, &map, &e), ERR_FORMAT, &e, "ends early");
        file_unmap(&map);
    }
    struct error e = {0};
    struct file_map map;
    uint8_t byte = 7;
    CHECK_OK(source_read(s, 10000, &byte, 0, &e), e);
    check_refused(source_read(s, 10001, &byte, 0, &e), ERR_FORMAT, &e, "ends early");
    error_clear(&e);
    check_refused(source_read(s, UINT64_MAX, &byte, 2, &e), ERR_FORMAT, &e, "ends early");
    error_clear(&e);
    check_refused(source_map(s, 1, SIZE_MAX, &map, &e), ERR_FORMAT, &e, "ends early");
    assert_int_equal(byte, 7);
}

static void reads_and_maps_anywhere(void **state)
{
    (void)state;
    uint8_t bytes[10000];
    uint32_t seed = 9;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)test_random(&seed);
    char path[256];
    snprintf(path, sizeof path, "%s", test_path("bytes"));
    write_plain(path, bytes, sizeof bytes);
    struct error e = {0};
    struct source s;
    CHECK_OK(source_open(&s, path, &e), e);
    assert_int_equal(s.size, sizeof bytes);
    check_reads(&s, bytes);
    source_close(&s);
    source_close(&s);
    source_memory(&s, "memory", bytes, sizeof bytes);
    check_reads(&s, bytes);
    source_close(&s);
    unlink(path);
}

static void notices_a_file_that_shrinks(void **state)
{
    (void)state;
    char path[256], bytes[100] = {0};
    snprintf(path, sizeof path, "%s", test_path("shrinks"));
    write_plain(path, bytes, sizeof bytes);
    struct error e = {0};
    struct source s;
    CHECK_OK(source_open(&s, path, &e), e);
    assert_int_equal(truncate(path, 50), 0);
    CHECK_OK(source_read(&s, 0, bytes, 50, &e), e);
    check_refused(source_read(&s, 10, bytes, 60, &e), ERR_FORMAT, &e,
                  "shrinks: ends early; the file is truncated");
    source_close(&s);
    unlink(path);
}

static void refuses_what_is_no_file(void **state)
{
    (void)state;
    struct source s;
    struct error e = {0};
    check_refused(source_open(&s, test_folder(), &e), ERR_FORMAT, &e,
                  ": is a folder, a file is needed here");
    error_clear(&e);
    check_refused(source_open(&s, test_path("none"), &e), ERR_IO, &e,
                  "none: cannot open: No such file or directory");
    error_clear(&e);
    assert_int_equal(mkfifo(test_path("fifo"), 0666), 0);
    check_refused(source_open(&s, test_path("fifo"), &e), ERR_UNSUPPORTED, &e,
                  "fifo: not a regular file");
    error_clear(&e);
    check_refused(source_open(&s, "/dev/null", &e), ERR_UNSUPPORTED, &e, "not a regular file");
    error_clear(&e);
    struct buf b;
    buf_init(&b, 100);
    check_refused(file_read_all(test_folder(), 100, &b, &e), ERR_IO, &e, "Is a directory");
    error_clear(&e);
    check_refused(file_read_all(test_path("none"), 100, &b, &e), ERR_IO, &e, "No such file");
    buf_clear(&b);
    unlink(test_path("fifo"));
}

static void whole_files_have_a_maximum(void **state)
{
    (void)state;
    char *data = mem_zalloc(40000), path[256];
    snprintf(path, sizeof path, "%s", test_path("max"));
    write_plain(path, data, 40000);
    struct error e = {0};
    struct buf b;
    buf_init(&b, 100000);
    CHECK_OK(file_read_all(path, 40000, &b, &e), e);
    CHECK_OK(file_read_all(path, 40000, &b, &e), e); // appended
    assert_int_equal(b.len, 80000);
    buf_clear(&b);
    check_refused(file_read_all(path, 39999, &b, &e), ERR_LIMIT, &e,
                  "max: larger than 39999 bytes");
    buf_clear(&b);
    buf_init(&b, 1000);
    error_clear(&e);
    check_refused(file_read_all(path, 40000, &b, &e), ERR_LIMIT, &e, "longer than 1000 bytes");
    buf_clear(&b);
    mem_free(data);
    unlink(path);
}

static int list_folder(void *context, struct error *e)
{
    char **names;
    size_t count;
    const int rc = file_list(context, &names, &count, e);
    assert_true(rc == 0 || (!names && count == 0));
    file_list_free(names, count);
    return rc;
}

static void lists_in_byte_order(void **state)
{
    (void)state;
    static const char *const made[] = {"b",       "a10",   "a2",    "A",
                                       ".hidden", "_part", "z.npz", "\xc3\xa9"};
    static const char *const want[] = {"A", "a10", "a2", "b", "z.npz", "\xc3\xa9"};
    char folder[256];
    snprintf(folder, sizeof folder, "%s", test_path("list"));
    assert_int_equal(mkdir(folder, 0777), 0);
    struct error e = {0};
    char **names;
    size_t count;
    CHECK_OK(file_list(folder, &names, &count, &e), e);
    assert_int_equal(count, 0);
    file_list_free(names, count);
    for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
        char *path = file_join(folder, made[i]);
        write_plain(path, "", 0);
        mem_free(path);
    }
    CHECK_OK(file_list(folder, &names, &count, &e), e);
    assert_int_equal(count, 6);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(names[i], want[i]);
    file_list_free(names, count);
    assert_true(check_failing_memory(list_folder, folder) >= 6);
    test_remove(folder);
    check_refused(file_list(folder, &names, &count, &e), ERR_IO, &e, "cannot open the folder");
    assert_null(names);
}

static void makes_folders(void **state)
{
    (void)state;
    struct error e = {0};
    char deep[256], *joined;
    snprintf(deep, sizeof deep, "%s", test_path("a//b/c/"));
    CHECK_OK(file_make_folders(deep, &e), e);
    CHECK_OK(file_make_folders(deep, &e), e);
    CHECK_OK(file_make_folders("/", &e), e);
    CHECK_OK(file_make_folders(".", &e), e);
    assert_true(file_is_folder(test_path("a/b/c")));
    write_plain(test_path("a/file"), "", 0);
    assert_false(file_is_folder(test_path("a/file")));
    assert_false(file_is_folder(test_path("a/none")));
    check_refused(file_make_folders(test_path("a/file"), &e), ERR_IO, &e, "is not a folder");
    error_clear(&e);
    check_refused(file_make_folders(test_path("a/file/x"), &e), ERR_IO, &e, "a/file");
    joined = file_join("x", "y");
    assert_string_equal(joined, "x/y");
    mem_free(joined);
    joined = file_join("x/", "y");
    assert_string_equal(joined, "x/y");
    mem_free(joined);
    joined = file_join("", "y");
    assert_string_equal(joined, "y");
    mem_free(joined);
    test_remove(test_path("a"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_all_sizes),
        cmocka_unit_test(a_full_disk_leaves_the_old_file),
        cmocka_unit_test(a_full_disk_behind_a_link),
        cmocka_unit_test(keeps_permissions),
        cmocka_unit_test(writes_through_links),
        cmocka_unit_test(any_name),
        cmocka_unit_test(passes_over_leftovers),
        cmocka_unit_test(failing_memory_leaves_the_old_file),
        cmocka_unit_test(an_aborted_write_leaves_nothing),
        cmocka_unit_test(refuses_places_it_cannot_write),
        cmocka_unit_test(reports_go_into_pipes),
        cmocka_unit_test(readers_see_one_or_the_other),
        cmocka_unit_test(reads_and_maps_anywhere),
        cmocka_unit_test(notices_a_file_that_shrinks),
        cmocka_unit_test(refuses_what_is_no_file),
        cmocka_unit_test(whole_files_have_a_maximum),
        cmocka_unit_test(lists_in_byte_order),
        cmocka_unit_test(makes_folders),
    };
    return cmocka_run_group_tests(tests, test_folder_make, test_folder_remove);
}
