// SPDX-License-Identifier: MIT
// How long ranks take to sum a gradient, in microseconds, beside MPI_Allreduce on as many floats:
//
//     mpiexec -n 2 bench/exchange [ROUNDS]
//
// The two take turns call by call, after a barrier, and both sums are verified every time. A line
// of JSON a size, from rank 0; of each the median and the 99th percentile over the calls.
#include "dist/dist_sum.h"

#include "base/clock.h"
#include "base/mem.h"
#include "kern/cpu.h"

#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROWS 100000 // 128 leaves

struct bench {
    struct dist *ranks;
    const struct kern *kern;
    size_t floats, calls;
    struct dist_sum *sum;
    struct plan_sums sums;
    float *own, *mine, *all; // subtrees; a vector and the sum of all of them
    double *skiff, *mpi;     // seconds of each call
    size_t wrong;
};

static void die(const char *what)
{
    fprintf(stderr, "exchange: %s\n", what);
    MPI_Abort(MPI_COMM_WORLD, 1);
}

// Every leaf is a vector of ones, so a subtree is its number of leaves.
static void fill(struct bench *b)
{
    const struct plan_part part = dist_part(b->ranks);
    const size_t leaves = plan_leaves(ROWS, b->floats);
    const struct par_range own = plan_part_leaves(leaves, part);
    b->sums = (struct plan_sums){.leaves = leaves, .divisor = 1};
    b->sums.nodes = tree_cover(own.begin, own.end, b->sums.node);
    for (size_t i = 0; i < b->sums.nodes; i++) {
        b->sums.node[i].sum = b->own + i * b->floats;
        for (size_t k = 0; k < b->floats; k++)
            b->sums.node[i].sum[k] = (float)((size_t)1 << b->sums.node[i].level);
    }
    for (size_t k = 0; k < b->floats; k++)
        b->mine[k] = 1;
}

static void verify(struct bench *b)
{
    for (size_t k = 0; k < b->floats; k++)
        b->wrong += b->sums.node[0].sum[k] != (float)b->sums.leaves ||
                    b->all[k] != (float)dist_ranks(b->ranks);
}

static void call(struct bench *b, size_t i)
{
    struct error e = {0};
    uint64_t flags = 0;
    fill(b);
    MPI_Barrier(MPI_COMM_WORLD);
    double begun = clock_seconds();
    if (dist_sum_add(b->sum, &b->sums, &flags, &e))
        die(e.text);
    b->skiff[i] = clock_seconds() - begun;
    MPI_Barrier(MPI_COMM_WORLD);
    begun = clock_seconds();
    MPI_Allreduce(b->mine, b->all, (int)b->floats, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD);
    b->mpi[i] = clock_seconds() - begun;
    verify(b);
}

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void print(struct bench *b)
{
    const size_t bytes = b->floats * sizeof(float), n = b->calls, late = n - 1 - n / 100;
    qsort(b->skiff, n, sizeof *b->skiff, by_size);
    qsort(b->mpi, n, sizeof *b->mpi, by_size);
    printf(
        "{\"bench\": \"exchange\", \"ranks\": %zu, \"hosts\": %zu, \"bytes\": %zu, \"calls\": %zu, "
        "\"skiff_us\": %.2f, \"skiff_us_99\": %.2f, \"allreduce_us\": %.2f, "
        "\"allreduce_us_99\": %.2f, \"verified\": %s}\n",
        dist_ranks(b->ranks), dist_hosts(b->ranks), bytes, n, 1e6 * b->skiff[n / 2],
        1e6 * b->skiff[late], 1e6 * b->mpi[n / 2], 1e6 * b->mpi[late], b->wrong ? "false" : "true");
    fflush(stdout);
}

static void run_size(struct bench *b, size_t floats, size_t rounds)
{
    const struct dist_sum_spec spec = {
        .ranks = b->ranks, .kern = b->kern, .floats = floats, .rows = ROWS, .threads = 1};
    struct error e = {0};
    b->floats = floats;
    b->calls = floats > 100000 ? rounds / 10 + 1 : rounds;
    b->sum = dist_sum_new(&spec, &e);
    b->own = mem_aligned(floats * TREE_COVER_MAX, sizeof *b->own);
    b->mine = mem_aligned(floats, sizeof *b->mine);
    b->all = mem_aligned(floats, sizeof *b->all);
    b->skiff = mem_array(b->calls, sizeof *b->skiff);
    b->mpi = mem_array(b->calls, sizeof *b->mpi);
    if (!b->sum || !b->own || !b->mine || !b->all || !b->skiff || !b->mpi)
        die("out of memory");
    for (size_t i = 0; i < b->calls / 10; i++)
        call(b, i); // to warm up
    for (size_t i = 0; i < b->calls; i++)
        call(b, i);
    if (dist_is_root(b->ranks))
        print(b);
    dist_sum_free(b->sum);
    mem_free(b->own);
    mem_free(b->mine);
    mem_free(b->all);
    mem_free(b->skiff);
    mem_free(b->mpi);
}

int main(int argc, char **argv)
{
    // 64 bytes, 1, 10, 100 KB, 1 and 10 MB
    static const size_t floats[] = {16, 256, 2560, 25600, 262144, 2621440};
    const size_t rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : 2000;
    struct bench b = {.wrong = 0};
    struct error e = {0};
    if (dist_open(&b.ranks, &e) || kern_select(&b.kern, &e) || !b.ranks) {
        fprintf(stderr, "exchange: %s\n", e.code ? e.text : "start it with mpiexec -n 2");
        return 1;
    }
    for (size_t i = 0; i < sizeof floats / sizeof *floats; i++)
        run_size(&b, floats[i], rounds);
    const int status = b.wrong != 0;
    dist_close(b.ranks, status);
    _exit(status);
}
