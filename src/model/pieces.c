// SPDX-License-Identifier: MIT
// A join needs two subtrees and has a counter a piece: whoever counts first leaves, whoever comes
// second adds, and goes on to the join that waits for the sum. The counter's release and acquire
// are what makes the first one's floats visible to the second. Who adds is a matter of time, what
// is added to what never is.
#include "model/pieces.h"

#include "base/mem.h"

#include <stdint.h>

#define NO_STEP    SIZE_MAX
#define LAYER_PART 4 // of the least that a piece has: so much is worth a cut where a layer begins

static void cut(struct pieces *p, size_t at)
{
    p->bound[++p->count] = at;
}

// Rows of a wide layer, from the last on. The last piece has what nothing hides any more.
static void cut_layer(const struct net_layer *layer, size_t least, struct pieces *p)
{
    const size_t rows = layer->narrow ? 0 : layer->in;
    for (size_t i = rows / PIECES_ROWS * PIECES_ROWS; i > 0; i -= PIECES_ROWS) {
        const size_t at = layer->weight + i * layer->ld;
        if (i < rows && p->count + 1 < PIECES_MAX && p->bound[p->count] - at >= least)
            cut(p, at);
    }
}

void pieces_cut(const struct net *net, size_t least, struct pieces *p)
{
    const size_t quarter = net->size / 4, enough = least > quarter ? least : quarter;
    *p = (struct pieces){.bound = {net->size}};
    for (size_t l = net->layers; l-- > 1;) {
        const size_t at = net->layer[l].weight;
        cut_layer(&net->layer[l], enough, p);
        if (p->count + 1 < PIECES_MAX && p->bound[p->count] - at >= enough / LAYER_PART)
            cut(p, at);
    }
    cut_layer(&net->layer[0], enough, p);
    cut(p, 0);
}

// ---- joins

struct piece_join {
    size_t next;                      // the step that the result waits for, or NO_STEP
    atomic_uchar waiting[PIECES_MAX]; // has one of the two come?
};

int piece_joins_init(struct piece_joins *j, size_t nodes, struct error *e)
{
    j->first = mem_array(2 * nodes, sizeof *j->first); // the second half is scratch
    j->join = mem_array(nodes, sizeof *j->join);
    return j->first && j->join ? 0 : error_nomem(e, "pieces of gradients");
}

void piece_joins_clear(struct piece_joins *j)
{
    mem_free(j->first);
    mem_free(j->join);
}

static void wait_for(struct piece_joins *j, size_t *made, size_t node, size_t step)
{
    if (made[node] == NO_STEP)
        j->first[node] = step;
    else
        j->join[made[node]].next = step;
    made[node] = step;
}

void piece_joins_begin(struct piece_joins *j)
{
    size_t *made = j->first + j->nodes; // by node: the latest step that has changed it
    for (size_t i = 0; i < j->nodes; i++)
        j->first[i] = made[i] = NO_STEP;
    for (size_t i = 0; i < j->steps; i++) {
        j->join[i].next = NO_STEP;
        wait_for(j, made, j->step[i].into, i);
        wait_for(j, made, j->step[i].from, i);
        for (size_t k = 0; k < j->pieces->count; k++)
            atomic_store_explicit(&j->join[i].waiting[k], 0, memory_order_relaxed);
    }
    for (size_t k = 0; k < j->pieces->count; k++)
        atomic_store_explicit(&j->complete[k], 0, memory_order_relaxed);
}

// What is to be added in `step` has come, or its other half.
static void climb(struct piece_joins *j, size_t step, size_t piece)
{
    const size_t begin = j->pieces->bound[piece + 1], end = j->pieces->bound[piece];
    for (; step != NO_STEP; step = j->join[step].next) {
        atomic_uchar *waiting = &j->join[step].waiting[piece];
        if (atomic_fetch_add_explicit(waiting, 1, memory_order_acq_rel) == 0)
            return; // whoever comes second
        j->kern->add(end - begin, j->node[j->step[step].into].sum + begin,
                     j->node[j->step[step].from].sum + begin);
    }
    atomic_fetch_add_explicit(&j->complete[piece], 1, memory_order_release);
}

void piece_joins_arrive(struct piece_joins *j, size_t begin, size_t end, size_t piece)
{
    for (size_t i = begin; i < end; i++)
        climb(j, j->first[i], piece);
}

size_t piece_joins_complete(const struct piece_joins *j, size_t done)
{
    const size_t left = j->nodes - j->steps;
    while (done < j->pieces->count &&
           atomic_load_explicit(&j->complete[done], memory_order_acquire) == left)
        done++;
    return done;
}
