// SPDX-License-Identifier: MIT
// Models as files: weights come back to the bit, whatever the shape of the network; other shapes,
// values that are not finite and files that are no models are refused; faults leave nothing.
#include "prep_testing.h"

#include "base/file.h"
#include "io/npz.h"
#include "model/model_file.h"

#include <jansson.h>

static const struct model_meta meta = {"1.2.3", -7, "tanh"};

static float *make_net(struct net *net, const struct opt_sizes *hidden, size_t outputs,
                       enum net_task task)
{
    const struct net_spec spec = {5, outputs, hidden, ACT_TANH, 0.25, task};
    struct rng rng;
    assert_int_equal(net_init(net, &spec, NULL), 0);
    float *params = mem_aligned(net->size, sizeof *params);
    rng_seed(&rng, 3);
    assert_int_equal(net_draw_weights(net, &rng, params, NULL), 0);
    return params;
}

static const struct opt_sizes none = {.count = 0}, two = {.count = 2, .value = {17, 3}};

static void weights_come_back(void **state)
{
    (void)state;
    static const struct {
        const struct opt_sizes *hidden;
        size_t outputs;
        enum net_task task;
    } nets[] = {{&none, 1, TASK_BINARY},
                {&two, 1, TASK_BINARY},
                {&two, 6, TASK_MULTICLASS},
                {&none, 20, TASK_REGRESSION}};
    for (size_t i = 0; i < sizeof nets / sizeof *nets; i++) {
        struct net net;
        struct error e = {0};
        float *params = make_net(&net, nets[i].hidden, nets[i].outputs, nets[i].task);
        float *back = mem_aligned(net.size, sizeof *back);
        CHECK_OK(model_write_npz(test_path("m.npz"), &net, params, &meta, NULL, &e), e);
        CHECK_OK(model_read_weights(test_path("m.npz"), &net, back, &e), e);
        check_bits(back, params, net.size, "weights");
        mem_free(params);
        mem_free(back);
    }
}

// The same model gives the same bytes.
static void bytes_do_not_change(void **state)
{
    (void)state;
    struct net net;
    struct error e = {0};
    struct buf first[2], second;
    float *params = make_net(&net, &two, 1, TASK_BINARY);
    for (int turn = 0; turn < 2; turn++) {
        CHECK_OK(model_write_npz(test_path("m.npz"), &net, params, &meta, NULL, &e), e);
        CHECK_OK(model_write_pth(test_path("m.pth"), &net, params, &e), e);
        for (int f = 0; f < 2; f++) {
            struct buf *b = turn ? &second : &first[f];
            buf_init(b, 1 << 20);
            CHECK_OK(file_read_all(test_path(f ? "m.pth" : "m.npz"), 1 << 20, b, &e), e);
            if (!turn)
                continue;
            assert_int_equal(second.len, first[f].len);
            assert_memory_equal(second.data, first[f].data, second.len);
            buf_clear(&second);
            buf_clear(&first[f]);
        }
    }
    mem_free(params);
}

static void meta_says_what_prediction_needs(void **state)
{
    (void)state;
    struct net net;
    struct npz z;
    struct npz_array a;
    struct buf text;
    struct error e = {0};
    float *params = make_net(&net, &two, 6, TASK_MULTICLASS), W[17 * 5], b[17], got[17 * 5];
    CHECK_OK(model_write_npz(test_path("meta.npz"), &net, params, &meta, NULL, &e), e);
    CHECK_OK(npz_open(&z, test_path("meta.npz"), &e), e);
    buf_init(&text, 65536);
    CHECK_OK(npz_read_bytes(&z, "meta.json", &text, &e), e);
    json_t *root = json_loadb(text.data, text.len, 0, NULL);
    assert_non_null(root);
    const char *task, *activation, *version;
    json_t *layers;
    int classes, seed;
    double dropout;
    assert_int_equal(json_unpack(root, "{s:s, s:s, s:s, s:o, s:i, s:i, s:f}", "task", &task,
                                 "activation", &activation, "version", &version, "layers", &layers,
                                 "classes", &classes, "seed", &seed, "dropout", &dropout),
                     0);
    assert_string_equal(task, "multiclass");
    assert_string_equal(activation, "tanh");
    assert_string_equal(version, "1.2.3");
    assert_true(classes == 6 && seed == -7 && dropout == 0.25);
    static const json_int_t sizes[] = {5, 17, 3, 6};
    assert_int_equal(json_array_size(layers), 4);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(json_integer_value(json_array_get(layers, i)), sizes[i]);
    json_decref(root);
    buf_clear(&text);
    net_get_layer(&net, params, 0, W, b); // torch's orientation
    CHECK_OK(npz_array(&z, "fc1.weight", &a, &e), e);
    assert_true(a.info.ndim == 2 && a.info.shape[0] == 17 && a.info.shape[1] == 5);
    CHECK_OK(npz_read_f32(&z, &a, got, &e), e);
    check_bits(got, W, 17 * 5, "fc1.weight");
    npz_close(&z);
    mem_free(params);
}

