// SPDX-License-Identifier: MIT
// Rows of a frame. A thousand rows at a time go through all columns, so that their features are
// written while they are in the cache; a column's texts are looked up once, not once a row.
#include "table/prep_apply.h"

#include "base/mem.h"
#include "table/field.h"
#include "table/prep_encoder.h"
#include "table/prep_inner.h"

#include <stdio.h>
#include <string.h>

#define TILE   1024       // rows: what they are read from and become stays in the second cache
#define ABSENT UINT32_MAX // in maps: the row is refused

// ---- counts ----

int prep_counts_init(struct prep_counts *c, const struct prep *p, struct error *e)
{
    *c = (struct prep_counts){.missing = mem_array(p->columns, sizeof *c->missing),
                              .unseen = mem_array(p->columns, sizeof *c->unseen),
                              .example = mem_array(p->columns, sizeof *c->example),
                              .numbers = mem_array(p->columns, sizeof *c->numbers)};
    if (c->missing && c->unseen && c->example && c->numbers)
        return 0;
    prep_counts_clear(c);
    return error_nomem(e, "counts of a preparation");
}

void prep_counts_clear(struct prep_counts *c)
{
    mem_free(c->missing);
    mem_free(c->unseen);
    mem_free(c->example);
    mem_free(c->numbers);
    *c = (struct prep_counts){0};
}

void prep_counts_reset(struct prep_counts *c, const struct prep *p)
{
    c->rows = 0;
    for (size_t i = 0; i < p->columns; i++)
        if (c->unseen[i])
            *c->example[i] = '\0';
    memset(c->missing, 0, p->columns * sizeof *c->missing);
    memset(c->unseen, 0, p->columns * sizeof *c->unseen);
    memset(c->numbers, 0, p->columns * sizeof *c->numbers);
}

void prep_counts_add(struct prep_counts *to, const struct prep_counts *from, const struct prep *p)
{
    to->rows += from->rows;
    for (size_t i = 0; i < p->columns; i++) {
        to->missing[i] += from->missing[i];
        to->unseen[i] += from->unseen[i];
        to->numbers[i] += from->numbers[i];
        if (from->unseen[i] && !*to->example[i])
            memcpy(to->example[i], from->example[i], sizeof to->example[i]);
    }
}

static bool holds_words(const struct prep_column *c)
{
    double x;
    for (size_t i = 0; i < c->categories; i++)
        if (field_number((struct field){c->category[i], strlen(c->category[i])}, &x) != NUM_NONE)
            return false;
    return true;
}

int prep_counts_check(const struct prep_counts *c, const struct prep *p, const char *name,
                      struct error *e)
{
    for (size_t i = 0; i < p->columns; i++)
        if (c->numbers[i] > 1 && c->numbers[i] + c->missing[i] == c->rows &&
            holds_words(&p->column[i]))
            return error_set(e, ERR_MISMATCH,
                             "%s: column '%.100s': holds numbers, such as '%s', but held text such "
                             "as '%.40s' when the preparation was fitted; write it as it was then",
                             name, p->column[i].name, c->example[i], p->column[i].category[0]);
    return 0;
}

// ---- columns of the frame ----

// A column of the preparation and where its values are.
struct source {
    struct prep_encoder encoder;
    const struct frame_column *in;
    bool empty;    // nothing but missing values, whatever their kind
    uint32_t *map; // text: the place of each of the frame's, in->texts of them; ABSENT: refused
    bool *unseen;  // [in->texts]
};

struct transform {
    const struct prep *p;
    const struct prep_rows *rows;
    double *X;
    struct prep_counts *counts;
    struct error *e;
    struct source *sources; // [p->columns]
};

static int refuse(const struct frame_column *in, const char *what, struct error *e)
{
    return error_set(e, ERR_MISMATCH, "column '%.100s': %s", in->name, what);
}

