// SPDX-License-Identifier: MIT
// Ranks, here threads, that have a slice of one network each: slices make up the network; sums over
// ranks in their order; the model of a process alone to rounding, in the same bits for any number
// of threads; one end for all, whatever fails.
#include "rank_threads.h"

#include "base/file.h"
#include "dist/dist_slices.h"
#include "dist/dist_total.h"
#include "model/slice_plan.h"

#define RANKS_MAX 5

static const struct opt_sizes shapes[] = {
    {.count = 0},
    {.count = 1, .value = {3}},
    {.count = 2, .value = {17, 9}},
    {.count = 3, .value = {40, 2, 33}},
    {.count = 2, .value = {5, 30000}}, // a large last layer without a partner
};
#define SHAPES (sizeof shapes / sizeof *shapes)

static void make_net(struct net *net, const struct opt_sizes *hidden, size_t outputs)
{
    struct error e = {0};
    const struct net_spec spec = {RUN_FEATURES, outputs, hidden, ACT_RELU, 0, TASK_MULTICLASS};
    CHECK_OK(net_init(net, &spec, &e), e);
}

// ---- slices

// A slice has the weights that the whole network has there, and zeros take the place of the others.
static void check_slice(const struct slice *s, const float *params, const float *want)
{
    const struct net *net = s->net;
    for (size_t l = 0; l < net->layers; l++) {
        const size_t in = net->layer[l].in, out = net->layer[l].out;
        const struct slice_rows rows = {l, 0, out};
        const bool whole = s->kind[l] == SLICE_WHOLE;
        float *W = mem_array(in * out + out, sizeof *W), *own = mem_array(in * out, sizeof *own);
        float *got = mem_array(in * out, sizeof *got);
        net_get_layer(net, want, l, W, W + in * out);
        assert_int_equal(slice_get_rows(s, params, rows, own),
                         s->part.layer[l].in * s->part.layer[l].out);
        slice_place_rows(s, s->rank, rows, own, got);
        for (size_t i = 0; i < in * out; i++)
            assert_true(got[i] == W[i] || (!whole && got[i] == 0));
        mem_free(W);
        mem_free(own);
        mem_free(got);
    }
}

// Parameters that every rank has, beyond those that are divided.
static size_t replicated(const struct slice *s)
{
    size_t sum = 0;
    for (size_t l = 0; l < s->net->layers; l++) {
        const struct net_layer *layer = &s->net->layer[l];
        if (s->kind[l] != SLICE_COLUMNS)
            sum += layer->out + (s->kind[l] == SLICE_WHOLE ? layer->in * layer->out : 0);
    }
    return sum;
}

// Together the ranks have every weight of net_draw_weights, those of divided layers once.
static void slices_make_up_the_network(void **state)
{
    (void)state;
    for (size_t shape = 0; shape < SHAPES * RANKS_MAX; shape++) {
        const size_t ranks = shape / SHAPES + 1;
        struct net net;
        struct error e = {0};
        make_net(&net, &shapes[shape % SHAPES], 3);
        float *want = mem_aligned(net.size, sizeof *want);
        struct rng rng, own;
        rng_seed(&rng, 7);
        CHECK_OK(net_draw_weights(&net, &rng, want, &e), e);
        size_t parameters = 0;
        for (size_t r = 0; r < ranks; r++) {
            struct slice s;
            CHECK_OK(slice_init(&s, &net, r, ranks, &e), e);
            float *params = mem_aligned(s.part.size, sizeof *params);
            rng_seed(&own, 7);
            CHECK_OK(slice_draw_weights(&s, &own, params, &e), e);
            assert_memory_equal(&own, &rng, sizeof rng);
            check_slice(&s, params, want);
            parameters += s.part.parameters - (r ? replicated(&s) : 0);
            mem_free(params);
        }
        assert_int_equal(parameters, net.parameters);
        mem_free(want);
    }
}

// ---- sums

struct addition {
    const struct kern *kern;
    size_t ranks, count;
    float *values[RANKS_MAX]; // [count], each rank's
    double number[RANKS_MAX];
    uint64_t flags[RANKS_MAX];
    int rc[RANKS_MAX];
    struct error e[RANKS_MAX];
};

