// SPDX-License-Identifier: MIT
// Arrays out of archives: orders, types and compressions over several pieces, mapping, figures,
// messages, liars; the writer; all of it under failing memory and disks.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "io/le.h"
#include "io/npz.h"
#include "zipmake.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

static char folder[64];

static int make_folder(void **state)
{
    (void)state;
    const char *base = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%.40s/skiff-npz-XXXXXX", base ? base : "/tmp");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder); // fails when a test left a file
}

static void add_array(struct zipmake *z, const char *member, const char *header, const void *values,
                      size_t size, bool deflate)
{
    struct buf b;
    buf_init(&b, 64 << 20);
    zipmake_npy(&b, 1, header, values, size);
    zipmake_add(z, &(struct zipmake_member){
                       .name = member, .data = b.data, .size = b.len, .deflate = deflate});
    buf_clear(&b);
}

static void open_made(struct npz *z, struct zipmake *made)
{
    struct error e = {0};
    zipmake_finish(made, NULL, false);
    if (npz_open_memory(z, "made.npz", made->archive.data, made->archive.len, &e))
        fail_msg("%s", e.text);
}

static void open_array(const struct npz *z, const char *name, struct npz_array *a)
{
    struct error e = {0};
    if (npz_array(z, name, a, &e))
        fail_msg("%s", e.text);
}

// The value of the element at C offset k of every test array; exact in float32.
static double value_at(size_t k)
{
    return (double)(k * 7919 % 100003) - 50000.0;
}

// Lay value_at out as float64 or int32 in C or Fortran order. Fortran: walk C order and place.
static uint8_t *lay_out(const size_t *shape, size_t ndim, bool fortran, bool ints, size_t *bytes)
{
    size_t count = 1, index[4] = {0};
    for (size_t d = 0; d < ndim; d++)
        count *= shape[d];
    const size_t item = ints ? 4 : 8;
    uint8_t *out = mem_alloc(count * item);
    assert_non_null(out);
    for (size_t k = 0; k < count; k++) {
        size_t at = 0, step = 1;
        for (size_t d = 0; d < ndim; d++) {
            at += index[d] * step;
            step *= shape[d];
        }
        const double v = value_at(k);
        const int32_t i = (int32_t)v;
        const void *element = ints ? (const void *)&i : (const void *)&v;
        memcpy(out + (fortran ? at : k) * item, element, item);
        for (size_t d = ndim; d-- > 0;) {
            if (++index[d] < shape[d])
                break;
            index[d] = 0;
        }
    }
    *bytes = count * item;
    return out;
}

static void check_array(const struct npz *z, const char *name, size_t count)
{
    struct npz_array a;
    struct error e = {0};
    open_array(z, name, &a);
    assert_int_equal(a.info.count, count);
    float *narrow = mem_alloc(count * sizeof *narrow);
    double *wide = mem_alloc(count * sizeof *wide);
    if (npz_read_f32(z, &a, narrow, &e) || npz_read_f64(z, &a, wide, &e))
        fail_msg("%s", e.text);
    double sum = 0, low = INFINITY, high = -INFINITY;
    for (size_t k = 0; k < count; k++) {
        const double want = value_at(k);
        if ((double)narrow[k] != want || wide[k] != want)
            fail_msg("%s at %zu: got %g and %g, wanted %g", name, k, (double)narrow[k], wide[k],
                     want);
        sum += want;
        low = fmin(low, want);
        high = fmax(high, want);
    }
    struct npz_stats s;
    if (npz_stats(z, a.member, &s, &e))
        fail_msg("%s", e.text);
    assert_true(s.numeric && s.min == low && s.max == high);
    assert_true(fabs(s.mean - sum / (double)count) < 1e-9);
    assert_int_equal(s.nan_count + s.inf_count, 0);
    const uint32_t crc = (uint32_t)crc32_z(0, (const Bytef *)narrow, count * sizeof *narrow);
    if (s.crc_f32 != crc)
        fail_msg("%s: CRC of the values %08x, wanted %08x", name, s.crc_f32, crc);
    mem_free(narrow);
    mem_free(wide);
}

