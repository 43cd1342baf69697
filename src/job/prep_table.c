// SPDX-License-Identifier: MIT
// Rows are looked at in the order of the file and put where the division wants them: columns lie
// one after the other and rows of features do not, so that this touches a few scattered places a
// row and not one a column. They go in blocks of a fixed size, which workers take in even shares:
// what is in a block, and the first block that fails, depend on the table alone.
#include "job/prep_table.h"

#include "base/mem.h"
#include "kern/par.h"

#include <math.h>
#include <string.h>

#define BLOCK_VALUES ((size_t)1 << 17) // of a block, about: 1 MB of doubles
#define BLOCK_GRAIN  ((size_t)256)     // rows; prep_transform goes so many at a time

// ---- reading ----

static const struct frame_column *find_column(const struct frame *f, const char *name)
{
    for (size_t i = 0; i < f->columns; i++)
        if (strcmp(f->column[i].name, name) == 0)
            return &f->column[i];
    return NULL;
}

static int missing_class(const struct prep_table *t, const char *name, size_t row, struct error *e)
{
    return error_set(e, ERR_DATA,
                     "%s: column '%s': row %zu of the data has no value, but the target needs one; "
                     "take such rows out",
                     t->spec.path, name, row + 1);
}

static int classes_of_texts(struct prep_table *t, const struct frame_column *c, struct error *e)
{
    t->class_count = c->texts;
    for (size_t i = 0; i < t->frame.rows; i++) {
        if (c->codes[i] == FRAME_MISSING)
            return missing_class(t, c->name, i, e);
        t->classes[i] = c->codes[i];
    }
    return 0;
}

