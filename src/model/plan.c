// SPDX-License-Identifier: MIT
// A batch is cut into leaves (tree.h): the unit of the order of sums and of sharing work. A leaf is
// cut into blocks of at most BLOCK_ROWS rows: the unit of cache. A worker takes consecutive leaves,
// runs forward, loss and backward block by block, and accumulates the leaf's gradient plainly; the
// leaves' gradients are added in the fixed tree. Elements of products are single fma chains, so the
// size of a block changes no bit and only the leaves are part of the promise. With products through
// OpenBLAS it does change bits; so blocks, too, are cut by the batch alone, never by who computes.
//
// The block's arithmetic is in block.c; here is who does which rows, and the sums.
#include "model/plan.h"

#include "base/mem.h"
#include "kern/par.h"
#include "model/block.h"
#include "model/loss.h"

#include <string.h>

#define LEAF_ROWS       64      // at least, when gradients are small
#define LEAF_ROWS_LARGE 128     // at least, when a gradient does not stay in the L2 cache
#define LEAF_ROWS_MANY  512     // at least, beyond PLAN_LEAVES_FEW
#define LARGE_GRADIENT  (65536) // floats: 256 KB
#define SERIAL_FLOPS    4e5     // less work than this, some 4 us, is not worth sharing
#define ASLEEP_FLOPS    1e7     // nor less than this, some 100 us, with helpers that sleep
#define GRADIENT_PASSES 3       // forward, dW and dA
#define SERIAL_FLOATS   32768   // nor fewer weights to move or to transpose
#define ADD_GRAIN       (4 * KERN_LANES)

_Static_assert(LEAF_ROWS >= PLAN_LEAVES_FEW, "see least_rows");
_Static_assert(PLAN_THREADS_MAX == TREE_LEAVES_MAX, "a thread has at least a leaf");

struct worker {
    struct block block;
    struct tree_stack stack;
    float *sums; // the stack's buffers
};

struct plan {
    const struct net *net;
    const struct kern *kern;
    size_t threads;
    struct par *team;
    const struct gemm *gemm;
    size_t active; // of the threads, see plan_use
    size_t parts;  // that the latest gradient was cut into, see struct plan_part
    size_t train_rows, drawn_rows;
    void (*aside)(void *context, const struct plan_sums *sums, size_t complete);
    void *context;
    const struct pieces *pieces; // or NULL: nobody wants to know of them
    bool in_pieces;              // somebody wants to in this gradient
    struct piece_joins joins;    // where there are pieces
    struct worker *worker;       // [threads]
    struct tree_node *node;      // subtrees of all workers, in leaf order
    struct tree_step *step;      // that join them
    float *transposed;           // W^T of the wide layers behind the first, see transposed_of
    float *row_loss;             // of the batch: [largest of train_rows and predict_rows]
    uint8_t *keep; // dropout masks of the batch: a matrix [rows][out] for each hidden layer
};

// The rows that each of so many leaves has at least. No fewer than there are leaves: then the last
// one is never empty, for the rows that rounding up gives to the others are fewer than its own.
// A full batch of 65,536 rows of 28-64-32 takes 0.2 % more instructions on one thread in 128 leaves
// than in 32.
static size_t least_rows(size_t leaves, size_t gradient_floats)
{
    if (leaves > PLAN_LEAVES_FEW)
        return leaves > LEAF_ROWS_MANY ? leaves : LEAF_ROWS_MANY;
    return gradient_floats > LARGE_GRADIENT ? LEAF_ROWS_LARGE : LEAF_ROWS;
}

size_t plan_leaves(size_t rows, size_t gradient_floats)
{
    size_t leaves = 1;
    while (leaves < TREE_LEAVES_MAX &&
           rows / (2 * leaves) >= least_rows(2 * leaves, gradient_floats))
        leaves *= 2;
    return leaves;
}

// Bytes of dropout masks for one row.
static size_t keep_row(const struct net *net)
{
    size_t sum = 0;
    for (size_t l = 0; net->dropout > 0 && l + 1 < net->layers; l++)
        sum += net->layer[l].out;
    return sum;
}

