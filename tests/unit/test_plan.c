// SPDX-License-Identifier: MIT
// The plan's promises: the same bits for any number of threads, for rows in place or gathered, for
// batches cut anywhere; and not one allocation once it is made.
#include "testing.h"

#include "kern/cpu.h"
#include "model/plan.h"
#include "train/optim.h"

#define ROWS 5000 // leaves of 157 rows, two blocks each

static const struct kern *kern;

struct table {
    size_t d, k;
    enum net_task task;
    float *X, *y;
    uint32_t *order; // a permutation
};

static struct table make_long_table(size_t rows, size_t d, size_t k, enum net_task task)
{
    struct table t = {.d = d, .k = k, .task = task};
    uint32_t seed = 11;
    t.X = mem_array(rows * d + 1, sizeof *t.X);
    t.y = mem_array(rows * k, sizeof *t.y);
    t.order = mem_array(rows, sizeof *t.order);
    assert_true(t.X && t.y && t.order);
    for (size_t i = 0; i < rows * d; i++)
        t.X[i] = test_float(&seed);
    for (size_t i = 0; i < rows * k; i++)
        t.y[i] = task == TASK_REGRESSION
                     ? test_float(&seed)
                     : (float)(test_random(&seed) % (task == TASK_BINARY ? 2 : (uint32_t)k));
    struct rng rng;
    rng_seed(&rng, 2);
    rng_randperm(&rng, t.order, (uint32_t)rows);
    return t;
}

static struct table make_table(size_t d, size_t k, enum net_task task)
{
    return make_long_table(ROWS, d, k, task);
}

static void free_table(struct table *t)
{
    mem_free(t->X);
    mem_free(t->y);
    mem_free(t->order);
}

static float *make_net(struct net *net, const struct table *t, const struct opt_sizes *hidden,
                       enum kern_act act, double dropout)
{
    const size_t outputs = t->task == TASK_BINARY ? 1 : t->k;
    const struct net_spec spec = {t->d, outputs, hidden, act, dropout, t->task};
    struct rng rng;
    assert_int_equal(net_init(net, &spec, NULL), 0);
    float *params = mem_aligned(net->size, sizeof *params);
    rng_seed(&rng, 1);
    assert_int_equal(net_draw_weights(net, &rng, params, NULL), 0);
    return params;
}

static struct plan *make_plan(const struct net *net, size_t rows, size_t threads)
{
    struct error e = {0};
    const struct plan_spec spec = {
        .net = net, .train_rows = rows, .predict_rows = ROWS, .threads = threads};
    struct plan *p = plan_new(&spec, kern, &e);
    if (!p)
        fail_msg("%s", e.text);
    return p;
}

static const struct opt_sizes none = {.count = 0}, two = {.count = 2, .value = {40, 33}};

static void leaves_are_as_promised(void **state)
{
    (void)state;
    static const struct {
        size_t rows, floats, leaves;
    } want[] = {
        {1, 1000, 1},        {100, 1000, 1},        {127, 1000, 1},
        {128, 1000, 2},      {256, 1000, 4},        {569, 1000, 8},
        {1024, 1000, 16},    {2047, 1000, 16},      {2048, 1000, 32},
        {4096, 1000, 32},    {16384, 1000, 32},     {256, 65536, 4},
        {256, 65537, 2},     {255, 65537, 1},       {569, 1000000, 4},
        {1024, 1000000, 8},  {4096, 1000000, 32},   {4095, 1000000, 16},
        {0, 10, 1},          {32767, 1000, 32},     {32768, 1000, 64},
        {65535, 9, 64},      {65536, 1000000, 128}, {262143, 9, 256},
        {262144, 9, 512},    {1048575, 9, 512},     {1048576, 9, 1024},
        {SIZE_MAX, 9, 1024},
    };
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        const size_t got = plan_leaves(want[i].rows, want[i].floats);
        if (got != want[i].leaves)
            fail_msg("%zu rows, %zu floats: %zu leaves, want %zu", want[i].rows, want[i].floats,
                     got, want[i].leaves);
    }
}

struct result {
    float *gradient, *pred; // copies
    double loss, predict_loss;
};

struct computation {
    const struct net *net;
    const float *params;
    const struct plan_batch *batch;
    size_t planned, threads;
    struct result result;
};

