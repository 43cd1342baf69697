// SPDX-License-Identifier: MIT
// Requests: types in and out, CSV with and without a preparation, the same numbers as skiff predict
// to the byte, as many rows as came, what is refused and how, several callers at once, faults of
// memory.
#include "serve_testing.h"

#include "io/npz.h"

#include <pthread.h>

#define BARE_FIT  "0,1.5,2,7\n1,2.5,1,6\n0,0.25,9,7\n1,1.75,3,1\n"
#define THREE_FIT "x,z,y\n1,2,u\n2,3,\"v \"\"w\"\"\"\n3,1,t\n4,5,u\n"

static const struct net_spec binary = {.inputs = 3, .outputs = 1, .task = TASK_BINARY};
static const struct net_spec three = {.outputs = 3, .task = TASK_MULTICLASS};
static const struct net_spec four = {.inputs = 3, .outputs = 4, .task = TASK_MULTICLASS};
static const struct net_spec two = {.inputs = 3, .outputs = 2, .task = TASK_REGRESSION};

static int make_models(void **state)
{
    static const struct prep_rules classes = {.target = "y"};
    static const struct prep_rules bare = {.target = "c1", .features = "c2,c3"};
    struct prep prep;
    if (test_folder_make(state))
        return -1;
    test_prep_people(&prep);
    serve_model("raw.npz", &binary, &prep);
    prep_clear(&prep);
    test_prep(&prep, BARE_FIT, &bare);
    serve_model("bare.npz", &binary, &prep);
    prep_clear(&prep);
    test_prep(&prep, THREE_FIT, &classes);
    serve_model("three.npz", &three, &prep);
    prep_clear(&prep);
    serve_model("plain.npz", &binary, NULL);
    serve_model("four.npz", &four, NULL);
    serve_model("two.npz", &two, NULL);
    return 0;
}

// ---- the same numbers as skiff predict ----

#define ROWS ((size_t)20000) // more than a batch

static const char header[] = "old,nome,kind,extra,size\n"; // no id, which predict would repeat

// With names in another order and columns that are not wanted, or as the preparation has them.
static void put_raw_rows(struct buf *text, bool named)
{
    static const char *const kinds[] = {"red", "\"blue\"", "green", "grey", "", "NA"};
    static const char *const olds[] = {"True", "False", "", "true"};
    uint32_t seed = 5;
    for (size_t i = 0; i < ROWS; i++) {
        const char *kind = kinds[test_random(&seed) % 6], *old = olds[test_random(&seed) % 4];
        char size[32] = "";
        if (test_random(&seed) % 9)
            snprintf(size, sizeof size, "%.7g", (double)(5 * test_float(&seed)));
        if (named)
            buf_printf(text, "%s,\"n,%zu\",%s,7,%s\n", old, i, kind, size);
        else
            buf_printf(text, "%s,%s,%s\n", size, kind, old);
    }
}

static void columns_by_name_or_in_order(void **state)
{
    (void)state;
    struct buf named, bare, want;
    buf_init(&named, 1 << 24);
    buf_init(&bare, 1 << 24);
    buf_puts(&named, header);
    put_raw_rows(&named, true);
    put_raw_rows(&bare, false);
    write_text("d.csv", named.data);
    predicted("raw.npz", "d.csv", 0, 1, &want);
    struct invoker *v = serve_open("raw.npz", NULL);
    check_answer(v, &(struct question){"text/csv", NULL, named.data, 0}, want.data);
    check_answer(v, &(struct question){NULL, "text/csv", bare.data, 0}, want.data);
    bare.data[--bare.len] = '\0'; // as the SDK sends it: no final newline
    check_answer(v, &(struct question){"TEXT/CSV; charset=utf-8", "*/*", bare.data, 0}, want.data);
    invoker_close(v);
    buf_clear(&named);
    buf_clear(&bare);
    buf_clear(&want);
}

