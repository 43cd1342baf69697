// SPDX-License-Identifier: MIT
// The loss of a row depends on the row alone, but the mean of all is summed over leaves whose size
// follows from the number of rows, which a CSV tells at its end. So the losses of rows are kept,
// and summed then.
#include "job/judged.h"

#include "base/file.h"
#include "base/mem.h"
#include "job/evaluate.h"

#include <string.h>

void judged_clear(struct judged *j)
{
    mem_free(j->pred);
    mem_free(j->y);
    *j = (struct judged){0};
}

// ---- arrays, which are mapped or in memory already

static int judge_arrays(struct judged *j, const struct model_run *run,
                        const struct model_data *data, struct error *e)
{
    struct dataset d = {0};
    int rc = dataset_load(&d, j->path, &data->keys, e);
    if (rc == 0)
        rc = evaluate_check(run, &d, j->path, e);
    if (rc == 0)
        rc = evaluate_rows(run, &d, j->path, &j->pred, &j->loss, e);
    j->n = d.n;
    j->y = d.y;
    d.y = NULL;
    dataset_clear(&d);
    return rc;
}

// ---- a CSV

struct stream {
    struct judged *judged;
    const struct model_run *run;
    const struct judged_hooks *hooks;
    struct model_rows input;
    struct plan *plan;
    size_t batch; // rows
    size_t room;  // rows, of the arrays of `judged` and of `loss`
    float *X;     // [batch][inputs]
    float *loss;  // [room]
};

static bool resize(float **block, size_t rows, size_t floats)
{
    size_t bytes;
    if (!size_mul(rows, floats * sizeof **block, &bytes))
        return false;
    float *const more = mem_realloc(*block, bytes);
    *block = more ? more : *block;
    return more != NULL;
}

// By half, so that a row is moved twice on average.
static int grow(struct stream *s, struct error *e)
{
    struct judged *j = s->judged;
    const size_t room = s->room ? s->room + s->room / 2 : s->batch;
    if (!resize(&j->pred, room, s->run->model.net.outputs) || !resize(&j->y, room, 1) ||
        !resize(&s->loss, room, 1))
        return error_set(e, ERR_NOMEM, "%s: out of memory after the predictions of %zu rows",
                         j->path, j->n);
    s->room = room;
    return 0;
}

static int judge_batch(struct stream *s, size_t *got, struct error *e)
{
    struct judged *j = s->judged;
    const struct net *net = &s->run->model.net;
    const size_t room = s->room - j->n, most = room < s->batch ? room : s->batch;
    float *const y = j->y + j->n;
    double mean; // of the batch; nobody asks for it
    int rc = rows_next(s->input.rows, most, s->X, y, got, e);
    if (rc || *got == 0)
        return rc;
    struct dataset labels = {.n = *got, .d = net->inputs, .targets = 1, .y = y};
    labels.y_integer = net->task != TASK_REGRESSION;
    rc = evaluate_check(s->run, &labels, j->path, e);
    if (rc)
        return rc;
    const struct plan_batch batch = {.rows = *got, .X = s->X, .y = y};
    plan_predict(s->plan, s->run->model.params, &batch, j->pred + j->n * net->outputs, &mean);
    memcpy(s->loss + j->n, plan_row_losses(s->plan), *got * sizeof *s->loss);
    j->n += *got;
    return 0;
}

static int judge_all(struct stream *s, struct error *e)
{
    struct judged *j = s->judged;
    size_t got = 1;
    int rc = 0;
    while (rc == 0 && got) {
        if (j->n == s->room)
            rc = grow(s, e);
        if (rc == 0)
            rc = judge_batch(s, &got, e);
        if (rc == 0 && s->hooks->rows)
            s->hooks->rows(s->hooks->context, j->n, 0);
    }
    if (rc == 0 && j->n == 0)
        rc = error_set(e, ERR_DATA, "%s: has no rows", j->path);
    if (rc)
        return rc;
    j->loss = plan_loss_of_rows(s->plan, j->n, s->loss, j->y);
    return evaluate_loss(j->path, j->loss, e);
}

static int judge_csv(struct stream *s, struct error *e)
{
    const struct net *net = &s->run->model.net;
    s->batch = model_run_rows(net);
    s->X = mem_aligned(s->batch * net->inputs, sizeof *s->X);
    if (!s->X)
        return error_nomem(e, "a batch of rows");
    s->plan = model_run_plan(s->run, s->batch, e);
    const int rc = s->plan ? judge_all(s, e) : error_code(e);
    if (rc == 0)
        model_rows_remark(&s->input, &s->hooks->listener);
    return rc;
}

int judge(struct judged *j, const struct model_run *run, const struct model_data *data,
          const struct judged_hooks *hooks, struct error *e)
{
    struct stream s = {.judged = j, .run = run, .hooks = hooks};
    *j = (struct judged){.path = file_shown(data->path)};
    int rc = model_rows_open_labels(&s.input, run, data, e);
    if (rc == 0 && !rows_prepared(s.input.rows))
        rc = judge_csv(&s, e);
    else if (rc == 0)
        rc = judge_arrays(j, run, data, e);
    plan_free(s.plan);
    mem_free(s.X);
    mem_free(s.loss);
    model_rows_close(&s.input);
    return rc;
}
