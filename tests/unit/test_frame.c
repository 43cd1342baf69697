// SPDX-License-Identifier: MIT
// Typed columns: what type a column gets from all of its values, the values, figures and texts, the
// same for any number of workers, and what is refused.
#include "testing.h"

#include "base/buf.h"
#include "kern/par.h"
#include "table/frame.h"
#include "table/frame_column.h"

#include <stdbool.h>

static const struct frame_options plain = {0};

static void load(struct frame *f, const char *text, const struct frame_options *o)
{
    struct error e = {0};
    CHECK_OK(frame_read_memory(f, "f.csv", text, strlen(text), o, &e), e);
}

// One column of these values (lines) behind one that keeps blank ones from being no row at all.
static const struct frame_column *one_column(struct frame *f, const char *lines,
                                             const struct frame_options *o)
{
    struct buf text;
    buf_init(&text, 1 << 20);
    buf_puts(&text, "k,x\n");
    while (*lines) {
        const size_t len = strcspn(lines, "\n");
        buf_printf(&text, "z,%.*s\n", (int)len, lines);
        lines += len + (lines[len] == '\n');
    }
    load(f, text.data, o);
    buf_clear(&text);
    assert_int_equal(f->columns, 2);
    assert_string_equal(f->column[1].name, "x");
    return &f->column[1];
}

// "5 - 7.5": the values of a column, missing ones as "-", texts by their own words.
static void print_values(const struct frame *f, const struct frame_column *c, struct buf *out)
{
    buf_init(out, 1 << 20);
    for (size_t i = 0; i < f->rows; i++) {
        const char *const gap = i ? " " : "";
        if (c->codes ? c->codes[i] == FRAME_MISSING : isnan(c->values[i]))
            buf_printf(out, "%s-", gap);
        else if (c->codes)
            buf_printf(out, "%s%s", gap, c->text[c->codes[i]]);
        else
            buf_printf(out, "%s%.17g", gap, c->values[i]);
    }
}

