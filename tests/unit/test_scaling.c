// SPDX-License-Identifier: MIT
// Predicted epochs against figures worked out by hand: leaves that hosts and cores share evenly and
// unevenly, what an exchange takes, and the batch from which two hosts pay.
#include "testing.h"

#include "cost/scaling.h"
#include "dist/dist_sum.h"
#include "model/plan.h"

#define FREE                                                                                       \
    {                                                                                              \
        .bandwidth = 1e30                                                                          \
    }

static const struct scaling_work plain = {
    .rows = 40960, .batch = 4096, .floats = 1000, .gradient = 1e-6, .update = 1e-3};

static struct scaling_epoch predict(const struct scaling_work *w, size_t hosts, double cores)
{
    const struct scaling_cluster c = {hosts, cores, FREE};
    return scaling_predict(w, &c);
}

static void check(double got, double want, const char *what)
{
    if (!(fabs(got - want) <= 1e-12 * want))
        fail_msg("%s: %.17g, expected %.17g", what, got, want);
}

static void leaves_are_shared(void **state)
{
    (void)state;
    assert_int_equal(plan_leaves(4096, 1000), 32);
    check(predict(&plain, 1, 1).compute, 40960e-6, "one core");
    check(predict(&plain, 1, 1).update, 10e-3, "one core's updates");
    check(predict(&plain, 1, 4).compute, 40960e-6 / 4, "four cores");
    check(predict(&plain, 1, 4).update, 10e-3 / 4, "four cores' updates");
    check(predict(&plain, 4, 1).compute, 40960e-6 / 4, "four hosts");
    check(predict(&plain, 4, 1).update, 10e-3, "each host's updates");
    // 32 leaves: 11 for the busiest of three hosts; 3 of these for the busiest of five cores.
    check(predict(&plain, 3, 1).compute, 40960e-6 * 11 / 32, "three hosts");
    check(predict(&plain, 3, 5).compute, 40960e-6 * 3 / 32, "three hosts of five cores");
    check(predict(&plain, 64, 8).compute, 40960e-6 / 32, "more cores than leaves");
    // Four ranks on two cores: each has 8 leaves and half a core.
    check(predict(&plain, 4, 0.5).compute, 40960e-6 / 2, "hosts that share cores");
}

static void some_work_is_not_shared(void **state)
{
    (void)state;
    struct scaling_work w = plain;
    w.serial = 0.1;
    w.epoch = 0.5;
    check(predict(&w, 1, 4).compute, 40960e-6 * (0.1 + 0.9 / 4), "four cores, a tenth alone");
    check(predict(&w, 1, 4).rest, 0.5, "the rest");
    const struct scaling_epoch all = predict(&w, 2, 4);
    check(all.total, all.compute + all.update + all.exchange + all.rest, "the total");
}

static void exchanges_take_time(void **state)
{
    (void)state;
    const struct scaling_cluster two = {2, 1, {1e-3, 1e6, 1e-4}};
    const struct dist_cost cost = dist_sum_cost(plain.floats, 32, 2, &two.network);
    struct scaling_work w = plain;
    w.add = 1e-5;
    const double once = 1e-3 + 1e-4 + cost.bytes / 1e6 + 2 * 1e-5; // added, and copied
    assert_true(cost.bytes > 4000 && cost.bytes < 5000);
    check(scaling_predict(&w, &two).exchange, 10 * once, "ten exchanges");
    w.val_rows = 1000;
    w.predict = 1e-6;
    check(scaling_predict(&w, &two).rest, 1000e-6 / 2 + 1e-3 + 4000 / 1e6, "validation");
}

// Of a megabyte three of four pieces take the wire 3 s less what a core takes of them, and the last
// block half of 128 microseconds, or of 128 seconds.
static void large_gradients_travel_meanwhile(void **state)
{
    (void)state;
    struct scaling_cluster two = {2, 1, {1e-3, 1e6, 0}};
    struct scaling_work w = plain;
    w.floats = 250000;
    w.rows = w.batch;
    const struct dist_cost cost = dist_sum_cost(w.floats, 32, 2, &two.network);
    const double whole = dist_sum_seconds(&cost, &two.network, 0);
    const double travel = 0.75 * cost.bytes * (1e-6 - 0.8e-9);
    check(scaling_predict(&w, &two).exchange, whole, "nothing is left to compute");
    w.behind = 0.5;
    check(scaling_predict(&w, &two).exchange, whole - 64e-6, "little is left to compute");
    w.gradient = 1;
    check(scaling_predict(&w, &two).exchange, whole - travel, "much is left to compute");
    two.network.message = 1e-2;
    const struct dist_cost busy = dist_sum_cost(w.floats, 32, 2, &two.network);
    check(scaling_predict(&w, &two).exchange,
          dist_sum_seconds(&busy, &two.network, 0) - travel + 3 * busy.messages * 1e-2,
          "messages of pieces");
    two.network.bandwidth = 1e10;
    const struct dist_cost fast = dist_sum_cost(w.floats, 32, 2, &two.network);
    check(scaling_predict(&w, &two).exchange, dist_sum_seconds(&fast, &two.network, 0),
          "a network that only asks for a core");
    two.network.bandwidth = 1e6;
    w.floats = 65535;
    const struct dist_cost small = dist_sum_cost(w.floats, 32, 2, &two.network);
    check(scaling_predict(&w, &two).exchange, dist_sum_seconds(&small, &two.network, 0),
          "small ones");
}

// Two hosts take off half of b microseconds a step and add what an exchange takes: they are even at
// twice that, and 1.8 times as fast at 18 times that (1.8 (b / 2 + x) = b).
static void a_batch_from_which_two_pay(void **state)
{
    (void)state;
    const struct scaling_cluster two = {2, 1, {0.02, 1e30, 0}};
    struct scaling_work w = plain;
    w.update = 0;
    const double even = (double)scaling_batch_for(&w, &two, 1);
    const double good = (double)scaling_batch_for(&w, &two, 1.8);
    if (fabs(even - 40000) > 0.02 * 40000 || fabs(good - 360000) > 0.02 * 360000)
        fail_msg("even at %g rows, 1.8 times at %g", even, good);
    assert_int_equal(scaling_batch_for(&w, &two, 2.5), 0);
    const struct scaling_cluster same = {2, 1, FREE};
    assert_true(scaling_batch_for(&w, &same, 1) <= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leaves_are_shared),
        cmocka_unit_test(some_work_is_not_shared),
        cmocka_unit_test(exchanges_take_time),
        cmocka_unit_test(large_gradients_travel_meanwhile),
        cmocka_unit_test(a_batch_from_which_two_pay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
