// SPDX-License-Identifier: MIT
// Optimizer steps of every level against a scalar loop with the same roundings, to the bit. That
// these roundings are torch's own is for tests/peers/optim_torch.py to show.
#include "kern_testing.h"

#define STEPS 20

// Parameters, gradient and state of one run, and a copy that the scalar loop advances.
struct run {
    struct block p, g, m, v, p2, m2, v2;
};

static void run_init(struct run *r, size_t n)
{
    r->p = block_new(n, 1);
    r->p2 = block_new(n, 1);
    r->g = block_new(n, 2);
    struct block *zero[] = {&r->m, &r->v, &r->m2, &r->v2};
    for (size_t i = 0; i < 4; i++) {
        *zero[i] = block_new(n, 3);
        memset(zero[i]->data, 0, n * sizeof(float));
    }
}

static void run_next_gradient(struct run *r, uint32_t step)
{
    uint32_t seed = step;
    for (size_t i = 0; i < r->g.n; i++)
        r->g.data[i] = i % 11 == 3 ? 0 : random_float(&seed) * (i % 7 == 1 ? 1e-6f : 1.0f);
}

static void run_clear(struct run *r)
{
    struct block *all[] = {&r->p, &r->g, &r->m, &r->v, &r->p2, &r->m2, &r->v2};
    for (size_t i = 0; i < 7; i++)
        block_free(all[i]);
}

// The first moment of torch 2.1 and later: lerp, which goes from m while g weighs less than half.
static float scalar_lerp(const struct kern *k, float m, float g, double beta1)
{
    float weight = (float)(1 - beta1), apart = g - m;
    return weight < 0.5f ? chain(k, weight, apart, m) : chain(k, -(1 - weight), apart, g);
}

static void scalar_adam(const struct kern *k, const struct kern_adam *a, struct run *r)
{
    double t = (double)a->step, root = sqrt(1 - pow(a->beta2, t));
    float b1 = (float)a->beta1, b2 = (float)a->beta2;
    float step = (float)-(a->lr / (1 - pow(a->beta1, t)));
    for (size_t i = 0; i < a->n; i++) {
        float g = a->g[i], p = r->p2.data[i], m = r->m2.data[i], v = r->v2.data[i];
        if (a->decoupled)
            p *= (float)(1 - a->lr * a->weight_decay);
        else if (a->weight_decay != 0)
            g = chain(k, p, (float)a->weight_decay, g);
        m = a->lerp ? scalar_lerp(k, m, g, a->beta1) : chain(k, g, (float)(1 - a->beta1), m * b1);
        v = chain(k, (float)(1 - a->beta2) * g, g, v * b2);
        p += step * m / (sqrtf(v) / (float)root + (float)a->eps);
        r->p2.data[i] = p, r->m2.data[i] = m, r->v2.data[i] = v;
    }
}

static void check_adam(const struct kern *k, size_t n, struct kern_adam a)
{
    struct run r;
    run_init(&r, n);
    a.lr = 1e-2, a.beta2 = 0.999, a.eps = 1e-8;
    a.p = r.p.data, a.m = r.m.data, a.v = r.v.data, a.g = r.g.data;
    a.n = n;
    for (uint32_t step = 1; step <= STEPS; step++) {
        a.step = step;
        run_next_gradient(&r, step);
        scalar_adam(k, &a, &r);
        k->adam(&a);
        check_same(r.p.data, r.p2.data, n, "adam p", k->name);
        check_same(r.m.data, r.m2.data, n, "adam m", k->name);
        check_same(r.v.data, r.v2.data, n, "adam v", k->name);
    }
    run_clear(&r);
}

static void test_adam(void **state)
{
    (void)state;
    EACH_LEVEL(k)
    for (size_t i = 0; i <= 71; i++) {
        const size_t n = i <= 70 ? i : 3001;
        for (int form = 0; form < 4; form++) {
            struct kern_adam a = {.beta1 = 0.9, .lerp = form & 1, .shared = form & 2};
            check_adam(k, n, a);
            a.weight_decay = 0.01;
            check_adam(k, n, a);
            a.decoupled = true;
            check_adam(k, n, a);
        }
    }
}

// lerp takes the other branch from a weight of 0.5 on, and at 1 the first moment is the gradient.
static void test_adam_heavy_gradient(void **state)
{
    (void)state;
    static const double beta1[] = {0, 0.3, 0.5, 0.50000001, 0.6};
    EACH_LEVEL(k)
    for (size_t i = 0; i < sizeof beta1 / sizeof *beta1; i++) {
        check_adam(k, 1003, (struct kern_adam){.beta1 = beta1[i], .lerp = true});
        check_adam(k, 1003, (struct kern_adam){.beta1 = beta1[i], .lerp = false});
    }
}

