// SPDX-License-Identifier: MIT
// Leaves are consecutive rows, so a rank's predictions go straight to their place.
#include "dist/dist_predict.h"

#include "dist/dist_inner.h"
#include "dist/dist_sum.h"

// The rows and losses of one rank, on their way to the root.
static int move(struct dist *d, size_t rank, const struct dist_prediction *p,
                struct plan_sums *sums, struct error *e)
{
    const struct plan_part part = {rank, d->ranks};
    const struct par_range rows = plan_part_rows(p->plan, p->batch->rows, part);
    const struct par_range leaves = plan_part_leaves(sums->leaves, part);
    float *pred = p->pred + rows.begin * p->outputs;
    double *loss = sums->loss + leaves.begin;
    const size_t pred_bytes = (rows.end - rows.begin) * p->outputs * sizeof *pred;
    const size_t loss_bytes = (leaves.end - leaves.begin) * sizeof *loss;
    const bool root = d->rank == 0;
    const int rc =
        root ? dist_recv(d, rank, pred, pred_bytes, e) : dist_send(d, 0, pred, pred_bytes, e);
    if (rc)
        return rc;
    return root ? dist_recv(d, rank, loss, loss_bytes, e) : dist_send(d, 0, loss, loss_bytes, e);
}

int dist_predict(struct dist *d, const struct dist_prediction *p, double *loss, struct error *e)
{
    const bool small = !p->batch->own && plan_predict_is_small(p->plan, p->batch->rows);
    const bool alone = dist_ranks(d) == 1 || small;
    if (alone && dist_is_root(d))
        plan_predict(p->plan, p->params, p->batch, p->pred, loss);
    if (alone)
        return 0;
    struct plan_sums sums;
    plan_predict_part(p->plan, p->params, p->batch, dist_part(d), p->pred, &sums);
    int rc = d->rank > 0 ? move(d, d->rank, p, &sums, e) : 0;
    for (size_t r = 1; rc == 0 && d->rank == 0 && r < d->ranks; r++)
        rc = move(d, r, p, &sums, e);
    if (rc == 0)
        rc = dist_wait(d, e);
    *loss = plan_mean_loss(&sums);
    return rc;
}
