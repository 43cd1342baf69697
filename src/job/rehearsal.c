// SPDX-License-Identifier: MIT
// Each part is called in bursts, of which the median counts: what else runs on the machine makes
// some of them longer. Bursts on one thread and on all take turns, so that a machine that changes
// its speed does so for both.
#include "job/rehearsal.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/rng.h"
#include "cost/spread.h"

#include <string.h>

#define BURSTS         15
#define BURST          0.02 // seconds, or one call
#define PATIENCE       2.0 // seconds of bursts, after which no more begin: large networks take long
#define SERIAL_ASSUMED 0.02 // where there is one core: between what two cores here showed

struct stage {
    struct fit *fit;
    size_t workers;
    float *gradient, *other;
    int rc;
    struct error *error;
};

typedef void part(struct stage *s);

static void gradient(struct stage *s)
{
    struct fit *f = s->fit;
    double loss;
    const struct plan_batch batch = fit_batch(f);
    plan_use(f->plan, s->workers);
    plan_draw_dropout(f->plan, &f->state.rng, batch.rows);
    s->gradient = plan_gradient(f->plan, f->params, &batch, &loss);
    const size_t next = (size_t)f->state.row + batch.rows;
    f->state.row = next + f->batch_size <= f->train->n ? next : 0; // full batches only
}

// The step is so small that the parameters stay what they are.
static void update(struct stage *s)
{
    struct fit *f = s->fit;
    optim_step(&f->optim, f->params, s->gradient, 1e-12, optim_momentum(&f->optim), s->workers);
}

static void add(struct stage *s)
{
    s->fit->kern->add(s->fit->net->size, s->other, s->gradient);
}

static void predict(struct stage *s)
{
    struct fit *f = s->fit;
    double loss;
    const struct plan_batch all = {
        .rows = f->val->n, .X = f->val->X, .y = f->val_y ? f->val_y : f->val->y};
    plan_use(f->plan, s->workers);
    plan_predict(f->plan, f->params, &all, f->val_pred, &loss);
}

static void order(struct stage *s)
{
    struct fit *f = s->fit;
    rng_loader_order(rng_loader_seed(&f->state.rng), f->order, f->train->n);
}

static void measure(struct stage *s)
{
    struct fit *f = s->fit;
    if (s->rc == 0)
        s->rc = score_epoch(&f->score, f->net, f->val->n, f->val_pred, f->val->y, s->error);
}

// Seconds of a call, from one burst.
static double burst(struct stage *s, part *work)
{
    const double begun = clock_seconds();
    double passed;
    size_t calls = 0;
    do {
        work(s);
        calls++;
        passed = clock_seconds() - begun;
    } while (passed < BURST);
    return passed / (double)calls;
}

static double median(double *value, size_t n)
{
    struct spread s;
    spread_measure(&s, value, n, SPREAD_PLAIN);
    return s.median;
}

static bool goes_on(size_t bursts, double begun)
{
    return bursts < BURSTS && (bursts == 0 || clock_seconds() - begun < PATIENCE);
}

static double time_of(struct stage *s, part *work)
{
    double taken[BURSTS];
    const double begun = clock_seconds();
    size_t n = 0;
    for (; goes_on(n, begun); n++)
        taken[n] = burst(s, work);
    return median(taken, n);
}

// Gradients on one thread and on all; what is left of the one time on so many threads.
static void time_gradients(struct stage *s, struct rehearsal *r)
{
    struct fit *f = s->fit;
    const size_t leaves = plan_leaves(f->batch_size, f->net->size);
    const size_t all = f->threads < leaves ? f->threads : leaves;
    double one[BURSTS], many[BURSTS];
    const double begun = clock_seconds();
    size_t n = 0;
    for (; goes_on(n, begun); n++) {
        s->workers = 1;
        one[n] = burst(s, gradient);
        s->workers = all;
        many[n] = all > 1 ? burst(s, gradient) : one[n];
    }
    const double alone = median(one, n), shared = median(many, n), even = 1 / (double)all;
    const double serial = all > 1 ? (shared / alone - even) / (1 - even) : SERIAL_ASSUMED;
    r->threads = all;
    r->work.gradient = alone / (double)f->batch_size;
    r->work.serial = serial < 0 ? 0 : serial > 1 ? 1 : serial;
    s->workers = 1;
}

// Going back, a layer has dW to compute, and those behind the first dA, which has as many products;
// so has going forward. The first piece is the last quarter of dW, which needs the last layer's dA.
static double left_behind(const struct net *net)
{
    double weights = 0, hidden = 0; // of all layers; of those between the first and the last
    for (size_t l = 0; l < net->layers; l++) {
        const double own = (double)net->layer[l].in * (double)net->layer[l].out;
        weights += own;
        hidden += l > 0 && l + 1 < net->layers ? own : 0;
    }
    const double first = (double)net->layer[0].in * (double)net->layer[0].out;
    return (0.75 * weights + hidden) / (3 * weights - first);
}

int rehearse(struct fit *f, struct rehearsal *r, struct error *e)
{
    struct stage s = {.fit = f, .error = e};
    *r = (struct rehearsal){0};
    s.other = mem_aligned(f->net->size, sizeof *s.other);
    if (!s.other)
        return error_nomem(e, "a gradient");
    if (f->shuffle)
        order(&s);
    time_gradients(&s, r);
    memset(s.other, 0, f->net->size * sizeof *s.other);
    r->work.rows = f->train->n;
    r->work.batch = f->batch_size;
    r->work.floats = f->net->size;
    r->work.behind = left_behind(f->net);
    r->work.add = time_of(&s, add);
    r->work.update = time_of(&s, update);
    if (f->shuffle)
        r->work.epoch = time_of(&s, order);
    if (f->val) {
        r->work.val_rows = f->val->n;
        r->work.predict = time_of(&s, predict) / (double)f->val->n;
        r->work.epoch += time_of(&s, measure);
    }
    mem_free(s.other);
    return s.rc;
}