struct member {
    const char *name, *dtype;
    size_t ndim;
    uint64_t shape[2];
};

// A foreign .npz of one layer 5 -> 1 with these two arrays of rising numbers; `spoiled` is not one.
static void make_foreign(const struct member *w, const struct member *b, double spoiled)
{
    static double values[12];
    struct error e = {0};
    for (size_t i = 0; i < 12; i++)
        values[i] = (double)i + 0.5;
    values[3] = spoiled;
    struct npz_writer *out = npz_writer_begin(test_path("foreign.npz"), &e);
    assert_non_null(out);
    CHECK_OK(
        npz_writer_add(out, &(struct npz_values){w->name, w->dtype, w->ndim, w->shape, values}, &e),
        e);
    CHECK_OK(
        npz_writer_add(out, &(struct npz_values){b->name, b->dtype, b->ndim, b->shape, values}, &e),
        e);
    CHECK_OK(npz_writer_bytes(out, "notes.txt", "hello", 5, &e), e);
    CHECK_OK(npz_writer_commit(out, &e), e);
}

#define WEIGHT(type, dims, ...)                                                                    \
    &(struct member)                                                                               \
    {                                                                                              \
        "fc1.weight", type, dims, __VA_ARGS__                                                      \
    }
#define BIAS(type, dims, ...)                                                                      \
    &(struct member)                                                                               \
    {                                                                                              \
        "fc1.bias", type, dims, __VA_ARGS__                                                        \
    }

