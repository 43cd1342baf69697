// SPDX-License-Identifier: MIT
// Wishes that come up during a step travel with its gradients (enum flag), so a step is one
// exchange and all ranks act on a wish after the same step.
#include "train/ranks.h"

#include "base/clock.h"
#include "base/mem.h"
#include "dist/dist.h"
#include "dist/dist_predict.h"
#include "dist/dist_rows.h"
#include "dist/dist_sum.h"
#include "dist/dist_total.h"
#include "train/checkpoint.h"
#include "train/checkpoint_match.h"
#include "train/checkpoint_slices.h"
#include "train/fit_slice.h"

#include <string.h>

#define DESCRIPTION_MAX 16384
#define NEVER           UINT64_MAX

enum flag { FLAG_STOP = 1, FLAG_CHECKPOINT = 2, FLAG_PIECES = 4 };

double ranks_clock(const struct fit *f)
{
    return clock_seconds() - dist_waited(f->dist);
}

static struct dist_sum_spec sum_spec(const struct fit *f)
{
    return (struct dist_sum_spec){
        .ranks = f->dist,
        .kern = f->kern,
        .team = f->team,
        .floats = f->part->size,
        .rows = f->batch_size,
        .threads = f->threads,
        .pieces = &f->pieces,
    };
}

double ranks_bytes(const struct fit *f)
{
    const struct dist_sum_spec spec = sum_spec(f);
    return dist_ranks(f->dist) > 1 ? dist_sum_bytes(&spec) : 0;
}

int ranks_init(struct fit *f, struct error *e)
{
    if (dist_ranks(f->dist) == 1 || f->slice)
        return 0;
    const struct dist_sum_spec spec = sum_spec(f);
    f->sum = dist_sum_new(&spec, e);
    if (!f->sum || !f->train->sharded || !f->shuffle)
        return f->sum ? 0 : error_code(e);
    const struct dist_rows_spec rows = {
        .ranks = f->dist,
        .X = f->train->X,
        .rows = f->train->n,
        .d = f->train->d,
        .batch = f->batch_size,
        .gradient_floats = f->net->size,
        .team = f->team,
        .threads = f->threads,
    };
    f->rows = dist_rows_new(&rows, e);
    f->fetched = NEVER;
    return f->rows ? 0 : error_code(e);
}

static bool asked_to_stop(const struct fit *f)
{
    return f->hooks.stop && f->hooks.stop(f->hooks.context);
}

// ---- the beginning

// The root's description of the run into text[DESCRIPTION_MAX].
static int describe(const struct fit *f, char *text, struct error *e)
{
    struct buf out;
    buf_init(&out, DESCRIPTION_MAX);
    const int rc = checkpoint_describe(f, &out, e);
    if (rc == 0)
        memcpy(text, out.data, out.len);
    buf_clear(&out);
    return rc;
}

static int compare_with_root(const struct fit *f, struct error *e)
{
    char *text = mem_zalloc(DESCRIPTION_MAX + 1);
    int rc = text ? 0 : error_nomem(e, "ranks");
    if (rc == 0 && dist_is_root(f->dist))
        rc = describe(f, text, e);
    rc = dist_agree(f->dist, rc, e);
    if (rc == 0)
        rc = dist_share(f->dist, text, DESCRIPTION_MAX, e);
    if (rc == 0)
        rc = checkpoint_same_run(f, text, e);
    mem_free(text);
    return dist_agree(f->dist, rc, e);
}

// Parameters and state of a run that the root has resumed. Nobody else needs its history.
static int share_resumed(struct fit *f, struct error *e)
{
    const size_t bytes = f->part->size * sizeof *f->params;
    int rc = dist_share(f->dist, &f->state, sizeof f->state, e);
    if (rc == 0)
        rc = dist_share(f->dist, &f->optim.step, sizeof f->optim.step, e);
    if (rc == 0)
        rc = dist_share(f->dist, f->params, bytes, e);
    if (rc == 0)
        rc = dist_share(f->dist, f->best, f->keep_best ? bytes : 0, e);
    return rc ? rc : dist_share(f->dist, f->optim.state, f->optim.states * bytes, e);
}

int ranks_begin(struct fit *f, bool *stopped, struct error *e)
{
    const bool several = dist_ranks(f->dist) > 1;
    int rc = several ? compare_with_root(f, e) : 0;
    if (rc)
        return rc;
    rc = dist_is_root(f->dist) ? checkpoint_resume(f, e) : 0;
    rc = dist_agree(f->dist, rc, e);
    if (rc == 0 && f->slice)
        rc = checkpoint_slices_share(f, e);
    else if (rc == 0 && several)
        rc = share_resumed(f, e);
    *stopped = asked_to_stop(f);
    return rc ? rc : dist_any(f->dist, stopped, e);
}

// ---- a step

static uint64_t wishes(struct fit *f)
{
    uint64_t flags = asked_to_stop(f) ? FLAG_STOP : 0;
    if (dist_is_root(f->dist) && checkpoint_is_due_midway(f))
        flags |= FLAG_CHECKPOINT;
    if (dist_is_root(f->dist) && f->sum && f->pieces.count > 0 && dist_choice_next(&f->choice))
        flags |= FLAG_PIECES;
    return flags;
}

