// SPDX-License-Identifier: MIT
// Files of scores: what is read, and what is refused with its line and column.
#include "base/mem.h"
#include "io/npz.h"
#include "io/scores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <stdio.h>
#include <unistd.h>

static int parse(struct scores *s, const char *text, enum scores_task task, struct error *e)
{
    return scores_parse(s, "f.csv", text, strlen(text), task, e);
}

static void good_csv(const char *text)
{
    struct scores s;
    struct error e = {0};
    if (parse(&s, text, SCORES_AUTO, &e) != 0)
        fail_msg("refused: %s", e.text);
    assert_int_equal(s.task, SCORES_BINARY);
    assert_int_equal(s.n, 2);
    assert_int_equal(s.columns, 1);
    assert_null(s.f32);
    assert_null(s.truth);
    assert_true(s.f64[0] == 0.25 && s.f64[1] == 1e-3);
    assert_true(s.labels[0] == 1 && s.labels[1] == 0);
    scores_clear(&s);
}

static void csv_forms(void **state)
{
    (void)state;
    good_csv("score,label\n0.25,1\n0.001,0\n");
    good_csv("label,score\n1,0.25\n0,1e-3\n");
    good_csv("score,label\n0.25,1\n0.001,0"); // no end of line at the end
    good_csv("score,label\r\n0.25,1\r\n0.001,0\r\n");
    good_csv("\xef\xbb\xbfscore,label\n.25,1.0\n+1E-3,0e0\n");
    good_csv("score,label\n0.25,1\n\n0.001,0\n\n\r\n\n");
    good_csv("score;label\n0.25;1\n0.001;0\n");
    good_csv(" score , label\n 0.25 ,\t1\n0.001, 0\n");
    good_csv("\"score\",\"label\"\n\"0.25\",\"1\"\n\"0.001\",0\n");
    good_csv("id,score,name,label\n1,0.25,\"a, \"\"b\"\"\nc\",1\n2,0.001,,0\n");
    good_csv("scores,score,label\nx,0.25,1\ny,0.001,0\n"); // a name that only begins alike
}

static void csv_for_regression(void **state)
{
    (void)state;
    struct scores s;
    assert_int_equal(parse(&s, "label,score\n-1.5,0.1\n1e300,2\n", SCORES_REGRESSION, NULL), 0);
    assert_int_equal(s.task, SCORES_REGRESSION);
    assert_null(s.labels);
    assert_true(s.truth[0] == -1.5 && s.truth[1] == 1e300 && s.f64[0] == 0.1);
    scores_clear(&s);
}

// More rows than the arrays begin with, and every value where it belongs.
static void csv_grows(void **state)
{
    (void)state;
    struct buf text;
    buf_init(&text, 1 << 20);
    buf_puts(&text, "score,label\n");
    for (int i = 0; i < 3000; i++)
        buf_printf(&text, "%d.5,%d\n", i, i % 2);
    assert_int_equal(text.failed, 0);
    struct scores s;
    assert_int_equal(scores_parse(&s, "f", text.data, text.len, SCORES_AUTO, NULL), 0);
    assert_int_equal(s.n, 3000);
    for (int i = 0; i < 3000; i++)
        assert_true(s.f64[i] == i + 0.5 && s.labels[i] == (float)(i % 2));
    scores_clear(&s);
    buf_clear(&text);
}

static void refused(const char *text, size_t size, enum scores_task task, const char *part)
{
    // An exact copy on the heap, so that the sanitizer sees a read behind the end.
    char *copy = mem_alloc(size);
    assert_non_null(copy);
    memcpy(copy, text, size);
    struct scores s;
    struct error e = {0};
    const int rc = scores_parse(&s, "f.csv", copy, size, task, &e);
    mem_free(copy);
    if (rc == 0 || rc != e.code || !strstr(e.text, part) || strchr(e.text, '\n'))
        fail_msg("code %d, message '%s', expected part '%s'", rc, e.text, part);
    assert_null(s.f64);
    assert_null(s.labels);
}

#define HEAD "score,label\n"

