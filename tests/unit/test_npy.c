// SPDX-License-Identifier: MIT
// The npy header: what is taken, what is refused and how; conversions against values worked out
// here by other means (ldexp, integer arithmetic).
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "io/le.h"
#include "io/npy.h"
#include "zipmake.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int parse(struct npy_info *info, unsigned major, const char *header, struct error *e)
{
    struct buf b;
    buf_init(&b, 1 << 20);
    zipmake_npy(&b, major, header, NULL, 0);
    uint8_t *own = mem_alloc(b.len); // its own block: ASan sees a byte too many
    memcpy(own, b.data, b.len);
    int rc = npy_header_size(own, b.len, e) == 0 ? e->code : 0;
    if (rc == 0)
        rc = npy_parse(info, own, b.len, e);
    mem_free(own);
    buf_clear(&b);
    return rc;
}

static void takes_headers(void **state)
{
    (void)state;
    static const struct {
        const char *header, *dtype, *shape;
        uint64_t count, bytes;
        int fortran;
    } good[] = {
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (569, 7), }", "<f8", "(569, 7)", 3983,
         31864, 0},
        {"{'shape':(3,),'fortran_order':True,'descr':'>f4'}", ">f4", "(3,)", 3, 12, 1},
        {"{\"descr\": \"|b1\", \"fortran_order\": False, \"shape\": ()}", "|b1", "()", 1, 1, 0},
        {" { 'descr' : '=i2' , 'fortran_order' : False , 'shape' : ( 2 , 3 , 4 , ) , } ", "<i2",
         "(2, 3, 4)", 24, 48, 0},
        {"{'descr': '<u8', 'fortran_order': False, 'shape': (7L, 2L)}", "<u8", "(7, 2)", 14, 112,
         0},
        {"{'descr': 'f2', 'fortran_order': False, 'shape': (0, 5)}", "<f2", "(0, 5)", 0, 0, 0},
        {"{'descr': '<i1', 'fortran_order': False, 'shape': (2,)}", "|i1", "(2,)", 2, 2, 0},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (2,)}", "|u1", "(2,)", 2, 2, 0},
        {"{'descr': '>i8', 'fortran_order': True, 'shape': (1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1"
         ",1,1,1,1,1,1,1,1,1,1,1,2)}",
         ">i8", "(32 dimensions)", 2, 16, 1},
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        for (unsigned major = 1; major <= 3; major++) {
            struct npy_info info;
            struct error e = {0};
            char shape[32];
            if (parse(&info, major, good[i].header, &e))
                fail_msg("%s: %s", good[i].header, e.text);
            npy_print_shape(&info, shape, sizeof shape);
            assert_string_equal(info.dtype, good[i].dtype);
            assert_string_equal(shape, good[i].shape);
            assert_int_equal(info.count, good[i].count);
            assert_int_equal(info.bytes, good[i].bytes);
            assert_int_equal(info.fortran, good[i].fortran);
            assert_int_equal(info.big_endian, good[i].dtype[0] == '>');
        }
}

#define REST ", 'fortran_order': False, 'shape': (3,)}"
#define HEAD "{'descr': '<f8', 'fortran_order': False, 'shape': "

