// SPDX-License-Identifier: MIT
// A call is an epoch: the steps as fit.c makes them, then the validation data's loss and
// predictions. Every sample begins from the weights of the seed and no momentum, so that its last
// parameters must be the same bytes in every round; and it has at most LOOPS_MAX calls, because the
// momentum of a unit that died decays as 0.9^n and would be denormal after some 700 steps, which is
// not what is to be timed.
#include "trainer.h"

#include "base/mem.h"
#include "model/loss.h"
#include "reference.h"

#include <math.h>
#include <string.h>
#include <zlib.h>

#define SEED          42
#define LEARNING_RATE 1e-3
#define LOOPS_MAX     512
#define ADAM_BYTES    28 // p, m, v read and written, g read
#define FIXED_MOST    100

// Of the rows that are put beside plain double arithmetic: half a second.
#define REFERENCE_FLOPS 4e8
// Of the epochs after which parameters are compared, up to FIXED_MOST of them.
#define FIXED_FLOPS 2e9

static float label(size_t row, size_t outputs)
{
    return (float)(row * 7919 / 13 % (outputs == 1 ? 2 : outputs));
}

static void make_data(struct problem *p, struct dataset *d, size_t rows)
{
    *d = (struct dataset){.n = rows, .d = p->shape.inputs, .targets = 1, .y_integer = true};
    d->X = bench_floats(p->set, rows * d->d, 1);
    d->y = bench_alloc(p->set, rows, sizeof *d->y);
    for (size_t i = 0; i < rows; i++)
        d->y[i] = label(i, p->shape.outputs);
}

// Multiply-adds count two. The first layer's input has no gradient.
static void count_work(struct problem *p)
{
    const struct shape *s = &p->shape;
    const size_t steps = (s->rows + s->batch - 1) / s->batch;
    for (size_t l = 0; l < p->net.layers; l++) {
        const double weights = (double)p->net.layer[l].in * (double)p->net.layer[l].out;
        p->flops += weights * ((l ? 6.0 : 4.0) * (double)s->rows + 2.0 * (double)s->val);
    }
    p->streamed = ADAM_BYTES * (double)p->net.parameters * (double)steps;
    const double fixed = FIXED_FLOPS / p->flops;
    p->fixed = fixed < 1 ? 1 : fixed > FIXED_MOST ? FIXED_MOST : (size_t)fixed;
}

struct problem *problem_new(struct bench_set *set, const struct shape *shape)
{
    struct problem *p = bench_alloc(set, 1, sizeof *p);
    struct error e = {0};
    *p = (struct problem){.set = set, .shape = *shape};
    struct opt_set defaults;
    if (opt_begin(&defaults, train_options, train_option_count, &p->config, &e))
        bench_die("options", &e);
    opt_end(&defaults); // frees texts only, of which none is needed
    p->config.hidden = shape->hidden;
    p->config.optimizer = OPTIM_ADAM;
    p->config.learning_rate = LEARNING_RATE;
    p->config.seed = SEED;
    p->config.batch_size = shape->batch < shape->rows ? (int64_t)shape->batch : 0;
    const struct net_spec spec = {
        .inputs = shape->inputs,
        .outputs = shape->outputs,
        .hidden = &p->config.hidden,
        .act = ACT_RELU,
        .task = shape->outputs == 1 ? TASK_BINARY : TASK_MULTICLASS,
    };
    if (net_init(&p->net, &spec, &e))
        bench_die("network", &e);
    make_data(p, &p->train, shape->rows);
    make_data(p, &p->val, shape->val);
    count_work(p);
    p->config.epochs = (int64_t)p->fixed;
    return p;
}

static uint32_t digest(const struct net *net, const float *params)
{
    return (uint32_t)crc32_z(0, (const Bytef *)params, net->size * sizeof *params);
}

void problem_same(struct problem *p, struct bench_case *c, const float *params)
{
    const uint32_t got = digest(&p->net, params);
    if (!p->known[c->kern->fma])
        p->digest[c->kern->fma] = got;
    p->known[c->kern->fma] = true;
    bench_equal(c, "CRC-32 of the parameters after the same steps", got, p->digest[c->kern->fma]);
}

