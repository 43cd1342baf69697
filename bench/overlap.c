// SPDX-License-Identifier: MIT
// What a step's gradient takes several ranks when its pieces travel while it is computed, beside
// the same when it travels afterwards, in milliseconds:
//
//     mpiexec -n 2 bench/overlap INPUTS HIDDEN,HIDDEN BATCH [PAIRS [THREADS]]
//
// The two take turns step by step, each after a barrier, and both gradients must be the same bytes.
// A line of JSON from rank 0: of each the fastest and the median step, and of the pairs the ratios;
// "alone" is the computing without any exchange.
#include "dist/dist_sum.h"

#include "base/clock.h"
#include "base/mem.h"
#include "kern/cpu.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WARM 3 // pairs before those that count

enum way { ALONE, AFTER, WHILE, WAYS };

// One way to a gradient; ALONE has no sum.
struct contestant {
    struct plan *plan;
    struct dist_sum *sum;
    struct pieces pieces;
    double *seconds; // [pairs]
};

struct bench {
    struct dist *ranks;
    const struct kern *kern;
    struct par *team;
    struct net net;
    size_t batch, pairs, threads, wrong;
    float *params, *X, *y, *want;
    struct contestant way[WAYS];
};

static void die(struct bench *b, const char *what)
{
    fprintf(stderr, "overlap: %s\n", what);
    dist_close(b->ranks, 1);
    _exit(1);
}

static void aside(void *context, const struct plan_sums *sums, size_t complete)
{
    dist_sum_ready(context, sums, complete);
}

static void prepare(struct bench *b, enum way way)
{
    struct contestant *c = &b->way[way];
    struct error e = {0};
    if (way == WHILE)
        dist_sum_cut(b->ranks, &b->net, &c->pieces);
    const struct dist_sum_spec sum = {.ranks = b->ranks,
                                      .kern = b->kern,
                                      .team = b->team,
                                      .floats = b->net.size,
                                      .rows = b->batch,
                                      .threads = b->threads,
                                      .pieces = &c->pieces};
    c->sum = dist_sum_new(&sum, &e);
    const struct plan_spec plan = {.net = &b->net,
                                   .train_rows = b->batch,
                                   .threads = b->threads,
                                   .team = b->team,
                                   .pieces = c->pieces.count > 0 ? &c->pieces : NULL,
                                   .aside = way == ALONE ? NULL : aside,
                                   .context = c->sum};
    c->plan = plan_new(&plan, b->kern, &e);
    c->seconds = mem_array(b->pairs, sizeof *c->seconds);
    if (!c->plan || !c->seconds || !c->sum)
        die(b, "out of memory");
}

static void step(struct bench *b, enum way way, size_t pair)
{
    struct contestant *c = &b->way[way];
    const struct plan_batch batch = {.rows = b->batch, .X = b->X, .y = b->y};
    struct plan_sums sums;
    struct error e = {0};
    uint64_t flags = 0;
    bool any = false;
    if (dist_any(b->ranks, &any, &e)) // a barrier
        die(b, e.text);
    const double begun = clock_seconds();
    plan_gradient_part(c->plan, b->params, &batch, dist_part(b->ranks), &sums);
    if (way != ALONE && dist_sum_add(c->sum, &sums, &flags, &e))
        die(b, e.text);
    c->seconds[pair] = clock_seconds() - begun;
    const size_t bytes = b->net.size * sizeof *b->want;
    if (way == AFTER)
        memcpy(b->want, sums.node[0].sum, bytes);
    else if (way == WHILE)
        b->wrong += memcmp(b->want, sums.node[0].sum, bytes) != 0;
}

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void print_seconds(struct bench *b, const char *name, enum way way)
{
    double *s = b->way[way].seconds;
    qsort(s, b->pairs, sizeof *s, by_size);
    printf("\"%s_ms\": [%.4f, %.4f], ", name, 1e3 * s[0], 1e3 * s[b->pairs / 2]);
}