static void refuses_headers(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        int code;
        const char *what;
    } bad[] = {
        {"", ERR_FORMAT, "a dict"},
        {"{", ERR_FORMAT, "a key between quotes"},
        {"{}", ERR_FORMAT, "lacks the key 'descr'"},
        {"[]", ERR_FORMAT, "a dict"},
        {"{'descr': '<f8'" REST " + 1", ERR_FORMAT, "nothing more"},
        {"{'descr': '<f8'" REST "{}", ERR_FORMAT, "nothing more"},
        {"{'descr': '<f8' 'fortran_order': False}", ERR_FORMAT, "a comma or the end of the dict"},
        {"{'descr' '<f8'}", ERR_FORMAT, "a colon"},
        {"{'descr': '<f8', 'descr': '<f8'" REST, ERR_FORMAT, "'descr' twice"},
        {"{'descr': '<f8', 'x': 1" REST, ERR_FORMAT, "'x' that no array has"},
        {"{'descr': '<f8', 'shape': (3,)}", ERR_FORMAT, "lacks the key 'fortran_order'"},
        {"{'descr': '<f8', 'fortran_order': False}", ERR_FORMAT, "lacks the key 'shape'"},
        {"{'descr': '<f8', 'fortran_order': 0, 'shape': (3,)}", ERR_FORMAT, "True or False"},
        {"{'descr': '<f8', 'fortran_order': Falsehood, 'shape': (3,)}", ERR_FORMAT, "a comma"},
        {"{'descr': f8" REST, ERR_FORMAT, "a dtype between quotes"},
        {"{'descr': __import__('os').system('true')" REST, ERR_FORMAT, "a dtype between quotes"},
        {"{'descr': '<\\x668'" REST, ERR_FORMAT, "a dtype between quotes"},
        {"{'descr': '<f8", ERR_FORMAT, "a dtype between quotes"},
        {HEAD "3}", ERR_FORMAT, "a shape in parentheses"},
        {HEAD "(3)}", ERR_FORMAT, "a comma in the shape"},
        {HEAD "(3 4)}", ERR_FORMAT, "a comma or the end of the shape"},
        {HEAD "(3,", ERR_FORMAT, "an extent"},
        {HEAD "(,)}", ERR_FORMAT, "an extent"},
        {HEAD "(3, 2**4)}", ERR_FORMAT, "a comma or the end of the shape"},
        {HEAD "(3.0,)}", ERR_FORMAT, "a comma or the end of the shape"},
        {HEAD "(0x10,)}", ERR_FORMAT, "a comma or the end of the shape"},
        {HEAD "(-1,)}", ERR_FORMAT, "negative extent"},
        {HEAD "(18446744073709551616,)}", ERR_FORMAT, "beyond 64 bits"},
        {HEAD "(99999999999999999999999,)}", ERR_FORMAT, "beyond 64 bits"},
        {HEAD "(4294967296, 4294967296)}", ERR_FORMAT, "larger than any memory"},
        {HEAD "(1152921504606846976,)}", ERR_FORMAT, "larger than any memory"},
        {HEAD "(0, 4294967296, 4294967296)}", ERR_FORMAT, "larger than any memory"},
        {HEAD "(1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1)}", ERR_LIMIT,
         "more than 32 dimensions"},
        {"{'descr': '|O'" REST, ERR_DATA, "'|O': pickled Python objects"},
        {"{'descr': '<U5'" REST, ERR_UNSUPPORTED, "'<U5': text"},
        {"{'descr': '|S1'" REST, ERR_UNSUPPORTED, "text"},
        {"{'descr': '<c16'" REST, ERR_UNSUPPORTED, "complex"},
        {"{'descr': '<M8[ns]'" REST, ERR_UNSUPPORTED, "'<M8[ns]': dates"},
        {"{'descr': '<m8[us]'" REST, ERR_UNSUPPORTED, "spans of time"},
        {"{'descr': '<f16'" REST, ERR_UNSUPPORTED, "long double"},
        {"{'descr': '<f3'" REST, ERR_UNSUPPORTED, "'<f3'"},
        {"{'descr': '<f1'" REST, ERR_UNSUPPORTED, "'<f1'"},
        {"{'descr': '|V8'" REST, ERR_UNSUPPORTED, "raw records"},
        {"{'descr': '<i'" REST, ERR_UNSUPPORTED, "'<i'"},
        {"{'descr': ''" REST, ERR_UNSUPPORTED, "unknown"},
        {"{'descr': 'a name that is far too long for a dtype'" REST, ERR_UNSUPPORTED, "text"},
        {"{'descr': [('a', '<f4'), ('b', '<f8')]" REST, ERR_UNSUPPORTED, "structured"},
        {"{'descr': [('a', [('b', '<f8', (2, 2))])]" REST, ERR_UNSUPPORTED, "structured"},
        {"{'descr': ('<f4', (2,))" REST, ERR_FORMAT, "a dtype between quotes"},
        {"{'descr': [('a', f())]" REST, ERR_FORMAT, "a list of fields"},
        {"{'descr': [('a', 'b'])" REST, ERR_FORMAT, "a list of fields"},
        {"{'descr': [('a', 'b')", ERR_FORMAT, "a list of fields"},
        {"{'descr': [((((((((((((((((((", ERR_FORMAT, "a list of fields"},
        {"{'descr': []" REST ")", ERR_FORMAT, "nothing more"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct npy_info info;
        struct error e = {0};
        const int rc = parse(&info, 1 + (unsigned)i % 3, bad[i].header, &e);
        if (rc != bad[i].code || !strstr(e.text, bad[i].what))
            fail_msg("%s: wanted %d '%s', got %d: %s", bad[i].header, bad[i].code, bad[i].what, rc,
                     e.text);
    }
}