// Buffers that one worker's stack needs. Who has an aligned subtree: one a level, and one for the
// leaf in work. Any other even part has at most a third of the 2^n leaves, in which up to n - 3
// subtrees can end where one of many leaves begins, as many can follow, and then the leaf in work.
// (test_tree.c counts them.)
static size_t stack_buffers(const struct net *net, size_t train_rows)
{
    size_t levels = 0;
    for (size_t leaves = plan_leaves(train_rows, net->size); leaves > 1; leaves /= 2)
        levels++;
    return levels > 6 ? 2 * levels - 5 : levels + 1;
}

// What a few weights are takes longer to fetch from another core than to transpose: then everybody
// has a W^T of its own. Of more weights it is made by all for all, in a job before the gradient.
static bool transposes_alone(const struct net *net)
{
    return net->transposed_size < SERIAL_FLOATS;
}

static size_t transposed_floats(const struct net *net, size_t workers)
{
    return net->transposed_size * (transposes_alone(net) ? workers : 1);
}

// No more workers than leaves: they would idle.
static size_t workers_of(const struct plan_spec *spec)
{
    const size_t rows =
        spec->train_rows > spec->predict_rows ? spec->train_rows : spec->predict_rows;
    const size_t leaves = plan_leaves(rows, spec->net->size);
    return spec->threads < leaves ? spec->threads : leaves;
}

double plan_bytes(const struct plan_spec *spec)
{
    const struct net *net = spec->net;
    const bool gradients = spec->train_rows > 0;
    double worker = (double)block_floats(net, gradients);
    if (gradients)
        worker += (double)stack_buffers(net, spec->train_rows) * (double)net->size;
    const size_t workers = workers_of(spec);
    const double floats = (double)workers * worker + (double)transposed_floats(net, workers);
    return sizeof(float) * floats + (double)spec->train_rows * (double)keep_row(net);
}

static int worker_init(struct worker *w, const struct plan *p, size_t buffers, struct error *e)
{
    const int rc = block_init(&w->block, p->net, p->kern, p->gemm, p->train_rows > 0, e);
    if (rc || p->train_rows == 0)
        return rc;
    size_t total;
    if (size_mul(buffers, p->net->size, &total))
        w->sums = mem_aligned(total, sizeof *w->sums);
    if (!w->sums)
        return error_nomem(e, "gradients");
    for (size_t i = 0; i < buffers; i++)
        w->stack.node[i].sum = w->sums + i * p->net->size;
    return 0;
}

static int batch_buffers(struct plan *p, size_t predict_rows, struct error *e)
{
    const size_t rows = p->train_rows > predict_rows ? p->train_rows : predict_rows;
    size_t bytes;
    if (!size_mul(p->train_rows, keep_row(p->net), &bytes))
        return error_nomem(e, "dropout masks");
    p->keep = mem_alloc(bytes);
    p->row_loss = mem_array(rows, sizeof *p->row_loss);
    p->transposed = mem_aligned(transposed_floats(p->net, p->threads), sizeof *p->transposed);
    if (!p->keep || !p->transposed || !p->row_loss)
        return error_nomem(e, "batch buffers");
    return 0;
}

static int workers_init(struct plan *p, struct error *e)
{
    const size_t buffers = stack_buffers(p->net, p->train_rows);
    p->worker = mem_array(p->threads, sizeof *p->worker);
    p->node = mem_array(p->threads * buffers, sizeof *p->node);
    p->step = mem_array(p->threads * buffers, sizeof *p->step);
    int rc = p->worker && p->node && p->step ? 0 : error_nomem(e, "plan");
    for (size_t w = 0; rc == 0 && w < p->threads; w++)
        rc = worker_init(&p->worker[w], p, buffers, e);
    if (rc || !p->pieces)
        return rc;
    p->joins.kern = p->kern;
    p->joins.pieces = p->pieces;
    p->joins.node = p->node;
    p->joins.step = p->step;
    return piece_joins_init(&p->joins, p->threads * buffers, e);
}

struct plan *plan_new(const struct plan_spec *spec, const struct kern *kern, struct error *e)
{
    struct plan *p = mem_zalloc(sizeof *p);
    if (!p) {
        error_nomem(e, "plan");
        return NULL;
    }
    p->net = spec->net;
    p->kern = kern;
    p->team = spec->team;
    p->gemm = spec->gemm;
    p->train_rows = spec->train_rows;
    p->aside = spec->aside;
    p->context = spec->context;
    p->pieces = spec->train_rows > 0 ? spec->pieces : NULL;
    p->in_pieces = p->pieces != NULL;
    p->drawn_rows = spec->drawn_rows ? spec->drawn_rows : spec->train_rows;
    p->threads = workers_of(spec);
    p->active = p->threads;
    p->parts = 1;
    if (workers_init(p, e) || batch_buffers(p, spec->predict_rows, e)) {
        plan_free(p);
        return NULL;
    }
    return p;
}