static void print(struct bench *b)
{
    double *ratio = mem_array(b->pairs, sizeof *ratio);
    if (!ratio)
        die(b, "out of memory");
    for (size_t i = 0; i < b->pairs; i++)
        ratio[i] = b->way[WHILE].seconds[i] / b->way[AFTER].seconds[i];
    qsort(ratio, b->pairs, sizeof *ratio, by_size);
    printf("{\"bench\": \"overlap\", \"ranks\": %zu, \"threads\": %zu, \"batch\": %zu, "
           "\"bytes\": %zu, \"pieces\": %zu, \"pairs\": %zu, ",
           dist_ranks(b->ranks), b->threads, b->batch, b->net.size * sizeof(float),
           b->way[WHILE].pieces.count, b->pairs);
    print_seconds(b, "alone", ALONE);
    print_seconds(b, "after", AFTER);
    print_seconds(b, "while", WHILE);
    printf("\"ratio\": [%.4f, %.4f, %.4f], \"verified\": %s}\n", ratio[b->pairs / 10],
           ratio[b->pairs / 2], ratio[b->pairs - 1 - b->pairs / 10], b->wrong ? "false" : "true");
    fflush(stdout);
    mem_free(ratio);
}

static void make_data(struct bench *b)
{
    struct error e = {0};
    struct rng rng;
    rng_seed(&rng, 1);
    b->params = mem_aligned(b->net.size, sizeof *b->params);
    b->want = mem_aligned(b->net.size, sizeof *b->want);
    b->X = mem_aligned(b->batch * b->net.inputs, sizeof *b->X);
    b->y = mem_aligned(b->batch, sizeof *b->y);
    if (!b->params || !b->want || !b->X || !b->y)
        die(b, "out of memory");
    memset(b->params, 0, b->net.size * sizeof *b->params);
    if (net_draw_weights(&b->net, &rng, b->params, &e))
        die(b, e.text);
    for (size_t i = 0; i < b->batch * b->net.inputs; i++)
        b->X[i] = (float)((i * 2654435761U) % 2048) / 1024 - 1;
    for (size_t i = 0; i < b->batch; i++)
        b->y[i] = (float)(i % 3 == 0);
}

static void run(struct par *team, void *context)
{
    struct bench *b = context;
    b->team = team;
    make_data(b);
    for (enum way way = ALONE; way < WAYS; way++)
        prepare(b, way);
    for (size_t i = 0; i < WARM + b->pairs; i++)
        for (enum way way = ALONE; way < WAYS; way++)
            step(b, way, i < WARM ? 0 : i - WARM);
    if (dist_is_root(b->ranks))
        print(b);
}

static size_t number(char **argv, int argc, int at, size_t other)
{
    return argc > at ? strtoul(argv[at], NULL, 10) : other;
}

int main(int argc, char **argv)
{
    struct bench b = {.pairs = number(argv, argc, 4, 50), .threads = number(argv, argc, 5, 1)};
    struct opt_sizes hidden = {.count = 0};
    struct error e = {0};
    if (argc < 4 || dist_open(&b.ranks, &e) || kern_select(&b.kern, &e) || !b.ranks) {
        fprintf(stderr, "overlap: %s\n",
                e.code ? e.text : "start it with mpiexec; INPUTS HIDDEN,HIDDEN BATCH");
        return 1;
    }
    for (char *at = argv[2]; *at && hidden.count < OPT_SIZES_MAX; at += *at == ',')
        hidden.value[hidden.count++] = strtoul(at, &at, 10);
    b.batch = number(argv, argc, 3, 0);
    const struct net_spec spec = {.inputs = number(argv, argc, 1, 0),
                                  .outputs = 1,
                                  .hidden = &hidden,
                                  .act = ACT_RELU,
                                  .task = TASK_BINARY};
    if (net_init(&b.net, &spec, &e))
        die(&b, e.text);
    dist_use_threads(b.ranks, b.threads);
    par_team(b.threads, run, &b);
    const int status = b.wrong != 0;
    dist_close(b.ranks, status);
    _exit(status);
}
