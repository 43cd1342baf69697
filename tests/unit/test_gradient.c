// SPDX-License-Identifier: MIT
// Gradients against central differences. The differenced function is a plain network in double
// arithmetic, written here from the formulas, so that a difference of 1e-5 in a parameter leaves
// ten good digits; plan_gradient's float32 must then agree in every element, for every activation,
// task, depth, kind of output layer, with dropout and class weights.
#include "testing.h"

#include "kern/cpu.h"
#include "model/net.h"
#include "model/plan.h"

#define INPUTS     3
#define FEW        7
#define ROWS       300 // at most: four leaves
#define STEP       1e-5
#define MAX_PARAMS 700
#define MAX_UNITS  17
// Of the largest gradient of the network; the worst case measured is 8e-7 of it, a dozen roundings
// of float32.
#define TOLERANCE 2e-6

struct shape {
    enum kern_act act;
    enum net_task task;
    size_t outputs;
    struct opt_sizes hidden;
    double dropout;
    bool weighted;
};

struct problem {
    struct net net;
    size_t rows;
    float X[ROWS * INPUTS], y[ROWS * MAX_UNITS], class_weight[MAX_UNITS];
    bool weighted;
    uint8_t keep[3][ROWS * MAX_UNITS]; // dropout masks of the hidden layers
    bool side[3][ROWS * MAX_UNITS];    // of a kink on which each unit stands
    double params[MAX_PARAMS];         // W[out][in] and b of each layer in turn
};

static const struct kern *kern;

static double act(enum kern_act a, double z, bool positive)
{
    switch (a) {
    case ACT_RELU:
        return positive ? z : 0;
    case ACT_LEAKY_RELU:
        return positive ? z : (double)0.01F * z;
    case ACT_TANH:
        return tanh(z);
    case ACT_SIGMOID:
        return 1 / (1 + exp(-z));
    case ACT_GELU:
        return 0.5 * z * (1 + erf(z / sqrt(2.0)));
    case ACT_SILU:
        return z / (1 + exp(-z));
    default:
        return z;
    }
}

// Raw outputs of one row. With `learn` the sides of kinks are recorded, so that a difference stays
// on the piece of a piecewise linear function on which the gradient is taken.
static void forward(struct problem *p, size_t row, bool dropout, bool learn, double *out)
{
    const struct net *net = &p->net;
    const double *at = p->params;
    double in[MAX_UNITS];
    for (size_t j = 0; j < INPUTS; j++)
        in[j] = (double)p->X[row * INPUTS + j];
    for (size_t l = 0; l < net->layers; l++) {
        const struct net_layer *layer = &net->layer[l];
        const double *b = at + layer->in * layer->out;
        for (size_t o = 0; o < layer->out; o++) {
            double z = b[o];
            for (size_t i = 0; i < layer->in; i++)
                z += at[o * layer->in + i] * in[i];
            out[o] = z;
            if (l + 1 == net->layers)
                continue;
            const size_t unit = row * layer->out + o;
            if (learn)
                p->side[l][unit] = z > 0;
            out[o] = act(net->act, z, p->side[l][unit]);
            if (dropout && net->dropout > 0)
                out[o] *= p->keep[l][unit] / (1 - net->dropout);
        }
        at = b + layer->out;
        memcpy(in, out, sizeof in);
    }
}

// The row's loss from its raw outputs, which become probabilities.
static double row_loss(const struct problem *p, size_t row, double *z)
{
    const size_t k = p->net.outputs;
    double sum = 0;
    switch (p->net.task) {
    case TASK_REGRESSION:
        for (size_t j = 0; j < k; j++)
            sum += (z[j] - (double)p->y[row * k + j]) * (z[j] - (double)p->y[row * k + j]);
        return sum;
    case TASK_MULTICLASS:
        for (size_t j = 0; j < k; j++)
            sum += z[j] = exp(z[j]);
        for (size_t j = 0; j < k; j++)
            z[j] /= sum;
        return -log(z[(size_t)p->y[row]]);
    default:
        z[0] = 1 / (1 + exp(-z[0]));
        return p->y[row] > 0 ? -log(z[0]) : -log(1 - z[0]);
    }
}

