// SPDX-License-Identifier: MIT
// Bodies of arrays: npy, npz, scipy's sparse matrices, libsvm, RecordIO of protobuf. Each says the
// same as a CSV; what is damaged or does not fit is refused; answers as npy; faults of memory.
// Bodies as others make them are in tests/peers.
#include "serve_testing.h"

#include "io/le.h"
#include "io/npy.h"
#include "zipmake.h"

static const struct net_spec binary = {.inputs = 3, .outputs = 1, .task = TASK_BINARY};
static const struct net_spec four = {.inputs = 3, .outputs = 4, .task = TASK_MULTICLASS};

static const char npy[] = "application/x-npy", npz[] = "application/x-npz";
static const char recordio[] = "application/x-recordio-protobuf";

static int make_models(void **state)
{
    if (test_folder_make(state))
        return -1;
    serve_model("plain.npz", &binary, NULL);
    serve_model("four.npz", &four, NULL);
    return 0;
}

static void check_same(struct invoker *v, const char *csv, const char *type, const struct buf *body)
{
    struct reply r;
    ask(v, &(struct question){"text/csv", NULL, csv, 0}, &r);
    assert_int_equal(r.status, 200);
    check_answer(v, &(struct question){type, NULL, body->data, body->len}, r.body.data);
    buf_clear(&r.body);
}

// ---- npy ----

static const float X[] = {1, 2.5F, 0, -3, 4, 5.25F};
static const char csv[] = "1,2.5,0\n-3,4,5.25";

static struct buf make_npy(const char *header, const void *values, size_t size)
{
    struct buf b;
    buf_init(&b, 1 << 20);
    zipmake_npy(&b, 1, header, values, size);
    return b;
}

static void npy_of_all_kinds(void **state)
{
    (void)state;
    static const float fortran[] = {1, -3, 2.5F, 4, 0, 5.25F};
    static const double wide[] = {1, 2.5, 0, -3, 4, 5.25};
    static const int16_t whole[] = {1, 2, 0, -3, 4, 5};
    struct invoker *v = serve_open("plain.npz", NULL);
    const struct {
        const char *header;
        const void *values;
        size_t size;
        const char *csv;
    } good[] = {
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }", X, sizeof X, csv},
        {"{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }", fortran, sizeof X, csv},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }", wide, sizeof wide, csv},
        {"{'descr': '<i2', 'fortran_order': False, 'shape': (2, 3), }", whole, sizeof whole,
         "1,2,0\n-3,4,5"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }", X, 12, "1,2.5,0"},
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct buf b = make_npy(good[i].header, good[i].values, good[i].size);
        check_same(v, good[i].csv, npy, &b);
        buf_clear(&b);
    }
    struct buf none = make_npy("{'descr': '<f4', 'fortran_order': False, 'shape': (0, 3), }", X, 0);
    check_answer(v, &(struct question){npy, NULL, none.data, none.len}, "");
    buf_clear(&none);
    invoker_close(v);
}

static void npy_that_is_refused(void **state)
{
    (void)state;
    static const float nan[] = {1, 2, 3, 4, NAN, 6};
    struct invoker *v = serve_open("plain.npz", NULL);
    const struct {
        const char *header;
        const void *values;
        size_t size;
        const char *what;
    } bad[] = {
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }", X, 20, "20 bytes"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }", X, 24,
         "shape is (3, 2), expected (rows, 3)"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2, 3), }", X, 24, "(1, 2, 3)"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }", nan, 24,
         "row 2, feature 2: NaN or infinite"},
        {"{'descr': '|O', 'fortran_order': False, 'shape': (2, 3), }", X, 24, "body: "},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 3), }", X, 24,
         "body: "},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct buf b = make_npy(bad[i].header, bad[i].values, bad[i].size);
        check_refusal(v, &(struct question){npy, NULL, b.data, b.len}, 400, bad[i].what);
        buf_clear(&b);
    }
    check_refusal(v, &(struct question){npy, NULL, "\x93NUMPY\x01", 7}, 400, "magic");
    check_refusal(v, &(struct question){npy, NULL, "1,2,3", 0}, 400, "not an npy array");
    invoker_close(v);
}

