// SPDX-License-Identifier: MIT
// Fitting a preparation: which columns become features, what they are filled, encoded and scaled
// with, what the target is, and what is refused, each by a message that says what to do.
#include "fitted_testing.h"
#include "prep_testing.h"

#include "kern/par.h"

// ---- defaults, and each rule ----

static const char people[] = "name,age,sex,fare,alive\n"
                             "a,22,male,7.25,0\n"
                             "b,38,female,71.5,1\n"
                             "c,,female,8,1\n"
                             "d,35,,53,0\n"
                             "e,30,male,8,0\n"
                             "f,30,male,,1\n";

static void check_features(const struct fitted *f, const double *want, const char *what)
{
    double *X = fitted_features(f);
    for (size_t i = 0; i < f->frame.rows * f->prep.features; i++)
        check_close(X[i], want[i], 1e-13 * (1 + fabs(want[i])), what);
    mem_free(X);
}

// The features of a column alone, with these rules, of all rows.
static void check_column(const char *text, struct prep_rules rules, size_t features,
                         const double *want)
{
    struct fitted f;
    struct error e = {0};
    rules.features = "x";
    CHECK_OK(fit_text(&f, text, &rules, 0, &e), e);
    assert_int_equal(f.prep.features, features);
    check_features(&f, want, text);
    fitted_clear(&f);
}

static void defaults(void **state)
{
    (void)state;
    struct fitted f;
    struct error e = {0};
    const struct prep_rules rules = {.target = "alive", .features = "sex,age", .ids = "name"};
    CHECK_OK(fit_text(&f, people, &rules, 0, &e), e);
    const struct prep *p = &f.prep;
    assert_int_equal(p->columns, 2);
    const struct prep_column *sex = &p->column[0], *age = &p->column[1];
    assert_string_equal(sex->name, "sex");
    assert_true(sex->encode == PREP_LABEL && sex->fill == PREP_FILL_MOST && sex->categories == 2);
    assert_true(sex->scale == PREP_SCALE_STANDARD && sex->unseen == PREP_UNSEEN_FILL);
    assert_string_equal(sex->category[sex->fill_place], "male");
    check_close(sex->center[0], 4.0 / 6, 1e-15, "mean of codes"); // the fill counts
    check_close(sex->width[0], sqrt(2.0 / 9), 1e-15, "width of codes");
    assert_true(age->encode == PREP_NUMERIC && age->fill == PREP_FILL_MEDIAN);
    assert_true(age->fill_value == 30 && age->missing == 1 && age->feature == 1);
    check_close(age->center[0], 185.0 / 6, 1e-14, "mean");
    assert_int_equal(p->ids, 1);
    assert_string_equal(p->id[0], "name");
    assert_true(p->target.task == PREP_BINARY && p->target.classes == 2);
    assert_string_equal(p->target.class_name[1], "1");
    assert_true(p->delimiter == ',' && p->header);
    fitted_clear(&f);
}

static void fills(void **state)
{
    (void)state;
    static const char numbers[] = "x,z\n1,z\n,z\n4,z\n4,z\n10,z\n";
    static const struct {
        const char *fill;
        double value;
    } cases[] = {
        {"median", 4}, {"mean", 4.75}, {"most_frequent", 4}, {"x=-2.5", -2.5}, {"x=\"7\"", 7}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const double want[] = {1, cases[i].value, 4, 4, 10};
        check_column(numbers, (struct prep_rules){.fill = cases[i].fill, .scale = "none"}, 1, want);
    }
    // the smallest of several that are most frequent; truth values; an even count
    check_column("x,z\n3,z\n,z\n2,z\n3,z\n2,z\n",
                 (struct prep_rules){.fill = "most_frequent", .scale = "none"}, 1,
                 (double[]){3, 2, 2, 3, 2});
    check_column("x,z\nTrue,z\n,z\nfalse,z\n", (struct prep_rules){.scale = "none"}, 1,
                 (double[]){1, 0, 0});
    check_column("x,z\nTrue,z\n,z\nfalse,z\n",
                 (struct prep_rules){.scale = "none", .fill = "x=true"}, 1, (double[]){1, 1, 0});
    check_column("x,z\nTrue,z\n,z\nfalse,z\n",
                 (struct prep_rules){.scale = "none", .encode = "x=numeric"}, 1,
                 (double[]){1, 0, 0});
    check_column("x,z\n1,z\n,z\n2,z\n", (struct prep_rules){.scale = "none"}, 1,
                 (double[]){1, 1.5, 2});
    // bare values go to the columns that they fit
    check_column("x,z\nb,z\n,z\nb,z\na,z\n",
                 (struct prep_rules){.scale = "none", .fill = "mean,most_frequent"}, 1,
                 (double[]){1, 1, 1, 0});
}