static void add_body(struct dist *d, size_t rank, void *context)
{
    struct addition *a = context;
    struct error *e = &a->e[rank];
    struct dist_total *t = dist_total_new(d, a->kern, a->count, e);
    a->number[rank] = 1.0 / (double)(rank + 1);
    a->flags[rank] = (uint64_t)1 << rank;
    a->rc[rank] = dist_agree(d, t ? 0 : error_code(e), e);
    if (a->rc[rank] == 0)
        a->rc[rank] = dist_total_floats(t, a->values[rank], a->count, e);
    if (a->rc[rank] == 0)
        a->rc[rank] = dist_total_number(t, &a->number[rank], e);
    if (a->rc[rank] == 0)
        a->rc[rank] = dist_total_flags(t, &a->flags[rank], e);
    dist_total_free(t);
}

static void addition_begin(struct addition *a, size_t ranks, size_t count)
{
    struct error e = {0};
    uint32_t seed = 3;
    *a = (struct addition){.ranks = ranks, .count = count};
    CHECK_OK(kern_select(&a->kern, &e), e);
    for (size_t r = 0; r < ranks; r++) {
        a->values[r] = mem_aligned(count, sizeof(float));
        for (size_t i = 0; i < count; i++)
            a->values[r][i] = test_float(&seed);
    }
}

static void addition_end(struct addition *a)
{
    for (size_t r = 0; r < a->ranks; r++)
        mem_free(a->values[r]);
}

static void sums_are_in_the_order_of_the_ranks(void **state)
{
    (void)state;
    static const size_t counts[] = {1, 100, 8192, 8193, 100001};
    for (size_t ranks = 1; ranks <= RANKS_MAX; ranks++) {
        for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
            struct addition a;
            addition_begin(&a, ranks, counts[c]);
            float *want = mem_aligned(counts[c], sizeof *want);
            double number = 0;
            for (size_t r = 0; r < ranks; r++) {
                number += 1.0 / (double)(r + 1);
                for (size_t i = 0; i < counts[c]; i++)
                    want[i] = r == 0 ? a.values[r][i] : want[i] + a.values[r][i];
            }
            struct mock *m = mock_new(ranks);
            mock_run(m, add_body, &a);
            assert_int_equal(mock_messages(m), 0);
            for (size_t r = 0; r < ranks; r++) {
                CHECK_OK(a.rc[r], a.e[r]);
                check_bits(a.values[r], want, counts[c], "sum");
                assert_true(a.number[r] == number);
                assert_int_equal(a.flags[r], ((uint64_t)1 << ranks) - 1);
            }
            mock_free(m);
            mem_free(want);
            addition_end(&a);
        }
    }
}

static void messages_of_a_sum_may_fail(void **state)
{
    (void)state;
    for (size_t rank = 0; rank < 3; rank++) {
        bool failed = true;
        for (long n = 1; failed; n++) {
            struct addition a;
            struct mock *m = mock_new(3);
            addition_begin(&a, 3, 10000);
            mock_fail(m, rank, n);
            alarm(SQUAD_SECONDS);
            mock_run(m, add_body, &a);
            failed = mock_aborted(m);
            for (size_t r = 0; !failed && r < 3; r++)
                CHECK_OK(a.rc[r], a.e[r]);
            assert_true(!failed || a.rc[rank] != 0 || n > 20);
            assert_true(n < 100);
            mock_free(m);
            addition_end(&a);
        }
    }
}

// ---- training

