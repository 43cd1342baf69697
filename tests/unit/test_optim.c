// SPDX-License-Identifier: MIT
// Every optimizer on the same toy problems; steps split over threads; clipping. The rounding of a
// single step is the business of the kernels' tests.
#include "testing.h"

#include "kern/cpu.h"
#include "train/optim.h"

static const struct kern *kern;

static const struct kind {
    const char *name;
    struct train_config config;
} kinds[] = {
    {"sgd", {.optimizer = OPTIM_SGD}},
    {"sgd, momentum", {.optimizer = OPTIM_SGD, .momentum = 0.9}},
    {"sgd, nesterov", {.optimizer = OPTIM_SGD, .momentum = 0.9, .nesterov = true}},
    {"adam", {.optimizer = OPTIM_ADAM, .betas = {0.9, 0.999}, .eps = 1e-8}},
    {"adamw", {.optimizer = OPTIM_ADAMW, .betas = {0.9, 0.999}, .eps = 1e-8, .weight_decay = 1e-4}},
    {"adam of torch 2",
     {.optimizer = OPTIM_ADAM, .torch_compat = TORCH_2, .betas = {0.9, 0.999}, .eps = 1e-8}},
};
#define KINDS (sizeof kinds / sizeof *kinds)

// A function of n parameters: its value and gradient.
typedef double toy(size_t n, const float *x, float *g);

// 0.5 * sum c_i (x_i - i)^2 with curvatures from 0.1 to 1
static double quadratic(size_t n, const float *x, float *g)
{
    double f = 0;
    for (size_t i = 0; i < n; i++) {
        const float c = 0.1F + 0.9F * (float)i / (float)n, d = x[i] - (float)i / (float)n;
        f += 0.5 * (double)(c * d * d);
        g[i] = c * d;
    }
    return f;
}

static double rosenbrock(size_t n, const float *x, float *g)
{
    double f = 0;
    memset(g, 0, n * sizeof *g);
    for (size_t i = 0; i + 1 < n; i += 2) {
        const double a = 1 - (double)x[i], b = (double)x[i + 1] - (double)x[i] * (double)x[i];
        f += a * a + 100 * b * b;
        g[i] = (float)(-2 * a - 400 * b * (double)x[i]);
        g[i + 1] = (float)(200 * b);
    }
    return f;
}

// Logistic regression on fixed points whose classes a line through the origin divides, with an L2
// term, so that there is a minimum; `minimum` below knows it from a long run of Newton's method.
static double logistic(size_t n, const float *x, float *g)
{
    double f = 0;
    uint32_t seed = 1;
    for (size_t j = 0; j < n; j++) {
        f += 0.005 * (double)(x[j] * x[j]);
        g[j] = 0.01F * x[j];
    }
    for (int i = 0; i < 50; i++) {
        double z = 0, point[16];
        for (size_t j = 0; j < n; j++) {
            point[j] = (double)test_float(&seed);
            z += point[j] * (double)x[j];
        }
        const double y = point[0] - 0.5 * point[1] > 0, p = 1 / (1 + exp(-z));
        f += -(y * log(p) + (1 - y) * log(1 - p)) / 50;
        for (size_t j = 0; j < n; j++)
            g[j] += (float)((p - y) * point[j] / 50);
    }
    return f;
}

static double minimise(const struct kind *k, toy *function, size_t n, double lr, int steps)
{
    float x[16] = {0}, g[16];
    double f = 0;
    struct optim o;
    struct error e = {0};
    CHECK_OK(optim_init(&o, &k->config, kern, n, &e), e);
    for (int i = 0; i < steps; i++) {
        function(n, x, g);
        optim_step(&o, x, g, lr, optim_momentum(&o), 1);
    }
    assert_int_equal(o.step, steps);
    f = function(n, x, g);
    optim_clear(&o);
    return f;
}