static int post_rows(struct fit *f, uint64_t row, struct error *e)
{
    const size_t left = f->train->n - (size_t)row;
    f->fetched = row;
    return dist_rows_post(f->rows, f->order + row, left < f->batch_size ? left : f->batch_size, e);
}

int ranks_fetch(struct fit *f, struct plan_batch *batch, struct error *e)
{
    int rc = 0;
    if (!f->rows)
        return 0;
    if (f->fetched != f->state.row) { // an epoch begins, or a run that was resumed in one
        rc = post_rows(f, f->state.row, e);
        if (rc == 0)
            rc = dist_rows_wait(f->rows, e);
    }
    f->fetched = NEVER;
    if (rc == 0)
        batch->own_at = dist_rows_take(f->rows, &batch->own_begin, &batch->own_end);
    return rc;
}

void ranks_aside(void *fit, const struct plan_sums *sums, size_t complete)
{
    const struct fit *f = fit;
    if (f->sum)
        dist_sum_ready(f->sum, sums, complete);
}

// The rows of the next batch are under way while this one is computed, and arrive with its
// gradients.
static int fetch_ahead(struct fit *f, const struct plan_batch *batch, struct error *e)
{
    const uint64_t next = f->state.row + batch->rows;
    return f->rows && next < f->train->n ? post_rows(f, next, e) : 0;
}

// The way of this step was the root's wish in the one before; the first gradient travels in one.
static int gradient_of_all(struct fit *f, const struct plan_batch *batch, struct plan_sums *sums,
                           struct error *e)
{
    const double begun = clock_seconds();
    plan_use_pieces(f->plan, f->in_pieces);
    dist_sum_use_pieces(f->sum, f->in_pieces);
    plan_gradient_part(f->plan, f->params, batch, dist_part(f->dist), sums);
    f->flags = wishes(f);
    const int rc = dist_sum_add(f->sum, sums, &f->flags, e);
    dist_choice_took(&f->choice, f->in_pieces, batch->rows, clock_seconds() - begun);
    f->in_pieces = (f->flags & FLAG_PIECES) != 0;
    return rc;
}

int ranks_gradient(struct fit *f, const struct plan_batch *batch, float **gradient, double *loss,
                   struct error *e)
{
    struct plan_sums sums;
    int rc = fetch_ahead(f, batch, e);
    if (rc)
        return rc;
    if (f->sum)
        rc = gradient_of_all(f, batch, &sums, e);
    else
        plan_gradient_part(f->plan, f->params, batch, dist_part(f->dist), &sums);
    *gradient = sums.node[0].sum;
    *loss = plan_mean_loss(&sums);
    return rc;
}

int ranks_share_wishes(struct fit *f, struct dist_total *total, struct error *e)
{
    f->flags = wishes(f);
    return dist_total_flags(total, &f->flags, e);
}

bool ranks_stop(const struct fit *f)
{
    return dist_ranks(f->dist) > 1 ? (f->flags & FLAG_STOP) != 0 : asked_to_stop(f);
}

bool ranks_checkpoint_is_due_midway(const struct fit *f)
{
    return dist_ranks(f->dist) > 1 ? (f->flags & FLAG_CHECKPOINT) != 0
                                   : checkpoint_is_due_midway(f);
}

// ---- an epoch

struct plan_batch ranks_whole(const struct dataset *d, const float *y)
{
    if (d->sharded)
        return (struct plan_batch){.rows = d->n,
                                   .y = y,
                                   .own = d->X,
                                   .own_begin = d->first,
                                   .own_end = d->first + d->held};
    return (struct plan_batch){.rows = d->n, .X = d->X, .y = y};
}

int ranks_validate(struct fit *f, double *loss, struct error *e)
{
    const struct plan_batch all = ranks_whole(f->val, f->val_y ? f->val_y : f->val->y);
    if (f->slice)
        return fit_slice_predict(f, &all, f->val_pred, loss, e);
    const struct dist_prediction prediction = {
        .plan = f->plan,
        .params = f->params,
        .batch = &all,
        .outputs = f->net->outputs,
        .pred = f->val_pred,
    };
    return dist_predict(f->dist, &prediction, loss, e);
}

int ranks_end_epoch(struct fit *f, int rc, struct history_row *row, struct error *e)
{
    struct {
        struct history_row row;
        int rc;
        bool due;
    } told = {*row, rc, checkpoint_is_due(f, f->state.epoch + 1)};
    const int sent = dist_share(f->dist, &told, sizeof told, e);
    *row = told.row;
    f->checkpoint_due = told.due;
    return sent ? sent : told.rc;
}

int ranks_checkpoint(struct fit *f, double seconds, struct error *e)
{
    const bool takes_part = dist_is_root(f->dist) || f->slice;
    int rc = takes_part ? checkpoint_write(f, seconds, e) : 0;
    const int sent = dist_share(f->dist, &rc, sizeof rc, e);
    return rc ? rc : sent;
}