static const struct kind {
    enum net_task task;
    size_t rows;
    const char *options;
} kinds[] = {
    {TASK_BINARY, 700, "{\"epochs\": 3, \"lr\": 0.01, \"hidden\": [9, 5], \"batch_size\": 0}"},
    {TASK_BINARY, 500,
     "{\"epochs\": 3, \"lr\": 0.01, \"hidden\": [33, 17, 20], \"batch_size\": 130,"
     "\"dropout\": 0.3, \"restore_best\": true, \"weight_decay\": 0.01}"},
    {TASK_REGRESSION, 300,
     "{\"epochs\": 3, \"lr\": 0.05, \"hidden\": [], \"batch_size\": 100, \"optimizer\": \"sgd\","
     "\"momentum\": 0.8, \"schedule\": \"onecycle\", \"clip_norm\": 0.1}"},
    {TASK_MULTICLASS, 400,
     "{\"epochs\": 4, \"lr\": 0.1, \"hidden\": [24], \"batch_size\": 100, \"dropout\": 0.5,"
     "\"activation\": \"sigmoid\", \"optimizer\": \"sgd\", \"patience\": 3, \"accumulate\": 2,"
     "\"monitor\": \"val_f1\", \"class_weight\": \"balanced\", \"warmup\": 2}"},
    {TASK_REGRESSION, 300,
     "{\"epochs\": 2, \"lr\": 0.001, \"hidden\": [60, 3, 50], \"batch_size\": 64,"
     "\"activation\": \"gelu\", \"dropout\": 0.1, \"clip_norm\": 0.5,"
     "\"optimizer\": \"adamw\", \"weight_decay\": 0.1, \"schedule\": \"cosine\","
     "\"scale_target\": \"standard\"}"},
    {TASK_MULTICLASS, 200, // a large last layer without a partner
     "{\"epochs\": 1, \"lr\": 0.0001, \"hidden\": [8, 22000], \"batch_size\": 100,"
     "\"activation\": \"tanh\"}"},
};
#define KINDS     (sizeof kinds / sizeof *kinds)
#define TOLERANCE 2e-5 // of a tensor's largest weight

// With checkpoints in `folder`, unless it is NULL.
static void begin_in(struct squad *s, const struct kind *k, size_t ranks, const char *folder)
{
    squad_begin(s, ranks, k->task, k->options, folder);
    for (size_t r = 0; r < ranks; r++) {
        s->run[r].config.parallel = PARALLEL_MODEL;
        s->run[r].config.checkpoint_every = (struct opt_every){.count = 1};
        squad_replace_rows(&s->run[r].train, k->task, k->rows, 1);
    }
}

static void begin(struct squad *s, const struct kind *k, size_t ranks, int parallel)
{
    begin_in(s, k, ranks, NULL);
    for (size_t r = 0; r < ranks; r++)
        s->run[r].config.parallel = parallel;
}

// The largest weight of a layer, and how far the slices are from it.
static void check_layer(const struct squad *s, const struct run *want, size_t l, const char *what)
{
    const struct net_layer *layer = &want->net.layer[l];
    const size_t weights = layer->in * layer->out;
    float *W = mem_array(weights + layer->out, sizeof *W), *got = mem_array(weights, sizeof *got);
    float *piece = mem_array(weights, sizeof *piece);
    double largest = 0, off = 0;
    net_get_layer(&want->net, want->fit.params, l, W, W + weights);
    for (size_t r = 0; r < s->ranks; r++) {
        struct slice slice;
        struct error e = {0};
        CHECK_OK(slice_init(&slice, &want->net, r, s->ranks, &e), e);
        const struct slice_rows rows = {l, 0, layer->out};
        slice_get_rows(&slice, s->run[r].fit.params, rows, piece);
        slice_place_rows(&slice, r, rows, piece, got);
        const struct par_range out = slice_outputs(&slice, l, r);
        const float *bias = s->run[r].fit.params + slice.part.layer[l].bias;
        for (size_t o = out.begin; o < out.end; o++)
            off = fmax(off, (double)fabsf(bias[o - out.begin] - W[weights + o]));
    }
    for (size_t i = 0; i < weights; i++) {
        largest = fmax(largest, (double)fabsf(W[i]));
        off = fmax(off, (double)fabsf(W[i] - got[i]));
    }
    if (!(off <= TOLERANCE * largest))
        fail_msg("%s, layer %zu: off by %g of %g; tolerance %g", what, l, off, largest,
                 TOLERANCE * largest);
    mem_free(W);
    mem_free(got);
    mem_free(piece);
}

static void check_history(const struct squad *s, const struct run *want, const char *what)
{
    const struct history *a = &s->run[0].fit.history, *b = &want->fit.history;
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++)
        for (int c = 0; c <= HISTORY_VAL_LOSS; c++)
            check_close(a->row[i].value[c], b->row[i].value[c],
                        TOLERANCE * fabs(b->row[i].value[c]), what);
}

