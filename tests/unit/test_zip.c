// SPDX-License-Identifier: MIT
// The zip reader on every kind of archive it promises to read, on archives that lie, on archives
// cut and altered at every byte; the writer's bytes, and both under failing memory and disks.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/mem.h"
#include "io/le.h"
#include "io/zip.h"
#include "zipmake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

static const char small[] = "the quick brown fox jumps over the lazy dog, the quick brown fox";
static uint8_t large[700001]; // several pieces of the reader

static int make_large(void **state)
{
    (void)state;
    uint32_t x = 1;
    for (size_t i = 0; i < sizeof large; i++) {
        x = x * 1664525 + 1013904223;
        large[i] = (uint8_t)((x >> 24) % 7); // compressible, but not trivially
    }
    return 0;
}

// Open, read every member whole and finish: 0 or the first failure.
static int read_archive(const void *data, size_t size, struct error *e)
{
    struct source s;
    struct zip z;
    source_memory(&s, "test.zip", data, size);
    int rc = zip_open(&z, &s, e);
    if (rc)
        return rc;
    for (size_t i = 0; i < z.count && rc == 0; i++) {
        const struct zip_member *m = &z.members[i];
        struct zip_reader *r = zip_reader_open(&z, m, e);
        uint8_t *bytes = mem_alloc((size_t)m->full_size);
        rc = r && bytes ? zip_reader_read(r, bytes, (size_t)m->full_size, e) : ERR_NOMEM;
        if (rc == 0)
            rc = zip_reader_finish(r, e);
        mem_free(bytes);
        zip_reader_close(r);
    }
    zip_close(&z);
    return rc;
}

// The archive is refused with this code, and one line that holds both texts.
static void refused(struct zipmake *z, int code, const char *what, const char *where)
{
    struct error e = {0};
    const int rc = read_archive(z->archive.data, z->archive.len, &e);
    if (rc != code || !strstr(e.text, what) || !strstr(e.text, where) || strchr(e.text, '\n') ||
        !strstr(e.text, "test.zip"))
        fail_msg("wanted code %d and '%s', '%s'; got %d: %s", code, what, where, rc, e.text);
    zipmake_clear(z);
}

static void accepted(struct zipmake *z)
{
    struct error e = {0};
    if (read_archive(z->archive.data, z->archive.len, &e) != 0)
        fail_msg("refused: %s", e.text);
    zipmake_clear(z);
}

// Every combination of storing, descriptor and zip64, small and large, with extra fields and
// comments; read in pieces of several sizes.
static void reads_all_kinds(void **state)
{
    (void)state;
    static const uint8_t extra[] = {0x99, 0x99, 3, 0, 'a', 'b', 'c'};
    struct zipmake z;
    zipmake_begin(&z);
    char names[16][16];
    for (unsigned k = 0; k < 16; k++) {
        snprintf(names[k], sizeof names[k], "member %u", k);
        zipmake_add(&z, &(struct zipmake_member){.name = names[k],
                                                 .data = k & 8 ? large : (const void *)small,
                                                 .size = k & 8 ? sizeof large : sizeof small,
                                                 .deflate = k & 1,
                                                 .descriptor = k & 2,
                                                 .zip64 = k & 4,
                                                 .extra = extra,
                                                 .extra_size = k % 3 ? sizeof extra : 0,
                                                 .comment = k % 5 ? NULL : "a comment"});
    }
    zipmake_finish(&z, "PK\5\6 a comment that begins like an end record, but is none", true);
    struct source s;
    struct zip zip;
    struct error e = {0};
    source_memory(&s, "kinds.zip", z.archive.data, z.archive.len);
    if (zip_open(&zip, &s, &e))
        fail_msg("%s", e.text);
    assert_int_equal(zip.count, 16);
    assert_null(zip_find(&zip, "member"));
    for (unsigned k = 0; k < 16; k++) {
        const struct zip_member *m = zip_find(&zip, names[k]);
        assert_ptr_equal(m, &zip.members[k]);
        const uint8_t *want = k & 8 ? large : (const uint8_t *)small;
        uint8_t piece[4099];
        struct zip_reader *r = zip_reader_open(&zip, m, &e);
        size_t at = 0, step = 1;
        while (at < m->full_size) {
            const size_t left = (size_t)m->full_size - at, size = step < left ? step : left;
            if (step % 3 == 0 && zip_reader_skip(r, size, &e))
                fail_msg("%s", e.text);
            if (step % 3 != 0 && zip_reader_read(r, piece, size, &e))
                fail_msg("%s", e.text);
            if (step % 3 != 0)
                assert_memory_equal(piece, want + at, size);
            at += size;
            step = step * 2 % 4099;
        }
        assert_int_equal(zip_reader_finish(r, &e), 0);
        assert_int_equal(zip_reader_read(r, piece, 1, NULL), ERR_FORMAT); // nothing is left
        zip_reader_close(r);
    }
    zip_close(&zip);
    zipmake_clear(&z);
}

