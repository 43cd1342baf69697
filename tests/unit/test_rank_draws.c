// SPDX-License-Identifier: MIT
// Runs drawn at random - network, options, rows, ranks, threads, who has which rows, where they are
// stopped and by how many ranks they are resumed - have the parameters and the history of a process
// alone. A few of them, the same each time; as many others as one likes with
//
//     test_rank_draws SEED COUNT
#include "rank_threads.h"

#include "job/shards.h"

#include <stdlib.h>

#define TEXT_MAX 512

static uint32_t seed = 11;
static size_t count = 8;

struct draw {
    enum net_task task;
    size_t train_rows, val_rows, ranks, threads;
    size_t stop_after, stop_by; // 0: nobody stops it
    size_t ranks_then;          // that resume it
    bool sharded;
    char options[TEXT_MAX];
};

static size_t drawn(size_t from, size_t to)
{
    return from + test_random(&seed) % (to - from + 1);
}

static const char *one_of(const char *const *words, size_t n)
{
    return words[drawn(0, n - 1)];
}
#define ONE_OF(words) one_of(words, sizeof(words) / sizeof *(words))

// Most are large enough for pieces, at least among few ranks.
static const char *draw_hidden(void)
{
    static const char *const hidden[] = {"",
                                         "9",
                                         "12000",
                                         "260, 260",
                                         "300,220",
                                         "40, 600, 90",
                                         "1, 300, 1, 400",
                                         "257, 3, 259",
                                         "190, 190, 190, 190"};
    return ONE_OF(hidden);
}

static void draw_options(struct draw *d)
{
    static const char *const act[] = {"relu", "relu", "gelu", "silu", "tanh", "sigmoid"};
    static const char *const optimizer[] = {"sgd", "adam", "adamw"};
    static const char *const schedule[] = {"constant", "step", "cosine", "onecycle"};
    static const char *const dropout[] = {"0", "0", "0.3"};
    static const char *const clip[] = {"0", "0", "0.05"};
    const size_t batch = drawn(0, 5) ? drawn(d->train_rows / 40 + 1, d->train_rows + 50) : 0;
    const size_t steps = batch ? (d->train_rows + batch - 1) / batch : 1;
    const size_t epochs = steps > 8 ? 1 : 8 / steps + 1;
    snprintf(d->options, sizeof d->options,
             "{\"epochs\": %zu, \"lr\": 0.004, \"hidden\": [%s], \"batch_size\": %zu, "
             "\"activation\": \"%s\", \"optimizer\": \"%s\", \"schedule\": \"%s\", "
             "\"dropout\": %s, \"clip_norm\": %s, \"accumulate\": %zu, \"threads\": %zu, "
             "\"restore_best\": %s}",
             epochs, draw_hidden(), batch, ONE_OF(act), ONE_OF(optimizer), ONE_OF(schedule),
             ONE_OF(dropout), ONE_OF(clip), batch && !drawn(0, 4) ? drawn(2, 4) : (size_t)1,
             d->threads, d->val_rows && drawn(0, 1) ? "true" : "false");
    if (drawn(0, 3) == 0)
        d->stop_after = drawn(1, steps * epochs < 8 ? steps * epochs : 8);
}

static struct draw draw(void)
{
    static const enum net_task task[] = {TASK_BINARY, TASK_MULTICLASS, TASK_REGRESSION};
    struct draw d = {.task = task[drawn(0, 2)], .ranks = drawn(2, drawn(2, SQUAD_MAX))};
    d.train_rows = drawn(0, 3) ? drawn(900, 4000) : drawn(1, 900); // up to 32 leaves
    d.val_rows = drawn(0, 1) ? drawn(20, 400) : 0;
    d.threads = drawn(0, 3) ? drawn(1, 4) : drawn(5, 100);
    d.sharded = drawn(0, 2) == 0 && d.train_rows > SQUAD_MAX;
    draw_options(&d);
    d.stop_by = drawn(0, d.ranks - 1);
    d.ranks_then = drawn(1, SQUAD_MAX);
    return d;
}

