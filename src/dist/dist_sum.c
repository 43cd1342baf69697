// SPDX-License-Identifier: MIT
// Every rank brings the maximal aligned subtrees of its leaves; which those are follows from the
// number of leaves and ranks, so everybody knows what everybody sends. Three ways to finish the
// tree:
//
// Small gradients: each rank sends its subtrees, with losses and flags in front, to all others in
// one message, and all finish the tree for themselves. One hop.
//
// Large ones: rank r finishes the tree for the r-th segment of the floats alone; the segments of
// the sum then go to everybody. Two hops, but of a rank's bytes only a few times the gradient's,
// however many ranks there are, and the additions are shared as well.
//
// Many ranks: recursive doubling (doubling.h). Few hops and messages, log2 of the ranks, but whole
// subtrees in each.
//
// Large gradients may also go in pieces, each in segments, while the rest is computed: dist_flow.c.
//
// All add the same numbers in the same order, so the choice changes no bit. It is made by what the
// ways cost on the network as the root has found it, for all ranks must choose the same.
#include "dist/dist_sum.h"

#include "base/mem.h"
#include "dist/dist_flow.h"
#include "dist/dist_inner.h"
#include "dist/dist_sum_inner.h"
#include "dist/doubling.h"

#include <string.h>

#define GRAIN         (4 * KERN_LANES) // floats; segments and shares of threads begin at multiples
#define SERIAL_FLOATS 32768            // not worth sharing among threads

#define HEAD_FLOATS (sizeof(struct head) / sizeof(float))

