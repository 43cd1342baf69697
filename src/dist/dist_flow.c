// SPDX-License-Identifier: MIT
// Large gradients may go piece by piece (model/pieces.h), and a piece in two hops as dist_sum.c has
// segments travel: each rank finishes the tree for one segment of the piece's floats, which the
// others send it of their subtrees; then the finished segments go to everybody.
//
//   swap(k)    this rank's segments of piece k to all others, theirs of its own segment to it
//   gather(k)  when these have come: added up, then to everybody
//
// Pieces are posted as soon as this rank's gradient is complete in them, while the rest of it is
// computed: in the fixed order swap 0, swap 1, gather 0, swap 2, gather 1, ..., since messages
// between two ranks have no names. So while a piece is on its way to be added another is on its
// way, too, and a network that is slower than the computing is never idle. What goes with the
// gradient and is known last, losses and flags, stands in front of the last piece.
//
// Additions are by element, so neither pieces nor segments change a bit.
#include "dist/dist_flow.h"

#include "dist/dist_inner.h"
#include "dist/dist_sum_inner.h"

#include <string.h>

#define AHEAD         2                // pieces that are being swapped at a time
#define PIECE_LEAST   32768            // floats, 128 KB; a message takes as long as some KB
#define SEGMENT_LEAST 2048             // floats of each rank in a piece, likewise
#define GRAIN         (4 * KERN_LANES) // floats; segments and shares of threads begin at multiples
#define SERIAL_FLOATS 32768            // not worth sharing among threads
#define HEAD_FLOATS   (sizeof(struct head) / sizeof(float))

struct dist_flow {
    struct dist *ranks;
    const struct kern *kern;
    struct par *team;
    size_t threads;
    struct pieces pieces;
    float *heads; // [ranks]
    float *in;    // of each other rank its subtrees of this rank's segment, piece by piece
    float *whole; // the head of this rank, then the sum
    struct tree_node *node;
    struct tree_step *step;

    // The step under way.
    size_t swapped, gathered; // pieces
    struct {
        float *in;
        size_t mark;
    } swap[AHEAD]; // by piece, modulo
    float *in_next;
    int rc; // of what was posted while the gradient was computed
    struct error error;
};

static struct par_range segment(const struct pieces *p, size_t ranks, size_t piece, size_t r)
{
    const size_t begin = p->bound[piece + 1];
    const struct par_range s = par_split(p->bound[piece] - begin, GRAIN, ranks, r);
    return (struct par_range){begin + s.begin, begin + s.end};
}

size_t dist_sum_piece(size_t ranks)
{
    const size_t segments = ranks * SEGMENT_LEAST;
    return PIECE_LEAST > segments ? PIECE_LEAST : segments;
}

void dist_sum_cut(const struct dist *d, const struct net *net, struct pieces *pieces)
{
    const size_t ranks = dist_ranks(d), least = dist_sum_piece(ranks);
    *pieces = (struct pieces){.count = 0};
    if (ranks > 1 && net->size >= 2 * least)
        pieces_cut(net, least, pieces);
}

bool dist_flow_floats(const struct dist_sum_spec *spec, size_t subtrees, size_t *in)
{
    // Segments are rounded to grains, a piece's and then a rank's.
    const size_t own = (spec->floats / spec->ranks->ranks / GRAIN + 2 * PIECES_MAX + 1) * GRAIN;
    return size_mul(subtrees, own, in) && size_add(*in, spec->ranks->ranks * HEAD_FLOATS, in);
}

struct dist_flow *dist_flow_new(const struct dist_flow_spec *spec, struct error *e)
{
    struct dist_flow *f = mem_zalloc(sizeof *f);
    if (!f) {
        error_nomem(e, "sums of all ranks");
        return NULL;
    }
    f->ranks = spec->sum->ranks;
    f->kern = spec->sum->kern;
    f->team = spec->sum->team;
    f->threads = spec->sum->threads;
    f->pieces = *spec->sum->pieces;
    f->heads = spec->in;
    f->in = f->in_next = spec->in + f->ranks->ranks * HEAD_FLOATS;
    f->whole = spec->out;
    f->node = spec->node;
    f->step = spec->step;
    return f;
}

