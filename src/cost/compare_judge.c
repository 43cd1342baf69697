// SPDX-License-Identifier: MIT
// Which rows are quicker, cheaper and better than which others, and which one to take.
#include "cost/compare_inner.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

// Negative where smaller is better, so that larger is better throughout.
static double quality(const struct compare *c, const struct compare_row *row)
{
    const double sign =
        c->metric < COST_METRICS && cost_metric_larger_is_better(c->metric) ? 1 : -1;
    return sign * row->judged.value;
}

static bool has_interval(const struct compare_row *row)
{
    return row->judged.low <= row->judged.high; // neither is NaN
}

enum verdict compare_quality(const struct compare *c, const struct compare_row *a,
                             const struct compare_row *b)
{
    const double x = quality(c, a), y = quality(c, b);
    if (isnan(x) || isnan(y))
        return VERDICT_UNKNOWN;
    if (x == y)
        return VERDICT_NOISE;
    const enum verdict sign = x < y ? VERDICT_LESS : VERDICT_MORE;
    if (!has_interval(a) || !has_interval(b)) {
        const enum verdict runs = spread_differ(&a->metric, &b->metric);
        return runs == VERDICT_UNKNOWN || runs == VERDICT_NOISE ? runs : sign;
    }
    const bool overlap = a->judged.low <= b->judged.high && b->judged.low <= a->judged.high;
    return overlap ? VERDICT_NOISE : sign;
}

static bool has_run(const struct compare_row *row, const char *name)
{
    for (size_t i = 0; i < row->runs; i++)
        if (strcmp(row->run[i]->name, name) == 0)
            return true;
    return false;
}

static double ratio(double a, double b)
{
    return b > 0 ? a / b : NAN;
}

static void judge_row(const struct compare *c, struct compare_row *row)
{
    const struct compare_row *base = &c->row[c->baseline];
    row->speed = ratio(base->elapsed.median, row->elapsed.median);
    row->cost = ratio(row->dollars.median, base->dollars.median);
    row->slower = spread_differ(&row->elapsed, &base->elapsed);
    row->dearer = spread_differ(&row->dollars, &base->dollars);
    row->better = compare_quality(c, row, base);
}

static bool is_beaten_by(const struct compare *c, const struct compare_row *a,
                         const struct compare_row *b)
{
    const double da = a->dollars.median, db = b->dollars.median;
    const double qa = quality(c, a), qb = quality(c, b);
    return a->table == b->table && db <= da && qb >= qa && (db < da || qb > qa);
}

static bool is_pareto(const struct compare *c, const struct compare_row *row)
{
    if (isnan(row->dollars.median) || isnan(quality(c, row)))
        return false;
    for (size_t i = 0; i < c->rows; i++)
        if (is_beaten_by(c, row, &c->row[i]))
            return false;
    return true;
}

static size_t best_of(const struct compare *c, size_t table)
{
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < c->rows; i++) {
        const struct compare_row *row = &c->row[i];
        if (row->table != table || isnan(quality(c, row)))
            continue;
        if (best == SIZE_MAX || quality(c, row) > quality(c, &c->row[best]))
            best = i;
    }
    return best;
}

// Not worse than the best of its table beyond noise; where no row says how good it is, all are.
static bool is_good(const struct compare *c, const struct compare_row *row)
{
    const size_t best = c->table[row->table].best;
    return best == SIZE_MAX || compare_quality(c, row, &c->row[best]) == VERDICT_NOISE;
}

static bool same_rent(const struct compare_row *a, const struct compare_row *b)
{
    const struct cost_run *x = a->run[0], *y = b->run[0];
    const char *dx = x->device ? x->device : "", *dy = y->device ? y->device : "";
    return a->price == b->price && x->instances == y->instances && strcmp(dx, dy) == 0 &&
           strcmp(x->program, y->program) == 0;
}

// Or as dear, and better.
static bool is_cheaper(const struct compare *c, const struct compare_row *a,
                       const struct compare_row *b)
{
    const double da = a->dollars.median, db = b->dollars.median;
    return da < db || (da == db && quality(c, a) > quality(c, b));
}

// The cheapest row of a table that is good, or, with a row to differ from, that is rented
// otherwise.
static size_t cheapest(const struct compare *c, size_t table, size_t other)
{
    size_t least = SIZE_MAX;
    for (size_t i = 0; i < c->rows; i++) {
        const struct compare_row *row = &c->row[i];
        const bool fits = other == SIZE_MAX ? is_good(c, row) : !same_rent(row, &c->row[other]);
        if (row->table != table || !fits || isnan(row->dollars.median))
            continue;
        if (least == SIZE_MAX || is_cheaper(c, row, &c->row[least]))
            least = i;
    }
    return least;
}

void compare_judge(struct compare *c)
{
    c->baseline = 0;
    while (c->spec.baseline && !has_run(&c->row[c->baseline], c->spec.baseline))
        c->baseline++;
    for (size_t i = 0; i < c->rows; i++) {
        judge_row(c, &c->row[i]);
        c->row[i].pareto = is_pareto(c, &c->row[i]);
    }
    for (size_t t = 0; t < c->tables; t++) {
        c->table[t].best = best_of(c, t);
        c->table[t].choice = cheapest(c, t, SIZE_MAX);
        if (c->table[t].choice != SIZE_MAX)
            c->table[t].next = cheapest(c, t, c->table[t].choice);
    }
}