// Rank r has the r-th even part of the rows.
static void keep_rows(struct dataset *d, size_t ranks, size_t rank)
{
    struct dataset whole = *d;
    const struct par_range own = par_split(whole.n, 1, ranks, rank);
    if (whole.n == 0)
        return;
    d->n = own.end - own.begin;
    d->X = d->owned = mem_array(d->n * d->d, sizeof *d->owned);
    d->y = mem_array(d->n * d->targets, sizeof *d->y);
    assert_true(d->X && d->y);
    memcpy(d->owned, whole.owned + own.begin * d->d, d->n * d->d * sizeof *d->owned);
    memcpy(d->y, whole.y + own.begin * d->targets, d->n * d->targets * sizeof *d->y);
    dataset_clear(&whole);
}

static int share_and_train(struct run *r, struct error *e)
{
    const struct shards shards = {.ranks = r->dist, .path = {"t", "v"}};
    struct shard_join train = {.part = PART_TRAIN, .read = true};
    struct shard_join val = {.part = PART_VAL, .read = true};
    int rc = shards_join(&shards, &train, &r->train, e);
    if (rc == 0)
        rc = shards_deal(r->dist, &r->train, r->net.size, e);
    if (rc == 0 && r->val.d)
        rc = shards_join(&shards, &val, &r->val, e);
    if (rc == 0 && r->val.d)
        rc = shards_deal(r->dist, &r->val, r->net.size, e);
    return rc ? rc : run_all(r, e);
}

static void begin(struct squad *s, const struct draw *d, size_t ranks, const char *folder)
{
    squad_begin(s, ranks, d->task, d->options, folder);
    for (size_t r = 0; r < ranks; r++) {
        squad_replace_rows(&s->run[r].train, d->task, d->train_rows, 1);
        squad_replace_rows(&s->run[r].val, d->task, d->val_rows, 2);
        if (!d->sharded || ranks == 1)
            continue;
        s->work = share_and_train;
        keep_rows(&s->run[r].train, ranks, r);
        keep_rows(&s->run[r].val, ranks, r);
    }
}

static void check(const struct draw *d, const struct run *alone)
{
    const char *folder = d->stop_after ? test_path("stopped") : NULL;
    struct squad s;
    if (folder)
        test_remove(folder);
    begin(&s, d, d->ranks, folder);
    s.run[d->stop_by].stop_after = d->stop_after;
    squad_go(&s);
    squad_ended_well(&s);
    if (folder) {
        squad_end(&s);
        begin(&s, d, d->ranks_then, folder);
        squad_go(&s);
        squad_ended_well(&s);
    }
    check_same_history(&s.run[0].fit.history, &alone->fit.history, "drawn");
    for (size_t r = 0; r < s.ranks; r++)
        check_bits(s.run[r].fit.params, alone->fit.params, alone->net.size, "drawn");
    squad_end(&s);
}

static void what_is_drawn_has_one_result(void **state)
{
    (void)state;
    for (size_t i = 0; i < count; i++) {
        const uint32_t before = seed;
        const struct draw d = draw();
        struct squad alone;
        print_message("seed %u: %zu rows, %zu ranks%s, stop %zu by %zu, then %zu: %s\n", before,
                      d.train_rows, d.ranks, d.sharded ? " with rows of their own" : "",
                      d.stop_after, d.stop_by, d.ranks_then, d.options);
        begin(&alone, &d, 1, NULL);
        squad_go(&alone);
        squad_ended_well(&alone);
        check(&d, &alone.run[0]);
        squad_end(&alone);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_drawn_has_one_result)};
    if (argc > 1)
        seed = (uint32_t)strtoul(argv[1], NULL, 10);
    if (argc > 2)
        count = strtoul(argv[2], NULL, 10);
    return cmocka_run_group_tests(tests, test_folder_make, test_folder_remove);
}
