// SPDX-License-Identifier: MIT
// The rule by shape, and products through OpenBLAS against those of the kernels at every level.
// Without the library the first part alone runs, and the test counts as skipped.
#include "kern_testing.h"

#include <float.h>
#include <stdlib.h>

#include "kern/gemm.h"

static void test_rule(void **state)
{
    (void)state;
    struct gemm own = {.choice = GEMM_OWN};
    struct gemm automatic = {.choice = GEMM_AUTO, .library = &own}; // never called
    struct gemm blas = {.choice = GEMM_BLAS, .library = &own};
    struct gemm missing = {.choice = GEMM_AUTO};
    struct kern fma = kern_baseline, baseline = kern_baseline;
    fma.fma = true;
    static const struct {
        size_t in, out;
        bool wide;
    } layers[] = {
        {7, 64, false},    {64, 32, false},  {32, 1, false},    {256, 256, true},
        {255, 256, false}, {256, 1, false},  {256, 255, false}, {54, 2048, false},
        {4096, 512, true}, {2048, 4, false}, {1, 1, false},     {10000000, 10000000, true},
    };
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++) {
        const size_t in = layers[i].in, out = layers[i].out;
        assert_null(gemm_for(NULL, &baseline, in, out));
        assert_null(gemm_for(&own, &baseline, in, out));
        assert_null(gemm_for(&missing, &baseline, in, out));
        assert_null(gemm_for(&automatic, &fma, in, out));
        assert_ptr_equal(gemm_for(&automatic, &baseline, in, out),
                         layers[i].wide ? &automatic : NULL);
        assert_ptr_equal(gemm_for(&blas, &fma, in, out), &blas);
        assert_ptr_equal(gemm_for(&blas, &baseline, in, out), &blas);
    }
    assert_null(gemm_for(&blas, &baseline, (size_t)1 << 32, 8)); // beyond sgemm's integers
    assert_null(gemm_for(&blas, &baseline, 8, (size_t)INT32_MAX));
}

// Where `auto` will not use it, it is not even looked for.
static void test_nothing_is_loaded(void **state)
{
    (void)state;
    struct kern fma = kern_baseline;
    fma.fma = true;
    struct gemm g;
    assert_int_equal(gemm_open(&g, GEMM_OWN, &kern_baseline, 4096, NULL), 0);
    assert_true(!g.library && !g.about[0]);
    assert_int_equal(gemm_open(&g, GEMM_AUTO, &fma, 4096, NULL), 0);
    assert_true(!g.library && !g.about[0]);
    assert_int_equal(gemm_open(&g, GEMM_AUTO, &kern_baseline, 255, NULL), 0);
    assert_true(!g.library && !g.about[0]);
    gemm_clear(&g);
}

static void test_auto_loads_for_wide_layers(void **state)
{
    (void)state;
    struct error e = {0};
    struct gemm g;
    assert_null(getenv("OPENBLAS_NUM_THREADS"));
    assert_int_equal(gemm_open(&g, GEMM_AUTO, &kern_baseline, 256, &e), 0);
    assert_non_null(g.library);
    assert_non_null(strstr(g.about, "OpenBLAS"));
    assert_null(getenv("OPENBLAS_NUM_THREADS")); // as it was
    gemm_clear(&g);
    assert_true(!g.library && !g.sgemm);
}

enum kind { FORWARD, WEIGHTS, INPUTS, KINDS };

struct shape {
    size_t rows, in, out;
};

struct operands {
    struct block a, b, c, start, gate, sums;
    struct kern_product p;
};

static bool flag(size_t i, size_t every)
{
    return i % every == 0;
}

