// SPDX-License-Identifier: MIT
// The order of sums: for every number of leaves and of workers the same additions as the plain
// binary tree, told by the bits of float sums and by the operands themselves.
#include "testing.h"

#include "model/tree.h"

// One buffer of the tree: a sum, and which leaves it holds.
struct cell {
    float sum;
};

static float leaf_value[TREE_LEAVES_MAX];

static int fill(void **state)
{
    (void)state;
    uint32_t seed = 1;
    // Magnitudes far apart, so that almost every other order rounds to other bits.
    for (size_t i = 0; i < TREE_LEAVES_MAX; i++) {
        const float fraction = test_float(&seed);
        leaf_value[i] = ldexpf(fraction, (int)(test_random(&seed) % 20));
    }
    return 0;
}

// The definition: leaf 0 with leaf 1, the pair with the pair of 2 and 3, and so on.
static float plain_tree(size_t leaves)
{
    static float sum[TREE_LEAVES_MAX];
    memcpy(sum, leaf_value, sizeof sum);
    for (size_t width = 1; width < leaves; width *= 2)
        for (size_t i = 0; i + width < leaves; i += 2 * width)
            sum[i] += sum[i + width];
    return sum[0];
}

struct worker {
    struct tree_stack stack;
    struct cell cell[TREE_STACK_MAX];
    size_t deepest;
};

// Leaves [begin, end) as plan.c adds them.
static void run_range(struct worker *w, size_t begin, size_t end)
{
    struct tree_stack *s = &w->stack;
    s->count = w->deepest = 0;
    for (size_t i = 0; i < TREE_STACK_MAX; i++)
        s->node[i].sum = &w->cell[i].sum;
    for (size_t leaf = begin; leaf < end; leaf++) {
        assert_true(s->count < TREE_STACK_MAX);
        *s->node[s->count].sum = leaf_value[leaf];
        tree_push(s, leaf);
        if (s->count > w->deepest)
            w->deepest = s->count;
        for (; tree_must_fold(s); tree_fold(s))
            *s->node[s->count - 2].sum += *s->node[s->count - 1].sum;
    }
}

// Sum with `workers`; *deepest is the deepest stack of any.
static float sum_with(size_t leaves, size_t workers, size_t *deepest)
{
    static struct worker w[TREE_LEAVES_MAX];
    static struct tree_node node[TREE_LEAVES_MAX];
    static struct tree_step step[TREE_LEAVES_MAX];
    size_t nodes = 0;
    *deepest = 0;
    for (size_t i = 0; i < workers; i++) {
        run_range(&w[i], leaves * i / workers, leaves * (i + 1) / workers);
        if (w[i].deepest > *deepest)
            *deepest = w[i].deepest;
        for (size_t k = 0; k < w[i].stack.count; k++) {
            assert_true(nodes < TREE_LEAVES_MAX);
            node[nodes] = w[i].stack.node[k];
            node[nodes++].loss = (double)*w[i].stack.node[k].sum;
        }
    }
    const size_t steps = tree_join(node, nodes, step);
    assert_int_equal(steps, nodes - 1); // all of them end in node[0]
    for (size_t i = 0; i < steps; i++) {
        assert_true(step[i].into < step[i].from && step[i].from < nodes);
        *node[step[i].into].sum += *node[step[i].from].sum;
    }
    tree_join_losses(node, step, steps);
    assert_true(fabs(node[0].loss - (double)*node[0].sum) <= 1e-4 * fabs(node[0].loss));
    return *node[0].sum;
}

// Every number of workers up to 64, then some.
static size_t more(size_t workers)
{
    return workers + 1 + (workers > 64 ? workers / 16 : 0);
}

static void adds_in_one_order(void **state)
{
    (void)state;
    for (size_t leaves = 1; leaves <= TREE_LEAVES_MAX; leaves *= 2) {
        const float want = plain_tree(leaves);
        for (size_t workers = 1; workers <= TREE_LEAVES_MAX; workers = more(workers)) {
            size_t deepest;
            const float got = sum_with(leaves, workers, &deepest);
            if (memcmp(&got, &want, sizeof got) != 0)
                fail_msg("%zu leaves, %zu workers: %a, want %a", leaves, workers, (double)got,
                         (double)want);
        }
    }
}

// The test above would be worth little if any order gave these bits.
static void other_orders_give_other_bits(void **state)
{
    (void)state;
    float forward = 0, backward = 0;
    for (size_t i = 0; i < TREE_LEAVES_MAX; i++) {
        forward += leaf_value[i];
        backward += leaf_value[TREE_LEAVES_MAX - 1 - i];
    }
    const float tree = plain_tree(TREE_LEAVES_MAX);
    assert_true(forward != tree);
    assert_true(backward != tree);
}

