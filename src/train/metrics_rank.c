// SPDX-License-Identifier: MIT
// The metrics that need the scores in order: ROC AUC and average precision, in one sort and one
// pass. Ties are one step of both curves:
//
//   AUC = sum over steps of dFP * (TP_before + TP_after) / 2, over P * N   (integers: exact)
//   AP  = sum over steps of dTP * TP_after / (TP_after + FP_after), over P
//
// Scores become 64-bit keys whose unsigned order is the scores' descending order, and are taken in
// the order that the last call left: from one epoch to the next little moves, and an insertion
// sort finishes in a pass. Its moves are budgeted; over the budget a radix sort of eight-bit
// digits takes over, which leaves out every digit that all keys share (float scores have three at
// the least). It costs about 3 us for 143 scores and 10 ns a score for large n.
#include "train/metrics_inner.h"

#include "base/mem.h"

#include <math.h>
#include <string.h>

#define DIGITS       8 // of a key
#define DIGIT_VALUES 256

// An insertion sort that moves more than this many elements for each row has no head start.
#define MOVES_PER_ROW 4

int metrics_work_reserve(struct metrics_work *w, size_t n, size_t lists, struct error *e)
{
    size_t total;
    if (n > UINT32_MAX)
        return error_set(e, ERR_LIMIT, "%zu rows: ranking metrics take at most %u", n, UINT32_MAX);
    if (!size_mul(n, lists, &total))
        return error_nomem(e, "the order of scores");
    if (total > w->cap) {
        mem_free(w->order);
        w->n = w->lists = w->cap = 0;
        w->order = mem_array(total, sizeof *w->order);
        if (!w->order)
            return error_nomem(e, "the order of scores");
        w->cap = total;
    }
    if (n > w->key_cap) {
        mem_free(w->spare);
        mem_free(w->keys);
        mem_free(w->spare_keys);
        w->key_cap = 0;
        w->spare = mem_array(n, sizeof *w->spare);
        w->keys = mem_array(n, sizeof *w->keys);
        w->spare_keys = mem_array(n, sizeof *w->spare_keys);
        if (!w->spare || !w->keys || !w->spare_keys)
            return error_nomem(e, "the keys of scores");
        w->key_cap = n;
    }
    if (w->n == n && w->lists == lists)
        return 0;
    for (size_t i = 0; i < total; i++)
        w->order[i] = (uint32_t)(i % n);
    w->n = n;
    w->lists = lists;
    return 0;
}

void metrics_work_clear(struct metrics_work *w)
{
    mem_free(w->order);
    mem_free(w->spare);
    mem_free(w->keys);
    mem_free(w->spare_keys);
    *w = (struct metrics_work){0};
}

// Negative numbers order by their bits backwards, others forwards and above them; here turned over,
// so that the largest score has the smallest key. Adding 0 makes -0 and 0 one score.
static inline uint64_t descending_key(double score)
{
    score += 0.0;
    uint64_t bits;
    memcpy(&bits, &score, sizeof bits);
    const uint64_t sign = (uint64_t)((int64_t)bits >> 63);
    return bits ^ (~sign >> 1);
}

static void gather_keys(uint64_t *keys, const uint32_t *order, const struct metrics_column *c)
{
    const struct metrics_rows *r = c->rows;
    for (size_t i = 0; i < r->n; i++)
        keys[i] = descending_key(metrics_at(r, order[i], c->column));
}

// false when the budget ran out; keys and order then still belong together.
static bool insertion_sort(uint64_t *keys, uint32_t *order, size_t n)
{
    size_t budget = MOVES_PER_ROW * n;
    for (size_t i = 1; i < n; i++) {
        if (keys[i - 1] <= keys[i])
            continue;
        const uint64_t key = keys[i];
        const uint32_t row = order[i];
        size_t j = i;
        do {
            keys[j] = keys[j - 1];
            order[j] = order[j - 1];
            j--;
        } while (j > 0 && keys[j - 1] > key);
        keys[j] = key;
        order[j] = row;
        if (i - j > budget)
            return false;
        budget -= i - j;
    }
    return true;
}

// counts[d][v] = how many keys have value v in digit d.
static void count_digits(uint32_t counts[DIGITS][DIGIT_VALUES], const uint64_t *keys, size_t n)
{
    memset(counts, 0, sizeof(uint32_t[DIGITS][DIGIT_VALUES]));
    for (size_t i = 0; i < n; i++)
        for (size_t d = 0; d < DIGITS; d++)
            counts[d][keys[i] >> 8 * d & 0xff]++;
}

// One stable pass from w->keys and `order` to w->spare_keys and `to`.
static void scatter(const struct metrics_work *w, const uint32_t *order, uint32_t *to, size_t digit,
                    const uint32_t counts[DIGIT_VALUES])
{
    uint32_t place[DIGIT_VALUES], sum = 0;
    for (size_t v = 0; v < DIGIT_VALUES; v++) {
        place[v] = sum;
        sum += counts[v];
    }
    for (size_t i = 0; i < w->n; i++) {
        const uint32_t at = place[w->keys[i] >> 8 * digit & 0xff]++;
        w->spare_keys[at] = w->keys[i];
        to[at] = order[i];
    }
}

static void radix_sort(struct metrics_work *w, uint32_t *order)
{
    uint32_t counts[DIGITS][DIGIT_VALUES];
    count_digits(counts, w->keys, w->n);
    uint32_t *from = order, *to = w->spare;
    for (size_t d = 0; d < DIGITS; d++) {
        if (counts[d][w->keys[0] >> 8 * d & 0xff] == w->n)
            continue;
        scatter(w, from, to, d, counts[d]);
        uint32_t *const turn = from;
        from = to;
        to = turn;
        uint64_t *const keys = w->keys;
        w->keys = w->spare_keys;
        w->spare_keys = keys;
    }
    if (from != order)
        memcpy(order, from, w->n * sizeof *order);
}

// 2 * P * N <= n^2 / 2 < 2^63, so the doubled area fits. `ap` is summed in pieces to keep the
// rounding error of a million steps far below 1e-12.
static void sum_steps(const struct metrics_work *w, const uint32_t *order,
                      const struct metrics_column *c, double *auroc, double *ap)
{
    const size_t n = w->n;
    uint64_t tp = 0, area = 0;
    size_t step = 0;      // where the step in hand began
    uint64_t step_tp = 0; // true positives before it
    double total = 0, piece = 0;
    for (size_t i = 0; i < n; i++) {
        tp += c->labels[order[i]] == c->positive;
        if (i + 1 < n && w->keys[i] == w->keys[i + 1])
            continue;
        const uint64_t more_tp = tp - step_tp, more_fp = i + 1 - step - more_tp;
        area += more_fp * (tp + step_tp);
        piece += (double)more_tp * ((double)tp / (double)(i + 1));
        step = i + 1;
        step_tp = tp;
        if (i % 1024 == 0) {
            total += piece;
            piece = 0;
        }
    }
    total += piece;
    const uint64_t negatives = n - tp;
    *auroc = tp && negatives ? (double)area / 2 / ((double)tp * (double)negatives) : NAN;
    *ap = tp ? total / (double)tp : 0;
}

const uint32_t *metrics_sort(struct metrics_work *w, const struct metrics_column *c)
{
    uint32_t *order = w->order + c->list * w->n;
    gather_keys(w->keys, order, c);
    if (!insertion_sort(w->keys, order, w->n))
        radix_sort(w, order);
    return order;
}

void metrics_rank(struct metrics_work *w, const struct metrics_column *c, double *auroc, double *ap)
{
    sum_steps(w, metrics_sort(w, c), c, auroc, ap);
}
