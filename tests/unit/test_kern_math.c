// SPDX-License-Identifier: MIT
// Elementwise functions of every level against libm in double over samples of every exponent, and
// against each other: levels with fma give the same bits.
#include "kern_testing.h"

#include <float.h>
#include <stdlib.h>

#define CHUNK  4096
#define STRIDE 1009 // of the bit patterns that are sampled; odd and prime
#define COUNT  ((size_t)(((uint64_t)1 << 32) / STRIDE))

static const float specials[] = {
    0.0f,     -0.0f,     INFINITY,     -INFINITY,          NAN,     1.0f,     -1.0f,
    FLT_MIN,  -FLT_MIN,  FLT_TRUE_MIN, -FLT_TRUE_MIN,      FLT_MAX, -FLT_MAX, 88.7228317f,
    88.7229f, -87.3365f, -103.972076f, -103.97209f,        -104.1f, 0.625f,   0.9f,
    4.0f,     -4.0f,     FLT_EPSILON,  1.0f + FLT_EPSILON, 0.5f,    2.0f,     16777216.0f,
};
#define SPECIALS (sizeof specials / sizeof *specials)

struct function {
    const char *name;
    double (*reference)(double);
    int act;               // -1: exp, -2: log
    double ulps, baseline; // largest error on levels with fma and on the baseline
    double absolute;       // error allowed besides, relative to |x|
};

static double ref_sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

static double ref_silu(double x)
{
    return x * ref_sigmoid(x);
}

static double ref_gelu(double x)
{
    return 0.5 * x * erfc(-x * sqrt(0.5));
}

// The last two cancel or lose the low end as torch's formulas do: sigmoid's exp overflows at 88.7.
static const struct function functions[] = {
    {"exp", exp, -1, 1.05, 1.5, 0},
    {"log", log, -2, 0.9, 1.5, 0},
    {"tanh", tanh, ACT_TANH, 1.5, 2.0, 0},
    {"sigmoid", ref_sigmoid, ACT_SIGMOID, 2.5, 3.0, 0},
    {"silu", ref_silu, ACT_SILU, 3.0, 3.5, 0},
    {"gelu", ref_gelu, ACT_GELU, 3.0, 3.5, 1.2e-7},
};
#define FUNCTIONS (sizeof functions / sizeof *functions)

static void apply(const struct kern *k, const struct function *f, size_t n, const float *x,
                  float *y)
{
    if (f->act == -1)
        k->exp(n, x, y);
    else if (f->act == -2)
        k->log(n, x, y);
    else
        k->act_forward((enum kern_act)f->act, n, x, y);
}

