// SPDX-License-Identifier: MIT
// A fitted preparation on other rows: the frame's path and the file's path give the same bits on
// random tables, and refuse the same, each naming its place.
#include "fitted_testing.h"

#include "table/frame_column.h"

#include <float.h>

// ---- random tables, twice ----

static const char *const words[] = {
    "red", "green", "a colour of many letters", "a, b", "say \"hi\"", "NA", "", "blue", "7", " x"};

static void put_field(struct buf *text, const char *word)
{
    if (!strpbrk(word, ",\"") && *word) {
        buf_puts(text, word);
        return;
    }
    buf_puts(text, "\"");
    for (; *word; word++)
        buf_printf(text, *word == '"' ? "\"\"" : "%c", *word);
    buf_puts(text, "\"");
}

static void put_row(struct buf *text, uint32_t *random)
{
    static const char *const truths[] = {"True", "FALSE", "true", "", "False"};
    static const char *const numbers[] = {"", " 5 ", "\"-2.5\"", "1e3", "+.5", "nan", "0x1"};
    const uint32_t kind = test_random(random) % 12;
    if (kind < 6)
        buf_puts(text, numbers[kind]);
    else
        buf_printf(text, "%.5g", (double)test_float(random) * 100);
    buf_printf(text, ",%u,", test_random(random) % 6);
    put_field(text, words[test_random(random) % (sizeof words / sizeof *words)]);
    buf_puts(text, ",");
    put_field(text, words[test_random(random) % 5]);
    buf_printf(text, ",%s,", truths[test_random(random) % 5]);
    buf_printf(text, "%s\n", test_random(random) % 2 ? "yes" : "no");
}

static void make_text(struct buf *text, size_t rows, uint32_t *random)
{
    buf_init(text, 1 << 24);
    buf_puts(text, "n,k,w,v,b,y\n");
    for (size_t i = 0; i < rows; i++)
        put_row(text, random);
}

static const struct prep_rules random_rules[] = {
    {.target = "y", .features = "n,k,w,v,b"},
    {.target = "y", .features = "b,v,w,k,n", .encode = "onehot,k=onehot,b=label"},
    {.target = "y", .features = "w,n", .scale = "minmax,w=robust", .encode = "w=onehot"},
    {.target = "y", .features = "n,v", .clip = "0.1:0.9", .unseen = "v=zero", .scale = "robust"},
    {.target = "y", .features = "k,n", .fill = "n=3,k=2", .encode = "k=5<3<1<0<2<4", .log1p = ""},
};

static void same_bits(void **state)
{
    (void)state;
    uint32_t random = 7;
    for (size_t round = 0; round < 60; round++) {
        const struct prep_rules *rules = &random_rules[round % 5];
        const size_t rows = 20 + test_random(&random) % (round % 10 ? 200 : 6000);
        struct fitted f;
        struct buf text;
        struct error e = {0};
        struct prep_counts frame_counts;
        struct reading r;
        make_text(&text, rows, &random);
        // fitted on a part, so that there are categories not met before
        CHECK_OK(fit_text(&f, text.data, rules, rows / 2, &e), e);
        const size_t n = f.prep.features;
        const struct prep_rows all = {.frame = &f.frame, .rows = rows};
        double *D = mem_array(rows * n, sizeof *D), *labels = mem_array(rows, sizeof *labels);
        CHECK_OK(prep_counts_init(&frame_counts, &f.prep, &e), e);
        CHECK_OK(prep_transform(&f.prep, &all, D, &frame_counts, &e), e);
        CHECK_OK(prep_labels(&f.prep, &all, labels, &e), e);
        CHECK_OK(read_text(&f.prep, text.data, true, &r, &e), e);
        assert_int_equal(r.counts.rows, rows);
        for (size_t i = 0; i < rows * n; i++) {
            const float want = (float)D[i];
            check_bits(&r.X[i], &want, 1, "frame and reader");
        }
        for (size_t i = 0; i < rows; i++)
            assert_true(r.y[i] == (float)labels[i]);
        for (size_t i = 0; i < f.prep.columns; i++) {
            assert_int_equal(r.counts.missing[i], frame_counts.missing[i]);
            assert_int_equal(r.counts.unseen[i], frame_counts.unseen[i]);
        }
        prep_counts_add(&r.counts, &frame_counts, &f.prep);
        assert_int_equal(r.counts.rows, 2 * rows);
        assert_int_equal(r.counts.missing[0], 2 * frame_counts.missing[0]);
        prep_counts_clear(&frame_counts);
        reading_clear(&r);
        mem_free(D);
        mem_free(labels);
        buf_clear(&text);
        fitted_clear(&f);
    }
}

