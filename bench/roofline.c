// SPDX-License-Identifier: MIT
// bench/roofline: what this machine can do, here and now. The FMA rate of every level, memory
// bandwidth by size, and matrix products: the best library's beside those of each level's own
// kernels, as the training step calls them (blocks of BLOCK_ROWS rows; dX on transposed weights).
#include "bench_options.h"
#include "harness.h"
#include "stream.h"

#include "base/mem.h"
#include "kern/par.h"
#include "model/block.h"

#include <math.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#define PEAK_LOOPS 20000   // of a worker in one call: tens of microseconds, long against par_run
#define CALL_BYTES 2097152 // at least, of a worker in one call, likewise
#define CORE_BYTES 524288  // sets up to this size are each core's own, larger ones are shared
#define CHECKED    61      // elements of a product that are computed in double

static const struct bench_program program = {
    .before = "Usage: bench/roofline [options]\n"
              "\n"
              "What this machine can do, here and now, as a measure for bench/run: multiply-adds\n"
              "on registers, memory bandwidth, and matrix products of OpenBLAS (one\n"
              "thread; where it is there) beside our own kernels at the shapes of wide layers,\n"
              "with what a training step does around them: bias and relu, the gate of dX.\n"
              "OPENBLAS_CORETYPE (Nehalem, Haswell, ...) makes OpenBLAS take its kernels for\n"
              "another processor. The figures in src/kern/gemm.c are those with 128 rows of\n"
              "--level all.\n",
    .after =
        "\n"
        "Figures\n"
        "  fma peak   the rate of each level on each number of threads\n"
        "  round trip of a word between two threads: how far apart their cores are. On a virtual\n"
        "             machine the host decides that and may change it within seconds; steps of\n"
        "             two threads exchange their gradients at this price\n"
        "  read       a sum over a set of that size; p=k*p+q: two halves of it, one written back.\n"
        "             Each thread has its own set of 16 or 512 KB (L1, L2); threads share the\n"
        "             larger ones (L3, memory). GB/s count reads and writes\n"
        "  % peak     of the level's fma peak, times threads\n"
        "  /base      time of our own product beside OpenBLAS's: below 1 ours is faster\n"
        "\n"
        "Exit status: 0 all verified, 1 something was wrong, 2 wrong options or no such case.\n",
};

// ---- multiply-adds on registers ----

struct team_work {
    struct bench_set *set;
    const struct kern *kern;
    size_t threads;
    const struct stream_level *stream;
    float **x;         // of each worker
    size_t floats;     // of each worker's set
    size_t passes;     // of a call
    double (*sink)[8]; // of each worker: a cache line
    double sum;        // that each worker's chains of multiply-adds must come to
};

static void peak_worker(void *context, size_t worker)
{
    const struct team_work *w = context;
    float sink[3] = {0.5F, 0.25F, 1.0F};
    w->kern->peak(PEAK_LOOPS, sink);
    w->sink[worker][0] = (double)sink[0];
}

static void run_peak(void *context)
{
    struct team_work *w = context;
    par_run(w->set->team, w->threads, peak_worker, w);
}

static void check_peak(struct bench_case *c)
{
    const struct team_work *w = c->context;
    for (size_t i = 0; i < w->threads; i++) {
        bench_near(c, w->sink[i][0], w->sum, fabs(w->sum));
        w->sink[i][0] = 0;
    }
}

static struct team_work *new_work(struct bench_set *set, const struct kern *kern, size_t threads)
{
    struct team_work *w = bench_alloc(set, 1, sizeof *w);
    *w = (struct team_work){.set = set, .kern = kern, .threads = threads};
    w->sink = bench_alloc(set, threads, sizeof *w->sink);
    return w;
}

static void add_peak(struct bench_set *set, const struct kern *kern, size_t threads)
{
    float sink[3] = {0.5F, 0.25F, 1.0F};
    struct bench_case c = {
        .name = "fma peak of threads", .kern = kern, .threads = threads, .run = run_peak};
    if (threads == 1 || !bench_wanted(set, c.name)) // one thread's is always measured
        return;
    struct team_work *w = new_work(set, kern, threads);
    c.context = w;
    c.check = check_peak;
    c.flops = kern->peak(PEAK_LOOPS, sink) * (double)threads;
    w->sum = (double)sink[0];
    bench_add(set, &c);
}

// ---- a word from one core to another and back ----

#define ROUND_TRIPS 1000  // of a call, long against handing it out
#define PATIENCE    10000 // looks at a counter before the core is given away

struct ping {
    struct par *team;
    _Alignas(MEM_ALIGN) atomic_size_t there;
    _Alignas(MEM_ALIGN) atomic_size_t back;
};