static void reads_empty_things(void **state)
{
    (void)state;
    struct zipmake z;
    zipmake_begin(&z);
    zipmake_finish(&z, NULL, false);
    accepted(&z);
    zipmake_begin(&z);
    zipmake_add(&z, &(struct zipmake_member){.name = "a", .data = small});
    zipmake_add(&z, &(struct zipmake_member){.name = "b", .data = small, .deflate = true});
    zipmake_add(&z, &(struct zipmake_member){.name = "folder/", .data = small});
    zipmake_finish(&z, NULL, false);
    accepted(&z);
}

// finish is where an empty member is checked, and where one that was not read whole is noticed.
static void finish_checks_the_end(void **state)
{
    (void)state;
    struct zipmake z;
    struct source s;
    struct zip zip;
    struct error e = {0};
    zipmake_begin(&z);
    zipmake_add(&z, &(struct zipmake_member){.name = "a", .data = small});
    zipmake_add(&z, &(struct zipmake_member){.name = "b", .data = small, .size = 5});
    zipmake_finish(&z, NULL, false);
    le_put(zipmake_entry(&z, 0) + 16, 7, 4);
    le_put(zipmake_local(&z, 0) + 14, 7, 4);
    source_memory(&s, "test.zip", z.archive.data, z.archive.len);
    assert_int_equal(zip_open(&zip, &s, &e), 0);
    struct zip_reader *r = zip_reader_open(&zip, &zip.members[0], &e);
    assert_int_equal(zip_reader_finish(r, &e), ERR_FORMAT);
    assert_non_null(strstr(e.text, "its CRC-32 is 00000000, the archive says 00000007"));
    zip_reader_close(r);
    r = zip_reader_open(&zip, &zip.members[1], &e);
    assert_int_equal(zip_reader_skip(r, 4, NULL), 0);
    error_clear(&e);
    assert_int_equal(zip_reader_finish(r, &e), ERR_FORMAT);
    assert_non_null(strstr(e.text, "longer than its contents"));
    assert_int_equal(zip_reader_skip(r, 1, NULL), 0);
    assert_int_equal(zip_reader_finish(r, NULL), 0);
    zip_reader_close(r);
    zip_reader_close(NULL);
    zip_close(&zip);
    zipmake_clear(&z);
}

// A small archive with one stored and one deflated member.
static void make_two(struct zipmake *z, bool zip64)
{
    zipmake_begin(z);
    zipmake_add(z, &(struct zipmake_member){.name = "one", .data = small, .size = sizeof small});
    zipmake_add(z, &(struct zipmake_member){.name = "two",
                                            .data = small,
                                            .size = sizeof small,
                                            .deflate = true,
                                            .descriptor = true,
                                            .zip64 = zip64});
    zipmake_finish(z, NULL, zip64);
}

static void refuses_truncation_anywhere(void **state)
{
    (void)state;
    for (int zip64 = 0; zip64 < 2; zip64++) {
        struct zipmake z;
        make_two(&z, zip64);
        for (size_t size = 0; size < z.archive.len; size++) {
            struct error e = {0};
            uint8_t *cut = mem_alloc(size); // its own block: ASan sees a byte too many
            memcpy(cut, z.archive.data, size);
            const int rc = read_archive(cut, size, &e);
            if (rc == 0 || e.code != rc || !strstr(e.text, "test.zip"))
                fail_msg("cut at %zu of %zu: %d %s", size, z.archive.len, rc, e.text);
            mem_free(cut);
        }
        zipmake_clear(&z);
    }
}