// ---- by hand ----

static const char fit_on[] = "n,w,b,y\n1,a,True,no\n3,b,False,yes\n,c,True,no\n2,a,,yes\n";

static void check_reader(const struct prep_rules *rules, const char *text, const float *X,
                         const size_t *missing, const size_t *unseen)
{
    struct fitted f;
    struct error e = {0};
    struct reading r;
    CHECK_OK(fit_text(&f, fit_on, rules, 0, &e), e);
    CHECK_OK(read_text(&f.prep, text, false, &r, &e), e);
    check_bits(r.X, X, r.counts.rows * f.prep.features, text);
    for (size_t i = 0; i < f.prep.columns; i++) {
        assert_int_equal(r.counts.missing[i], missing[i]);
        assert_int_equal(r.counts.unseen[i], unseen[i]);
    }
    reading_clear(&r);
    fitted_clear(&f);
}

static void unseen_categories(void **state)
{
    (void)state;
    // other columns and another order do not matter
    static const char text[] = "extra,w,n\nq,d,1\n,,\nq,\"a\",4\n";
    static const size_t missing[] = {1, 1}, unseen[] = {0, 1};
    const struct prep_rules fill = {.features = "n,w", .scale = "none"};
    const struct prep_rules minus = {.features = "n,w", .scale = "none", .unseen = "zero"};
    const struct prep_rules hot = {.features = "n,w", .scale = "none", .encode = "onehot"};
    const struct prep_rules filled = {
        .features = "n,w", .scale = "none", .encode = "onehot", .unseen = "fill"};
    check_reader(&fill, text, (float[]){1, 0, 2, 0, 4, 0}, missing, unseen);
    check_reader(&minus, text, (float[]){1, -1, 2, 0, 4, 0}, missing, unseen);
    check_reader(&hot, text, (float[]){1, 0, 0, 0, 2, 1, 0, 0, 4, 1, 0, 0}, missing, unseen);
    check_reader(&filled, text, (float[]){1, 1, 0, 0, 2, 1, 0, 0, 4, 1, 0, 0}, missing, unseen);
}

// Numbers alone where the fit met words.
static void numbers_for_words(void **state)
{
    (void)state;
    static const struct {
        const char *fit, *text, *what; // NULL: nothing is wrong
    } cases[] = {
        {"w,n\nb,1\na,2\n", "w,n\n,1\n3.5,2\n1,2\n",
         "r.csv: column 'w': holds numbers, such as '3.5', but held text such as 'a' when"},
        {"w,n\nb,1\na,2\n", "w,n\n1,1\na,2\n", NULL},
        {"w,n\nb,1\na,2\n", "w,n\n1,1\n,2\n", NULL}, // a new category, perhaps
        {"w,n\nb,1\na,2\n", "w,n\n1,1\nc,2\n", NULL},
        {"w,n\nb,1\na,2\n", "w,n\n,1\nNA,2\n", NULL},
        {"w,n\nb,1\n7,2\n", "w,n\n8,1\n9,2\n", NULL}, // one of the words is a number
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fitted f;
        struct error e = {0};
        struct reading r;
        const struct prep_rules rules = {.features = "w,n"};
        CHECK_OK(fit_text(&f, cases[i].fit, &rules, 0, &e), e);
        CHECK_OK(read_text(&f.prep, cases[i].text, false, &r, &e), e);
        const int rc = prep_counts_check(&r.counts, &f.prep, "r.csv", &e);
        if (cases[i].what)
            check_refused(rc, ERR_MISMATCH, &e, cases[i].what);
        else
            CHECK_OK(rc, e);
        reading_clear(&r);
        fitted_clear(&f);
    }
}