static void reads_every_order(void **state)
{
    (void)state;
    static const struct {
        size_t ndim, shape[4];
        const char *text;
    } shapes[] = {
        {1, {70001}, "(70001,)"},
        {2, {569, 7}, "(569, 7)"},
        {2, {40000, 3}, "(40000, 3)"},
        {2, {3, 40000}, "(3, 40000)"},
        {2, {50000, 1}, "(50000, 1)"},
        {3, {31, 37, 41}, "(31, 37, 41)"},
        {3, {300, 1, 301}, "(300, 1, 301)"},
        {4, {2, 2, 2, 12000}, "(2, 2, 2, 12000)"},
        {4, {1, 9, 1, 8}, "(1, 9, 1, 8)"},
        {2, {1, 1}, "(1, 1)"},
    };
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        for (int how = 0; how < 8; how++) {
            const bool fortran = how & 1, deflate = how & 2, ints = how & 4;
            size_t bytes;
            uint8_t *values = lay_out(shapes[i].shape, shapes[i].ndim, fortran, ints, &bytes);
            char header[128];
            snprintf(header, sizeof header, "{'descr': '%s', 'fortran_order': %s, 'shape': %s}",
                     ints ? "<i4" : "<f8", fortran ? "True" : "False", shapes[i].text);
            struct zipmake made;
            struct npz z;
            zipmake_begin(&made);
            add_array(&made, "X.npy", header, values, bytes, deflate);
            open_made(&z, &made);
            check_array(&z, "X", bytes / (ints ? 4 : 8));
            npz_close(&z);
            zipmake_clear(&made);
            mem_free(values);
        }
}

// A value that is not finite is found wherever it lies: beside the ends of pieces, in every way of
// reading.
static void finds_what_is_not_finite(void **state)
{
    (void)state;
    static const size_t places[] = {0, 1, 21844, 21845, 65535, 65536, 131071, 131072, 179999};
    static const char *const forms[] = {"'<f4', 'fortran_order': False",
                                        "'>f4', 'fortran_order': False",
                                        "'<f4', 'fortran_order': True"};
    const size_t count = 180000, kinds = sizeof forms / sizeof *forms;
    const uint8_t inf[2][4] = {{0, 0, 0x80, 0xff}, {0xff, 0x80, 0, 0}}; // by byte order
    float *to = mem_array(count, sizeof *to);
    for (size_t i = 0; i <= sizeof places / sizeof *places; i++)
        for (size_t how = 0; how < 2 * kinds; how++) {
            const bool deflate = how >= kinds, some = i > 0, big = how % kinds == 1;
            uint8_t *values = mem_array(count, 4);
            char header[128];
            struct zipmake made;
            struct npz z;
            struct npz_array a;
            struct file_map map;
            const float *mapped;
            bool finite = some;
            if (some)
                memcpy(values + 4 * places[i - 1], inf[big], 4);
            snprintf(header, sizeof header, "{'descr': %s, 'shape': (60000, 3)}",
                     forms[how % kinds]);
            zipmake_begin(&made);
            add_array(&made, "aaX.npy", header, values, 4 * count, deflate);
            open_made(&z, &made);
            open_array(&z, "aaX", &a);
            assert_int_equal(npz_read_finite(&z, &a, to, &finite, NULL), 0);
            if (finite == some)
                fail_msg("%s, case %zu: %s", header, i, finite ? "not found" : "found in zeros");
            if (npz_map_f32(&z, &a, &map, &mapped, &finite, NULL) == 1)
                assert_int_equal(finite, !some);
            file_unmap(&map);
            npz_close(&z);
            zipmake_clear(&made);
            mem_free(values);
        }
    mem_free(to);
}

// One stored matrix in Fortran order, of more than one block of rows.
static void make_columns(struct zipmake *made)
{
    float *values = mem_array((size_t)90000 * 3, sizeof *values);
    zipmake_begin(made);
    add_array(made, "X.npy", "{'descr': '<f4', 'fortran_order': True, 'shape': (90000, 3)}", values,
              (size_t)90000 * 3 * sizeof *values, false);
    mem_free(values);
    zipmake_finish(made, NULL, false);
}

static int read_made(const struct zipmake *made, struct error *e)
{
    struct npz z;
    struct npz_array a;
    float *values = malloc((size_t)90000 * 3 * sizeof *values);
    int rc = npz_open_memory(&z, "c.npz", made->archive.data, made->archive.len, e);
    if (rc == 0) {
        rc = npz_array(&z, "X", &a, e);
        if (rc == 0)
            rc = npz_read_f32(&z, &a, values, e);
        npz_close(&z);
    }
    free(values);
    return rc;
}