static void scales(void **state)
{
    (void)state;
    static const char text[] = "x,z\n1,z\n2,z\n4,z\n9,z\n";
    const double mean = 4, width = sqrt(38.0 / 4);
    check_column(text, (struct prep_rules){0}, 1,
                 (double[]){(1 - mean) / width, (2 - mean) / width, 0, (9 - mean) / width});
    check_column(text, (struct prep_rules){.scale = "minmax"}, 1, (double[]){0, 0.125, 0.375, 1});
    // the median is 3, quartiles 1.75 and 5.25
    check_column(text, (struct prep_rules){.scale = "x=robust"}, 1,
                 (double[]){-2 / 3.5, -1 / 3.5, 1 / 3.5, 6 / 3.5});
    check_column(text, (struct prep_rules){.log1p = "x", .scale = "none"}, 1,
                 (double[]){log(2), log(3), log(5), log(10)});
    // quantiles 0.25 and 0.75 of four values
    check_column(text, (struct prep_rules){.clip = "0.25:0.75", .scale = "none"}, 1,
                 (double[]){1.75, 2, 4, 5.25});
    // no width: nothing is divided by zero
    for (int i = 0; i < 3; i++) {
        static const char *const words[] = {"standard", "minmax", "robust"};
        check_column("x,z\n7,z\n7,z\n", (struct prep_rules){.scale = words[i]}, 1,
                     (double[]){0, 0});
    }
}

static void encodings(void **state)
{
    (void)state;
    static const char text[] = "x,z\nmid,z\nlow,z\n,z\nhigh,z\nmid,z\n";
    static const char numbers[] = "x,z\n10,z\n2,z\n2.0,z\n,z\n1e1,z\n";
    check_column(text, (struct prep_rules){.scale = "none"}, 1, (double[]){2, 1, 2, 0, 2});
    check_column(text, (struct prep_rules){.encode = "onehot"}, 3,
                 (double[]){0, 0, 1, 0, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 1});
    check_column(text, (struct prep_rules){.encode = "x=low<mid<high", .scale = "none"}, 1,
                 (double[]){1, 0, 1, 2, 1});
    check_column(text, (struct prep_rules){.fill = "x=none", .scale = "none"}, 1,
                 (double[]){2, 1, 3, 0, 2});
    // numbers by value: 2 before 10, however they are spelled
    check_column(numbers, (struct prep_rules){.encode = "x=label", .scale = "none"}, 1,
                 (double[]){1, 0, 0, 0, 1});
    check_column(numbers, (struct prep_rules){.encode = "x=10<2", .scale = "none"}, 1,
                 (double[]){0, 1, 1, 1, 0});
    check_column(numbers, (struct prep_rules){.encode = "x=label", .fill = "x=5", .scale = "none"},
                 1, (double[]){2, 0, 0, 1, 2});
    check_column("x,z\nTrue,z\nFalse,z\n", (struct prep_rules){.encode = "x=onehot"}, 2,
                 (double[]){0, 1, 1, 0});
    check_column("x,z\n-0,z\n3,z\n0,z\n", (struct prep_rules){.encode = "x=onehot"}, 2,
                 (double[]){1, 0, 0, 1, 1, 0});
    // one-hot features are not scaled, unless their column is named: then each is
    check_column("x,z\na,z\nb,z\n", (struct prep_rules){.encode = "onehot", .scale = "standard"}, 2,
                 (double[]){1, 0, 0, 1});
    check_column("x,z\na,z\nb,z\nb,z\nb,z\n",
                 (struct prep_rules){.encode = "x=onehot", .scale = "x=standard"}, 2,
                 (double[]){0.75 / sqrt(0.1875), -0.75 / sqrt(0.1875), -0.25 / sqrt(0.1875),
                            0.25 / sqrt(0.1875), -0.25 / sqrt(0.1875), 0.25 / sqrt(0.1875),
                            -0.25 / sqrt(0.1875), 0.25 / sqrt(0.1875)});
    check_column("x,z\na,z\nb,z\nb,z\nb,z\n",
                 (struct prep_rules){.encode = "x=onehot", .scale = "x=robust"}, 2,
                 (double[]){1 / 0.25, -1 / 0.25, 0, 0, 0, 0, 0, 0});
}

static void feature_names(void **state)
{
    (void)state;
    struct fitted f;
    struct error e = {0};
    const struct prep_rules label = {.encode = "x=label"};
    CHECK_OK(fit_text(&f, "x\n-0\n0.5\n-1e20\n12345678\n", &label, 0, &e), e);
    static const char *const numbers[] = {"-1e+20", "0", "0.5", "12345678"}; // by value
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(f.prep.column[0].category[i], numbers[i]);
    fitted_clear(&f);
    const struct prep_rules rules = {.features = " fare ,sex, \"age\"", .encode = "onehot"};
    CHECK_OK(fit_text(&f, people, &rules, 0, &e), e);
    static const char *const names[] = {"fare", "sex", "age"};
    static const size_t first[] = {0, 1, 3};
    assert_int_equal(f.prep.columns, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(f.prep.column[i].name, names[i]);
        assert_int_equal(f.prep.column[i].feature, first[i]);
    }
    assert_string_equal(f.prep.column[1].category[0], "female");
    assert_string_equal(f.prep.column[1].category[1], "male");
    assert_null(f.prep.target.name);
    fitted_clear(&f);
}

