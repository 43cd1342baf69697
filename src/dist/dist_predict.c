// SPDX-License-Identifier: MIT
// Leaves are consecutive rows, so a rank's predictions go straight to their place.
#include "dist/dist_predict.h"

#include "dist/dist_inner.h"
#include "dist/dist_sum.h"

// Subtrees of all ranks in leaf order, as far as the root has them; elsewhere those to be sent.
struct subtrees {
    size_t leaves, count; // of the batch; of the subtrees
    double loss[TREE_LEAVES_MAX];
    struct tree_node node[TREE_LEAVES_MAX];
    struct tree_step step[TREE_LEAVES_MAX];
};

// The rows of one rank and the losses of its subtrees, the next ones, on their way to the root.
static int move(struct dist *d, size_t rank, const struct dist_prediction *p, struct subtrees *all,
                struct error *e)
{
    const struct plan_part part = {rank, d->ranks};
    const struct par_range rows = plan_part_rows(p->plan, p->batch->rows, part);
    const struct par_range leaves = plan_part_leaves(all->leaves, part);
    float *pred = p->pred + rows.begin * p->outputs;
    double *loss = all->loss + all->count;
    const size_t count = tree_cover(leaves.begin, leaves.end, all->node + all->count);
    const size_t pred_bytes = (rows.end - rows.begin) * p->outputs * sizeof *pred;
    const size_t loss_bytes = count * sizeof *loss;
    const bool root = d->rank == 0;
    all->count += count;
    const int rc =
        root ? dist_recv(d, rank, pred, pred_bytes, e) : dist_send(d, 0, pred, pred_bytes, e);
    if (rc)
        return rc;
    return root ? dist_recv(d, rank, loss, loss_bytes, e) : dist_send(d, 0, loss, loss_bytes, e);
}

static double total(struct subtrees *all)
{
    for (size_t i = 0; i < all->count; i++)
        all->node[i].loss = all->loss[i];
    tree_join_losses(all->node, all->step, tree_join(all->node, all->count, all->step));
    return all->node[0].loss;
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
    struct subtrees all; // 56 KB
    plan_predict_part(p->plan, p->params, p->batch, dist_part(d), p->pred, &sums);
    all.leaves = sums.leaves;
    for (size_t i = 0; i < sums.nodes; i++) {
        all.node[i] = sums.node[i];
        all.loss[i] = sums.node[i].loss;
    }
    all.count = d->rank > 0 ? 0 : sums.nodes;
    int rc = d->rank > 0 ? move(d, d->rank, p, &all, e) : 0;
    for (size_t r = 1; rc == 0 && d->rank == 0 && r < d->ranks; r++)
        rc = move(d, r, p, &all, e);
    if (rc == 0)
        rc = dist_wait(d, e);
    if (rc || d->rank > 0)
        return rc;
    sums.node[0].loss = total(&all);
    *loss = plan_mean_loss(&sums);
    return 0;
}