static void refuses_prefixes(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        int code;
        const char *what;
    } bad[] = {
        {"\x93NUMPX\x01\x00\x76\x00{'", ERR_FORMAT, "magic"},
        {"PK\x03\x04........", ERR_FORMAT, "magic"},
        {"\x93NUMPY\x04\x00\x76\x00{'", ERR_UNSUPPORTED, "version 4.0"},
        {"\x93NUMPY\x01\x01\x76\x00{'", ERR_UNSUPPORTED, "version 1.1"},
        {"\x93NUMPY\x02\x00\xff\xff\xff\xff", ERR_LIMIT, "4294967295 bytes"},
        {"\x93NUMPY\x01\x00\xff\xff{'", ERR_LIMIT, "65535 bytes"},
        {"\x93NUMPY\x01\x00\x00\x00{'", ERR_FORMAT, "empty"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct error e = {0};
        assert_int_equal(npy_header_size((const uint8_t *)bad[i].bytes, 12, &e), 0);
        assert_int_equal(e.code, bad[i].code);
        assert_non_null(strstr(e.text, bad[i].what));
        assert_int_equal(npy_header_size((const uint8_t *)"\x93NUMPY\x01\x00\x76\x00", 11, NULL),
                         0);
    }
    struct npy_info info;
    const uint8_t cut[] = "\x93NUMPY\x01\x00\x76\x00{'descr'";
    assert_int_equal(npy_parse(&info, cut, sizeof cut - 1, NULL), ERR_FORMAT);
}

// Header, then listing of an unsupported type: dtype and shape are known.
static void fills_in_unsupported_types(void **state)
{
    (void)state;
    struct npy_info info;
    struct error e = {0};
    assert_int_equal(parse(&info, 3, "{'descr': '<U5'" REST, &e), ERR_UNSUPPORTED);
    assert_string_equal(info.dtype, "<U5");
    assert_int_equal(info.ndim, 1);
    assert_int_equal(info.shape[0], 3);
}

static struct npy_info info_of(const char *dtype)
{
    struct npy_info info;
    struct error e = {0};
    char header[96];
    snprintf(header, sizeof header, "{'descr': '%s', 'fortran_order': False, 'shape': ()}", dtype);
    if (parse(&info, 1, header, &e))
        fail_msg("%s", e.text);
    return info;
}

// Convert `bytes` (little-endian elements) in both byte orders, at an odd address, over a count
// that is no multiple of any vector; compare bits with `want`.
static void check_values(const char *type, const void *bytes, size_t count, const float *want,
                         const double *want_wide)
{
    for (int big = 0; big < 2; big++) {
        char dtype[8];
        snprintf(dtype, sizeof dtype, "%c%s", big ? '>' : '<', type);
        const struct npy_info info = info_of(dtype);
        const size_t size = count * info.item;
        uint8_t *from = mem_alloc(size + 1);
        float *to = mem_alloc(count * sizeof *to);
        double *wide = mem_alloc(count * sizeof *wide);
        for (size_t i = 0; i < size; i++)
            from[1 + (big ? i / info.item * info.item + info.item - 1 - i % info.item : i)] =
                ((const uint8_t *)bytes)[i];
        npy_to_f32(&info, from + 1, count, to);
        npy_to_f64(&info, from + 1, count, wide);
        for (size_t i = 0; i < count; i++)
            if (memcmp(&to[i], &want[i], sizeof *to) != 0 ||
                memcmp(&wide[i], &want_wide[i], sizeof *wide) != 0)
                fail_msg("%s element %zu: got %a and %a, wanted %a and %a", dtype, i, (double)to[i],
                         wide[i], (double)want[i], want_wide[i]);
        mem_free(from);
        mem_free(to);
        mem_free(wide);
    }
}