// The header and every column are in the CRC; memory that is short is said.
static void checks_columns(void **state)
{
    (void)state;
    struct zipmake made;
    make_columns(&made);
    struct error e = {0};
    assert_int_equal(read_made(&made, &e), 0);
    const size_t start = 30 + strlen("X.npy"), npy = 128, values = start + npy;
    const size_t places[] = {start + npy - 2, // the header's padding, which may be any white space
                             values, values + 4 * 90000 - 1, values + 4 * 90000,
                             values + 12 * 90000 - 1};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        uint8_t *byte = (uint8_t *)made.archive.data + places[i];
        *byte ^= i == 0 ? ' ' ^ '\t' : 1;
        if (read_made(&made, &e) != ERR_FORMAT ||
            !strstr(e.text, "c.npz: member 'X.npy': its CRC-32"))
            fail_msg("place %zu: '%s'", i, e.text);
        *byte ^= i == 0 ? ' ' ^ '\t' : 1;
        error_clear(&e);
    }
    long n = 1;
    for (;; n++) {
        mem_fail_at(n);
        const int rc = read_made(&made, &e);
        mem_fail_at(0);
        if (rc == 0)
            break;
        if (rc != ERR_NOMEM || e.code != rc)
            fail_msg("allocation %ld: %d %s", n, rc, e.text);
        error_clear(&e);
    }
    assert_true(n > 5);
    zipmake_clear(&made);
}

static void reads_empty_and_scalar(void **state)
{
    (void)state;
    const float one = 1.5f;
    struct zipmake made;
    struct npz z;
    struct npz_array a;
    struct npz_stats s;
    float value = 0;
    zipmake_begin(&made);
    add_array(&made, "e.npy", "{'descr': '<f4', 'fortran_order': True, 'shape': (0, 5)}", "", 0,
              false);
    add_array(&made, "s.npy", "{'descr': '<f4', 'fortran_order': True, 'shape': ()}", &one, 4,
              true);
    open_made(&z, &made);
    open_array(&z, "e", &a);
    assert_int_equal(npz_read_f32(&z, &a, &value, NULL), 0);
    assert_int_equal(npz_stats(&z, a.member, &s, NULL), 0);
    assert_true(isnan(s.min) && isnan(s.max) && isnan(s.mean) && s.crc_f32 == 0);
    open_array(&z, "s", &a);
    assert_int_equal(a.info.count, 1);
    assert_int_equal(npz_read_f32(&z, &a, &value, NULL), 0);
    assert_true(value == 1.5f);
    npz_close(&z);
    zipmake_clear(&made);
}

static void counts_nan_and_inf(void **state)
{
    (void)state;
    const float values[6] = {NAN, 3.0f, -INFINITY, 1.0f, NAN, INFINITY};
    struct zipmake made;
    struct npz z;
    struct npz_stats s;
    zipmake_begin(&made);
    add_array(&made, "v.npy", "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3)}", values,
              sizeof values, false);
    add_array(&made, "n.npy", "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", values, 4,
              false);
    zipmake_add(&made, &(struct zipmake_member){.name = "meta.json", .data = "{}", .size = 2});
    add_array(&made, "t.npy", "{'descr': '<U1', 'fortran_order': False, 'shape': (1,)}", values, 4,
              true);
    const float zero = -0.0f;
    add_array(&made, "z.npy", "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", &zero, 4,
              false);
    open_made(&z, &made);
    assert_int_equal(npz_stats(&z, &z.zip.members[0], &s, NULL), 0);
    assert_int_equal(s.nan_count, 2);
    assert_int_equal(s.inf_count, 2);
    assert_true(s.min == 1.0 && s.max == 3.0 && s.mean == 2.0);
    assert_int_equal(npz_stats(&z, &z.zip.members[1], &s, NULL), 0);
    assert_true(s.nan_count == 1 && isnan(s.mean) && isnan(s.min));
    assert_int_equal(npz_stats(&z, &z.zip.members[2], &s, NULL), 0);
    assert_true(!s.numeric && strstr(s.note, "raw bytes") && !strcmp(s.array.name, "meta.json"));
    assert_int_equal(npz_stats(&z, &z.zip.members[3], &s, NULL), 0);
    assert_true(!s.numeric && strncmp(s.note, "dtype '<U1': text", 17) == 0);
    assert_int_equal(npz_stats(&z, &z.zip.members[4], &s, NULL), 0);
    assert_true(s.min == 0 && !signbit(s.min) && !signbit(s.max)); // a zero without a sign
    npz_close(&z);
    zipmake_clear(&made);
}