// Whatever byte is altered: an error, or the same contents (dates, versions, unused fields).
static void survives_altered_bytes(void **state)
{
    (void)state;
    struct zipmake z;
    make_two(&z, true);
    size_t caught = 0;
    for (size_t i = 0; i < z.archive.len; i++)
        for (unsigned how = 0; how < 10; how++) {
            uint8_t *at = (uint8_t *)z.archive.data + i, old = *at;
            *at = (uint8_t)(how < 8 ? old ^ 1 << how : how == 8 ? 0 : 0xff);
            struct error e = {0};
            const int rc = read_archive(z.archive.data, z.archive.len, &e);
            assert_true(rc == e.code && (rc == 0) == (e.text[0] == '\0'));
            caught += rc != 0;
            *at = old;
        }
    // of two times 65 bytes of contents, stored and deflated, and the fields that are checked
    assert_true(caught > 2500);
    zipmake_clear(&z);
}

static void refuses_lies_about_a_member(void **state)
{
    (void)state;
    static const struct {
        size_t at, size; // field of the directory entry
        uint64_t value;
        int code;
        const char *what;
    } lies[] = {
        {16, 4, 0x12345678, ERR_FORMAT, "differ in CRC or size"},
        {20, 4, 1, ERR_FORMAT, "stored, yet of 1 bytes"},
        {20, 4, 0xfffffff0, ERR_FORMAT, "stored, yet of"},
        {24, 4, 0xffffffff, ERR_FORMAT, "zip64 sizes are missing"},
        {42, 4, 0xffffffff, ERR_FORMAT, "zip64 sizes are missing"},
        {42, 4, 0x00ffffff, ERR_FORMAT, "outside the file"},
        {42, 4, 1, ERR_FORMAT, "no local header where the directory says"},
        {8, 2, 1, ERR_UNSUPPORTED, "encrypted"},
        {10, 2, 12, ERR_UNSUPPORTED, "bzip2"},
        {10, 2, 99, ERR_UNSUPPORTED, "compression method 99"},
        {10, 2, 8, ERR_FORMAT, "another compression method"},
        {46, 1, 'X', ERR_FORMAT, "another name"},
    };
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        struct zipmake z;
        make_two(&z, false);
        le_put(zipmake_entry(&z, 0) + lies[i].at, lies[i].value, (int)lies[i].size);
        refused(&z, lies[i].code, lies[i].what, "member '");
    }
    struct zipmake z;
    make_two(&z, false);
    le_put(zipmake_local(&z, 0) + 14, 1, 4); // CRC of the local header
    refused(&z, ERR_FORMAT, "differ in CRC or size", "'one'");
    make_two(&z, false);
    le_put(zipmake_local(&z, 0) + 22, 3, 4); // full size of the local header
    refused(&z, ERR_FORMAT, "differ in CRC or size", "'one'");
    make_two(&z, false);
    le_put(zipmake_local(&z, 1) + 22, 3, 4); // a size beside a descriptor may be 0, but not wrong
    refused(&z, ERR_FORMAT, "differ in CRC or size", "'two'");
    make_two(&z, false);
    zipmake_local(&z, 0)[30 + 3] ^= 1; // a byte of the contents
    refused(&z, ERR_FORMAT, "its CRC-32 is", "'one'");
    make_two(&z, false);
    le_put(zipmake_local(&z, 1) + 28, 60000, 2); // extra fields that reach beyond the directory
    refused(&z, ERR_FORMAT, "reach into the directory", "'two'");
    make_two(&z, false);
    zipmake_entry(&z, 1)[46] = '\n';
    refused(&z, ERR_FORMAT, "control characters", "number 2");
}

