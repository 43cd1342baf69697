// SPDX-License-Identifier: MIT
// Ranks (here threads) with different rows train the model of a process that has all of them,
// however the rows are divided; a step allocates nothing, and any call or allocation may fail.
#include "rank_faults.h"

#include "job/shards.h"

static const struct kind {
    enum net_task task;
    size_t train_rows, val_rows;
    const char *options;
} kinds[] = {
    {TASK_BINARY, 2100, 60, "{\"epochs\": 4, \"lr\": 0.01, \"hidden\": [9, 5], \"batch_size\": 0}"},
    {TASK_MULTICLASS, 1500, 900,
     "{\"epochs\": 3, \"lr\": 0.01, \"hidden\": [12], \"batch_size\": 700, \"dropout\": 0.3,"
     "\"class_weight\": \"balanced\"}"},
    {TASK_REGRESSION, 900, 300, // gradients in segments, rows in every step
     "{\"epochs\": 2, \"lr\": 0.001, \"hidden\": [200, 170], \"batch_size\": 100}"},
    {TASK_REGRESSION, 300, 200, // narrow: rows are padded
     "{\"epochs\": 3, \"lr\": 0.01, \"hidden\": [], \"batch_size\": 13, \"accumulate\": 3,"
     "\"scale_target\": \"standard\"}"},
    {TASK_BINARY, 24000, 90, // so many rows travel that threads share them
     "{\"epochs\": 1, \"hidden\": [4], \"batch_size\": 23000, \"threads\": 2}"},
};
#define KINDS (sizeof kinds / sizeof *kinds)

// How rows are divided: 0 evenly, else rank (uneven - 1) has none and the others differ.
struct division {
    size_t ranks, uneven;
};

// The first row of rank r.
static size_t cut(const struct division *d, size_t rows, size_t r)
{
    size_t all = 0, sum = 0;
    for (size_t i = 0; i < d->ranks; i++) {
        const size_t weight = d->uneven == 0 ? 1 : d->uneven == i + 1 ? 0 : 1 + (5 * i + 2) % 7;
        all += weight;
        sum += i < r ? weight : 0;
    }
    return all ? rows * sum / all : 0;
}

// Leaves a rank its own of all rows.
static void keep_rows(struct dataset *d, const struct division *how, size_t rank)
{
    struct dataset whole = *d;
    const size_t first = cut(how, whole.n, rank), n = cut(how, whole.n, rank + 1) - first;
    d->n = n;
    d->X = d->owned = mem_array(n * d->d, sizeof *d->owned);
    d->y = mem_array(n * d->targets, sizeof *d->y);
    memcpy(d->owned, whole.X + first * d->d, n * d->d * sizeof *d->X);
    memcpy(d->y, whole.y + first * d->targets, n * d->targets * sizeof *d->y);
    if (n == 0)
        d->d = d->targets = 0; // as of a folder without files
    dataset_clear(&whole);
}

static int share_rows(struct run *r, struct error *e)
{
    const struct shards shards = {.ranks = r->dist, .path = {"t", "v"}};
    struct shard_join train = {.part = PART_TRAIN, .read = true};
    struct shard_join val = {.part = PART_VAL, .read = true};
    if (dist_ranks(r->dist) == 1)
        return 0;
    int rc = shards_join(&shards, &train, &r->train, e);
    if (rc == 0)
        rc = shards_join(&shards, &val, &r->val, e);
    if (rc == 0)
        rc = shards_deal(r->dist, &r->train, r->net.size, e);
    return rc ? rc : shards_deal(r->dist, &r->val, r->net.size, e);
}

static int share_and_train(struct run *r, struct error *e)
{
    const int rc = share_rows(r, e);
    return rc ? rc : run_all(r, e);
}

static int share_and_count(struct run *r, struct error *e)
{
    const int rc = share_rows(r, e);
    return rc ? rc : squad_train_counting(r, e);
}

static void begin(struct squad *s, const struct kind *k, size_t ranks, size_t uneven)
{
    const struct division how = {ranks, uneven};
    squad_begin(s, ranks, k->task, k->options, NULL);
    s->work = share_and_train;
    for (size_t r = 0; r < ranks; r++) {
        squad_replace_rows(&s->run[r].train, k->task, k->train_rows, 1);
        squad_replace_rows(&s->run[r].val, k->task, k->val_rows, 2);
        keep_rows(&s->run[r].train, &how, r);
        keep_rows(&s->run[r].val, &how, r);
    }
}

static void check_same(const struct squad *s, const struct run *want, const char *what)
{
    squad_ended_well(s);
    check_same_history(&s->run[0].fit.history, &want->fit.history, what);
    for (size_t r = 0; r < s->ranks; r++) {
        const struct fit *got = &s->run[r].fit;
        check_bits(got->params, want->fit.params, want->net.size, what);
        assert_int_equal(dataset_digest(got->train), dataset_digest(want->fit.train));
        assert_int_equal(dataset_digest(got->val), dataset_digest(want->fit.val));
    }
}

static void any_division_trains_the_same_model(void **state)
{
    (void)state;
    for (size_t k = 0; k < KINDS; k++) {
        struct squad alone, s;
        begin(&alone, &kinds[k], 1, 0);
        squad_go(&alone);
        squad_ended_well(&alone);
        for (size_t ranks = 2; ranks <= SQUAD_MAX; ranks += ranks < 5 ? 1 : 3)
            for (size_t uneven = 0; uneven <= ranks; uneven++) {
                char what[64];
                snprintf(what, sizeof what, "kind %zu, %zu ranks, division %zu", k, ranks, uneven);
                begin(&s, &kinds[k], ranks, uneven);
                squad_go(&s);
                check_same(&s, &alone.run[0], what);
                size_t held = 0; // nobody has more than it computes
                for (size_t r = 0; r < ranks; r++)
                    held += s.run[r].train.held;
                assert_int_equal(held, kinds[k].train_rows);
                squad_end(&s);
            }
        squad_end(&alone);
    }
}

static void a_step_allocates_nothing(void **state)
{
    (void)state;
    struct squad s;
    begin(&s, &kinds[2], 3, 1);
    s.work = share_and_count;
    squad_go(&s);
    squad_ended_well(&s);
    assert_int_equal(squad_allocations, 0);
    squad_end(&s);
}

static void begin_classes(struct squad *s)
{
    begin(s, &kinds[1], 3, 2);
}

static void memory_may_fail_anywhere(void **state)
{
    (void)state;
    squad_memory_fails(begin_classes, 40);
}

static void begin_narrow(struct squad *s)
{
    begin(s, &kinds[3], 3, 3);
}

static void any_call_may_fail(void **state)
{
    (void)state;
    squad_calls_fail(begin_narrow, 120, 11);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_division_trains_the_same_model),
        cmocka_unit_test(a_step_allocates_nothing),
        cmocka_unit_test(memory_may_fail_anywhere),
        cmocka_unit_test(any_call_may_fail),
    };
    return cmocka_run_group_tests(tests, test_folder_make, test_folder_remove);
}