static size_t log2_of(size_t leaves)
{
    size_t levels = 0;
    for (; leaves > 1; leaves /= 2)
        levels++;
    return levels;
}

// What plan.c takes memory for.
static size_t buffers_for(size_t leaves)
{
    const size_t levels = log2_of(leaves);
    return levels > 6 ? 2 * levels - 5 : levels + 1;
}

static void stacks_stay_shallow(void **state)
{
    (void)state;
    for (size_t leaves = 1; leaves <= TREE_LEAVES_MAX; leaves *= 2)
        for (size_t workers = 1; workers <= TREE_LEAVES_MAX; workers = more(workers)) {
            const size_t bound = buffers_for(leaves);
            size_t deepest;
            sum_with(leaves, workers, &deepest);
            if (deepest > bound || deepest > TREE_STACK_MAX)
                fail_msg("%zu leaves, %zu workers: %zu buffers, more than %zu", leaves, workers,
                         deepest, bound);
        }
}

// Nor do they get deeper when a rank's part is split among its threads.
static void parts_of_parts_stay_shallow(void **state)
{
    (void)state;
    for (size_t leaves = 1; leaves <= TREE_LEAVES_MAX; leaves *= 2)
        for (size_t ranks = 1; ranks <= TREE_LEAVES_MAX; ranks = more(ranks))
            for (size_t part = 0; part < ranks * 4; part++) {
                const size_t r = part / 4, t = part % 4;
                const size_t begin = leaves * r / ranks, own = leaves * (r + 1) / ranks - begin;
                struct worker w;
                run_range(&w, begin + own * t / 4, begin + own * (t + 1) / 4);
                if (w.deepest > buffers_for(leaves))
                    fail_msg("%zu leaves, rank %zu of %zu, thread %zu of 4: %zu buffers", leaves, r,
                             ranks, t, w.deepest);
            }
}

// Any range, even one that no even split makes, fits the stack; its maximal subtrees are those that
// a worker is left with.
static void check_range(size_t begin, size_t end)
{
    struct worker w;
    struct tree_node node[TREE_COVER_MAX];
    size_t at = begin;
    run_range(&w, begin, end);
    assert_int_equal(tree_cover(begin, end, node), w.stack.count);
    for (size_t i = 0; i < w.stack.count; i++) {
        assert_int_equal(node[i].first, w.stack.node[i].first);
        assert_int_equal(node[i].level, w.stack.node[i].level);
        assert_int_equal(node[i].first, at);
        at += (size_t)1 << node[i].level;
    }
    assert_int_equal(at, end);
}

static void covers_a_range(void **state)
{
    (void)state;
    uint32_t seed = 5;
    for (size_t begin = 0; begin <= 64; begin++)
        for (size_t end = begin; end <= 64; end++)
            check_range(begin, end);
    for (int i = 0; i < 1000; i++) {
        const size_t begin = test_random(&seed) % TREE_LEAVES_MAX;
        check_range(begin, begin + test_random(&seed) % (TREE_LEAVES_MAX + 1 - begin));
    }
    check_range(1, TREE_LEAVES_MAX - 1);
    check_range(0, TREE_LEAVES_MAX - 1);
}

static void knows_siblings(void **state)
{
    (void)state;
    const struct tree_node n[] = {{0, 0, NULL, 0}, {1, 0, NULL, 0}, {2, 0, NULL, 0},
                                  {2, 1, NULL, 0}, {0, 1, NULL, 0}, {4, 1, NULL, 0},
                                  {0, 2, NULL, 0}, {4, 2, NULL, 0}};
    assert_true(tree_siblings(&n[0], &n[1]));
    assert_false(tree_siblings(&n[1], &n[0]));
    assert_false(tree_siblings(&n[1], &n[2])); // neighbours, other parents
    assert_false(tree_siblings(&n[4], &n[2])); // other levels
    assert_true(tree_siblings(&n[4], &n[3]));
    assert_false(tree_siblings(&n[3], &n[5]));
    assert_true(tree_siblings(&n[6], &n[7]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(adds_in_one_order),
        cmocka_unit_test(other_orders_give_other_bits),
        cmocka_unit_test(stacks_stay_shallow),
        cmocka_unit_test(knows_siblings),
        cmocka_unit_test(parts_of_parts_stay_shallow),
        cmocka_unit_test(covers_a_range),
    };
    return cmocka_run_group_tests(tests, fill, NULL);
}