static void types(void **state)
{
    (void)state;
    static const struct {
        const char *lines;
        enum frame_kind kind;
        bool whole, rising;
        const char *values;
    } cases[] = {
        {"1\n2\n3\n", FRAME_NUMBER, true, true, "1 2 3"},
        {"1\n3\n2\n", FRAME_NUMBER, true, false, "1 3 2"},
        {"1.5\n2\n-3e1\n", FRAME_NUMBER, false, false, "1.5 2 -30"},
        {"1.0\n2\n", FRAME_NUMBER, true, true, "1 2"},
        {"1\n\n3\n", FRAME_NUMBER, true, false, "1 - 3"},
        {"NA\nNaN\n7\n#N/A\n", FRAME_NUMBER, true, false, "- - 7 -"},
        {"\n\nnull\n", FRAME_NUMBER, false, false, "- - -"},
        {" 1\n2 \n\t3\n", FRAME_NUMBER, true, true, "1 2 3"},
        {"inf\n-Infinity\n1\n", FRAME_NUMBER, false, false, "inf -inf 1"},
        {"\"1\"\n\"2.5\"\n", FRAME_NUMBER, false, true, "1 2.5"},
        {"18446744073709551616\n1\n", FRAME_TEXT, false, false, "18446744073709551616 1"},
        {"18446744073709551616\n1.5\n", FRAME_NUMBER, false, false, "1.8446744073709552e+19 1.5"},
        {"True\nfalse\nTRUE\n", FRAME_BOOLEAN, false, false, "1 0 1"},
        {"NA\nFalse\n\n", FRAME_BOOLEAN, false, false, "- 0 -"},
        {"yes\nno\n", FRAME_TEXT, false, false, "yes no"},
        {"b\na\nNA\nb\n", FRAME_TEXT, false, false, "b a - b"},
        {"\"a,b\"\n\"say \"\"x\"\"\"\n", FRAME_TEXT, false, false, "a,b say \"x\""},
        // text from somewhere on: earlier values as they were spelled
        {"1.0\n007\nx\n", FRAME_TEXT, false, false, "1.0 007 x"},
        {"\nTRUE\nTrue\n1\n", FRAME_TEXT, false, false, "- TRUE True 1"},
        {"1\nTrue\n", FRAME_TEXT, false, false, "1 True"},
        {"1e999\n1\n", FRAME_TEXT, false, false, "1e999 1"},
        {" \n1\n", FRAME_TEXT, false, false, "  1"},
        {" NA\nnone\n", FRAME_TEXT, false, false, " NA none"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct frame f;
        struct buf values;
        const struct frame_column *c = one_column(&f, cases[i].lines, &plain);
        print_values(&f, c, &values);
        if (c->kind != cases[i].kind || strcmp(values.data, cases[i].values) != 0 ||
            c->whole != cases[i].whole || c->rising != cases[i].rising)
            fail_msg("'%s': kind %d, values '%s', whole %d, rising %d", cases[i].lines, c->kind,
                     values.data, c->whole, c->rising);
        buf_clear(&values);
        frame_clear(&f);
    }
}

static void figures(void **state)
{
    (void)state;
    for (int only = 0; only < 2; only++) {
        const struct frame_options o = {.figures_only = only};
        struct frame f;
        const struct frame_column *c = one_column(&f, "3\n\n-1\ninf\n4\n", &o);
        assert_int_equal(f.rows, 5);
        assert_int_equal(c->missing, 1);
        assert_int_equal(c->infinite, 1);
        assert_true(c->min == -1 && c->max == 4 && c->mean == 2 && !c->whole);
        assert_true((c->values == NULL) == only);
        frame_clear(&f);
        c = one_column(&f, "-0\n-1e-400\n-0.0\n", &o); // zeros have no sign in figures
        assert_true(c->min == 0 && !signbit(c->min) && !signbit(c->max) && !signbit(c->mean));
        frame_clear(&f);
        c = one_column(&f, "b\nNA\na\nb\n\xc3\xa4\nB\n", &o);
        static const char *const texts[] = {"B", "a", "b", "\xc3\xa4"}; // by bytes
        static const size_t counts[] = {1, 1, 2, 1};
        assert_int_equal(c->texts, 4);
        assert_int_equal(c->missing, 1);
        for (size_t i = 0; i < 4; i++) {
            assert_string_equal(c->text[i], texts[i]);
            assert_int_equal(c->text_count[i], counts[i]);
        }
        assert_true((c->codes == NULL) == only && isnan(c->mean) && isnan(c->min));
        frame_clear(&f);
    }
}

static void header_alone(void **state)
{
    (void)state;
    struct frame f;
    load(&f, "a;b\n", &plain);
    assert_int_equal(f.rows, 0);
    assert_int_equal(f.columns, 2);
    assert_true(f.delimiter == ';' && f.header && f.column[0].kind == FRAME_NUMBER);
    assert_true(isnan(f.column[0].min) && f.column[0].missing == 0);
    frame_clear(&f);
}

static void dates(void **state)
{
    (void)state;
    static const char *const good[] = {"2024-03-09",
                                       "1999/12/31",
                                       "9.3.2024",
                                       "03/09/24",
                                       "2024-03-09 12:30",
                                       "2024-03-09T12:30:59Z",
                                       "2024-03-09T12:30:59.123+01:00",
                                       "31.12.1999 23:59:60",
                                       "2024-03-09 12:30-0500",
                                       "2024-03-09 12:30:59 UTC",
                                       "2024-03-09 12:30 +0100",
                                       "3/9/2024 1:30 PM",
                                       "3/9/2024 1:30:59am",
                                       "9-Mar-2024",
                                       "09-MAR-24",
                                       "9 March 2024",
                                       "2024-Mar-09",
                                       "Mar 9, 2024",
                                       "Sept. 9 2024 12:30",
                                       "Sat, 09 Mar 2024 12:30:59 +0000",
                                       "Saturday 2024-03-09",
                                       "09/Mar/2024:12:30:59 +0100"};
    static const char *const bad[] = {"",
                                      "2024",
                                      "2024-03",
                                      "2024-13-45",
                                      "1.2.3.4",
                                      "2024-03/09",
                                      "12:30",
                                      "2024-03-09x",
                                      "13/13/2024",
                                      "2024-03-09 ",
                                      "2024-03-09T",
                                      "555-1234",
                                      "192.168.1",
                                      "1-2-3",
                                      "a2024-01-01",
                                      "2024-01-01 25:00",
                                      "March 2024",
                                      "9 March",
                                      "May 99, 2024",
                                      "Marching 9 2024",
                                      "9-Foo-2024",
                                      "2024-Mar-32",
                                      "Sat",
                                      "Mar9 2024",
                                      "9 Mar 2024 12:30 XM",
                                      "9 Ma 2024",
                                      "9 Mar 024"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!column_is_date(good[i]))
            fail_msg("'%s' is a date", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (column_is_date(bad[i]))
            fail_msg("'%s' is no date", bad[i]);
    struct frame f;
    assert_true(one_column(&f, "2024-03-09\nNA\n2023-01-31\n", &plain)->dates);
    frame_clear(&f);
    assert_false(one_column(&f, "2024-03-09\n2023-01-31\nsoon\n", &plain)->dates);
    frame_clear(&f);
    assert_true(one_column(&f, "20240309\n\n19991231\n", &plain)->dates);
    frame_clear(&f);
    static const char *const numbers[] = {"20240309\n20241301\n", "20240309\n20240300\n",
                                          "20240309\n18991231\n", "20240309\n20240309.5\n",
                                          "20240309\ninf\n",      "NA\nNA\n"};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        if (one_column(&f, numbers[i], &plain)->dates)
            fail_msg("'%s' are no dates", numbers[i]);
        frame_clear(&f);
    }
}

// Numbers of many sizes in no order, one of them missing: ids by their names alone.
static void identifiers(void **state)
{
    (void)state;
    static const char *const ids[] = {"id", "ID", "user_id", "User-ID", "PassengerId", "id_user"};
    static const char *const others[] = {"paid", "grid", "idle", "IDs", "x", "Android"};
    for (size_t i = 0; i < 12; i++) {
        struct frame f;
        struct buf text;
        buf_init(&text, 1 << 12);
        buf_printf(&text, "%s,y\n,1\n", i < 6 ? ids[i] : others[i - 6]);
        for (size_t row = 1; row < 20; row++)
            buf_printf(&text, "%zu,1\n", row * 7919 % 10007);
        load(&f, text.data, &plain);
        if (((frame_remarks(&f, &f.column[0]) & FRAME_IS_IDENTIFIER) != 0) != (i < 6))
            fail_msg("'%s' is %s id", f.column[0].name, i < 6 ? "an" : "no");
        frame_clear(&f);
        buf_clear(&text);
    }
}

static void choices(void **state)
{
    (void)state;
    static const struct frame_choice wanted[] = {{"c", FRAME_INFER}, {"a", FRAME_AS_TEXT}};
    const struct frame_options o = {.choices = wanted, .choice_count = 2};
    struct frame f;
    struct buf values;
    load(&f, "a,b,c\n01,x,2.5\n1,y,\n", &o);
    assert_int_equal(f.columns, 2); // in the order of the file
    assert_string_equal(f.column[0].name, "a");
    print_values(&f, &f.column[0], &values);
    assert_string_equal(values.data, "01 1");
    buf_clear(&values);
    print_values(&f, &f.column[1], &values);
    assert_string_equal(values.data, "2.5 -");
    buf_clear(&values);
    frame_clear(&f);
    load(&f, "a,c\n,1\nNA,2\n", &o);
    assert_true(f.column[0].kind == FRAME_TEXT && f.column[0].codes[1] == FRAME_MISSING);
    frame_clear(&f);
}

// ---- many rows, many workers ----

#define ROWS 60000

// Numbers, text, a column that turns late, one of missing values for long, and quotes.
static void make_table(struct buf *text)
{
    uint32_t seed = 5;
    buf_init(text, 1 << 26);
    buf_puts(text, "n,t,late,first,q\n");
    for (int i = 0; i < ROWS; i++)
        buf_printf(text, "%d.%u,%s,%s%d,%s,\"%u\"\"\n\"\r\n", i, (unsigned)test_random(&seed) % 999,
                   test_random(&seed) % 3 ? "word" : "", i == ROWS - 5 ? "v" : "", i % 10,
                   i < ROWS - 9 ? "" : "5", (unsigned)test_random(&seed) % 5000);
    assert_int_equal(text->failed, 0);
}

struct shared_read {
    const struct buf *text;
    size_t workers;
    bool figures_only;
    struct frame frame;
};

static void read_shared(struct par *team, void *context)
{
    struct shared_read *s = context;
    const struct frame_options o = {
        .figures_only = s->figures_only, .run = par_run, .team = team, .workers = s->workers};
    struct error e = {0};
    CHECK_OK(frame_read_memory(&s->frame, "f.csv", s->text->data, s->text->len, &o, &e), e);
}

static void check_same_column(const struct frame_column *a, const struct frame_column *b,
                              size_t rows)
{
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->missing, b->missing);
    assert_int_equal(a->texts, b->texts);
    assert_memory_equal(&a->mean, &b->mean, sizeof a->mean);
    assert_memory_equal(&a->min, &b->min, sizeof a->min);
    assert_int_equal(a->whole, b->whole);
    for (size_t i = 0; i < a->texts; i++) {
        assert_string_equal(a->text[i], b->text[i]);
        assert_int_equal(a->text_count[i], b->text_count[i]);
    }
    if (a->values && b->values)
        assert_memory_equal(a->values, b->values, rows * sizeof *a->values);
    if (a->codes && b->codes)
        assert_memory_equal(a->codes, b->codes, rows * sizeof *a->codes);
}

