// SPDX-License-Identifier: MIT
// The metrics of a record. An interval answers: what would this model have scored on other rows of
// the same kind? It is read where the record has one ("intervals": {"auroc": [low, high]} beside
// the metrics, as skiff eval computes them by resampling) and otherwise comes from counts, where a
// formula needs no more:
//   accuracy   Wilson (1927), score interval of a share
//   auroc      Hanley and McNeil (1982), the variance of the Wilcoxon statistic
// Other metrics stay without: they depend on the predictions themselves.
#include "cost/run_inner.h"
#include "io/json_at.h"

#include <math.h>
#include <stdio.h>

#define Z95 1.959963984540054 // of the normal distribution, two-sided

const char *const cost_metric_name[COST_METRICS] = {
#define TEXT_OF(name, text, several, larger) [name] = text,
    COST_METRICS_OF(TEXT_OF)
#undef TEXT_OF
};

static const char *const several_name[COST_METRICS] = {
#define SEVERAL_OF(name, text, several, larger) [name] = several,
    COST_METRICS_OF(SEVERAL_OF)
#undef SEVERAL_OF
};

static const bool larger_is_better[COST_METRICS] = {
#define LARGER_OF(name, text, several, larger) [name] = larger,
    COST_METRICS_OF(LARGER_OF)
#undef LARGER_OF
};

const char *const cost_phase_name[COST_PHASES] = {
#define PHASE_OF(name, text) [name] = text,
    COST_PHASES_OF(PHASE_OF)
#undef PHASE_OF
};

bool cost_metric_larger_is_better(enum cost_metric m)
{
    return larger_is_better[m];
}

static bool is_share(double x)
{
    return x >= 0 && x <= 1;
}

void cost_share_interval(struct cost_value *v, double n)
{
    if (!is_share(v->value) || !(n >= 1))
        return;
    const double p = v->value, z2 = Z95 * Z95;
    const double middle = (p + z2 / (2 * n)) / (1 + z2 / n);
    const double half = Z95 / (1 + z2 / n) * sqrt(p * (1 - p) / n + z2 / (4 * n * n));
    v->low = fmax(0, middle - half);
    v->high = fmin(1, middle + half);
}

void cost_auroc_interval(struct cost_value *v, double positives, double negatives)
{
    if (!is_share(v->value) || !(positives >= 1) || !(negatives >= 1))
        return;
    const double a = v->value, q1 = a / (2 - a), q2 = 2 * a * a / (1 + a);
    const double variance =
        (a * (1 - a) + (positives - 1) * (q1 - a * a) + (negatives - 1) * (q2 - a * a)) /
        (positives * negatives);
    const double half = Z95 * sqrt(fmax(0, variance));
    v->low = fmax(0, a - half);
    v->high = fmin(1, a + half);
}

// "intervals": {"auroc": [low, high]}
static bool recorded_interval(struct cost_value *v, const json_t *intervals, const char *name)
{
    const json_t *pair = json_object_get(intervals, name);
    const json_t *low = json_array_get(pair, 0), *high = json_array_get(pair, 1);
    if (!json_is_number(low) || !json_is_number(high) ||
        !(json_number_value(low) <= json_number_value(high)))
        return false;
    v->low = json_number_value(low);
    v->high = json_number_value(high);
    return true;
}

static struct cost_value value_of(const json_t *metrics, enum cost_metric m)
{
    struct cost_value v = {NAN, NAN, NAN};
    const char *name = cost_metric_name[m];
    v.value = json_number_at(metrics, name);
    if (isnan(v.value) && several_name[m]) {
        name = several_name[m];
        v.value = json_number_at(metrics, name);
    }
    if (isnan(v.value) || recorded_interval(&v, json_at(metrics, "intervals"), name))
        return v;
    const double n = (double)json_count_at(metrics, "n");
    const double positives = (double)json_count_at(metrics, "positives");
    if (m == COST_ACCURACY)
        cost_share_interval(&v, n);
    if (m == COST_AUROC)
        cost_auroc_interval(&v, positives, n - positives);
    return v;
}

// Shares lie between 0 and 1 but for rounding (the score of Brier, over classes, reaches 2), errors
// are not negative; a loss may be anything.
static bool is_possible(enum cost_metric m, double x)
{
    const double one = 1 + 1e-9;
    switch (m) {
    case COST_ACCURACY:
    case COST_F1:
    case COST_AUROC:
    case COST_AP:
        return x >= 0 && x <= one;
    case COST_BRIER:
        return x >= 0 && x <= 2 * one;
    case COST_LOG_LOSS:
    case COST_RMSE:
    case COST_MAE:
        return x >= 0;
    case COST_R2:
        return x <= one;
    default:
        return true;
    }
}

int run_take_metrics(struct cost_run *r, const json_t *root, const char *where, struct error *e)
{
    const json_t *metrics = json_at(root, "metrics.val");
    r->metric_part = "val";
    if (!json_is_object(metrics)) {
        metrics = json_at(root, "metrics.test");
        r->metric_part = "test";
    }
    if (!json_is_object(metrics))
        r->metric_part = NULL;
    r->metric_rows = json_count_at(metrics, "n");
    for (int m = 0; m < COST_METRICS; m++) {
        const double value = (r->metric[m] = value_of(metrics, (enum cost_metric)m)).value;
        if (!isnan(value) && !is_possible((enum cost_metric)m, value))
            return error_set(e, ERR_DATA, "%s: %s is %g, which none can be", where,
                             cost_metric_name[m], value);
    }
    return 0;
}