// Rows that are not among those of the fit change nothing.
static void fit_on_some_rows(void **state)
{
    (void)state;
    struct fitted f;
    struct error e = {0};
    static const char text[] = "x,c\n1,a\n3,b\n,b\n100,d\n,e\n";
    const struct prep_rules rules = {.features = "x,c", .scale = "none", .unseen = "c=zero"};
    CHECK_OK(fit_text(&f, text, &rules, 3, &e), e);
    assert_true(f.prep.column[0].fill_value == 2 && f.prep.column[1].categories == 2);
    check_features(&f, (double[]){1, 0, 3, 1, 2, 1, 100, -1, 2, -1}, "some rows");
    prep_clear(&f.prep);
    const uint32_t order[] = {4, 3, 1};
    const struct prep_fit how = {
        .frame = &f.frame, .rules = &rules, .order = order, .rows = 3, .path = "t.csv"};
    CHECK_OK(prep_fit(&f.prep, &how, &e), e);
    assert_true(f.prep.column[0].fill_value == 51.5 && f.prep.column[1].categories == 3);
    assert_string_equal(f.prep.column[1].category[0], "b");
    fitted_clear(&f);
}

// ---- which columns ----

// A table of `rows` rows: id rises, code is another text each, day a date, same constant, empty
// missing, often a number, word one of three, few mostly missing.
static void make_table(struct buf *text, size_t rows)
{
    buf_init(text, 1 << 22);
    buf_puts(text, "id,code,day,same,empty,often,word,few,y\n");
    for (size_t i = 0; i < rows; i++)
        buf_printf(text, "%zu,t%zu,2024-01-%02zu,k,,%zu,%c,%s,%zu\n", i + 1, i * 7919 % 1000,
                   i % 28 + 1, i * i % 11, "abc"[i % 3], i % 5 ? "" : "1.5", i % 2);
}

static void left_out(void **state)
{
    (void)state;
    struct fitted f;
    struct error e = {0};
    struct buf text;
    make_table(&text, 100);
    CHECK_OK(fit_text(&f, text.data, &(struct prep_rules){.target = "y"}, 0, &e), e);
    static const char *const notes[] = {
        "id: left out: looks like an identifier", "code: left out: looks like an identifier",
        "day: left out: looks like dates",        "same: left out: the same value in all rows that",
        "empty: left out: no value in any",       "few: left out: the same value"};
    for (size_t i = 0; i < 6; i++)
        if (!strstr(f.notes.data, notes[i]))
            fail_msg("no '%s' in:\n%s", notes[i], f.notes.data);
    assert_int_equal(f.prep.columns, 2);
    assert_string_equal(f.prep.column[0].name, "often");
    assert_string_equal(f.prep.column[1].name, "word");
    fitted_clear(&f);
    // what is named is used, what is dropped is not even read
    const struct prep_rules forced = {.target = "y",
                                      .drop = "empty,often",
                                      .encode = "id=numeric,code=label,day=onehot",
                                      .fill = "same=j,few=0"};
    CHECK_OK(fit_text(&f, text.data, &forced, 0, &e), e);
    assert_int_equal(f.frame.columns, 7);
    assert_int_equal(f.prep.columns, 6);
    assert_int_equal(f.prep.features, 5 + 28);
    assert_non_null(strstr(f.notes.data, "same: the same value in all rows that have one"));
    fitted_clear(&f);
    buf_clear(&text);
}