static void refuses_lies(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        int code;
        const char *what;
    } lies[] = {
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (9,)}", ERR_FORMAT,
         "shape (9,) of <f4 takes 36 bytes, the member has 32"},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (3,)}", ERR_FORMAT, "takes 24 bytes"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (4000000000000, 90000)}", ERR_FORMAT,
         "takes 1440000000000000000 bytes"},
        {"{'descr': '|O', 'fortran_order': False, 'shape': (4,)}", ERR_DATA, "pickled"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (4*2,)}", ERR_FORMAT, "literal"},
    };
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        const float values[8] = {0};
        struct zipmake made;
        struct npz z;
        struct npz_array a;
        struct npz_stats s;
        struct error e[2] = {{0}, {0}};
        zipmake_begin(&made);
        add_array(&made, "X.npy", lies[i].header, values, sizeof values, i & 1);
        open_made(&z, &made);
        assert_int_equal(npz_array(&z, "X", &a, &e[0]), lies[i].code);
        assert_int_equal(npz_stats(&z, &z.zip.members[0], &s, &e[1]), lies[i].code);
        if (!strstr(e[0].text, lies[i].what) ||
            strncmp(e[0].text, "made.npz: member 'X.npy': ", 26))
            fail_msg("wanted '%s', got '%s'", lies[i].what, e[0].text);
        assert_string_equal(e[0].text, e[1].text);
        npz_close(&z);
        zipmake_clear(&made);
    }
}

// 20 KB that claim to be 16 MB and a little: the listing believes it, npz_array finds out.
static void proves_bold_claims(void **state)
{
    (void)state;
    const uint64_t claim = (16u << 20) + 64;
    static uint8_t noise[20000];
    char header[128];
    struct zipmake made;
    struct npz z;
    struct npz_array a;
    struct error e = {0};
    uint32_t x = 1;
    for (size_t i = 0; i < sizeof noise; i++)
        noise[i] = (uint8_t)((x = x * 1664525 + 1013904223) >> 24);
    snprintf(header, sizeof header, "{'descr': '|u1', 'fortran_order': False, 'shape': (%llu,)}",
             (unsigned long long)claim - 128);
    struct buf b;
    buf_init(&b, 1 << 20);
    zipmake_begin(&made);
    zipmake_npy(&b, 1, header, noise, sizeof noise);
    zipmake_add(
        &made,
        &(struct zipmake_member){
            .name = "X.npy", .data = b.data, .size = b.len, .deflate = true, .descriptor = true});
    buf_clear(&b);
    zipmake_finish(&made, NULL, false);
    le_put(zipmake_entry(&made, 0) + 24, claim, 4);
    if (npz_open_memory(&z, "bold.npz", made.archive.data, made.archive.len, &e))
        fail_msg("%s", e.text);
    assert_int_equal(npz_member_array(&z, &z.zip.members[0], &a, &e), 0);
    assert_int_equal(a.info.count, claim - 128);
    assert_int_equal(npz_array(&z, "X", &a, &e), ERR_FORMAT);
    assert_non_null(strstr(e.text, "bold.npz: member 'X.npy': inflates to fewer bytes"));
    npz_close(&z);
    zipmake_clear(&made);
}

// 32 MB of zeros are no lie.
static void believes_true_claims(void **state)
{
    (void)state;
    const size_t size = 32 << 20;
    uint8_t *zeros = mem_zalloc(size);
    struct zipmake made;
    struct npz z;
    struct npz_array a;
    zipmake_begin(&made);
    add_array(&made, "X.npy", "{'descr': '|u1', 'fortran_order': False, 'shape': (33554432,)}",
              zeros, size, true);
    mem_free(zeros);
    open_made(&z, &made);
    open_array(&z, "X", &a);
    assert_int_equal(a.info.count, size);
    assert_true(made.archive.len < size / 500);
    npz_close(&z);
    zipmake_clear(&made);
}