static void foreign_weights_are_checked(void **state)
{
    (void)state;
    struct net net;
    struct error e = {0};
    float *params = make_net(&net, &none, 1, TASK_BINARY), W[5], b[1];
    const char *path = test_path("foreign.npz");
    make_foreign(WEIGHT("<f8", 2, {1, 5}), BIAS("<f8", 1, {1}), 7);
    CHECK_OK(model_read_weights(path, &net, params, &e), e);
    net_get_layer(&net, params, 0, W, b);
    assert_true(W[0] == 0.5F && W[3] == 7 && W[4] == 4.5F && b[0] == 0.5F);
    const struct {
        const struct member *w, *b;
        double spoiled;
        int code;
        const char *what;
    } bad[] = {
        {WEIGHT("<f8", 2, {5, 1}), BIAS("<f8", 1, {1}), 1, ERR_MISMATCH,
         "fc1.weight must have shape (1, 5)"},
        {WEIGHT("<f8", 1, {5}), BIAS("<f8", 1, {1}), 1, ERR_MISMATCH,
         "fc1.weight must have shape (1, 5)"},
        {WEIGHT("<f8", 2, {1, 5}), BIAS("<f8", 1, {2}), 1, ERR_MISMATCH,
         "fc1.bias must have shape (1,)"},
        {WEIGHT("<f8", 2, {1, 5}), BIAS("<f8", 0, {0}), 1, ERR_MISMATCH, "fc1.bias must have"},
        {WEIGHT("<f8", 2, {1, 5}), BIAS("<f8", 1, {1}), (double)NAN, ERR_DATA, "fc1.weight holds"},
        {WEIGHT("<f8", 2, {1, 5}), BIAS("<f8", 1, {1}), -1e300, ERR_DATA,
         "fc1.weight holds NaN or"},
        {WEIGHT("<f8", 2, {1, 5}), &(struct member){"bias", "<f8", 1, {1}}, 1, ERR_NOTFOUND,
         "fc1.bias"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        make_foreign(bad[i].w, bad[i].b, bad[i].spoiled);
        error_clear(&e);
        check_refused(model_read_weights(path, &net, params, &e), bad[i].code, &e, bad[i].what);
        assert_non_null(strstr(e.text, "foreign.npz"));
    }
    mem_free(params);
}

// The weights of a deeper network whose first layers happen to fit are not this network's.
static void a_deeper_model_is_refused(void **state)
{
    (void)state;
    struct net deep, flat;
    struct error e = {0};
    const struct opt_sizes one = {.count = 1, .value = {1}};
    float *d = make_net(&deep, &one, 1, TASK_BINARY), *f = make_net(&flat, &none, 1, TASK_BINARY);
    CHECK_OK(model_write_npz(test_path("deep.npz"), &deep, d, &meta, NULL, &e), e);
    check_refused(model_read_weights(test_path("deep.npz"), &flat, f, &e), ERR_MISMATCH, &e,
                  "fc2.weight");
    mem_free(d);
    mem_free(f);
}

// Five features and the classes of each task.
#define FIT "a,b,c,y,k,z\n1,2,red,no,u,0.5\n3,,blue,yes,v,1.5\n5,6,green,no,w,2.5\n"

static void make_prep(struct prep *p, const char *target)
{
    const struct prep_rules rules = {
        .target = target,
        .features = "a,b,c",
        .encode = "c=onehot",
        .scale = "standard",
    };
    test_prep(p, FIT, &rules);
    assert_int_equal(p->features, 5);
}

static char *text_of(const struct prep *p)
{
    json_t *root = prep_to_json(p);
    char *text = json_dumps(root, 0);
    json_decref(root);
    assert_non_null(text);
    return text;
}

static void the_preparation_comes_back(void **state)
{
    (void)state;
    static const struct {
        const char *target;
        size_t outputs;
        enum net_task task;
    } kinds[] = {{"y", 1, TASK_BINARY}, {"k", 3, TASK_MULTICLASS}, {NULL, 2, TASK_REGRESSION}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct net net;
        struct prep prep;
        struct model back;
        struct error e = {0};
        struct buf with, file;
        float *params = make_net(&net, &two, kinds[i].outputs, kinds[i].task);
        make_prep(&prep, kinds[i].target);
        CHECK_OK(model_check_prep(&net, &prep, "p", &e), e);
        CHECK_OK(model_write_npz(test_path("p.npz"), &net, params, &meta, &prep, &e), e);
        CHECK_OK(model_read_npz(&back, test_path("p.npz"), &e), e);
        assert_non_null(back.prep);
        char *wrote = text_of(&prep), *read = text_of(back.prep);
        assert_string_equal(wrote, read);
        check_bits(back.params, params, net.size, "weights");
        free(wrote);
        free(read);
        model_clear(&back);
        // The member is what prep.json is.
        struct npz z;
        buf_init(&with, 1 << 20);
        buf_init(&file, 1 << 20);
        CHECK_OK(prep_text(&prep, &file, &e), e);
        CHECK_OK(npz_open(&z, test_path("p.npz"), &e), e);
        CHECK_OK(npz_read_bytes(&z, "prep.json", &with, &e), e);
        assert_string_equal(with.data, file.data);
        npz_close(&z);
        buf_clear(&with);
        buf_clear(&file);
        CHECK_OK(model_write_npz(test_path("p.npz"), &net, params, &meta, NULL, &e), e);
        CHECK_OK(model_read_npz(&back, test_path("p.npz"), &e), e);
        assert_null(back.prep);
        model_clear(&back);
        prep_clear(&prep);
        mem_free(params);
    }
}

static void other_preparations_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *target;
        size_t outputs;
        enum net_task task;
        const char *what;
    } bad[] = {
        {"y", 3, TASK_MULTICLASS, "its target 'y' is for a binary task, but this is a multiclass"},
        {"y", 1, TASK_REGRESSION, "its target 'y' is for a binary task, but this is a regression"},
        {"k", 1, TASK_BINARY, "its target 'k' is for a multiclass task, but this is a binary"},
        {"k", 4, TASK_MULTICLASS, "its target 'k' wants 3 outputs, but the network has 4"},
        {"z", 2, TASK_REGRESSION, "its target 'z' wants 1 outputs, but the network has 2"},
    };
    struct prep prep;
    struct net net;
    struct model back;
    struct error e = {0};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        float *params = make_net(&net, &none, bad[i].outputs, bad[i].task);
        make_prep(&prep, bad[i].target);
        error_clear(&e);
        check_refused(model_check_prep(&net, &prep, "p.json", &e), ERR_MISMATCH, &e, bad[i].what);
        assert_non_null(strstr(e.text, "p.json: "));
        // Written all the same, it is refused when it is read.
        error_clear(&e);
        CHECK_OK(model_write_npz(test_path("bad.npz"), &net, params, &meta, &prep, &e), e);
        check_refused(model_read_npz(&back, test_path("bad.npz"), &e), ERR_MISMATCH, &e,
                      "bad.npz: prep.json: its target");
        assert_true(back.params == NULL && back.prep == NULL);
        prep_clear(&prep);
        mem_free(params);
    }
    float *params = make_net(&net, &none, 1, TASK_BINARY);
    make_prep(&prep, "y");
    net.inputs = 4;
    error_clear(&e);
    check_refused(model_check_prep(&net, &prep, "p.json", &e), ERR_MISMATCH, &e,
                  "makes 5 features of a row, but the network takes 4");
    net.inputs = 5;
    prep.target.classes = 1;
    error_clear(&e);
    check_refused(model_check_prep(&net, &prep, "p.json", &e), ERR_MISMATCH, &e,
                  "has 1 classes for a binary task");
    prep.target.classes = 2;
    prep_clear(&prep);
    mem_free(params);
}

