// SPDX-License-Identifier: MIT
// Tables from .npz files and folders of them: which arrays, which shapes and types, what is
// refused and where the message points.
#include "testing.h"

#include "io/npz.h"
#include "table/dataset.h"

#include <sys/stat.h>
#include <zlib.h>

static const struct dataset_keys train = {.part = "train"};

struct array {
    const char *name, *dtype;
    size_t ndim;
    uint64_t shape[3];
    const void *data;
};

static void make(const char *file, const struct array *arrays, size_t count)
{
    struct error e = {0};
    struct npz_writer *w = npz_writer_begin(test_path(file), &e);
    assert_non_null(w);
    for (size_t i = 0; i < count; i++)
        CHECK_OK(
            npz_writer_add(w,
                           &(struct npz_values){arrays[i].name, arrays[i].dtype, arrays[i].ndim,
                                                arrays[i].shape, arrays[i].data},
                           &e),
            e);
    CHECK_OK(npz_writer_commit(w, &e), e);
}

#define MAKE(file, ...)                                                                            \
    make(file, (const struct array[]){__VA_ARGS__},                                                \
         sizeof((const struct array[]){__VA_ARGS__}) / sizeof(struct array))

static void load(struct dataset *d, const char *file, const struct dataset_keys *keys)
{
    struct error e = {0};
    if (dataset_load(d, test_path(file), keys, &e))
        fail_msg("%s: %s", file, e.text);
}

static void refused(const char *file, int code, const char *what)
{
    struct dataset d;
    struct error e = {0};
    const char *path = test_path(file);
    check_refused(dataset_load(&d, path, &train, &e), code, &e, what);
    if (!strstr(e.text, path))
        fail_msg("'%s' does not name %s", e.text, path);
    if (d.X || d.y || d.owned || d.map.base || d.n)
        fail_msg("%s: something is left of a refused file", file);
}

static const float six[6] = {1, 2, 3, 4, 5, 6};
static const float labels[3] = {0, 1, 1};
static const double six_double[6] = {1, 2, 3, 4, 5, 6};

#define X6(name)                                                                                   \
    {                                                                                              \
        name, "<f4", 2, {3, 2}, six                                                                \
    }
#define Y3(name)                                                                                   \
    {                                                                                              \
        name, "<f4", 1, {3}, labels                                                                \
    }

static void finds_arrays_by_part(void **state)
{
    (void)state;
    static const float other[6] = {9, 9, 9, 9, 9, 9};
    MAKE("parts.npz", X6("X_train"), Y3("y_train"), {"X_val", "<f4", 2, {3, 2}, other}, Y3("y_val"),
         {"X", "<f4", 2, {3, 2}, other}, {"y", "<f4", 1, {3}, other});
    struct dataset d;
    load(&d, "parts.npz", &train);
    assert_int_equal(d.n, 3);
    assert_int_equal(d.d, 2);
    assert_int_equal(d.targets, 1);
    assert_false(d.y_integer);
    check_bits(d.X, six, 6, "X");
    check_bits(d.y, labels, 3, "y");
    dataset_clear(&d);
    dataset_clear(&d);
    load(&d, "parts.npz", &(struct dataset_keys){.part = "val"});
    check_bits(d.X, other, 6, "X_val");
    dataset_clear(&d);
    load(&d, "parts.npz", &(struct dataset_keys){.part = "test"}); // not there: X and y
    check_bits(d.y, other, 3, "y");
    dataset_clear(&d);
    load(&d, "parts.npz", &(struct dataset_keys){.part = "val", .y = "y_train"});
    check_bits(d.X, other, 6, "X_val");
    check_bits(d.y, labels, 3, "y_train");
    dataset_clear(&d);
    struct error e = {0};
    const struct dataset_keys none = {.part = "train", .x = "Z"};
    check_refused(dataset_load(&d, test_path("parts.npz"), &none, &e), ERR_NOTFOUND, &e, "Z");
}