static void all_find_the_minimum(void **state)
{
    (void)state;
    // plain sgd is slow in Rosenbrock's valley: it gets less far in these steps;
    // adam circles at values up to 0.01 or falls in, as rounding has it
    static const double sgd_lr[] = {1, 0.1, 0.1, 0.05, 0.05, 0.05},
                        valley_lr[] = {1e-3, 5e-4, 5e-4, 0.02, 0.02, 0.02};
    static const double valley[] = {1e-2, 1e-4, 1e-4, 1e-4, 2e-3, 2e-2};
    float g[16];
    struct train_config best = {.optimizer = OPTIM_SGD, .momentum = 0.9};
    const double minimum = minimise(&(struct kind){"reference", best}, logistic, 5, 0.5, 20000);
    assert_true(minimum > 0.1 && minimum < logistic(5, (const float[16]){0}, g));
    for (size_t k = 0; k < KINDS; k++) {
        const double decayed = kinds[k].config.weight_decay > 0 ? 1e-4 : 0;
        const double f[] = {minimise(&kinds[k], quadratic, 16, sgd_lr[k], 500),
                            minimise(&kinds[k], rosenbrock, 2, valley_lr[k], 8000),
                            minimise(&kinds[k], logistic, 5, sgd_lr[k], 2000)};
        if (!(f[0] < 1e-6 + decayed) || !(f[1] < valley[k]) || !(f[2] < minimum + 1e-5 + decayed))
            fail_msg("%s: quadratic %g, Rosenbrock %g (want < %g), logistic %g (minimum %g)",
                     kinds[k].name, f[0], f[1], valley[k], f[2], minimum);
    }
}

#define N 150000
struct job {
    const struct kind *kind;
    size_t threads;
    float *x, *g;
};

static void four_steps(struct par *team, void *context)
{
    const struct job *j = context;
    struct optim o;
    uint32_t seed = 5;
    if (optim_init(&o, &j->kind->config, kern, N, NULL))
        return;
    o.team = team;
    memset(j->x, 0, N * sizeof *j->x);
    for (int step = 0; step < 4; step++) {
        for (size_t i = 0; i < N; i++)
            j->g[i] = test_float(&seed);
        optim_step(&o, j->x, j->g, 0.01, optim_momentum(&o), j->threads);
    }
    optim_clear(&o);
}

static void threads_change_no_bit(void **state)
{
    (void)state;
    float *g = mem_aligned(N, sizeof *g), *want = mem_aligned(N, sizeof *want),
          *got = mem_aligned(N, sizeof *got);
    for (size_t k = 0; k < KINDS; k++) {
        four_steps(NULL, &(struct job){&kinds[k], 1, want, g});
        assert_true(want[0] != 0 && want[N - 1] != 0);
        for (size_t threads = 2; threads <= 8; threads = threads * 3 / 2) {
            par_team(threads, four_steps, &(struct job){&kinds[k], threads, got, g});
            check_bits(got, want, N, kinds[k].name);
        }
    }
    mem_free(g);
    mem_free(want);
    mem_free(got);
}

// torch_compat changes the bits of adam and adamw, and those of sgd not.
static void torch_compat_is_for_adam(void **state)
{
    (void)state;
    float *g = mem_aligned(N, sizeof *g), *first = mem_aligned(N, sizeof *first),
          *second = mem_aligned(N, sizeof *second);
    for (size_t k = 0; k < KINDS; k++) {
        struct kind other = kinds[k];
        other.config.torch_compat = other.config.torch_compat == TORCH_1 ? TORCH_2 : TORCH_1;
        four_steps(NULL, &(struct job){&kinds[k], 1, first, g});
        four_steps(NULL, &(struct job){&other, 1, second, g});
        const bool same = memcmp(first, second, N * sizeof *first) == 0;
        if (same != (other.config.optimizer == OPTIM_SGD))
            fail_msg("%s: another torch_compat gives %s bits", other.name,
                     same ? "equal" : "other");
    }
    mem_free(g);
    mem_free(first);
    mem_free(second);
}

