// SPDX-License-Identifier: MIT
// One side of a division is in memory at a time, beside the table: it is written under a temporary
// name. Once all are written, all are renamed; whatever fails before that leaves nothing behind.
#include "job/prep_job.h"

#include "base/file.h"
#include "base/mem.h"
#include "io/npz.h"
#include "kern/par.h"

#include <stdio.h>
#include <unistd.h>

// What goes into one folder.
struct output {
    char *train_path, *val_path, *prep_path;
    struct npz_writer *train, *val;
    struct file_out *prep;
    struct prep_division division;
};

struct run {
    const struct prep_job *job;
    struct prep_job_result *result;
    struct prep_table table;
    struct output *output; // [count]
    size_t count;
    struct error *e;
    int rc;
};

static int make_paths(struct output *o, const char *folder, struct error *e)
{
    o->train_path = file_join(folder, "train_data.npz");
    o->val_path = file_join(folder, "val_data.npz");
    o->prep_path = file_join(folder, "prep.json");
    if (!o->train_path || !o->val_path || !o->prep_path)
        return error_nomem(e, "paths");
    return file_make_folders(folder, e);
}

static int make_folder(const struct run *r, size_t number, struct error *e)
{
    char name[32];
    if (r->job->folds == 0)
        return make_paths(&r->output[number], r->job->out, e);
    snprintf(name, sizeof name, "fold%zu", number + 1);
    char *folder = file_join(r->job->out, name);
    const int rc =
        folder ? make_paths(&r->output[number], folder, e) : error_nomem(e, "the folder's name");
    mem_free(folder);
    return rc;
}

// Classes are whole numbers.
static int add_classes(struct npz_writer *w, const char *name, const struct prep_matrix *m,
                       struct error *e)
{
    const uint64_t shape[] = {m->rows};
    int64_t *labels = mem_array(m->rows, sizeof *labels);
    if (!labels)
        return error_nomem(e, name);
    for (size_t i = 0; i < m->rows; i++)
        labels[i] = (int64_t)m->y[i];
    const int rc = npz_writer_add(w, &(struct npz_values){name, "<i8", 1, shape, labels}, e);
    mem_free(labels);
    return rc;
}

static int add_arrays(struct npz_writer *w, const char *part, const struct prep_matrix *m,
                      bool classes, struct error *e)
{
    char x[16], y[16];
    const uint64_t shape[] = {m->rows, m->features};
    snprintf(x, sizeof x, "X_%s", part);
    snprintf(y, sizeof y, "y_%s", part);
    struct npz_values values = {x, "<f8", 2, shape, m->X};
    if (m->single) {
        values.dtype = "<f4";
        values.data = m->X32;
    }
    const int rc = npz_writer_add(w, &values, e);
    if (rc || classes)
        return rc ? rc : add_classes(w, y, m, e);
    return npz_writer_add(w, &(struct npz_values){y, "<f8", 1, shape, m->y}, e);
}

static void count_classes(size_t *class_rows, const struct prep_matrix *m)
{
    for (size_t i = 0; i < m->rows; i++)
        class_rows[(size_t)m->y[i]]++;
}

static bool is_stopped(const struct run *r)
{
    if (!r->result->stopped && r->job->stop)
        r->result->stopped = r->job->stop(r->job->context);
    return r->result->stopped;
}

// One side: "train" or "val".
struct side {
    const char *part, *path;
    struct npz_writer **writer;
    const uint32_t *order;
    size_t rows;
};

static int write_side(struct run *r, const struct output *o, const struct side *s)
{
    const struct prep *prep = &o->division.prep;
    const struct prep_selection which = {prep, s->order, s->rows};
    struct prep_matrix m = {.single = r->job->single};
    struct prep_counts counts;
    int rc = prep_counts_init(&counts, prep, r->e);
    if (rc)
        return rc;
    rc = prep_table_matrix(&r->table, &which, &m, &counts, r->e);
    if (rc == 0 && !(*s->writer = npz_writer_report(s->path, r->e)))
        rc = error_code(r->e);
    if (rc == 0)
        rc = add_arrays(*s->writer, s->part, &m, prep->target.classes > 0, r->e);
    if (rc == 0)
        rc = npz_writer_finish(*s->writer, r->e);
    if (rc == 0 && o == r->output) {
        if (prep->target.classes)
            count_classes(r->result->class_rows, &m);
        prep_counts_add(&r->result->counts, &counts, prep);
    }
    prep_counts_clear(&counts);
    prep_matrix_clear(&m);
    return rc;
}