struct job {
    struct net net;
    struct prep *prep;
    struct model model;
    float *params, *back;
    int what;
};

static int do_job(void *context, struct error *e)
{
    struct job *j = context;
    switch (j->what) {
    case 0:
        return model_write_npz(test_path("f.npz"), &j->net, j->params, &meta, j->prep, e);
    case 1:
        return model_write_pth(test_path("f.pth"), &j->net, j->params, e);
    case 2:
        return model_read_weights(test_path("f.npz"), &j->net, j->back, e);
    default:
        if (model_read_npz(&j->model, test_path("f.npz"), e) != 0)
            return e->code;
        assert_non_null(j->model.prep);
        model_clear(&j->model);
        return 0;
    }
}

static void survives_faults(void **state)
{
    (void)state;
    struct job j;
    j.params = make_net(&j.net, &two, 1, TASK_BINARY);
    j.back = mem_aligned(j.net.size, sizeof *j.back);
    struct prep prep;
    make_prep(&prep, "y");
    j.prep = &prep;
    for (j.what = 0; j.what < 4; j.what++) {
        assert_true(check_failing_memory(do_job, &j) >= 4);
        const char *path = test_path(j.what ? "f.pth" : "f.npz");
        long n = 1;
        for (; j.what < 2; n++) {
            struct error e = {0};
            assert_int_equal(file_write_all(path, "old", 3, &e), 0);
            file_fail_at(n);
            const int rc = do_job(&j, &e);
            file_fail_at(0);
            if (rc == 0)
                break;
            struct buf b;
            buf_init(&b, 10);
            check_refused(rc, ERR_IO, &e, path);
            error_clear(&e);
            CHECK_OK(file_read_all(path, 10, &b, &e), e);
            assert_string_equal(b.data, "old");
            buf_clear(&b);
        }
        assert_true(j.what >= 2 || n >= 5);
    }
    check_bits(j.back, j.params, j.net.size, "after faults");
    prep_clear(&prep);
    mem_free(j.params);
    mem_free(j.back);
}

// jansson drops what it has no memory for: a single failure must not end in a file that lacks
// something and a status that says all is well.
static void one_failed_allocation_is_noticed(void **state)
{
    (void)state;
    struct net net;
    float *params = make_net(&net, &two, 1, TASK_BINARY);
    struct prep prep;
    make_prep(&prep, "y");
    struct buf whole, some;
    buf_init(&whole, 1 << 20);
    buf_init(&some, 1 << 20);
    json_set_alloc_funcs(mem_alloc, mem_free);
    assert_int_equal(model_write_npz(test_path("m.npz"), &net, params, &meta, &prep, NULL), 0);
    assert_int_equal(file_read_all(test_path("m.npz"), 1 << 20, &whole, NULL), 0);
    long failed = 0, n = 0, calls;
    do {
        mem_fail_at(-++n);
        struct error e = {0};
        const int rc = model_write_npz(test_path("m.npz"), &net, params, &meta, &prep, &e);
        calls = mem_fail_at(0);
        failed += rc != 0;
        if (rc)
            continue;
        some.len = 0;
        assert_int_equal(file_read_all(test_path("m.npz"), 1 << 20, &some, NULL), 0);
        if (some.len != whole.len || memcmp(some.data, whole.data, some.len) != 0)
            fail_msg("allocation %ld of %ld failed, the status is 0 and the file differs", n,
                     calls);
    } while (n <= calls); // until the n-th is one too many
    assert_true(failed > 20);
    json_set_alloc_funcs(malloc, free);
    prep_clear(&prep);
    buf_clear(&whole);
    buf_clear(&some);
    mem_free(params);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_come_back),
        cmocka_unit_test(bytes_do_not_change),
        cmocka_unit_test(one_failed_allocation_is_noticed),
        cmocka_unit_test(meta_says_what_prediction_needs),
        cmocka_unit_test(foreign_weights_are_checked),
        cmocka_unit_test(a_deeper_model_is_refused),
        cmocka_unit_test(the_preparation_comes_back),
        cmocka_unit_test(other_preparations_are_refused),
        cmocka_unit_test(survives_faults),
    };
    return cmocka_run_group_tests(tests, test_folder_make, test_folder_remove);
}