// Gradient with dropout and predictions without, with a plan of its own.
static void compute_in_team(struct par *team, void *context)
{
    struct computation *c = context;
    struct result *r = &c->result;
    const struct plan_spec spec = {.net = c->net,
                                   .train_rows = c->planned,
                                   .predict_rows = c->planned > ROWS ? c->planned : ROWS,
                                   .threads = c->threads,
                                   .team = team};
    struct plan *p = plan_new(&spec, kern, NULL);
    struct rng rng;
    if (!p)
        return;
    rng_seed(&rng, 3);
    plan_draw_dropout(p, &rng, c->batch->rows);
    const float *g = plan_gradient(p, c->params, c->batch, &r->loss);
    r->gradient = mem_aligned(c->net->size, sizeof *g);
    memcpy(r->gradient, g, c->net->size * sizeof *g);
    r->pred = mem_array(c->batch->rows * c->net->outputs, sizeof *r->pred);
    plan_predict(p, c->params, c->batch, r->pred, &r->predict_loss);
    plan_free(p);
}

static struct result compute(const struct net *net, const float *params,
                             const struct plan_batch *batch, size_t planned, size_t threads)
{
    struct computation c = {net, params, batch, planned, threads, {.loss = 0}};
    par_team(threads, compute_in_team, &c);
    assert_non_null(c.result.gradient);
    return c.result;
}

static void check_result(const struct net *net, size_t rows, const struct result *got,
                         const struct result *want, const char *what)
{
    check_bits(got->gradient, want->gradient, net->size, what);
    check_bits(got->pred, want->pred, rows * net->outputs, what);
    if (got->loss != want->loss || got->predict_loss != want->predict_loss)
        fail_msg("%s: losses %.17g and %.17g, not %.17g and %.17g", what, got->loss,
                 got->predict_loss, want->loss, want->predict_loss);
}

static void free_result(struct result *r)
{
    mem_free(r->gradient);
    mem_free(r->pred);
}

static void any_number_of_threads_gives_the_same_bits(void **state)
{
    (void)state;
    static const size_t rows[] = {ROWS, 2500, 569, 300, 130, 1};
    static const size_t threads[] = {2, 3, 5, 8, 40};
    struct table t = make_table(19, 6, TASK_MULTICLASS);
    struct net net;
    float *params = make_net(&net, &t, &two, ACT_GELU, 0.2);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct plan_batch batch = {.rows = rows[i], .X = t.X, .y = t.y, .order = t.order};
        struct result want = compute(&net, params, &batch, rows[i], 1);
        for (size_t k = 0; k < sizeof threads / sizeof *threads; k++) {
            char what[64];
            snprintf(what, sizeof what, "%zu rows, %zu threads", rows[i], threads[k]);
            struct result got = compute(&net, params, &batch, rows[i], threads[k]);
            check_result(&net, rows[i], &got, &want, what);
            free_result(&got);
            // a plan for more rows: a short last batch
            got = compute(&net, params, &batch, ROWS, threads[k]);
            check_result(&net, rows[i], &got, &want, what);
            free_result(&got);
        }
        free_result(&want);
    }
    mem_free(params);
    free_table(&t);
}

// One part of a batch after the other, as ranks compute them, on the plan of `c`; the parts' sums
// are copied, for they lie in its buffers.
static void compute_parts(const struct computation *c, struct plan *p, size_t parts,
                          struct result *r)
{
    static struct tree_node node[TREE_LEAVES_MAX], predicted[TREE_LEAVES_MAX];
    static struct tree_step step[TREE_LEAVES_MAX];
    struct plan_sums part;
    const size_t size = c->net->size;
    size_t nodes = 0;
    struct rng rng;
    r->pred = mem_array(c->batch->rows * c->net->outputs, sizeof *r->pred);
    rng_seed(&rng, 3);
    plan_draw_dropout(p, &rng, c->batch->rows);
    for (size_t i = 0; i < parts; i++) {
        const struct plan_part which = {i, parts};
        plan_gradient_part(p, c->params, c->batch, which, &part);
        for (size_t k = 0; k < part.nodes; k++, nodes++) {
            node[nodes] = part.node[k];
            node[nodes].sum = mem_aligned(size, sizeof(float));
            memcpy(node[nodes].sum, part.node[k].sum, size * sizeof(float));
        }
        plan_predict_part(p, c->params, c->batch, which, r->pred, &part);
        memcpy(predicted + nodes - part.nodes, part.node, part.nodes * sizeof *part.node);
    }
    const size_t steps = tree_join(node, nodes, step);
    tree_join_losses(node, step, steps);
    tree_join_losses(predicted, step, steps);
    for (size_t i = 0; i < steps; i++)
        kern->add(size, node[step[i].into].sum, node[step[i].from].sum);
    r->gradient = node[0].sum;
    for (size_t i = 1; i < nodes; i++)
        mem_free(node[i].sum);
    part.node[0] = node[0];
    r->loss = plan_mean_loss(&part);
    part.node[0] = predicted[0];
    r->predict_loss = plan_mean_loss(&part);
}

