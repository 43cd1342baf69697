// SPDX-License-Identifier: MIT
// Few numbers go to everybody, who adds them up for himself: one hop. Of many, rank r adds the r-th
// segment, and the segments of the sum go to everybody: two hops, and twice the bytes of the
// numbers however many ranks there are. Both add in the order of the ranks.
#include "dist/dist_total.h"

#include "base/mem.h"
#include "dist/dist_inner.h"
#include "kern/par.h"

#define SEGMENTS_FROM 8192 // floats, 32 KB

union word {
    double number;
    uint64_t flags;
};

struct dist_total {
    struct dist *ranks;
    const struct kern *kern;
    float *in;        // of each other rank in turn
    union word *word; // [ranks]
};

// Floats that come in at a time, at most.
static size_t in_floats(size_t ranks, size_t floats)
{
    const size_t few = floats < SEGMENTS_FROM ? floats : SEGMENTS_FROM;
    const size_t segment = kern_pad(floats / ranks + 1) + KERN_LANES;
    return (ranks - 1) * kern_pad(few > segment ? few : segment);
}

double dist_total_bytes(size_t ranks, size_t floats)
{
    return (double)in_floats(ranks, floats) * sizeof(float);
}

struct dist_total *dist_total_new(struct dist *d, const struct kern *kern, size_t floats,
                                  struct error *e)
{
    struct dist_total *t = mem_zalloc(sizeof *t);
    if (t) {
        t->ranks = d;
        t->kern = kern;
        t->in = mem_block(in_floats(dist_ranks(d), floats), sizeof *t->in);
        t->word = mem_array(dist_ranks(d), sizeof *t->word);
    }
    if (t && t->in && t->word)
        return t;
    dist_total_free(t);
    error_nomem(e, "sums of all ranks");
    return NULL;
}

void dist_total_free(struct dist_total *t)
{
    if (!t)
        return;
    mem_free(t->in);
    mem_free(t->word);
    mem_free(t);
}

// values += what the others have sent, in the order of the ranks: those below this one first, which
// are added to each other. Each has `count` floats at every `stride` of t->in.
static void add_up(struct dist_total *t, float *values, size_t count, size_t stride)
{
    const size_t rank = t->ranks->rank, others = t->ranks->ranks - 1;
    for (size_t r = 1; r < rank; r++)
        t->kern->add(count, t->in, t->in + r * stride);
    if (rank > 0)
        t->kern->add(count, values, t->in);
    for (size_t r = rank; r < others; r++)
        t->kern->add(count, values, t->in + r * stride);
}

static int add_few(struct dist_total *t, float *values, size_t count, struct error *e)
{
    struct dist *d = t->ranks;
    const size_t stride = kern_pad(count);
    float *in = t->in;
    int rc = 0;
    for (size_t r = 0; rc == 0 && r < d->ranks; r++) {
        if (r == d->rank)
            continue;
        rc = dist_recv(d, r, in, count * sizeof *in, e);
        if (rc == 0)
            rc = dist_send(d, r, values, count * sizeof *values, e);
        in += stride;
    }
    if (rc == 0)
        rc = dist_wait(d, e);
    if (rc == 0)
        add_up(t, values, count, stride);
    return rc;
}

static struct par_range segment(const struct dist_total *t, size_t count, size_t r)
{
    return par_split(count, KERN_LANES, t->ranks->ranks, r);
}

// Every rank's values of this rank's segment to it.
static int scatter(struct dist_total *t, const float *values, size_t count, size_t stride,
                   struct error *e)
{
    struct dist *d = t->ranks;
    const struct par_range mine = segment(t, count, d->rank);
    float *in = t->in;
    int rc = 0;
    for (size_t r = 0; rc == 0 && r < d->ranks; r++) {
        if (r == d->rank)
            continue;
        const struct par_range theirs = segment(t, count, r);
        rc = dist_recv(d, r, in, (mine.end - mine.begin) * sizeof *in, e);
        if (rc == 0)
            rc = dist_send(d, r, values + theirs.begin,
                           (theirs.end - theirs.begin) * sizeof *values, e);
        in += stride;
    }
    return rc ? rc : dist_wait(d, e);
}

static int gather(struct dist_total *t, float *values, size_t count, struct error *e)
{
    struct dist *d = t->ranks;
    const struct par_range mine = segment(t, count, d->rank);
    int rc = 0;
    for (size_t r = 0; rc == 0 && r < d->ranks; r++) {
        if (r == d->rank)
            continue;
        const struct par_range theirs = segment(t, count, r);
        rc =
            dist_recv(d, r, values + theirs.begin, (theirs.end - theirs.begin) * sizeof *values, e);
        if (rc == 0)
            rc = dist_send(d, r, values + mine.begin, (mine.end - mine.begin) * sizeof *values, e);
    }
    return rc ? rc : dist_wait(d, e);
}

int dist_total_floats(struct dist_total *t, float *values, size_t count, struct error *e)
{
    if (dist_ranks(t->ranks) == 1)
        return 0;
    if (count <= SEGMENTS_FROM)
        return add_few(t, values, count, e);
    const struct par_range mine = segment(t, count, t->ranks->rank);
    const size_t stride = kern_pad(mine.end - mine.begin);
    const int rc = scatter(t, values, count, stride, e);
    if (rc)
        return rc;
    add_up(t, values + mine.begin, mine.end - mine.begin, stride);
    return gather(t, values, count, e);
}

// Everybody's word to all.
static int tell(struct dist_total *t, union word own, struct error *e)
{
    struct dist *d = t->ranks;
    int rc = 0;
    t->word[d->rank] = own;
    for (size_t r = 0; rc == 0 && r < d->ranks; r++) {
        if (r == d->rank)
            continue;
        rc = dist_recv(d, r, &t->word[r], sizeof own, e);
        if (rc == 0)
            rc = dist_send(d, r, &t->word[d->rank], sizeof own, e);
    }
    return rc ? rc : dist_wait(d, e);
}

int dist_total_number(struct dist_total *t, double *value, struct error *e)
{
    if (dist_ranks(t->ranks) == 1)
        return 0;
    const int rc = tell(t, (union word){.number = *value}, e);
    *value = 0;
    for (size_t r = 0; rc == 0 && r < t->ranks->ranks; r++)
        *value += t->word[r].number;
    return rc;
}

int dist_total_flags(struct dist_total *t, uint64_t *flags, struct error *e)
{
    if (dist_ranks(t->ranks) == 1)
        return 0;
    const int rc = tell(t, (union word){.flags = *flags}, e);
    for (size_t r = 0; rc == 0 && r < t->ranks->ranks; r++)
        *flags |= t->word[r].flags;
    return rc;
}
