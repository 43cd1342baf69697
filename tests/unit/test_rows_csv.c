// SPDX-License-Identifier: MIT
// Rows of CSVs: what the preparation makes of a frame of the same text, to the bit, whatever the
// batch, the number of workers, the files and their packing; ids as they stand in the file; what is
// refused, and that it is the first fault; faults of memory.
#include "prep_testing.h"

#include "base/file.h"
#include "kern/par.h"
#include "table/dataset.h"
#include "table/rows.h"

#include <sys/stat.h>
#include <zlib.h>

static struct prep prep;

static int make_prep(void **state)
{
    test_prep_people(&prep);
    return test_folder_make(state);
}

static int clear_prep(void **state)
{
    prep_clear(&prep);
    return test_folder_remove(state);
}

// ---- who shares work ----

// One after the other, the last first.
static void run_backwards(struct par *team, size_t workers,
                          void (*work)(void *context, size_t worker), void *context)
{
    (void)team;
    for (size_t w = workers; w-- > 0;)
        work(context, w);
}

// ---- a table ----

#define ROWS ((size_t)40000)

// Rows [first, first + rows), with or without the name of each.
static void put_rows(struct buf *text, size_t first, size_t rows)
{
    static const char *const kinds[] = {"red", "blue", "green", "grey", ""};
    static const char *const truths[] = {"True", "False", "NA"};
    for (size_t i = first; i < first + rows; i++) {
        uint32_t seed = (uint32_t)i + 7;
        test_random(&seed);
        buf_printf(text, i % 5 == 0 ? "\"row %zu, \"\"%zu\"\"\n\"," : "row %zu/%zu,", i, i);
        if (i % 11)
            buf_printf(text, "%.9g", (double)test_float(&seed) * 100);
        buf_printf(text, ",%s,%s,%s\n", kinds[test_random(&seed) % 5],
                   truths[test_random(&seed) % 3], test_random(&seed) % 2 ? "yes" : "no");
    }
    assert_int_equal(text->failed, 0);
}

static void make_table(struct buf *text, size_t rows)
{
    buf_init(text, (size_t)1 << 26);
    buf_puts(text, "name,size,kind,old,y\n");
    put_rows(text, 0, rows);
}

static void write_file(const char *name, const char *text, size_t len)
{
    struct error e = {0};
    CHECK_OK(file_write_all(test_path(name), text, len, &e), e);
}

// What comes of the table by way of a frame.
struct wanted {
    size_t rows;
    float *X, *y; // [rows][features], [rows]
    struct prep_counts counts;
};

static void want(struct wanted *w, const struct buf *text)
{
    struct error e = {0};
    struct frame f;
    test_frame(&f, text->data, text->len);
    w->rows = f.rows;
    double *X = mem_array(f.rows * prep.features, sizeof *X), *y = mem_array(f.rows, sizeof *y);
    w->X = mem_array(f.rows * prep.features, sizeof *w->X);
    w->y = mem_array(f.rows, sizeof *w->y);
    CHECK_OK(prep_counts_init(&w->counts, &prep, &e), e);
    const struct prep_rows all = {&f, NULL, f.rows};
    CHECK_OK(prep_transform(&prep, &all, X, &w->counts, &e), e);
    CHECK_OK(prep_labels(&prep, &all, y, &e), e);
    for (size_t i = 0; i < f.rows * prep.features; i++)
        w->X[i] = (float)X[i];
    for (size_t i = 0; i < f.rows; i++)
        w->y[i] = (float)y[i];
    mem_free(X);
    mem_free(y);
    frame_clear(&f);
}

static void want_clear(struct wanted *w)
{
    mem_free(w->X);
    mem_free(w->y);
    prep_counts_clear(&w->counts);
}

static void check_counts(const struct prep_counts *got, const struct prep_counts *want)
{
    for (size_t i = 0; i < prep.columns; i++)
        if (got->missing[i] != want->missing[i] || got->unseen[i] != want->unseen[i] ||
            strcmp(got->example[i], want->example[i]) != 0)
            fail_msg("column %zu: %zu missing, %zu unseen ('%s'), not %zu and %zu ('%s')", i,
                     got->missing[i], got->unseen[i], got->example[i], want->missing[i],
                     want->unseen[i], want->example[i]);
}

// ---- reading ----

