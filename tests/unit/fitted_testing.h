// SPDX-License-Identifier: MIT
// What the tests of preparations share: a table in text, rules, and what came of them.
#ifndef SKIFF_TESTS_FITTED_TESTING_H
#define SKIFF_TESTS_FITTED_TESTING_H

#include "testing.h"

#include "base/buf.h"
#include "io/json.h"
#include "table/prep_apply.h"

struct fitted {
    struct frame frame;
    struct prep prep;
    struct buf notes; // a line each
};

static inline void fitted_note(void *context, const char *text)
{
    buf_printf(context, "%s\n", text);
}

// Read the text as the rules want it and fit on its first `rows` rows (0: all).
static inline int fit_text(struct fitted *f, const char *text, const struct prep_rules *rules,
                           size_t rows, struct error *e)
{
    struct frame_options o = {0};
    struct frame_choice *choices;
    *f = (struct fitted){0};
    buf_init(&f->notes, 1 << 20);
    int rc = prep_choices(rules, &choices, &o.choice_count, e);
    if (rc)
        return rc;
    o.choices = choices;
    rc = frame_read_memory(&f->frame, "t.csv", text, strlen(text), &o, e);
    prep_choices_free(choices, o.choice_count);
    if (rc)
        return rc;
    const struct prep_fit how = {.frame = &f->frame,
                                 .rules = rules,
                                 .rows = rows ? rows : f->frame.rows,
                                 .path = "t.csv",
                                 .note = fitted_note,
                                 .context = &f->notes};
    rc = prep_fit(&f->prep, &how, e);
    if (rc)
        frame_clear(&f->frame);
    return rc;
}

static inline void fitted_clear(struct fitted *f)
{
    frame_clear(&f->frame);
    prep_clear(&f->prep);
    buf_clear(&f->notes);
}

// The frame's rows prepared: X on the heap.
static inline double *fitted_features(const struct fitted *f)
{
    struct error e = {0};
    const struct prep_rows rows = {.frame = &f->frame, .rows = f->frame.rows};
    double *X = mem_array(rows.rows * f->prep.features, sizeof *X);
    assert_non_null(X);
    CHECK_OK(prep_transform(&f->prep, &rows, X, NULL, &e), e);
    return X;
}

// A text's blocks through a reader; free with reading_clear, also after a failure.
struct reading {
    float *X, *y;
    struct prep_counts counts; // how many rows, too
};

static inline int read_text(const struct prep *p, const char *text, bool labels, struct reading *r,
                            struct error *e)
{
    struct csv c;
    struct csv_block b = {0};
    const struct csv_options o = {.delimiter = p->delimiter,
                                  .header = p->header ? CSV_HEADER_YES : CSV_HEADER_NO};
    *r = (struct reading){0};
    int rc = csv_open_memory(&c, "r.csv", text, strlen(text), &o, e);
    if (rc)
        return rc;
    struct prep_reader *reader = prep_reader_new(p, &c, labels, e);
    rc = reader ? prep_counts_init(&r->counts, p, e) : error_code(e);
    while (rc == 0 && (rc = csv_read(&c, &b, e)) > 0 && (rc = csv_split(&c, &b, e)) == 0) {
        const size_t before = r->counts.rows, rows = before + b.rows;
        r->X = realloc(r->X, (rows * p->features + 1) * sizeof *r->X);
        r->y = realloc(r->y, (rows + 1) * sizeof *r->y);
        rc = prep_reader_take(reader, &b, r->X + before * p->features,
                              labels ? r->y + before : NULL, &r->counts, e);
    }
    prep_reader_free(reader);
    csv_block_clear(&b);
    csv_close(&c);
    return rc;
}

static inline void reading_clear(struct reading *r)
{
    prep_counts_clear(&r->counts);
    free(r->X);
    free(r->y);
}

#endif