void plan_free(struct plan *p)
{
    if (!p)
        return;
    for (size_t w = 0; p->worker && w < p->threads; w++) {
        block_clear(&p->worker[w].block);
        mem_free(p->worker[w].sums);
    }
    mem_free(p->worker);
    mem_free(p->node);
    mem_free(p->step);
    mem_free(p->keep);
    mem_free(p->transposed);
    mem_free(p->row_loss);
    piece_joins_clear(&p->joins);
    mem_free(p);
}

bool plan_uses_blas(const struct plan *p)
{
    bool any = false;
    for (size_t l = 0; l < p->net->layers; l++)
        any |= p->worker[0].block.layer[l].gemm != NULL;
    return any;
}

// The masks of rows [begin, end) of a batch of so many.
static void draw_rows(struct plan *p, struct rng *rng, size_t rows, size_t begin, size_t end)
{
    uint8_t *keep = p->keep;
    for (size_t l = 0; l + 1 < p->net->layers; l++) {
        const size_t out = p->net->layer[l].out;
        rng_dropout(rng, p->net->dropout, keep + begin * out, (end - begin) * out);
        keep += rows * out;
    }
}

void plan_draw_dropout(struct plan *p, struct rng *rng, size_t rows)
{
    const size_t each = p->drawn_rows;
    for (size_t begin = 0; p->net->dropout > 0 && begin < rows; begin += each)
        draw_rows(p, rng, rows, begin, rows - begin < each ? rows : begin + each);
}

// One call of plan_gradient or plan_predict, as its workers see it.
struct job {
    struct plan *plan;
    const float *params;
    const struct plan_batch *batch;
    struct plan_sums *sums; // or NULL: no losses and no gradient
    size_t leaves, leaf_rows, workers;
    struct par_range own; // of the leaves
    float scale;          // of the gradient
    float *pred;          // or NULL
    bool gradient;
    size_t steps; // of the plan's, see expect
};

static struct par_range leaf_range(const struct job *j, size_t leaf)
{
    const size_t begin = leaf * j->leaf_rows, end = begin + j->leaf_rows;
    return (struct par_range){begin, end < j->batch->rows ? end : j->batch->rows};
}

// The W^T that a worker reads.
static float *transposed_of(const struct plan *p, const struct worker *w)
{
    const size_t before = transposes_alone(p->net) ? (size_t)(w - p->worker) : 0;
    return p->transposed + before * p->net->transposed_size;
}

// Rows [begin, end) of the batch as a worker's block wants them.
static struct block_rows rows_of(const struct job *j, const struct worker *w, size_t begin,
                                 size_t end)
{
    const struct plan *p = j->plan;
    return (struct block_rows){
        .batch = j->batch,
        .begin = begin,
        .rows = end - begin,
        .params = j->params,
        .transposed = transposed_of(p, w),
        .keep = j->gradient && p->net->dropout > 0 ? p->keep : NULL,
        .scale = j->scale,
        .loss = j->sums ? p->row_loss + begin : NULL,
        .pred = j->pred ? j->pred + begin * p->net->outputs : NULL,
    };
}

static struct par_range leaves_of(const struct job *j, size_t worker)
{
    const struct par_range mine = par_split(j->own.end - j->own.begin, 1, j->workers, worker);
    return (struct par_range){j->own.begin + mine.begin, j->own.begin + mine.end};
}

// Other work of the calling thread.
static void look_aside(const struct job *j, const struct worker *w, size_t complete)
{
    if (j->plan->aside && w == j->plan->worker) // the first is the calling thread
        j->plan->aside(j->plan->context, j->sums, complete);
}