// Everything there is, in batches of `most`, ids into `ids`; returns the rows, or a code.
static int read_all(const struct rows_spec *spec, size_t most, struct wanted *to, struct buf *ids,
                    struct error *e)
{
    struct rows *r = rows_open(spec, e);
    if (!r)
        return error_code(e);
    int rc = 0;
    size_t sum = 0, got = 1;
    assert_true(rows_total(r) == ROWS_UNKNOWN && !rows_prepared(r));
    float *X = mem_array(most * rows_features(r), sizeof *X), *y = mem_array(most, sizeof *y);
    rc = X && y ? 0 : error_nomem(e, "a batch");
    while (rc == 0 && got) {
        rc = rows_next(r, most, X, spec->labels ? y : NULL, &got, e);
        for (size_t i = 0; rc == 0 && ids && rows_ids(r) && i < got; i++) {
            size_t len;
            const char *text = rows_id_text(r, i, &len);
            buf_append(ids, text, len);
        }
        if (rc == 0 && to) {
            if (sum + got > to->rows)
                fail_msg("more than %zu rows", to->rows);
            check_bits(X, to->X + sum * prep.features, got * prep.features, "features");
            if (spec->labels)
                check_bits(y, to->y + sum, got, "labels");
        }
        sum += got;
    }
    if (rc == 0 && to)
        check_counts(rows_counts(r), &to->counts);
    mem_free(X);
    mem_free(y);
    rows_close(r);
    return rc ? rc : (int)sum;
}

static void check_all(const struct rows_spec *spec, size_t most, struct wanted *to)
{
    struct error e = {0};
    const int got = read_all(spec, most, to, NULL, &e);
    if (got != (int)to->rows)
        fail_msg("%s, batches of %zu, %zu workers: %d: %s", spec->path, most, spec->workers, got,
                 e.text);
}

// ---- tests ----

struct share {
    struct rows_spec spec;
    struct wanted *to;
};

static void check_in_team(struct par *team, void *context)
{
    struct share *s = context;
    s->spec.team = team;
    s->spec.run = par_run;
    check_all(&s->spec, 8192, s->to);
    check_all(&s->spec, 2 * ROWS, s->to);
}

static void batches_and_workers_change_nothing(void **state)
{
    (void)state;
    static const size_t batches[] = {1, 7, 1000, 8192, 2 * ROWS}, workers[] = {1, 2, 3, 8};
    struct buf text;
    struct wanted to;
    make_table(&text, ROWS);
    assert_true(text.len > 20 * CSV_BLOCK_SIZE);
    want(&to, &text);
    assert_true(to.counts.unseen[1] > 0);
    write_file("t.csv", text.data, text.len);
    struct rows_spec spec = {.path = test_path("t.csv"), .prep = &prep, .labels = true};
    for (size_t b = 0; b < sizeof batches / sizeof *batches; b++)
        check_all(&spec, batches[b], &to);
    spec.run = run_backwards;
    for (size_t w = 0; w < sizeof workers / sizeof *workers; w++) {
        spec.workers = workers[w];
        check_all(&spec, 5000, &to);
    }
    spec.labels = false;
    spec.workers = 3;
    struct share s = {spec, &to};
    par_team(3, check_in_team, &s);
    want_clear(&to);
    buf_clear(&text);
}

// Files of a folder are one table; gzip is unpacked.
static void files_are_joined(void **state)
{
    (void)state;
    struct buf text, part;
    struct wanted to;
    make_table(&text, 3000);
    want(&to, &text);
    assert_int_equal(mkdir(test_path("parts"), 0777), 0);
    make_table(&part, 1000);
    gzFile z = gzopen(test_path("parts/a.csv.gz"), "wb");
    assert_int_equal(gzwrite(z, part.data, (unsigned)part.len), part.len);
    gzclose(z);
    buf_clear(&part);
    write_file("parts/b.csv", "y;old;more;kind;size;name\r\n", 27); // no rows, other columns
    buf_init(&part, 1 << 20);
    buf_puts(&part, "\xef\xbb\xbfname,size,kind,old,y\n");
    put_rows(&part, 1000, 2000);
    write_file("parts/c.CSV", part.data, part.len);
    write_file("parts/readme.txt", "nothing\n", 8);
    const struct rows_spec spec = {.path = test_path("parts"), .prep = &prep, .labels = true};
    check_all(&spec, 700, &to);
    check_all(&spec, 7000, &to);
    buf_clear(&part);
    buf_clear(&text);
    want_clear(&to);
}

static void check_ids(const char *text, const char *ids, const char *wanted)
{
    struct buf got;
    struct error e = {0};
    buf_init(&got, 1 << 20);
    write_file("ids.csv", text, strlen(text));
    const struct rows_spec spec = {.path = test_path("ids.csv"), .prep = &prep, .ids = ids};
    const int rows = read_all(&spec, 2, NULL, &got, &e);
    if (rows < 0)
        fail_msg("%s", e.text);
    assert_string_equal(got.data ? got.data : "", wanted);
    buf_clear(&got);
}

