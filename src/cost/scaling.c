// SPDX-License-Identifier: MIT
// seconds of a step = gradient * batch * share + update + exchange, with
//
//   share    = leaves of the busiest host / leaves * (serial + (1 - serial) * part),
//              part being that of its leaves that its busiest core has
//   exchange = hops * latency + messages * message + bytes / bandwidth + additions * add - hidden
//   hidden   = of large gradients, which travel in four pieces, the smaller of what three of them
//   take
//              the wire and of what is left of the last block of rows when the first is complete;
//              less what their messages take
//
// where hops, messages, bytes and additions are those of dist_sum. What the wire takes is hidden,
// but not what the core takes that feeds it: as bench/overlap shows, at 10 Gbit/s TCP leaves none.
#include "cost/scaling.h"

#include "dist/dist_sum.h"
#include "model/block.h"

#include <math.h>

#define PIECES    4
#define CORE_BYTE 0.8e-9 // seconds of a core for a byte sent, and one received

// Part of a host's work that its busiest core does, of `leaves` that can be shared.
static double core_part(const struct scaling_work *w, double cores, double leaves)
{
    const double whole = cores < 1 ? 1 : floor(cores);
    const double part = leaves > 0 ? ceil(leaves / whole) / leaves : 1;
    return (w->serial + (1 - w->serial) * part) / (cores < 1 ? cores : 1);
}

// Part of a batch's work on one core that is over when the busiest core is done.
static double batch_part(const struct scaling_work *w, const struct scaling_cluster *c,
                         size_t leaves)
{
    const double own = ceil((double)leaves / (double)c->hosts);
    return own / (double)leaves * core_part(w, c->cores, own);
}

// A run finds out whether pieces pay, so they cost nothing where they do not.
static double hidden(const struct scaling_work *w, const struct scaling_cluster *c, size_t leaves,
                     const struct dist_cost *cost)
{
    const double block = fmin(BLOCK_ROWS, (double)w->batch / (double)leaves);
    const double wire = cost->bytes * (1 / c->network.bandwidth - CORE_BYTE);
    const double travel = wire * (PIECES - 1) / PIECES;
    const double more = (PIECES - 1) * cost->messages * c->network.message;
    if (w->floats < 2 * dist_sum_piece(c->hosts))
        return 0;
    return fmax(0, fmin(w->behind * w->gradient * block, travel) - more);
}

static double exchange(const struct scaling_work *w, const struct scaling_cluster *c, size_t leaves)
{
    const struct dist_cost cost = dist_sum_cost(w->floats, leaves, c->hosts, &c->network);
    return dist_sum_seconds(&cost, &c->network, w->add) - hidden(w, c, leaves, &cost);
}

static double validation(const struct scaling_work *w, const struct scaling_cluster *c)
{
    if (w->val_rows == 0)
        return 0;
    const size_t leaves = plan_leaves(w->val_rows, w->floats);
    const double predict = w->predict * (double)w->val_rows * batch_part(w, c, leaves);
    const double travel = sizeof(float) * (double)w->val_rows / c->network.bandwidth;
    return c->hosts < 2 ? predict : predict + c->network.latency + travel;
}

struct scaling_epoch scaling_predict(const struct scaling_work *w, const struct scaling_cluster *c)
{
    const size_t leaves = plan_leaves(w->batch, w->floats);
    const double rows = (double)w->rows, steps = ceil(rows / (double)w->batch);
    const double cores = c->cores < (double)leaves ? c->cores : (double)leaves;
    struct scaling_epoch s = {
        .compute = w->gradient * rows * batch_part(w, c, leaves),
        .update = steps * w->update * core_part(w, cores, cores < 1 ? 1 : floor(cores)),
        .exchange = steps * exchange(w, c, leaves),
        .rest = w->epoch + validation(w, c),
    };
    s.total = s.compute + s.update + s.exchange + s.rest;
    return s;
}

static double gain_of(const struct scaling_work *w, const struct scaling_cluster *c, size_t batch)
{
    struct scaling_work work = *w;
    struct scaling_cluster one = *c;
    work.batch = batch;
    work.rows = (w->rows + batch - 1) / batch * batch; // whole steps, whatever their size
    one.hosts = 1;
    return scaling_predict(&work, &one).total / scaling_predict(&work, c).total;
}

// The gain grows with the batch but for small steps where leaves double, so the search goes down
// from the largest by doubling, and then closer to where it first fails.
size_t scaling_batch_for(const struct scaling_work *w, const struct scaling_cluster *c, double gain)
{
    size_t good = SCALING_BATCH_MOST;
    if (gain_of(w, c, good) < gain)
        return 0;
    while (good > 1 && gain_of(w, c, good / 2) >= gain)
        good /= 2;
    size_t bad = good / 2;
    while (good - bad > 1 + good / 64) {
        const size_t middle = bad + (good - bad) / 2;
        if (gain_of(w, c, middle) >= gain)
            good = middle;
        else
            bad = middle;
    }
    return good;
}
