// SPDX-License-Identifier: MIT
#include "job/evaluate.h"

#include "base/mem.h"
#include "model/plan.h"

#include <math.h>

#define THRESHOLD 0.5

static int binary(const struct metrics_rows *rows, const struct dataset *d, json_t **json,
                  struct error *e)
{
    struct binary_metrics m;
    struct metrics_work w = {0};
    const int rc = metrics_binary(&m, &w, rows, d->y, THRESHOLD, e);
    if (rc == 0)
        *json = metrics_json_binary(&m, THRESHOLD);
    metrics_work_clear(&w);
    return rc;
}

static int multiclass(const struct metrics_rows *rows, const struct dataset *d, json_t **json,
                      struct error *e)
{
    struct multiclass_metrics m = {0};
    struct metrics_work w = {0};
    const int rc = metrics_multiclass(&m, &w, rows, rows->ld, d->y, e);
    if (rc == 0)
        *json = metrics_json_multiclass(&m);
    multiclass_metrics_clear(&m);
    metrics_work_clear(&w);
    return rc;
}

static int regression(const struct metrics_rows *rows, const struct dataset *d, json_t **json,
                      struct error *e)
{
    struct regression_metrics m;
    const struct metrics_rows truth = {.n = d->n, .ld = d->targets, .f32 = d->y};
    const int rc = metrics_regression(&m, rows, &truth, d->targets, e);
    if (rc == 0)
        *json = metrics_json_regression(&m);
    return rc;
}

static int measure(enum net_task task, const struct metrics_rows *rows, const struct dataset *d,
                   json_t **json, struct error *e)
{
    switch (task) {
    case TASK_MULTICLASS:
        return multiclass(rows, d, json, e);
    case TASK_REGRESSION:
        return regression(rows, d, json, e);
    default:
        return binary(rows, d, json, e);
    }
}

int evaluate(const struct evaluation *how, const struct dataset *d, json_t **metrics,
             struct error *e)
{
    const size_t outputs = how->net->outputs;
    const struct plan_spec spec = {
        .net = how->net, .predict_rows = d->n, .threads = how->threads, .team = how->team};
    const struct plan_batch all = {.rows = d->n, .X = d->X, .y = d->y};
    double loss;
    *metrics = NULL;
    struct plan *plan = plan_new(&spec, how->kern, e);
    float *pred = mem_array(d->n, outputs * sizeof *pred);
    int rc = plan && pred ? 0 : error_nomem(e, "predictions");
    if (rc == 0) {
        plan_predict(plan, how->params, &all, pred, &loss);
        if (!isfinite(loss))
            rc = error_set(e, ERR_NUMERIC,
                           "the loss of the final weights is not a finite number; lower "
                           "--learning_rate or scale the features");
    }
    if (rc == 0) {
        const struct metrics_rows rows = {.n = d->n, .ld = outputs, .f32 = pred};
        rc = measure(how->net->task, &rows, d, metrics, e);
    }
    if (rc == 0 && (!*metrics || json_object_set_new(*metrics, "loss", json_real(loss)) != 0)) {
        json_decref(*metrics);
        *metrics = NULL;
        rc = error_nomem(e, "metrics");
    }
    mem_free(pred);
    plan_free(plan);
    return rc;
}