static void any_workers(void **state)
{
    (void)state;
    struct buf text;
    make_table(&text);
    struct shared_read one = {.text = &text, .workers = 1};
    par_team(1, read_shared, &one);
    const struct frame *f = &one.frame;
    assert_int_equal(f->rows, ROWS);
    static const enum frame_kind kinds[] = {FRAME_NUMBER, FRAME_TEXT, FRAME_TEXT, FRAME_NUMBER,
                                            FRAME_TEXT};
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(f->column[i].kind, kinds[i]);
    assert_true(f->column[0].rising && f->column[0].values[77] >= 77 && f->column[2].texts == 11);
    assert_string_equal(f->column[2].text[f->column[2].codes[ROWS - 5]], "v5");
    assert_true(isnan(f->column[3].values[0]) && f->column[3].values[ROWS - 1] == 5);
    static const size_t workers[] = {2, 3, 4, 7};
    for (size_t i = 0; i < 8; i++) {
        struct shared_read many = {.text = &text, .workers = workers[i % 4], .figures_only = i > 3};
        par_team(workers[i % 4], read_shared, &many);
        assert_int_equal(many.frame.rows, ROWS);
        for (size_t k = 0; k < 5; k++)
            check_same_column(&many.frame.column[k], &f->column[k], ROWS);
        frame_clear(&many.frame);
    }
    frame_clear(&one.frame);
    buf_clear(&text);
}