static float from_bits(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

// Distance of y from the exact value in units of the last place of its float.
static double ulps(float y, double exact)
{
    float near = (float)exact;
    if (isinf(near) || isnan(near) || isinf(y) || isnan(y)) {
        if (same_float(y, near))
            return 0;
        // a value just below the overflow may round up
        return isinf(y) && y * near > 0 && fabsf(near) > FLT_MAX * 0.9999999f ? 1 : INFINITY;
    }
    int e;
    frexp(exact, &e);
    double ulp = ldexp(1.0, (e < -125 ? -125 : e) - 24);
    return fabs((double)y - exact) / ulp;
}

struct worst {
    double ulps;
    float x, y;
};

static void compare(const struct kern *k, const struct function *f, const float *x, const float *y,
                    size_t n, struct worst *w)
{
    for (size_t i = 0; i < n; i++) {
        double exact = f->reference(x[i]);
        bool low = f->reference == ref_sigmoid || f->reference == ref_silu;
        if (low && x[i] < -88.0f) // exp(-x) is inf there, or nearly so: 0, as in torch
            continue;
        double error = fabs((double)y[i] - exact), slack = f->absolute * fabs((double)x[i]);
        double u = error <= slack ? 0 : ulps(y[i], exact);
        if (u > w->ulps)
            *w = (struct worst){u, x[i], y[i]};
    }
    (void)k;
}

static size_t fill(float *x, size_t chunk)
{
    size_t first = chunk * CHUNK, n = 0;
    for (; n < CHUNK && first + n < COUNT; n++)
        x[n] =
            n < SPECIALS && chunk == 0 ? specials[n] : from_bits((uint32_t)((first + n) * STRIDE));
    return n;
}

static void check_function(const struct function *f)
{
    static float x[CHUNK], y[CHUNK], fused[CHUNK];
    for (const struct kern *const *at = kern_available(); *at; at++) {
        const struct kern *k = *at;
        struct worst w = {0};
        for (size_t c = 0, n; (n = fill(x, c)) > 0; c++) {
            apply(k, f, n, x, y);
            compare(k, f, x, y, n, &w);
        }
        double most = k->fma ? f->ulps : f->baseline;
        print_message("%s, %s: at most %.3f ulp (limit %.1f), at %a\n", f->name, k->name, w.ulps,
                      most, (double)w.x);
        if (!(w.ulps <= most))
            fail_msg("%s(%.9g) = %.9g, libm %.17g", f->name, (double)w.x, (double)w.y,
                     f->reference(w.x));
    }
    const struct kern *first = NULL;
    EACH_LEVEL(k)
    {
        if (!k->fma)
            continue;
        first = first ? first : k;
        for (size_t c = 0, n; k != first && (n = fill(x, c)) > 0; c++) {
            apply(first, f, n, x, fused);
            apply(k, f, n, x, y);
            check_same(y, fused, n, f->name, k->name);
        }
    }
}

static void test_functions(void **state)
{
    (void)state;
    for (size_t i = 0; i < FUNCTIONS; i++)
        check_function(&functions[i]);
}

static void test_special_values(void **state)
{
    (void)state;
    const float x[] = {0, -0.0f, INFINITY, -INFINITY, NAN, -1, FLT_MAX, -FLT_MAX};
    const float want_exp[] = {1, 1, INFINITY, 0, NAN, 0.36787945f, INFINITY, 0};
    const float want_log[] = {-INFINITY, -INFINITY, INFINITY, NAN, NAN, NAN, 88.7228394f, NAN};
    const float want_tanh[] = {0, -0.0f, 1, -1, NAN, -0.76159418f, 1, -1};
    const float want_relu[] = {0, 0, INFINITY, 0, NAN, 0, FLT_MAX, 0};
    const float want_leaky[] = {0,   -0.0f,  INFINITY, -INFINITY,
                                NAN, -0.01f, FLT_MAX,  -FLT_MAX * 0.01f};
    float y[8];
    EACH_LEVEL(k)
    {
        k->exp(8, x, y);
        check_same(y, want_exp, 8, "exp", k->name);
        k->log(8, x, y);
        check_same(y, want_log, 8, "log", k->name);
        k->act_forward(ACT_TANH, 8, x, y);
        check_same(y, want_tanh, 8, "tanh", k->name);
        k->act_forward(ACT_RELU, 8, x, y);
        check_same(y, want_relu, 8, "relu", k->name);
        k->act_forward(ACT_LEAKY_RELU, 8, x, y);
        check_same(y, want_leaky, 8, "leaky_relu", k->name);
        k->act_forward(ACT_IDENTITY, 8, x, y);
        check_same(y, x, 8, "identity", k->name);
    }
}

// act(z) in double, and its derivative by central differences of it.
static double act_double(enum kern_act act, double z)
{
    switch (act) {
    case ACT_RELU:
        return z > 0 ? z : 0;
    case ACT_LEAKY_RELU:
        return z > 0 ? z : z * (double)0.01f;
    case ACT_TANH:
        return tanh(z);
    case ACT_SIGMOID:
        return ref_sigmoid(z);
    case ACT_GELU:
        return ref_gelu(z);
    case ACT_SILU:
        return ref_silu(z);
    case ACT_IDENTITY:
        break;
    }
    return z;
}

static void test_derivatives(void **state)
{
    (void)state;
    enum { N = 4001 };
    struct block z = block_new(N, 1), a = block_new(N, 2), da = block_new(N, 3);
    struct block before = block_new(N, 3);
    for (int i = 0; i < N; i++)
        z.data[i] = 0.00502f * (float)(i - N / 2) + 1e-4f; // never at relu's kink
    EACH_LEVEL(k)
    for (int act = ACT_IDENTITY; act <= ACT_SILU; act++) {
        memcpy(da.data, before.data, N * sizeof(float));
        k->act_forward((enum kern_act)act, N, z.data, a.data);
        bool needs_z = act == ACT_GELU || act == ACT_SILU;
        k->act_backward((enum kern_act)act, N, needs_z ? z.data : NULL, a.data, da.data);
        for (size_t i = 0; i < N; i++) {
            double h = 1e-5, x = z.data[i], g = before.data[i];
            double slope =
                (act_double((enum kern_act)act, x + h) - act_double((enum kern_act)act, x - h)) /
                (2 * h);
            check_near(da.data[i], g * slope, 1e-6, "derivative", k->name, i);
        }
    }
    block_free(&z);
    block_free(&a);
    block_free(&da);
    block_free(&before);
}

static void check_bce(const struct kern *k, size_t n, bool weighted, bool gradient)
{
    struct block z = block_new(n, 1), y = block_new(n, 2), w = block_new(n, 3), p = block_new(n, 4);
    struct block loss = block_new(n, 5), dz = block_new(n, 6), same = block_new(n, 6);
    for (size_t i = 0; i < n; i++) {
        z.data[i] *= 12.0f;
        y.data[i] = i % 3 ? (float)(i % 2) : fabsf(y.data[i]); // soft labels too
        w.data[i] = fabsf(w.data[i]);
    }
    struct kern_bce b = {n,     z.data, y.data,    weighted ? w.data : NULL,
                         0.25f, p.data, loss.data, gradient ? dz.data : NULL};
    k->bce(&b);
    for (size_t i = 0; i < n; i++) {
        double x = z.data[i], t = y.data[i], weight = weighted ? (double)w.data[i] : 1, q;
        q = ref_sigmoid(x);
        check_near(p.data[i], q, 3e-7, "bce p", k->name, i);
        // the logarithm of a rounded 1 - p is as coarse as in torch
        double want = weight * (t * log1p(exp(-x)) + (1 - t) * log1p(exp(x)));
        check_near(loss.data[i], want, 4e-7 * (1 + exp(fabs(x))), "bce loss", k->name, i);
        if (gradient)
            check_near(dz.data[i], weight * 0.25 * (q - t), 2e-7, "bce dz", k->name, i);
    }
    if (!gradient)
        check_same(dz.data, same.data, n, "bce without dz", k->name);
    struct block *all[] = {&z, &y, &w, &p, &loss, &dz, &same};
    for (size_t i = 0; i < 7; i++)
        block_free(all[i]);
}

static void test_bce(void **state)
{
    (void)state;
    EACH_LEVEL(k)
    for (size_t n = 0; n <= 70; n++)
        check_bce(k, n, n % 2, n % 3 != 0);
}

// A row's numbers do not depend on how many rows come with it.
static void test_bce_alone(void **state)
{
    (void)state;
    enum { N = 41 };
    EACH_LEVEL(k)
    for (size_t n = 1; n <= N; n++) {
        struct block z = block_new(n, 1), y = block_new(n, 2), w = block_new(n, 3);
        struct block all = block_new(3 * n, 4), one = block_new(3 * n, 5);
        for (size_t i = 0; i < n; i++)
            y.data[i] = n % 2 ? y.data[i] > 0 : fabsf(y.data[i]);
        const float *weight = n % 3 ? w.data : NULL;
        k->bce(&(struct kern_bce){n, z.data, y.data, weight, 0.25f, all.data, all.data + n,
                                  all.data + 2 * n});
        for (size_t i = 0; i < n; i++)
            k->bce(&(struct kern_bce){1, z.data + i, y.data + i, weight ? weight + i : NULL, 0.25f,
                                      one.data + i, one.data + n + i, one.data + 2 * n + i});
        check_same(all.data, one.data, 3 * n, "bce row by row", k->name);
        struct block *blocks[] = {&z, &y, &w, &all, &one};
        for (size_t i = 0; i < 5; i++)
            block_free(blocks[i]);
    }
}

// A row's loss does not depend on whether the labels that come with it are all 0 or 1.
static void test_bce_company(void **state)
{
    (void)state;
    enum { N = 64 };
    float z[N], y[N], p[N], dz[N], hard[N], soft[N];
    for (int i = 0; i < N; i++) {
        z[i] = i < 60 ? 0.7f * (float)(i - 30) : 30.0f * (float)(i - 61);
        y[i] = (float)(i % 2);
    }
    EACH_LEVEL(k)
    {
        struct kern_bce b = {N, z, y, NULL, 0.25f, p, hard, dz};
        k->bce(&b);
        y[N - 1] = 0.5f;
        b.loss = soft;
        k->bce(&b);
        y[N - 1] = 1.0f;
        check_same(soft, hard, N - 1, "bce beside a soft label", k->name);
    }
}

// torch clamps each logarithm at -100, so that a certain error costs 100 and not infinity.
static void test_bce_limits(void **state)
{
    (void)state;
    const float z[] = {-200, -200, 200, 200, 0, NAN}, y[] = {0, 1, 0, 1, 0.5f, 1};
    const float want[] = {0, 100, 100, 0, 0.693147182f, NAN};
    float p[6], loss[6], dz[6];
    struct kern_bce b = {6, z, y, NULL, 1.0f, p, loss, dz};
    EACH_LEVEL(k)
    {
        k->bce(&b);
        check_same(loss, want, 6, "bce at the limits", k->name);
        for (int i = 0; i < 5; i++)
            assert_true(isfinite(dz[i]) != 0);
        assert_true(isnan(dz[5]) != 0);
    }
}

static void plain_arithmetic(const struct kern *k, size_t n)
{
    struct block x = block_new(n, 1), y = block_new(n, 2), want = block_new(n, 1);
    uint8_t *keep = mem_alloc(n);
    assert_non_null(keep);
    for (size_t i = 0; i < n; i++) {
        keep[i] = i % 3 != 0;
        want.data[i] += y.data[i];
    }
    k->add(n, x.data, y.data);
    check_same(x.data, want.data, n, "add", k->name);
    for (size_t i = 0; i < n; i++)
        want.data[i] *= 0.3f;
    k->scale(n, x.data, 0.3f);
    check_same(x.data, want.data, n, "scale", k->name);
    for (size_t i = 0; i < n; i++)
        want.data[i] *= keep[i] ? 1.25f : 0.0f;
    k->mask(n, x.data, keep, 1.25f);
    check_same(x.data, want.data, n, "mask", k->name);
    mem_free(keep);
    block_free(&x);
    block_free(&y);
    block_free(&want);
}

// Every length, at an odd address: the same numbers as in the middle of a long array, nothing
// written beyond.
static void test_tails(void **state)
{
    (void)state;
    struct block x = block_new(64, 1), full = block_new(64, 2), g = block_new(64, 4);
    for (size_t i = 0; i < 64; i++)
        x.data[i] = fabsf(x.data[i]) * 3.0f;
    EACH_LEVEL(k)
    {
        for (size_t n = 0; n <= 40; n++) {
            plain_arithmetic(k, n);
            for (size_t f = 0; f < FUNCTIONS; f++) {
                struct block y = block_new(n, 3);
                apply(k, &functions[f], 64, x.data, full.data);
                apply(k, &functions[f], n, x.data + 5, y.data);
                check_same(y.data, full.data + 5, n, functions[f].name, k->name);
                block_free(&y);
            }
            for (int act = ACT_IDENTITY; act <= ACT_SILU; act++) {
                struct block y = block_new(n, 3);
                memcpy(full.data, g.data, 64 * sizeof(float));
                memcpy(y.data, g.data + 5, n * sizeof(float));
                k->act_backward((enum kern_act)act, 64, x.data, x.data, full.data);
                k->act_backward((enum kern_act)act, n, x.data + 5, x.data + 5, y.data);
                check_same(y.data, full.data + 5, n, "derivative", k->name);
                block_free(&y);
            }
        }
    }
    block_free(&x);
    block_free(&full);
    block_free(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_functions),   cmocka_unit_test(test_special_values),
        cmocka_unit_test(test_derivatives), cmocka_unit_test(test_bce),
        cmocka_unit_test(test_bce_alone),   cmocka_unit_test(test_bce_company),
        cmocka_unit_test(test_bce_limits),  cmocka_unit_test(test_tails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