static double mean_loss(struct problem *p, bool dropout, bool learn, double *pred)
{
    const bool regression = p->net.task == TASK_REGRESSION;
    double sum = 0, weights = 0;
    for (size_t row = 0; row < p->rows; row++) {
        double out[MAX_UNITS];
        forward(p, row, dropout, learn, out);
        const double w = p->weighted ? (double)p->class_weight[(size_t)p->y[row]] : 1;
        sum += w * row_loss(p, row, out);
        weights += p->net.task == TASK_MULTICLASS ? w : 1;
        if (pred)
            memcpy(pred + row * p->net.outputs, out, p->net.outputs * sizeof *out);
    }
    return sum / (regression ? (double)(p->rows * p->net.outputs) : weights);
}

// Random data and weights that spread the activations; torch's scale would leave them all small.
static void make_problem(struct problem *p, const struct shape *s, float *params, uint32_t seed)
{
    const struct net_spec spec = {INPUTS, s->outputs, &s->hidden, s->act, s->dropout, s->task};
    assert_int_equal(net_init(&p->net, &spec, NULL), 0);
    for (size_t i = 0; i < p->rows * INPUTS; i++)
        p->X[i] = 2 * test_float(&seed);
    for (size_t i = 0; i < p->rows * s->outputs; i++)
        p->y[i] =
            s->task == TASK_REGRESSION
                ? 2 * test_float(&seed)
                : (float)(test_random(&seed) % 1000 % (s->task == TASK_BINARY ? 2 : s->outputs));
    for (size_t i = 0; i < MAX_UNITS; i++)
        p->class_weight[i] = 1.25F + test_float(&seed);
    p->weighted = s->weighted;
    size_t at = 0;
    for (size_t l = 0; l < p->net.layers; l++) {
        const size_t in = p->net.layer[l].in, out = p->net.layer[l].out;
        float W[MAX_UNITS * MAX_UNITS + MAX_UNITS];
        assert_true(at + in * out + out <= MAX_PARAMS);
        for (size_t i = 0; i < in * out + out; i++) {
            W[i] = test_float(&seed) * 1.5F / sqrtf((float)in);
            p->params[at++] = (double)W[i];
        }
        net_set_layer(&p->net, params, l, W, W + in * out);
    }
}

static void describe(const struct shape *s, char *text, size_t size)
{
    snprintf(text, size, "activation %d, %s, %zu outputs, %zu hidden layers, dropout %g%s",
             (int)s->act, net_task_name(s->task), s->outputs, s->hidden.count, s->dropout,
             s->weighted ? ", weighted" : "");
}

static void check_predictions(struct problem *p, struct plan *plan, const float *params,
                              const struct plan_batch *batch, const char *what)
{
    static float pred[ROWS * MAX_UNITS];
    static double want[ROWS * MAX_UNITS];
    double loss;
    const double want_loss = mean_loss(p, false, true, want);
    plan_predict(plan, params, batch, pred, &loss);
    check_close(loss, want_loss, TOLERANCE * (1 + fabs(want_loss)), what);
    for (size_t i = 0; i < p->rows * p->net.outputs; i++)
        check_close((double)pred[i], want[i], TOLERANCE * (1 + fabs(want[i])), what);
}

// Every element against its difference; what is no parameter must be zero.
static void check_elements(struct problem *p, float *gradient, const char *what)
{
    double want[MAX_PARAMS], largest = 0;
    for (size_t i = 0; i < p->net.parameters; i++) {
        const double kept = p->params[i];
        p->params[i] = kept + STEP;
        const double above = mean_loss(p, true, false, NULL);
        p->params[i] = kept - STEP;
        want[i] = (above - mean_loss(p, true, false, NULL)) / (2 * STEP);
        p->params[i] = kept;
        largest = fmax(largest, fabs(want[i]));
    }
    static const float zeros[MAX_UNITS * MAX_UNITS];
    size_t at = 0;
    for (size_t l = 0; l < p->net.layers; l++) {
        const size_t weights = p->net.layer[l].in * p->net.layer[l].out;
        float got[MAX_UNITS * MAX_UNITS + MAX_UNITS];
        net_get_layer(&p->net, gradient, l, got, got + weights);
        net_set_layer(&p->net, gradient, l, zeros, zeros);
        for (size_t i = 0; i < weights + p->net.layer[l].out; i++, at++)
            if (!(fabs((double)got[i] - want[at]) <= TOLERANCE * largest))
                fail_msg("%s: layer %zu, element %zu of %zu weights is %.9g, want %.9g within %.3g",
                         what, l, i, weights, (double)got[i], want[at], TOLERANCE * largest);
    }
    for (size_t i = 0; i < p->net.size; i++)
        if (gradient[i] != 0)
            fail_msg("%s: padding [%zu] of the gradient is %g", what, i, (double)gradient[i]);
}

