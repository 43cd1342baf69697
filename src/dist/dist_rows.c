// SPDX-License-Identifier: MIT
// Every rank knows the order of a batch and who has which rows, so it knows what to send to whom
// and what comes from where: no rank asks, and a batch is one message between two ranks, with the
// rows in the order in which the receiver computes them. They are computed from where they have
// arrived, or from the table, row by row; only what is sent is copied together.
#include "dist/dist_rows.h"

#include "base/mem.h"
#include "dist/dist_inner.h"
#include "kern/kern.h"
#include "model/plan.h"

#include <string.h>

#define GATHER_AHEAD  32    // rows; memory answers in the time that some of them take
#define SERIAL_FLOATS 32768 // not worth sharing among threads

struct dist_rows {
    struct dist *ranks;
    struct par *team;
    const float *X;
    size_t d, gradient_floats, threads;
    size_t *begin;      // [ranks + 1] of the table's rows
    uint32_t leaf_rows; // of the whole table as one batch, and whose its leaves are
    uint32_t leaf_owner[TREE_LEAVES_MAX];
    size_t *count;         // [ranks] rows that come from each, then those that go to each
    const float **next;    // [ranks] the row of each that is taken next
    float *in[2];          // [largest batch][d] from others: of the batch in work, and of the next
    float *out;            // likewise to others
    const float **at;      // [largest batch] this rank's part of a batch
    uint32_t *from;        // [largest batch] the ranks that these rows are with
    uint32_t *sent;        // [largest batch] rows that go to others, from the first that is here
    size_t sends, workers; // how many these are, and who copies them
    const uint32_t *order; // of the batch that was posted, and its rows
    size_t rows;
};

int dist_rows_join(struct dist *d, const size_t *begin, void *all, size_t bytes, struct error *e)
{
    const size_t me = d->rank;
    const char *mine = (const char *)all + begin[me] * bytes;
    int rc = 0;
    for (size_t r = 0; rc == 0 && r < d->ranks; r++) {
        if (r == me)
            continue;
        rc = dist_recv(d, r, (char *)all + begin[r] * bytes, (begin[r + 1] - begin[r]) * bytes, e);
        if (rc == 0)
            rc = dist_send(d, r, mine, (begin[me + 1] - begin[me]) * bytes, e);
    }
    return rc ? rc : dist_wait(d, e);
}

// What rank `a` of the one division and rank `b` of the other have in common.
static struct par_range common(const size_t *from, size_t a, const size_t *to, size_t b)
{
    return par_common((struct par_range){from[a], from[a + 1]},
                      (struct par_range){to[b], to[b + 1]});
}

int dist_rows_deal(struct dist *d, const struct dist_deal *deal, struct error *e)
{
    const size_t me = d->rank, bytes = deal->bytes;
    const size_t *from = deal->from, *to = deal->to;
    int rc = 0;
    for (size_t r = 0; rc == 0 && r < d->ranks; r++) {
        const struct par_range in = common(from, r, to, me), out = common(from, me, to, r);
        const size_t in_bytes = (in.end - in.begin) * bytes,
                     out_bytes = (out.end - out.begin) * bytes;
        char *into =
            in_bytes && deal->dealt ? (char *)deal->dealt + (in.begin - to[me]) * bytes : NULL;
        const char *own =
            out_bytes ? (const char *)deal->rows + (out.begin - from[me]) * bytes : NULL;
        if (r == me && into)
            memcpy(into, own, in_bytes);
        if (r == me)
            continue;
        rc = dist_recv(d, r, into, in_bytes, e);
        if (rc == 0)
            rc = dist_send(d, r, own, out_bytes, e);
    }
    return rc ? rc : dist_wait(d, e);
}

void dist_rows_divide(const struct dist *d, size_t rows, size_t gradient_floats, size_t *begin)
{
    for (size_t r = 0; r < d->ranks; r++)
        begin[r] = plan_rows_of(rows, gradient_floats, (struct plan_part){r, d->ranks}).begin;
    begin[d->ranks] = rows;
}

// ---- batches

// The rank that has a row is found without a branch: rows come in no order.
static void divide(struct dist_rows *r, size_t rows)
{
    const size_t leaves = plan_leaves(rows, r->gradient_floats), ranks = r->ranks->ranks;
    dist_rows_divide(r->ranks, rows, r->gradient_floats, r->begin);
    r->leaf_rows =
        (uint32_t)plan_rows_of(rows, r->gradient_floats, (struct plan_part){0, leaves}).end;
    for (size_t rank = 0; rank < ranks; rank++) {
        const struct par_range own = plan_part_leaves(leaves, (struct plan_part){rank, ranks});
        for (size_t leaf = own.begin; leaf < own.end; leaf++)
            r->leaf_owner[leaf] = (uint32_t)rank;
    }
}

static bool has_buffers(const struct dist_rows *r)
{
    return r->begin && r->next && r->count && r->at && r->from && r->sent && r->in[0] && r->in[1] &&
           r->out;
}

