// SPDX-License-Identifier: MIT
// What a careful reader asks before training: what became of each column, which rows were held
// back, and whether those had a say. For people; programs find the same in prep.json.
#include "cmd/prep_print.h"

#include "cmd/cmd.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define NOTES_MAX ((size_t)1 << 20)
#define NAME_MAX  32 // characters of a name or category
#define SHOWN     4  // categories of a column
#define CLASSES   10 // of the target

void prep_notes_init(struct prep_notes *n)
{
    buf_init(&n->text, NOTES_MAX);
}

void prep_notes_add(void *notes, const char *text)
{
    struct prep_notes *n = notes;
    buf_printf(&n->text, "note: %s\n", text);
}

void prep_notes_clear(struct prep_notes *n)
{
    buf_clear(&n->text);
}

// ---- columns ----

static const char *kind_name(enum frame_kind kind)
{
    return kind == FRAME_TEXT ? "text" : kind == FRAME_BOOLEAN ? "boolean" : "number";
}

static void print_name(const char *name)
{
    cmd_print_text(name, 0, NAME_MAX);
}

static void print_fill(const struct prep_column *c, size_t missing)
{
    static const char *const how[] = {"", "the median ", "the mean ", "the most frequent, ", ""};
    if (missing == 0)
        return;
    printf(", %zu missing filled with %s", missing, how[c->fill]);
    if (c->categories)
        print_name(c->category[c->fill_place]);
    else
        printf("%.6g", c->fill_value);
}

static void print_encoding(const struct prep_column *c)
{
    if (c->encode == PREP_NUMERIC)
        return;
    fputs(c->encode == PREP_ONEHOT ? ", onehot (" : ", label (", stdout);
    for (size_t i = 0; i < c->categories && i < SHOWN; i++) {
        fputs(i ? ", " : "", stdout);
        print_name(c->category[i]);
    }
    if (c->categories > SHOWN)
        printf(", ... %zu in all", c->categories);
    putchar(')');
}

static void print_column(const struct prep_job_result *r, size_t index, size_t width)
{
    const struct prep_column *c = &r->prep.column[index];
    static const char *const scale[] = {"", ", standard scale", ", scaled to 0..1",
                                        ", robust scale"};
    fputs("  ", stdout);
    cmd_print_text(c->name, width, NAME_MAX);
    printf("  %s", kind_name(c->kind));
    print_fill(c, r->counts.missing[index]);
    if (isfinite(c->clip[0]) || isfinite(c->clip[1]))
        printf(", clipped to %.6g..%.6g", c->clip[0], c->clip[1]);
    print_encoding(c);
    printf("%s%s", c->log1p ? ", log1p" : "", scale[c->scale]);
    if (r->counts.unseen[index]) {
        printf(", %zu not met by the fit, such as ", r->counts.unseen[index]);
        print_name(r->counts.example[index]);
    }
    puts("");
}

#define RUN_MAX 20 // neighbours that would print the same lines but for their names

// Is there nothing to say of this column but its type and scale?
static bool is_plain(const struct prep_job_result *r, size_t index)
{
    const struct prep_column *c = &r->prep.column[index];
    return c->encode == PREP_NUMERIC && r->counts.missing[index] == 0 && !isfinite(c->clip[0]) &&
           !isfinite(c->clip[1]) && r->counts.unseen[index] == 0;
}

// Columns from `first` on that have the same to say, one at least.
static size_t run_length(const struct prep_job_result *r, size_t first)
{
    const struct prep_column *column = r->prep.column;
    size_t end = first;
    while (end < r->prep.columns && is_plain(r, end) && column[end].kind == column[first].kind &&
           column[end].scale == column[first].scale && column[end].log1p == column[first].log1p)
        end++;
    return end > first ? end - first : 1;
}

static void print_columns(const struct prep_job_result *r)
{
    size_t width = 0;
    for (size_t i = 0; i < r->prep.columns; i++) {
        const size_t len = cmd_text_width(r->prep.column[i].name);
        width = len > width ? len : width;
    }
    width = width < NAME_MAX ? width : NAME_MAX;
    for (size_t i = 0; i < r->prep.columns && !ferror(stdout); i++) {
        const size_t run = run_length(r, i);
        print_column(r, i, width);
        if (run <= RUN_MAX)
            continue;
        printf("  ... and %zu like it, up to\n", run - 2);
        i += run - 1;
        print_column(r, i, width);
    }
}

// ---- rows ----

static void print_target(const struct prep_job_result *r)
{
    static const char *const tasks[] = {"binary", "multiclass", "regression"};
    const struct prep_target *t = &r->prep.target;
    fputs("target ", stdout);
    print_name(t->name);
    printf(": %s", tasks[t->task]);
    if (t->classes > CLASSES)
        printf(", %zu classes", t->classes);
    for (size_t i = 0; t->classes <= CLASSES && i < t->classes; i++) {
        fputs(i ? ", " : "; ", stdout);
        print_name(t->class_name[i]);
        printf(": %zu rows (%.1f%%)", r->class_rows[i],
               100.0 * (double)r->class_rows[i] / (double)r->counts.rows);
    }
    puts("");
}

static void print_division(const struct prep_job *job, const struct prep_split *s)
{
    const struct prep_options *o = job->options;
    char seed[48] = "in the order of the file";
    if (o->shuffle)
        snprintf(seed, sizeof seed, "random_state %lld", (long long)o->random_state);
    const char *const kept = o->stratify ? ", classes kept in proportion" : "";
    if (s->folds)
        printf("%zu folds: %zu rows to train on and %zu held back in the first (%s%s)\n", s->folds,
               s->train_rows, s->test_rows, seed, kept);
    else if (s->test_rows)
        printf("%zu rows to train on, %zu held back (test_size %.9g, %s%s)\n", s->train_rows,
               s->test_rows, s->test_size, seed, kept);
    else
        printf("%zu rows to train on, none held back\n", s->train_rows);
}

static void print_fit(const struct prep_split *s)
{
    if (s->fit_on_all)
        puts("fitted on all rows (--fit_on all), as in notebooks that prepare first and divide "
             "then:\n"
             "those held back had a say in fills and scales, so what they measure flatters a "
             "little;\n"
             "the default, train, keeps them out");
    else if (s->test_rows)
        puts("fitted on the rows to train on (--fit_on train): those held back are as new to it as "
             "any");
}

static void print_files(const struct prep_job *job, const struct prep_split *s)
{
    printf("wrote train_data.npz%s and prep.json to ", s->test_rows ? ", val_data.npz" : "");
    fputs(job->out, stdout);
    if (s->folds)
        printf("/fold1 ... fold%zu", s->folds);
    puts("");
}

void prep_print(const struct prep_job *job, const struct prep_job_result *result,
                const struct prep_notes *notes)
{
    const struct prep *p = &result->prep;
    cmd_print_text(job->path, 0, SIZE_MAX);
    printf(": %zu row%s; %zu column%s become%s %zu feature%s\n", p->split.rows,
           cmd_plural(p->split.rows), p->columns, cmd_plural(p->columns),
           p->columns == 1 ? "s" : "", p->features, cmd_plural(p->features));
    print_columns(result);
    print_target(result);
    print_division(job, &p->split);
    print_fit(&p->split);
    if (notes->text.data)
        fputs(notes->text.data, stdout);
    print_files(job, &p->split);
}
