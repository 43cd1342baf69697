// SPDX-License-Identifier: MIT
// Memory is that of one batch, whatever the size of the input.
#include "job/predict_job.h"

#include "base/file.h"
#include "base/mem.h"
#include "io/npz.h"
#include "job/predictions.h"

#include <stdio.h>

struct state {
    const struct predict_job *job;
    bool *stopped;
    const struct model_run *run;
    struct model_rows input;
    struct plan *plan;
    struct predictions *out;
    size_t batch; // rows
    float *X, *pred;
};

static int make_room(struct state *s, struct error *e)
{
    const struct net *net = &s->run->model.net;
    s->batch = model_run_rows(net);
    s->X = mem_aligned(s->batch * net->inputs, sizeof *s->X);
    s->pred = mem_aligned(s->batch * net->outputs, sizeof *s->pred);
    if (!s->X || !s->pred)
        return error_nomem(e, "a batch of rows");
    s->plan = model_run_plan(s->run, s->batch, e);
    return s->plan ? 0 : error_code(e);
}

// What only the model can tell.
static int check_model(const struct predict_job *job, const struct model_run *run, struct error *e)
{
    if (job->threshold_given && run->model.net.task != TASK_BINARY)
        return error_set(e, ERR_USAGE, "--threshold: is for binary models, and %s is a %s one",
                         run->path, net_task_name(run->model.net.task));
    return 0;
}

// What would be regretted.
static int check_out(const struct state *s, struct error *e)
{
    const char *const out = s->job->out;
    if (out && (rows_reads(s->input.rows, out) || file_same(out, s->run->path)))
        return error_set(e, ERR_USAGE, "--out: %s is what is read; give another name", out);
    return 0;
}

// The columns that are passed through have no place among arrays.
static void remark_ids(const struct state *s)
{
    const struct predict_job *job = s->job;
    char text[ERROR_TEXT_MAX];
    if (!job->out || !npz_is_name(job->out) || rows_ids(s->input.rows) == 0 || !job->listener.say)
        return;
    snprintf(text, sizeof text, "%.300s: ids such as '%.120s' are left out; a CSV has them",
             job->out, rows_id_name(s->input.rows, 0));
    job->listener.say(job->listener.context, text);
}

static int begin(struct state *s, struct error *e)
{
    const struct predict_job *job = s->job;
    int rc = check_model(job, s->run, e);
    if (rc == 0)
        rc = model_rows_open(&s->input, s->run, &job->data, e);
    if (rc == 0)
        rc = check_out(s, e);
    if (rc == 0)
        rc = make_room(s, e);
    if (rc)
        return rc;
    const struct predictions_spec out = {
        .path = job->out,
        .fd = job->fd,
        .model = &s->run->model,
        .threshold = job->threshold,
        .rows = s->input.rows,
    };
    remark_ids(s);
    s->out = predictions_begin(&out, e);
    return s->out ? 0 : error_code(e);
}

static int predict_all(struct state *s, struct error *e)
{
    const struct predict_job *job = s->job;
    const uint64_t all = rows_total(s->input.rows), total = all == ROWS_UNKNOWN ? 0 : all;
    uint64_t done = 0;
    for (;;) {
        size_t got;
        int rc = rows_next(s->input.rows, s->batch, s->X, NULL, &got, e);
        if (rc || got == 0)
            return rc;
        const struct plan_batch batch = {.rows = got, .X = s->X};
        plan_predict(s->plan, s->run->model.params, &batch, s->pred, NULL);
        rc = predictions_add(s->out, s->pred, got, e);
        if (rc == ERR_NUMERIC)
            error_prefix(e, rc, "%s", file_shown(job->data.path));
        if (rc)
            return rc;
        done += got;
        if (job->rows)
            job->rows(job->context, done, total);
        if (job->stop && job->stop(job->context)) {
            *s->stopped = true;
            return 0;
        }
    }
}

static int work(struct model_run *run, void *context, struct error *e)
{
    struct state *s = context;
    s->run = run;
    int rc = begin(s, e);
    if (rc == 0)
        rc = predict_all(s, e);
    if (rc == 0 && !*s->stopped)
        rc = predictions_commit(s->out, e);
    if (rc == 0)
        model_rows_remark(&s->input, &s->job->listener);
    predictions_free(s->out);
    plan_free(s->plan);
    mem_free(s->X);
    mem_free(s->pred);
    model_rows_close(&s->input);
    return rc;
}

int predict_job(const struct predict_job *job, bool *stopped, struct error *e)
{
    struct state s = {.job = job, .stopped = stopped};
    *stopped = false;
    return model_run(&job->run, work, &s, e);
}