static void parts_join_to_the_bits_of_the_whole(void **state)
{
    (void)state;
    static const size_t rows[] = {ROWS, 2500, 569, 130, 1};
    static const size_t parts[] = {1, 2, 3, 4, 5, 7, 8, 33};
    struct table t = make_table(19, 6, TASK_MULTICLASS);
    struct net net;
    float *params = make_net(&net, &t, &two, ACT_GELU, 0.2);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct plan_batch batch = {.rows = rows[i], .X = t.X, .y = t.y, .order = t.order};
        const struct computation c = {&net, params, &batch, ROWS, 3, {.loss = 0}};
        struct result want = compute(&net, params, &batch, ROWS, 1);
        struct plan *p = make_plan(&net, ROWS, 3);
        for (size_t k = 0; k < sizeof parts / sizeof *parts; k++) {
            char what[64];
            struct result got;
            snprintf(what, sizeof what, "%zu rows in %zu parts", rows[i], parts[k]);
            compute_parts(&c, p, parts[k], &got);
            check_result(&net, rows[i], &got, &want, what);
            free_result(&got);
        }
        plan_free(p);
        free_result(&want);
    }
    mem_free(params);
    free_table(&t);
}

// A batch of 128 leaves of 516 rows; the last one has 469.
static void many_leaves_are_shared_likewise(void **state)
{
    (void)state;
    enum { MANY = 66001 };
    static const size_t threads[] = {3, 5, 40, 70}, parts[] = {3, 33, 100, 129};
    struct table t = make_long_table(MANY, 3, 3, TASK_MULTICLASS);
    struct net net;
    float *params = make_net(&net, &t, &two, ACT_RELU, 0.2);
    const struct plan_batch batch = {.rows = MANY, .X = t.X, .y = t.y, .order = t.order};
    const struct computation c = {&net, params, &batch, MANY, 3, {.loss = 0}};
    struct result want = compute(&net, params, &batch, MANY, 1), got;
    struct plan *p = make_plan(&net, MANY, 3);
    assert_int_equal(plan_leaves(MANY, net.size), 128);
    for (size_t i = 0; i < 4; i++) {
        got = compute(&net, params, &batch, MANY, threads[i]);
        check_result(&net, MANY, &got, &want, "threads");
        free_result(&got);
        compute_parts(&c, p, parts[i], &got);
        check_result(&net, MANY, &got, &want, "parts");
        free_result(&got);
    }
    plan_free(p);
    free_result(&want);
    mem_free(params);
    free_table(&t);
}

// The rows of all parts follow each other, without a gap, for any number of rows.
static void parts_cover_all_rows(void **state)
{
    (void)state;
    struct table t = make_table(7, 1, TASK_BINARY);
    struct net net;
    float *params = make_net(&net, &t, &two, ACT_RELU, 0);
    struct plan *p = make_plan(&net, ROWS, 1);
    for (size_t rows = 1; rows <= ROWS; rows += 1 + rows / 40)
        for (size_t count = 1; count <= 40; count++) {
            size_t at = 0;
            for (size_t i = 0; i < count; i++) {
                const struct par_range r = plan_part_rows(p, rows, (struct plan_part){i, count});
                if (r.begin != at || r.end < r.begin)
                    fail_msg("%zu rows, part %zu of %zu: from %zu to %zu, not from %zu", rows, i,
                             count, r.begin, r.end, at);
                at = r.end;
            }
            assert_int_equal(at, rows);
        }
    plan_free(p);
    mem_free(params);
    free_table(&t);
}