static void refuses_lies_about_the_archive(void **state)
{
    (void)state;
    static const struct {
        size_t at, size;
        uint64_t value;
        int code;
        const char *what;
    } lies[] = {
        {4, 2, 1, ERR_UNSUPPORTED, "several disks"},
        {8, 2, 1, ERR_UNSUPPORTED, "several disks"},
        {10, 2, 3, ERR_UNSUPPORTED, "several disks"},
        {12, 4, 0x7fffffff, ERR_FORMAT, "outside the file"},
        {12, 4, 10, ERR_FORMAT, "more than its directory"},
        {16, 4, 0x7fffffff, ERR_FORMAT, "outside the file"},
        {16, 4, 3, ERR_FORMAT, "directory is damaged at entry 1"},
        {20, 2, 7, ERR_FORMAT, "truncated"},
    };
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        struct zipmake z;
        make_two(&z, false);
        le_put(zipmake_end(&z) + lies[i].at, lies[i].value, (int)lies[i].size);
        refused(&z, lies[i].code, lies[i].what, "test.zip");
    }
    struct zipmake z;
    make_two(&z, false);
    le_put(zipmake_end(&z) + 8, 1 + 65536 * 1, 4);
    refused(&z, ERR_FORMAT, "more than the 1 members", "test.zip");
    make_two(&z, true);
    le_put(zipmake_end(&z) + 8, 1 + 65536 * 1, 4); // the plain record disagrees with zip64's
    refused(&z, ERR_FORMAT, "differ", "test.zip");
    make_two(&z, true);
    le_put(zipmake_end(&z) - 12, UINT64_MAX - 3, 8); // where the locator says the record is
    refused(&z, ERR_FORMAT, "zip64 end record is outside", "test.zip");
    make_two(&z, true);
    le_put(zipmake_end(&z) - 12, 5, 8);
    refused(&z, ERR_FORMAT, "zip64 end record is damaged", "test.zip");
    make_two(&z, true);
    le_put(zipmake_end(&z) - 20 - 56 + 24, UINT64_MAX, 8);
    le_put(zipmake_end(&z) - 20 - 56 + 32, UINT64_MAX, 8);
    refused(&z, ERR_LIMIT, "at most 65536", "test.zip");
}

static void refuses_overlaps_and_twins(void **state)
{
    (void)state;
    struct zipmake z;
    zipmake_begin(&z);
    for (int i = 0; i < 2; i++)
        zipmake_add(&z, &(struct zipmake_member){.name = "x", .data = small, .size = 9});
    zipmake_finish(&z, NULL, false);
    refused(&z, ERR_FORMAT, "two of this name", "'x'");
    // the second member's header and data lie inside the first one's data
    zipmake_begin(&z);
    zipmake_add(&z, &(struct zipmake_member){.name = "in", .data = small, .size = 9});
    struct buf inner;
    buf_init(&inner, 4096);
    buf_append(&inner, z.archive.data, z.archive.len);
    zipmake_clear(&z);
    zipmake_begin(&z);
    zipmake_add(&z, &(struct zipmake_member){.name = "out", .data = inner.data, .size = inner.len});
    zipmake_add(&z, &(struct zipmake_member){.name = "in", .data = small, .size = 9});
    zipmake_finish(&z, NULL, false);
    le_put(zipmake_entry(&z, 1) + 42, 30 + 3, 4);
    buf_clear(&inner);
    refused(&z, ERR_FORMAT, "overlaps member 'out'", "'in'");
}