// ---- what is refused ----

static void refused(const char *text, const struct frame_options *o, int code, const char *part)
{
    struct frame f;
    struct error e = {0};
    const int rc = frame_read_memory(&f, "f.csv", text, strlen(text), o, &e);
    check_refused(rc, code, &e, part);
    assert_null(f.column);
}

// Truth values are numbers enough.
static void numbers_may_be_truth(void **state)
{
    (void)state;
    static const struct frame_choice age[] = {{"age", FRAME_AS_NUMBER}};
    const struct frame_options o = {.choices = age, .choice_count = 1};
    struct frame f;
    load(&f, "age\n\"\"\nTRUE\nfalse\n", &o);
    assert_int_equal(f.column[0].kind, FRAME_BOOLEAN);
    assert_true(isnan(f.column[0].values[0]) && f.column[0].values[1] == 1);
    assert_true(f.column[0].values[2] == 0 && f.column[0].missing == 1);
    frame_clear(&f);
}

static void must_fail(void **state)
{
    (void)state;
    static const struct frame_choice age[] = {{"age", FRAME_AS_NUMBER}};
    const struct frame_options o = {.choices = age, .choice_count = 1};
    refused("age\n1\nold\n", &o, ERR_DATA, "f.csv:3: column 'age': 'old' is not a number");
    refused("k,age\n\"x\n\",1\nx,True\n", &o, ERR_DATA, "f.csv:4: column 'age': 'True' is not");
    refused("k,age\nx,\nx,old\n", &o, ERR_DATA, "f.csv:3: column 'age': 'old'");
    refused("age\nTrue\n1\n", &o, ERR_DATA, "f.csv:3: column 'age': '1' is not a truth value");
    refused("age\nTrue\nold\n", &o, ERR_DATA, "'old' is not a truth value");
    refused("k,b\nx,\n", &o, ERR_NOTFOUND, "f.csv: no column 'age'; there are: k, b");
    refused("a,b\n1,2\n3\n", &plain, ERR_FORMAT, "f.csv:3: 1 field where");
    refused("", &plain, ERR_FORMAT, "f.csv: empty");
    // What comes first is reported, whoever finds it.
    static const struct frame_choice both[] = {{"a", FRAME_AS_NUMBER}, {"b", FRAME_AS_NUMBER}};
    for (size_t workers = 1; workers < 4; workers++) {
        const struct frame_options two = {.choices = both, .choice_count = 2, .workers = workers};
        refused("a,b\n1,1\n2,x\ny,3\n4,4\n", &two, ERR_DATA, "f.csv:3: column 'b': 'x'");
        refused("a,b\n1,1\ny,x\n4,x\n", &two, ERR_DATA, "f.csv:3: column 'a': 'y'");
        refused("a,b\n1,1\ny,x\n4\n", &two, ERR_FORMAT, "f.csv:4: 1 field"); // same block
    }
}

