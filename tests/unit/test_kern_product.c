// SPDX-License-Identifier: MIT
// The matrix product of every level against the scalar chain that it promises to be, to the bit.
#include "kern_testing.h"

struct shape {
    size_t m, n, k;
    bool transposed; // a(i,k) = a[k][i]
    int start;       // 0: none, 1: one row, 2: c itself
    bool relu, gate, sums, add;
};

struct operands {
    struct block a, b, c, gate, bias, sums, want, want_sums;
    struct kern_product p;
};

static void operands_init(struct operands *o, const struct shape *s, uint32_t seed)
{
    size_t rows = s->transposed ? s->k : s->m, cols = s->transposed ? s->m : s->k;
    size_t lda = cols + seed % 3, ldb = s->n + 16 * (seed % 2), ldc = s->n + 16 * (seed / 2 % 2);
    o->a = block_new(rows * lda + 1, seed);
    o->b = block_padded(s->k, s->n, ldb, seed + 1);
    o->c = block_padded(s->m, s->n, ldc, seed + 2);
    o->gate = block_padded(s->m, s->n, ldc, seed + 3);
    o->bias = block_padded(1, s->n, s->n, seed + 4);
    o->want = block_padded(s->m, s->n, ldc, seed + 2);
    o->sums = block_padded(1, s->n, s->n, seed + 5);
    o->want_sums = block_padded(1, s->n, s->n, seed + 5);
    o->p = (struct kern_product){
        .m = s->m,
        .n = s->n,
        .k = s->k,
        .a = o->a.data + seed % 2, // any address
        .a_row = s->transposed ? 1 : lda,
        .a_k = s->transposed ? lda : 1,
        .b = o->b.data,
        .ldb = ldb,
        .c = o->c.data,
        .ldc = ldc,
        .start = s->start == 0   ? NULL
                 : s->start == 1 ? o->bias.data
                                 : o->c.data,
        .start_row = s->start == 2 ? ldc : 0,
        .relu = s->relu,
        .gate = s->gate ? o->gate.data : NULL,
        .sums = s->sums ? o->sums.data : NULL,
        .add = s->add,
    };
}

static void operands_clear(struct operands *o)
{
    block_free(&o->a);
    block_free(&o->b);
    block_free(&o->c);
    block_free(&o->gate);
    block_free(&o->bias);
    block_free(&o->sums);
    block_free(&o->want);
    block_free(&o->want_sums);
}

// What the header promises, element by element; reads start before c is written.
static void expect(const struct kern *k, const struct kern_product *p, float *want, float *sums)
{
    for (size_t i = 0; i < p->m; i++) {
        for (size_t j = 0; j < p->n; j++) {
            float c = p->start ? p->start[i * p->start_row + j] : 0.0f;
            for (size_t t = 0; t < p->k; t++)
                c = chain(k, p->a[i * p->a_row + t * p->a_k], p->b[t * p->ldb + j], c);
            if ((p->relu && c <= 0) || (p->gate && p->gate[i * p->ldc + j] <= 0))
                c = 0;
            want[i * p->ldc + j] = p->add ? want[i * p->ldc + j] + c : c;
            if (p->sums)
                sums[j] += c;
        }
    }
}

static void check_shape(const struct kern *k, const struct shape *s, uint32_t seed)
{
    struct operands o;
    char what[128];
    snprintf(what, sizeof what,
             "m %zu n %zu k %zu transposed %d start %d relu %d gate %d sums %d add %d", s->m, s->n,
             s->k, s->transposed, s->start, s->relu, s->gate, s->sums, s->add);
    operands_init(&o, s, seed);
    expect(k, &o.p, o.want.data, o.want_sums.data);
    k->product(&o.p);
    check_same(o.c.data, o.want.data, o.c.n, what, k->name);
    check_same(o.sums.data, o.want_sums.data, o.sums.n, what, k->name);
    operands_clear(&o);
}

