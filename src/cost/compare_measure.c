// SPDX-License-Identifier: MIT
// The figures of each row. What is billed is seconds times machines; a run is charged, a second and
// a machine,
//   (price of the instance * (1 - spot discount) + price of its disk) / 3600.
#include "cost/compare_inner.h"

#include <math.h>

// What a figure of a run is computed from.
struct about {
    const struct compare *c;
    const struct compare_row *row;
};

static double overhead(const struct about *a, const struct cost_run *r)
{
    return r->published ? 0 : a->c->spec.overhead;
}

// Dollars a second of one instance; NaN: no price.
static double rate(const struct about *a)
{
    if (!a->row->price)
        return NAN;
    const double discount = a->c->spec.spot_percent / 100;
    return (a->row->price->usd_per_hour * (1 - discount) + a->c->storage) / 3600;
}

static double elapsed(const struct about *a, const struct cost_run *r)
{
    return r->seconds[COST_TOTAL] + overhead(a, r);
}

static double billable(const struct about *a, const struct cost_run *r)
{
    return r->billable + overhead(a, r) * (double)r->instances;
}

static double dollars(const struct about *a, const struct cost_run *r)
{
    return rate(a) * billable(a, r);
}

static double epochs_per_second(const struct about *a, const struct cost_run *r)
{
    (void)a;
    const double train = r->seconds[COST_TRAIN];
    return r->epochs && train > 0 ? (double)r->epochs / train : NAN;
}

static double joules(const struct about *a, const struct cost_run *r)
{
    (void)a;
    return r->joules;
}

static double metric(const struct about *a, const struct cost_run *r)
{
    return a->c->metric < COST_METRICS ? r->metric[a->c->metric].value : NAN;
}

// Is the value of every epoch known, up to the first that is as good as the target? `*epoch` is its
// index, or the number of epochs where none is. Where a value is missing nobody can tell which
// epoch was the first.
static bool follow(const struct compare_target *t, const struct history *h, size_t *epoch)
{
    const double sign = monitor_larger_is_better(t->column) ? 1 : -1;
    for (*epoch = 0; *epoch < h->count; ++*epoch) {
        const double value = h->row[*epoch].value[t->column];
        if (isnan(value))
            return false;
        if (sign * value >= sign * t->value)
            return true;
    }
    return h->count > 0;
}

static bool is_followed(const struct compare_target *t, const struct cost_run *r)
{
    size_t epoch;
    return follow(t, &r->history, &epoch);
}

static double known(double x)
{
    return isnan(x) ? 0 : x;
}

// From the moment that the machine is there to the end of that epoch; NaN: it never comes, or
// nobody can tell.
static double target_seconds(const struct about *a, const struct cost_run *r)
{
    const struct history *h = &r->history;
    size_t epoch;
    if (!follow(a->c->spec.target, h, &epoch) || epoch == h->count)
        return NAN;
    const double before = known(r->seconds[COST_IMAGE]) + known(r->seconds[COST_DOWNLOAD]) +
                          known(r->seconds[COST_START]) + known(r->seconds[COST_LOAD]);
    return before + h->row[epoch].value[HISTORY_SECONDS] + overhead(a, r);
}

static double target_dollars(const struct about *a, const struct cost_run *r)
{
    return rate(a) * ceil(target_seconds(a, r)) * (double)r->instances;
}

static void measure_on(struct spread *s, enum spread_scale scale, const struct about *a,
                       double (*figure)(const struct about *, const struct cost_run *))
{
    for (size_t i = 0; i < a->row->runs; i++)
        a->c->scratch[i] = figure(a, a->row->run[i]);
    spread_measure(s, a->c->scratch, a->row->runs, scale);
}

static void measure(struct spread *s, const struct about *a,
                    double (*figure)(const struct about *, const struct cost_run *))
{
    measure_on(s, SPREAD_FACTORS, a, figure);
}

static void measure_phases(struct compare_row *row, double *scratch)
{
    for (int p = 0; p < COST_PHASES; p++) {
        for (size_t i = 0; i < row->runs; i++)
            scratch[i] = row->run[i]->seconds[p];
        spread_measure(&row->seconds[p], scratch, row->runs, SPREAD_FACTORS);
    }
}

// The interval of the run whose metric is nearest to the median: the validation rows are the same
// in all of them, and more runs do not make them more.
static void measure_quality(struct compare_row *row, enum cost_metric m)
{
    row->judged = (struct cost_value){row->metric.median, NAN, NAN};
    double least = INFINITY;
    for (size_t i = 0; m < COST_METRICS && i < row->runs; i++) {
        const struct cost_value *v = &row->run[i]->metric[m];
        const double distance = fabs(v->value - row->metric.median);
        if (distance < least) {
            least = distance;
            row->judged.low = v->low;
            row->judged.high = v->high;
        }
    }
}

static void measure_target(struct compare_row *row, const struct about *a)
{
    const struct compare_target *t = a->c->spec.target;
    for (size_t i = 0; i < row->runs; i++) {
        row->followed += is_followed(t, row->run[i]);
        row->histories += row->run[i]->history.count > 0;
    }
    measure(&row->target_seconds, a, target_seconds);
    measure(&row->target_dollars, a, target_dollars);
    row->reached = row->target_seconds.n;
}

static void measure_row(const struct compare *c, struct compare_row *row)
{
    const struct about a = {c, row};
    measure_phases(row, c->scratch);
    measure(&row->elapsed, &a, elapsed);
    measure(&row->billable, &a, billable);
    measure(&row->dollars, &a, dollars);
    measure(&row->epochs_per_second, &a, epochs_per_second);
    measure(&row->joules, &a, joules);
    measure_on(&row->metric, SPREAD_PLAIN, &a, metric);
    measure_quality(row, c->metric);
    if (c->spec.target)
        measure_target(row, &a);
}

static size_t runs_with(const struct compare *c, enum cost_metric m)
{
    size_t count = 0;
    for (size_t i = 0; i < c->runs; i++)
        count += isnan(c->member[i]->metric[m].value) ? 0 : 1;
    return count;
}

// The one that most runs have; of several, the one that says most about a model.
static enum cost_metric choose_metric(const struct compare *c)
{
    static const enum cost_metric order[] = {COST_AUROC, COST_ACCURACY, COST_R2,   COST_RMSE,
                                             COST_F1,    COST_AP,       COST_LOSS, COST_LOG_LOSS,
                                             COST_MAE,   COST_BRIER};
    enum cost_metric best = COST_METRICS;
    size_t most = 0;
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        const size_t count = runs_with(c, order[i]);
        if (count > most) {
            most = count;
            best = order[i];
        }
    }
    return best;
}

static int check_target(const struct compare *c, struct error *e)
{
    for (size_t i = 0; i < c->rows; i++)
        if (c->row[i].followed)
            return 0;
    return error_set(e, ERR_DATA,
                     "--target: no run has %s epoch by epoch; that is in the history.csv beside "
                     "run.json",
                     history_column_name(c->spec.target->column));
}

int compare_measure(struct compare *c, struct error *e)
{
    c->metric = c->spec.metric;
    if (c->metric < COST_METRICS && !runs_with(c, c->metric))
        return error_set(e, ERR_DATA, "--metric: no run has %s", cost_metric_name[c->metric]);
    if (c->metric == COST_METRICS)
        c->metric = choose_metric(c);
    for (size_t i = 0; i < c->rows; i++)
        measure_row(c, &c->row[i]);
    return c->spec.target ? check_target(c, e) : 0;
}
