// SPDX-License-Identifier: MIT
// Dot products, backward of narrow layers, column sums, sums in double and the transpose against
// the order that each promises.
#include "kern_testing.h"

// KERN_LANES lanes, then the tree.
static float expect_dot(const struct kern *k, const float *a, const float *w, size_t n, float bias)
{
    float lane[KERN_LANES] = {0};
    for (size_t j = 0; j < kern_pad(n); j++)
        lane[j % KERN_LANES] = chain(k, a[j], w[j], lane[j % KERN_LANES]);
    for (size_t d = KERN_LANES / 2; d > 0; d /= 2)
        for (size_t l = 0; l < d; l++)
            lane[l] += lane[l + d];
    return lane[0] + bias;
}

static void check_dot(const struct kern *k, size_t m, size_t n, size_t out)
{
    char what[64];
    size_t lda = kern_pad(n) + 16, ldw = kern_pad(n);
    struct block a = block_padded(m, n, lda, 1), w = block_padded(out, n, ldw, 2);
    struct block bias = block_new(out, 3), y = block_new(m * out, 4), want = block_new(m * out, 5);
    struct kern_dot p = {m, n, out, a.data, lda, w.data, ldw, bias.data, y.data};
    snprintf(what, sizeof what, "dot m %zu k %zu out %zu", m, n, out);
    for (size_t i = 0; i < m * out; i++)
        want.data[i] =
            expect_dot(k, a.data + i / out * lda, w.data + i % out * ldw, n, bias.data[i % out]);
    k->dot(&p);
    check_same(y.data, want.data, y.n, what, k->name);
    block_free(&a);
    block_free(&w);
    block_free(&bias);
    block_free(&y);
    block_free(&want);
}

static void test_dot(void **state)
{
    (void)state;
    EACH_LEVEL(k)
    {
        for (size_t m = 0; m <= 40; m++)
            for (size_t n = 0; n <= 40; n += 1 + m % 3)
                check_dot(k, m, n, 1 + (m + n) % 4);
        check_dot(k, 569, 32, 1);
        check_dot(k, 101, 515, 10);
    }
}

// One call's arrays, and copies that the scalar loops work on.
struct narrow {
    struct kern_narrow p;
    struct block dz, a, w, dw, db, into, da, sums, dw2, db2, into2, da2, sums2;
};

static void narrow_init(struct narrow *n, size_t m, size_t in, size_t out)
{
    const size_t ld = kern_pad(in), lda = ld + 16;
    n->dz = block_new(m * out, 1);
    n->a = block_padded(m, in, lda, 2);
    n->w = block_padded(out, in, ld, 3);
    n->dw = block_padded(out, in, ld, 4), n->dw2 = block_padded(out, in, ld, 4);
    n->db = block_new(out, 5), n->db2 = block_new(out, 5);
    n->into = block_padded(out, in, ld, 6), n->into2 = block_padded(out, in, ld, 6);
    n->da = block_new(m * lda, 7), n->da2 = block_new(m * lda, 7);
    n->sums = block_new(ld, 8), n->sums2 = block_new(ld, 8);
    for (size_t i = 0; i < n->a.n; i += 3)
        n->a.data[i] = i % 2 ? 0 : NAN; // what relu's gate is for
    n->p = (struct kern_narrow){.m = m, .k = ld, .out = out, .lda = lda, .ldw = ld};
    n->p.dz = n->dz.data, n->p.a = n->a.data, n->p.w = n->w.data;
    n->p.dw = n->dw.data, n->p.db = n->db.data;
}

static void narrow_clear(struct narrow *n)
{
    struct block *all[] = {&n->dz,   &n->a,   &n->w,   &n->dw,    &n->db,  &n->into, &n->da,
                           &n->sums, &n->dw2, &n->db2, &n->into2, &n->da2, &n->sums2};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        block_free(all[i]);
}

static void scalar_narrow(const struct kern *k, const struct narrow *n)
{
    const struct kern_narrow *p = &n->p;
    for (size_t o = 0; o < p->out; o++) {
        float sum = p->first ? 0 : n->db2.data[o];
        for (size_t i = 0; i < p->m; i++)
            sum += p->dz[i * p->out + o];
        n->db2.data[o] = sum;
        for (size_t j = 0; j < p->k; j++) {
            float *dw = &n->dw2.data[o * p->ldw + j];
            sum = p->first ? 0 : *dw;
            for (size_t i = 0; i < p->m; i++)
                sum = chain(k, p->dz[i * p->out + o], p->a[i * p->lda + j], sum);
            if (p->into)
                n->into2.data[o * p->ldw + j] += sum;
            else
                *dw = sum;
        }
    }
    for (size_t i = 0; p->da && i < p->m; i++)
        for (size_t j = 0; j < p->k; j++) {
            float sum = 0;
            for (size_t o = 0; o < p->out; o++)
                sum = chain(k, p->dz[i * p->out + o], p->w[o * p->ldw + j], sum);
            if (p->relu && p->a[i * p->lda + j] <= 0)
                sum = 0;
            n->da2.data[i * p->lda + j] = sum;
            if (p->sums)
                n->sums2.data[j] += sum;
        }
}