// Features as arrays to skiff predict, as text to a model without a preparation.
static void compare_plain(const char *model, size_t first, size_t drop)
{
    struct error e = {0};
    struct buf text, want;
    uint32_t seed = 9;
    const uint64_t shape[] = {ROWS, 3};
    float *X = mem_array(ROWS * 3, sizeof *X);
    buf_init(&text, 1 << 24);
    for (size_t i = 0; i < ROWS * 3; i++) {
        X[i] = 3 * test_float(&seed);
        buf_printf(&text, i % 3 == 1 ? "\"%.9g\"%s" : " %.9g%s", (double)X[i],
                   i % 3 == 2 ? "\r\n" : ",");
    }
    struct npz_writer *w = npz_writer_begin(test_path("X.npz"), &e);
    CHECK_OK(npz_writer_add(w, &(struct npz_values){"X", "<f4", 2, shape, X}, &e), e);
    CHECK_OK(npz_writer_commit(w, &e), e);
    predicted(model, "X.npz", first, drop, &want);
    struct invoker *v = serve_open(model, &(struct invoker_spec){.run.threads = 3});
    check_answer(v, &(struct question){"text/csv; label_size=0", NULL, text.data, 0}, want.data);
    invoker_close(v);
    mem_free(X);
    buf_clear(&text);
    buf_clear(&want);
}

static void features_as_numbers(void **state)
{
    (void)state;
    compare_plain("plain.npz", 0, 1);
    compare_plain("four.npz", 1, 0);
    compare_plain("two.npz", 0, 0);
}

// ---- answers ----

// The n-th number behind `from`, as text.
static const char *number_at(const char *from, size_t n)
{
    static char text[64];
    for (;; from++) {
        from += strcspn(from, "-0123456789");
        const size_t len = strspn(from, "-+.e0123456789");
        if (n-- == 0) {
            snprintf(text, sizeof text, "%.*s", (int)len, from);
            return text;
        }
        from += len;
    }
}

static void answers_of_all_types(void **state)
{
    (void)state;
    struct invoker *v = serve_open("three.npz", NULL);
    struct reply r;
    char p[2][3][64], want[2048];
    const char *const label[] = {"t", "u", "v \\\"w\\\""};
    ask(v, &(struct question){NULL, NULL, "1,2\n-30,4", 0}, &r);
    size_t best[2] = {0, 0};
    for (size_t i = 0; i < 6; i++) {
        snprintf(p[i / 3][i % 3], 64, "%s", number_at(r.body.data, i));
        if (strtod(p[i / 3][i % 3], NULL) > strtod(p[i / 3][best[i / 3]], NULL))
            best[i / 3] = i % 3;
    }
    buf_clear(&r.body);
    snprintf(want, sizeof want, "%s,%s,%s\n%s,%s,%s", p[0][0], p[0][1], p[0][2], p[1][0], p[1][1],
             p[1][2]);
    check_answer(v, &(struct question){NULL, NULL, "1,2\n-30,4\n", 0}, want);
    snprintf(want, sizeof want,
             "{\"predictions\": [{\"score\": [%s, %s, %s], \"predicted_label\": \"%s\"}, "
             "{\"score\": [%s, %s, %s], \"predicted_label\": \"%s\"}]}",
             p[0][0], p[0][1], p[0][2], label[best[0]], p[1][0], p[1][1], p[1][2], label[best[1]]);
    check_answer(v, &(struct question){NULL, "application/json", "1,2\n-30,4\n", 0}, want);
    snprintf(want, sizeof want,
             "{\"score\": [%s, %s, %s], \"predicted_label\": \"%s\"}\n"
             "{\"score\": [%s, %s, %s], \"predicted_label\": \"%s\"}\n",
             p[0][0], p[0][1], p[0][2], label[best[0]], p[1][0], p[1][1], p[1][2], label[best[1]]);
    check_answer(v, &(struct question){NULL, "application/jsonlines", "1,2\n-30,4\n", 0}, want);
    invoker_close(v);
}

// ---- what an answer says ----