static void ids_stand_as_they_stood(void **state)
{
    (void)state;
    // A comma that was no delimiter needs quotes, what has some keeps them.
    check_ids("old;kind;size;name\nTrue;red;1;b, c\nTrue;red;2;\"d\"\nTrue;red;3;\"e\"\"\nf\"\n"
              "True;red;4;\n",
              NULL, "\"b, c\",\"d\",\"e\"\"\nf\",,");
    check_ids("old,kind,size,x\nTrue,red,1,a\n", NULL, ""); // the preparation's is not there
    check_ids("old,kind,size,\"x, y\",y\r\nTrue,red,1,a,what\r\nTrue,red,NA,b,\r\n",
              "\"x, y\",size,y", "a,1,what,b,NA,,");
    check_ids("old,kind,size,name\n", NULL, "");
}

// Columns without a header are c1, c2, ..., in both files.
static void a_header_is_not_needed(void **state)
{
    (void)state;
    static const struct prep_rules nameless = {.target = "c2", .ids = "c3", .scale = "none"};
    struct prep p;
    struct error e = {0};
    float X[3], y[3];
    size_t got, len;
    test_prep(&p, "1.5,0,7\n-2,1,8\n4,1,9\n", &nameless);
    assert_true(!p.header && p.features == 1);
    write_file("bare.csv", "5;1;x\n6;0;y\n7.5;1;z\n", 20);
    const struct rows_spec spec = {
        .path = test_path("bare.csv"), .prep = &p, .labels = true, .ids = "c3"};
    struct rows *r = rows_open(&spec, &e);
    if (!r)
        fail_msg("%s", e.text);
    CHECK_OK(rows_next(r, 3, X, y, &got, &e), e);
    assert_true(got == 3 && X[0] == 5 && X[2] == 7.5F && y[0] == 1 && y[1] == 0);
    assert_memory_equal(rows_id_text(r, 2, &len), "z,", 2);
    rows_close(r);
    prep_clear(&p);
}

static void refused(const char *text, const char *ids, bool labels, int code, const char *what)
{
    struct error e = {0};
    write_file("bad.csv", text, strlen(text));
    for (size_t workers = 1; workers < 4; workers++) {
        const struct rows_spec spec = {.path = test_path("bad.csv"),
                                       .prep = &prep,
                                       .ids = ids,
                                       .labels = labels,
                                       .run = run_backwards,
                                       .workers = workers};
        error_clear(&e);
        check_refused(read_all(&spec, 1000, NULL, NULL, &e), code, &e, what);
    }
}

static void refuses_with_a_place(void **state)
{
    (void)state;
    refused("size,knd,old\n1,red,True\n", NULL, false, ERR_MISMATCH, "'knd'");
    refused("size,old\n1,True\n", NULL, false, ERR_MISMATCH, "bad.csv: no column 'kind'");
    refused("size,kind,old\n1,red,True\n", NULL, true, ERR_MISMATCH, "no column 'y'");
    refused("size,kind,old\n1,red,True\n", "nom", false, ERR_MISMATCH, "no column 'nom'");
    refused("size,kind,old\n1,red,True\nbig,red,True\n", NULL, false, ERR_MISMATCH, "bad.csv:3: ");
    refused("size,kind,old\n1,red,maybe\n", NULL, false, ERR_MISMATCH, "bad.csv:2: ");
    refused("size,kind,old\n1,red,True\ninf,red,True\n", NULL, false, ERR_DATA, "bad.csv:3: ");
    refused("size,kind,old,y\n1,red,True,no\n1,red,True,perhaps\n", NULL, true, ERR_DATA,
            "bad.csv:3");
    refused("size,kind,old,y\n1,red,True,no\n1,red,True,\n", NULL, true, ERR_DATA, "bad.csv:3");
    refused("size,kind,old\n1,1,True\n1,,True\n1,2,True\n", NULL, false, ERR_MISMATCH,
            "bad.csv: column 'kind': holds numbers, such as '1', but held text");
    refused("size,kind,old\n1,red,True\n1,red\n", NULL, false, ERR_FORMAT, "bad.csv:3: 2 fields");
    refused("size,kind,old\n1,red,\"True\n", NULL, false, ERR_FORMAT, "does not end");
    refused("", NULL, false, ERR_FORMAT, "bad.csv: empty");
    const struct rows_spec raw = {.path = test_path("bad.csv")};
    struct error e = {0};
    assert_null(rows_open(&raw, &e));
    check_refused(e.code, ERR_MISMATCH, &e, "this model does not say how the columns of a CSV");
    const struct rows_spec absent = {.path = test_path("absent.csv")};
    error_clear(&e);
    assert_null(rows_open(&absent, &e));
    check_refused(e.code, ERR_IO, &e, "absent.csv: cannot open");
}