static int write_prep(struct output *o, struct error *e)
{
    struct buf text;
    buf_init(&text, SIZE_MAX / 2);
    int rc = prep_text(&o->division.prep, &text, e);
    if (rc == 0 && !(o->prep = file_out_report(o->prep_path, e)))
        rc = error_code(e);
    if (rc == 0)
        rc = file_out_write(o->prep, text.data, text.len, e);
    if (rc == 0)
        rc = file_out_flush(o->prep, e);
    buf_clear(&text);
    return rc;
}

static int write_division(struct run *r, struct output *o)
{
    const struct split *rows = &o->division.rows;
    const struct side train = {"train", o->train_path, &o->train, rows->train, rows->train_rows};
    const struct side val = {"val", o->val_path, &o->val, rows->test, rows->test_rows};
    int rc = write_side(r, o, &train);
    if (rc == 0 && rows->test_rows && !is_stopped(r))
        rc = write_side(r, o, &val);
    return rc ? rc : write_prep(o, r->e);
}

static int begin_result(struct run *r, const struct prep *prep)
{
    const int rc = prep_counts_init(&r->result->counts, prep, r->e);
    r->result->class_rows = mem_array(prep->target.classes, sizeof *r->result->class_rows);
    return rc || r->result->class_rows ? rc : error_nomem(r->e, "classes");
}

static int prepare(struct run *r, size_t number)
{
    struct output *o = &r->output[number];
    const struct prep_fold fold = {r->job->folds, number};
    const struct prep_listener silent = {0};
    int rc = prep_table_divide(&r->table, &fold, number ? &silent : &r->job->listener, &o->division,
                               r->e);
    if (rc == 0 && number == 0)
        rc = begin_result(r, &o->division.prep);
    if (rc == 0)
        rc = make_folder(r, number, r->e);
    return rc ? rc : write_division(r, o);
}

static void note(const struct run *r, const char *text)
{
    if (r->job->listener.note)
        r->job->listener.note(r->job->listener.context, text);
}

// Rows of an earlier division, prepared otherwise, are no validation data for these.
static void note_stale(const struct run *r, const struct output *o)
{
    char text[512];
    if (o->division.rows.test_rows || access(o->val_path, F_OK) != 0)
        return;
    snprintf(text, sizeof text,
             "%.300s is from another run and does not belong to these files; remove it",
             o->val_path);
    note(r, text);
}

static int commit(struct npz_writer **w, struct error *e)
{
    const int rc = *w ? npz_writer_commit(*w, e) : 0;
    if (rc == 0)
        *w = NULL;
    return rc;
}

static int commit_all(struct run *r)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < r->count; i++) {
        struct output *o = &r->output[i];
        rc = commit(&o->train, r->e);
        if (rc == 0)
            rc = commit(&o->val, r->e);
        if (rc == 0)
            rc = file_out_commit(o->prep, r->e);
        if (rc == 0) {
            o->prep = NULL;
            note_stale(r, o);
        }
    }
    return rc;
}

static void run_in_team(struct par *team, void *context)
{
    struct run *r = context;
    const struct prep_table_spec spec = {r->job->path, r->job->options, r->job->task, team,
                                         par_threads(team)};
    r->rc = prep_table_read(&r->table, &spec, r->e);
    for (size_t i = 0; r->rc == 0 && i < r->count && !is_stopped(r); i++)
        r->rc = prepare(r, i);
    if (r->rc == 0 && !is_stopped(r))
        r->rc = commit_all(r);
}

static void clear_output(struct output *o)
{
    npz_writer_abort(o->train);
    npz_writer_abort(o->val);
    file_out_abort(o->prep);
    prep_division_clear(&o->division);
    mem_free(o->train_path);
    mem_free(o->val_path);
    mem_free(o->prep_path);
}

int prep_job(const struct prep_job *job, struct prep_job_result *result, struct error *e)
{
    struct run r = {.job = job, .result = result, .count = job->folds ? job->folds : 1, .e = e};
    *result = (struct prep_job_result){0};
    r.output = mem_array(r.count, sizeof *r.output);
    if (!r.output)
        return error_nomem(e, "the list of files");
    par_team(job->threads, run_in_team, &r);
    if (r.rc == 0) { // the result's from now on
        result->prep = r.output[0].division.prep;
        r.output[0].division.prep = (struct prep){0};
    }
    for (size_t i = 0; i < r.count; i++)
        clear_output(&r.output[i]);
    mem_free(r.output);
    prep_table_clear(&r.table);
    if (r.rc)
        prep_job_result_clear(result);
    return r.rc;
}

void prep_job_result_clear(struct prep_job_result *result)
{
    prep_counts_clear(&result->counts);
    prep_clear(&result->prep);
    mem_free(result->class_rows);
    *result = (struct prep_job_result){0};
}
