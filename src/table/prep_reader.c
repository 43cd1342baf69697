// SPDX-License-Identifier: MIT
// Rows of a file, a block at a time, straight from their text to features: a column after the
// other, each in a loop of its own, as frames are read. Nothing is kept between blocks, so that
// threads may share a reader. Of several rows that are refused the first is reported: once one is
// found, later columns look only at those before it.
#include "table/prep_apply.h"

#include "base/mem.h"
#include "base/near.h"
#include "table/field.h"
#include "table/prep_encoder.h"
#include "table/prep_inner.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct prep_reader {
    const struct prep *p;
    const struct csv *c;
    struct prep_encoder *encoders; // [p->columns]
    size_t *place;                 // [p->columns] in the file
    bool ordered;                  // columns by their places, not by their names
    bool labels;
    size_t label_place;
    struct prep_lookup classes;
};

// ---- columns of the file ----

// The search begins at *place, where it is as a rule. `why` it is wanted ends the message.
static int find_place(const struct csv *c, const struct prep *p, const char *name, const char *why,
                      size_t *place, struct error *e)
{
    const size_t begin = *place;
    for (size_t i = 0; i < c->columns; i++) {
        *place = (begin + i) % c->columns;
        if (strcmp(c->names[*place], name) == 0)
            return 0;
    }
    const char *const nearest = near_name(name, c->names, c->columns);
    char hint[160] = "";
    if (p->header && !c->header)
        snprintf(hint, sizeof hint, "; the file has no header");
    else if (nearest)
        snprintf(hint, sizeof hint, "; is it '%.100s'?", nearest);
    else
        snprintf(hint, sizeof hint, "; skiff inspect lists those that there are");
    return error_set(e, ERR_MISMATCH, "%s: no column '%.100s', %s%s%s", c->name, name, why, hint,
                     csv_names_hint(c));
}

static int open_reader(struct prep_reader *r, struct error *e)
{
    const struct prep *const p = r->p;
    int rc = 0;
    r->encoders = mem_array(p->columns, sizeof *r->encoders);
    r->place = mem_array(p->columns, sizeof *r->place);
    if (!r->encoders || !r->place)
        return error_nomem(e, "columns of a preparation");
    for (size_t i = 0; i < p->columns && rc == 0; i++) {
        r->place[i] = i ? r->place[i - 1] + 1 : 0;
        if (!r->ordered)
            rc = find_place(r->c, p, p->column[i].name, "which the preparation needs", &r->place[i],
                            e);
        if (rc == 0 && prep_encoder_init(&r->encoders[i], &p->column[i]) != 0)
            rc = error_nomem(e, p->column[i].name);
    }
    if (rc || !r->labels)
        return rc;
    if (!p->target.name)
        return error_set(e, ERR_USAGE, "the preparation has no target");
    rc = find_place(r->c, p, p->target.name, "the target, whose values are needed", &r->label_place,
                    e);
    if (rc == 0 && prep_lookup_init(&r->classes, p->target.class_name, p->target.class_value,
                                    p->target.classes) != 0)
        rc = error_nomem(e, "classes");
    return rc;
}

static struct prep_reader *new_reader(const struct prep_reader *like, struct error *e)
{
    struct prep_reader *r = mem_alloc(sizeof *r);
    if (!r) {
        error_nomem(e, "columns of a preparation");
        return NULL;
    }
    *r = *like;
    if (open_reader(r, e) != 0) {
        prep_reader_free(r);
        return NULL;
    }
    return r;
}

struct prep_reader *prep_reader_new(const struct prep *p, const struct csv *c, bool labels,
                                    struct error *e)
{
    return new_reader(&(struct prep_reader){.p = p, .c = c, .labels = labels}, e);
}

struct prep_reader *prep_reader_ordered(const struct prep *p, const struct csv *c, struct error *e)
{
    if (c->columns == p->columns)
        return new_reader(&(struct prep_reader){.p = p, .c = c, .ordered = true}, e);
    error_set(e, ERR_MISMATCH, "%s: %zu columns, not the %zu of the preparation", c->name,
              c->columns, p->columns);
    return NULL;
}