// The search begins at column `hint`, where it is as a rule.
static const struct frame_column *find_column(const struct frame *f, const char *name, size_t hint,
                                              enum frame_kind kind, struct error *e)
{
    static const char *const held[] = {"numbers", "truth values", "text"};
    for (size_t i = 0; i < f->columns; i++) {
        const struct frame_column *in = &f->column[(hint + i) % f->columns];
        if (strcmp(in->name, name) != 0)
            continue;
        if (in->overflow)
            refuse(in, "has too many different texts", e);
        else if (in->kind != kind && in->missing < f->rows)
            error_set(e, ERR_MISMATCH,
                      "column '%.100s': holds %s, but held %s when the preparation was fitted",
                      name, held[in->kind], held[kind]);
        else
            return in;
        return NULL;
    }
    error_set(e, ERR_MISMATCH, "no column '%.100s', which the preparation needs", name);
    return NULL;
}

// Places of the frame's texts, or of its values' places by number.
static int map_texts(struct source *s)
{
    const struct prep_column *const c = s->encoder.column;
    s->map = mem_array(s->in->texts, sizeof *s->map);
    s->unseen = mem_array(s->in->texts, sizeof *s->unseen);
    if (!s->map || !s->unseen)
        return ERR_NOMEM;
    for (size_t i = 0; i < s->in->texts; i++) {
        const size_t len = strlen(s->in->text[i]);
        char near[64 + WORDS_PAD] = "", *text = near;
        if (len > sizeof near - WORDS_PAD && !(text = mem_zalloc(len + WORDS_PAD)))
            return ERR_NOMEM;
        memcpy(text, s->in->text[i], len);
        size_t place = prep_lookup_text(&s->encoder.lookup, text, len);
        if (text != near)
            mem_free(text);
        s->unseen[i] = place == SIZE_MAX;
        place = s->unseen[i] ? prep_unseen_place(c) : place;
        s->map[i] = place == PREP_NOWHERE ? ABSENT : (uint32_t)place;
    }
    return 0;
}

static int open_source(struct source *s, const struct prep_column *c, const struct frame *f,
                       size_t hint, struct error *e)
{
    s->in = find_column(f, c->name, hint, c->kind, e);
    if (!s->in)
        return error_code(e);
    s->empty = s->in->missing == f->rows;
    int rc = prep_encoder_init(&s->encoder, c);
    if (rc == 0 && c->kind == FRAME_TEXT && !s->empty)
        rc = map_texts(s);
    return rc ? error_nomem(e, c->name) : 0;
}

// ---- values ----

static inline size_t frame_row(const struct transform *t, size_t i)
{
    return t->rows->order ? t->rows->order[i] : i;
}

static inline double number_at(const struct source *s, size_t row)
{
    return s->empty ? NAN : s->in->values[row];
}

static int refuse_number(const struct transform *t, const struct source *s, size_t i)
{
    char why[PREP_FAULT_MAX];
    const size_t row = frame_row(t, i);
    prep_number_fault(s->encoder.column, number_at(s, row), why);
    return error_set(t->e, ERR_DATA, "row %zu: column '%.100s': %s", row + 1, s->in->name, why);
}

// Rows [begin, end) of the output, stopping at one that is refused; returns where.
static size_t take_numbers(const struct transform *t, size_t column, size_t begin, size_t end)
{
    const struct source *const s = &t->sources[column];
    const struct prep_column c = *s->encoder.column; // for the compiler: it does not change
    const size_t features = t->p->features;
    const bool infinite = s->in->infinite > 0;
    double *to = t->X + begin * features + c.feature;
    size_t missing = 0, i = begin;
    for (; i < end; i++, to += features) {
        const double x = number_at(s, frame_row(t, i));
        const double y = prep_number(&c, x);
        missing += x != x;
        if (!prep_fits_float(y) || (infinite && isinf(x)))
            break;
        *to = y;
    }
    t->counts->missing[column] += missing;
    return i;
}