static void mostly_missing(void **state)
{
    (void)state;
    struct fitted f;
    struct error e = {0};
    CHECK_OK(
        fit_text(&f, "x,y\n,0\n,1\n,0\n1,1\n2,0\n", &(struct prep_rules){.target = "y"}, 0, &e), e);
    assert_string_equal(f.notes.data, "x: 3 of 5 rows have no value and are filled\n");
    fitted_clear(&f);
    CHECK_OK(fit_text(&f, "x,y\n9007199254740993,0\n1,1\n", &(struct prep_rules){0}, 0, &e), e);
    assert_non_null(strstr(f.notes.data, "x: whole numbers beyond 2^53 lose their last digits"));
    fitted_clear(&f);
    CHECK_OK(fit_text(&f, "a;b;c\n1,5;?;1\n2,5;3;1+\n0,5;4;z\n", &(struct prep_rules){0}, 0, &e),
             e);
    assert_non_null(strstr(f.notes.data, "a: text, not a number, because of decimal commas as in "
                                         "'0,5'; write the file with decimal points first"));
    assert_non_null(strstr(f.notes.data, "b: text because of values such as '?', but most look"));
    assert_null(strstr(f.notes.data, "c: "));
    fitted_clear(&f);
    CHECK_OK(fit_text(&f, "a,b,c,y\n$1.50,x,a-1,0\n$2.00,X ,a-2,1\n$1000,z,a-1,0\n",
                      &(struct prep_rules){.target = "y"}, 0, &e),
             e);
    assert_string_equal(
        f.notes.data,
        "a: text, not a number, because of signs or thousands as in '$1.50'; write it "
        "in digits alone first, such as -1234.5\n"
        "b: 'X ' and 'x' differ in case or spaces alone and are two categories; spell "
        "them alike first if they are one\n");
    fitted_clear(&f);
    // A note is a line, and a terminal takes no orders from a name.
    CHECK_OK(fit_text(&f, "\"a\x1b[2J\nb\",x\n1,0\n1,1\n", &(struct prep_rules){0}, 0, &e), e);
    assert_string_equal(f.notes.data,
                        "a?[2J?b: left out: the same value in all rows that have one\n");
    fitted_clear(&f);
}

static void refused_columns(void **state)
{
    (void)state;
    static const struct {
        struct prep_rules rules;
        const char *what;
    } cases[] = {
        {{.features = "id"}, "t.csv: column 'id': looks like an identifier"},
        {{.features = "id"}, "--encode id=numeric"},
        {{.features = "code"}, "--encode code=label"},
        {{.features = "day"}, "column 'day': looks like dates"},
        {{.features = "empty"}, "no value in any of the 100 rows; take it out of --features"},
        {{.encode = "empty=numeric"}, "column 'empty': no value"},
        {{.scale = "id=none"}, "column 'id': looks like an identifier"},
        {{.fill = "day=x"},
         "column 'day': looks like dates; take it out of --fill, or say --encode"},
        {{.drop = "often,word"},
         "no column is left to be a feature ('id': looks like an identifier"},
    };
    struct buf text;
    make_table(&text, 100);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fitted f;
        struct error e = {0};
        struct prep_rules rules = cases[i].rules;
        rules.target = "y";
        check_refused(fit_text(&f, text.data, &rules, 0, &e), ERR_DATA, &e, cases[i].what);
        buf_clear(&f.notes);
    }
    buf_clear(&text);
}

// ---- any number of threads ----

struct shared {
    struct frame frame;
    struct prep_rules rules;
    size_t workers;
    struct buf said; // notes, then the columns or the error
};

static void fit_in_team(struct par *team, void *context)
{
    struct shared *s = context;
    struct error e = {0};
    struct prep p;
    const struct prep_fit how = {.frame = &s->frame,
                                 .rules = &s->rules,
                                 .rows = s->frame.rows,
                                 .path = "t.csv",
                                 .note = fitted_note,
                                 .context = &s->said,
                                 .run = par_run,
                                 .team = team,
                                 .workers = s->workers};
    if (prep_fit(&p, &how, &e) != 0)
        buf_puts(&s->said, e.text);
    for (size_t i = 0; i < p.columns; i++)
        buf_printf(&s->said, "%s: from %zu, %a %a, %a\n", p.column[i].name, p.column[i].feature,
                   p.column[i].fill_value, *p.column[i].center, *p.column[i].width);
    prep_clear(&p);
}

// What is said by one thread, and the same by others; `what` is part of it.
static void check_threads(const struct buf *text, struct prep_rules rules, const char *what)
{
    static const size_t workers[] = {1, 2, 3, 8, 3, 8};
    struct shared s = {.rules = rules};
    struct buf first;
    test_frame(&s.frame, text->data, text->len);
    for (size_t i = 0; i < sizeof workers / sizeof *workers; i++) {
        s.workers = workers[i];
        buf_init(&s.said, 1 << 20);
        par_team(workers[i], fit_in_team, &s);
        if (i == 0)
            first = s.said;
        assert_string_equal(s.said.data, first.data);
        if (i)
            buf_clear(&s.said);
    }
    if (!strstr(first.data, what))
        fail_msg("no '%s' in:\n%s", what, first.data);
    buf_clear(&first);
    frame_clear(&s.frame);
}

static void any_number_of_threads(void **state)
{
    (void)state;
    struct buf text;
    make_table(&text, 20000);
    check_threads(&text, (struct prep_rules){.target = "y"}, "few: left out: the same value");
    check_threads(&text, (struct prep_rules){.target = "y"}, "often: from 1, 0x");
    check_threads(&text, (struct prep_rules){.features = "few,word,often", .encode = "word=onehot"},
                  "often: from 4, 0x");
    // of several columns that are refused, the first
    check_threads(&text, (struct prep_rules){.target = "y", .encode = "empty=numeric,day=numeric"},
                  "left out: looks like an identifier, which counts or names the rows\nt.csv: "
                  "column 'day'");
    check_threads(&text, (struct prep_rules){.features = "word,empty,day,id"}, "column 'empty'");
    buf_clear(&text);
}

