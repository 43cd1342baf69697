// SPDX-License-Identifier: MIT
// The loop itself. Set-up is in fit_init.c, checkpoints in checkpoint.c.
#include "train/fit.h"

#include "base/clock.h"
#include "train/fit_slice.h"
#include "train/ranks.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static size_t targets_of(const struct fit *f)
{
    return f->net->task == TASK_REGRESSION ? f->net->outputs : 1;
}

// The order of the epoch's rows. Full-batch training draws nothing, as training on tensors does.
static void begin_epoch(struct fit *f)
{
    f->state.epoch_loss = 0;
    if (f->shuffle)
        f->state.loader_seed = rng_loader_seed(&f->state.rng);
}

struct plan_batch fit_batch(const struct fit *f)
{
    const size_t row = (size_t)f->state.row, left = f->train->n - row;
    struct plan_batch b = {
        .rows = left < f->batch_size ? left : f->batch_size,
        .X = f->train->X,
        .y = f->train_y ? f->train_y : f->train->y,
        .class_weight = f->class_weight,
    };
    if (f->shuffle) {
        b.order = f->order + row;
        b.following = left - b.rows;
    } else if (f->train->sharded) { // one batch of all rows: see shards_deal
        b.own = f->train->X;
        b.own_begin = f->train->first;
        b.own_end = f->train->first + f->train->held;
    } else {
        b.X += row * f->train->d;
        b.y += row * targets_of(f);
    }
    return b;
}

static int diverged(const struct fit *f, double lr, struct error *e)
{
    return error_set(e, ERR_NUMERIC,
                     "epoch %llu: the training loss is no longer a finite number; lower "
                     "--learning_rate (%g), scale the features, or set --clip_norm",
                     (unsigned long long)f->state.epoch + 1, lr);
}

// A step of a process, or of ranks, that have all of the network; none if the loss is not finite.
static int step_whole(struct fit *f, const struct plan_batch *batch, struct schedule_point now,
                      double *loss, struct error *e)
{
    float *gradient;
    plan_draw_dropout(f->plan, &f->state.rng, batch->rows);
    const int rc = ranks_gradient(f, batch, &gradient, loss, e);
    if (rc || !isfinite(*loss))
        return rc;
    if (f->config->clip_norm > 0)
        optim_clip(f->kern, gradient, f->part->size, f->config->clip_norm);
    optim_step(&f->optim, f->params, gradient, now.lr, now.momentum,
               plan_step_workers(f->plan, batch->rows));
    return 0;
}

static int run_step(struct fit *f, struct error *e)
{
    struct plan_batch batch = fit_batch(f);
    const struct schedule_point now = schedule_at(&f->schedule, f->optim.step);
    double loss;
    int rc = ranks_fetch(f, &batch, e);
    if (rc)
        return rc;

    (void)par_stalled(f->team); // what validation waited for is not of this step
    const size_t workers = pace_begin(&f->pace, ranks_clock(f));
    if (f->slice) {
        fit_slice_use(f, workers);
        rc = fit_slice_step(f, &batch, now, &loss, e);
    } else {
        plan_use(f->plan, workers);
        rc = step_whole(f, &batch, now, &loss, e);
    }
    if (rc)
        return rc;
    if (!isfinite(loss))
        return diverged(f, now.lr, e);
    pace_end(&f->pace, (double)batch.rows, par_stalled(f->team), ranks_clock(f));

    f->state.epoch_loss += loss * (double)batch.rows;
    f->state.epoch_lr = now.lr;
    f->state.row += batch.rows;
    if (f->hooks.step)
        f->hooks.step(f->hooks.context, f->state.epoch + 1, (size_t)f->state.row, f->train->n);
    return 0;
}

static void note_metrics(const struct fit *f, struct history_row *row)
{
    switch (f->net->task) {
    case TASK_MULTICLASS:
        row->value[HISTORY_VAL_ACCURACY] = f->score.multiclass.accuracy;
        row->value[HISTORY_VAL_F1] = f->score.multiclass.macro_f1;
        break;
    case TASK_REGRESSION:
        row->value[HISTORY_VAL_RMSE] = f->score.regression.rmse;
        row->value[HISTORY_VAL_R2] = f->score.regression.r2;
        break;
    default:
        row->value[HISTORY_VAL_ACCURACY] = f->score.binary.accuracy;
        row->value[HISTORY_VAL_F1] = f->score.binary.f1;
        row->value[HISTORY_VAL_AUROC] = f->score.binary.auroc;
        row->value[HISTORY_VAL_AP] = f->score.binary.ap;
    }
}