// What a one-cycle schedule does: momentum moves, plain sgd stays plain.
static void momentum_moves(void **state)
{
    (void)state;
    struct optim o;
    const float g[1] = {1};
    float x[1] = {0};
    assert_int_equal(optim_init(&o, &kinds[1].config, kern, 1, NULL), 0);
    assert_true(optim_momentum(&o) == 0.9);
    optim_step(&o, x, g, 1, 0.5, 1);  // buffer 1
    optim_step(&o, x, g, 1, 0.5, 1);  // buffer 1.5
    optim_step(&o, x, g, 1, 0.25, 1); // buffer 1.375
    check_close((double)x[0], -3.875, 0, "momentum 0.5, 0.5, 0.25");
    optim_clear(&o);
    assert_int_equal(optim_init(&o, &kinds[0].config, kern, 1, NULL), 0);
    assert_int_equal(o.states, 0);
    x[0] = 0;
    for (int i = 0; i < 3; i++)
        optim_step(&o, x, g, 1, 0.95, 1);
    check_close((double)x[0], -3, 0, "plain sgd");
    optim_clear(&o);
    assert_int_equal(optim_init(&o, &kinds[3].config, kern, 1, NULL), 0);
    assert_true(optim_momentum(&o) == 0.9);
    optim_clear(&o);
}

// Padding has parameter, gradient and state 0, and must keep them.
static void zeros_stay_zeros(void **state)
{
    (void)state;
    for (size_t k = 0; k < KINDS; k++) {
        struct train_config c = kinds[k].config;
        c.weight_decay = 0.5;
        struct optim o;
        float x[32] = {0};
        const float g[32] = {0};
        assert_int_equal(optim_init(&o, &c, kern, 32, NULL), 0);
        for (int i = 0; i < 10; i++)
            optim_step(&o, x, g, 0.1, optim_momentum(&o), 1);
        for (size_t i = 0; i < 32; i++)
            if (x[i] != 0)
                fail_msg("%s: 0 became %g", kinds[k].name, (double)x[i]);
        optim_clear(&o);
    }
}

static void clips_to_a_norm(void **state)
{
    (void)state;
    float g[40] = {[3] = 3, [17] = -4}, kept[40];
    memcpy(kept, g, sizeof g);
    check_close(optim_clip(kern, g, 40, 6), 5, 1e-12, "norm");
    check_bits(g, kept, 40, "below the limit");
    check_close(optim_clip(kern, g, 40, 2.5), 5, 1e-12, "norm");
    check_close((double)g[3], 1.5, 1e-6, "clipped");
    check_close((double)g[17], -2, 1e-6, "clipped");
    assert_true(g[0] == 0);
    memset(g, 0, sizeof g);
    check_close(optim_clip(kern, g, 40, 1), 0, 0, "norm of nothing");
    assert_true(g[3] == 0);
    g[5] = 3e38F; // its square is beyond float, not beyond double
    check_close(optim_clip(kern, g, 40, 1) / 3e38, 1, 1e-6, "norm");
    check_close((double)g[5], 1, 1e-6, "clipped");
}

static int make_state(void *context, struct error *e)
{
    struct optim o;
    const int rc = optim_init(&o, context, kern, 100, e);
    optim_clear(&o);
    return rc;
}

static void survives_failing_memory(void **state)
{
    (void)state;
    struct train_config c = kinds[3].config;
    assert_int_equal(check_failing_memory(make_state, &c), 1);
}

static int choose_kern(void **state)
{
    (void)state;
    return kern_select(&kern, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_find_the_minimum),     cmocka_unit_test(threads_change_no_bit),
        cmocka_unit_test(torch_compat_is_for_adam), cmocka_unit_test(momentum_moves),
        cmocka_unit_test(zeros_stay_zeros),         cmocka_unit_test(clips_to_a_norm),
        cmocka_unit_test(survives_failing_memory),
    };
    return cmocka_run_group_tests(tests, choose_kern, NULL);
}