static void chosen_output(void **state)
{
    (void)state;
    struct invoker *v = serve_open("plain.npz", &(struct invoker_spec){.batch = true});
    struct reply r;
    char p[64], q[64], want[512];
    ask(v, &(struct question){NULL, NULL, "1,2,3", 0}, &r);
    assert_int_equal(r.body.data[r.body.len - 1], '\n');
    snprintf(p, sizeof p, "%.*s", (int)r.body.len - 1, r.body.data);
    snprintf(q, sizeof q, "%.9g", (double)(float)(1 - (double)strtof(p, NULL)));
    buf_clear(&r.body);
    invoker_close(v);
    const double threshold = strtod(p, NULL) / 2;
    v = serve_open("plain.npz", &(struct invoker_spec){
                                    .threshold_given = true,
                                    .threshold = threshold,
                                    .output = "probabilities, predicted_label,predicted_score,"
                                              "labels,raw_score"});
    snprintf(want, sizeof want, "\"[%s, %s]\",1,nan,\"[0, 1]\",%s", q, p, p);
    check_answer(v, &(struct question){NULL, NULL, "1,2,3", 0}, want);
    snprintf(want, sizeof want,
             "{\"probabilities\": [%s, %s], \"predicted_label\": 1, \"predicted_score\": null, "
             "\"labels\": [0, 1], \"raw_score\": %s}\n",
             q, p, p);
    check_answer(v, &(struct question){NULL, "application/jsonlines", "1,2,3", 0}, want);
    invoker_close(v);
    v = serve_open("plain.npz", &(struct invoker_spec){.threshold_given = true,
                                                       .threshold = 1,
                                                       .accept = "application/json"});
    snprintf(want, sizeof want, "{\"predictions\": [{\"score\": %s, \"predicted_label\": 0}]}", p);
    check_answer(v, &(struct question){NULL, "*/*", "1,2,3", 0}, want);
    check_answer(v, &(struct question){NULL, "text/html, text/csv", "x,y,z\n", 0}, "");
    static const char first[] = "application/json;q=0.5 , text/csv ; charset=utf-8; q=0.75";
    check_answer(v, &(struct question){NULL, first, "1,2,3", 0}, p);
    check_answer(v, &(struct question){NULL, "text/csv;q=0, */*", "1,2,3", 0}, want);
    check_answer(v, &(struct question){NULL, "Text/*, application/json", "1,2,3", 0}, p);
    check_refusal(v, &(struct question){NULL, "text/csv;q=0", "1,2,3", 0}, 406, "not known");
    invoker_close(v);
}

static void regression_has_no_label(void **state)
{
    (void)state;
    struct reply r;
    struct invoker *v = serve_open("two.npz", NULL);
    ask(v, &(struct question){NULL, "application/json", "1,2,3\n", 0}, &r);
    assert_int_equal(strncmp(r.body.data, "{\"predictions\": [{\"score\": [", 27), 0);
    assert_null(strstr(r.body.data, "label"));
    buf_clear(&r.body);
    invoker_close(v);
}

static void first_line_of_names(void **state)
{
    (void)state;
    struct invoker *v = serve_open("plain.npz", NULL);
    struct buf want;
    struct reply r;
    ask(v, &(struct question){NULL, NULL, "1,2,3", 0}, &r);
    want = r.body;
    check_answer(v, &(struct question){NULL, NULL, "a,b,c\n1,2,3\n", 0}, want.data);
    check_answer(v, &(struct question){NULL, NULL, "\"a\",b,b\n1,2,3\n", 0}, want.data);
    check_answer(v, &(struct question){NULL, NULL, "a,b,c", 0}, "");
    check_answer(v, &(struct question){NULL, NULL, "1;2;3", 0}, want.data);
    check_refusal(v, &(struct question){NULL, NULL, "a,b,3\n1,2,3\n", 0}, 400, "row 1, column 1");
    check_refusal(v, &(struct question){NULL, NULL, "a,b,\n1,2,3\n", 0}, 400, "row 1, column 1");
    invoker_close(v);
    buf_clear(&want);
}

// A table without names: its columns are c1, c2, ... of which the first is the target here.
static void columns_without_names(void **state)
{
    (void)state;
    struct invoker *v = serve_open("bare.npz", NULL);
    struct reply r;
    ask(v, &(struct question){NULL, NULL, "1.5,2\n-3,4", 0}, &r);
    assert_int_equal(r.status, 200);
    check_answer(v, &(struct question){NULL, NULL, "0,1.5,2,8\n1,-3,4,9\n", 0}, r.body.data);
    check_answer(v, &(struct question){NULL, NULL, "c3,c2\n2,1.5\n4,-3\n", 0}, r.body.data);
    buf_clear(&r.body);
    check_refusal(v, &(struct question){NULL, NULL, "1.5\n", 0}, 400, "1 columns in row 1");
    invoker_close(v);
}

// ---- what is refused ----