static void numbers_rather_than_texts(void **state)
{
    (void)state;
    struct fitted f;
    struct error e = {0};
    struct buf text;
    buf_init(&text, 1 << 22);
    buf_puts(&text, "w,t,z\n");
    for (int i = 0; i < 60; i++)
        buf_printf(&text, "%d,$%d.50,$%d\n", i % 7, 1000 + i, i % 3);
    check_refused(fit_text(&f, text.data, &(struct prep_rules){.target = "t"}, 0, &e), ERR_DATA, &e,
                  "column 't': the target is text, not a number, because of signs or thousands as "
                  "in '$1000.50'; write it in digits alone first");
    buf_clear(&f.notes);
    CHECK_OK(fit_text(&f, text.data, &(struct prep_rules){.target = "z"}, 0, &e), e);
    assert_non_null(strstr(f.notes.data, "t: left out: numbers that are written as texts"));
    assert_non_null(strstr(f.notes.data, "z: taken for classes, for it is text, not a number"));
    fitted_clear(&f);
    buf_clear(&text);
}

static void names_rather_than_categories(void **state)
{
    (void)state;
    struct fitted f;
    struct error e = {0};
    struct buf text;
    buf_init(&text, 1 << 22);
    buf_puts(&text, "w,z\n");
    for (int i = 0; i < 60; i++)
        buf_printf(&text, "n%d,%d\n", i % 35, i % 2);
    check_refused(fit_text(&f, text.data, &(struct prep_rules){.features = "w"}, 0, &e), ERR_DATA,
                  &e, "35 different texts in 60 rows, names rather than categories");
    buf_clear(&f.notes);
    CHECK_OK(fit_text(&f, text.data, &(struct prep_rules){.features = "z"}, 0, &e), e);
    fitted_clear(&f);
    for (int i = 0; i < 9000; i++)
        buf_printf(&text, "m%d,%d\n", i % 4500, i % 4500);
    for (int k = 0; k < 2; k++) { // texts and numbers, even when they are forced
        const struct prep_rules rules = {.features = k ? "w" : "z",
                                         .encode = k ? "w=label" : "z=label"};
        e = (struct error){0};
        check_refused(fit_text(&f, text.data, &rules, 0, &e), ERR_DATA, &e,
                      "more than 4096 different values");
        buf_clear(&f.notes);
    }
    buf_clear(&text);
}

// Many texts in a column that nobody named are no reason to stop; in one that is named, they are.
static void too_many_texts(void **state)
{
    (void)state;
    struct fitted f;
    struct error e = {0};
    struct buf text;
    buf_init(&text, 1 << 26);
    buf_puts(&text, "u,x\n");
    for (int i = 0; i < (1 << 20) + 10; i++)
        buf_printf(&text, "n%x,%d\n", i, i % 10);
    CHECK_OK(fit_text(&f, text.data, &(struct prep_rules){0}, 0, &e), e);
    assert_non_null(strstr(f.notes.data, "u: left out: more than 1048576 different texts"));
    assert_int_equal(f.prep.features, 1);
    struct fitted few; // whose preparation wants that column
    double x;
    const struct prep_rows rows = {.frame = &f.frame, .rows = 1};
    CHECK_OK(fit_text(&few, "u\na\nb\n", &(struct prep_rules){0}, 0, &e), e);
    check_refused(prep_transform(&few.prep, &rows, &x, NULL, &e), ERR_MISMATCH, &e,
                  "column 'u': has too many different texts");
    fitted_clear(&few);
    fitted_clear(&f);
    e = (struct error){0};
    check_refused(fit_text(&f, text.data, &(struct prep_rules){.encode = "u=label"}, 0, &e),
                  ERR_LIMIT, &e, "column 'u'");
    buf_clear(&f.notes);
    buf_clear(&text);
}

static void any_utf8(void **state)
{
    (void)state;
    struct fitted f;
    struct error e = {0};
    static const char text[] = "x\n\xc3\xa9\n\xe2\x82\xac\n\xed\x9f\xbf\n\xf0\x9f\x98\x80\n"
                               "\xf4\x8f\xbf\xbf\n";
    CHECK_OK(fit_text(&f, text, &(struct prep_rules){0}, 0, &e), e);
    assert_int_equal(f.prep.column[0].categories, 5);
    fitted_clear(&f);
}

// Columns x0, x1, ... that hold the numbers below `different`, in as many rows.
static void make_wide(struct buf *text, size_t columns, size_t different)
{
    buf_init(text, 1 << 24);
    for (size_t i = 0; i < columns; i++)
        buf_printf(text, "x%zu%s", i, i + 1 < columns ? "," : "\n");
    for (size_t row = 0; row < different; row++)
        for (size_t i = 0; i < columns; i++)
            buf_printf(text, "%zu%s", (7 * row + i) % different, i + 1 < columns ? "," : "\n");
}