static void names_what_is_missing(void **state)
{
    (void)state;
    MAKE("nox.npz", Y3("y_train"));
    refused("nox.npz", ERR_NOTFOUND, "X_train");
    MAKE("noy.npz", X6("X_train"));
    refused("noy.npz", ERR_NOTFOUND, "y_train");
    refused("absent.npz", ERR_IO, "No such file");
    FILE *f = fopen(test_path("text.npz"), "w");
    fputs("not an archive", f);
    fclose(f);
    refused("text.npz", ERR_FORMAT, "text.npz");
}

static void takes_every_numeric_type(void **state)
{
    (void)state;
    static const int64_t ints[3] = {0, 2, 1};
    static const uint8_t bools[3] = {0, 1, 1};
    MAKE("f8i8.npz", {"X_train", "<f8", 2, {3, 2}, six_double}, {"y_train", "<i8", 1, {3}, ints});
    struct dataset d;
    load(&d, "f8i8.npz", &train);
    check_bits(d.X, six, 6, "X");
    assert_true(d.y[1] == 2 && d.y_integer);
    assert_non_null(d.owned);
    dataset_clear(&d);
    MAKE("b1.npz", X6("X"), {"y", "|b1", 2, {3, 1}, bools});
    load(&d, "b1.npz", &train);
    check_bits(d.y, labels, 3, "bools (n, 1)");
    assert_int_equal(d.targets, 1);
    assert_true(d.y_integer);
    dataset_clear(&d);
    MAKE("multi.npz", {"X", "<f4", 2, {3, 1}, labels}, {"y", "<f8", 2, {3, 2}, six_double});
    load(&d, "multi.npz", &train);
    assert_int_equal(d.targets, 2);
    check_bits(d.y, six, 6, "targets");
    dataset_clear(&d);
}

// float32 that is stored aligned is mapped, not copied; the same values read have the same digest.
static void maps_what_it_can(void **state)
{
    (void)state;
    MAKE("map.npz", X6("X"), Y3("y"));
    MAKE("read.npz", {"X", "<f8", 2, {3, 2}, six_double}, Y3("y"));
    struct dataset mapped, read;
    load(&mapped, "map.npz", &train);
    load(&read, "read.npz", &train);
    assert_non_null(mapped.map.base);
    assert_null(mapped.owned);
    assert_null(read.map.base);
    check_bits(mapped.X, six, 6, "mapped X");
    assert_int_equal(dataset_digest(&mapped), dataset_digest(&read));
    uLong crc = crc32_z(0, (const Bytef *)six, sizeof six);
    assert_int_equal(dataset_digest(&mapped), crc32_z(crc, (const Bytef *)labels, sizeof labels));
    dataset_clear(&mapped);
    dataset_clear(&read);
    static const float changed[6] = {1, 2, 3, 4, 5, 7};
    MAKE("other.npz", {"X", "<f4", 2, {3, 2}, changed}, Y3("y"));
    load(&mapped, "other.npz", &train);
    assert_int_not_equal(dataset_digest(&mapped),
                         crc32_z(crc, (const Bytef *)labels, sizeof labels));
    dataset_clear(&mapped);
}

