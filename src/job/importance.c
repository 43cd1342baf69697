// SPDX-License-Identifier: MIT
// A pair of a column and a shuffle is a piece of work that one thread does from end to end: batches
// of rows with the column's values from elsewhere, predictions, the metric. So threads share
// nothing, and the order in which pairs are done does not matter. Shuffle r is the r-th permutation
// that the seed gives, for every column: columns are then compared on the same accidents.
#include "job/importance.h"

#include "base/mem.h"
#include "base/rng.h"
#include "train/score.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define BATCH 256 // rows that are predicted together

struct shared {
    const struct model_run *run;
    const struct importance_spec *spec;
    struct importance *result;
    uint32_t *rows;    // [result->rows] of the data, ascending
    uint32_t *shuffle; // [repeats][result->rows] places in `rows`
    float *y;          // [result->rows][targets]
    double *value;     // [1 + columns * repeats] metrics; the first is of the rows as they are
    size_t workers;
    struct worker *worker;
    atomic_size_t done; // pieces
};

struct worker {
    struct plan *plan;
    float *X, *pred; // [BATCH][inputs], [rows][outputs]
    struct score score;
    int rc;
};

static struct importance_column column_of(const struct importance_spec *spec, size_t c)
{
    return spec->column ? spec->column[c] : (struct importance_column){c, 1};
}

// Rows [first, first + count) into w->X; those of column `c` (NULL: none) from where `from` says.
static void gather(const struct shared *s, struct worker *w, size_t first, size_t count,
                   const struct importance_column *c, const uint32_t *from)
{
    const struct dataset *d = s->spec->data;
    for (size_t i = 0; i < count; i++) {
        float *to = w->X + i * d->d;
        memcpy(to, d->X + s->rows[first + i] * d->d, d->d * sizeof *to);
        if (c)
            memcpy(to + c->feature, d->X + s->rows[from[first + i]] * d->d + c->feature,
                   c->features * sizeof *to);
    }
}

static double metric(const struct shared *s, const struct score *score)
{
    switch (s->run->model.net.task) {
    case TASK_MULTICLASS:
        return score->multiclass.accuracy;
    case TASK_REGRESSION:
        return score->regression.r2;
    default:
        return isnan(score->binary.auroc) ? score->binary.accuracy : score->binary.auroc;
    }
}

// Piece 0 is the rows as they are, piece 1 + c * repeats + r column c with shuffle r.
static int do_piece(const struct shared *s, struct worker *w, size_t piece)
{
    const struct net *net = &s->run->model.net;
    const size_t rows = s->result->rows, repeats = s->result->repeats;
    const struct importance_column column =
        piece ? column_of(s->spec, (piece - 1) / repeats) : (struct importance_column){0, 0};
    const uint32_t *from = piece ? s->shuffle + (piece - 1) % repeats * rows : NULL;
    for (size_t first = 0; first < rows; first += BATCH) {
        const size_t count = rows - first < BATCH ? rows - first : BATCH;
        const struct plan_batch batch = {.rows = count, .X = w->X};
        gather(s, w, first, count, from ? &column : NULL, from);
        plan_predict(w->plan, s->run->model.params, &batch, w->pred + first * net->outputs, NULL);
    }
    const int rc = score_measure(&w->score, net, rows, w->pred, s->y, NULL);
    s->value[piece] = rc ? NAN : metric(s, &w->score);
    return rc == ERR_NUMERIC ? 0 : rc;
}

static void work(void *context, size_t worker)
{
    struct shared *s = context;
    struct worker *w = &s->worker[worker];
    const size_t pieces = 1 + s->result->columns * s->result->repeats;
    const struct par_range range = par_split(pieces, 1, s->workers, worker);
    for (size_t piece = range.begin; piece < range.end && w->rc == 0; piece++) {
        w->rc = do_piece(s, w, piece);
        const size_t done = 1 + atomic_fetch_add(&s->done, 1);
        if (worker == 0 && s->spec->progress)
            s->spec->progress(s->spec->context, done, pieces);
    }
}

// Rows and repeats that the work allows; no metric when even the fewest would be far too much.
static void choose_size(struct importance *i, const struct net *net,
                        const struct importance_spec *spec)
{
    const double limit = spec->work > 0 ? spec->work : IMPORTANCE_WORK;
    const double each = (double)net->parameters * (double)i->columns; // a row, a repeat
    const size_t all = spec->data->n;
    i->repeats = spec->repeats ? spec->repeats : 1;
    i->rows = all < IMPORTANCE_ROWS_MAX ? all : IMPORTANCE_ROWS_MAX;
    if (each * (double)i->rows * (double)i->repeats > limit) {
        const double fit = limit / (each * (double)i->repeats);
        const size_t least = all < IMPORTANCE_ROWS_MIN ? all : IMPORTANCE_ROWS_MIN;
        i->rows = fit > (double)least ? (size_t)fit : least;
    }
    if (each * (double)i->rows * (double)i->repeats > limit) {
        const double fit = limit / (each * (double)i->rows);
        i->repeats = fit > 1 ? (size_t)fit : 1;
    }
    static const char *const names[] = {"", "auroc", "accuracy", "r2"}; // by enum net_task
    if (each * (double)i->rows * (double)i->repeats <= limit * IMPORTANCE_EXCESS)
        i->metric = names[net->task];
}