static void converts_every_half(void **state)
{
    (void)state;
    static uint16_t half[65536];
    static float want[65536];
    static double wide[65536];
    for (uint32_t h = 0; h < 65536; h++) {
        const int exponent = (int)(h >> 10 & 31), fraction = (int)(h & 1023);
        double value = exponent == 0    ? ldexp(fraction, -24)
                       : exponent == 31 ? (double)INFINITY
                                        : ldexp(1024 + fraction, exponent - 25);
        half[h] = (uint16_t)h;
        want[h] = (float)(h & 0x8000 ? -value : value);
        if (exponent == 31 && fraction) { // a NaN keeps sign and fraction
            const uint32_t bits = (h & 0x8000) << 16 | 0x7f800000 | (uint32_t)fraction << 13;
            memcpy(&want[h], &bits, sizeof bits);
        }
        wide[h] = want[h];
    }
    check_values("f2", half, 65536, want, wide);
}

static void rounds_as_ieee_does(void **state)
{
    (void)state;
    static const double from[] = {0.0,
                                  -0.0,
                                  0x1.000001p0,
                                  0x1.000003p0,
                                  0x1.0000010000001p0,
                                  1e39,
                                  -1e39,
                                  0x1.ffffffp127,
                                  0x1.fffffefffffffp127,
                                  0x1p-149,
                                  0x1p-150,
                                  0x1.0000000000001p-150,
                                  1e-320,
                                  0.1,
                                  (double)INFINITY};
    static const float want[] = {
        0.0f,     -0.0f,           1.0f,      0x1.000004p0f, 0x1.000002p0f, INFINITY, -INFINITY,
        INFINITY, 0x1.fffffep127f, 0x1p-149f, 0.0f,          0x1p-149f,     0.0f,     0.1f,
        INFINITY};
    check_values("f8", from, sizeof from / sizeof *from, want, from);
    static const int64_t signs[] = {
        0,         -1,        16777217,           16777219,          -16777217, 9007199791611905,
        INT64_MAX, INT64_MIN, 0x7fffffbfffffffff, 0x4000004000000001};
    // 9007199791611905 = 2^53 + 2^29 + 1 lies just above a tie of float32: rounding to double first
    // would lose the 1 and go to even
    static const float sign_want[] = {
        0.0f,    -1.0f,    16777216.0f,    16777220.0f,   -16777216.0f, 9007200328482816.0f,
        0x1p63f, -0x1p63f, 0x1.fffffep62f, 0x1.000002p62f};
    double sign_wide[10];
    for (size_t i = 0; i < 10; i++)
        sign_wide[i] = (double)signs[i];
    check_values("i8", signs, 10, sign_want, sign_wide);
    static const uint64_t big[] = {UINT64_MAX, 0x8000008000000000, 0x8000008000000001, 1};
    static const float big_want[] = {0x1p64f, 0x1p63f, 0x1.000002p63f, 1.0f};
    static const double big_wide[] = {0x1p64, 0x1.000001p63, 0x1.000001p63, 1.0};
    check_values("u8", big, 4, big_want, big_wide);
    static const uint32_t words[] = {UINT32_MAX, 16777217, 2147483648};
    static const float word_want[] = {0x1p32f, 16777216.0f, 0x1p31f};
    static const double word_wide[] = {4294967295.0, 16777217.0, 2147483648.0};
    check_values("u4", words, 3, word_want, word_wide);
}