// The two means are alike, and they are not the same: else the tests above would compare nothing.
static void test_adam_means_differ(void **state)
{
    (void)state;
    enum { N = 1000 };
    EACH_LEVEL(k)
    {
        struct run r;
        run_init(&r, N);
        struct kern_adam a = {.lr = 1e-2, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8, .n = N};
        a.g = r.g.data;
        for (uint32_t step = 1; step <= 3; step++) {
            a.step = step;
            run_next_gradient(&r, step);
            a.p = r.p.data, a.m = r.m.data, a.v = r.v.data, a.lerp = false;
            k->adam(&a);
            a.p = r.p2.data, a.m = r.m2.data, a.v = r.v2.data, a.lerp = true;
            k->adam(&a);
        }
        size_t other = 0;
        for (size_t i = 0; i < N; i++) {
            check_near(r.m2.data[i], r.m.data[i], 1e-6, "mean", k->name, i);
            other += r.m2.data[i] != r.m.data[i];
        }
        if (other < N / 10 || memcmp(r.v.data, r.v2.data, N * sizeof(float)) != 0)
            fail_msg("%s: %zu of %d means differ, wanted a tenth at least", k->name, other, N);
        run_clear(&r);
    }
}

// Padding stays what it is: no gradient, no decay, no movement, and no NaN from 0 / 0.
static void test_adam_padding(void **state)
{
    (void)state;
    float p[32] = {0}, m[32] = {0}, v[32] = {0};
    const float g[32] = {0};
    EACH_LEVEL(k)
    {
        struct kern_adam a = {.lr = 1e-2, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8, .step = 1};
        a.weight_decay = 0.1;
        a.p = p, a.m = m, a.v = v, a.g = g;
        a.n = 32;
        k->adam(&a);
        for (size_t i = 0; i < 32; i++)
            check_near(p[i], 0, 0, "padding", k->name, i);
    }
}

// Squares of such gradients are denormals, whose roots an eps below 1e-8 does not hide.
static void test_adam_tiny_eps(void **state)
{
    (void)state;
    enum { N = 37 };
    EACH_LEVEL(k)
    {
        struct run r;
        run_init(&r, N);
        for (size_t i = 0; i < N; i++)
            r.g.data[i] = (i % 2 ? 1e-19f : -3e-20f);
        struct kern_adam a = {.lr = 1e-2, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-30, .n = N};
        a.p = r.p.data, a.m = r.m.data, a.v = r.v.data, a.g = r.g.data;
        for (a.step = 1; a.step <= STEPS; a.step++) {
            scalar_adam(k, &a, &r);
            k->adam(&a);
            check_same(r.p.data, r.p2.data, N, "adam p, eps 1e-30", k->name);
            check_same(r.v.data, r.v2.data, N, "adam v, eps 1e-30", k->name);
        }
        run_clear(&r);
    }
}

// The mean of a dead unit: whether it is taken for zero or not, the parameter stays where it is.
static void test_adam_dead_unit(void **state)
{
    (void)state;
    enum { N = 37 };
    EACH_LEVEL(k)
    {
        struct run r;
        run_init(&r, N);
        memset(r.g.data, 0, N * sizeof(float));
        for (size_t i = 0; i < N; i++)
            r.m.data[i] = r.m2.data[i] = 1e-36f, r.v.data[i] = r.v2.data[i] = 1e-37f;
        struct kern_adam a = {.lr = 1e-2, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8, .n = N};
        a.p = r.p.data, a.m = r.m.data, a.v = r.v.data, a.g = r.g.data;
        for (a.step = 1; a.step <= 3000; a.step++) {
            scalar_adam(k, &a, &r);
            k->adam(&a);
            check_same(r.p.data, r.p2.data, N, "adam p, dead unit", k->name);
        }
        run_clear(&r);
    }
}

// Second moments of any size, infinity too, by many corrections of the bias: the quotient is exact.
static void test_adam_quotients(void **state)
{
    (void)state;
    enum { N = 4099 };
    static const double beta2[] = {0.5, 0.98, 0.999, 0.9999999};
    uint32_t seed = 7;
    EACH_LEVEL(k)
    for (size_t b = 0; b < sizeof beta2 / sizeof *beta2; b++) {
        struct run r;
        run_init(&r, N);
        memset(r.g.data, 0, N * sizeof(float));
        struct kern_adam a = {.lr = 1, .beta1 = 0.9, .beta2 = beta2[b], .eps = 1e-30, .n = N};
        a.p = r.p.data, a.m = r.m.data, a.v = r.v.data, a.g = r.g.data;
        for (a.step = 1; a.step <= 60; a.step++) {
            for (size_t i = 0; i < N; i++) {
                const float v = ldexpf(random_float(&seed), (int)(next_random(&seed) % 270) - 141);
                r.p.data[i] = r.p2.data[i] = 0;
                r.m.data[i] = r.m2.data[i] = 1.5F + random_float(&seed);
                r.v.data[i] = r.v2.data[i] = i % 97 == 5 ? INFINITY : fabsf(v);
            }
            scalar_adam(k, &a, &r);
            k->adam(&a);
            check_same(r.p.data, r.p2.data, N, "adam p, quotients", k->name);
        }
        run_clear(&r);
    }
}