// The other thread may share this one's core: let it run at last.
static void wait_for(atomic_size_t *count, size_t value)
{
    for (size_t spins = 0; atomic_load_explicit(count, memory_order_acquire) < value; spins++)
        if (spins > PATIENCE)
            sched_yield();
}

static void ping_worker(void *context, size_t worker)
{
    struct ping *p = context;
    const size_t before = atomic_load(worker ? &p->back : &p->there);
    for (size_t i = before + 1; i <= before + ROUND_TRIPS; i++) {
        if (worker == 0)
            atomic_store_explicit(&p->there, i, memory_order_release);
        wait_for(worker ? &p->there : &p->back, i);
        if (worker == 1)
            atomic_store_explicit(&p->back, i, memory_order_release);
    }
}

static void run_ping(void *context)
{
    struct ping *p = context;
    par_run(p->team, 2, ping_worker, p);
}

static void check_ping(struct bench_case *c)
{
    struct ping *p = c->context;
    bench_equal(c, "round trips", atomic_load(&p->there), atomic_load(&p->back));
}

static void add_ping(struct bench_set *set, const struct kern *kern)
{
    struct ping *p = bench_alloc(set, 1, sizeof *p);
    p->team = set->team;
    if (par_threads(set->team) > 1)
        bench_add(set, &(struct bench_case){.name = "round trip between two threads",
                                            .kern = kern,
                                            .threads = 2,
                                            .context = p,
                                            .run = run_ping,
                                            .check = check_ping,
                                            .parts = ROUND_TRIPS});
}

// ---- memory ----

static void read_worker(void *context, size_t worker)
{
    const struct team_work *w = context;
    w->sink[worker][0] = w->stream->read(w->x[worker], w->floats, w->passes);
}

// p is 1 and q 1/2: 1 / 2 + 1 / 2 is 1 again.
static void update_worker(void *context, size_t worker)
{
    const struct team_work *w = context;
    const size_t half = w->floats / 2;
    for (size_t i = 0; i < w->passes; i++)
        w->stream->update(w->x[worker], w->x[worker] + half, 0.5F, half);
}

static void run_read(void *context)
{
    struct team_work *w = context;
    par_run(w->set->team, w->threads, read_worker, w);
}

static void run_update(void *context)
{
    struct team_work *w = context;
    par_run(w->set->team, w->threads, update_worker, w);
}

static void check_read(struct bench_case *c)
{
    const struct team_work *w = c->context;
    const double values = (double)w->floats * (double)w->passes;
    for (size_t i = 0; i < w->threads; i++)
        bench_near(c, w->sink[i][0], 0.75 * values, values);
}

static void check_update(struct bench_case *c)
{
    const struct team_work *w = c->context;
    for (size_t i = 0; i < w->threads; i++)
        bench_near(c, w->stream->read(w->x[i], w->floats / 2, 1), (double)w->floats / 2,
                   (double)w->floats / 2);
}

// One set of `bytes` in all, or for each thread, for reading and for updating in turn.
static struct team_work *new_stream(struct bench_set *set, const struct kern *kern, size_t threads,
                                    size_t bytes)
{
    struct team_work *w = new_work(set, kern, threads);
    const size_t part = bytes > CORE_BYTES ? bytes / threads : bytes;
    w->stream = stream_of(kern);
    w->floats = part / sizeof(float) / (2 * STREAM_GRAIN) * (2 * STREAM_GRAIN);
    w->passes = part < CALL_BYTES ? CALL_BYTES / part : 1;
    w->x = bench_alloc(set, threads, sizeof *w->x);
    for (size_t i = 0; i < threads; i++) {
        w->x[i] = bench_alloc(set, w->floats, sizeof(float));
        for (size_t j = 0; j < w->floats; j++)
            w->x[i][j] = j < w->floats / 2 ? 1 : 0.5F;
    }
    return w;
}

static void add_stream(struct bench_set *set, const struct kern *kern, size_t threads, size_t bytes)
{
    const char *unit = bytes < 1048576 ? "KB" : "MB";
    const size_t size = bytes < 1048576 ? bytes / 1024 : bytes / 1048576;
    struct bench_case read = {.kern = kern, .threads = threads, .run = run_read};
    struct bench_case update = {.kern = kern, .threads = threads, .run = run_update};
    snprintf(read.name, sizeof read.name, "read %zu %s", size, unit);
    snprintf(update.name, sizeof update.name, "p=k*p+q %zu %s", size, unit);
    if (!bench_wanted(set, read.name) && !bench_wanted(set, update.name))
        return;
    struct team_work *w = new_stream(set, kern, threads, bytes);
    const double once = (double)(w->floats * sizeof(float) * w->passes * threads);
    read.context = update.context = w;
    read.check = check_read;
    update.check = check_update;
    read.bytes = once;
    update.bytes = once / 2 * 3; // half of the set is read, the other half read and written
    bench_add(set, &read);
    bench_add(set, &update);
}