static void converts_small_integers(void **state)
{
    (void)state;
    static const uint16_t bits[] = {0, 1, 255, 128, 32767, 32768, 65535};
    static const float as_i2[] = {0, 1, 255, 128, 32767, -32768, -1};
    static const float as_u2[] = {0, 1, 255, 128, 32767, 32768, 65535};
    static const double as_i2_wide[] = {0, 1, 255, 128, 32767, -32768, -1};
    static const double as_u2_wide[] = {0, 1, 255, 128, 32767, 32768, 65535};
    check_values("i2", bits, 7, as_i2, as_i2_wide);
    check_values("u2", bits, 7, as_u2, as_u2_wide);
    static const uint8_t bytes[] = {0, 1, 2, 127, 128, 255};
    check_values("i1", bytes, 6, (const float[]){0, 1, 2, 127, -128, -1},
                 (const double[]){0, 1, 2, 127, -128, -1});
    check_values("u1", bytes, 6, (const float[]){0, 1, 2, 127, 128, 255},
                 (const double[]){0, 1, 2, 127, 128, 255});
    check_values("b1", bytes, 6, (const float[]){0, 1, 1, 1, 1, 1},
                 (const double[]){0, 1, 1, 1, 1, 1});
    static const int32_t ints[] = {INT32_MIN, -7, 0, 16777217, INT32_MAX};
    check_values("i4", ints, 5, (const float[]){-0x1p31f, -7, 0, 16777216, 0x1p31f},
                 (const double[]){-2147483648.0, -7, 0, 16777217, 2147483647.0});
    static const float floats[] = {1.5f, -0.0f, 0x1p-149f, INFINITY};
    check_values("f4", floats, 4, floats, (const double[]){1.5, -0.0, 0x1p-149, (double)INFINITY});
}

// Longer than the piece in which bytes are swapped.
static void converts_long_runs(void **state)
{
    (void)state;
    static int64_t from[3001];
    static float want[3001];
    static double wide[3001];
    for (size_t i = 0; i < 3001; i++) {
        from[i] = (int64_t)i * 1000003 - 1500000000;
        want[i] = (float)from[i];
        wide[i] = (double)from[i];
    }
    check_values("i8", from, 3001, want, wide);
}

static void writes_headers_it_reads(void **state)
{
    (void)state;
    const uint64_t shape[] = {569, 7};
    struct buf b;
    struct npy_info info;
    buf_init(&b, 4096);
    assert_int_equal(npy_write_header(&b, "<f4", 2, shape), 0);
    assert_int_equal(b.len % 64, 0);
    assert_int_equal(b.data[b.len - 1], '\n');
    assert_memory_equal(b.data,
                        "\x93NUMPY\x01\x00\x76\x00{'descr': '<f4', 'fortran_order': False, "
                        "'shape': (569, 7), }  ",
                        10 + 63);
    for (size_t ndim = 0; ndim <= 2; ndim++) {
        b.len = 0;
        assert_int_equal(npy_write_header(&b, "<u4", ndim, shape), 0);
        assert_int_equal(npy_parse(&info, (const uint8_t *)b.data, b.len, NULL), 0);
        assert_string_equal(info.dtype, "<u4");
        assert_int_equal(info.ndim, ndim);
        assert_int_equal(info.count, ndim == 0 ? 1 : ndim == 1 ? 569 : 3983);
    }
    buf_clear(&b);
    buf_init(&b, 100);
    assert_int_equal(npy_write_header(&b, "<f4", 2, shape), ERR_LIMIT);
    buf_clear(&b);
}

static void knows_c_order(void **state)
{
    (void)state;
    static const struct {
        const char *shape;
        bool c_order;
    } cases[] = {{"()", true},     {"(5,)", true},    {"(5, 1)", true},       {"(1, 5, 1)", true},
                 {"(0, 5)", true}, {"(5, 2)", false}, {"(5, 1, 2, 1)", false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int fortran = 0; fortran < 2; fortran++) {
            char header[96];
            struct npy_info info;
            struct error e = {0};
            snprintf(header, sizeof header, "{'descr': '<f4', 'fortran_order': %s, 'shape': %s}",
                     fortran ? "True" : "False", cases[i].shape);
            assert_int_equal(parse(&info, 1, header, &e), 0);
            assert_int_equal(npy_c_order(&info), !fortran || cases[i].c_order);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_headers),           cmocka_unit_test(refuses_headers),
        cmocka_unit_test(refuses_prefixes),        cmocka_unit_test(fills_in_unsupported_types),
        cmocka_unit_test(converts_every_half),     cmocka_unit_test(rounds_as_ieee_does),
        cmocka_unit_test(converts_small_integers), cmocka_unit_test(converts_long_runs),
        cmocka_unit_test(writes_headers_it_reads), cmocka_unit_test(knows_c_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