// One text more than may be.
static void too_many_texts(void **state)
{
    (void)state;
    struct buf text;
    buf_init(&text, (size_t)1 << 26);
    buf_puts(&text, "id\n");
    for (size_t i = 0; i < FRAME_TEXTS_MAX; i++)
        buf_printf(&text, "t%zu\n", i);
    struct frame f;
    load(&f, text.data, &plain);
    assert_int_equal(f.column[0].texts, FRAME_TEXTS_MAX);
    frame_clear(&f);
    buf_puts(&text, "one more\n\"\"\n");
    assert_int_equal(text.failed, 0);
    refused(text.data, &plain, ERR_LIMIT,
            "f.csv:1048578: column 'id': more than 1048576 different texts");
    load(&f, text.data, &(struct frame_options){.figures_only = true});
    assert_true(f.column[0].overflow && f.column[0].texts == 0 && f.column[0].missing == 1);
    assert_int_equal(f.rows, FRAME_TEXTS_MAX + 2);
    frame_clear(&f);
    buf_clear(&text);
}

static int read_small(void *context, struct error *e)
{
    static const char text[] = "n,t,late,\"q\"\"\"\n1,x,1,\"\"\"\"\n2.5,y,2,\"a\nb\"\n,,z,\n";
    struct frame f;
    const struct frame_options o = {.figures_only = *(bool *)context};
    const int rc = frame_read_memory(&f, "f.csv", text, sizeof text - 1, &o, e);
    if (rc == 0)
        frame_clear(&f);
    else if (f.column || f.columns)
        fail_msg("a failed read leaves columns");
    return rc;
}

static void every_failed_allocation(void **state)
{
    (void)state;
    bool figures_only = false;
    assert_true(check_failing_memory(read_small, &figures_only) > 20);
    figures_only = true;
    assert_true(check_failing_memory(read_small, &figures_only) > 20);
}

// A choice without a name stands for all other columns, and what is left out is not looked at.
static void other_choices(void **state)
{
    (void)state;
    static const struct frame_choice wanted[] = {
        {NULL, FRAME_INFER}, {"c", FRAME_AS_TEXT}, {"b", FRAME_LEAVE_OUT}};
    const struct frame_options o = {.choices = wanted, .choice_count = 3};
    struct frame f;
    load(&f, "a,b,c,d\n1,x,2,True\n3,4,5,False\n", &o);
    assert_int_equal(f.columns, 3);
    assert_string_equal(f.column[1].name, "c");
    assert_true(f.column[0].kind == FRAME_NUMBER && f.column[1].kind == FRAME_TEXT &&
                f.column[2].kind == FRAME_BOOLEAN);
    frame_clear(&f);
    const struct frame_choice nowhere[] = {{NULL, FRAME_INFER}, {"z", FRAME_LEAVE_OUT}};
    const struct frame_options wrong = {.choices = nowhere, .choice_count = 2};
    struct error e = {0};
    check_refused(frame_read_memory(&f, "f.csv", "a,b\n1,2\n", 8, &wrong, &e), ERR_NOTFOUND, &e,
                  "no column 'z'");
}

// Words may be asked for without being added.
static void words_asked_for(void **state)
{
    (void)state;
    struct words w;
    words_init(&w, 5);
    char text[16] = "nothing";
    assert_int_equal(words_find(&w, text, 7), -1);
    for (uint32_t i = 0; i < 1000; i++) {
        uint32_t code;
        const int len = snprintf(text, sizeof text, "w%u", i * 7);
        assert_int_equal(words_add(&w, text, (size_t)len, &code), 0);
    }
    for (uint32_t i = 0; i < 7000; i++) {
        const int len = snprintf(text, sizeof text, "w%u", i);
        assert_int_equal(words_find(&w, text, (size_t)len), i % 7 ? -1 : (int64_t)(i / 7));
    }
    words_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types),
        cmocka_unit_test(figures),
        cmocka_unit_test(header_alone),
        cmocka_unit_test(dates),
        cmocka_unit_test(identifiers),
        cmocka_unit_test(choices),
        cmocka_unit_test(other_choices),
        cmocka_unit_test(words_asked_for),
        cmocka_unit_test(any_workers),
        cmocka_unit_test(numbers_may_be_truth),
        cmocka_unit_test(must_fail),
        cmocka_unit_test(too_many_texts),
        cmocka_unit_test(every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
