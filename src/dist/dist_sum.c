// SPDX-License-Identifier: MIT
// Every rank brings the maximal aligned subtrees of its leaves; which those are follows from the
// number of leaves and ranks, so everybody knows what everybody sends. Two ways to finish the tree:
//
// Small gradients: each rank sends its subtrees, with losses and flags in front, to all others in
// one message, and all finish the tree for themselves. One hop.
//
// Large ones: rank r finishes the tree for the r-th segment of the floats alone; the segments of
// the sum then go to everybody. Two hops, but of a rank's bytes only a few times the gradient's,
// however many ranks there are, and the additions are shared as well.
//
// Both add the same numbers in the same order, so the choice changes no bit.
#include "dist/dist_sum.h"

#include "base/mem.h"
#include "dist/dist_inner.h"

#include <string.h>

#define GRAIN         (4 * KERN_LANES) // floats; segments and shares of threads begin at multiples
#define SERIAL_FLOATS 32768            // not worth sharing among threads

// What stands in front of a rank's subtrees.
struct head {
    _Alignas(MEM_ALIGN) uint64_t flags;
    double loss[TREE_COVER_MAX]; // of its subtrees
};
#define HEAD_FLOATS (sizeof(struct head) / sizeof(float))

struct dist_sum {
    struct dist *ranks;
    const struct kern *kern;
    struct par *team;
    size_t floats, threads;
    bool segments;
    float *in;  // of each other rank in turn: a head, its subtrees or this rank's segment of them
    float *out; // a head, then this rank's subtrees or the finished sum
    struct tree_node *node; // subtrees of all ranks, in leaf order
    struct tree_step *step; // that join them
};

// The whole tree while it is finished.
struct join {
    const struct dist_sum *sum;
    size_t nodes, workers;
    size_t begin, floats; // which, of a gradient's
    size_t steps;
};

struct plan_part dist_part(const struct dist *d)
{
    return (struct plan_part){dist_rank(d), dist_ranks(d)};
}

// Subtrees that rank r hands over, without their sums.
static size_t nodes_of(size_t ranks, size_t leaves, size_t r, struct tree_node *node)
{
    const struct par_range own = plan_part_leaves(leaves, (struct plan_part){r, ranks});
    return tree_cover(own.begin, own.end, node);
}

// ---- memory

// The most subtrees of one rank, and of all, in batches of up to so many rows.
static void count_nodes(const struct dist_sum_spec *spec, size_t *one, size_t *all)
{
    struct tree_node node[TREE_COVER_MAX];
    *one = *all = 0;
    for (size_t leaves = plan_leaves(spec->rows, spec->floats); leaves > 0; leaves /= 2) {
        size_t sum = 0;
        for (size_t r = 0; r < spec->ranks->ranks; r++) {
            const size_t nodes = nodes_of(spec->ranks->ranks, leaves, r, node);
            sum += nodes;
            *one = nodes > *one ? nodes : *one;
        }
        *all = sum > *all ? sum : *all;
    }
}

static bool in_segments(const struct dist_sum_spec *spec)
{
    return spec->floats >= DIST_SEGMENTS_FROM;
}

// Floats of the two buffers; false: more than can be.
static bool sizes(const struct dist_sum_spec *spec, size_t *in, size_t *out)
{
    const size_t ranks = spec->ranks->ranks, floats = spec->floats;
    const size_t segment_most = (floats / ranks / GRAIN + 1) * GRAIN;
    size_t one, all;
    count_nodes(spec, &one, &all);
    return size_mul(all, in_segments(spec) ? segment_most : floats, in) &&
           size_add(*in, ranks * HEAD_FLOATS, in) &&
           size_mul(in_segments(spec) ? 1 : one, floats, out) && size_add(*out, HEAD_FLOATS, out);
}

double dist_sum_bytes(const struct dist_sum_spec *spec)
{
    size_t in, out;
    return sizes(spec, &in, &out) ? sizeof(float) * ((double)in + (double)out) : (double)SIZE_MAX;
}

static struct par_range segment(const struct dist_sum *s, size_t r)
{
    return par_split(s->floats, GRAIN, s->ranks->ranks, r);
}