static void slices_train_the_model_of_one_process(void **state)
{
    (void)state;
    for (size_t k = 0; k < KINDS; k++) {
        struct squad alone, s;
        begin(&alone, &kinds[k], 1, PARALLEL_DATA);
        squad_go(&alone);
        squad_ended_well(&alone);
        for (size_t ranks = 1; ranks <= RANKS_MAX; ranks++) {
            char what[64];
            snprintf(what, sizeof what, "kind %zu, %zu ranks", k, ranks);
            begin(&s, &kinds[k], ranks, PARALLEL_MODEL);
            squad_go(&s);
            squad_ended_well(&s);
            check_history(&s, &alone.run[0], what);
            for (size_t l = 0; l < alone.run[0].net.layers; l++)
                check_layer(&s, &alone.run[0], l, what);
            for (size_t r = 0; r < ranks; r++)
                assert_memory_equal(&s.run[r].fit.state.rng, &alone.run[0].fit.state.rng,
                                    sizeof s.run[r].fit.state.rng);
            squad_end(&s);
        }
        squad_end(&alone);
    }
}

static void threads_change_no_bit(void **state)
{
    (void)state;
    for (size_t k = 0; k < KINDS; k++) {
        struct squad one, more;
        begin(&one, &kinds[k], 3, PARALLEL_MODEL);
        begin(&more, &kinds[k], 3, PARALLEL_MODEL);
        for (size_t r = 0; r < 3; r++)
            more.run[r].config.threads = (int64_t)r + 2;
        squad_go(&one);
        squad_go(&more);
        squad_ended_well(&one);
        squad_ended_well(&more);
        for (size_t r = 0; r < 3; r++)
            check_bits(more.run[r].fit.params, one.run[r].fit.params, one.run[r].fit.part->size,
                       "threads");
        squad_end(&one);
        squad_end(&more);
    }
}

static void check_same(const struct squad *s, const struct squad *want, const char *what)
{
    const struct history *a = &s->run[0].fit.history, *b = &want->run[0].fit.history;
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++)
        assert_memory_equal(a->row[i].value, b->row[i].value, HISTORY_LR * sizeof(double));
    for (size_t r = 0; r < s->ranks; r++)
        check_bits(s->run[r].fit.params, want->run[r].fit.params, want->run[r].fit.part->size,
                   what);
}

// Stopped at any step by any rank, resumed by as many as there were; others are refused.
static void stopped_runs_go_on(void **state)
{
    (void)state;
    for (size_t k = 0; k < 5; k++) {
        struct squad whole, s;
        begin(&whole, &kinds[k], 3, PARALLEL_MODEL);
        squad_go(&whole);
        squad_ended_well(&whole);
        for (size_t stop = 1; stop < 5; stop += 3) { // in an epoch, and at its end or later
            const char *folder = test_path("resumed");
            char what[64];
            snprintf(what, sizeof what, "kind %zu, stopped after %zu steps", k, stop);
            test_remove(folder);
            begin_in(&s, &kinds[k], 3, folder);
            s.run[stop % 3].stop_after = stop;
            squad_go(&s);
            squad_ended_well(&s);
            squad_end(&s);
            begin_in(&s, &kinds[k], 2, folder);
            squad_go(&s);
            squad_all_refused(&s, ERR_MISMATCH,
                              "ranks that divide the network (see --parallel) was 3 there and is "
                              "2 here");
            squad_end(&s);
            begin_in(&s, &kinds[k], 3, folder);
            squad_go(&s);
            squad_ended_well(&s);
            assert_non_null(strstr(s.run[0].notes.data, "resuming"));
            check_same(&s, &whole, what);
            squad_end(&s);
        }
        squad_end(&whole);
    }
}

// The newest one has a byte that is another: the one before takes its place.
static void broken_checkpoints_are_passed_over(void **state)
{
    (void)state;
    struct squad whole, s;
    const char *folder = test_path("broken");
    char **names;
    size_t count;
    begin(&whole, &kinds[1], 3, PARALLEL_MODEL);
    squad_go(&whole);
    begin_in(&s, &kinds[1], 3, folder);
    squad_go(&s);
    squad_ended_well(&s);
    squad_end(&s);
    assert_int_equal(file_list(folder, &names, &count, NULL), 0);
    assert_int_equal(count, CHECKPOINTS_KEPT);
    char *newest = file_join(folder, names[count - 1]);
    FILE *f = fopen(newest, "r+b");
    assert_true(f && fseek(f, -3000, SEEK_END) == 0 && fputc('!', f) == '!' && fclose(f) == 0);
    begin_in(&s, &kinds[1], 3, folder);
    squad_go(&s);
    squad_ended_well(&s);
    assert_non_null(strstr(s.run[0].notes.data, "skipping a broken checkpoint"));
    assert_non_null(strstr(s.run[0].notes.data, "resuming"));
    check_same(&s, &whole, "after a broken checkpoint");
    squad_end(&s);
    squad_end(&whole);
    mem_free(newest);
    file_list_free(names, count);
}