// Of columns that are numbers, as many as features, a body without names could hold either, unless
// it is the same.
static void numbers_that_may_be_columns(void **state)
{
    (void)state;
    static const struct net_spec like = {.outputs = 1, .task = TASK_BINARY};
    static const char *const scales[] = {"none", "standard"};
    static const char *const types[] = {"text/libsvm", "application/x-npy", "application/x-npz",
                                        "application/x-recordio-protobuf"};
    for (size_t i = 0; i < 2; i++) {
        const struct prep_rules bare = {.target = "c1", .features = "c2,c3", .scale = scales[i]};
        struct prep prep;
        struct reply columns;
        test_prep(&prep, BARE_FIT, &bare);
        serve_model("either.npz", &like, &prep);
        prep_clear(&prep);
        struct invoker *v = serve_open("either.npz", NULL);
        ask(v, &(struct question){"text/csv", NULL, "1.5,2\n", 0}, &columns);
        assert_int_equal(columns.status, 200);
        if (i == 0)
            check_answer(v, &(struct question){types[0], NULL, "0:1.5 1:2\n", 0},
                         columns.body.data);
        for (size_t k = 0; i == 1 && k < sizeof types / sizeof *types; k++)
            check_refusal(v, &(struct question){types[k], NULL, "0:1.5 1:2\n", 0}, 400,
                          "columns, or features?");
        buf_clear(&columns.body);
        invoker_close(v);
    }
}

static void bodies_that_are_refused(void **state)
{
    (void)state;
    struct invoker *v = serve_open("plain.npz", NULL), *raw = serve_open("raw.npz", NULL);
    struct reply r;
    static const struct {
        const char *body, *what;
    } plain[] = {
        {"1,2", "2 columns in row 1, expected 3"},
        {"1,2,3,4\n", "4 columns in row 1, expected 3"},
        {"1,2,3\n1,2\n", "body:2: 2 fields where the first record has 3"},
        {"a,b,c\n1,2,3\n1,,3\n", "row 2, column 2: no value"},
        {"1,2,NA\n", "row 1, column 3: no value"},
        {"1,2,3\n1,2,inf\n", "row 2, column 3: 'inf' is not a finite number"},
        {"1,2,1e39\n", "row 1, column 3: '1e39' is not a finite number"},
        {"1,2,\"x\"\n", "row 1, column 3: '\"x\"' is not"},
        {"1,2,\"3\n", "quote"},
        {"\x1f\x8b...", "compressed"},
    };
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        check_refusal(v, &(struct question){"text/csv", NULL, plain[i].body, 0}, 400,
                      plain[i].what);
    static const struct {
        const char *body, *what;
    } columns[] = {
        {"1.5,red", "2 columns in row 1, expected the 3 of the features, in this order: "
                    "size,kind,old;"},
        {"1.5,red,True,no\n", "4 columns in row 1, expected the 3"},
        {"size,kind,Old\n1,red,True\n", "no column 'old', which the preparation needs; is it"},
        {"1,red,True\nmany,red,True\n", "body:2: column 'size': 'many' is not a number"},
    };
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        check_refusal(raw, &(struct question){"text/csv", NULL, columns[i].body, 0}, 400,
                      columns[i].what);
    check_refusal(v, &(struct question){"text/html", NULL, "1,2,3", 0}, 415, "application/json");
    check_refusal(v, &(struct question){"application/x-www-form-urlencoded", NULL, "1,2,3", 0}, 415,
                  "-H 'Content-Type: text/csv'");
    check_refusal(v, &(struct question){NULL, "text/html;q=1, image/*", "1,2,3", 0}, 406,
                  "text/csv");
    for (size_t i = 0; i < 3; i++) {
        const char *const blank[] = {"", "\n", " \r\n\t"};
        ask(v, &(struct question){NULL, NULL, blank[i], 0}, &r);
        assert_int_equal(r.status, 204);
        assert_null(r.type);
        assert_int_equal(r.body.len, 0);
    }
    invoker_close(v);
    invoker_close(raw);
}

static int ask_within(struct invoker *v, const struct buf *rows, double seconds)
{
    const struct invocation in = {
        .body = (const unsigned char *)rows->data, .size = rows->len, .seconds = seconds};
    struct reply r;
    invoke(v, &in, &r);
    const bool told = r.status == 200 || strstr(r.body.data, "rows were predicted, and there are");
    buf_clear(&r.body);
    return told ? r.status : -r.status;
}

// A batch is predicted whatever the time; more are not begun when it is over.
static void too_long_a_prediction(void **state)
{
    (void)state;
    struct invoker *v = serve_open("plain.npz", NULL);
    struct buf rows;
    buf_init(&rows, 1 << 20);
    buf_puts(&rows, "1,2,3\n");
    assert_int_equal(ask_within(v, &rows, 1e-9), 200);
    for (size_t i = 0; i < ROWS; i++)
        buf_puts(&rows, "1,2,3\n");
    assert_int_equal(ask_within(v, &rows, 1e-9), 503);
    assert_int_equal(ask_within(v, &rows, 3600), 200);
    buf_clear(&rows);
    invoker_close(v);
}