void dist_flow_free(struct dist_flow *f)
{
    mem_free(f);
}

// ---- the messages

static int swap_heads(struct dist_flow *f, struct error *e)
{
    struct dist *d = f->ranks;
    int rc = 0;
    for (size_t r = 0; rc == 0 && r < d->ranks; r++) {
        if (r == d->rank)
            continue;
        rc = dist_recv(d, r, f->heads + r * HEAD_FLOATS, sizeof(struct head), e);
        if (rc == 0)
            rc = dist_send(d, r, f->whole, sizeof(struct head), e);
    }
    return rc;
}

// To rank r its segment of this rank's subtrees; from it this rank's of its.
static int swap_with(struct dist_flow *f, size_t r, const struct plan_sums *own, struct error *e)
{
    struct dist *d = f->ranks;
    struct tree_node node[TREE_COVER_MAX];
    const struct par_range mine = segment(&f->pieces, d->ranks, f->swapped, d->rank),
                           theirs = segment(&f->pieces, d->ranks, f->swapped, r);
    const size_t nodes = dist_sum_nodes(d->ranks, own->leaves, r, node),
                 count = mine.end - mine.begin;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < nodes; i++, f->in_next += count)
        rc = dist_recv(d, r, f->in_next, count * sizeof *f->in_next, e);
    for (size_t i = 0; rc == 0 && i < own->nodes; i++)
        rc = dist_send(d, r, own->node[i].sum + theirs.begin,
                       (theirs.end - theirs.begin) * sizeof(float), e);
    return rc;
}

static int swap(struct dist_flow *f, const struct plan_sums *own, struct error *e)
{
    const size_t slot = f->swapped % AHEAD;
    const bool last = f->swapped + 1 == f->pieces.count;
    int rc = last ? swap_heads(f, e) : 0;
    f->swap[slot].in = f->in_next;
    for (size_t r = 0; rc == 0 && r < f->ranks->ranks; r++)
        if (r != f->ranks->rank)
            rc = swap_with(f, r, own, e);
    f->swap[slot].mark = dist_mark(f->ranks);
    f->swapped++;
    return rc;
}

// The tree over one segment.
struct join {
    const struct dist_flow *flow;
    size_t floats, steps, threads;
};

static void run_join(void *context, size_t worker)
{
    const struct join *j = context;
    const struct dist_flow *f = j->flow;
    const struct par_range part = par_split(j->floats, GRAIN, j->threads, worker);
    for (size_t i = 0; i < j->steps; i++)
        f->kern->add(part.end - part.begin, f->node[f->step[i].into].sum + part.begin,
                     f->node[f->step[i].from].sum + part.begin);
}

// Threads are busy elsewhere while a gradient is computed, where `threads` is 1.
static void finish(struct dist_flow *f, size_t nodes, size_t floats, size_t threads)
{
    struct join j = {.flow = f, .floats = floats, .steps = tree_join(f->node, nodes, f->step)};
    j.threads = floats < SERIAL_FLOATS ? 1 : threads;
    if (j.threads > 1)
        par_run(f->team, j.threads, run_join, &j);
    else
        run_join(&j, 0);
}

// The subtrees of all ranks, of this rank's segment of the next piece to gather; their number.
static size_t collect(struct dist_flow *f, const struct plan_sums *own, struct par_range mine)
{
    struct dist *d = f->ranks;
    float *in = f->swap[f->gathered % AHEAD].in;
    size_t nodes = 0;
    for (size_t r = 0; r < d->ranks; r++) {
        struct tree_node *node = f->node + nodes;
        const size_t count = dist_sum_nodes(d->ranks, own->leaves, r, node);
        nodes += count;
        for (size_t i = 0; i < count; i++) {
            node[i].sum = r == d->rank ? own->node[i].sum + mine.begin : in;
            in += r == d->rank ? 0 : mine.end - mine.begin;
        }
    }
    return nodes;
}