// The place of x in sorted[0 .. count), or where it belongs.
static size_t place_of(const double *sorted, size_t count, double x)
{
    size_t low = 0, high = count;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (sorted[middle] < x)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int classes_of_numbers(struct prep_table *t, const struct frame_column *c, struct error *e)
{
    double different[PREP_CATEGORIES_MAX];
    size_t count = 0;
    for (size_t i = 0; i < t->frame.rows; i++) {
        if (isnan(c->values[i]))
            return missing_class(t, c->name, i, e);
        const size_t at = place_of(different, count, c->values[i]);
        if (at < count && different[at] == c->values[i])
            continue;
        if (count == PREP_CATEGORIES_MAX)
            return error_set(e, ERR_DATA,
                             "%s: column '%s' has more than %zu different numbers, which are no "
                             "classes to keep in proportion; leave --stratify away",
                             t->spec.path, c->name, PREP_CATEGORIES_MAX);
        memmove(different + at + 1, different + at, (count - at) * sizeof *different);
        different[at] = c->values[i];
        count++;
    }
    t->class_count = count;
    for (size_t i = 0; i < t->frame.rows; i++)
        t->classes[i] = (uint32_t)place_of(different, count, c->values[i]);
    return 0;
}

// A target that is not there is the fit's to report.
static int number_classes(struct prep_table *t, struct error *e)
{
    const struct frame_column *c = find_column(&t->frame, t->rules.target);
    if (!c)
        return 0;
    t->classes = mem_array(t->frame.rows, sizeof *t->classes);
    if (!t->classes)
        return error_nomem(e, "classes");
    return c->kind == FRAME_TEXT ? classes_of_texts(t, c, e) : classes_of_numbers(t, c, e);
}

static int read_frame(struct prep_table *t, struct error *e)
{
    struct frame_options how = {.csv = prep_options_csv(t->spec.options),
                                .run = par_run,
                                .team = t->spec.team,
                                .workers = t->spec.workers};
    struct frame_choice *choices;
    int rc = prep_choices(&t->rules, &choices, &how.choice_count, e);
    if (rc)
        return rc;
    how.choices = choices;
    rc = frame_read(&t->frame, t->spec.path, &how, e);
    prep_choices_free(choices, how.choice_count);
    return rc;
}

int prep_table_read(struct prep_table *t, const struct prep_table_spec *spec, struct error *e)
{
    *t = (struct prep_table){.spec = *spec, .rules = prep_options_rules(spec->options, spec->task)};
    int rc = prep_options_check(spec->options, e);
    if (rc == 0)
        rc = read_frame(t, e);
    if (rc == 0 && t->frame.rows == 0)
        rc = error_set(e, ERR_DATA, "%s: there are no rows below the header", spec->path);
    if (rc == 0 && spec->options->stratify)
        rc = number_classes(t, e);
    if (rc)
        prep_table_clear(t);
    return rc;
}

void prep_table_clear(struct prep_table *t)
{
    frame_clear(&t->frame);
    mem_free(t->classes);
    *t = (struct prep_table){0};
}

// ---- dividing ----

static int keep_all(struct split *s, size_t rows, struct error *e)
{
    *s = (struct split){.train = mem_array(rows, sizeof *s->train), .train_rows = rows};
    if (!s->train)
        return error_nomem(e, "row numbers");
    for (size_t i = 0; i < rows; i++)
        s->train[i] = (uint32_t)i;
    return 0;
}

static int divide_rows(const struct prep_table *t, const struct prep_fold *fold, struct split *s,
                       struct error *e)
{
    const struct prep_options *o = t->spec.options;
    const struct split_spec spec = {
        .rows = t->frame.rows,
        .test_size = o->test_size,
        .shuffle = o->shuffle,
        .random_state = (uint32_t)o->random_state,
        .classes = t->classes,
        .class_count = t->class_count,
    };
    const int rc = fold->folds         ? split_fold(s, &spec, fold->folds, fold->fold, e)
                   : o->test_size == 0 ? keep_all(s, spec.rows, e)
                                       : split_rows(s, &spec, e);
    return error_prefix(e, rc, "%s", t->spec.path);
}

// Rows of a division in the order of the file, and the place of each in the division.
struct arranged {
    uint32_t *row, *place;
};

#define ABSENT UINT32_MAX

static int arrange(struct arranged *a, const uint32_t *order, size_t rows, size_t all,
                   struct error *e)
{
    *a = (struct arranged){mem_array(rows, sizeof *a->row), mem_array(all, sizeof *a->place)};
    if (!a->row || !a->place)
        return error_nomem(e, "row numbers");
    for (size_t i = 0; i < all; i++)
        a->place[i] = ABSENT;
    for (size_t i = 0; i < rows; i++)
        a->place[order[i]] = (uint32_t)i;
    size_t count = 0;
    for (size_t i = 0; i < all; i++)
        if (a->place[i] != ABSENT) {
            a->row[count] = (uint32_t)i;
            a->place[count++] = a->place[i];
        }
    return 0;
}

static void arranged_clear(struct arranged *a)
{
    mem_free(a->row);
    mem_free(a->place);
}

static int fit(const struct prep_table *t, const struct prep_listener *listener,
               struct prep_division *d, struct error *e)
{
    struct arranged train;
    struct prep_fit how = {
        .frame = &t->frame,
        .rules = &t->rules,
        .rows = t->frame.rows,
        .path = t->spec.path,
        .note = listener->note,
        .context = listener->context,
        .run = par_run,
        .team = t->spec.team,
        .workers = t->spec.workers,
    };
    if (t->spec.options->fit_on == PREP_FIT_ON_ALL)
        return prep_fit(&d->prep, &how, e);
    int rc = arrange(&train, d->rows.train, d->rows.train_rows, t->frame.rows, e);
    how.order = train.row;
    how.rows = d->rows.train_rows;
    if (rc == 0)
        rc = prep_fit(&d->prep, &how, e);
    arranged_clear(&train);
    return rc;
}

int prep_table_divide(const struct prep_table *t, const struct prep_fold *fold,
                      const struct prep_listener *listener, struct prep_division *d,
                      struct error *e)
{
    const struct prep_options *o = t->spec.options;
    *d = (struct prep_division){0};
    int rc = divide_rows(t, fold, &d->rows, e);
    if (rc)
        return rc;
    rc = fit(t, listener, d, e);
    if (rc) {
        split_clear(&d->rows);
        return rc;
    }
    d->prep.split = (struct prep_split){
        .test_size = fold->folds ? 0 : o->test_size,
        .random_state = o->random_state,
        .stratify = o->stratify,
        .fit_on_all = o->fit_on == PREP_FIT_ON_ALL,
        .shuffle = o->shuffle,
        .rows = t->frame.rows,
        .train_rows = d->rows.train_rows,
        .test_rows = d->rows.test_rows,
        .folds = fold->folds,
        .fold = fold->fold,
    };
    return 0;
}

void prep_division_clear(struct prep_division *d)
{
    split_clear(&d->rows);
    prep_clear(&d->prep);
}

// ---- matrices ----

struct worker {
    struct prep_counts counts;
    double *X, *y; // of a block: [block_rows][features], [block_rows]
    int rc;
    struct error error;
};

struct transform {
    const struct prep_table *table;
    const struct prep *prep;
    struct arranged rows;
    struct prep_matrix *m;
    size_t block_rows;
    size_t workers;
    struct worker *worker; // [workers]
};

static size_t block_rows(size_t features)
{
    const size_t rows = BLOCK_VALUES / features / BLOCK_GRAIN * BLOCK_GRAIN;
    return rows ? rows : BLOCK_GRAIN;
}

static void place_row(const struct prep_matrix *m, const double *x, size_t row)
{
    const size_t d = m->features;
    if (m->single)
        for (size_t j = 0; j < d; j++)
            m->X32[row * d + j] = (float)x[j];
    else
        memcpy(m->X + row * d, x, d * sizeof *x);
}

static int take_block(const struct transform *t, struct worker *w, size_t first, size_t rows)
{
    const uint32_t *place = t->rows.place + first;
    const struct prep_rows of = {&t->table->frame, t->rows.row + first, rows};
    int rc = prep_transform(t->prep, &of, w->X, &w->counts, &w->error);
    if (rc == 0)
        rc = prep_labels(t->prep, &of, w->y, &w->error);
    for (size_t i = 0; rc == 0 && i < rows; i++) {
        place_row(t->m, w->X + i * t->m->features, place[i]);
        t->m->y[place[i]] = w->y[i];
    }
    return rc;
}

static void work(void *context, size_t number)
{
    const struct transform *t = context;
    struct worker *w = &t->worker[number];
    const size_t most = t->block_rows;
    const struct par_range mine = par_split(t->m->rows, most, t->workers, number);
    for (size_t row = mine.begin; row < mine.end && w->rc == 0; row += most)
        w->rc = take_block(t, w, row, mine.end - row < most ? mine.end - row : most);
}

static int start_worker(struct worker *w, const struct transform *t, struct error *e)
{
    w->X = mem_block(t->block_rows * t->m->features, sizeof *w->X);
    w->y = mem_array(t->block_rows, sizeof *w->y);
    return w->X && w->y ? prep_counts_init(&w->counts, t->prep, e)
                        : error_nomem(e, "a block of rows");
}

static int start_workers(struct transform *t, struct error *e)
{
    t->worker = mem_array(t->workers, sizeof *t->worker);
    int rc = t->worker ? 0 : error_nomem(e, "workers");
    for (size_t i = 0; rc == 0 && i < t->workers; i++)
        rc = start_worker(&t->worker[i], t, e);
    return rc;
}

// Workers have consecutive blocks, so the first that failed has the first block that did.
static int finish_workers(struct transform *t, struct prep_counts *counts, struct error *e)
{
    int rc = 0;
    for (size_t i = 0; t->worker && i < t->workers; i++) {
        struct worker *w = &t->worker[i];
        if (w->rc && rc == 0)
            rc = error_set(e, w->rc, "%s: %s", t->table->spec.path, w->error.text);
        if (w->counts.missing)
            prep_counts_add(counts, &w->counts, t->prep);
        prep_counts_clear(&w->counts);
        mem_free(w->X);
        mem_free(w->y);
    }
    mem_free(t->worker);
    return rc;
}

static int make_room(struct prep_matrix *m, size_t rows, size_t features, struct error *e)
{
    size_t cells = 0;
    m->rows = rows;
    m->features = features;
    m->X = NULL;
    m->X32 = NULL;
    m->y = mem_array(rows, sizeof *m->y);
    if (size_mul(rows, features, &cells) && m->single)
        m->X32 = mem_block(cells, sizeof *m->X32);
    else if (cells)
        m->X = mem_block(cells, sizeof *m->X);
    if (m->y && (m->X || m->X32))
        return 0;
    return error_set(e, ERR_NOMEM, "out of memory for %zu rows of %zu features", rows, features);
}

int prep_table_matrix(const struct prep_table *t, const struct prep_selection *which,
                      struct prep_matrix *m, struct prep_counts *counts, struct error *e)
{
    struct transform all = {.table = t,
                            .prep = which->prep,
                            .m = m,
                            .block_rows = block_rows(which->prep->features),
                            .workers = t->spec.workers ? t->spec.workers : 1};
    int rc = make_room(m, which->rows, which->prep->features, e);
    if (rc == 0)
        rc = arrange(&all.rows, which->order, which->rows, t->frame.rows, e);
    if (rc == 0)
        rc = start_workers(&all, e);
    if (rc == 0)
        par_run(t->spec.team, all.workers, work, &all);
    const int worked = finish_workers(&all, counts, e);
    arranged_clear(&all.rows);
    rc = rc ? rc : worked;
    if (rc)
        prep_matrix_clear(m);
    return rc;
}

void prep_matrix_clear(struct prep_matrix *m)
{
    mem_free(m->X);
    mem_free(m->X32);
    mem_free(m->y);
    *m = (struct prep_matrix){0};
}