void prep_reader_free(struct prep_reader *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < r->p->columns && r->encoders; i++)
        prep_encoder_clear(&r->encoders[i]);
    prep_lookup_clear(&r->classes);
    mem_free(r->encoders);
    mem_free(r->place);
    mem_free(r);
}

// ---- fields ----

// What is being taken: rows [0, rows) of a block, down to the first that is refused.
struct taking {
    const struct prep_reader *r;
    const struct csv_block *b;
    struct prep_counts *counts;
    size_t rows;
    int rc;
    struct error error; // of row `rows`, when rc
    char *unquoted;
    size_t unquoted_cap;
    // The column: field `row` begins at text[begin[row * begin_step] + skip] and ends before
    // text[end[row * end_step]].
    const uint32_t *begin, *end;
    size_t begin_step, end_step, skip;
};

static void set_column(struct taking *t, size_t place)
{
    const size_t columns = t->r->c->columns;
    t->begin = place ? t->b->ends + place - 1 : t->b->first;
    t->begin_step = place ? columns : 1;
    t->skip = place ? 1 : 0;
    t->end = t->b->ends + place;
    t->end_step = columns;
}

static inline struct field raw_field(const struct taking *t, size_t row)
{
    const size_t begin = t->begin[row * t->begin_step] + t->skip;
    return (struct field){t->b->text + begin, t->end[row * t->end_step] - begin};
}

static int unquote(struct taking *t, struct field *f)
{
    const size_t need = f->len + WORDS_PAD;
    if (need > t->unquoted_cap) {
        mem_free(t->unquoted);
        t->unquoted_cap = 0;
        t->unquoted = mem_zalloc(2 * need);
        if (!t->unquoted)
            return ERR_NOMEM;
        t->unquoted_cap = 2 * need;
    }
    f->len = csv_unquote(f->text, f->len, t->unquoted);
    f->text = t->unquoted;
    return 0;
}

static inline int get_field(struct taking *t, size_t row, struct field *f)
{
    *f = raw_field(t, row);
    return f->len && *f->text == '"' ? unquote(t, f) : 0;
}

// Refuse a row; those before it are still to be looked at in other columns.
static void refuse(struct taking *t, size_t row, const char *name, int rc, const char *why)
{
    const size_t at = t->begin[row * t->begin_step] + t->skip;
    t->rows = row;
    t->rc = rc;
    error_clear(&t->error);
    if (rc == ERR_NOMEM)
        error_nomem(&t->error, "a field of a CSV");
    else
        error_set(&t->error, rc, "%s:%" PRIu64 ": column '%.100s': %s", t->r->c->name,
                  csv_line(t->b, at), name, why);
}

static void refuse_kind(struct taking *t, size_t row, const char *name, enum frame_kind kind)
{
    struct field f;
    char why[PREP_FAULT_MAX];
    const int rc = get_field(t, row, &f);
    snprintf(why, sizeof why, "'%.*s'%s is %s", rc ? 0 : (int)(f.len < 40 ? f.len : 40), f.text,
             f.len > 40 ? "..." : "",
             kind == FRAME_BOOLEAN ? "neither True nor False, which the column held when it was "
                                     "fitted; correct it"
                                   : "not a number, which the column held when it was fitted; "
                                     "correct it");
    refuse(t, row, name, rc ? rc : ERR_MISMATCH, why);
}

// A field of numbers or booleans that is no plain number: 0, or what to refuse it for.
static int slow_value(struct taking *t, size_t row, enum frame_kind kind, double *x)
{
    struct field f;
    const int rc = get_field(t, row, &f);
    if (rc)
        return rc;
    if (kind == FRAME_BOOLEAN) {
        *x = NAN;
        return field_is_missing(f) || field_boolean(f, x) ? 0 : ERR_MISMATCH;
    }
    return field_number(f, x) == NUM_NONE ? ERR_MISMATCH : 0;
}