// A product as block.c makes it; variant i takes relu, gate, start and sums in turn. `in_ld` is the
// leading dimension of the layer's input: not padded when it is the table itself.
static void operands_init(struct operands *o, const struct shape *s, enum kind kind, size_t i)
{
    const size_t in_ld = flag(i, 2) ? s->in : kern_pad(s->in), out_ld = kern_pad(s->out);
    const size_t pad_in = kern_pad(s->in);
    const uint32_t seed = (uint32_t)(100 * i + kind);
    *o = (struct operands){.p = {.k = kind == FORWARD   ? s->in
                                      : kind == WEIGHTS ? s->rows
                                                        : s->out}};
    struct kern_product *p = &o->p;
    if (kind == FORWARD) { // Z = A W + b
        o->a = block_padded(s->rows, s->in, in_ld, seed);
        o->b = block_padded(s->in, s->out, out_ld, seed + 1);
        o->c = block_new(s->rows * out_ld, seed + 2);
        o->start = block_padded(1, s->out, out_ld, seed + 3);
        p->m = s->rows, p->n = out_ld, p->a_row = in_ld, p->a_k = 1;
        p->relu = flag(i, 3);
    } else if (kind == WEIGHTS) { // dW = A^T dZ
        o->a = block_padded(s->rows, s->in, in_ld, seed);
        o->b = block_padded(s->rows, s->out, out_ld, seed + 1);
        o->c = block_padded(s->in, s->out, out_ld, seed + 2);
        p->m = s->in, p->n = out_ld, p->a_row = 1, p->a_k = in_ld;
    } else { // dA = dZ W^T
        o->a = block_padded(s->rows, s->out, out_ld, seed);
        o->b = block_padded(s->out, s->in, pad_in, seed + 1);
        o->c = block_new(s->rows * pad_in, seed + 2);
        p->m = s->rows, p->n = pad_in, p->a_row = out_ld, p->a_k = 1;
        o->gate = block_padded(s->rows, s->in, pad_in, seed + 4);
        p->gate = flag(i, 3) ? o->gate.data : NULL;
        o->sums = block_padded(1, s->in, pad_in, seed + 5);
        p->sums = flag(i, 2) ? o->sums.data : NULL;
    }
    p->a = o->a.data, p->b = o->b.data, p->c = o->c.data;
    p->ldb = p->ldc = p->n;
    if (kind == FORWARD)
        p->start = o->start.data;
    else if (kind == WEIGHTS && flag(i, 3))
        p->start = p->c, p->start_row = p->ldc;
}

static void operands_clear(struct operands *o)
{
    struct block *all[] = {&o->a, &o->b, &o->c, &o->start, &o->gate, &o->sums};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i]->base)
            block_free(all[i]);
}

// Operands are below 1, so k rounded additions of sums below k are off by less than that.
static void check_kind(const struct gemm *g, const struct kern *k, const struct shape *s,
                       enum kind kind, size_t i)
{
    static const char *const names[] = {"forward", "dW", "dA"};
    struct operands own, blas;
    char what[96];
    snprintf(what, sizeof what, "%s, %zu rows, %zu to %zu", names[kind], s->rows, s->in, s->out);
    operands_init(&own, s, kind, i);
    operands_init(&blas, s, kind, i);
    gemm_product(NULL, k, &own.p);
    gemm_product(g, k, &blas.p);
    const size_t cols = kind == INPUTS ? s->in : s->out;
    const double tolerance = FLT_EPSILON * (double)(own.p.k + 1) * sqrt((double)own.p.k + 1);
    for (size_t at = 0; at < own.c.n; at++) {
        const double want = (double)own.c.data[at];
        check_near((double)blas.c.data[at], want, at % own.p.ldc < cols ? tolerance : 0, what,
                   k->name, at);
    }
    for (size_t at = 0; at < own.sums.n; at++)
        check_near((double)blas.sums.data[at], (double)own.sums.data[at],
                   at < cols ? tolerance * (double)s->rows : 0, what, k->name, at);
    operands_clear(&own);
    operands_clear(&blas);
}

static void test_products(void **state)
{
    static const struct shape shapes[] = {
        {1, 1, 1},      {128, 1, 16},    {1, 7, 64},     {72, 7, 64},
        {71, 64, 32},   {128, 54, 33},   {100, 100, 10}, {128, 256, 16},
        {33, 257, 129}, {128, 256, 256}, {128, 512, 5},  {17, 300, 700},
    };
    EACH_LEVEL(k)
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        for (int kind = 0; kind < KINDS; kind++)
            for (size_t variant = 0; variant < 6; variant++)
                check_kind(*state, k, &shapes[i], (enum kind)kind, variant);
}

