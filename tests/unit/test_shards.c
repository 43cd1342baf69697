// SPDX-License-Identifier: MIT
// Ranks (here threads) with different rows train the model of a process that has all of them,
// however the rows are divided; a step allocates nothing, and any call or allocation may fail.
#include "fit_testing.h"

#include "dist_mock.h"
#include "job/shards.h"

#define RANKS_MAX 8
#define SECONDS   60 // a hang is a failure: the alarm ends the program

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

struct squad {
    const struct kind *kind;
    size_t ranks, uneven; // how: 0 evenly, else rank (uneven - 1) has none and the others differ
    struct run run[RANKS_MAX];
    struct error e[RANKS_MAX];
    int rc[RANKS_MAX];
    struct mock *mock;
    bool counts;
    long allocations; // of some steps
};

// The first row of rank r, in one of several divisions.
static size_t cut(const struct squad *s, size_t rows, size_t r)
{
    size_t all = 0, sum = 0;
    for (size_t i = 0; i < s->ranks; i++) {
        const size_t weight = s->uneven == 0 ? 1 : s->uneven == i + 1 ? 0 : 1 + (5 * i + 2) % 7;
        all += weight;
        sum += i < r ? weight : 0;
    }
    return all ? rows * sum / all : 0;
}

static void keep_rows(struct dataset *d, enum net_task task, size_t rows, uint32_t seed,
                      const struct squad *s, size_t rank)
{
    struct dataset whole;
    dataset_clear(d);
    run_data(&whole, task, rows, seed);
    const size_t begin = cut(s, rows, rank), n = cut(s, rows, rank + 1) - begin;
    *d = whole;
    d->n = n;
    d->X = d->owned = mem_array(n * d->d, sizeof *d->owned);
    d->y = mem_array(n * d->targets, sizeof *d->y);
    memcpy(d->owned, whole.X + begin * d->d, n * d->d * sizeof *d->X);
    memcpy(d->y, whole.y + begin * d->targets, n * d->targets * sizeof *d->y);
    if (n == 0)
        d->d = d->targets = 0; // as of a folder without files
    dataset_clear(&whole);
}

static void begin(struct squad *s, const struct kind *k, size_t ranks, size_t uneven)
{
    *s = (struct squad){.kind = k, .ranks = ranks, .uneven = uneven, .mock = mock_new(ranks)};
    for (size_t r = 0; r < ranks; r++) {
        run_begin(&s->run[r], k->task, k->options, NULL);
        keep_rows(&s->run[r].train, k->task, k->train_rows, 1, s, r);
        keep_rows(&s->run[r].val, k->task, k->val_rows, 2, s, r);
    }
}

static int share_rows(struct squad *s, struct dist *d, size_t rank, struct error *e)
{
    struct run *r = &s->run[rank];
    const struct shards shards = {.ranks = d, .path = {"t", "v"}};
    struct shard_join train = {.part = PART_TRAIN, .read = true};
    struct shard_join val = {.part = PART_VAL, .read = true};
    int rc = shards_join(&shards, &train, &r->train, e);
    if (rc == 0)
        rc = shards_join(&shards, &val, &r->val, e);
    if (rc == 0)
        rc = shards_deal(d, &r->train, r->net.size, e);
    return rc ? rc : shards_deal(d, &r->val, r->net.size, e);
}

static void count_calls(void *context, uint64_t epoch, size_t done, size_t total)
{
    struct squad *s = context;
    (void)epoch;
    (void)done;
    (void)total;
    s->run[0].steps++;
    if (s->run[0].steps == 3)
        mem_fail_at(0);
    if (s->run[0].steps == 8)
        s->allocations = mem_fail_at(0);
}

static int train_and_count(struct squad *s, struct run *r, struct error *e)
{
    int rc = dist_agree(r->dist, run_init(r, NULL, e), e);
    if (dist_is_root(r->dist))
        r->fit.hooks = (struct fit_hooks){.context = s, .step = count_calls};
    return rc ? rc : fit_run(&r->fit, e);
}