static void answers_as_npy(void **state)
{
    (void)state;
    for (size_t k = 1; k <= 4; k += 3) {
        struct invoker *v = serve_open(k == 1 ? "plain.npz" : "four.npz", NULL);
        struct reply text, array;
        struct npy_info info;
        struct error e = {0};
        ask(v, &(struct question){NULL, NULL, csv, 0}, &text);
        ask(v, &(struct question){NULL, npy, csv, 0}, &array);
        assert_string_equal(array.type, npy);
        const uint8_t *const data = (const uint8_t *)array.body.data;
        const size_t header = npy_header_size(data, array.body.len, &e);
        CHECK_OK(npy_parse(&info, data, header, &e), e);
        assert_string_equal(info.dtype, "<f4");
        assert_int_equal(info.ndim, k == 1 ? 1 : 2);
        assert_int_equal(info.shape[0], 2);
        assert_int_equal(info.count, 2 * k);
        assert_int_equal(array.body.len, header + 8 * k);
        const char *at = text.body.data;
        for (size_t i = 0; i < 2 * k; i++) {
            float got;
            char *end;
            memcpy(&got, data + header + 4 * i, 4);
            const float want = strtof(at, &end);
            check_bits(&got, &want, 1, "an element");
            at = end + 1;
        }
        buf_clear(&text.body);
        buf_clear(&array.body);
        invoker_close(v);
    }
}

// ---- npz ----

static void add_array(struct zipmake *z, const char *name, const char *header, const void *values,
                      size_t size)
{
    struct buf b = make_npy(header, values, size);
    zipmake_add(
        z, &(struct zipmake_member){.name = name, .data = b.data, .size = b.len, .deflate = true});
    buf_clear(&b);
}

static void archives_of_arrays(void **state)
{
    (void)state;
    static const char c[] = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
    static const char f[] = "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }";
    static const float fortran[] = {1, -3, 2.5F, 4, 0, 5.25F};
    struct invoker *v = serve_open("plain.npz", NULL);
    struct zipmake one, two, named;
    zipmake_begin(&one);
    add_array(&one, "arr_0.npy", c, X, sizeof X);
    zipmake_finish(&one, NULL, false);
    check_same(v, csv, npz, &one.archive);
    zipmake_begin(&named);
    add_array(&named, "y.npy", c, fortran, sizeof X);
    add_array(&named, "X.npy", f, fortran, sizeof X);
    zipmake_finish(&named, NULL, false);
    check_same(v, csv, npz, &named.archive);
    zipmake_begin(&two);
    add_array(&two, "a.npy", c, X, sizeof X);
    add_array(&two, "b.npy", c, X, sizeof X);
    zipmake_finish(&two, NULL, false);
    check_refusal(v, &(struct question){npz, NULL, two.archive.data, two.archive.len}, 400, "a, b");
    zipmake_clear(&one);
    zipmake_clear(&two);
    zipmake_clear(&named);
    check_refusal(v, &(struct question){npz, NULL, "1,2,3", 0}, 400, "not a zip archive");
    invoker_close(v);
}

// Whatever the array is called, if it is the only one.
static void an_archive_that_inflates(void **state)
{
    (void)state;
    struct invoker *v = serve_open("plain.npz", NULL);
    float *zeros = mem_array(3 << 18, sizeof *zeros);
    char longest[ZIP_NAME_MAX + 1] = {0};
    memset(longest, 'n', ZIP_NAME_MAX);
    memcpy(longest + ZIP_NAME_MAX - 4, ".npy", 4);
    const char *const names[] = {"X.npy", longest};
    struct buf b;
    buf_init(&b, 1 << 24);
    zipmake_npy(&b, 1, "{'descr': '<f4', 'fortran_order': False, 'shape': (262144, 3), }", zeros,
                3 << 20);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct zipmake z;
        zipmake_begin(&z);
        zipmake_add(&z, &(struct zipmake_member){
                            .name = names[i], .data = b.data, .size = b.len, .deflate = true});
        zipmake_finish(&z, NULL, false);
        check_refusal(v, &(struct question){npz, NULL, z.archive.data, z.archive.len}, 413,
                      "inflates to more than");
        zipmake_clear(&z);
    }
    buf_clear(&b);
    mem_free(zeros);
    invoker_close(v);
}