// Rows in file order are read in place or gathered through an identity: the same numbers; and at an
// address that no vector is aligned to, too.
static void where_the_rows_lie_changes_nothing(void **state)
{
    (void)state;
    static const struct {
        size_t d, k;
        enum net_task task;
        const struct opt_sizes *hidden;
    } cases[] = {
        {16, 1, TASK_BINARY, &none},      {7, 1, TASK_BINARY, &two},
        {32, 3, TASK_REGRESSION, &none},  {33, 3, TASK_REGRESSION, &none},
        {16, 17, TASK_MULTICLASS, &none}, {5, 6, TASK_REGRESSION, &two},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct table t = make_table(cases[i].d, cases[i].k, cases[i].task);
        struct net net;
        float *params = make_net(&net, &t, cases[i].hidden, ACT_SIGMOID, 0.4);
        struct plan_batch batch = {.rows = ROWS, .X = t.X, .y = t.y};
        struct result want = compute(&net, params, &batch, ROWS, 2), got;
        for (uint32_t row = 0; row < ROWS; row++)
            t.order[row] = row;
        batch.order = t.order;
        got = compute(&net, params, &batch, ROWS, 2);
        check_result(&net, ROWS, &got, &want, "identity order");
        free_result(&got);
        memmove(t.X + 1, t.X, ROWS * t.d * sizeof *t.X);
        batch.X = t.X + 1;
        batch.order = NULL;
        got = compute(&net, params, &batch, ROWS, 2);
        check_result(&net, ROWS, &got, &want, "odd address");
        free_result(&got);
        free_result(&want);
        mem_free(params);
        free_table(&t);
    }
}

// The gradient of a batch of many leaves and blocks is the mean of the gradients of its parts, each
// of them a single block.
static void parts_make_the_whole(void **state)
{
    (void)state;
    enum { PART = 100, PARTS = ROWS / PART };
    struct table t = make_table(11, 2, TASK_REGRESSION);
    struct net net;
    float *params = make_net(&net, &t, &two, ACT_TANH, 0);
    double *sum = mem_array(net.size, sizeof *sum), losses = 0, loss, largest = 0;
    struct plan *p = make_plan(&net, ROWS, 1);
    for (size_t i = 0; i < PARTS; i++) {
        const struct plan_batch part = {
            .rows = PART, .X = t.X, .y = t.y, .order = t.order + i * PART};
        const float *g = plan_gradient(p, params, &part, &loss);
        for (size_t j = 0; j < net.size; j++)
            sum[j] += (double)g[j] / PARTS;
        losses += loss / PARTS;
    }
    const struct plan_batch all = {.rows = ROWS, .X = t.X, .y = t.y, .order = t.order};
    const float *g = plan_gradient(p, params, &all, &loss);
    for (size_t j = 0; j < net.size; j++)
        largest = fmax(largest, fabs(sum[j]));
    for (size_t j = 0; j < net.size; j++)
        check_close((double)g[j], sum[j], 2e-6 * largest, "whole and parts");
    check_close(loss, losses, 1e-7 * losses, "loss of whole and parts");
    plan_free(p);
    mem_free(sum);
    mem_free(params);
    free_table(&t);
}

static void predictions_do_not_depend_on_the_batch(void **state)
{
    (void)state;
    static const size_t pieces[] = {1, 7, 64, 129, 1000};
    struct table t = make_table(9, 5, TASK_MULTICLASS);
    struct net net;
    float *params = make_net(&net, &t, &two, ACT_RELU, 0);
    struct plan *p = make_plan(&net, 0, 2);
    float *want = mem_array(ROWS * 5, sizeof *want), *got = mem_array(ROWS * 5, sizeof *got);
    plan_predict(p, params, &(struct plan_batch){.rows = ROWS, .X = t.X}, want, NULL);
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        memset(got, 0, ROWS * 5 * sizeof *got);
        for (size_t at = 0; at < ROWS; at += pieces[i]) {
            const size_t left = ROWS - at, rows = left < pieces[i] ? left : pieces[i];
            const struct plan_batch batch = {.rows = rows, .X = t.X + at * 9};
            plan_predict(p, params, &batch, got + at * 5, NULL);
        }
        check_bits(got, want, ROWS * 5, "predictions in pieces");
    }
    double sum = 0;
    for (size_t j = 0; j < 5; j++)
        sum += (double)want[j];
    check_close(sum, 1, 1e-6, "sum of the first row's probabilities");
    double loss, again;
    const struct plan_batch all = {.rows = ROWS, .X = t.X, .y = t.y};
    plan_predict(p, params, &all, NULL, &loss);
    plan_predict(p, params, &all, got, &again);
    assert_true(loss == again && loss > 0);
    check_bits(got, want, ROWS * 5, "predictions with labels");
    plan_free(p);
    struct plan *training = make_plan(&net, ROWS, 2);
    plan_gradient(training, params, &all, &again);
    if (loss != again)
        fail_msg("loss of plan_predict %.17g, of plan_gradient %.17g", loss, again);
    plan_free(training);
    mem_free(want);
    mem_free(got);
    mem_free(params);
    free_table(&t);
}