static void body(struct dist *d, size_t rank, void *context)
{
    struct squad *s = context;
    struct run *r = &s->run[rank];
    struct error *e = &s->e[rank];
    r->dist = d;
    r->e = e;
    s->rc[rank] = dist_ranks(d) > 1 ? share_rows(s, d, rank, e) : 0;
    if (s->rc[rank] == 0)
        s->rc[rank] = s->counts ? train_and_count(s, r, e) : run_all(r, e);
    r->fit.dist = NULL;
}

static void go(struct squad *s)
{
    alarm(SECONDS);
    mock_run(s->mock, body, s);
}

static void end(struct squad *s)
{
    for (size_t r = 0; r < s->ranks; r++)
        run_end(&s->run[r]);
    mock_free(s->mock);
}

static void all_ended_well(const struct squad *s)
{
    for (size_t r = 0; r < s->ranks; r++)
        if (s->rc[r])
            fail_msg("rank %zu of %zu: %s", r, s->ranks, s->e[r].text);
    assert_int_equal(mock_messages(s->mock), 0);
}

static void check_same(const struct squad *s, const struct run *want, const char *what)
{
    const struct history *a = &s->run[0].fit.history, *b = &want->fit.history;
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++)
        for (int c = 0; c < HISTORY_COLUMNS; c++)
            if (c != HISTORY_SECONDS &&
                memcmp(&a->row[i].value[c], &b->row[i].value[c], sizeof(double)) != 0)
                fail_msg("%s: epoch %zu: column %d is %.17g, not %.17g", what, i + 1, c,
                         a->row[i].value[c], b->row[i].value[c]);
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
        go(&alone);
        all_ended_well(&alone);
        for (size_t ranks = 2; ranks <= RANKS_MAX; ranks += ranks < 5 ? 1 : 3)
            for (size_t uneven = 0; uneven <= ranks; uneven++) {
                char what[64];
                snprintf(what, sizeof what, "kind %zu, %zu ranks, division %zu", k, ranks, uneven);
                begin(&s, &kinds[k], ranks, uneven);
                go(&s);
                all_ended_well(&s);
                check_same(&s, &alone.run[0], what);
                size_t held = 0; // nobody has more than it computes
                for (size_t r = 0; r < ranks; r++)
                    held += s.run[r].train.held;
                assert_int_equal(held, kinds[k].train_rows);
                end(&s);
            }
        end(&alone);
    }
}

static void a_step_allocates_nothing(void **state)
{
    (void)state;
    struct squad s;
    begin(&s, &kinds[2], 3, 1);
    s.counts = true;
    s.allocations = -1;
    go(&s);
    all_ended_well(&s);
    assert_int_equal(s.allocations, 0);
    end(&s);
}

// The n-th allocation and all that follow, or that of one rank alone.
static void memory_may_fail_anywhere(void **state)
{
    (void)state;
    for (int alone = 0; alone < 2; alone++) {
        bool failed = true;
        long n = 1;
        for (; failed; n++) {
            struct squad s;
            begin(&s, &kinds[1], 3, 2);
            mem_fail_at(alone ? -n : n);
            go(&s);
            failed = mem_fail_at(0) >= n;
            int codes = 0;
            for (size_t r = 0; r < 3; r++)
                codes += s.rc[r] != 0;
            if (codes != (failed ? 3 : 0) && !mock_aborted(s.mock))
                fail_msg("allocation %ld fails: %d of 3 ranks say so", n, codes);
            end(&s);
        }
        assert_true(n > 40);
    }
}

static void any_call_may_fail(void **state)
{
    (void)state;
    for (size_t rank = 0; rank < 3; rank++) {
        bool failed = true;
        long n = 1;
        for (; failed; n += n < 120 ? 1 : 11) {
            struct squad s;
            begin(&s, &kinds[3], 3, 3);
            mock_fail(s.mock, rank, n);
            go(&s);
            failed = mock_calls(s.mock, rank) >= n;
            if (failed && (s.rc[rank] == 0 || !mock_aborted(s.mock)))
                fail_msg("rank %zu survives its failed call %ld", rank, n);
            if (!failed)
                all_ended_well(&s);
            end(&s);
        }
        assert_true(n > 100);
    }
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
