// SPDX-License-Identifier: MIT
// All rows are one batch: its tree of sums is that of a full batch of training, whoever computes
// it. An evaluation after training and one of the model's file go through the same code, so that
// `skiff eval` gives the bits of metrics.json.
#include "job/evaluate.h"

#include "base/mem.h"
#include "dist/dist_predict.h"
#include "io/json.h"
#include "model/plan.h"
#include "train/fit_slice.h"
#include "train/metrics_json.h"
#include "train/ranks.h"
#include "train/score.h"
#include "train/targets.h"

#include <math.h>

static json_t *as_json(const struct score *s, enum net_task task)
{
    switch (task) {
    case TASK_MULTICLASS:
        return metrics_json_multiclass(&s->multiclass);
    case TASK_REGRESSION:
        return metrics_json_regression(&s->regression);
    default:
        return metrics_json_binary(&s->binary, SCORE_THRESHOLD);
    }
}

// Predictions into pred[n][outputs] and the mean loss, in one batch of all rows. With ranks, at the
// root, and every rank calls it.
static int predict(const struct evaluation *how, const struct dataset *d, float *pred, double *loss,
                   struct error *e)
{
    const struct plan_spec spec = {.net = how->net,
                                   .predict_rows = d->n,
                                   .threads = how->threads,
                                   .team = how->team,
                                   .gemm = how->gemm};
    const struct plan_batch all = ranks_whole(d, d->y);
    if (how->fit && how->fit->slice)
        return fit_slice_predict(how->fit, &all, pred, loss, e);
    struct plan *plan = plan_new(&spec, how->kern, e);
    int rc = dist_agree(how->dist, plan ? 0 : error_code(e), e);
    if (rc == 0) {
        const struct dist_prediction prediction = {
            .plan = plan,
            .params = how->params,
            .batch = &all,
            .outputs = how->net->outputs,
            .pred = pred,
        };
        rc = dist_predict(how->dist, &prediction, loss, e);
    }
    plan_free(plan);
    return rc;
}

// Metrics of predictions, in a new object.
static int measure(const struct evaluation *how, const struct dataset *d, const float *pred,
                   double loss, json_t **metrics, struct error *e)
{
    struct score score = {0};
    int rc = score_measure(&score, how->net, d->n, pred, d->y, isfinite(loss) ? e : NULL);
    if (rc == ERR_NUMERIC && !isfinite(loss))
        rc = error_set(e, ERR_NUMERIC,
                       "the loss of the final weights is not a finite number; lower "
                       "--learning_rate or scale the features");
    if (rc == 0) {
        *metrics = as_json(&score, how->net->task);
        if (json_object_set_new(*metrics, "loss", json_number_or_null(loss)) != 0)
            rc = error_nomem(e, "metrics");
    }
    score_clear(&score);
    return rc;
}

int evaluate_check(const struct model_run *run, const struct dataset *d, const char *path,
                   struct error *e)
{
    const struct net *net = &run->model.net;
    const struct targets targets = {net->task, net->outputs};
    const size_t columns = net->task == TASK_REGRESSION ? net->outputs : 1;
    const struct dataset trained = {.d = net->inputs, .targets = columns};
    if (d->targets != columns)
        return error_set(e, ERR_MISMATCH, "%s: %s has %zu column%s, but the model %s gives %zu",
                         path, d->y_name, d->targets, d->targets == 1 ? "" : "s", run->path,
                         columns);
    return targets_check(&targets, &trained, d, path, e);
}

int evaluate_loss(const char *path, double loss, struct error *e)
{
    if (isfinite(loss))
        return 0;
    return error_set(e, ERR_NUMERIC,
                     "%s: the loss is not a finite number: its features or labels are far from "
                     "those that the model was trained on, or labels are beyond 1e18, whose "
                     "squares are no floats; write them in larger units",
                     path);
}

int evaluate_rows(const struct model_run *run, const struct dataset *d, const char *path,
                  float **pred, double *loss, struct error *e)
{
    const struct evaluation how = {
        .net = &run->model.net,
        .kern = run->kern,
        .params = run->model.params,
        .threads = run->threads,
        .team = run->team,
        .gemm = &run->gemm,
    };
    *pred = mem_array(d->n, run->model.net.outputs * sizeof **pred);
    if (!*pred)
        return error_nomem(e, "predictions");
    const int rc = predict(&how, d, *pred, loss, e);
    return rc ? rc : evaluate_loss(path, *loss, e);
}

int evaluate(const struct evaluation *how, const struct dataset *d, json_t **metrics,
             struct error *e)
{
    double loss;
    *metrics = NULL;
    float *pred = mem_array(d->n, how->net->outputs * sizeof *pred);
    int rc = dist_agree(how->dist, pred ? 0 : error_nomem(e, "predictions"), e);
    if (rc == 0)
        rc = predict(how, d, pred, &loss, e);
    if (rc == 0 && dist_is_root(how->dist))
        rc = measure(how, d, pred, loss, metrics, e);
    else if (rc == 0 && !(*metrics = json_object()))
        rc = error_nomem(e, "metrics");
    rc = dist_agree(how->dist, rc, e);
    if (rc) {
        json_decref(*metrics);
        *metrics = NULL;
    }
    mem_free(pred);
    return rc;
}