// All blocks of one leaf; with `gradient`, that is where the leaf's gradient goes, or with `into`
// what it is added to when it is complete, `gradient` being scratch. Somebody may watch.
static void run_leaf(const struct job *j, struct worker *w, size_t leaf, float *gradient,
                     float *into, struct block_watch *watch)
{
    const struct par_range all = leaf_range(j, leaf);
    const size_t rows = all.end - all.begin;
    const size_t blocks = (rows + BLOCK_ROWS - 1) / BLOCK_ROWS;
    for (size_t b = 0; b < blocks; b++) {
        const size_t begin = all.begin + rows * b / blocks;
        const size_t end = all.begin + rows * (b + 1) / blocks;
        struct block_rows r = rows_of(j, w, begin, end);
        block_forward(&w->block, &r);
        if (gradient) {
            r.gradient = gradient;
            r.first = b == 0;
            r.into = b + 1 == blocks ? into : NULL;
            r.watch = b + 1 == blocks ? watch : NULL;
            block_backward(&w->block, &r);
        }
        if (!watch)
            look_aside(j, w, 0);
    }
}

static void run_transpose(void *context, size_t index)
{
    const struct job *j = context;
    const struct plan *p = j->plan;
    block_transpose(&p->worker[index].block, j->params, p->transposed, j->workers, index);
}

// A worker's last leaf, of which the others know as it goes backward.
struct last_leaf {
    struct block_watch watch;
    const struct job *job;
    struct worker *worker;
    size_t summed; // the place in the stack that the leaf's gradient comes to, or is added to
    size_t left;   // subtrees of the stack when all that can be added has been
    size_t first;  // of them among those of all workers
    size_t pieces, complete;
};

// The leaf's pieces that are final now go down the stack, as whole gradients do in run_worker.
static void look(struct block_watch *watch, size_t from)
{
    struct last_leaf *x = (struct last_leaf *)watch;
    const struct pieces *pieces = x->job->plan->pieces;
    const struct tree_node *node = x->worker->stack.node;
    for (; x->pieces < pieces->count && pieces->bound[x->pieces + 1] >= from; x->pieces++) {
        const size_t begin = pieces->bound[x->pieces + 1], end = pieces->bound[x->pieces];
        for (size_t i = x->summed; i + 1 > x->left; i--)
            x->job->plan->kern->add(end - begin, node[i - 1].sum + begin, node[i].sum + begin);
        piece_joins_arrive(&x->job->plan->joins, x->first, x->first + x->left, x->pieces);
    }
    if (x->worker == x->job->plan->worker)
        x->complete = piece_joins_complete(&x->job->plan->joins, x->complete);
    look_aside(x->job, x->worker, x->complete);
}

// The last leaf has been pushed.
static void run_last_leaf(const struct job *j, struct worker *w, size_t leaf)
{
    struct tree_stack *s = &w->stack;
    const bool sibling = tree_must_fold(s);
    const size_t top = s->count - 1;
    while (tree_must_fold(s))
        tree_fold(s);
    struct last_leaf x = {
        .watch = {look},
        .job = j,
        .worker = w,
        .summed = sibling ? top - 1 : top,
        .left = s->count,
    };
    while (j->plan->joins.node[x.first].first != s->node[0].first)
        x.first++;
    run_leaf(j, w, leaf, s->node[top].sum, sibling ? s->node[top - 1].sum : NULL, &x.watch);
}

static void run_worker(void *context, size_t index)
{
    const struct job *j = context;
    struct worker *w = &j->plan->worker[index];
    struct tree_stack *s = &w->stack;
    s->count = 0;
    if (j->gradient && transposes_alone(j->plan->net))
        block_transpose(&w->block, j->params, transposed_of(j->plan, w), 1, 0);
    const struct par_range mine = leaves_of(j, index);
    for (size_t leaf = mine.begin; leaf < mine.end; leaf++) {
        if (!j->gradient) {
            run_leaf(j, w, leaf, NULL, NULL, NULL);
            continue;
        }
        tree_push(s, leaf);
        if (j->plan->in_pieces && leaf + 1 == mine.end) {
            run_last_leaf(j, w, leaf);
            continue;
        }
        struct tree_node *top = &s->node[s->count - 1];
        const bool sibling = tree_must_fold(s); // the leaf before is one: add to it on the way
        run_leaf(j, w, leaf, top->sum, sibling ? (top - 1)->sum : NULL, NULL);
        if (sibling)
            tree_fold(s);
        for (; tree_must_fold(s); tree_fold(s))
            j->plan->kern->add(j->plan->net->size, s->node[s->count - 2].sum,
                               s->node[s->count - 1].sum);
    }
}