static void names_damaged_values(void **state)
{
    (void)state;
    const float values[64] = {0};
    for (unsigned lead = 0; lead < 8; lead++) { // moves the data: one in four can be mapped
        float read[64];
        struct zipmake made;
        struct npz z;
        struct npz_array a;
        struct npz_stats s;
        struct file_map map;
        const float *mapped;
        bool finite;
        struct error e = {0};
        char name[16], want[64];
        snprintf(name, sizeof name, "%.*sX.npy", (int)lead, "aaaaaaaa");
        zipmake_begin(&made);
        add_array(&made, name, "{'descr': '<f4', 'fortran_order': False, 'shape': (64,)}", values,
                  sizeof values, false);
        made.archive.data[made.archive.len - 1] ^= 1; // the last value
        open_made(&z, &made);
        snprintf(want, sizeof want, "made.npz: member '%s': its CRC-32 is", name);
        name[lead + 1] = '\0';
        open_array(&z, name, &a);
        assert_int_equal(npz_read_f32(&z, &a, read, &e), ERR_FORMAT);
        assert_non_null(strstr(e.text, want));
        assert_int_equal(npz_stats(&z, a.member, &s, NULL), ERR_FORMAT);
        assert_int_equal(npz_read_exact(&z, &a, "<f4", read, NULL), ERR_FORMAT);
        const uint8_t *data = z.source.mem + a.member->offset + a.header_size;
        assert_int_equal(npz_map_f32(&z, &a, &map, &mapped, &finite, NULL),
                         (uintptr_t)data % sizeof(float) ? 0 : ERR_FORMAT);
        npz_close(&z);
        zipmake_clear(&made);
    }
}

static void tells_what_to_do(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
        const char *what;
    } files[] = {
        {"", 0, "the file is empty; np.savez writes"},
        {"\x93NUMPY\x01\x00\x76\x00{'descr'", 18, "a single .npy array, not an .npz archive"},
        {"age,fare\n1,2\n", 13, "not a zip archive; np.savez writes one; of a CSV"},
        {"P", 1, "not a zip archive"},
        {"PK\3\4 and then nothing that helps", 33, "truncated or damaged; copy it again"},
        {"PK and more that is no archive....", 33, "not a zip archive"},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct npz z;
        struct error e = {0};
        assert_int_equal(npz_open_memory(&z, "f.npz", files[i].bytes, files[i].size, &e),
                         ERR_FORMAT);
        if (!strstr(e.text, files[i].what) || strncmp(e.text, "f.npz: ", 7))
            fail_msg("wanted '%s', got '%s'", files[i].what, e.text);
    }
    struct npz z;
    struct error e = {0};
    assert_int_equal(npz_open(&z, folder, &e), ERR_FORMAT);
    assert_non_null(strstr(e.text, "is a folder"));
    error_clear(&e);
    assert_int_equal(npz_open(&z, "/no/such/file.npz", &e), ERR_IO);
    assert_non_null(strstr(e.text, "/no/such/file.npz"));
}

static void lists_what_there_is(void **state)
{
    (void)state;
    const float v = 1;
    struct zipmake made;
    struct npz z;
    struct npz_array a;
    struct error e = {0};
    zipmake_begin(&made);
    zipmake_add(&made, &(struct zipmake_member){.name = "meta.json", .data = "{}", .size = 2});
    zipmake_add(&made, &(struct zipmake_member){.name = ".npy", .data = "", .size = 0});
    open_made(&z, &made);
    assert_int_equal(npz_array(&z, "X", &a, &e), ERR_NOTFOUND);
    assert_string_equal(e.text, "made.npz: no array 'X': the archive holds no arrays");
    assert_false(npz_has(&z, ""));
    npz_close(&z);
    zipmake_clear(&made);
    zipmake_begin(&made);
    for (int i = 0; i < 300; i++) {
        char name[24];
        snprintf(name, sizeof name, "array%d.npy", i);
        add_array(&made, name, "{'descr': '<f4', 'fortran_order': False, 'shape': ()}", &v, 4, 0);
    }
    open_made(&z, &made);
    error_clear(&e);
    assert_int_equal(npz_array(&z, "X", &a, &e), ERR_NOTFOUND);
    assert_non_null(strstr(e.text, "it holds array0, array1, array2,"));
    assert_non_null(strstr(e.text, " more"));
    assert_true(strlen(e.text) < 500);
    assert_true(npz_has(&z, "array299") && !npz_has(&z, "array299.npy") && !npz_has(&z, "array"));
    npz_close(&z);
    zipmake_clear(&made);
}