static void a_disk_that_is_full_ends_all(void **state)
{
    (void)state;
    bool failed = true;
    for (long n = 1; failed; n++) {
        struct squad s;
        const char *folder = test_path("full");
        test_remove(folder);
        begin_in(&s, &kinds[0], 3, folder);
        file_fail_at(n);
        squad_go(&s);
        failed = file_fail_at(0) >= n;
        if (!failed)
            squad_ended_well(&s);
        for (size_t r = 0; failed && r < 3; r++)
            check_refused(s.rc[r], ERR_IO, &s.e[r], r == 0 ? "full" : "");
        squad_end(&s);
        assert_true(n < 200);
    }
}

static void all_see_a_loss_that_is_no_number(void **state)
{
    (void)state;
    struct squad s;
    begin(&s, &kinds[0], 3, PARALLEL_MODEL);
    squad_diverges(&s);
}

static void ranks_divide_the_same_things(void **state)
{
    (void)state;
    struct squad s;
    begin(&s, &kinds[0], 3, PARALLEL_MODEL);
    s.run[2].config.parallel = PARALLEL_DATA;
    squad_go(&s);
    squad_all_refused(&s, ERR_MISMATCH, "rank 2: ");
    squad_end(&s);
}

// One allocation of any rank. Only what removes old checkpoints may pass over it.
static void memory_fails(const char *folder)
{
    bool failed = true;
    long n = 1;
    for (; failed; n += folder ? 1 + n / 16 : 1) {
        struct squad s;
        if (folder)
            test_remove(folder);
        begin_in(&s, &kinds[1], 3, folder);
        mem_fail_at(-n);
        squad_go(&s);
        failed = mem_fail_at(0) >= n;
        const size_t codes = squad_failures(&s);
        const bool good = codes == (failed ? 3 : 0) || (folder && codes == 0);
        if (!good && !mock_aborted(s.mock))
            fail_msg("allocation %ld fails: %zu of 3 ranks say so", n, codes);
        squad_end(&s);
    }
    assert_true(n > 30);
}

static void memory_may_fail_anywhere(void **state)
{
    (void)state;
    memory_fails(NULL);
    memory_fails(test_path("memory"));
}

static void messages_may_fail_anywhere(void **state)
{
    (void)state;
    bool failed = true;
    for (long n = 1; failed; n += 1 + n / 8) {
        struct squad s;
        const char *folder = test_path("messages");
        test_remove(folder);
        begin_in(&s, &kinds[0], 3, folder);
        mock_fail(s.mock, (size_t)n % 3, n);
        squad_go(&s);
        failed = mock_aborted(s.mock);
        assert_true(!failed || s.rc[n % 3] != 0);
        assert_true(n < 10000);
        squad_end(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slices_make_up_the_network),
        cmocka_unit_test(sums_are_in_the_order_of_the_ranks),
        cmocka_unit_test(messages_of_a_sum_may_fail),
        cmocka_unit_test(slices_train_the_model_of_one_process),
        cmocka_unit_test(threads_change_no_bit),
        cmocka_unit_test(stopped_runs_go_on),
        cmocka_unit_test(broken_checkpoints_are_passed_over),
        cmocka_unit_test(a_disk_that_is_full_ends_all),
        cmocka_unit_test(all_see_a_loss_that_is_no_number),
        cmocka_unit_test(ranks_divide_the_same_things),
        cmocka_unit_test(memory_may_fail_anywhere),
        cmocka_unit_test(messages_may_fail_anywhere),
    };
    return cmocka_run_group_tests(tests, test_folder_make, test_folder_remove);
}
