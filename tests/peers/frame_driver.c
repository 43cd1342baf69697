// SPDX-License-Identifier: MIT
// frame_driver IN.csv OUT.npz [THREADS [figures]]: reads a CSV and writes its columns: arrays "0",
// "1", ... (float64 values, or uint32 codes of text) and meta.json with everything else. With "-"
// for OUT the seconds of the reading and the processor's for all are printed instead. With a fourth
// argument there are figures only.
#include "base/clock.h"
#include "io/json.h"
#include "io/npz.h"
#include "kern/par.h"
#include "table/frame.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define META_MAX ((size_t)1 << 28)

struct job {
    const char *in, *out;
    size_t threads;
    bool figures;
    struct frame frame;
    double seconds;
    struct error error;
    int rc;
};

static json_t *column_json(const struct frame_column *c, bool *failed)
{
    static const char *const kinds[] = {"number", "boolean", "text"};
    json_t *o = json_object();
    json_put(o, "name", json_any_text(c->name), failed);
    json_put(o, "kind", json_string(kinds[c->kind]), failed);
    json_put(o, "missing", json_integer((json_int_t)c->missing), failed);
    json_put(o, "infinite", json_integer((json_int_t)c->infinite), failed);
    json_put(o, "min", json_number_or_null(c->min), failed);
    json_put(o, "max", json_number_or_null(c->max), failed);
    json_put(o, "mean", json_number_or_null(c->mean), failed);
    json_put(o, "whole", json_boolean(c->whole), failed);
    json_put(o, "rising", json_boolean(c->rising), failed);
    json_put(o, "dates", json_boolean(c->dates), failed);
    json_t *texts = json_array(), *counts = json_array();
    for (size_t i = 0; i < c->texts; i++) {
        json_push(texts, json_any_text(c->text[i]), failed);
        json_push(counts, json_integer((json_int_t)c->text_count[i]), failed);
    }
    json_put(o, "texts", texts, failed);
    json_put(o, "counts", counts, failed);
    return o;
}

static int write_meta(const struct frame *f, struct npz_writer *w, struct error *e)
{
    bool failed = false;
    json_t *root = json_object(), *columns = json_array();
    json_put(root, "rows", json_integer((json_int_t)f->rows), &failed);
    json_put(root, "delimiter", json_stringn(&f->delimiter, 1), &failed);
    json_put(root, "header", json_boolean(f->header), &failed);
    for (size_t i = 0; i < f->columns; i++)
        json_push(columns, column_json(&f->column[i], &failed), &failed);
    json_put(root, "columns", columns, &failed);
    struct buf text;
    buf_init(&text, META_MAX);
    int rc = failed ? error_nomem(e, "meta.json") : json_text(root, &text, e);
    if (rc == 0)
        rc = npz_writer_bytes(w, "meta.json", text.data, text.len, e);
    buf_clear(&text);
    json_decref(root);
    return rc;
}

static int write_frame(const struct job *job, struct error *e)
{
    const struct frame *f = &job->frame;
    struct npz_writer *w = npz_writer_begin(job->out, e);
    int rc = w ? write_meta(f, w, e) : e->code;
    for (size_t i = 0; i < f->columns && rc == 0 && !job->figures; i++) {
        const struct frame_column *c = &f->column[i];
        const uint64_t shape[] = {f->rows};
        char name[32];
        snprintf(name, sizeof name, "%zu", i);
        const void *data = c->codes ? (const void *)c->codes : (const void *)c->values;
        rc = npz_writer_add(w, &(struct npz_values){name, c->codes ? "<u4" : "<f8", 1, shape, data},
                            e);
    }
    if (rc == 0)
        rc = npz_writer_commit(w, e);
    if (rc)
        npz_writer_abort(w);
    return rc;
}

static void read_frame(struct par *team, void *context)
{
    struct job *job = context;
    const struct frame_options options = {
        .figures_only = job->figures, .run = par_run, .team = team, .workers = job->threads};
    const double start = clock_seconds();
    job->rc = frame_read(&job->frame, job->in, &options, &job->error);
    job->seconds = clock_seconds() - start;
}

int main(int argc, char **argv)
{
    if (argc < 3 || argc > 5) {
        fprintf(stderr, "usage: frame_driver IN.csv OUT.npz [THREADS [figures]]\n");
        return 2;
    }
    struct job job = {.in = argv[1], .out = argv[2], .figures = argc > 4};
    job.threads = argc > 3 ? (size_t)strtoul(argv[3], NULL, 10) : 1;
    par_team(job.threads, read_frame, &job);
    if (job.rc == 0 && strcmp(job.out, "-") == 0)
        printf("%.6f %.6f\n", job.seconds, (double)clock() / CLOCKS_PER_SEC);
    else if (job.rc == 0)
        job.rc = write_frame(&job, &job.error);
    frame_clear(&job.frame);
    if (job.rc)
        fprintf(stderr, "%s\n", job.error.text);
    return job.rc != 0;
}