static void refuses_shapes_that_do_not_fit(void **state)
{
    (void)state;
    static const struct {
        struct array x, y;
        const char *what;
    } bad[] = {
        {{"X", "<f4", 1, {6}, six},
         Y3("y"),
         "X has 1 dimensions, it must be rows x features; resh"},
        {{"X", "<f4", 3, {3, 2, 1}, six}, Y3("y"), "X has 3 dimensions"},
        {{"X", "<f4", 0, {0}, six}, Y3("y"), "X has 0 dimensions"},
        {X6("X"), {"y", "<f4", 0, {0}, six}, "y has 0 dimensions, it must be (rows)"},
        {X6("X"), {"y", "<f4", 3, {3, 1, 1}, six}, "y has 3 dimensions"},
        {X6("X"), {"y", "<f4", 1, {2}, six}, "X has 3 rows but y has 2"},
        {X6("X"), {"y", "<f4", 2, {1, 3}, six}, "X has 3 rows but y has 1"},
        {{"X", "<f4", 2, {3, 0}, six}, Y3("y"), "X has no features"},
        {X6("X"), {"y", "<f4", 2, {3, 0}, six}, "y has no columns"},
        {{"X", "<f4", 2, {0, 2}, six}, {"y", "<f4", 1, {0}, six}, "X has no rows"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        MAKE("shape.npz", bad[i].x, bad[i].y);
        refused("shape.npz", ERR_DATA, bad[i].what);
    }
}

// Every place in X and y, mapped and read: the message points at it.
static void points_at_what_is_not_finite(void **state)
{
    (void)state;
    for (int at = 0; at < 6; at++)
        for (int kind = 0; kind < 4; kind++) {
            float f[6];
            double g[6];
            memcpy(f, six, sizeof f);
            memcpy(g, six_double, sizeof g);
            f[at] = kind % 2 ? -INFINITY : NAN;
            g[at] = kind % 2 ? 1e39 : -NAN; // too large for float32
            char what[64];
            snprintf(what, sizeof what, "row %d, column %d is %s", at / 2, at % 2,
                     kind % 2 ? "infinite" : "NaN");
            if (kind < 2)
                MAKE("bad.npz", {"X", "<f4", 2, {3, 2}, f}, Y3("y"));
            else
                MAKE("bad.npz", {"X", "<f8", 2, {3, 2}, g}, Y3("y"));
            refused("bad.npz", ERR_DATA, what);
            MAKE("bad.npz", X6("X"),
                 {"y",
                  kind < 2 ? "<f4" : "<f8",
                  2,
                  {3, 2},
                  kind < 2 ? (const void *)f : (const void *)g});
            refused("bad.npz", ERR_DATA, what);
        }
    static const float edge[6] = {3.4028235e38F, -3.4028235e38F, 1e-45F, -0.0F, 1, 2};
    MAKE("edge.npz", {"X", "<f4", 2, {3, 2}, edge}, Y3("y"));
    struct dataset d;
    load(&d, "edge.npz", &train);
    check_bits(d.X, edge, 6, "extremes");
    dataset_clear(&d);
}

static void fresh_folder(const char *name)
{
    test_remove(test_path(name));
    assert_int_equal(mkdir(test_path(name), 0777), 0);
}

static void joins_a_folder_in_name_order(void **state)
{
    (void)state;
    static const float a[2] = {10, 11}, b[4] = {20, 21, 22, 23}, ya[1] = {1};
    static const int32_t yb[2] = {2, 3};
    fresh_folder("many");
    MAKE("many/part-2.npz", {"X", "<f4", 2, {2, 2}, b}, {"y", "<i4", 1, {2}, yb});
    MAKE("many/part-1.npz", {"X_train", "<f4", 2, {1, 2}, a}, {"y", "<f4", 2, {1, 1}, ya});
    MAKE("many/part-3.npz", X6("X"), Y3("y"));
    MAKE("many/part-0.npz", {"X", "<f8", 2, {0, 2}, NULL}, {"y", "<f8", 1, {0}, NULL});
    MAKE("many/.part-9.npz", {"X", "<f4", 2, {1, 1}, a}, {"y", "<f4", 1, {1}, ya});
    MAKE("many/_part-9.npz", {"X", "<f4", 2, {1, 1}, a}, {"y", "<f4", 1, {1}, ya});
    FILE *f = fopen(test_path("many/README.txt"), "w");
    fclose(f);
    struct dataset d;
    load(&d, "many", &train);
    static const float wantX[12] = {10, 11, 20, 21, 22, 23, 1, 2, 3, 4, 5, 6};
    static const float wanty[6] = {1, 2, 3, 0, 1, 1};
    assert_int_equal(d.n, 6);
    check_bits(d.X, wantX, 12, "joined X");
    check_bits(d.y, wanty, 6, "joined y");
    assert_false(d.y_integer);
    dataset_clear(&d);
}

// An empty shard says nothing about the type of the labels: numpy makes empty arrays float64.
static void empty_shards_do_not_decide(void **state)
{
    (void)state;
    static const int32_t y[3] = {0, 1, 2};
    fresh_folder("empty");
    MAKE("empty/0.npz", {"X", "<f8", 2, {0, 2}, NULL}, {"y", "<f8", 1, {0}, NULL});
    MAKE("empty/1.npz", X6("X"), {"y", "<i4", 1, {3}, y});
    struct dataset d;
    load(&d, "empty", &train);
    assert_true(d.y_integer);
    assert_int_equal(d.n, 3);
    dataset_clear(&d);
    fresh_folder("empty");
    MAKE("empty/0.npz", {"X", "<f8", 2, {0, 2}, NULL}, {"y", "<f8", 1, {0}, NULL});
    refused("empty", ERR_DATA, "has no rows");
    load(&d, "empty", &(struct dataset_keys){.part = "train", .may_be_empty = true});
    assert_int_equal(d.n, 0);
    assert_int_equal(d.d, 2);
    dataset_clear(&d);
}

static void folders_must_agree(void **state)
{
    (void)state;
    fresh_folder("folder");
    refused("folder", ERR_NOTFOUND, "no .npz file in this folder");
    MAKE("folder/1.npz", X6("X"), Y3("y"));
    MAKE("folder/2.npz", {"X", "<f4", 2, {2, 3}, six}, {"y", "<f4", 1, {2}, six});
    refused("folder", ERR_DATA, "folder/2.npz: X has 3 features but");
    MAKE("folder/2.npz", X6("X"), {"y", "<f4", 2, {3, 2}, six});
    refused("folder", ERR_DATA, "folder/2.npz: y has 2 columns but that of");
    static const float bad[6] = {1, 2, 3, 4, NAN, 6};
    MAKE("folder/2.npz", {"X", "<f4", 2, {3, 2}, bad}, Y3("y"));
    refused("folder", ERR_DATA, "folder/2.npz: X: row 2, column 0 is NaN");
    MAKE("folder/2.npz", X6("X"));
    refused("folder", ERR_NOTFOUND, "folder/2.npz");
}

// One file in a folder is a lone file: mapped.
static void a_lone_file_in_a_folder(void **state)
{
    (void)state;
    fresh_folder("lone");
    MAKE("lone/a.npz", X6("X"), Y3("y"));
    struct dataset d;
    load(&d, "lone", &train);
    assert_non_null(d.map.base);
    check_bits(d.X, six, 6, "X");
    dataset_clear(&d);
}

static int load_once(void *context, struct error *e)
{
    struct dataset d;
    const int rc = dataset_load(&d, context, &train, e);
    assert_true(rc == 0 || (!d.X && !d.y && !d.owned));
    if (rc == 0)
        dataset_clear(&d);
    return rc;
}

static void survives_failing_memory(void **state)
{
    (void)state;
    char path[256];
    fresh_folder("memory");
    MAKE("memory/a.npz", X6("X"), Y3("y"));
    snprintf(path, sizeof path, "%s", test_path("memory/a.npz"));
    assert_true(check_failing_memory(load_once, path) >= 4);
    MAKE("memory/b.npz", {"X", "<f8", 2, {3, 2}, six_double}, Y3("y"));
    snprintf(path, sizeof path, "%s", test_path("memory"));
    assert_true(check_failing_memory(load_once, path) >= 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_arrays_by_part),
        cmocka_unit_test(names_what_is_missing),
        cmocka_unit_test(takes_every_numeric_type),
        cmocka_unit_test(maps_what_it_can),
        cmocka_unit_test(refuses_shapes_that_do_not_fit),
        cmocka_unit_test(points_at_what_is_not_finite),
        cmocka_unit_test(joins_a_folder_in_name_order),
        cmocka_unit_test(empty_shards_do_not_decide),
        cmocka_unit_test(folders_must_agree),
        cmocka_unit_test(a_lone_file_in_a_folder),
        cmocka_unit_test(survives_failing_memory),
    };
    return cmocka_run_group_tests(tests, test_folder_make, test_folder_remove);
}