static const uint64_t shape23[] = {2, 3};
static const float six[6] = {1, 2, 3, 4, 5, 6};
static const uint32_t order[3] = {7, 8, 9};

static int write_some(const char *path, struct error *e)
{
    struct npz_writer *w = npz_writer_begin(path, e);
    if (!w)
        return e->code;
    int rc = npz_writer_add(w, &(struct npz_values){"fc1.weight", "<f4", 2, shape23, six}, e);
    if (rc == 0)
        rc = npz_writer_bytes(w, "meta.json", "{\"seed\": 0}", 11, e);
    if (rc == 0)
        rc = npz_writer_add(w, &(struct npz_values){"order", "<u4", 1, &shape23[1], order}, e);
    if (rc == 0)
        rc = npz_writer_commit(w, e);
    if (rc)
        npz_writer_abort(w);
    return rc;
}

// Everything that a caller does with a model file.
static int read_some(const char *path, struct error *e)
{
    struct npz z;
    struct npz_array a, b;
    struct file_map map = {0};
    struct buf meta;
    const float *values = NULL;
    bool finite;
    float copy[6];
    uint32_t exact[3];
    buf_init(&meta, 64);
    int rc = npz_open(&z, path, e);
    if (rc)
        return rc;
    rc = npz_array(&z, "fc1.weight", &a, e);
    if (rc == 0)
        rc = npz_map_f32(&z, &a, &map, &values, &finite, e);
    if (rc == 1) {
        assert_int_equal((uintptr_t)values % 64, 0);
        assert_memory_equal(values, six, sizeof six);
        rc = npz_read_f32(&z, &a, copy, e);
    }
    file_unmap(&map);
    if (rc == 0)
        rc = npz_array(&z, "order", &b, e);
    if (rc == 0)
        rc = npz_read_exact(&z, &b, "<u4", exact, e);
    if (rc == 0)
        rc = npz_read_bytes(&z, "meta.json", &meta, e);
    if (rc == 0) {
        assert_memory_equal(copy, six, sizeof six);
        assert_memory_equal(exact, order, sizeof order);
        assert_string_equal(meta.data, "{\"seed\": 0}");
    }
    buf_clear(&meta);
    npz_close(&z);
    return rc;
}

static void writes_what_it_reads(void **state)
{
    (void)state;
    char path[96];
    struct error e = {0};
    snprintf(path, sizeof path, "%s/w.npz", folder);
    if (write_some(path, &e) || read_some(path, &e))
        fail_msg("%s", e.text);
    struct npz z;
    struct npz_array a;
    struct buf small;
    float values[6];
    buf_init(&small, 10);
    assert_int_equal(npz_open(&z, path, &e), 0);
    assert_int_equal(npz_read_bytes(&z, "meta.json", &small, &e), ERR_LIMIT);
    assert_non_null(strstr(e.text, "11 bytes; at most 10"));
    assert_int_equal(npz_read_bytes(&z, "meta", &small, NULL), ERR_NOTFOUND);
    open_array(&z, "fc1.weight", &a);
    assert_int_equal(npz_read_exact(&z, &a, "<u4", values, NULL), ERR_MISMATCH);
    npz_close(&z);
    buf_clear(&small);
    unlink(path);
    error_clear(&e);
    struct npz_writer *w = npz_writer_begin(path, &e);
    const uint64_t huge[] = {UINT64_MAX / 2, 3};
    assert_int_equal(npz_writer_add(w, &(struct npz_values){"x", "<f4", 2, huge, six}, &e),
                     ERR_LIMIT);
    char name[ZIP_NAME_MAX + 1];
    memset(name, 'n', sizeof name);
    name[sizeof name - 1] = '\0';
    assert_int_equal(npz_writer_add(w, &(struct npz_values){name, "<f4", 0, huge, six}, NULL),
                     ERR_USAGE);
    assert_int_equal(npz_writer_add(w, &(struct npz_values){name + 4, "<f4", 0, huge, six}, NULL),
                     0);
    npz_writer_abort(w);
    npz_writer_abort(NULL);
}