// Loss and metrics on the validation data, into the root's row of the epoch. A loss that is
// infinite because a single row is far off is recorded as such, as long as the predictions are
// numbers.
static int validate(struct fit *f, struct history_row *row, struct error *e)
{
    double *loss = &row->value[HISTORY_VAL_LOSS];
    int rc = ranks_validate(f, loss, e);
    if (rc || !dist_is_root(f->dist))
        return rc;
    if (f->val_y)
        target_scale_undo(&f->scale, f->val_pred, f->val->n);
    rc = score_epoch(&f->score, f->net, f->val->n, f->val_pred, f->val->y,
                     isfinite(*loss) ? e : NULL);
    if (rc == 0)
        note_metrics(f, row);
    if (isnan(*loss) || (rc == ERR_NUMERIC && !isfinite(*loss)))
        return error_set(e, ERR_NUMERIC,
                         "epoch %llu: the validation loss is no longer a finite number; lower "
                         "--learning_rate or scale the features",
                         (unsigned long long)f->state.epoch + 1);
    return rc;
}

// Is `value` better than the best so far by more than min_delta? So a flat curve stops.
static bool improves(const struct fit *f, double value)
{
    const double delta = f->config->min_delta;
    if (f->state.best_epoch == 0)
        return isfinite(value);
    return monitor_larger_is_better(f->monitor) ? value > f->state.best_value + delta
                                                : value < f->state.best_value - delta;
}

static void remember_best(struct fit *f, const struct history_row *row)
{
    const double value = row->value[f->monitor];
    f->state.waited++;
    if (!improves(f, value))
        return;
    f->state.best_epoch = f->state.epoch;
    f->state.best_value = value;
    f->state.waited = 0;
    if (f->keep_best)
        memcpy(f->best, f->params, f->part->size * sizeof *f->best);
}

static double seconds_so_far(const struct fit *f)
{
    return f->state.seconds + clock_seconds() - f->started;
}

// What the root has measured, on every rank; its history is the root's alone.
static int measure_epoch(struct fit *f, struct history_row *row, struct error *e)
{
    for (int c = 0; c < HISTORY_COLUMNS; c++)
        row->value[c] = NAN;
    row->value[HISTORY_TRAIN_LOSS] = f->state.epoch_loss / (double)f->train->n;
    row->value[HISTORY_LR] = f->state.epoch_lr;
    int rc = f->val ? validate(f, row, e) : 0;
    row->value[HISTORY_SECONDS] = seconds_so_far(f);
    if (rc == 0 && dist_is_root(f->dist))
        rc = history_reserve(&f->history, f->history.count + 1, e);
    return ranks_end_epoch(f, rc, row, e);
}

static int end_epoch(struct fit *f, struct error *e)
{
    struct history_row row;
    const int rc = measure_epoch(f, &row, e);
    if (rc)
        return rc;
    if (dist_is_root(f->dist))
        f->history.row[f->history.count++] = row;
    f->state.epoch++;
    f->state.row = 0;
    remember_best(f, &row);
    if (f->hooks.epoch)
        f->hooks.epoch(f->hooks.context, f->state.epoch, &row, fit_finished(f));
    return 0;
}

// Steps until the epoch ends or the caller asks to stop.
static int run_epoch(struct fit *f, bool *stopped, struct error *e)
{
    if (f->state.row == 0)
        begin_epoch(f);
    if (f->shuffle)
        rng_loader_order(f->state.loader_seed, f->order, f->train->n);
    int rc = 0;
    while (rc == 0 && !*stopped && f->state.row < f->train->n) {
        rc = run_step(f, e);
        *stopped = rc == 0 && ranks_stop(f);
        if (rc == 0 && f->state.row < f->train->n && ranks_checkpoint_is_due_midway(f))
            rc = ranks_checkpoint(f, seconds_so_far(f), e);
    }
    if (rc == 0 && f->state.row == f->train->n)
        rc = end_epoch(f, e);
    return rc;
}

bool fit_finished(const struct fit *f)
{
    const uint64_t patience = (uint64_t)f->config->patience;
    return f->state.epoch >= (uint64_t)f->config->epochs ||
           (patience > 0 && f->state.waited >= patience);
}

static void keep_the_best(struct fit *f)
{
    if (f->keep_best && f->state.best_epoch)
        memcpy(f->params, f->best, f->part->size * sizeof *f->best);
}

int fit_run(struct fit *f, struct error *e)
{
    bool stopped = false;
    int rc = ranks_begin(f, &stopped, e);
    f->started = f->checkpointed = clock_seconds();
    while (rc == 0 && !stopped && !fit_finished(f)) {
        rc = run_epoch(f, &stopped, e);
        if (rc == 0 && (stopped || fit_finished(f) || f->checkpoint_due))
            rc = ranks_checkpoint(f, seconds_so_far(f), e);
    }
    rc = dist_agree(f->dist, rc, e);
    if (rc == 0 || rc == ERR_NUMERIC)
        keep_the_best(f);
    // The loss of a step is known before the step: nobody has looked at what the last one made.
    if (rc == 0 && !isfinite(f->kern->sum_squares(f->part->size, f->params)))
        rc = error_set(e, ERR_NUMERIC,
                       "the last step made weights that are not finite numbers; lower "
                       "--learning_rate, scale the features, or set --clip_norm");
    target_scale_fold(&f->scale, f->part, f->params);
    return f->slice ? dist_agree(f->dist, rc, e) : rc; // each has looked at its own weights
}