static void too_many_features(void **state)
{
    (void)state;
    struct fitted f;
    struct error e = {0};
    struct buf text, encode;
    make_wide(&text, 17, PREP_CATEGORIES_MAX);
    buf_init(&encode, 1000);
    for (int i = 0; i < 17; i++)
        buf_printf(&encode, "%sx%d=onehot", i ? "," : "", i);
    check_refused(fit_text(&f, text.data, &(struct prep_rules){.encode = encode.data}, 0, &e),
                  ERR_LIMIT, &e, "more than 65536 features up to column 'x16'");
    buf_clear(&f.notes);
    e = (struct error){0};
    // a constant fill that would be one category more
    const struct prep_rules full = {.features = "x0", .encode = "x0=label", .fill = "x0=-1"};
    check_refused(fit_text(&f, text.data, &full, 0, &e), ERR_DATA, &e,
                  "more than 4096 different values");
    buf_clear(&f.notes);
    buf_clear(&encode);
    buf_clear(&text);
}

// ---- rules that do not fit ----

static void refused_rules(void **state)
{
    (void)state;
    static const struct {
        struct prep_rules rules;
        int code;
        const char *what;
    } cases[] = {
        {{.features = "age,sexx"}, ERR_NOTFOUND, "no column 'sexx'; did you mean 'sex'? There"},
        {{.fill = "sex=\"a\"b"}, ERR_USAGE, "in quotes as a whole"},
        {{.target = "alife"}, ERR_NOTFOUND, "no column 'alife'"},
        {{.features = "age,age"}, ERR_USAGE, "--features: 'age' is there twice"},
        {{.features = "age,alive", .target = "alive"}, ERR_USAGE, "'alive' is the target"},
        {{.ids = "alive", .target = "alive"}, ERR_USAGE, "--id: 'alive' is the target"},
        {{.features = "age", .drop = "age"}, ERR_USAGE, "'age' is in --drop, too"},
        {{.features = "age", .ids = "age"}, ERR_USAGE, "what names a row is no feature"},
        {{.features = "age", .fill = "agge=1"}, ERR_NOTFOUND, "did you mean 'age'?"},
        {{.features = "age", .fill = "fare=1"}, ERR_NOTFOUND, "no column 'fare'"},
        {{.drop = "age", .fill = "age=1"}, ERR_USAGE, "--fill: 'age' is no feature"},
        {{.target = "alive", .scale = "alive=none"}, ERR_USAGE, "'alive' is no feature"},
        {{.features = "age,"}, ERR_USAGE, "an empty name"},
        {{.features = "\"age"}, ERR_USAGE, "a quote is not closed"},
        {{.features = "a\"g\"e"}, ERR_USAGE, "must be in quotes"},
        {{.fill = "age="}, ERR_USAGE, "a value is missing"},
        {{.fill = "constant"}, ERR_USAGE, "--fill: constant: must be median"},
        {{.fill = "5"}, ERR_USAGE, "--fill: 5: must be median"},
        {{.scale = "age=big"}, ERR_USAGE, "--scale: age=big: must be none, standard"},
        {{.encode = "age=hot"}, ERR_USAGE, "must be numeric, label, onehot"},
        {{.encode = "a<b"}, ERR_USAGE, "for a column an order"},
        {{.clip = "0.9:0.1"}, ERR_USAGE, "two quantiles"},
        {{.clip = "0:1.5"}, ERR_USAGE, "two quantiles"},
        {{.clip = "0.5"}, ERR_USAGE, "two quantiles"},
        {{.unseen = "maybe"}, ERR_USAGE, "must be fill, zero or error"},
        {{.features = "sex", .fill = "sex=mean"}, ERR_DATA, "is text, which --fill=mean"},
        {{.features = "sex", .encode = "sex=numeric"}, ERR_DATA, "'male' is not a number"},
        {{.features = "sex", .clip = "sex=0:1"}, ERR_DATA, "categories are not clipped"},
        {{.features = "sex", .log1p = "sex"}, ERR_DATA, "only numbers have logarithms"},
        {{.features = "age", .unseen = "age=zero"}, ERR_DATA, "any number will do"},
        {{.features = "age", .fill = "age=old"}, ERR_DATA, "holds numbers, which --fill=old"},
        {{.features = "age", .fill = "error"}, ERR_DATA, "1 of 6 rows have no value"},
        {{.features = "sex", .fill = "sex=error"}, ERR_DATA, "1 of 6 rows have no value"},
        {{.features = "sex", .encode = "sex=male<man"}, ERR_DATA, "'female' occurs, but not in"},
        {{.features = "age", .encode = "age=1<x"}, ERR_DATA, "'x' of the order"},
        {{.features = "age", .encode = "age=1<1.0"}, ERR_DATA, "in the order of --encode twice"},
        {{.features = "sex", .encode = "sex=male<male"}, ERR_USAGE, "'male' is there twice"},
        {{.features = "sex", .encode = "sex=male<female", .fill = "sex=x"},
         ERR_DATA,
         "--fill=x: is not in the order"},
        {{.features = "age", .encode = "age=label", .fill = "age=x"},
         ERR_DATA,
         "categories are numbers"},
        {{.features = "age", .log1p = "age", .fill = "age=-1"}, ERR_DATA, "-1 in row 3: log1p"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fitted f;
        struct error e = {0};
        check_refused(fit_text(&f, people, &cases[i].rules, 0, &e), cases[i].code, &e,
                      cases[i].what);
        buf_clear(&f.notes);
    }
}

static void refused_values(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        struct prep_rules rules;
        const char *what;
    } cases[] = {
        {"x,z\n1,2\ninf,3\n", {.features = "x"}, "column 'x': an infinite value in row 2"},
        {"x,z\n1,2\n-1.5,3\n", {.log1p = "x"}, "-1.5 in row 2: log1p needs values above -1"},
        {"x,z\n1e308,2\n-1e308,3\n", {0}, "too large for their scale; say --scale x=none"},
        {"x,z\n1e308,2\n1.5e308,3\n",
         {.fill = "mean", .scale = "none"},
         "too large for their mean"},
        {"x,z\n\xe4,2\nb,3\n", {0}, "column 'x': '?' is not UTF-8; convert the file first: iconv"},
        {"\xe4,z\n1,2\n2,3\n", {0}, "is not UTF-8"},
        {"x,z\n\xc0\x80,2\nb,3\n", {0}, "is not UTF-8"},         // overlong
        {"x,z\n\xe0\x9f\xbf,2\nb,3\n", {0}, "is not UTF-8"},     // overlong
        {"x,z\n\xed\xa0\x80,2\nb,3\n", {0}, "is not UTF-8"},     // a surrogate
        {"x,z\n\xf4\x90\x80\x80,2\nb,3\n", {0}, "is not UTF-8"}, // beyond U+10FFFF
        {"x,z\n\xe2\x82,2\nb,3\n", {0}, "is not UTF-8"},         // cut off
        {"x,z\n\x80,2\nb,3\n", {0}, "is not UTF-8"},
        {"x,z\n", {0}, "no rows to prepare"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fitted f;
        struct error e = {0};
        check_refused(fit_text(&f, cases[i].text, &cases[i].rules, 0, &e), ERR_DATA, &e,
                      cases[i].what);
        buf_clear(&f.notes);
    }
}

// ---- the target ----

static void check_target(const char *values, enum prep_task_wish wish, enum prep_task task,
                         const char *classes)
{
    struct fitted f;
    struct error e = {0};
    struct buf text, names;
    buf_init(&text, 1 << 20);
    buf_init(&names, 1 << 20);
    buf_puts(&text, "x,y\n");
    size_t row = 0;
    for (const char *at = values; *at; row++) {
        const size_t len = strcspn(at, " ");
        buf_printf(&text, "%zu,%.*s\n", row * 5 % 7, (int)len, at);
        at += len + (at[len] == ' ');
    }
    CHECK_OK(fit_text(&f, text.data, &(struct prep_rules){.target = "y", .task = wish}, 0, &e), e);
    buf_puts(&names, "");
    for (size_t i = 0; i < f.prep.target.classes; i++)
        buf_printf(&names, "%s%s", i ? " " : "", f.prep.target.class_name[i]);
    if (f.prep.target.task != task || strcmp(names.data, classes) != 0)
        fail_msg("'%s': task %d, classes '%s'", values, f.prep.target.task, names.data);
    buf_clear(&text);
    buf_clear(&names);
    fitted_clear(&f);
}

#define TEN(v) v " " v " " v " " v " " v " " v " " v " " v " " v " " v " "

static void targets(void **state)
{
    (void)state;
    check_target("0 1 1", PREP_TASK_AUTO, PREP_BINARY, "0 1");
    check_target("2 1.5 2", PREP_TASK_AUTO, PREP_BINARY, "1.5 2");
    check_target("yes no yes", PREP_TASK_AUTO, PREP_BINARY, "no yes");
    check_target("True False", PREP_TASK_AUTO, PREP_BINARY, "False True");
    check_target("b a c", PREP_TASK_AUTO, PREP_MULTICLASS, "a b c");
    check_target(TEN("2") TEN("0") TEN("1"), PREP_TASK_AUTO, PREP_MULTICLASS, "0 1 2");
    check_target(TEN("2") TEN("3.0") TEN("1"), PREP_TASK_AUTO, PREP_MULTICLASS, "1 2 3");
    // starts elsewhere, has a gap, has few rows
    check_target(TEN("2") TEN("3") TEN("4"), PREP_TASK_AUTO, PREP_REGRESSION, "");
    check_target(TEN("2") TEN("0") TEN("3"), PREP_TASK_AUTO, PREP_REGRESSION, "");
    check_target("2 0 1 0 1", PREP_TASK_AUTO, PREP_REGRESSION, "");
    check_target(TEN("10") TEN("9") TEN("3"), PREP_TASK_MULTICLASS, PREP_MULTICLASS, "3 9 10");
    check_target(TEN("10") TEN("9") TEN("3.5"), PREP_TASK_AUTO, PREP_REGRESSION, "");
    check_target("0 1 1", PREP_TASK_REGRESSION, PREP_REGRESSION, "");
    check_target("0.25 -1 4", PREP_TASK_MULTICLASS, PREP_MULTICLASS, "-1 0.25 4");
    check_target("0.1 1e300 0.1", PREP_TASK_BINARY, PREP_BINARY, "0.1 1e+300");
}

static void refused_targets(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum prep_task_wish task;
        const char *what;
    } cases[] = {
        {"x,y\n1,1\n2,\n", 0, "column 'y': the target has no value in row 2"},
        {"x,y\n1,\n2,\n", 0, "the target has no value in any row"},
        {"x,y\n1,1\n2,1\n", 0, "the same in all rows"},
        {"x,y\n1,inf\n2,1\n3,2\n", 0, "the target is infinite in row 1"},
        {"x,y\n1,a\n2,b\n", PREP_TASK_REGRESSION, "'a' is not a number"},
        {"x,y\n1,a\n2,b\n3,c\n", PREP_TASK_BINARY, "has 3 different values, not the two"},
        {"x,y\n1,2024-01-01\n2,2024-01-02\n", 0, "looks like dates"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fitted f;
        struct error e = {0};
        const struct prep_rules rules = {.target = "y", .task = cases[i].task};
        check_refused(fit_text(&f, cases[i].text, &rules, 0, &e), ERR_DATA, &e, cases[i].what);
        buf_clear(&f.notes);
    }
}

static void too_many_classes(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        size_t classes;
        enum prep_task_wish task;
    } cases[] = {
        {"more than 4096 classes", 4097, PREP_TASK_MULTICLASS},
        {"more than 4096 classes", 4097, PREP_TASK_AUTO},
        {"has 2500 different texts in 4097 rows, names rather", 2500, 0},
        {"at least 4097 different values, not the two", 4097, PREP_TASK_BINARY},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fitted f;
        struct error e = {0};
        struct buf text;
        const struct prep_rules rules = {.target = "y", .task = cases[i].task};
        buf_init(&text, 1 << 20);
        buf_puts(&text, "x,y\n");
        for (size_t row = 0; row < 4097; row++) {
            char line[40];
            snprintf(line, sizeof line, i % 3 ? "%zu,c%zu\n" : "%zu,%zu\n", row * 5 % 7,
                     row % cases[i].classes);
            buf_puts(&text, line);
        }
        check_refused(fit_text(&f, text.data, &rules, 0, &e), ERR_DATA, &e, cases[i].what);
        buf_clear(&f.notes);
        buf_clear(&text);
    }
}