// Mapping is for stored, aligned, native members; all others are to be read.
static void maps_only_what_fits(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        bool deflate;
        int mapped;
    } cases[] = {
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}", false, 1},
        {"{'descr': '<f4', 'fortran_order': True, 'shape': (6, 1)}", false, 1},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}", true, 0},
        {"{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3)}", false, 0},
        {"{'descr': '>f4', 'fortran_order': False, 'shape': (2, 3)}", false, 0},
        {"{'descr': '<i4', 'fortran_order': False, 'shape': (2, 3)}", false, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (unsigned lead = 0; lead < 8; lead++) {
            struct zipmake made;
            struct npz z;
            struct npz_array a;
            struct file_map map;
            const float *values;
            bool finite;
            char name[16];
            zipmake_begin(&made);
            snprintf(name, sizeof name, "%.*sX.npy", (int)lead, "aaaaaaaa"); // moves the data
            add_array(&made, name, cases[i].header, six, sizeof six, cases[i].deflate);
            open_made(&z, &made);
            name[lead + 1] = '\0';
            open_array(&z, name, &a);
            const size_t at = (size_t)(a.member->offset + a.header_size);
            const bool aligned = (uintptr_t)(made.archive.data + at) % sizeof(float) == 0;
            assert_int_equal(npz_map_f32(&z, &a, &map, &values, &finite, NULL),
                             aligned ? cases[i].mapped : 0);
            if (aligned && cases[i].mapped)
                assert_true(finite && memcmp(values, six, sizeof six) == 0);
            file_unmap(&map);
            npz_close(&z);
            zipmake_clear(&made);
        }
}

static int read_streamed(const struct zipmake *made, struct error *e)
{
    struct npz z;
    struct npz_array a;
    struct npz_stats s;
    float values[6];
    int rc = npz_open_memory(&z, "f.npz", made->archive.data, made->archive.len, e);
    if (rc)
        return rc;
    rc = npz_array(&z, "X", &a, e);
    if (rc == 0)
        rc = npz_read_f32(&z, &a, values, e);
    if (rc == 0)
        rc = npz_stats(&z, a.member, &s, e);
    npz_close(&z);
    return rc;
}

static void survives_failing_memory(void **state)
{
    (void)state;
    char path[96];
    snprintf(path, sizeof path, "%s/m.npz", folder);
    struct zipmake made;
    zipmake_begin(&made);
    add_array(&made, "X.npy", "{'descr': '>f4', 'fortran_order': True, 'shape': (2, 3)}", six,
              sizeof six, true);
    zipmake_finish(&made, NULL, false);
    for (int what = 0; what < 3; what++) {
        long n = 1;
        for (;; n++) {
            struct error e = {0};
            mem_fail_at(n);
            const int rc = what == 0   ? write_some(path, &e)
                           : what == 1 ? read_some(path, &e)
                                       : read_streamed(&made, &e);
            mem_fail_at(0);
            if (rc == 0)
                break;
            if (rc != ERR_NOMEM || e.code != rc)
                fail_msg("allocation %ld of %d: %d %s", n, what, rc, e.text);
        }
        assert_true(n > 8);
    }
    unlink(path);
    zipmake_clear(&made);
}

// The file that was there before stays whole.
static void survives_a_full_disk(void **state)
{
    (void)state;
    char path[96];
    snprintf(path, sizeof path, "%s/d.npz", folder);
    assert_int_equal(file_write_all(path, "before", 6, NULL), 0);
    long n = 1;
    for (;; n++) {
        struct error e = {0};
        file_fail_at(n);
        const int rc = write_some(path, &e);
        file_fail_at(0);
        if (rc == 0)
            break;
        struct buf b;
        buf_init(&b, 64);
        assert_int_equal(rc, ERR_IO);
        assert_int_equal(file_read_all(path, 64, &b, &e), 0);
        assert_string_equal(b.data, "before");
        buf_clear(&b);
    }
    assert_true(n > 3);
    assert_int_equal(read_some(path, NULL), 0);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_order),    cmocka_unit_test(finds_what_is_not_finite),
        cmocka_unit_test(checks_columns),       cmocka_unit_test(reads_empty_and_scalar),
        cmocka_unit_test(counts_nan_and_inf),   cmocka_unit_test(refuses_lies),
        cmocka_unit_test(proves_bold_claims),   cmocka_unit_test(believes_true_claims),
        cmocka_unit_test(names_damaged_values), cmocka_unit_test(tells_what_to_do),
        cmocka_unit_test(lists_what_there_is),  cmocka_unit_test(writes_what_it_reads),
        cmocka_unit_test(maps_only_what_fits),  cmocka_unit_test(survives_failing_memory),
        cmocka_unit_test(survives_a_full_disk),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