static void test_small_shapes(void **state)
{
    (void)state;
    EACH_LEVEL(k)
    {
        uint32_t seed = 1;
        for (size_t m = 0; m <= 40; m++) {
            for (size_t d = 0; d <= 40; d++, seed++) {
                struct shape s = {m, 16 * (1 + seed % 9), d, seed % 2, (int)(seed / 2 % 3), 0, 0, 0,
                                  0};
                s.relu = seed / 6 % 2;
                s.gate = seed / 12 % 2;
                s.sums = seed / 24 % 2;
                s.add = s.start < 2 && seed / 48 % 2;
                check_shape(k, &s, seed);
            }
        }
    }
}

static void test_large_shapes(void **state)
{
    (void)state;
    static const struct shape shapes[] = {
        {569, 64, 7, false, 1, true, false, false, false},
        {569, 32, 64, false, 1, true, false, false, false},
        {64, 32, 569, true, 2, false, false, false, false},
        {101, 64, 32, false, 0, false, true, false, false},
        {143, 112, 1024, false, 1, true, true, false, false},
        {5, 16, 1025, false, 1, true, true, false, false},
        {31, 80, 3001, true, 2, true, true, false, false},
        {130, 176, 2048, false, 0, false, false, false, false},
        {275, 144, 300, false, 2, true, true, true, false},
        {150, 272, 130, true, 2, false, false, true, false},
        {33, 528, 600, false, 1, true, false, false, false},
        {70, 256, 257, true, 0, false, true, true, false},
        {150, 272, 130, true, 0, false, false, true, true},
        {77, 192, 300, true, 1, false, false, false, true},
        {50, 64, 3000, true, 0, false, false, false, true},
    };
    EACH_LEVEL(k)
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        check_shape(k, &shapes[i], (uint32_t)(100 + i));
}

// One call, against rows in pieces and k in pieces that accumulate.
static void test_pieces(void **state)
{
    (void)state;
    static const size_t cuts[] = {0, 1, 14, 15, 47, 100};
    struct shape s = {100, 96, 100, false, 1, false, false, false, false};
    EACH_LEVEL(k)
    {
        struct operands o;
        operands_init(&o, &s, 7);
        struct kern_product p = o.p;
        p.c = o.want.data;
        k->product(&p);
        for (size_t c = 0; c < 5; c++) { // rows
            p = o.p;
            p.m = cuts[c + 1] - cuts[c];
            p.a += cuts[c] * p.a_row;
            p.c += cuts[c] * p.ldc;
            k->product(&p);
        }
        check_same(o.c.data, o.want.data, o.c.n, "rows in pieces", k->name);
        for (size_t c = 0; c < 5; c++) { // k
            p = o.p;
            p.k = cuts[c + 1] - cuts[c];
            p.a += cuts[c] * p.a_k;
            p.b += cuts[c] * p.ldb;
            if (c > 0) {
                p.start = p.c;
                p.start_row = p.ldc;
            }
            k->product(&p);
        }
        check_same(o.c.data, o.want.data, o.c.n, "k in pieces", k->name);
        operands_clear(&o);
    }
}

static void test_nan_passes(void **state)
{
    (void)state;
    struct shape s = {9, 32, 5, false, 1, true, true, false, false};
    EACH_LEVEL(k)
    {
        struct operands o;
        operands_init(&o, &s, 8);
        o.a.data[0 + 8 % 2] = NAN;
        for (size_t i = 0; i < o.gate.n; i++)
            o.gate.data[i] = i % 2 ? NAN : 1.0f; // relu's derivative lets a NaN activation pass
        k->product(&o.p);
        for (size_t j = 0; j < s.n; j++)
            assert_true(isnan(o.c.data[j]) != 0);
        assert_true(isnan(o.c.data[o.p.ldc]) == 0);
        operands_clear(&o);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small_shapes),
        cmocka_unit_test(test_large_shapes),
        cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_nan_passes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