// The place of a row's category, and whether it is missing (1) or was not met (2).
static inline size_t place_at(const struct source *s, size_t row, unsigned *what)
{
    const struct prep_column *const c = s->encoder.column;
    *what = 0;
    if (c->kind == FRAME_TEXT) {
        const uint32_t code = s->empty ? FRAME_MISSING : s->in->codes[row];
        if (code == FRAME_MISSING) {
            *what = 1;
            return prep_missing_place(c);
        }
        *what = s->unseen[code] ? 2 : 0;
        return s->map[code] == ABSENT ? PREP_NOWHERE : s->map[code];
    }
    const double x = number_at(s, row);
    if (isnan(x)) {
        *what = 1;
        return prep_missing_place(c);
    }
    const size_t place = prep_lookup_number(&s->encoder.lookup, x);
    *what = place == SIZE_MAX ? 2 : 0;
    return *what ? prep_unseen_place(c) : place;
}

// What stands in a row; `number` may be where.
static const char *value_text(const struct source *s, size_t row, char number[PREP_NUMBER_MAX])
{
    if (s->in->codes)
        return s->in->text[s->in->codes[row]];
    prep_print_number(s->in->kind, s->in->values[row], number);
    return number;
}

static int refuse_category(const struct transform *t, const struct source *s, size_t i)
{
    char why[PREP_FAULT_MAX], number[PREP_NUMBER_MAX];
    const size_t row = frame_row(t, i);
    unsigned what;
    place_at(s, row, &what);
    const char *const value = what == 2 ? value_text(s, row, number) : NULL;
    prep_category_fault(value, value ? strlen(value) : 0, why);
    return error_set(t->e, ERR_DATA, "row %zu: column '%.100s': %s", row + 1, s->in->name, why);
}

static void keep_example(const struct source *s, size_t row, char example[PREP_EXAMPLE_MAX])
{
    char number[PREP_NUMBER_MAX];
    if (!*example)
        snprintf(example, PREP_EXAMPLE_MAX, "%s", value_text(s, row, number));
}

static size_t take_categories(const struct transform *t, size_t column, size_t begin, size_t end)
{
    const struct source *const s = &t->sources[column];
    const struct prep_encoder *const n = &s->encoder;
    const struct prep_column *const c = n->column;
    size_t met[3] = {0}, i = begin;
    for (; i < end; i++) {
        double *const to = t->X + i * t->p->features + c->feature;
        unsigned what;
        const size_t place = place_at(s, frame_row(t, i), &what);
        met[what]++;
        if (place == PREP_NOWHERE)
            break;
        if (what == 2)
            keep_example(s, frame_row(t, i), t->counts->example[column]);
        if (c->encode == PREP_LABEL) {
            *to = n->value[place];
            continue;
        }
        memcpy(to, n->off, c->features * sizeof *to);
        if (place < c->features)
            to[place] = n->on[place];
    }
    t->counts->missing[column] += met[1];
    t->counts->unseen[column] += met[2];
    return i;
}

// The first row that is refused is reported, whichever column it is in.
static int take_tile(const struct transform *t, size_t begin, size_t end)
{
    size_t bad = SIZE_MAX;
    for (size_t k = 0; k < t->p->columns; k++) {
        const bool number = t->p->column[k].encode == PREP_NUMERIC;
        const size_t at =
            number ? take_numbers(t, k, begin, end) : take_categories(t, k, begin, end);
        if (at < end) {
            bad = k;
            end = at;
        }
    }
    if (bad == SIZE_MAX)
        return 0;
    const struct source *s = &t->sources[bad];
    return s->encoder.column->encode == PREP_NUMERIC ? refuse_number(t, s, end)
                                                     : refuse_category(t, s, end);
}