static void reset(void *context)
{
    struct trainer *t = context;
    memcpy(t->params, t->fresh, t->problem->net.size * sizeof *t->params);
    memset(t->optim.state, 0, t->optim.states * t->optim.n * sizeof *t->optim.state);
    t->optim.step = 0;
    t->rng = t->fresh_rng;
}

// The same blocks as a leaf of all rows would have, one after the other into one gradient.
static float *plain_gradient(struct trainer *t, const struct plan_batch *batch)
{
    const struct net *net = &t->problem->net;
    const size_t blocks = (batch->rows + BLOCK_ROWS - 1) / BLOCK_ROWS;
    const double divisor =
        loss_divisor(net->task, net->outputs, NULL, batch->y, batch->order, batch->rows);
    block_transpose(&t->block, t->params, t->transposed, 1, 0);
    for (size_t b = 0; b < blocks; b++) {
        const size_t begin = batch->rows * b / blocks, end = batch->rows * (b + 1) / blocks;
        const struct block_rows rows = {
            .batch = batch,
            .begin = begin,
            .rows = end - begin,
            .params = t->params,
            .transposed = t->transposed,
            .scale = (float)(1.0 / divisor),
            .loss = t->row_loss + begin,
            .gradient = t->gradient,
            .first = b == 0,
        };
        block_forward(&t->block, &rows);
        block_backward(&t->block, &rows);
    }
    t->loss = t->kern->sum(batch->rows, t->row_loss) / divisor;
    return t->gradient;
}

static float *gradient_of(struct trainer *t, const struct plan_batch *batch)
{
    if (t->plain)
        return plain_gradient(t, batch);
    return plan_gradient(t->plan, t->params, batch, &t->loss);
}

static void step(struct trainer *t, const struct plan_batch *batch)
{
    const float *gradient = gradient_of(t, batch);
    optim_step(&t->optim, t->params, gradient, LEARNING_RATE, optim_momentum(&t->optim),
               plan_step_workers(t->plan, batch->rows));
}

// `rows` rows from row `begin` of the epoch's order on.
static struct plan_batch batch_at(const struct trainer *t, size_t begin, size_t rows)
{
    const struct dataset *d = &t->problem->train;
    struct plan_batch b = {.rows = rows, .X = d->X, .y = d->y};
    if (t->order) {
        b.order = t->order + begin;
        b.following = d->n - begin - rows;
    } else {
        b.X += begin * d->d;
        b.y += begin;
    }
    return b;
}

static void run_epoch(void *context)
{
    struct trainer *t = context;
    const struct problem *p = t->problem;
    const size_t n = p->shape.rows, size = p->shape.batch;
    if (t->order)
        rng_loader_order(rng_loader_seed(&t->rng), t->order, n);
    for (size_t row = 0; row < n; row += size) {
        const struct plan_batch batch = batch_at(t, row, n - row < size ? n - row : size);
        step(t, &batch);
    }
    if (p->shape.val) {
        const struct plan_batch all = {.rows = p->val.n, .X = p->val.X, .y = p->val.y};
        plan_predict(t->plan, t->params, &all, t->pred, &t->loss);
    }
}

static void check(struct bench_case *c)
{
    struct trainer *t = c->context;
    const uint32_t got = digest(&t->problem->net, t->params);
    if (t->digest_loops != c->loops)
        t->digest = got;
    t->digest_loops = c->loops;
    bench_equal(c, "CRC-32 of the parameters after a sample", got, t->digest);
}

static void finish(struct bench_case *c)
{
    struct trainer *t = c->context;
    reset(t);
    for (size_t i = 0; i < t->problem->fixed; i++)
        run_epoch(t);
    problem_same(t->problem, c, t->params);
}

static void clear(void *context)
{
    struct trainer *t = context;
    plan_free(t->plan);
    optim_clear(&t->optim);
    block_clear(&t->block);
}

static void compare(struct bench_case *c, const struct net *net, const float *got,
                    const double *want)
{
    double scale = 0;
    for (size_t i = 0; i < net->size; i++)
        scale = fmax(scale, fabs(want[i]));
    for (size_t i = 0; i < net->size; i++)
        bench_near(c, (double)got[i], want[i], scale);
}