// Bytes that become floats: what they come to counts, if they are compressed.
static void an_archive_beyond_the_limit(void **state)
{
    (void)state;
    enum { COUNT = 30000 };
    struct invoker *v =
        serve_open("plain.npz", &(struct invoker_spec){.inflated_max = COUNT * sizeof(float)});
    uint32_t seed = 1;
    uint8_t digits[COUNT + 3];
    for (size_t i = 0; i < sizeof digits; i++)
        digits[i] = (uint8_t)(test_random(&seed) % 3);
    for (size_t more = 0; more < 2; more++)
        for (size_t deflate = 0; deflate < 2; deflate++) {
            char header[100];
            struct zipmake z;
            struct buf b;
            struct reply r;
            buf_init(&b, 1 << 20);
            snprintf(header, sizeof header,
                     "{'descr': '|u1', 'fortran_order': False, 'shape': (%zu, 3), }",
                     COUNT / 3 + more);
            zipmake_npy(&b, 1, header, digits, COUNT + 3 * more);
            zipmake_begin(&z);
            zipmake_add(&z,
                        &(struct zipmake_member){
                            .name = "X.npy", .data = b.data, .size = b.len, .deflate = deflate});
            zipmake_finish(&z, NULL, false);
            const struct question q = {npz, NULL, z.archive.data, z.archive.len};
            if (more && deflate)
                check_refusal(v, &q, 413, "more than 120000 bytes");
            else {
                ask(v, &q, &r);
                assert_int_equal(r.status, 200);
                buf_clear(&r.body);
            }
            zipmake_clear(&z);
            buf_clear(&b);
        }
    invoker_close(v);
}

// ---- sparse ----

struct matrix {
    const char *format;
    int32_t indptr[4], indices[4];
    const char *indptr_header;
    int64_t extent[2];
};

#define LIST(n) "{'descr': '<i4', 'fortran_order': False, 'shape': (" #n ",), }"

// Entries 1, 2.5, -3, 4 and where the matrix says that they are.
static struct zipmake make_sparse(const struct matrix *m)
{
    static const float data[] = {1, 2.5F, -3, 4};
    struct zipmake z;
    zipmake_begin(&z);
    add_array(&z, "indices.npy", LIST(4), m->indices, 16);
    add_array(&z, "indptr.npy", m->indptr_header, m->indptr,
              strstr(m->indptr_header, "(3") ? 12 : 16);
    add_array(&z, "format.npy", "{'descr': '|S3', 'fortran_order': False, 'shape': (), }",
              m->format, 3);
    add_array(&z, "shape.npy", "{'descr': '<i8', 'fortran_order': False, 'shape': (2,), }",
              m->extent, 16);
    add_array(&z, "data.npy", "{'descr': '<f4', 'fortran_order': False, 'shape': (4,), }", data,
              16);
    zipmake_finish(&z, NULL, false);
    return z;
}

static void sparse_rows_and_columns(void **state)
{
    (void)state;
    struct invoker *v = serve_open("plain.npz", NULL);
    struct zipmake z =
        make_sparse(&(struct matrix){"csr", {0, 2, 4}, {0, 1, 2, 0}, LIST(3), {2, 3}});
    check_same(v, "1,2.5,0\n4,0,-3", npz, &z.archive);
    zipmake_clear(&z);
    z = make_sparse(&(struct matrix){"csr", {0, 2, 4}, {0, 0, 2, 0}, LIST(3), {2, 3}});
    check_same(v, "3.5,0,0\n4,0,-3", npz, &z.archive);
    zipmake_clear(&z);
    z = make_sparse(&(struct matrix){"csc", {0, 2, 2, 4}, {2, 0, 0, 1}, LIST(4), {4, 3}});
    check_same(v, "2.5,0,-3\n0,0,4\n1,0,0\n0,0,0", npz, &z.archive);
    zipmake_clear(&z);
    invoker_close(v);
}

static void sparse_that_is_refused(void **state)
{
    (void)state;
    static const struct {
        struct matrix matrix;
        const char *what;
    } bad[] = {
        {{"coo", {0, 2, 4}, {0, 1, 2, 0}, LIST(3), {2, 3}}, "tocsr()"},
        {{"csr", {0, 2, 4}, {0, 1, 2, 0}, LIST(3), {2, 4}}, "is 4 wide, expected (rows, 3)"},
        {{"csr", {0, 2, 4}, {0, 1, 3, 0}, LIST(3), {2, 3}}, "'indices': 3 at 2"},
        {{"csr", {0, 2, 4}, {0, -1, 2, 0}, LIST(3), {2, 3}}, "'indices': -1 at 1"},
        {{"csr", {0, 2, 4}, {0, 1, 2, 0}, LIST(3), {3, 3}}, "in 3 steps"},
        {{"csr", {0, 3, 2, 4}, {0, 1, 2, 0}, LIST(4), {3, 3}}, "does not rise"},
        {{"csr", {0, 2, 3}, {0, 1, 2, 0}, LIST(3), {2, 3}}, "does not rise"},
        {{"csr", {1, 2, 4}, {0, 1, 2, 0}, LIST(3), {2, 3}}, "does not rise"},
        {{"csr", {0, 2, 4}, {0, 1, 2, 0}, LIST(3), {-2, 3}}, "'shape'"},
        {{"csc", {0, 2, 2, 4}, {2, 0, 0, 1}, LIST(4), {2, 3}}, "'indices': 2 at 0"},
        {{"csc", {0, 2, 2, 4}, {2, 0, 0, 1}, LIST(4), {0, 3}}, "'indices'"},
    };
    struct invoker *v = serve_open("plain.npz", NULL);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct zipmake z = make_sparse(&bad[i].matrix);
        check_refusal(v, &(struct question){npz, NULL, z.archive.data, z.archive.len}, 400,
                      bad[i].what);
        zipmake_clear(&z);
    }
    struct zipmake z =
        make_sparse(&(struct matrix){"csc", {0, 2, 2, 4}, {2, 0, 0, 1}, LIST(4), {65537, 3}});
    check_refusal(v, &(struct question){npz, NULL, z.archive.data, z.archive.len}, 413,
                  "65537 rows in a matrix of");
    zipmake_clear(&z);
    invoker_close(v);
}