static int transform(struct transform *t)
{
    int rc = 0;
    const struct frame *const f = t->rows->frame;
    size_t hint = 0;
    for (size_t i = 0; i < t->p->columns && rc == 0; i++) {
        rc = open_source(&t->sources[i], &t->p->column[i], f, hint, t->e);
        hint = rc ? 0 : (size_t)(t->sources[i].in - f->column) + 1;
    }
    const size_t n = t->rows->rows;
    for (size_t at = 0; at < n && rc == 0; at += TILE)
        rc = take_tile(t, at, n - at < TILE ? n : at + TILE);
    t->counts->rows += n;
    for (size_t i = 0; i < t->p->columns; i++) {
        prep_encoder_clear(&t->sources[i].encoder);
        mem_free(t->sources[i].map);
        mem_free(t->sources[i].unseen);
    }
    return rc;
}

int prep_transform(const struct prep *p, const struct prep_rows *rows, double *X,
                   struct prep_counts *counts, struct error *e)
{
    struct prep_counts own;
    int rc = prep_counts_init(&own, p, e);
    if (rc)
        return rc;
    struct transform t = {.p = p, .rows = rows, .X = X, .e = e};
    t.counts = counts ? counts : &own;
    t.sources = mem_array(p->columns, sizeof *t.sources);
    rc = t.sources ? transform(&t) : error_nomem(e, "columns of a preparation");
    mem_free(t.sources);
    prep_counts_clear(&own);
    return rc;
}

// ---- labels ----

static int refuse_label(const struct prep_target *t, const struct frame_column *in, size_t row,
                        struct error *e)
{
    char number[PREP_NUMBER_MAX];
    const bool missing = in->codes ? in->codes[row] == FRAME_MISSING : isnan(in->values[row]);
    if (missing)
        return error_set(e, ERR_DATA, "row %zu: column '%.100s': the target has no value", row + 1,
                         in->name);
    if (!in->codes)
        prep_print_number(in->kind, in->values[row], number);
    return error_set(e, ERR_DATA, "row %zu: column '%.100s': '%.40s' is %s", row + 1, in->name,
                     in->codes ? in->text[in->codes[row]] : number,
                     t->task == PREP_REGRESSION ? "beyond what a float holds"
                                                : "none of the classes");
}

// Classes of the frame's texts: SIZE_MAX for those that are none.
static size_t *map_classes(const struct prep_target *t, const struct frame_column *in)
{
    size_t *map = mem_array(in->texts, sizeof *map);
    for (size_t i = 0; i < in->texts && map; i++) {
        map[i] = SIZE_MAX;
        for (size_t k = 0; k < t->classes && map[i] == SIZE_MAX; k++)
            if (strcmp(t->class_name[k], in->text[i]) == 0)
                map[i] = k;
    }
    return map;
}

static size_t find_class(const struct prep_target *t, double x)
{
    size_t k = 0;
    while (k < t->classes && t->class_value[k] != x)
        k++;
    return k < t->classes ? k : SIZE_MAX;
}

int prep_labels(const struct prep *p, const struct prep_rows *rows, double *y, struct error *e)
{
    const struct prep_target *const t = &p->target;
    if (!t->name)
        return error_set(e, ERR_USAGE, "the preparation has no target");
    const struct frame_column *in = find_column(rows->frame, t->name, 0, t->kind, e);
    if (!in)
        return error_code(e);
    if (in->kind != t->kind && rows->rows) // nothing but missing values
        return refuse_label(t, in, rows->order ? rows->order[0] : 0, e);
    size_t *map = in->codes ? map_classes(t, in) : NULL;
    if (in->codes && !map)
        return error_nomem(e, t->name);
    int rc = 0;
    for (size_t i = 0; i < rows->rows && rc == 0; i++) {
        const size_t row = rows->order ? rows->order[i] : i;
        size_t class = SIZE_MAX;
        if (in->codes)
            class = in->codes[row] == FRAME_MISSING ? SIZE_MAX : map[in->codes[row]];
        else if (t->task != PREP_REGRESSION)
            class = find_class(t, in->values[row]);
        else if (prep_fits_float(in->values[row]))
            class = 0;
        if (class == SIZE_MAX)
            rc = refuse_label(t, in, row, e);
        else
            y[i] = t->task == PREP_REGRESSION ? in->values[row] : (double)class;
    }
    mem_free(map);
    return rc;
}