static int ascending(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

// All rows, or as many as there shall be, drawn without replacement and put in order.
static int draw_rows(struct shared *s, struct rng *rng, struct error *e)
{
    const size_t all = s->spec->data->n, rows = s->result->rows;
    if (all > UINT32_MAX)
        return error_set(e, ERR_LIMIT, "%zu rows: permutation importance takes at most %u", all,
                         UINT32_MAX);
    s->rows = mem_array(all, sizeof *s->rows);
    if (!s->rows)
        return error_nomem(e, "rows for the importance");
    for (size_t i = 0; i < all; i++)
        s->rows[i] = (uint32_t)i;
    if (rows < all) {
        rng_randperm(rng, s->rows, all);
        qsort(s->rows, rows, sizeof *s->rows, ascending);
    }
    return 0;
}

static bool one_class(const float *y, size_t rows)
{
    size_t positives = 0;
    for (size_t i = 0; i < rows; i++)
        positives += y[i] > 0;
    return positives == 0 || positives == rows;
}

static int prepare_rows(struct shared *s, struct error *e)
{
    const struct dataset *d = s->spec->data;
    const size_t rows = s->result->rows, repeats = s->result->repeats;
    struct rng rng;
    rng_seed(&rng, (uint64_t)s->spec->seed);
    const int rc = draw_rows(s, &rng, e);
    if (rc)
        return rc;
    s->y = mem_array(rows, d->targets * sizeof *s->y);
    s->shuffle = mem_array(rows, repeats * sizeof *s->shuffle);
    s->value = mem_array(1 + s->result->columns * repeats, sizeof *s->value);
    if (!s->y || !s->shuffle || !s->value)
        return error_nomem(e, "the importance");
    for (size_t i = 0; i < rows; i++)
        memcpy(s->y + i * d->targets, d->y + s->rows[i] * d->targets, d->targets * sizeof *s->y);
    for (size_t r = 0; r < repeats; r++)
        rng_randperm(&rng, s->shuffle + r * rows, rows);
    if (s->run->model.net.task == TASK_BINARY && one_class(s->y, rows))
        s->result->metric = "accuracy";
    return 0;
}

static int prepare_workers(struct shared *s, struct error *e)
{
    const struct net *net = &s->run->model.net;
    const struct plan_spec spec = {
        .net = net, .predict_rows = BATCH, .threads = 1, .gemm = &s->run->gemm};
    const size_t pieces = 1 + s->result->columns * s->result->repeats;
    s->workers = s->run->threads < pieces ? s->run->threads : pieces;
    s->worker = mem_array(s->workers, sizeof *s->worker);
    for (size_t i = 0; s->worker && i < s->workers; i++) {
        struct worker *w = &s->worker[i];
        w->X = mem_array(BATCH, net->inputs * sizeof *w->X);
        w->pred = mem_array(s->result->rows, net->outputs * sizeof *w->pred);
        w->plan = plan_new(&spec, s->run->kern, e);
        if (!w->X || !w->pred || !w->plan)
            return error_nomem(e, "the importance");
    }
    return s->worker ? 0 : error_nomem(e, "the importance");
}

static void shared_clear(struct shared *s)
{
    for (size_t i = 0; s->worker && i < s->workers; i++) {
        plan_free(s->worker[i].plan);
        mem_free(s->worker[i].X);
        mem_free(s->worker[i].pred);
        score_clear(&s->worker[i].score);
    }
    mem_free(s->worker);
    mem_free(s->rows);
    mem_free(s->shuffle);
    mem_free(s->y);
    mem_free(s->value);
}

static void summarize(const struct shared *s)
{
    struct importance *i = s->result;
    i->whole = s->value[0];
    for (size_t c = 0; c < i->columns; c++) {
        const double *value = s->value + 1 + c * i->repeats, n = (double)i->repeats;
        double sum = 0, squares = 0;
        for (size_t r = 0; r < i->repeats; r++)
            sum += i->whole - value[r];
        for (size_t r = 0; r < i->repeats; r++)
            squares += (i->whole - value[r] - sum / n) * (i->whole - value[r] - sum / n);
        i->mean[c] = sum / n;
        i->spread[c] = sqrt(squares / n);
    }
}

static int measure(struct shared *s, struct error *e)
{
    struct importance *i = s->result;
    i->mean = mem_array(i->columns, sizeof *i->mean);
    i->spread = mem_array(i->columns, sizeof *i->spread);
    int rc = i->mean && i->spread ? prepare_rows(s, e) : error_nomem(e, "the importance");
    if (rc == 0)
        rc = prepare_workers(s, e);
    if (rc)
        return rc;
    par_run(s->run->team, s->workers, work, s);
    for (size_t w = 0; w < s->workers; w++)
        if (s->worker[w].rc)
            return error_set(e, s->worker[w].rc, "importance: %s", error_name(s->worker[w].rc));
    summarize(s);
    return 0;
}

int importance_measure(struct importance *i, const struct model_run *run,
                       const struct importance_spec *spec, struct error *e)
{
    struct shared s = {.run = run, .spec = spec, .result = i};
    *i = (struct importance){.columns = spec->column ? spec->columns : spec->data->d};
    choose_size(i, &run->model.net, spec);
    const int rc = i->metric ? measure(&s, e) : 0;
    shared_clear(&s);
    if (rc)
        importance_clear(i);
    return rc;
}

void importance_clear(struct importance *i)
{
    mem_free(i->mean);
    mem_free(i->spread);
    *i = (struct importance){0};
}