// ---- matrix products ----

enum kind { FORWARD, WEIGHTS, INPUTS };

// C[m][n] = sum over k of a(i,k) B[k][n], as a training step has it: FORWARD of A[m][k] with bias
// and relu, WEIGHTS of A[k][m], INPUTS of A[m][k] on transposed weights through relu's gate.
struct matrices {
    enum kind kind;
    size_t m, n, k;
    size_t lda, ldc;    // padded
    float *a, *b, *c;   // c is NaN between samples
    float *bias, *gate; // [ldc] of FORWARD, [m][ldc] of INPUTS, else NULL
};

// Who computes them.
struct engine {
    const struct gemm *gemm; // OpenBLAS; NULL: own kernels
    const struct kern *kern;
    const struct matrices *matrices;
};

static struct kern_product whole_product(const struct matrices *g)
{
    return (struct kern_product){.m = g->m,
                                 .n = g->ldc,
                                 .k = g->k,
                                 .a = g->a,
                                 .a_row = g->kind == WEIGHTS ? 1 : g->lda,
                                 .a_k = g->kind == WEIGHTS ? g->lda : 1,
                                 .b = g->b,
                                 .ldb = g->ldc,
                                 .c = g->c,
                                 .ldc = g->ldc,
                                 .start = g->bias,
                                 .relu = g->kind == FORWARD,
                                 .gate = g->gate};
}

// The library's best: all rows in one call.
static void run_blas(void *context)
{
    const struct engine *e = context;
    const struct kern_product p = whole_product(e->matrices);
    gemm_product(e->gemm, e->kern, &p);
}

// Rows of a batch come in blocks: they are m, or the sum's k for WEIGHTS.
static void run_own(void *context)
{
    const struct engine *e = context;
    const struct matrices *g = e->matrices;
    const struct kern_product whole = whole_product(g);
    const size_t rows = g->kind == WEIGHTS ? g->k : g->m;
    for (size_t begin = 0; begin < rows; begin += BLOCK_ROWS) {
        const size_t count = rows - begin < BLOCK_ROWS ? rows - begin : BLOCK_ROWS;
        struct kern_product p = whole;
        p.a += begin * g->lda;
        if (g->kind == WEIGHTS) {
            p.k = count;
            p.b += begin * g->ldc;
            p.start = begin ? g->c : NULL, p.start_row = g->ldc;
        } else {
            p.m = count;
            p.c += begin * g->ldc;
            p.gate = g->gate ? g->gate + begin * g->ldc : NULL;
        }
        gemm_product(NULL, e->kern, &p);
    }
}

static double element(const struct matrices *g, size_t i, size_t j)
{
    double sum = g->bias ? (double)g->bias[j] : 0;
    for (size_t k = 0; k < g->k; k++) {
        const float a = g->kind == WEIGHTS ? g->a[k * g->lda + i] : g->a[i * g->lda + k];
        sum += (double)a * (double)g->b[k * g->ldc + j];
    }
    if (g->kind == FORWARD && sum <= 0)
        return 0;
    return g->gate && g->gate[i * g->ldc + j] <= 0 ? 0 : sum;
}

// A few elements, everywhere.
static void check_matrices(struct bench_case *c)
{
    const struct matrices *g = ((const struct engine *)c->context)->matrices;
    for (size_t e = 0; e < CHECKED; e++) {
        const size_t i = e * 7919 % g->m, j = e * 104729 % g->n;
        bench_near(c, (double)g->c[i * g->ldc + j], element(g, i, j), sqrt((double)g->k));
    }
    memset(g->c, 0xff, g->m * g->ldc * sizeof *g->c);
}

static struct matrices *new_matrices(struct bench_set *set, enum kind kind, size_t m, size_t n,
                                     size_t k)
{
    struct matrices *g = bench_alloc(set, 1, sizeof *g);
    *g = (struct matrices){.kind = kind, .m = m, .n = n, .k = k};
    g->lda = kern_pad(g->kind == WEIGHTS ? g->m : g->k);
    g->ldc = kern_pad(g->n);
    g->a = bench_floats(set, (g->kind == WEIGHTS ? g->k : g->m) * g->lda, 1);
    g->b = bench_floats(set, g->k * g->ldc, 1);
    g->c = bench_alloc(set, g->m * g->ldc, sizeof *g->c);
    if (g->kind == FORWARD)
        g->bias = bench_floats(set, g->ldc, 1);
    if (g->kind == INPUTS)
        g->gate = bench_floats(set, g->m * g->ldc, 1);
    return g;
}

static struct engine *new_engine(struct bench_set *set, const struct gemm *gemm,
                                 const struct kern *kern, const struct matrices *matrices)
{
    struct engine *e = bench_alloc(set, 1, sizeof *e);
    *e = (struct engine){gemm, kern, matrices};
    return e;
}