// The dW of a narrow layer: few rows, and a leading dimension of 1 for a single output.
static void test_narrow_weights(void **state)
{
    const size_t rows = 72, in = 32;
    for (size_t out = 1; out <= 4; out++) {
        struct block dz = block_new(rows * out, 1), a = block_new(rows * in, 2);
        struct block own = block_new(out * in, 3), blas = block_new(out * in, 4);
        struct kern_product p = {.m = out, .n = in, .k = rows, .a = dz.data, .a_row = 1};
        p.a_k = out, p.b = a.data, p.ldb = in, p.ldc = in;
        p.c = own.data;
        gemm_product(NULL, &kern_baseline, &p);
        p.c = blas.data;
        gemm_product(*state, &kern_baseline, &p);
        for (size_t i = 0; i < own.n; i++)
            check_near((double)blas.data[i], (double)own.data[i], 1e-4, "narrow dW", "baseline", i);
        struct block *all[] = {&dz, &a, &own, &blas};
        for (size_t i = 0; i < 4; i++)
            block_free(all[i]);
    }
}

// NaN passes relu and its gate, -0 does not; and c's old contents are not read without a start.
static void test_nan_passes(void **state)
{
    struct shape s = {9, 5, 32};
    EACH_LEVEL(k)
    {
        struct operands o;
        operands_init(&o, &s, FORWARD, 0);
        o.a.data[0] = NAN;
        gemm_product(*state, k, &o.p);
        for (size_t j = 0; j < s.out; j++)
            assert_true(isnan(o.c.data[j]) != 0);
        for (size_t i = s.out; i < o.c.n; i++)
            assert_true(o.c.data[i] >= 0 && !signbit(o.c.data[i]));
        operands_clear(&o);
        operands_init(&o, &s, INPUTS, 0);
        for (size_t i = 0; i < o.gate.n; i++)
            o.gate.data[i] = i % 2 ? NAN : -0.0F;
        for (size_t i = 0; i < o.c.n; i++)
            o.c.data[i] = NAN;
        gemm_product(*state, k, &o.p);
        for (size_t i = 0; i < o.c.n; i++)
            assert_true(!isnan(o.c.data[i]) && (i % 2 || o.c.data[i] == 0));
        assert_true(o.c.data[1] != 0);
        operands_clear(&o);
    }
}

static int load(void **state)
{
    static struct gemm g;
    struct error e = {0};
    *state = &g;
    if (gemm_open(&g, GEMM_BLAS, &kern_baseline, 0, &e) == 0)
        return 0;
    printf("%s\n", e.text);
    return 1;
}

static int unload(void **state)
{
    gemm_clear(*state);
    return 0;
}

static bool is_there(void)
{
    struct error e = {0};
    struct gemm g;
    const int rc = gemm_open(&g, GEMM_BLAS, &kern_baseline, 0, &e);
    gemm_clear(&g);
    if (rc == 0)
        return true;
    printf("skipped: %s\n", e.text);
    if (error_code(&e) != ERR_NOTFOUND || !strstr(e.text, "or use --gemm own"))
        fail_msg("a missing library is reported as %s", e.text);
    return false;
}

int main(void)
{
    const struct CMUnitTest without[] = {
        cmocka_unit_test(test_rule),
        cmocka_unit_test(test_nothing_is_loaded),
    };
    const struct CMUnitTest with[] = {
        cmocka_unit_test(test_auto_loads_for_wide_layers),
        cmocka_unit_test(test_products),
        cmocka_unit_test(test_narrow_weights),
        cmocka_unit_test(test_nan_passes),
    };
    unsetenv("OPENBLAS_NUM_THREADS");
    const int failed = cmocka_run_group_tests_name("without OpenBLAS", without, NULL, NULL);
    if (failed || !is_there())
        return failed ? failed : 77;
    return cmocka_run_group_tests_name("with OpenBLAS", with, load, unload);
}