static int gather(struct dist_flow *f, const struct plan_sums *own, size_t threads, struct error *e)
{
    struct dist *d = f->ranks;
    float *whole = f->whole + HEAD_FLOATS;
    const struct par_range mine = segment(&f->pieces, d->ranks, f->gathered, d->rank);
    const size_t bytes = (mine.end - mine.begin) * sizeof *whole;
    int rc = 0;
    finish(f, collect(f, own, mine), mine.end - mine.begin, threads);
    memcpy(whole + mine.begin, f->node[0].sum, bytes);
    for (size_t r = 0; rc == 0 && r < d->ranks; r++) {
        if (r == d->rank)
            continue;
        const struct par_range theirs = segment(&f->pieces, d->ranks, f->gathered, r);
        rc = dist_recv(d, r, whole + theirs.begin, (theirs.end - theirs.begin) * sizeof *whole, e);
        if (rc == 0)
            rc = dist_send(d, r, whole + mine.begin, bytes, e);
    }
    f->gathered++;
    return rc;
}

// Posts what can be posted now that so many pieces are complete.
static int advance(struct dist_flow *f, const struct plan_sums *own, size_t complete,
                   size_t threads, struct error *e)
{
    int rc = 0;
    while (rc == 0 && f->gathered < f->pieces.count) {
        bool come = false;
        if (f->swapped < f->pieces.count && f->swapped < f->gathered + AHEAD) {
            if (f->swapped == complete)
                break;
            rc = swap(f, own, e);
            continue;
        }
        rc = dist_test(f->ranks, f->swap[f->gathered % AHEAD].mark, &come, e);
        if (!come)
            break;
        rc = gather(f, own, threads, e);
    }
    return rc;
}

void dist_flow_ready(struct dist_flow *f, const struct plan_sums *sums, size_t complete)
{
    const size_t before_last = f->pieces.count - 1; // heads are not known yet
    if (complete > 0 && f->rc == 0)
        f->rc = advance(f, sums, complete < before_last ? complete : before_last, 1, &f->error);
    dist_poll(f->ranks);
}

// What the heads say, in the tree; as the nodes of all ranks come, in leaf order.
static void take_heads(struct dist_flow *f, struct plan_sums *sums, uint64_t *flags)
{
    struct dist *d = f->ranks;
    size_t nodes = 0;
    for (size_t r = 0; r < d->ranks; r++) {
        struct head head;
        struct tree_node *node = f->node + nodes;
        const size_t count = dist_sum_nodes(d->ranks, sums->leaves, r, node);
        nodes += count;
        memcpy(&head, r == d->rank ? f->whole : f->heads + r * HEAD_FLOATS, sizeof head);
        *flags |= head.flags;
        for (size_t i = 0; i < count; i++)
            node[i].loss = head.loss[i];
    }
    tree_join_losses(f->node, f->step, tree_join(f->node, nodes, f->step));
    sums->nodes = 1;
    sums->node[0] = f->node[0];
    sums->node[0].sum = f->whole + HEAD_FLOATS;
}

int dist_flow_add(struct dist_flow *f, struct plan_sums *sums, uint64_t *flags, struct error *e)
{
    struct head head = {.flags = *flags};
    for (size_t i = 0; i < sums->nodes; i++)
        head.loss[i] = sums->node[i].loss;
    memcpy(f->whole, &head, sizeof head);
    if (f->rc)
        return error_set(e, f->rc, "%s", f->error.text);
    int rc = advance(f, sums, f->pieces.count, f->threads, e);
    while (rc == 0 && f->gathered < f->pieces.count) {
        rc = dist_wait_for(f->ranks, f->swap[f->gathered % AHEAD].mark, e);
        if (rc == 0)
            rc = advance(f, sums, f->pieces.count, f->threads, e);
    }
    if (rc == 0)
        rc = dist_wait(f->ranks, e);
    if (rc)
        return rc;
    take_heads(f, sums, flags);
    f->swapped = f->gathered = 0;
    f->in_next = f->in;
    return 0;
}