static void refuses_bad_deflate(void **state)
{
    (void)state;
    uint8_t stored[256];
    z_stream s = {0};
    deflateInit2(&s, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
    s.next_in = (Bytef *)(uintptr_t)small;
    s.avail_in = sizeof small;
    s.next_out = stored;
    s.avail_out = sizeof stored;
    assert_int_equal(deflate(&s, Z_FINISH), Z_STREAM_END);
    const size_t size = sizeof stored - s.avail_out;
    deflateEnd(&s);
    struct zipmake_member m = {.name = "d", .data = small, .size = sizeof small, .deflate = true};
    struct zipmake z;
    zipmake_begin(&z);
    zipmake_add_raw(&z, &m, stored, size - 1);
    zipmake_finish(&z, NULL, false);
    refused(&z, ERR_FORMAT, "end early", "'d'");
    zipmake_begin(&z);
    zipmake_add_raw(&z, &m, stored, size + 1);
    zipmake_finish(&z, NULL, false);
    refused(&z, ERR_FORMAT, "bytes follow the end", "'d'");
    m.size--;
    zipmake_begin(&z);
    zipmake_add_raw(&z, &m, stored, size);
    zipmake_finish(&z, NULL, false);
    refused(&z, ERR_FORMAT, "more bytes than the archive says", "'d'");
    static char longer[sizeof small + 1];
    memcpy(longer, small, sizeof small);
    m.data = longer;
    m.size = sizeof longer;
    zipmake_begin(&z);
    zipmake_add_raw(&z, &m, stored, size);
    zipmake_finish(&z, NULL, false);
    refused(&z, ERR_FORMAT, "fewer bytes than the archive says", "'d'");
    zipmake_begin(&z);
    zipmake_add_raw(&z, &m, "\xff\xff\xff\xff", 4); // block type 3 does not exist
    zipmake_finish(&z, NULL, false);
    refused(&z, ERR_FORMAT, "damaged (invalid block type)", "'d'");
    zipmake_begin(&z); // a claim that no deflate stream can keep is refused unread
    zipmake_add_raw(&z, &m, stored, size);
    zipmake_finish(&z, NULL, false);
    le_put(zipmake_entry(&z, 0) + 24, 1032 * (size + 1), 4);
    refused(&z, ERR_FORMAT, "more than deflate can", "'d'");
}

static char folder[64];

static int make_folder(void **state)
{
    make_large(state);
    const char *base = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%.40s/skiff-zip-XXXXXX", base ? base : "/tmp");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder); // fails when a test left a file
}

static int write_some(const char *path, struct error *e)
{
    struct zip_writer *w = zip_writer_begin(path, e);
    if (!w)
        return e->code;
    const struct zip_piece pieces[] = {{small, sizeof small}, {large, 100000}};
    int rc = zip_writer_add(w, "a/plain", pieces, 1, 1, e);
    if (rc == 0)
        rc = zip_writer_add(w, "a/aligned", pieces, 2, 64, e);
    if (rc == 0)
        rc = zip_writer_add(w, "na\xc3\xafve", NULL, 0, 4096, e);
    if (rc == 0)
        rc = zip_writer_commit(w, e);
    if (rc)
        zip_writer_abort(w);
    return rc;
}

static void writes_what_it_reads(void **state)
{
    (void)state;
    char paths[2][96];
    struct buf bytes[2];
    struct error e = {0};
    for (int i = 0; i < 2; i++) {
        snprintf(paths[i], sizeof paths[i], "%s/%s", folder, i ? "b.zip" : "another name.zip");
        if (write_some(paths[i], &e))
            fail_msg("%s", e.text);
        buf_init(&bytes[i], 1 << 20);
        assert_int_equal(file_read_all(paths[i], 1 << 20, &bytes[i], &e), 0);
        unlink(paths[i]);
    }
    assert_int_equal(bytes[0].len, bytes[1].len);
    assert_memory_equal(bytes[0].data, bytes[1].data, bytes[0].len);
    struct source s;
    struct zip z;
    source_memory(&s, "w", bytes[0].data, bytes[0].len);
    assert_int_equal(zip_open(&z, &s, &e), 0);
    assert_int_equal(z.count, 3);
    const uint8_t *file = (const uint8_t *)bytes[0].data;
    assert_int_equal(le_get16(file + z.members[1].header_offset + 6), 0);
    assert_int_equal(le_get16(file + z.members[2].header_offset + 6), 1 << 11); // UTF-8
    assert_int_equal(z.members[1].offset % 64, 0);
    assert_int_equal(z.members[2].offset % 4096, 0);
    assert_int_equal(z.members[1].full_size, sizeof small + 100000);
    assert_memory_equal(bytes[0].data + z.members[1].offset, small, sizeof small);
    assert_memory_equal(bytes[0].data + z.members[1].offset + sizeof small, large, 100000);
    zip_close(&z);
    assert_int_equal(read_archive(bytes[0].data, bytes[0].len, &e), 0);
    buf_clear(&bytes[0]);
    buf_clear(&bytes[1]);
}

// Names of every length: every amount of padding, those too small for an extra field among them.
static void aligns_every_name(void **state)
{
    (void)state;
    char path[96], name[71] = "";
    snprintf(path, sizeof path, "%s/p.zip", folder);
    struct error e = {0};
    struct buf b;
    struct source s;
    struct zip z;
    struct zip_writer *w = zip_writer_begin(path, &e);
    assert_non_null(w);
    const struct zip_piece piece = {small, 1};
    for (size_t i = 0; i < 70; i++) {
        name[i] = 'n';
        assert_int_equal(zip_writer_add(w, name, &piece, 1, 64, &e), 0);
    }
    assert_int_equal(zip_writer_commit(w, &e), 0);
    buf_init(&b, 1 << 20);
    assert_int_equal(file_read_all(path, 1 << 20, &b, &e), 0);
    unlink(path);
    source_memory(&s, "p.zip", b.data, b.len);
    assert_int_equal(zip_open(&z, &s, &e), 0);
    for (size_t i = 0; i < 70; i++) {
        assert_int_equal(z.members[i].offset % 64, 0);
        const uint8_t *local = (const uint8_t *)b.data + z.members[i].header_offset;
        const size_t extra = le_get16(local + 28);
        assert_true(extra == 0 || extra >= 4);
        if (extra)
            assert_int_equal(le_get16(local + 30 + i + 1 + 2), extra - 4);
    }
    zip_close(&z);
    buf_clear(&b);
}

static void writer_refuses_names(void **state)
{
    (void)state;
    char path[96], name[ZIP_NAME_MAX + 2];
    snprintf(path, sizeof path, "%s/n.zip", folder);
    memset(name, 'n', sizeof name);
    name[sizeof name - 1] = '\0';
    struct error e = {0};
    struct zip_writer *w = zip_writer_begin(path, &e);
    assert_non_null(w);
    assert_int_equal(zip_writer_add(w, "x", NULL, 0, 1, &e), 0);
    assert_int_equal(zip_writer_add(w, "xy", NULL, 0, 1, &e), 0);
    assert_int_equal(zip_writer_add(w, "x", NULL, 0, 1, &e), ERR_USAGE);
    assert_non_null(strstr(e.text, "'x': there is one"));
    assert_int_equal(zip_writer_add(w, name, NULL, 0, 1, NULL), ERR_USAGE);
    assert_int_equal(zip_writer_add(w, name + 1, NULL, 0, 1, NULL), 0);
    assert_int_equal(zip_writer_add(w, "", NULL, 0, 1, NULL), ERR_USAGE);
    zip_writer_abort(w);
    zip_writer_abort(NULL);
}

// As many members as are read, one more than the plain end record can count.
static void reads_many_members(void **state)
{
    (void)state;
    struct zipmake z;
    zipmake_begin(&z);
    for (unsigned i = 0; i < ZIP_MEMBERS_MAX; i++) {
        char name[16];
        snprintf(name, sizeof name, "%u", i);
        zipmake_add(&z, &(struct zipmake_member){.name = name, .data = small});
    }
    zipmake_finish(&z, NULL, true);
    accepted(&z);
}

static void survives_failing_memory(void **state)
{
    (void)state;
    char path[96];
    snprintf(path, sizeof path, "%s/m.zip", folder);
    struct zipmake z;
    make_two(&z, true);
    for (int reading = 0; reading < 2; reading++) {
        long n = 1;
        for (;; n++) {
            struct error e = {0};
            mem_fail_at(n);
            const int rc =
                reading ? read_archive(z.archive.data, z.archive.len, &e) : write_some(path, &e);
            mem_fail_at(0);
            if (rc == 0)
                break;
            if (rc != ERR_NOMEM || (reading == 0 && access(path, F_OK) == 0))
                fail_msg("allocation %ld: %d %s", n, rc, e.text);
        }
        assert_true(n > 4);
    }
    unlink(path);
    zipmake_clear(&z);
}

static void survives_a_full_disk(void **state)
{
    (void)state;
    char path[96];
    snprintf(path, sizeof path, "%s/f.zip", folder);
    long n = 1;
    for (;; n++) {
        struct error e = {0};
        file_fail_at(n);
        const int rc = write_some(path, &e);
        file_fail_at(0);
        if (rc == 0)
            break;
        if (rc != ERR_IO || access(path, F_OK) == 0)
            fail_msg("call %ld: %d %s", n, rc, e.text);
    }
    assert_true(n > 3);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_all_kinds),
        cmocka_unit_test(reads_empty_things),
        cmocka_unit_test(finish_checks_the_end),
        cmocka_unit_test(aligns_every_name),
        cmocka_unit_test(refuses_truncation_anywhere),
        cmocka_unit_test(survives_altered_bytes),
        cmocka_unit_test(refuses_lies_about_a_member),
        cmocka_unit_test(refuses_lies_about_the_archive),
        cmocka_unit_test(refuses_overlaps_and_twins),
        cmocka_unit_test(refuses_bad_deflate),
        cmocka_unit_test(writes_what_it_reads),
        cmocka_unit_test(writer_refuses_names),
        cmocka_unit_test(reads_many_members),
        cmocka_unit_test(survives_failing_memory),
        cmocka_unit_test(survives_a_full_disk),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