static void refused_rows(void **state)
{
    (void)state;
    static const char features[] = "n,w,b";
    static const struct {
        struct prep_rules rules;
        const char *text;
        int code;
        const char *what;
    } cases[] = {
        {{0}, "n,w,b\n1,a,True\nx1,a,True\n", ERR_MISMATCH, "r.csv:3: column 'n': 'x1' is not a"},
        {{0}, "n,w,b\n1,a,1\n", ERR_MISMATCH, "r.csv:2: column 'b': '1' is neither True nor"},
        {{0}, "n,w,b\n\n1,a,\"a\nb\"\n", ERR_MISMATCH, "r.csv:3: column 'b': 'a?b'"},
        {{0}, "n,w,b\n\"a\nb\",a,True\ninf,a,True\n", ERR_MISMATCH, "r.csv:2: column 'n'"},
        {{0}, "n,w,b\n1,a,True\n-inf,a,True\n", ERR_DATA, "r.csv:3: column 'n': an infinite"},
        {{0}, "n,w,b\n1e300,a,True\n", ERR_DATA, "1e+300 is beyond what a float holds"},
        {{.clip = "0:1"}, "n,w,b\ninf,a,True\n", ERR_DATA, "r.csv:2: column 'n': an infinite"},
        {{.log1p = "n"}, "n,w,b\n-1,a,True\n", ERR_DATA, "-1, but log1p needs values above -1"},
        {{.unseen = "error"}, "n,w,b\n1,d,True\n", ERR_DATA, "'d' is a category that was not"},
        {{.unseen = "error", .encode = "n=label"},
         "n,w,b\n7,d,True\n",
         ERR_DATA,
         "'7' is a category that was not"},
        {{0}, "n,w\n1,a\n", ERR_MISMATCH, "r.csv: no column 'b', which the preparation needs"},
        // the first row that is refused, whichever column it is in
        {{.unseen = "error"},
         "n,w,b\n1,a,True\nx,d,True\nx,a,2\n",
         ERR_MISMATCH,
         "r.csv:3: column 'n'"},
        {{.unseen = "error"},
         "n,w,b\n1,a,True\n1,d,True\nx,a,2\n",
         ERR_DATA,
         "r.csv:3: column 'w'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fitted f;
        struct error e = {0};
        struct reading r;
        struct prep_rules rules = cases[i].rules;
        rules.features = features;
        CHECK_OK(fit_text(&f, fit_on, &rules, 0, &e), e);
        check_refused(read_text(&f.prep, cases[i].text, false, &r, &e), cases[i].code, &e,
                      cases[i].what);
        reading_clear(&r);
        fitted_clear(&f);
    }
}

// A fill that is an error: no row of the fit lacks a value, later ones may.
static void refused_missing(void **state)
{
    (void)state;
    static const char *const texts[] = {"n,w\n1,a\n,b\n", "n,w\n1,a\n2,\n"};
    for (size_t i = 0; i < 2; i++) {
        struct fitted f;
        struct error e = {0};
        struct reading r;
        const struct prep_rules rules = {.features = "n,w", .fill = "error"};
        CHECK_OK(fit_text(&f, "n,w\n1,a\n2,b\n", &rules, 0, &e), e);
        check_refused(read_text(&f.prep, texts[i], false, &r, &e), ERR_DATA, &e,
                      i ? "r.csv:3: column 'w': no value" : "r.csv:3: column 'n': no value");
        reading_clear(&r);
        fitted_clear(&f);
    }
}

static void refused_labels(void **state)
{
    (void)state;
    static const struct {
        const char *target, *text;
        int code;
        const char *what;
    } cases[] = {
        {"y", "n,y\n1,no\n1,maybe\n", ERR_DATA, "r.csv:3: column 'y': 'maybe' is none of the"},
        {"y", "n,y\n1,no\n1,\n", ERR_DATA, "r.csv:3: column 'y': the target has no value"},
        {"y", "n,z\n1,no\n", ERR_MISMATCH, "no column 'y'"},
        {"b", "n,b\n1,True\n1,x\n", ERR_MISMATCH, "'x' is neither True nor False"},
        {"b", "n,b\n1,NA\n1,x\n", ERR_DATA, "the target has no value"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fitted f;
        struct error e = {0};
        struct reading r;
        const struct prep_rules rules = {.features = "n", .target = cases[i].target};
        CHECK_OK(fit_text(&f, "n,b,y\n1,True,no\n2,False,yes\n", &rules, 0, &e), e);
        check_refused(read_text(&f.prep, cases[i].text, true, &r, &e), cases[i].code, &e,
                      cases[i].what);
        reading_clear(&r);
        fitted_clear(&f);
    }
}

// Amounts, numbered classes and no header.
static void labels(void **state)
{
    (void)state;
    struct fitted f;
    struct error e = {0};
    struct reading r;
    const struct prep_rules amounts = {
        .features = "x", .target = "y", .task = PREP_TASK_REGRESSION, .scale = "none"};
    CHECK_OK(fit_text(&f, "x,y\n1,2.5\n2,-1\n", &amounts, 0, &e), e);
    CHECK_OK(read_text(&f.prep, "y,x\n0.5,7\n1e3,8\n", true, &r, &e), e);
    check_bits(r.y, (float[]){0.5F, 1000}, 2, "amounts");
    check_bits(r.X, (float[]){7, 8}, 2, "features");
    reading_clear(&r);
    check_refused(read_text(&f.prep, "y,x\n1e300,8\n", true, &r, &e), ERR_DATA, &e,
                  "'1e300' is beyond what a float holds");
    reading_clear(&r);
    fitted_clear(&f);
    e = (struct error){0};
    const struct prep_rules classes = {.features = "c1", .target = "c2", .scale = "none"};
    CHECK_OK(fit_text(&f, "1,30\n2,5\n4,5\n", &classes, 0, &e), e);
    assert_false(f.prep.header);
    CHECK_OK(read_text(&f.prep, "9,5.0\n9,3e1\n", true, &r, &e), e);
    check_bits(r.y, (float[]){0, 1}, 2, "classes");
    reading_clear(&r);
    fitted_clear(&f);
}

static void misspelt_columns(void **state)
{
    (void)state;
    struct fitted f;
    struct error e = {0};
    struct reading r;
    CHECK_OK(fit_text(&f, "Age,Fare\n1,2\n2,3\n", &(struct prep_rules){0}, 0, &e), e);
    check_refused(read_text(&f.prep, "age,Fare\n1,2\n", false, &r, &e), ERR_MISMATCH, &e,
                  "r.csv: no column 'Age', which the preparation needs; is it 'age'?");
    const struct csv_options o = {.delimiter = ',', .header = CSV_HEADER_NO};
    struct csv c;
    e = (struct error){0};
    CHECK_OK(csv_open_memory(&c, "r.csv", "1,2\n", 4, &o, &e), e);
    assert_null(prep_reader_new(&f.prep, &c, false, &e));
    check_refused(e.code, ERR_MISMATCH, &e, "the file has no header");
    csv_close(&c);
    fitted_clear(&f);
}

// ---- other frames ----

static int transform_text(const struct prep *p, const char *text, struct error *e)
{
    struct frame g;
    int rc = frame_read_memory(&g, "g.csv", text, strlen(text), &(struct frame_options){0}, e);
    if (rc)
        return rc;
    const struct prep_rows rows = {.frame = &g, .rows = g.rows};
    double *X = mem_array(g.rows, p->features * sizeof *X), *y = mem_array(g.rows, sizeof *y);
    rc = X && y ? prep_transform(p, &rows, X, NULL, e) : error_nomem(e, "X");
    if (rc == 0)
        rc = prep_labels(p, &rows, y, e);
    mem_free(X);
    mem_free(y);
    frame_clear(&g);
    return rc;
}

static void other_frames(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int code;
        const char *what;
    } cases[] = {
        {"n,w,b,y\n1,a,True,no\n5,q,False,yes\n", 0, ""},
        {"n,w,b,y\n,,,no\n,,,no\n", 0, ""}, // nothing there: of no kind
        {"n,w,b,y\nx,a,True,no\n", ERR_MISMATCH, "column 'n': holds text, but held numbers"},
        {"n,w,y\n1,a,no\n", ERR_MISMATCH, "no column 'b'"},
        {"n,w,b,y\n1,a,True,no\ninf,a,True,no\n", ERR_DATA, "row 2: column 'n': an infinite"},
        {"n,w,b,y\n1,a,True,so\n", ERR_DATA, "row 1: column 'y': 'so' is none of the classes"},
        {"n,w,b,y\n1,a,True,no\n1,a,True,\n", ERR_DATA, "row 2: column 'y': the target has no"},
        {"n,w,b,y\n1,a,True,\n1,a,True,\n", ERR_DATA, "row 1: column 'y': the target has no"},
        {"n,w,b,y\n1,a,True,1\n", ERR_MISMATCH, "column 'y': holds numbers, but held text"},
    };
    struct fitted f;
    struct error e = {0};
    const struct prep_rules rules = {.features = "n,w,b", .target = "y"};
    CHECK_OK(fit_text(&f, fit_on, &rules, 0, &e), e);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        e = (struct error){0};
        const int rc = transform_text(&f.prep, cases[i].text, &e);
        if (cases[i].code)
            check_refused(rc, cases[i].code, &e, cases[i].what);
        else
            CHECK_OK(rc, e);
    }
    f.prep.column[0].clip[1] = 3; // an infinite value is refused, clipped or not
    e = (struct error){0};
    check_refused(transform_text(&f.prep, "n,w,b,y\ninf,a,True,no\n", &e), ERR_DATA, &e,
                  "row 1: column 'n': an infinite");
    f.prep.column[1].unseen = PREP_UNSEEN_ERROR;
    e = (struct error){0};
    check_refused(transform_text(&f.prep, cases[0].text, &e), ERR_DATA, &e,
                  "row 2: column 'w': 'q' is a category that was not");
    fitted_clear(&f);
}

