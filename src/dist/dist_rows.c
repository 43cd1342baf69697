// SPDX-License-Identifier: MIT
// Every rank knows the order of a batch and who has which rows, so it knows what to send to whom
// and what comes from where: no rank asks, and a batch is one message between two ranks, with the
// rows in the order in which the receiver computes them.
#include "dist/dist_rows.h"

#include "base/mem.h"
#include "dist/dist_inner.h"
#include "dist/dist_sum.h"
#include "model/plan.h"

#include <string.h>

struct dist_rows {
    struct dist *ranks;
    const float *X;
    size_t d, gradient_floats;
    size_t *begin;         // [ranks + 1] of the table's rows
    const float **next;    // [ranks] the row of each that is taken next
    size_t *count;         // [ranks] rows that come from each
    float *in, *out, *own; // [largest batch][d]: from others, to others, in the batch's order
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
    const size_t begin = from[a] > to[b] ? from[a] : to[b];
    const size_t end = from[a + 1] < to[b + 1] ? from[a + 1] : to[b + 1];
    return (struct par_range){begin, end > begin ? end : begin};
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

struct dist_rows *dist_rows_new(const struct dist_rows_spec *spec, struct error *e)
{
    const size_t ranks = spec->ranks->ranks;
    struct dist_rows *r = mem_zalloc(sizeof *r);
    if (!r) {
        error_nomem(e, "rows of other ranks");
        return NULL;
    }
    *r = (struct dist_rows){.ranks = spec->ranks,
                            .X = spec->X,
                            .d = spec->d,
                            .gradient_floats = spec->gradient_floats,
                            .begin = mem_array(ranks + 1, sizeof *r->begin),
                            .next = mem_array(ranks, sizeof *r->next),
                            .count = mem_array(ranks, sizeof *r->count)};
    size_t floats; // at most: who computes a batch may need all of its rows, or have them
    if (size_mul(spec->batch, spec->d, &floats)) {
        r->in = mem_block(floats, sizeof *r->in);
        r->out = mem_block(floats, sizeof *r->out);
        r->own = mem_block(floats, sizeof *r->own);
    }
    if (!r->begin || !r->next || !r->count || !r->in || !r->out || !r->own) {
        dist_rows_free(r);
        error_nomem(e, "rows of other ranks");
        return NULL;
    }
    dist_rows_divide(spec->ranks, spec->rows, spec->gradient_floats, r->begin);
    return r;
}

void dist_rows_free(struct dist_rows *r)
{
    if (!r)
        return;
    mem_free(r->begin);
    mem_free(r->next);
    mem_free(r->count);
    mem_free(r->in);
    mem_free(r->out);
    mem_free(r->own);
    mem_free(r);
}

// The rank that has that row of the table.
static size_t owner(const struct dist_rows *r, size_t row)
{
    size_t low = 0, high = r->ranks->ranks;
    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;
        if (r->begin[middle] <= row)
            low = middle;
        else
            high = middle;
    }
    return low;
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
    float *in = r->in;
    int rc = 0;
    memset(r->count, 0, d->ranks * sizeof *r->count);
    for (size_t i = mine.begin; i < mine.end; i++)
        r->count[owner(r, r->order[i])]++;
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

static int send(struct dist_rows *r, struct error *e)
{
    struct dist *d = r->ranks;
    const size_t begin = r->begin[d->rank], own = r->begin[d->rank + 1] - begin;
    float *out = r->out;
    int rc = 0;
    for (size_t to = 0; rc == 0 && to < d->ranks; to++) {
        if (to == d->rank)
            continue;
        const struct par_range theirs = part_of(r, to);
        const float *first = out;
        for (size_t i = theirs.begin; i < theirs.end; i++) {
            const size_t row = r->order[i] - begin; // wraps around below it
            if (row >= own)
                continue;
            memcpy(out, r->X + row * r->d, r->d * sizeof *out);
            out += r->d;
        }
        rc = dist_send(d, to, first, (size_t)(out - first) * sizeof *out, e);
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

const float *dist_rows_take(struct dist_rows *r, size_t *first)
{
    const size_t me = r->ranks->rank;
    const struct par_range mine = part_of(r, me);
    float *own = r->own;
    for (size_t i = mine.begin; i < mine.end; i++, own += r->d) {
        const size_t row = r->order[i], from = owner(r, row);
        const float *at = from == me ? r->X + (row - r->begin[me]) * r->d : r->next[from];
        memcpy(own, at, r->d * sizeof *own);
        if (from != me)
            r->next[from] += r->d;
    }
    *first = mine.begin;
    return r->own;
}