static void words_that_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *model;
        struct invoker_spec spec;
        int code;
        const char *what;
    } bad[] = {
        {"none.npz", {.workers = 1}, ERR_IO, "none.npz"},
        {"plain.npz", {.accept = "text/html"}, ERR_UNSUPPORTED, "text/html"},
        {"plain.npz", {.output = "labels,probabilty"}, ERR_USAGE, "is it 'probability'"},
        {"plain.npz", {.output = "labels,labels"}, ERR_USAGE, "twice"},
        {"two.npz", {.threshold_given = true}, ERR_USAGE, "threshold"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct error e = {0};
        struct invoker_spec spec = bad[i].spec;
        spec.run.model = test_path(bad[i].model);
        assert_null(invoker_open(&spec, &e));
        check_refused(e.code, bad[i].code, &e, bad[i].what);
    }
}

// ---- several callers ----

#define CALLERS 6

struct caller {
    struct invoker *v;
    const char *body, *want;
    bool good;
    pthread_t thread;
};

static void *call_again(void *context)
{
    struct caller *c = context;
    c->good = true;
    for (size_t i = 0; i < 50; i++) {
        struct reply r;
        ask(c->v, &(struct question){NULL, NULL, c->body, 0}, &r);
        c->good = c->good && r.status == 200 && strcmp(r.body.data, c->want) == 0;
        buf_clear(&r.body);
    }
    return NULL;
}

static void more_callers_than_workers(void **state)
{
    (void)state;
    struct invoker *v = serve_open("plain.npz", &(struct invoker_spec){.workers = 2});
    struct caller caller[CALLERS];
    struct buf body[CALLERS];
    struct reply alone[CALLERS];
    for (size_t i = 0; i < CALLERS; i++) {
        buf_init(&body[i], 1 << 20);
        for (size_t k = 0; k < 40 * i + 1; k++)
            buf_printf(&body[i], "%zu,%zu,-1\n", i, k);
        ask(v, &(struct question){NULL, NULL, body[i].data, 0}, &alone[i]);
        assert_int_equal(alone[i].status, 200);
    }
    for (size_t i = 0; i < CALLERS; i++) {
        caller[i] = (struct caller){.v = v, .body = body[i].data, .want = alone[i].body.data};
        assert_int_equal(pthread_create(&caller[i].thread, NULL, call_again, &caller[i]), 0);
    }
    for (size_t i = 0; i < CALLERS; i++) {
        pthread_join(caller[i].thread, NULL);
        assert_true(caller[i].good);
        buf_clear(&body[i]);
        buf_clear(&alone[i].body);
    }
    invoker_close(v);
}

// ---- memory ----

static int open_and_close(void *context, struct error *e)
{
    struct invoker *v = invoker_open(context, e);
    invoker_close(v);
    return v ? 0 : error_code(e);
}

static void failing_memory(void **state)
{
    (void)state;
    const struct invoker_spec spec = {.run.model = test_path("three.npz"), .workers = 2};
    assert_true(check_failing_memory(open_and_close, (void *)&spec) > 20);
    struct invoker *v = serve_open("raw.npz", NULL);
    check_failing_answer(
        v, &(struct question){NULL, NULL, "old,kind,size\nTrue,\"red\",1.5\nFalse,,\n", 0});
    check_failing_answer(v, &(struct question){NULL, "application/json", "1,red,True\n", 0});
    invoker_close(v);
    v = serve_open("plain.npz", NULL);
    check_failing_answer(v, &(struct question){NULL, NULL, "1,2,3\n4,5,6\n", 0});
    invoker_close(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_without_names),  cmocka_unit_test(columns_by_name_or_in_order),
        cmocka_unit_test(features_as_numbers),    cmocka_unit_test(answers_of_all_types),
        cmocka_unit_test(chosen_output),          cmocka_unit_test(regression_has_no_label),
        cmocka_unit_test(first_line_of_names),    cmocka_unit_test(bodies_that_are_refused),
        cmocka_unit_test(words_that_are_refused), cmocka_unit_test(more_callers_than_workers),
        cmocka_unit_test(failing_memory),         cmocka_unit_test(numbers_that_may_be_columns),
        cmocka_unit_test(too_long_a_prediction),
    };
    return cmocka_run_group_tests(tests, make_models, test_folder_remove);
}
