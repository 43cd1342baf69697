// SPDX-License-Identifier: MIT
// Dot products, column sums, sums in double and the transpose against the order that each promises.
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
        cmocka_unit_test(test_dot),
        cmocka_unit_test(test_column_sums),
        cmocka_unit_test(test_transpose),
        cmocka_unit_test(test_sums),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