// Of several faults the first in the file is told, also where a block's structure is at fault
// behind a value of an earlier one, in the same round.
static void the_first_fault_is_told(void **state)
{
    (void)state;
    static const char *const lines[] = {"x,1,red,True,no\n", "x,big,red,True,no\n",
                                        "x,1,red,True\n", "x,1,red,maybe,no\n"};
    static const size_t places[][2] = {{1, 1}, {9000, 1}, {9000, 2}, {20000, 3}};
    for (size_t first = 0; first < 4; first++)
        for (size_t second = first; second < 4; second++) {
            struct buf text;
            char what[64];
            buf_init(&text, 1 << 22);
            buf_puts(&text, "name,size,kind,old,y\n");
            for (size_t i = 2; i < 30000; i++) {
                const size_t *p = i == places[first][0] + 1    ? places[first]
                                  : i == places[second][0] + 1 ? places[second]
                                                               : NULL;
                buf_puts(&text, lines[p ? p[1] : 0]);
            }
            snprintf(what, sizeof what, "bad.csv:%zu: ", places[first][0] + 1);
            refused(text.data, NULL, false, places[first][1] == 2 ? ERR_FORMAT : ERR_MISMATCH,
                    what);
            buf_clear(&text);
        }
}

static void folders_must_agree(void **state)
{
    (void)state;
    struct error e = {0};
    const struct rows_spec spec = {.path = test_path("mixed"), .prep = &prep};
    assert_int_equal(mkdir(spec.path, 0777), 0);
    check_refused(read_all(&spec, 8, NULL, NULL, &e), ERR_NOTFOUND, &e, "no .npz, .csv");
    write_file("mixed/a.csv", "size,kind,old,name\n1,red,True,n\n", 32);
    write_file("mixed/b.csv", "size,kind,old\n1,red,True\n", 25);
    error_clear(&e);
    check_refused(read_all(&spec, 8, NULL, NULL, &e), ERR_MISMATCH, &e, "b.csv: no column 'name'");
    write_file("mixed/c.npz", "", 0);
    error_clear(&e);
    check_refused(read_all(&spec, 8, NULL, NULL, &e), ERR_DATA, &e, "holds both c.npz and b.csv");
}

static void a_dataset_takes_all(void **state)
{
    (void)state;
    struct buf text;
    struct wanted to;
    struct error e = {0};
    struct dataset d;
    make_table(&text, 20000);
    want(&to, &text);
    write_file("d.csv", text.data, text.len);
    const struct rows_spec spec = {.path = test_path("d.csv"), .prep = &prep, .labels = true};
    struct rows *r = rows_open(&spec, &e);
    assert_non_null(r);
    assert_int_equal(rows_ids(r), 0);
    CHECK_OK(dataset_take(&d, r, &spec, &e), e);
    assert_true(d.n == to.rows && d.d == prep.features && d.targets == 1 && d.y_integer);
    assert_string_equal(d.y_name, "y");
    check_bits(d.X, to.X, d.n * d.d, "features");
    check_bits(d.y, to.y, d.n, "labels");
    rows_close(r);
    dataset_clear(&d);
    write_file("d.csv", text.data, 21);
    r = rows_open(&spec, &e);
    assert_non_null(r);
    check_refused(dataset_take(&d, r, &spec, &e), ERR_DATA, &e, "d.csv: has no rows");
    rows_close(r);
    buf_clear(&text);
    want_clear(&to);
}

static int read_some(void *context, struct error *e)
{
    const struct rows_spec *spec = context;
    struct dataset d;
    const int rc = read_all(spec, 100, NULL, NULL, e);
    struct rows *r = rc < 0 ? NULL : rows_open(spec, e);
    if (!r)
        return rc < 0 ? rc : error_code(e);
    const int taken = dataset_take(&d, r, spec, e);
    if (taken == 0)
        dataset_clear(&d);
    rows_close(r);
    return taken;
}

static void survives_failing_memory(void **state)
{
    (void)state;
    struct buf text;
    make_table(&text, 9000);
    write_file("m.csv", text.data, text.len);
    struct rows_spec spec = {.path = test_path("m.csv"),
                             .prep = &prep,
                             .labels = true,
                             .ids = "name,size",
                             .run = run_backwards,
                             .workers = 2};
    assert_true(check_failing_memory(read_some, &spec) > 50);
    char folder[256];
    snprintf(folder, sizeof folder, "%s", test_path("parts"));
    spec.path = folder;
    spec.ids = NULL;
    assert_true(check_failing_memory(read_some, &spec) > 50);
    buf_clear(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(batches_and_workers_change_nothing),
        cmocka_unit_test(files_are_joined),
        cmocka_unit_test(ids_stand_as_they_stood),
        cmocka_unit_test(a_header_is_not_needed),
        cmocka_unit_test(refuses_with_a_place),
        cmocka_unit_test(the_first_fault_is_told),
        cmocka_unit_test(folders_must_agree),
        cmocka_unit_test(a_dataset_takes_all),
        cmocka_unit_test(survives_failing_memory),
    };
    return cmocka_run_group_tests(tests, make_prep, clear_prep);
}