// The joins of all workers' subtrees over one part of the parameters.
static void run_join(void *context, size_t index)
{
    const struct job *j = context;
    const struct plan *p = j->plan;
    const struct par_range part = par_split(p->net->size, ADD_GRAIN, j->workers, index);
    for (size_t i = 0; i < j->steps; i++)
        p->kern->add(part.end - part.begin, p->node[p->step[i].into].sum + part.begin,
                     p->node[p->step[i].from].sum + part.begin);
}

// What the workers will bring, in leaf order: where a sum is follows from its place in the stack.
// Of that the subtrees of j->sums are left after the joins.
static void expect(struct job *j)
{
    struct plan *p = j->plan;
    size_t nodes = 0, at = 0;
    for (size_t w = 0; w < j->workers; w++) {
        const struct par_range mine = leaves_of(j, w);
        const size_t count = tree_cover(mine.begin, mine.end, p->node + nodes);
        for (size_t i = 0; i < count; i++)
            p->node[nodes++].sum = p->worker[w].stack.node[i].sum;
    }
    j->steps = tree_join(p->node, nodes, p->step);
    p->joins.nodes = nodes;
    p->joins.steps = j->steps;
    for (size_t i = 0; i < j->sums->nodes; i++) {
        while (p->node[at].first != j->sums->node[i].first)
            at++;
        j->sums->node[i].sum = p->node[at].sum;
    }
}

static void compute(struct job *j)
{
    struct plan *p = j->plan;
    expect(j);
    if (p->in_pieces)
        piece_joins_begin(&p->joins);
    par_run(p->team, j->workers, run_worker, j);
    if (j->steps && !p->in_pieces)
        par_run(p->team, j->workers, run_join, j);
}

// The rows' losses, summed within each leaf; the leaves in the tree, in double.
static double sum_losses(const struct job *j, const float *row_loss, size_t first, unsigned level)
{
    if (level > 0) {
        const size_t half = (size_t)1 << (level - 1);
        const double left = sum_losses(j, row_loss, first, level - 1);
        return left + sum_losses(j, row_loss, first + half, level - 1);
    }
    const struct par_range r = leaf_range(j, first);
    return j->plan->kern->sum(r.end - r.begin, row_loss + r.begin);
}

static void note_losses(const struct job *j, const float *row_loss)
{
    struct plan_sums *sums = j->sums;
    for (size_t i = 0; i < sums->nodes; i++)
        sums->node[i].loss = sum_losses(j, row_loss, sums->node[i].first, sums->node[i].level);
}

double plan_mean_loss(const struct plan_sums *sums)
{
    return sums->node[0].loss / sums->divisor;
}

void plan_use(struct plan *p, size_t workers)
{
    p->active = workers < p->threads ? workers : p->threads;
}

void plan_lend(struct plan *p, struct par *team)
{
    p->team = team;
}

void plan_use_pieces(struct plan *p, bool yes)
{
    p->in_pieces = yes && p->pieces;
}

// `flops` and leaves are those of the whole batch, of which a part is this process's.
static size_t workers_for(const struct plan *p, size_t leaves, size_t parts, double flops,
                          double least)
{
    const size_t own = (leaves + parts - 1) / parts;
    if (flops / (double)parts < least)
        return 1;
    return own < p->active ? own : p->active;
}

static double flops_of(const struct plan *p, size_t rows, double passes)
{
    return 2 * passes * (double)rows * (double)p->net->parameters;
}

static size_t gradient_workers(const struct plan *p, size_t rows)
{
    return workers_for(p, plan_leaves(rows, p->net->size), p->parts,
                       flops_of(p, rows, GRADIENT_PASSES), SERIAL_FLOPS);
}

// Between steps that are not shared the helpers are asleep, and waking them takes longer.
static size_t predict_workers(const struct plan *p, size_t rows, size_t parts)
{
    const bool awake = p->train_rows > 0 && gradient_workers(p, p->train_rows) > 1;
    return workers_for(p, plan_leaves(rows, p->net->size), parts, flops_of(p, rows, 1),
                       awake ? SERIAL_FLOPS : ASLEEP_FLOPS);
}

bool plan_predict_is_small(const struct plan *p, size_t rows)
{
    return flops_of(p, rows, 1) < ASLEEP_FLOPS;
}