// With a beta2 of 0.999 the root of one v near each of these, divided by the root of the step's
// correction, comes so near to the middle between two floats that a product with 1 / that root,
// exact as it may be, falls on the wrong side.
static void test_adam_hard_quotients(void **state)
{
    (void)state;
    enum { N = 257 };
    static const struct {
        uint64_t step;
        float v;
    } hard[] = {{908, 0x1.cc1b54p-2f}, {1104, 0x1.cfd4bcp-2f}, {1152, 0x1.306e14p-1f}};
    EACH_LEVEL(k)
    for (size_t h = 0; h < sizeof hard / sizeof *hard; h++) {
        struct run r;
        run_init(&r, N);
        struct kern_adam a = {.lr = 1, .beta1 = 0.5, .beta2 = 0.999, .eps = 1e-30, .n = N};
        a.p = r.p.data, a.m = r.m.data, a.v = r.v.data, a.g = r.g.data;
        a.step = hard[h].step;
        for (size_t i = 0; i < N; i++) {
            const float v = hard[h].v * (1 + ((float)i - N / 2) * 0x1p-23f);
            r.v.data[i] = r.v2.data[i] = v;
            r.m.data[i] = r.m2.data[i] = 2; // p becomes -1 / quotient
            r.p.data[i] = r.p2.data[i] = r.g.data[i] = 0;
        }
        scalar_adam(k, &a, &r);
        k->adam(&a);
        check_same(r.p.data, r.p2.data, N, "adam p, hard quotients", k->name);
        run_clear(&r);
    }
}

static void scalar_sgd(const struct kern *k, const struct kern_sgd *s, struct run *r)
{
    float mu = (float)s->momentum;
    for (size_t i = 0; i < s->n; i++) {
        float g = s->g[i], *p = &r->p2.data[i], *buf = &r->m2.data[i];
        if (s->weight_decay != 0)
            g = chain(k, *p, (float)s->weight_decay, g);
        if (s->momentum != 0) {
            *buf = s->first ? g : *buf * mu + g;
            g = s->nesterov ? chain(k, *buf, mu, g) : *buf;
        }
        *p = chain(k, g, (float)-s->lr, *p);
    }
}

static void check_sgd(const struct kern *k, size_t n, struct kern_sgd s)
{
    struct run r;
    run_init(&r, n);
    s.p = r.p.data;
    s.buf = s.momentum != 0 ? r.m.data : NULL;
    s.g = r.g.data;
    s.n = n;
    for (size_t i = 0; i < n && s.buf; i++)
        s.buf[i] = NAN; // the first step must not look at it
    for (uint32_t step = 1; step <= STEPS; step++) {
        s.first = step == 1;
        run_next_gradient(&r, step);
        scalar_sgd(k, &s, &r);
        k->sgd(&s);
        check_same(r.p.data, r.p2.data, n, "sgd p", k->name);
        if (s.buf)
            check_same(r.m.data, r.m2.data, n, "sgd buf", k->name);
    }
    run_clear(&r);
}

static void test_sgd(void **state)
{
    (void)state;
    EACH_LEVEL(k)
    for (size_t n = 0; n <= 70; n++) {
        check_sgd(k, n, (struct kern_sgd){.lr = 0.01});
        check_sgd(k, n, (struct kern_sgd){.lr = 0.01, .weight_decay = 0.01});
        check_sgd(k, n, (struct kern_sgd){.lr = 0.01, .momentum = 0.9});
        check_sgd(k, n, (struct kern_sgd){.lr = 0.01, .momentum = 0.9, .shared = true});
        check_sgd(k, n, (struct kern_sgd){.lr = 0.01, .momentum = 0.9, .weight_decay = 0.01});
        check_sgd(k, n, (struct kern_sgd){.lr = 0.01, .momentum = 0.9, .nesterov = true});
        check_sgd(
            k, n,
            (struct kern_sgd){.lr = 0.01, .momentum = 0.9, .weight_decay = 0.02, .nesterov = true});
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_adam),
        cmocka_unit_test(test_adam_heavy_gradient),
        cmocka_unit_test(test_adam_means_differ),
        cmocka_unit_test(test_adam_padding),
        cmocka_unit_test(test_adam_tiny_eps),
        cmocka_unit_test(test_adam_quotients),
        cmocka_unit_test(test_adam_hard_quotients),
        cmocka_unit_test(test_adam_dead_unit),
        cmocka_unit_test(test_sgd),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