static int buffers(struct dist_sum *s, const struct dist_sum_spec *spec, struct error *e)
{
    size_t in, out, one, all;
    count_nodes(spec, &one, &all);
    s->node = mem_array(all, sizeof *s->node);
    s->step = mem_array(all, sizeof *s->step);
    if (sizes(spec, &in, &out)) {
        s->in = mem_aligned(in, sizeof *s->in);
        s->out = mem_aligned(out, sizeof *s->out);
    }
    return s->in && s->out && s->node && s->step ? 0 : error_nomem(e, "sums of all ranks");
}

struct dist_sum *dist_sum_new(const struct dist_sum_spec *spec, struct error *e)
{
    struct dist_sum *s = mem_zalloc(sizeof *s);
    if (!s) {
        error_nomem(e, "sums of all ranks");
        return NULL;
    }
    s->ranks = spec->ranks;
    s->kern = spec->kern;
    s->team = spec->team;
    s->floats = spec->floats;
    s->threads = spec->threads;
    s->segments = in_segments(spec);
    if (buffers(s, spec, e)) {
        dist_sum_free(s);
        return NULL;
    }
    return s;
}

void dist_sum_free(struct dist_sum *s)
{
    if (!s)
        return;
    mem_free(s->in);
    mem_free(s->out);
    mem_free(s->node);
    mem_free(s->step);
    mem_free(s);
}

// ---- the messages

static int post_whole(struct dist_sum *s, const struct plan_sums *own, struct error *e)
{
    struct dist *d = s->ranks;
    struct tree_node node[TREE_COVER_MAX];
    float *in = s->in, *out = s->out + HEAD_FLOATS;
    int rc = 0;
    for (size_t i = 0; i < own->nodes; i++, out += s->floats)
        memcpy(out, own->node[i].sum, s->floats * sizeof *out);
    for (size_t r = 0; rc == 0 && r < d->ranks; r++) {
        if (r == d->rank)
            continue;
        const size_t floats = HEAD_FLOATS + nodes_of(d->ranks, own->leaves, r, node) * s->floats;
        rc = dist_recv(d, r, in, floats * sizeof *in, e);
        if (rc == 0)
            rc = dist_send(d, r, s->out, (size_t)(out - s->out) * sizeof *out, e);
        in += floats;
    }
    return rc;
}

// To rank r its segment of this rank's subtrees; from it this rank's of its.
static int swap_segments(struct dist_sum *s, size_t r, const struct plan_sums *own, float **in,
                         struct error *e)
{
    struct dist *d = s->ranks;
    struct tree_node node[TREE_COVER_MAX];
    const struct par_range mine = segment(s, d->rank), theirs = segment(s, r);
    const size_t nodes = nodes_of(d->ranks, own->leaves, r, node);
    int rc = dist_recv(d, r, *in, sizeof(struct head), e);
    *in += HEAD_FLOATS;
    for (size_t i = 0; rc == 0 && i < nodes; i++, *in += mine.end - mine.begin)
        rc = dist_recv(d, r, *in, (mine.end - mine.begin) * sizeof **in, e);
    if (rc == 0)
        rc = dist_send(d, r, s->out, sizeof(struct head), e);
    for (size_t i = 0; rc == 0 && i < own->nodes; i++)
        rc = dist_send(d, r, own->node[i].sum + theirs.begin,
                       (theirs.end - theirs.begin) * sizeof(float), e);
    return rc;
}

static int post_segments(struct dist_sum *s, const struct plan_sums *own, struct error *e)
{
    float *in = s->in;
    int rc = 0;
    for (size_t r = 0; rc == 0 && r < s->ranks->ranks; r++)
        if (r != s->ranks->rank)
            rc = swap_segments(s, r, own, &in, e);
    return rc;
}

// The finished segments to everybody, into one gradient.
static int gather_segments(struct dist_sum *s, const float *finished, struct error *e)
{
    struct dist *d = s->ranks;
    float *whole = s->out + HEAD_FLOATS;
    const struct par_range mine = segment(s, d->rank);
    const size_t bytes = (mine.end - mine.begin) * sizeof *whole;
    int rc = 0;
    memcpy(whole + mine.begin, finished, bytes);
    for (size_t r = 0; rc == 0 && r < d->ranks; r++) {
        if (r == d->rank)
            continue;
        const struct par_range theirs = segment(s, r);
        rc = dist_recv(d, r, whole + theirs.begin, (theirs.end - theirs.begin) * sizeof *whole, e);
        if (rc == 0)
            rc = dist_send(d, r, whole + mine.begin, bytes, e);
    }
    return rc ? rc : dist_wait(d, e);
}