// All that have shared the gradient, for each part of it lies with one of them. Where a single one
// has computed it, the others must fetch parameters and gradient first, which pays for many.
size_t plan_step_workers(const struct plan *p, size_t rows)
{
    const size_t shared = gradient_workers(p, rows);
    const size_t useful = p->net->size / SERIAL_FLOATS + 1;
    const size_t most = useful < p->active ? useful : p->active;
    return shared > most ? shared : most;
}

struct par_range plan_part_leaves(size_t leaves, struct plan_part part)
{
    return par_split(leaves, 1, part.count, part.index);
}

static size_t rows_a_leaf(size_t rows, size_t leaves)
{
    return (rows + leaves - 1) / leaves;
}

struct par_range plan_part_rows(const struct plan *p, size_t rows, struct plan_part part)
{
    return plan_rows_of(rows, p->net->size, part);
}

struct par_range plan_rows_of(size_t rows, size_t gradient_floats, struct plan_part part)
{
    const size_t leaves = plan_leaves(rows, gradient_floats), each = rows_a_leaf(rows, leaves);
    const struct par_range own = plan_part_leaves(leaves, part);
    const size_t begin = own.begin * each, end = own.end * each;
    return (struct par_range){begin < rows ? begin : rows, end < rows ? end : rows};
}

static void cut(struct job *j, struct plan_part part)
{
    struct plan *p = j->plan;
    const size_t rows = j->batch->rows;
    j->leaves = plan_leaves(rows, p->net->size);
    j->leaf_rows = rows_a_leaf(rows, j->leaves);
    j->own = plan_part_leaves(j->leaves, part);
    if (j->gradient)
        p->parts = part.count;
    const size_t workers =
        j->gradient ? gradient_workers(p, rows) : predict_workers(p, rows, part.count);
    const size_t own = j->own.end - j->own.begin;
    j->workers = workers < own ? workers : own;
    if (!j->sums)
        return;
    j->sums->leaves = j->leaves;
    j->sums->divisor = loss_divisor(p->net->task, p->net->outputs, j->batch->class_weight,
                                    j->batch->y, j->batch->order, rows);
    j->sums->nodes = tree_cover(j->own.begin, j->own.end, j->sums->node);
}

void plan_gradient_part(struct plan *p, const float *params, const struct plan_batch *batch,
                        struct plan_part part, struct plan_sums *sums)
{
    struct job j = {.plan = p, .params = params, .batch = batch, .sums = sums, .gradient = true};
    cut(&j, part);
    j.scale = (float)(1.0 / sums->divisor);
    if (!transposes_alone(p->net))
        par_run(p->team, j.workers, run_transpose, &j);
    compute(&j);
    note_losses(&j, p->row_loss);
}

void plan_predict_part(struct plan *p, const float *params, const struct plan_batch *batch,
                       struct plan_part part, float *pred, struct plan_sums *sums)
{
    struct job j = {.plan = p, .params = params, .batch = batch, .pred = pred, .sums = sums};
    cut(&j, part);
    par_run(p->team, j.workers, run_worker, &j);
    if (sums)
        note_losses(&j, p->row_loss);
}

float *plan_gradient(struct plan *p, const float *params, const struct plan_batch *batch,
                     double *loss)
{
    struct plan_sums sums;
    plan_gradient_part(p, params, batch, (struct plan_part){0, 1}, &sums);
    *loss = plan_mean_loss(&sums);
    return sums.node[0].sum;
}

void plan_predict(struct plan *p, const float *params, const struct plan_batch *batch, float *pred,
                  double *loss)
{
    struct plan_sums sums;
    plan_predict_part(p, params, batch, (struct plan_part){0, 1}, pred, loss ? &sums : NULL);
    if (loss)
        *loss = plan_mean_loss(&sums);
}

const float *plan_row_losses(const struct plan *p)
{
    return p->row_loss;
}

double plan_loss_of_rows(struct plan *p, size_t rows, const float *loss, const float *y)
{
    struct plan_sums sums;
    const struct plan_batch all = {.rows = rows, .y = y};
    struct job j = {.plan = p, .batch = &all, .sums = &sums};
    cut(&j, (struct plan_part){0, 1});
    note_losses(&j, loss);
    return plan_mean_loss(&sums);
}