struct training {
    const struct table *t;
    const struct net *net;
    float *params;
    bool fault;
    long calls; // allocations that the steps made
};

// 100 steps and predictions as a training run makes them.
static void train_in_team(struct par *team, void *context)
{
    static const struct train_config config = {
        .optimizer = OPTIM_ADAM, .betas = {0.9, 0.999}, .eps = 1e-8};
    struct training *c = context;
    struct optim optim;
    struct rng rng;
    const size_t size = c->net->size;
    const struct plan_spec spec = {
        .net = c->net, .train_rows = 500, .predict_rows = ROWS, .threads = 3, .team = team};
    struct plan *p = plan_new(&spec, kern, NULL);
    float *pred = mem_array(ROWS, sizeof *pred);
    if (!p || !pred || optim_init(&optim, &config, kern, size, NULL))
        return;
    optim.team = team;
    rng_seed(&rng, 4);
    mem_fail_at(c->fault ? 1 : 0);
    for (size_t step = 0; step < 100; step++) {
        const struct plan_batch batch = {.rows = step % 5 == 4 ? 33 : 500,
                                         .X = c->t->X,
                                         .y = c->t->y,
                                         .order = c->t->order + step % 5 * 500};
        double loss;
        plan_draw_dropout(p, &rng, batch.rows);
        float *gradient = plan_gradient(p, c->params, &batch, &loss);
        optim_clip(kern, gradient, size, 0.5);
        optim_step(&optim, c->params, gradient, 0.01, optim_momentum(&optim), 3);
        const struct plan_batch all = {.rows = ROWS, .X = c->t->X, .y = c->t->y};
        if (step % 10 == 0)
            plan_predict(p, c->params, &all, pred, &loss);
    }
    c->calls = mem_fail_at(0);
    optim_clear(&optim);
    plan_free(p);
    mem_free(pred);
}

static void a_step_allocates_nothing(void **state)
{
    (void)state;
    struct table t = make_table(12, 1, TASK_BINARY);
    struct net net;
    float *alone = make_net(&net, &t, &two, ACT_RELU, 0.1);
    float *params = make_net(&net, &t, &two, ACT_RELU, 0.1);
    check_bits(params, alone, net.size, "start");
    struct training c = {&t, &net, alone, false, -1};
    train_in_team(NULL, &c);
    assert_int_equal(c.calls, 0);
    c = (struct training){&t, &net, params, true, -1};
    par_team(3, train_in_team, &c);
    assert_int_equal(c.calls, 0);
    check_bits(params, alone, net.size, "after 100 steps without memory");
    mem_free(alone);
    mem_free(params);
    free_table(&t);
}

static int make_and_free(void *context, struct error *e)
{
    const struct plan_spec spec = {
        .net = context, .train_rows = 600, .predict_rows = 100, .threads = 3};
    struct plan *p = plan_new(&spec, kern, e);
    plan_free(p);
    return p ? 0 : error_code(e);
}

static void survives_failing_memory(void **state)
{
    (void)state;
    struct table t = make_table(12, 1, TASK_BINARY);
    struct net net;
    float *params = make_net(&net, &t, &two, ACT_RELU, 0.1);
    assert_true(check_failing_memory(make_and_free, &net) >= 8);
    plan_free(NULL);
    mem_free(params);
    free_table(&t);
}