static inline int get_value(struct taking *t, size_t row, enum frame_kind kind, double *x)
{
    const struct field f = raw_field(t, row);
    if (kind == FRAME_NUMBER && f.len && num_scan_padded(f.text, f.len, x) != NUM_NONE)
        return 0;
    return slow_value(t, row, kind, x);
}

static void refuse_value(struct taking *t, size_t row, const char *name, enum frame_kind kind,
                         int rc)
{
    if (rc == ERR_MISMATCH)
        refuse_kind(t, row, name, kind);
    else
        refuse(t, row, name, rc, "");
}

// ---- columns ----

static void take_numbers(struct taking *t, size_t column, float *X)
{
    const struct prep_column c = t->r->p->column[column]; // for the compiler: it does not change
    const size_t features = t->r->p->features, rows = t->rows;
    float *to = X + c.feature;
    size_t missing = 0;
    for (size_t i = 0; i < rows; i++, to += features) {
        double x;
        const int rc = get_value(t, i, c.kind, &x);
        if (rc) {
            refuse_value(t, i, c.name, c.kind, rc);
            break;
        }
        const double y = prep_number(&c, x);
        missing += x != x;
        if (!prep_fits_float(y) || isinf(x)) {
            char why[PREP_FAULT_MAX];
            prep_number_fault(&c, x, why);
            refuse(t, i, c.name, ERR_DATA, why);
            break;
        }
        *to = (float)y;
    }
    t->counts->missing[column] += missing;
}

static void refuse_category(struct taking *t, size_t row, const struct prep_column *c)
{
    struct field f;
    char why[PREP_FAULT_MAX];
    const int rc = get_field(t, row, &f);
    if (rc == 0)
        prep_category_fault(field_is_missing(f) ? NULL : f.text, f.len, why);
    refuse(t, row, c->name, rc ? rc : ERR_DATA, why);
}

static bool is_number(struct field f)
{
    double x;
    return field_number(f, &x) != NUM_NONE;
}

// The place of a row's category; met[1] counts missing ones, met[2] those that are unknown, met[3]
// numbers among these where texts are wanted.
static inline int get_place(struct taking *t, size_t row, const struct prep_encoder *n,
                            size_t *place, size_t *met)
{
    const struct prep_column *const c = n->column;
    bool missing;
    if (c->kind == FRAME_TEXT) {
        struct field f;
        const int rc = get_field(t, row, &f);
        if (rc)
            return rc;
        missing = field_is_missing(f);
        *place = missing ? SIZE_MAX : prep_lookup_text(&n->lookup, f.text, f.len);
        met[3] += *place == SIZE_MAX && !missing && is_number(f);
    } else {
        double x;
        const int rc = get_value(t, row, c->kind, &x);
        if (rc)
            return rc;
        missing = isnan(x);
        *place = missing ? SIZE_MAX : prep_lookup_number(&n->lookup, x);
    }
    if (*place == SIZE_MAX) {
        met[missing ? 1 : 2]++;
        *place = missing ? prep_missing_place(c) : prep_unseen_place(c);
    }
    return 0;
}

static void keep_example(struct taking *t, size_t row, char example[PREP_EXAMPLE_MAX])
{
    struct field f;
    if (*example || get_field(t, row, &f) != 0)
        return;
    snprintf(example, PREP_EXAMPLE_MAX, "%.*s", (int)f.len, f.text);
}

static void take_categories(struct taking *t, size_t column, float *X)
{
    const struct prep_encoder *const n = &t->r->encoders[column];
    const struct prep_column *const c = n->column;
    const size_t features = t->r->p->features, rows = t->rows;
    float *to = X + c->feature;
    size_t met[4] = {0};
    for (size_t i = 0; i < rows; i++, to += features) {
        size_t place = PREP_NOWHERE;
        const int rc = get_place(t, i, n, &place, met);
        if (rc) {
            refuse_value(t, i, c->name, c->kind, rc);
            break;
        }
        if (place == PREP_NOWHERE) {
            refuse_category(t, i, c);
            break;
        }
        if (met[2] == 1) // which is not in `counts` yet
            keep_example(t, i, t->counts->example[column]);
        if (c->encode == PREP_LABEL) {
            *to = (float)n->value[place];
            continue;
        }
        for (size_t k = 0; k < c->features; k++)
            to[k] = (float)n->off[k];
        if (place < c->features)
            to[place] = (float)n->on[place];
    }
    t->counts->missing[column] += met[1];
    t->counts->unseen[column] += met[2];
    t->counts->numbers[column] += met[3];
}