struct dist_sum {
    struct dist *ranks;
    const struct kern *kern;
    struct par *team;
    size_t floats, threads;
    enum dist_sum_way way;
    struct dist_flow *flow; // segments in pieces, or NULL
    bool in_pieces;
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

// ---- memory

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

// The most subtrees of one rank, and of all, in batches of up to so many rows.
static void count_nodes(const struct dist_sum_spec *spec, size_t *one, size_t *all)
{
    struct tree_node node[TREE_COVER_MAX];
    *one = *all = 0;
    for (size_t leaves = plan_leaves(spec->rows, spec->floats); leaves > 0; leaves /= 2) {
        size_t sum = 0;
        for (size_t r = 0; r < spec->ranks->ranks; r++) {
            const size_t nodes = dist_sum_nodes(spec->ranks->ranks, leaves, r, node);
            sum += nodes;
            *one = nodes > *one ? nodes : *one;
        }
        *all = sum > *all ? sum : *all;
    }
}

static enum dist_sum_way way_of(const struct dist_sum_spec *spec)
{
    const struct dist *d = spec->ranks;
    return dist_sum_choose(spec->floats, plan_leaves(spec->rows, spec->floats), d->ranks,
                           &d->network);
}

static bool has_pieces(const struct dist_sum_spec *spec)
{
    return spec->pieces && spec->pieces->count > 0;
}

// The most subtrees of a message, in batches of up to so many leaves.
static size_t most_doubling(struct doubling g, size_t leaves_most)
{
    size_t most = 1;
    for (size_t leaves = leaves_most; leaves > 0; leaves /= 2) {
        for (size_t rank = 0; rank < g.ranks; rank++)
            most = larger(most, dist_sum_count(doubling_own(g, leaves, rank)));
        for (size_t width = 1; width < g.actors; width *= 2)
            for (size_t actor = 0; actor < g.actors; actor += width)
                most = larger(most, dist_sum_count(doubling_leaves(g, leaves, actor, width)));
    }
    return most;
}

// One message of each round, and the one of who does not act, stay until the end.
static bool sizes_doubling(const struct dist_sum_spec *spec, size_t *in, size_t *out)
{
    const struct doubling g = doubling_of(spec->ranks->ranks);
    const size_t most = most_doubling(g, plan_leaves(spec->rows, spec->floats));
    size_t messages = 1;
    for (size_t width = 1; width < g.actors; width *= 2)
        messages++;
    return size_mul(most, spec->floats, out) && size_add(*out, HEAD_FLOATS, out) &&
           size_mul(*out, messages, in);
}

static bool sizes_of_way(const struct dist_sum_spec *spec, size_t *in, size_t *out)
{
    const size_t ranks = spec->ranks->ranks, floats = spec->floats;
    const bool segments = way_of(spec) == WAY_SEGMENTS;
    if (way_of(spec) == WAY_DOUBLING)
        return sizes_doubling(spec, in, out);
    const size_t segment_most = (floats / ranks / GRAIN + 1) * GRAIN;
    size_t one, all;
    count_nodes(spec, &one, &all);
    return size_mul(all, segments ? segment_most : floats, in) &&
           size_add(*in, ranks * HEAD_FLOATS, in) && size_mul(segments ? 1 : one, floats, out) &&
           size_add(*out, HEAD_FLOATS, out);
}

// Floats of the two buffers; false: more than can be.
static bool sizes(const struct dist_sum_spec *spec, size_t *in, size_t *out)
{
    size_t one, all, flow;
    if (!sizes_of_way(spec, in, out))
        return false;
    if (!has_pieces(spec))
        return true;
    count_nodes(spec, &one, &all);
    *out = larger(*out, spec->floats + HEAD_FLOATS);
    if (!dist_flow_floats(spec, all, &flow))
        return false;
    *in = larger(*in, flow);
    return true;
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
    if (!s->in || !s->out || !s->node || !s->step)
        return error_nomem(e, "sums of all ranks");
    if (!has_pieces(spec))
        return 0;
    s->flow = dist_flow_new(&(struct dist_flow_spec){spec, s->in, s->out, s->node, s->step}, e);
    s->in_pieces = true;
    return s->flow ? 0 : ERR_NOMEM;
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
    s->way = way_of(spec);
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
    dist_flow_free(s->flow);
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
        const size_t floats =
            HEAD_FLOATS + dist_sum_nodes(d->ranks, own->leaves, r, node) * s->floats;
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
    const size_t nodes = dist_sum_nodes(d->ranks, own->leaves, r, node);
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
        const size_t count = dist_sum_nodes(s->ranks->ranks, sums->leaves, r, node);
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

// ---- recursive doubling

// The sum so far: the maximal subtrees of `leaves` in s->node.
struct part {
    struct join join;
    struct par_range leaves;
    uint64_t *flags;
    float *in; // where the next message goes
};

static int send_part(struct dist_sum *s, const struct part *p, size_t to, struct error *e)
{
    struct head head = {.flags = *p->flags};
    float *out = s->out + HEAD_FLOATS;
    for (size_t i = 0; i < p->join.nodes; i++, out += s->floats) {
        head.loss[i] = s->node[i].loss;
        memcpy(out, s->node[i].sum, s->floats * sizeof *out);
    }
    memcpy(s->out, &head, sizeof head);
    return dist_send(s->ranks, to, s->out, (size_t)(out - s->out) * sizeof *out, e);
}

static int recv_part(struct dist_sum *s, const struct part *p, size_t from, struct par_range leaves,
                     struct error *e)
{
    const size_t floats = HEAD_FLOATS + dist_sum_count(leaves) * s->floats;
    return dist_recv(s->ranks, from, p->in, floats * sizeof(float), e);
}

// Subtrees of `leaves` have come in: those before or behind the part's.
static void take_in(struct dist_sum *s, struct part *p, struct par_range leaves)
{
    struct head head;
    struct tree_node come[TREE_COVER_MAX];
    const size_t count = tree_cover(leaves.begin, leaves.end, come);
    const bool before = leaves.begin < p->leaves.begin;
    memcpy(&head, p->in, sizeof head);
    p->in += HEAD_FLOATS;
    for (size_t i = 0; i < count; i++, p->in += s->floats) {
        come[i].sum = p->in;
        come[i].loss = head.loss[i];
    }
    *p->flags |= head.flags;
    if (before)
        memmove(s->node + count, s->node, p->join.nodes * sizeof *s->node);
    memcpy(before ? s->node : s->node + p->join.nodes, come, count * sizeof *come);
    p->join.nodes += count;
    if (before)
        p->leaves.begin = leaves.begin;
    p->leaves.end = larger(p->leaves.end, leaves.end);
}

// Joins what can be; what cannot stays.
static void join_part(struct dist_sum *s, struct part *p)
{
    struct tree_node left[TREE_COVER_MAX];
    size_t at = 0;
    finish(&p->join);
    p->join.nodes = tree_cover(p->leaves.begin, p->leaves.end, left);
    for (size_t i = 0; i < p->join.nodes; i++) {
        while (s->node[at].first != left[i].first)
            at++;
        left[i].sum = s->node[at].sum;
        left[i].loss = s->node[at].loss;
    }
    memcpy(s->node, left, p->join.nodes * sizeof *left);
}

static int receive_part(struct dist_sum *s, struct part *p, size_t from, struct par_range leaves,
                        struct error *e)
{
    int rc = recv_part(s, p, from, leaves, e);
    if (rc == 0)
        rc = dist_wait(s->ranks, e);
    if (rc)
        return rc;
    take_in(s, p, leaves);
    join_part(s, p);
    return 0;
}

static int run_rounds(struct dist_sum *s, struct part *p, size_t leaves, struct error *e)
{
    const struct doubling g = doubling_of(s->ranks->ranks);
    const size_t actor = doubling_actor(g, s->ranks->rank);
    int rc = 0;
    for (size_t width = 1; rc == 0 && width < g.actors; width *= 2) {
        const size_t other = actor ^ width, rank = doubling_rank(g, other);
        rc = send_part(s, p, rank, e);
        if (rc == 0)
            rc = receive_part(s, p, rank, doubling_leaves(g, leaves, other, width), e);
    }
    return rc;
}

static int add_doubling(struct dist_sum *s, struct plan_sums *sums, uint64_t *flags,
                        struct error *e)
{
    const struct doubling g = doubling_of(s->ranks->ranks);
    const size_t rank = s->ranks->rank, leaves = sums->leaves;
    const bool acts = doubling_acts(g, rank);
    const bool pair = doubling_has_second(g, doubling_actor(g, rank));
    struct part p = {.join = {.sum = s, .floats = s->floats, .nodes = sums->nodes},
                     .leaves = doubling_own(g, leaves, rank),
                     .flags = flags,
                     .in = s->in};
    int rc = 0;
    memcpy(s->node, sums->node, sums->nodes * sizeof *s->node);
    if (!acts) {
        rc = send_part(s, &p, rank - 1, e);
        p.join.nodes = 0; // the sum is complete when it comes back
        p.leaves = (struct par_range){0, 0};
        return rc ? rc : receive_part(s, &p, rank - 1, (struct par_range){0, leaves}, e);
    }
    if (pair)
        rc = receive_part(s, &p, rank + 1, doubling_own(g, leaves, rank + 1), e);
    if (rc == 0)
        rc = run_rounds(s, &p, leaves, e);
    if (rc == 0 && pair)
        rc = send_part(s, &p, rank + 1, e);
    return rc == 0 && pair ? dist_wait(s->ranks, e) : rc;
}

// ---- all of it

// Whole or in segments.
static int add_at_once(struct dist_sum *s, struct plan_sums *sums, uint64_t *flags, struct error *e)
{
    const bool segments = s->way == WAY_SEGMENTS;
    struct join j = {.sum = s, .floats = s->floats};
    struct head head = {.flags = *flags};
    for (size_t i = 0; i < sums->nodes; i++)
        head.loss[i] = sums->node[i].loss;
    memcpy(s->out, &head, sizeof head);
    int rc = segments ? post_segments(s, sums, e) : post_whole(s, sums, e);
    if (rc == 0)
        rc = dist_wait(s->ranks, e);
    if (rc)
        return rc;
    if (segments) {
        const struct par_range mine = segment(s, s->ranks->rank);
        j.begin = mine.begin;
        j.floats = mine.end - mine.begin;
    }
    collect(s, &j, sums, flags);
    finish(&j);
    if (segments) {
        rc = gather_segments(s, s->node[0].sum, e);
        s->node[0].sum = s->out + HEAD_FLOATS;
    }
    return rc;
}

void dist_sum_use_pieces(struct dist_sum *s, bool yes)
{
    s->in_pieces = yes && s->flow;
}

void dist_sum_ready(struct dist_sum *s, const struct plan_sums *sums, size_t complete)
{
    if (s->in_pieces)
        dist_flow_ready(s->flow, sums, complete);
    else
        dist_poll(s->ranks);
}

int dist_sum_add(struct dist_sum *s, struct plan_sums *sums, uint64_t *flags, struct error *e)
{
    if (s->in_pieces)
        return dist_flow_add(s->flow, sums, flags, e);
    const int rc =
        s->way == WAY_DOUBLING ? add_doubling(s, sums, flags, e) : add_at_once(s, sums, flags, e);
    if (rc)
        return rc;
    sums->nodes = 1;
    sums->node[0] = s->node[0];
    return 0;
}