// ---- memory ----

static int use_all(void *context, struct error *e)
{
    const struct prep *p = context;
    struct reading r;
    int rc = transform_text(p, "n,w,b,y\n1,a,True,no\n5,\"a \"\"word\",False,yes\n", e);
    if (rc == 0) {
        rc = read_text(p, "n,w,b,y\n\"1\",\"a\",True,\"no\"\n", true, &r, e);
        reading_clear(&r);
    }
    return rc;
}

static void memory(void **state)
{
    (void)state;
    struct fitted f;
    struct error e = {0};
    const struct prep_rules rules = {
        .features = "n,w,b", .target = "y", .encode = "onehot,n=label"};
    CHECK_OK(fit_text(&f, fit_on, &rules, 0, &e), e);
    assert_true(check_failing_memory(use_all, &f.prep) > 40);
    fitted_clear(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_bits),
        cmocka_unit_test(unseen_categories),
        cmocka_unit_test(numbers_for_words),
        cmocka_unit_test(refused_rows),
        cmocka_unit_test(refused_missing),
        cmocka_unit_test(refused_labels),
        cmocka_unit_test(labels),
        cmocka_unit_test(misspelt_columns),
        cmocka_unit_test(other_frames),
        cmocka_unit_test(memory),
    };
    return cmocka_run_group_tests_name("prep_apply", tests, NULL, NULL);
}