// torch's layers in order from one stream; a layer comes back as it was set, padding stays zero.
static void layers_keep_their_weights(void **state)
{
    (void)state;
    struct table t = make_table(7, 1, TASK_BINARY);
    struct net net;
    float *params = make_net(&net, &t, &two, ACT_RELU, 0);
    struct rng rng;
    rng_seed(&rng, 1);
    for (size_t l = 0; l < net.layers; l++) {
        float want[40 * 33], b[40], got[40 * 33], gotb[40];
        const size_t in = net.layer[l].in, out = net.layer[l].out;
        rng_uniform(&rng, -1 / sqrt((double)in), 1 / sqrt((double)in), want, in * out);
        rng_uniform(&rng, -1 / sqrt((double)in), 1 / sqrt((double)in), b, out);
        net_get_layer(&net, params, l, got, gotb);
        check_bits(got, want, in * out, "W");
        check_bits(gotb, b, out, "b");
        memset(got, 0, sizeof got);
        net_set_layer(&net, params, l, got, got);
    }
    for (size_t i = 0; i < net.size; i++)
        assert_true(params[i] == 0);
    assert_int_equal(net.parameters, 7 * 40 + 40 + 40 * 33 + 33 + 33 + 1);
    mem_free(params);
    free_table(&t);
}

static void refuses_networks_beyond_memory(void **state)
{
    (void)state;
    struct net net;
    struct error e = {0};
    const struct opt_sizes wide = {.count = 2, .value = {10000000, 10000000}};
    const struct net_spec spec = {7, 1, &wide, ACT_RELU, 0, TASK_BINARY};
    check_refused(net_init(&net, &spec, &e), ERR_LIMIT, &e, "10000000 x 10000000 is too large");
    error_clear(&e);
    const struct net_spec huge = {SIZE_MAX - 3, 1, &none, ACT_RELU, 0, TASK_BINARY};
    check_refused(net_init(&net, &huge, &e), ERR_LIMIT, &e, "is too large");
}

static int choose_kern(void **state)
{
    (void)state;
    return kern_select(&kern, NULL);
}

// Who has no part of a small network's gradient is left asleep in its step, too; a single worker
// has all of it, and a large network's step is worth more of them.
static void a_step_takes_those_who_have_the_gradient(void **state)
{
    (void)state;
    static const struct opt_sizes small = {.count = 2, .value = {64, 32}},
                                  large = {.count = 2, .value = {300, 300}};
    static const struct {
        const struct opt_sizes *hidden;
        size_t rows, active, workers;
    } want[] = {{&small, 1, 8, 1},    {&small, 128, 8, 2}, {&small, 256, 8, 4},
                {&small, 4096, 8, 8}, {&small, 128, 1, 1}, {&large, 1, 8, 3},
                {&large, 1, 2, 2},    {&large, 4096, 8, 8}};
    struct table t = make_table(7, 1, TASK_BINARY);
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        struct net net;
        float *params = make_net(&net, &t, want[i].hidden, ACT_RELU, 0);
        struct plan *p = make_plan(&net, ROWS, 8);
        plan_use(p, want[i].active);
        const size_t workers = plan_step_workers(p, want[i].rows);
        if (workers != want[i].workers)
            fail_msg("%zu rows, %zu active: %zu workers for a step, wanted %zu", want[i].rows,
                     want[i].active, workers, want[i].workers);
        plan_free(p);
        mem_free(params);
    }
    free_table(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leaves_are_as_promised),
        cmocka_unit_test(any_number_of_threads_gives_the_same_bits),
        cmocka_unit_test(parts_join_to_the_bits_of_the_whole),
        cmocka_unit_test(parts_cover_all_rows),
        cmocka_unit_test(many_leaves_are_shared_likewise),
        cmocka_unit_test(where_the_rows_lie_changes_nothing),
        cmocka_unit_test(parts_make_the_whole),
        cmocka_unit_test(predictions_do_not_depend_on_the_batch),
        cmocka_unit_test(a_step_takes_those_who_have_the_gradient),
        cmocka_unit_test(a_step_allocates_nothing),
        cmocka_unit_test(survives_failing_memory),
        cmocka_unit_test(layers_keep_their_weights),
        cmocka_unit_test(refuses_networks_beyond_memory),
    };
    return cmocka_run_group_tests(tests, choose_kern, NULL);
}