struct dist_rows *dist_rows_new(const struct dist_rows_spec *spec, struct error *e)
{
    const size_t ranks = spec->ranks->ranks;
    struct dist_rows *r = mem_zalloc(sizeof *r);
    if (!r) {
        error_nomem(e, "rows of other ranks");
        return NULL;
    }
    *r = (struct dist_rows){.ranks = spec->ranks,
                            .team = spec->team,
                            .X = spec->X,
                            .d = spec->d,
                            .gradient_floats = spec->gradient_floats,
                            .threads = spec->threads,
                            .begin = mem_array(ranks + 1, sizeof *r->begin),
                            .count = mem_array(ranks, sizeof *r->count),
                            .next = mem_array(ranks, sizeof *r->next),
                            .at = mem_array(spec->batch, sizeof *r->at),
                            .from = mem_array(spec->batch, sizeof *r->from),
                            .sent = mem_array(spec->batch, sizeof *r->sent)};
    size_t floats; // at most: who computes a batch may need all of its rows, or have them
    if (size_mul(spec->batch, spec->d, &floats)) {
        r->in[0] = mem_block(floats, sizeof *r->out);
        r->in[1] = mem_block(floats, sizeof *r->out);
        r->out = mem_block(floats, sizeof *r->out);
    }
    if (!has_buffers(r)) {
        dist_rows_free(r);
        error_nomem(e, "rows of other ranks");
        return NULL;
    }
    divide(r, spec->rows);
    return r;
}

void dist_rows_free(struct dist_rows *r)
{
    if (!r)
        return;
    mem_free(r->begin);
    mem_free(r->next);
    mem_free(r->count);
    mem_free(r->at);
    mem_free(r->from);
    mem_free(r->sent);
    mem_free(r->in[0]);
    mem_free(r->in[1]);
    mem_free(r->out);
    mem_free(r);
}

// Of the batch, which rank computes which rows.
static struct par_range part_of(const struct dist_rows *r, size_t rank)
{
    const struct plan_part part = {rank, r->ranks->ranks};
    return plan_rows_of(r->rows, r->gradient_floats, part);
}

static int receive(struct dist_rows *r, struct error *e)
{
    struct dist *d = r->ranks;
    const struct par_range mine = part_of(r, d->rank);
    float *in = r->in[1];
    int rc = 0;
    memset(r->count, 0, d->ranks * sizeof *r->count);
    for (size_t i = mine.begin; i < mine.end; i++) {
        const uint32_t from = r->leaf_owner[r->order[i] / r->leaf_rows];
        r->from[i - mine.begin] = from;
        r->count[from]++;
    }
    for (size_t from = 0; rc == 0 && from < d->ranks; from++) {
        if (from == d->rank)
            continue;
        const size_t floats = r->count[from] * r->d;
        r->next[from] = in;
        rc = dist_recv(d, from, in, floats * sizeof *in, e);
        in += floats;
    }
    return rc;
}

// The rows of the batch that are here and computed elsewhere: first those for rank 0.
static void list_sent(struct dist_rows *r)
{
    const size_t me = r->ranks->rank;
    const uint32_t begin = (uint32_t)r->begin[me], own = (uint32_t)r->begin[me + 1] - begin;
    r->sends = 0;
    for (size_t to = 0; to < r->ranks->ranks; to++) {
        const struct par_range theirs = part_of(r, to);
        const size_t before = r->sends;
        for (size_t i = theirs.begin; to != me && i < theirs.end; i++) {
            const uint32_t row = r->order[i] - begin; // wraps around below it
            r->sent[r->sends] = row;
            r->sends += row < own;
        }
        r->count[to] = r->sends - before;
    }
}

static void copy_sent(void *context, size_t worker)
{
    const struct dist_rows *r = context;
    const struct par_range range = par_split(r->sends, 1, r->workers, worker);
    for (size_t i = range.begin; i < range.end; i++) {
        const size_t next = i + GATHER_AHEAD < range.end ? i + GATHER_AHEAD : i;
        const float *ahead = r->X + r->sent[next] * r->d;
        for (size_t j = 0; j < r->d; j += KERN_LANES)
            __builtin_prefetch(ahead + j);
        memcpy(r->out + i * r->d, r->X + r->sent[i] * r->d, r->d * sizeof *r->out);
    }
}

static int send(struct dist_rows *r, struct error *e)
{
    const float *out = r->out;
    int rc = 0;
    list_sent(r);
    r->workers = r->sends * r->d < SERIAL_FLOATS ? 1 : r->threads;
    par_run(r->team, r->workers, copy_sent, r);
    for (size_t to = 0; rc == 0 && to < r->ranks->ranks; to++) {
        rc = dist_send(r->ranks, to, out, r->count[to] * r->d * sizeof *out, e);
        out += r->count[to] * r->d;
    }
    return rc;
}

int dist_rows_post(struct dist_rows *r, const uint32_t *order, size_t rows, struct error *e)
{
    r->order = order;
    r->rows = rows;
    const int rc = receive(r, e);
    return rc ? rc : send(r, e);
}

int dist_rows_wait(struct dist_rows *r, struct error *e)
{
    return dist_wait(r->ranks, e);
}

const float *const *dist_rows_take(struct dist_rows *r, size_t *begin, size_t *end)
{
    const size_t me = r->ranks->rank;
    const struct par_range mine = part_of(r, me);
    for (size_t i = mine.begin; i < mine.end; i++) {
        const size_t k = i - mine.begin, from = r->from[k];
        if (from == me) {
            r->at[k] = r->X + (r->order[i] - r->begin[me]) * r->d;
        } else {
            r->at[k] = r->next[from];
            r->next[from] += r->d;
        }
    }
    float *const taken = r->in[1];
    r->in[1] = r->in[0];
    r->in[0] = taken;
    *begin = mine.begin;
    *end = mine.end;
    return r->at;
}