static void csv_must_fail(void **state)
{
    (void)state;
    static const struct {
        const char *text, *part;
    } cases[] = {
        {"", "f.csv: empty"},
        {"\xef\xbb\xbf", "f.csv: empty"},
        {"\n", "f.csv: empty"},
        {HEAD, "f.csv: no rows"},
        {"score,label\n\n\n", "f.csv: no rows"},
        {"score\n0.5\n", "f.csv: no column 'label'"},
        {"label,prob\n1,0.5\n", "f.csv: no column 'score'"},
        {"probability,label\n0.5,1\n", "what skiff predict writes has no truth in it"},
        {"Score,Label\n0.5,1\n", "f.csv: no column 'score'"},
        {"0.5,1\n0.25,0\n", "f.csv: no column 'score'"},
        {"score,label,score\n0.5,1,0.5\n", "f.csv:1: columns 1 and 3 are both called 'score'"},
        {"score,label, score\n0.5,1,0.5\n", "f.csv: column 3: a second column ' score'"},
        {HEAD "0.5,1\n0.5\n", "f.csv:3: 1 field where the header has 2"},
        {HEAD "0.5,1,\n", "f.csv:2: 3 fields where the header has 2"},
        {HEAD "abc,1\n", "f.csv:2: column 'score': 'abc' is not a finite number"},
        {HEAD "0.5,\n", "f.csv:2: column 'label': empty"},
        {HEAD ",1\n", "f.csv:2: column 'score': empty"},
        {HEAD "nan,1\n", "'nan' is not a finite number"},
        {HEAD "inf,1\n", "'inf' is not a finite number"},
        {HEAD "1e999,1\n", "'1e999' is not a finite number"},
        {HEAD "0x1p-1,1\n", "'0x1p-1' is not a finite number"},
        {HEAD "1 2,1\n", "'1 2' is not a finite number"},
        {HEAD "0.5,1\n0.5,2\n", "f.csv:3: column 'label': 2, but a label is 0 or 1"},
        {HEAD "0.5,0.5\n", "column 'label': 0.5, but"},
        {HEAD "0.5,-1\n", "column 'label': -1, but"},
        {HEAD "\"0.5,1\n0.5,1\n", "f.csv:2: a quoted field that does not end"},
        {HEAD "\"0.5\"x,1\n", "f.csv:2"},
        {HEAD "0\"5,1\n", "f.csv:2"},
        {HEAD "0.5,1\r0.5,0\r", "f.csv:2"},
        {"id,score,label\n\"a\nb\",x,1\n", "f.csv:3: column 'score': 'x'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        refused(cases[i].text, strlen(cases[i].text), SCORES_AUTO, cases[i].part);
    struct scores none;
    assert_int_equal(scores_parse(&none, "f.csv", NULL, 0, SCORES_AUTO, NULL), ERR_FORMAT);
    static const char zero[] = HEAD "0.5\0,1\n", zero_quoted[] = HEAD "\"0\0\",1\n";
    refused(zero, sizeof zero - 1, SCORES_AUTO, "zero byte");
    refused(zero_quoted, sizeof zero_quoted - 1, SCORES_AUTO, "zero byte");
    refused(HEAD "1,1\n", 16, SCORES_MULTICLASS, "need an npz");
}

static void long_fields(void **state)
{
    (void)state;
    char text[2000] = "id,score,label\n";
    size_t len = strlen(text);
    memset(text + len, 'x', 1000); // passed over, so its length is of no interest
    len += 1000;
    strncpy(text + len, ",0.5,1\n", sizeof text - len);
    struct scores s;
    assert_int_equal(parse(&s, text, SCORES_AUTO, NULL), 0);
    assert_true(s.n == 1 && s.f64[0] == 0.5);
    scores_clear(&s);
    len = strlen(text) - 7;
    memset(text + 15, '1', len - 15);
    text[15] = ',';
    text[17] = '.';
    strncpy(text + len, ",1\n", sizeof text - len);
    refused(text, strlen(text), SCORES_AUTO, "f.csv:2: column 'score': '1.111");
}

// No prefix of a good file may crash; those that end inside a row must fail.
static void csv_cut_anywhere(void **state)
{
    (void)state;
    static const char text[] = "id,score,label\r\n\"a\"\"b\",0.25,1\r\nc,\"1e-3\",\"0\"\r\n";
    for (size_t size = 1; size < sizeof text; size++) {
        char *copy = mem_alloc(size);
        assert_non_null(copy);
        memcpy(copy, text, size);
        struct scores s;
        const int rc = scores_parse(&s, "f", copy, size, SCORES_AUTO, NULL);
        if (size < 29)
            assert_int_not_equal(rc, 0);
        scores_clear(&s);
        mem_free(copy);
    }
}

struct member {
    const char *name, *dtype;
    size_t ndim;
    uint64_t shape[3];
    const void *data;
};

static char *write_npz(const struct member *members, size_t count)
{
    static char path[64];
    snprintf(path, sizeof path, "test_scores.%ld.npz", (long)getpid());
    struct npz_writer *w = npz_writer_begin(path, NULL);
    assert_non_null(w);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(
            npz_writer_add(w,
                           &(struct npz_values){members[i].name, members[i].dtype, members[i].ndim,
                                                members[i].shape, members[i].data},
                           NULL),
            0);
    assert_int_equal(npz_writer_commit(w, NULL), 0);
    return path;
}

static const float f4[] = {0.25f, 0.75f, 0.5f, 0.5f, 1, 0};
static const double f8[] = {0.25, 0.75, 0.5, 0.5, 1, 0};
static const int64_t y8[] = {0, 1, 1, 0, 2, 1};

static void npz_binary(void **state)
{
    (void)state;
    const struct member narrow[] = {{"scores", "<f4", 2, {3, 1}, f4}, {"y", "<i8", 1, {3}, y8}};
    const struct member wide[] = {{"y", "<f8", 2, {2, 1}, f8 + 4}, {"scores", "<f8", 1, {2}, f8}};
    struct scores s;
    struct error e = {0};
    const char *path = write_npz(narrow, 2);
    assert_int_equal(scores_read(&s, path, SCORES_AUTO, &e), 0);
    assert_int_equal(s.task, SCORES_BINARY);
    assert_int_equal(s.n, 3);
    assert_null(s.f64);
    assert_memory_equal(s.f32, f4, 3 * sizeof *f4);
    assert_true(s.labels[0] == 0 && s.labels[2] == 1);
    scores_clear(&s);
    path = write_npz(wide, 2);
    assert_int_equal(scores_read(&s, path, SCORES_AUTO, &e), 0);
    assert_null(s.f32);
    assert_memory_equal(s.f64, f8, 2 * sizeof *f8);
    assert_true(s.labels[0] == 1 && s.labels[1] == 0);
    scores_clear(&s);
    unlink(path);
}

static void npz_several_columns(void **state)
{
    (void)state;
    const struct member classes[] = {{"scores", "<f4", 2, {2, 3}, f4},
                                     {"y", "<i8", 1, {2}, y8 + 4}};
    const struct member targets[] = {{"scores", "<f8", 2, {3, 2}, f8}, {"y", "<f8", 2, {3, 2}, f8}};
    struct scores s;
    const char *path = write_npz(classes, 2);
    assert_int_equal(scores_read(&s, path, SCORES_AUTO, NULL), 0);
    assert_int_equal(s.task, SCORES_MULTICLASS);
    assert_int_equal(s.columns, 3);
    assert_true(s.labels[0] == 2 && s.labels[1] == 1);
    scores_clear(&s);
    path = write_npz(targets, 2);
    assert_int_equal(scores_read(&s, path, SCORES_REGRESSION, NULL), 0);
    assert_int_equal(s.columns, 2);
    assert_memory_equal(s.truth, f8, sizeof f8);
    scores_clear(&s);
    unlink(path);
}

static void npz_must_fail(void **state)
{
    (void)state;
    static const struct {
        struct member scores, y;
        enum scores_task task;
        const char *part;
    } cases[] = {
        {{"scores", "<f4", 1, {3}, f4}, {"z", "<i8", 1, {3}, y8}, SCORES_AUTO, "y"},
        {{"scores", "<f4", 1, {3}, f4},
         {"y", "<i8", 1, {2}, y8},
         SCORES_AUTO,
         "3 rows and y has 2"},
        {{"scores", "<f4", 0, {0}, f4}, {"y", "<i8", 1, {1}, y8}, SCORES_AUTO, "0 dimensions"},
        {{"scores", "<f4", 3, {1, 1, 2}, f4},
         {"y", "<i8", 1, {1}, y8},
         SCORES_AUTO,
         "3 dimensions"},
        {{"scores", "<f4", 1, {0}, f4}, {"y", "<i8", 1, {0}, y8}, SCORES_AUTO, "no rows"},
        {{"scores", "<f4", 2, {3, 0}, f4}, {"y", "<i8", 1, {3}, y8}, SCORES_AUTO, "no rows"},
        {{"scores", "<f4", 1, {2}, f4},
         {"y", "<i8", 1, {2}, y8 + 4},
         SCORES_AUTO,
         "y[0] is 2, but"},
        {{"scores", "<f4", 1, {2}, f4}, {"y", "<f8", 1, {2}, f8}, SCORES_AUTO, "y[0] is 0.25, but"},
        {{"scores", "<f4", 2, {1, 2}, f4},
         {"y", "<i8", 1, {1}, y8 + 4},
         SCORES_AUTO,
         "index of a column"},
        {{"scores", "<f4", 2, {2, 2}, f4},
         {"y", "<i8", 2, {2, 2}, y8},
         SCORES_AUTO,
         "y has 2 columns"},
        {{"scores", "<f4", 2, {2, 2}, f4},
         {"y", "<i8", 1, {2}, y8},
         SCORES_REGRESSION,
         "scores has 2 columns and y has 1"},
        {{"scores", "<f4", 2, {2, 3}, f4}, {"y", "<i8", 1, {2}, y8}, SCORES_BINARY, "too many"},
        {{"scores", "<f4", 1, {2}, f4}, {"y", "<i8", 1, {2}, y8}, SCORES_MULTICLASS, "one column"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct member members[] = {cases[i].scores, cases[i].y};
        const char *path = write_npz(members, 2);
        struct scores s;
        struct error e = {0};
        const int rc = scores_read(&s, path, cases[i].task, &e);
        unlink(path);
        if (rc == 0 || rc != e.code || !strstr(e.text, cases[i].part) || !strstr(e.text, path))
            fail_msg("case %zu: code %d, message '%s', expected part '%s'", i, rc, e.text,
                     cases[i].part);
    }
}

// Every allocation of reading fails in turn, CSV and npz.
static void no_memory(void **state)
{
    (void)state;
    const struct member classes[] = {{"scores", "<f4", 2, {2, 3}, f4}, {"y", "<i8", 1, {2}, y8}};
    const char *const npz = write_npz(classes, 2);
    char csv[64];
    snprintf(csv, sizeof csv, "test_scores.%ld.csv", (long)getpid());
    FILE *f = fopen(csv, "w");
    assert_non_null(f);
    fputs(HEAD, f);
    for (int i = 0; i < 600; i++)
        fprintf(f, "%d,1\n", i);
    fclose(f);
    const char *const paths[] = {npz, csv};
    for (int i = 0; i < 2; i++) {
        int rc = -1;
        long n = 1;
        for (; rc; n++) {
            struct scores s;
            struct error e = {0};
            mem_fail_at(n);
            rc = scores_read(&s, paths[i], SCORES_AUTO, &e);
            mem_fail_at(0);
            if (rc)
                assert_int_equal(e.code, ERR_NOMEM);
            scores_clear(&s);
        }
        assert_true(n > 5);
        unlink(paths[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(csv_forms),     cmocka_unit_test(csv_for_regression),
        cmocka_unit_test(csv_grows),     cmocka_unit_test(csv_must_fail),
        cmocka_unit_test(long_fields),   cmocka_unit_test(csv_cut_anywhere),
        cmocka_unit_test(npz_binary),    cmocka_unit_test(npz_several_columns),
        cmocka_unit_test(npz_must_fail), cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
