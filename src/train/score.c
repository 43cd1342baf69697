// SPDX-License-Identifier: MIT
// One switch for all who judge a model, so that the validation of an epoch, the last evaluation,
// eval and report cannot differ.
#include "train/score.h"

int score_measure(struct score *s, const struct net *net, size_t n, const float *pred,
                  const float *truth, struct error *e)
{
    const struct metrics_rows rows = {.n = n, .ld = net->outputs, .f32 = pred};
    const struct metrics_rows targets = {.n = n, .ld = net->outputs, .f32 = truth};
    switch (net->task) {
    case TASK_MULTICLASS:
        return metrics_multiclass(&s->multiclass, &s->work, &rows, net->outputs, truth, e);
    case TASK_REGRESSION:
        return metrics_regression(&s->regression, &rows, &targets, net->outputs, e);
    default:
        return metrics_binary(&s->binary, &s->work, &rows, truth, SCORE_THRESHOLD, e);
    }
}

int score_epoch(struct score *s, const struct net *net, size_t n, const float *pred,
                const float *truth, struct error *e)
{
    const struct metrics_rows rows = {.n = n, .ld = net->outputs, .f32 = pred};
    if (net->task != TASK_BINARY)
        return score_measure(s, net, n, pred, truth, e);
    return metrics_binary_brief(&s->binary, &s->work, &rows, truth, SCORE_THRESHOLD, e);
}

void score_clear(struct score *s)
{
    multiclass_metrics_clear(&s->multiclass);
    metrics_work_clear(&s->work);
}