// The first step's gradient beside the reference; of a large batch the first rows, and then the
// whole beside the mean of such parts.
static void verify(struct bench_case *c)
{
    struct trainer *t = c->context;
    const struct net *net = &t->problem->net;
    const size_t rows = t->problem->shape.batch;
    const double affordable = REFERENCE_FLOPS / (6.0 * (double)net->parameters);
    const size_t part = affordable < (double)rows ? (size_t)affordable + 1 : rows;
    double *want = mem_array(net->size, sizeof *want);
    if (!want)
        bench_die("out of memory", NULL);
    reset(t);
    if (t->order)
        rng_loader_order(rng_loader_seed(&t->rng), t->order, t->problem->shape.rows);
    const struct plan_batch first = batch_at(t, 0, part), all = batch_at(t, 0, rows);
    const double loss = reference_gradient(net, t->params, &first, want);
    compare(c, net, gradient_of(t, &first), want);
    bench_near(c, t->loss, loss, fmax(1, fabs(loss)));
    if (part < rows) {
        memset(want, 0, net->size * sizeof *want);
        for (size_t row = 0; row < rows; row += part) {
            const struct plan_batch b = batch_at(t, row, rows - row < part ? rows - row : part);
            const float *gradient = gradient_of(t, &b);
            for (size_t i = 0; i < net->size; i++)
                want[i] += (double)gradient[i] * (double)b.rows / (double)rows;
        }
        compare(c, net, gradient_of(t, &all), want);
    }
    mem_free(want);
}

static void make_plan(struct trainer *t)
{
    const struct problem *p = t->problem;
    struct error e = {0};
    const struct plan_spec spec = {
        .net = &p->net,
        .train_rows = p->shape.batch,
        .predict_rows = p->shape.val,
        .threads = t->threads,
        .team = t->threads > 1 ? p->set->team : NULL,
        .gemm = p->set->gemm,
    };
    t->plan = plan_new(&spec, t->kern, &e);
    if (!t->plan || optim_init(&t->optim, &p->config, t->kern, p->net.size, &e))
        bench_die("plan", &e);
    t->optim.team = spec.team;
    if (t->plain && block_init(&t->block, &p->net, t->kern, p->set->gemm, true, &e))
        bench_die("block", &e);
}

static struct trainer *trainer_new(struct problem *p, const struct bench_case *c, bool plain)
{
    struct bench_set *set = p->set;
    struct trainer *t = bench_alloc(set, 1, sizeof *t);
    struct error e = {0};
    const size_t size = p->net.size, batch = p->shape.batch;
    *t = (struct trainer){.problem = p, .kern = c->kern, .threads = c->threads, .plain = plain};
    make_plan(t);
    t->params = bench_alloc(set, size, sizeof(float));
    t->fresh = bench_alloc(set, size, sizeof(float));
    t->pred = bench_alloc(set, p->shape.val * p->shape.outputs, sizeof(float));
    if (batch < p->shape.rows)
        t->order = bench_alloc(set, p->shape.rows, sizeof *t->order);
    if (plain) {
        t->transposed = bench_alloc(set, p->net.transposed_size, sizeof(float));
        t->row_loss = bench_alloc(set, batch, sizeof(float));
        t->gradient = bench_alloc(set, size, sizeof(float));
    }
    rng_seed(&t->fresh_rng, SEED);
    if (net_draw_weights(&p->net, &t->fresh_rng, t->fresh, &e))
        bench_die("weights", &e);
    return t;
}

struct bench_case *trainer_add(struct problem *p, struct bench_case *c, bool plain)
{
    if (!bench_wanted(p->set, c->name))
        return NULL;
    struct trainer *t = trainer_new(p, c, plain);
    c->context = t;
    c->blas = plan_uses_blas(t->plan);
    c->run = run_epoch;
    c->prepare = reset;
    c->check = check;
    c->finish = plain ? NULL : finish;
    c->clear = clear;
    c->loops_max = LOOPS_MAX;
    c->flops = p->flops;
    c->streamed = p->streamed;
    c->modelled = true;
    struct bench_case *kept = bench_add(p->set, c);
    verify(kept);
    return kept;
}