// ---- libsvm ----

static void libsvm_lines(void **state)
{
    (void)state;
    struct invoker *v = serve_open("plain.npz", NULL);
    static const struct {
        const char *type, *body, *csv;
    } good[] = {
        {"text/libsvm", "1 0:1 1:2.5\n-1 2:5.25 0:-3 1:4", "1,2.5,0\n-3,4,5.25"},
        {"text/x-libsvm", "# made by hand\n\n0:1\t1:2.5 \r\n1 qid:7 2:3e-1 # x\n0\n1:4\n\n",
         "0,0,0\n1,2.5,0\n0,0,0.3\n0,0,0\n0,4,0"},
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct reply r;
        ask(v, &(struct question){NULL, NULL, good[i].csv, 0}, &r);
        check_answer(v, &(struct question){good[i].type, NULL, good[i].body, 0}, r.body.data);
        buf_clear(&r.body);
    }
    static const struct {
        const char *body, *what;
    } bad[] = {
        {"1 0:1\n1 3:1\n", "body:2: place 3, expected one of the model's 3 features"},
        {"1 -1:1", "place -1"},
        {"1 x:1", "place x"},
        {"1 :1", "place"},
        {"1 0:", "'0:' has no finite number"},
        {"1 0:nan", "no finite number"},
        {"1 0:1e39", "no finite number"},
        {"1 2 0:1", "'2' is neither"},
        {"1,2,3", "'1,2,3' is neither"},
        {"\x01\x02", "is neither"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        check_refusal(v, &(struct question){"text/libsvm", NULL, bad[i].body, 0}, 400, bad[i].what);
    invoker_close(v);
}

// ---- RecordIO ----

static void put_record(struct buf *out, const char *message, size_t size)
{
    uint8_t head[8];
    le_put(le_put(head, 0xced7230a, 4), size, 4);
    buf_append(out, head, 8);
    buf_append(out, message, size);
    buf_append(out, "\0\0\0", (4 - size % 4) % 4);
}

#define KEY "\x0a\x06values"
// float, double and int32, dense, then sparse; with labels and a text that nobody asks for
#define DENSE_FLOAT "\x0a\x1a" KEY "\x12\x10\x12\x0e\x0a\x0c\0\0\x80\x3f\0\0\x20\x40\0\0\0\0"
#define SPARSE_DOUBLE                                                                              \
    "\x0a\x25" KEY "\x12\x1b\x1a\x19\x0a\x10\0\0\0\0\0\0\x04\x40\0\0\0\0\0\0\xf0\x3f\x12\x02\x01"  \
    "\x00\x1a\x01\x03"

static void records(void **state)
{
    (void)state;
    struct invoker *v = serve_open("plain.npz", NULL);
    struct buf b;
    buf_init(&b, 1 << 20);
    put_record(&b, DENSE_FLOAT "\x12\x02\x0a\x00\x1a\x01x", sizeof DENSE_FLOAT - 1 + 7);
    put_record(&b, SPARSE_DOUBLE, sizeof SPARSE_DOUBLE - 1);
    check_same(v, "1,2.5,0\n1,2.5,0", recordio, &b);
    b.len--; // the padding of the last
    check_same(v, "1,2.5,0\n1,2.5,0", recordio, &b);
    b.len = 0;
    // 1, -3 (ten bytes), 2
    static const char whole[] =
        "\x0a\x1a" KEY "\x12\x10\x3a\x0e\x0a\x0c\x01\xfd\xff\xff\xff\xff\xff"
        "\xff\xff\xff\x01\x02";
    put_record(&b, whole, sizeof whole - 1);
    check_same(v, "1,-3,2", recordio, &b);
    buf_clear(&b);
    invoker_close(v);
}

static void records_that_are_refused(void **state)
{
    (void)state;
    struct invoker *v = serve_open("plain.npz", NULL);
    static const struct {
        const char *message;
        size_t size;
        const char *what;
    } bad[] = {
        {"", 0, "record 1: has no feature 'values'"},
        {"\x0a\x02\x0a\x00", 4, "has no feature 'values'"},
        {"\x0a\x7f", 2, "no protobuf message"},
        {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11, "no protobuf message"},
        {"\x0b", 1, "no protobuf message"},
        {DENSE_FLOAT, sizeof DENSE_FLOAT - 2, "no protobuf message"},
        {"\x0a\x16" KEY "\x12\x0c\x12\x0a\x0a\x08\0\0\x80\x3f\0\0\x80\x3f", 24,
         "2 values, expected 3"},
        {"\x0a\x15" KEY "\x12\x0b\x12\x09\x0a\x07\0\0\x80\x3f\0\0\x80", 23, "damaged"},
        {"\x0a\x15" KEY "\x12\x0b\x12\x09\x0a\x04\0\0\x80\x3f\x12\x01\x03", 23,
         "key 3 is no place"},
        {"\x0a\x16" KEY "\x12\x0c\x12\x0a\x0a\x04\0\0\x80\x3f\x12\x02\x01\x02", 24,
         "more keys than"},
        {"\x0a\x14" KEY "\x12\x0a\x12\x08\x0a\x04\0\0\x80\x3f\x12\x00", 22,
         "more values than keys"},
        {"\x0a\x18" KEY "\x12\x0e\x12\x0c\x0a\x04\0\0\x80\x3f\x12\x01\x01\x1a\x01\x04", 26,
         "shape is 4 wide"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct buf b;
        buf_init(&b, 1 << 20);
        put_record(&b, bad[i].message, bad[i].size);
        check_refusal(v, &(struct question){recordio, NULL, b.data, b.len}, 400, bad[i].what);
        buf_clear(&b);
    }
    check_refusal(v, &(struct question){recordio, NULL, "1,2,3,4,5", 0}, 400, "as RecordIO does");
    check_refusal(v, &(struct question){recordio, NULL, "\x0a\x23\xd7\xce\xff\0\0\0", 8}, 400,
                  "ends early");
    check_refusal(v, &(struct question){recordio, NULL, "\x0a\x23\xd7\xce\xff\0\0\x20", 8}, 400,
                  "several parts");
    invoker_close(v);
}

// ---- memory ----

static void failing_memory(void **state)
{
    (void)state;
    static const char c[] = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
    static const char f[] = "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }";
    struct invoker *v = serve_open("plain.npz", NULL);
    for (size_t i = 0; i < 2; i++) {
        struct buf b = make_npy(i ? f : c, X, sizeof X);
        struct zipmake z;
        zipmake_begin(&z);
        add_array(&z, "X.npy", i ? f : c, X, sizeof X);
        zipmake_finish(&z, NULL, false);
        check_failing_answer(v, &(struct question){npy, npy, b.data, b.len});
        check_failing_answer(v, &(struct question){npz, NULL, z.archive.data, z.archive.len});
        buf_clear(&b);
        zipmake_clear(&z);
        z = make_sparse(&(struct matrix){
            i ? "csc" : "csr", {0, 2, 4, 4}, {0, 1, 0, 1}, i ? LIST(4) : LIST(3), {2, 3}});
        check_failing_answer(v, &(struct question){npz, NULL, z.archive.data, z.archive.len});
        zipmake_clear(&z);
    }
    check_failing_answer(v, &(struct question){"text/libsvm", NULL, "1 0:1", 0});
    struct buf b;
    buf_init(&b, 1 << 20);
    put_record(&b, DENSE_FLOAT, sizeof DENSE_FLOAT - 1);
    check_failing_answer(v, &(struct question){recordio, NULL, b.data, b.len});
    buf_clear(&b);
    invoker_close(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(npy_of_all_kinds),
        cmocka_unit_test(npy_that_is_refused),
        cmocka_unit_test(answers_as_npy),
        cmocka_unit_test(archives_of_arrays),
        cmocka_unit_test(an_archive_that_inflates),
        cmocka_unit_test(an_archive_beyond_the_limit),
        cmocka_unit_test(sparse_rows_and_columns),
        cmocka_unit_test(sparse_that_is_refused),
        cmocka_unit_test(libsvm_lines),
        cmocka_unit_test(records),
        cmocka_unit_test(records_that_are_refused),
        cmocka_unit_test(failing_memory),
    };
    return cmocka_run_group_tests(tests, make_models, test_folder_remove);
}
