// SPDX-License-Identifier: MIT
#include "job/evaluate.h"

#include "base/mem.h"
#include "io/json.h"
#include "model/plan.h"
#include "train/metrics_json.h"
#include "train/score.h"

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

int evaluate_predict(const struct evaluation *how, const struct dataset *d, float *pred,
                     double *loss, struct error *e)
{
    const struct plan_spec spec = {.net = how->net,
                                   .predict_rows = d->n,
                                   .threads = how->threads,
                                   .team = how->team,
                                   .gemm = how->gemm};
    const struct plan_batch all = {.rows = d->n, .X = d->X, .y = d->y};
    struct plan *plan = plan_new(&spec, how->kern, e);
    if (!plan)
        return error_code(e);
    plan_predict(plan, how->params, &all, pred, loss);
    plan_free(plan);
    return 0;
}

int evaluate(const struct evaluation *how, const struct dataset *d, json_t **metrics,
             struct error *e)
{
    struct score score = {0};
    double loss;
    *metrics = NULL;
    float *pred = mem_array(d->n, how->net->outputs * sizeof *pred);
    int rc = pred ? evaluate_predict(how, d, pred, &loss, e) : error_nomem(e, "predictions");
    if (rc == 0)
        rc = score_measure(&score, how->net, d->n, pred, d->y, isfinite(loss) ? e : NULL);
    if (rc == ERR_NUMERIC && !isfinite(loss))
        rc = error_set(e, ERR_NUMERIC,
                       "the loss of the final weights is not a finite number; lower "
                       "--learning_rate or scale the features");
    if (rc == 0) {
        *metrics = as_json(&score, how->net->task);
        if (json_object_set_new(*metrics, "loss", json_number_or_null(loss)) != 0)
            rc = error_nomem(e, "metrics");
    }
    if (rc) {
        json_decref(*metrics);
        *metrics = NULL;
    }
    score_clear(&score);
    mem_free(pred);
    return rc;
}