static void check_shape(const struct shape *s, size_t rows, uint32_t seed)
{
    static struct problem p;
    p.rows = rows;
    char what[128];
    double loss;
    struct error e = {0};
    struct rng rng, copy;
    describe(s, what, sizeof what);
    float *params = mem_aligned(4096, sizeof *params);
    make_problem(&p, s, params, seed);
    assert_true(p.net.size <= 4096);
    const struct plan_spec spec = {
        .net = &p.net, .train_rows = rows, .predict_rows = rows, .threads = 1};
    struct plan *plan = plan_new(&spec, kern, &e);
    assert_non_null(plan);
    const struct plan_batch batch = {
        .rows = rows, .X = p.X, .y = p.y, .class_weight = p.weighted ? p.class_weight : NULL};
    rng_seed(&rng, seed);
    copy = rng;
    plan_draw_dropout(plan, &rng, rows);
    for (size_t l = 0; s->dropout > 0 && l < s->hidden.count; l++)
        rng_dropout(&copy, s->dropout, p.keep[l], rows * s->hidden.value[l]);
    assert_memory_equal(&rng, &copy, sizeof rng);
    float *gradient = plan_gradient(plan, params, &batch, &loss);
    const double want = mean_loss(&p, true, true, NULL);
    check_close(loss, want, TOLERANCE * (1 + want), what);
    check_elements(&p, gradient, what);
    check_predictions(&p, plan, params, &batch, what);
    plan_free(plan);
    mem_free(params);
}

static void check_task(enum net_task task, const size_t *outputs, size_t count)
{
    static const struct opt_sizes depths[] = {
        {.count = 0}, {.count = 1, .value = {16}}, {.count = 3, .value = {17, 4, 5}}};
    uint32_t seed = 1;
    for (int a = ACT_RELU; a <= ACT_SILU; a++)
        for (size_t h = 0; h < 3; h++)
            for (size_t k = 0; k < count; k++)
                for (int kind = 0; kind < 4; kind++) {
                    const struct shape s = {.act = (enum kern_act)a,
                                            .task = task,
                                            .outputs = outputs[k],
                                            .hidden = depths[h],
                                            .dropout = kind % 2 ? 0.3 : 0,
                                            .weighted = kind / 2};
                    if (!(s.weighted && task == TASK_REGRESSION))
                        check_shape(&s, FEW, seed++);
                }
}

static void binary(void **state)
{
    (void)state;
    check_task(TASK_BINARY, (const size_t[]){1}, 1);
}

static void multiclass(void **state)
{
    (void)state;
    check_task(TASK_MULTICLASS, (const size_t[]){2, 3, 4, 5, 17}, 5);
}

static void regression(void **state)
{
    (void)state;
    check_task(TASK_REGRESSION, (const size_t[]){1, 2, 4, 5, 17}, 5);
}

// Rows of several leaves, with a mask and a label of its own for each.
static void many_rows(void **state)
{
    (void)state;
    static const enum net_task tasks[] = {TASK_BINARY, TASK_MULTICLASS, TASK_REGRESSION};
    static const size_t outputs[] = {1, 6, 2};
    for (size_t i = 0; i < 3; i++) {
        const struct shape s = {.act = i == 2 ? ACT_RELU : ACT_TANH,
                                .task = tasks[i],
                                .outputs = outputs[i],
                                .hidden = {.count = 2, .value = {7, 5}},
                                .dropout = 0.3,
                                .weighted = i < 2};
        check_shape(&s, ROWS, 77 + (uint32_t)i);
    }
}

static int choose_kern(void **state)
{
    (void)state;
    return kern_select(&kern, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(binary),
        cmocka_unit_test(multiclass),
        cmocka_unit_test(regression),
        cmocka_unit_test(many_rows),
    };
    return cmocka_run_group_tests(tests, choose_kern, NULL);
}