// By OpenBLAS, with the best level for what it does not do, and by each level.
static void add_product(struct bench_set *set, enum kind kind, size_t m, size_t n, size_t k)
{
    static const char *const kinds[] = {"forward", "dW", "dX"};
    const struct kern *best = set->level[set->levels - 1].kern;
    char name[48];
    snprintf(name, sizeof name, "%s %zux%zux%zu", kinds[kind], m, n, k);
    struct bench_case blas = {.kern = best, .run = run_blas, .check = check_matrices, .blas = true};
    struct bench_case own = {.run = run_own, .check = check_matrices};
    snprintf(blas.name, sizeof blas.name, "%s openblas", name);
    snprintf(own.name, sizeof own.name, "%s own", name);
    if (!bench_wanted(set, blas.name) && !bench_wanted(set, own.name))
        return;
    const struct matrices *g = new_matrices(set, kind, m, n, k);
    blas.flops = own.flops = 2.0 * (double)m * (double)n * (double)k;
    blas.context = new_engine(set, set->gemm, best, g);
    if (set->gemm->library)
        own.base = bench_add(set, &blas);
    for (size_t l = 0; l < set->levels; l++) {
        own.kern = set->level[l].kern;
        own.context = new_engine(set, NULL, own.kern, g);
        bench_add(set, &own);
    }
}

// 512 and 2048 cubed; the steps of 256 and 4096 rows of 54-512-512, of 1024 of 2048-2048-1024.
static void add_steps(struct bench_set *set)
{
    static const struct {
        enum kind kind;
        size_t m, n, k;
    } shapes[] = {
        {FORWARD, 512, 512, 512},    {FORWARD, 2048, 2048, 2048}, {FORWARD, 256, 512, 54},
        {FORWARD, 256, 512, 512},    {WEIGHTS, 54, 512, 256},     {WEIGHTS, 512, 512, 256},
        {INPUTS, 256, 512, 512},     {FORWARD, 4096, 512, 512},   {WEIGHTS, 512, 512, 4096},
        {INPUTS, 4096, 512, 512}, // --short ends here
        {FORWARD, 1024, 2048, 2048}, {WEIGHTS, 2048, 2048, 1024}, {INPUTS, 1024, 2048, 2048},
        {FORWARD, 1024, 1024, 2048}, {WEIGHTS, 2048, 1024, 1024}, {INPUTS, 1024, 2048, 1024},
    };
    const size_t all = sizeof shapes / sizeof *shapes, wanted = set->options->brief ? 10 : all;
    for (size_t i = 0; i < wanted; i++)
        add_product(set, shapes[i].kind, shapes[i].m, shapes[i].n, shapes[i].k);
}

// The table in gemm.c: square layers on a block of rows.
static void add_blocks(struct bench_set *set)
{
    static const size_t widths[] = {64, 256, 512, 1024, 2048, 4096};
    const size_t rows = BLOCK_ROWS;
    for (size_t i = 0; !set->options->brief && i < sizeof widths / sizeof *widths; i++) {
        const size_t width = widths[i];
        add_product(set, FORWARD, rows, width, width);
        add_product(set, WEIGHTS, width, width, rows);
    }
}

// ---- all of it ----

static void add_cases(struct bench_set *set)
{
    static const size_t sizes[] = {16384, CORE_BYTES, 4194304, 16777216, 268435456};
    const struct opt_sizes *threads = &set->options->threads;
    const struct kern *best = set->level[set->levels - 1].kern; // levels come lowest first
    for (size_t l = 0; l < set->levels; l++)
        for (size_t t = 0; t < threads->count; t++)
            add_peak(set, set->level[l].kern, threads->value[t]);
    add_ping(set, best);
    for (size_t t = 0; t < threads->count; t++)
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
            add_stream(set, best, threads->value[t], sizes[s]);
    add_steps(set);
    add_blocks(set);
}

static struct bench_result run_set(const struct bench_context *context)
{
    struct bench_set *set = bench_begin("roofline", context);
    add_cases(set);
    return bench_end(set);
}

// OpenBLAS is loaded before there are threads.
static int run_all(const struct bench_options *options)
{
    struct gemm gemm;
    struct error e = {0};
    if (gemm_open(&gemm, GEMM_BLAS, &kern_baseline, SIZE_MAX, &e))
        fprintf(stderr, "bench: own products alone: %s\n", gemm.about);
    else if (options->table)
        printf("OpenBLAS: %s\n", gemm.about);
    const int status = bench_run(options, &gemm, run_set);
    gemm_clear(&gemm);
    return status;
}

int main(int argc, char **argv)
{
    struct bench_options options;
    int status = bench_options_read(&program, argc, argv, &options);
    if (status < 0)
        status = run_all(&options);
    bench_options_end(&options);
    return status;
}