// ---- memory ----

static int fit_all(void *context, struct error *e)
{
    struct fitted f;
    const struct prep_rules rules = {.target = "alive",
                                     .ids = "name",
                                     .encode = "sex=onehot,age=label",
                                     .fill = "sex=other,age=1",
                                     .scale = "sex=robust"};
    const int rc = fit_text(&f, context, &rules, 0, e);
    if (rc == 0)
        fitted_clear(&f);
    else
        buf_clear(&f.notes);
    return rc;
}

static void memory(void **state)
{
    (void)state;
    char text[sizeof people];
    memcpy(text, people, sizeof people);
    assert_true(check_failing_memory(fit_all, text) > 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults),
        cmocka_unit_test(fills),
        cmocka_unit_test(scales),
        cmocka_unit_test(encodings),
        cmocka_unit_test(feature_names),
        cmocka_unit_test(fit_on_some_rows),
        cmocka_unit_test(left_out),
        cmocka_unit_test(mostly_missing),
        cmocka_unit_test(refused_columns),
        cmocka_unit_test(any_number_of_threads),
        cmocka_unit_test(numbers_rather_than_texts),
        cmocka_unit_test(names_rather_than_categories),
        cmocka_unit_test(too_many_texts),
        cmocka_unit_test(any_utf8),
        cmocka_unit_test(too_many_features),
        cmocka_unit_test(refused_rules),
        cmocka_unit_test(refused_values),
        cmocka_unit_test(targets),
        cmocka_unit_test(refused_targets),
        cmocka_unit_test(too_many_classes),
        cmocka_unit_test(memory),
    };
    return cmocka_run_group_tests_name("prep", tests, NULL, NULL);
}