// `kind`: which of the optional parts there are, a bit each.
static void check_narrow(const struct kern *k, size_t m, size_t in, size_t out, unsigned kind)
{
    char what[80];
    struct narrow n;
    narrow_init(&n, m, in, out);
    n.p.first = kind & 1;
    n.p.into = kind & 2 ? n.into.data : NULL;
    n.p.relu = kind & 4;
    n.p.da = kind & 8 ? n.da.data : NULL;
    n.p.sums = kind & 8 && kind & 4 ? n.sums.data : NULL;
    snprintf(what, sizeof what, "narrow m %zu k %zu out %zu kind %u", m, in, out, kind);
    scalar_narrow(k, &n);
    k->narrow(&n.p);
    check_same(n.dw.data, n.dw2.data, n.dw.n, what, k->name);
    check_same(n.db.data, n.db2.data, n.db.n, what, k->name);
    check_same(n.into.data, n.into2.data, n.into.n, what, k->name);
    check_same(n.da.data, n.da2.data, n.da.n, what, k->name);
    check_same(n.sums.data, n.sums2.data, n.sums.n, what, k->name);
    narrow_clear(&n);
}

static void test_narrow(void **state)
{
    (void)state;
    static const size_t in[] = {1, 16, 17, 32, 33, 100, 512};
    EACH_LEVEL(k)
    for (size_t out = 1; out <= KERN_NARROW; out++)
        for (size_t i = 0; i < sizeof in / sizeof *in; i++)
            for (unsigned kind = 0; kind < 16; kind++)
                check_narrow(k, kind * 5 + i, in[i], out, kind);
}

static void check_columns(const struct kern *k, size_t rows, size_t n)
{
    size_t ld = kern_pad(n);
    struct block x = block_padded(rows, n, ld, 1), start = block_new(n, 2), out = block_new(n, 3);
    struct block want = block_new(n, 2);
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < n; j++)
            want.data[j] += x.data[i * ld + j];
    k->column_sums(rows, n, x.data, ld, start.data, out.data);
    check_same(out.data, want.data, n, "column sums", k->name);
    // the rows in two calls, out as its own start
    k->column_sums(rows / 3, n, x.data, ld, start.data, out.data);
    k->column_sums(rows - rows / 3, n, x.data + rows / 3 * ld, ld, out.data, out.data);
    check_same(out.data, want.data, n, "column sums in two calls", k->name);
    k->column_sums(0, n, x.data, ld, NULL, out.data);
    for (size_t j = 0; j < n; j++)
        assert_true(out.data[j] == 0.0f);
    block_free(&x);
    block_free(&start);
    block_free(&out);
    block_free(&want);
}

static void test_column_sums(void **state)
{
    (void)state;
    EACH_LEVEL(k)
    for (size_t n = 0; n <= 150; n += 1 + n / 5)
        for (size_t rows = 0; rows <= 75; rows += 1 + rows / 2)
            check_columns(k, rows, n);
}

static void check_transpose(const struct kern *k, size_t rows, size_t cols)
{
    size_t ldfrom = kern_pad(cols) + 16, ldto = kern_pad(rows) + 16;
    struct block from = block_padded(rows, cols, ldfrom, 1), to = block_padded(cols, ldto, ldto, 2);
    struct block want = block_padded(cols, ldto, ldto, 2);
    for (size_t j = 0; j < cols; j++)
        for (size_t i = 0; i < kern_pad(rows); i++)
            want.data[j * ldto + i] = i < rows ? from.data[i * ldfrom + j] : 0;
    k->transpose(rows, cols, from.data, ldfrom, to.data, ldto);
    check_same(to.data, want.data, to.n, "transpose", k->name);
    block_free(&from);
    block_free(&to);
    block_free(&want);
}

static void test_transpose(void **state)
{
    (void)state;
    EACH_LEVEL(k)
    for (size_t rows = 0; rows <= 70; rows++)
        for (size_t cols = 0; cols <= 70; cols += 1 + rows % 4)
            check_transpose(k, rows, cols);
}

static double expect_sum(const float *x, size_t n, bool squares)
{
    double lane[8] = {0};
    for (size_t i = 0; i < n; i++)
        lane[i % 8] += squares ? (double)x[i] * x[i] : (double)x[i];
    for (size_t d = 4; d > 0; d /= 2)
        for (size_t l = 0; l < d; l++)
            lane[l] += lane[l + d];
    return lane[0];
}

static void test_sums(void **state)
{
    (void)state;
    for (size_t n = 0; n <= 1100; n += n < 40 ? 1 : 97) {
        struct block x = block_new(n, (uint32_t)n);
        double sum = expect_sum(x.data, n, false), squares = expect_sum(x.data, n, true);
        EACH_LEVEL(k)
        { // the same bits on all levels, baseline included
            check_near(k->sum(n, x.data), sum, 0.0, "sum", k->name, n);
            check_near(k->sum_squares(n, x.data), squares, 0.0, "sum of squares", k->name, n);
        }
        block_free(&x);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dot),         cmocka_unit_test(test_narrow),
        cmocka_unit_test(test_column_sums), cmocka_unit_test(test_transpose),
        cmocka_unit_test(test_sums),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