// ---- the additions

// Puts all ranks' nodes in leaf order, and what their heads say into them and `flags`.
static void collect(const struct dist_sum *s, struct join *j, const struct plan_sums *sums,
                    uint64_t *flags)
{
    float *in = s->in;
    j->nodes = 0;
    for (size_t r = 0; r < s->ranks->ranks; r++) {
        struct tree_node *node = s->node + j->nodes;
        const size_t count = nodes_of(s->ranks->ranks, sums->leaves, r, node);
        j->nodes += count;
        if (r == s->ranks->rank) {
            for (size_t i = 0; i < count; i++) {
                node[i].sum = sums->node[i].sum + j->begin;
                node[i].loss = sums->node[i].loss;
            }
            continue;
        }
        struct head head;
        memcpy(&head, in, sizeof head);
        in += HEAD_FLOATS;
        for (size_t i = 0; i < count; i++, in += j->floats) {
            node[i].sum = in;
            node[i].loss = head.loss[i];
        }
        *flags |= head.flags;
    }
}

static void run_join(void *context, size_t worker)
{
    const struct join *j = context;
    const struct dist_sum *s = j->sum;
    const struct par_range part = par_split(j->floats, GRAIN, j->workers, worker);
    for (size_t i = 0; i < j->steps; i++)
        s->kern->add(part.end - part.begin, s->node[s->step[i].into].sum + part.begin,
                     s->node[s->step[i].from].sum + part.begin);
}

// Finishes the tree in node[0].
static void finish(struct join *j)
{
    const struct dist_sum *s = j->sum;
    j->steps = tree_join(s->node, j->nodes, s->step);
    tree_join_losses(s->node, s->step, j->steps);
    j->workers = j->floats < SERIAL_FLOATS ? 1 : j->sum->threads;
    par_run(j->sum->team, j->workers, run_join, j);
}

int dist_sum_add(struct dist_sum *s, struct plan_sums *sums, uint64_t *flags, struct error *e)
{
    struct join j = {.sum = s, .floats = s->floats};
    struct head head = {.flags = *flags};
    for (size_t i = 0; i < sums->nodes; i++)
        head.loss[i] = sums->node[i].loss;
    memcpy(s->out, &head, sizeof head);
    int rc = s->segments ? post_segments(s, sums, e) : post_whole(s, sums, e);
    if (rc == 0)
        rc = dist_wait(s->ranks, e);
    if (rc)
        return rc;
    if (s->segments) {
        const struct par_range mine = segment(s, s->ranks->rank);
        j.begin = mine.begin;
        j.floats = mine.end - mine.begin;
    }
    collect(s, &j, sums, flags);
    finish(&j);
    if (s->segments) {
        rc = gather_segments(s, s->node[0].sum, e);
        s->node[0].sum = s->out + HEAD_FLOATS;
    }
    sums->nodes = 1;
    sums->node[0] = s->node[0];
    return rc;
}

// ---- the same, counted

struct dist_cost dist_sum_cost(size_t floats, size_t leaves, size_t ranks)
{
    const double others = (double)ranks - 1, bytes = sizeof(float) * (double)floats;
    struct tree_node node[TREE_COVER_MAX];
    double all = 0, most = 0;
    if (ranks < 2)
        return (struct dist_cost){0};
    for (size_t r = 0; r < ranks; r++) {
        const double nodes = (double)nodes_of(ranks, leaves, r, node);
        all += nodes;
        most = nodes > most ? nodes : most;
    }
    const double heads = others * sizeof(struct head), subtrees = others * most * bytes;
    if (floats < DIST_SEGMENTS_FROM)
        return (struct dist_cost){heads + subtrees, others, 1, all - 1};
    return (struct dist_cost){
        .bytes = heads + (subtrees + others * bytes) / (double)ranks,
        .messages = others * (2 + most),
        .hops = 2,
        .additions = (all - 1) / (double)ranks,
    };
}