// ---- labels ----

// The number of a row's class; SIZE_MAX when it has none.
static int get_class(struct taking *t, size_t row, size_t *class)
{
    const struct prep_target *const target = &t->r->p->target;
    if (target->kind == FRAME_TEXT) {
        struct field f;
        const int rc = get_field(t, row, &f);
        *class =
            rc || field_is_missing(f) ? SIZE_MAX : prep_lookup_text(&t->r->classes, f.text, f.len);
        return rc;
    }
    double x = NAN;
    const int rc = get_value(t, row, target->kind, &x);
    *class = rc || isnan(x) ? SIZE_MAX : prep_lookup_number(&t->r->classes, x);
    return rc;
}

static int get_label(struct taking *t, size_t row, float *y)
{
    const struct prep_target *const target = &t->r->p->target;
    if (target->task == PREP_REGRESSION) {
        double x = NAN;
        const int rc = get_value(t, row, target->kind, &x);
        *y = (float)x;
        return rc || prep_fits_float(x) ? rc : ERR_DATA;
    }
    size_t class;
    const int rc = get_class(t, row, &class);
    *y = (float)class;
    return rc || class != SIZE_MAX ? rc : ERR_DATA;
}

// A text that is no class, often for its spelling.
static void explain_class(const struct prep_target *target, const char *text, char *why,
                          size_t size)
{
    const char *const nearest =
        target->kind == FRAME_TEXT ? near_name(text, target->class_name, target->classes) : NULL;
    if (nearest)
        snprintf(why, size, "none of the classes of the fit; '%.40s' is near, if it is meant",
                 nearest);
    else
        snprintf(why, size, "none of the classes of the fit; correct it or remove the row");
}

static void refuse_label(struct taking *t, size_t row)
{
    const struct prep_target *const target = &t->r->p->target;
    struct field f;
    char why[PREP_FAULT_MAX], text[41],
        class[100] = "beyond what a float holds; correct it or remove the row";
    const int rc = get_field(t, row, &f);
    if (rc == 0 && field_is_missing(f))
        snprintf(why, sizeof why, "the target has no value; remove the row");
    else if (rc == 0) {
        snprintf(text, sizeof text, "%.*s", (int)(f.len < 40 ? f.len : 40), f.text);
        if (target->task != PREP_REGRESSION)
            explain_class(target, text, class, sizeof class);
        snprintf(why, sizeof why, "'%s'%s is %s", text, f.len > 40 ? "..." : "", class);
    }
    refuse(t, row, target->name, rc ? rc : ERR_DATA, why);
}

static void take_labels(struct taking *t, float *y)
{
    const struct prep_target *const target = &t->r->p->target;
    const size_t rows = t->rows;
    for (size_t i = 0; i < rows; i++) {
        const int rc = get_label(t, i, &y[i]);
        if (rc == 0)
            continue;
        if (rc == ERR_DATA)
            refuse_label(t, i);
        else
            refuse_value(t, i, target->name, target->kind, rc);
        break;
    }
}

int prep_reader_take(const struct prep_reader *r, const struct csv_block *b, float *X, float *y,
                     struct prep_counts *counts, struct error *e)
{
    struct taking t = {.r = r, .b = b, .counts = counts, .rows = b->rows};
    for (size_t i = 0; i < r->p->columns; i++) {
        set_column(&t, r->place[i]);
        if (r->p->column[i].encode == PREP_NUMERIC)
            take_numbers(&t, i, X);
        else
            take_categories(&t, i, X);
    }
    if (y && r->labels) {
        set_column(&t, r->label_place);
        take_labels(&t, y);
    }
    mem_free(t.unquoted);
    counts->rows += t.rows;
    return t.rc ? error_set(e, t.rc, "%s", t.error.text) : 0;
}
