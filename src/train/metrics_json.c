// SPDX-License-Identifier: MIT
// Keys are the names of the fields in train/metrics.h, in that order. A set that fails (no memory)
// makes the whole object NULL, so that nobody reads half of one.
#include "train/metrics_json.h"

#include "io/json.h"

#include <stdbool.h>

static json_t *count(size_t n)
{
    return json_integer((json_int_t)n);
}

static json_t *real_list(const double *x, size_t n)
{
    json_t *list = json_array();
    for (size_t i = 0; list && i < n; i++)
        if (json_array_append_new(list, json_number_or_null(x[i])) != 0) {
            json_decref(list);
            list = NULL;
        }
    return list;
}

static json_t *count_list(const size_t *x, size_t n)
{
    json_t *list = json_array();
    for (size_t i = 0; list && i < n; i++)
        if (json_array_append_new(list, count(x[i])) != 0) {
            json_decref(list);
            list = NULL;
        }
    return list;
}

// Rows of true classes, columns of predicted ones.
static json_t *matrix(const size_t *x, size_t n)
{
    json_t *rows = json_array();
    for (size_t i = 0; rows && i < n; i++)
        if (json_array_append_new(rows, count_list(x + i * n, n)) != 0) {
            json_decref(rows);
            rows = NULL;
        }
    return rows;
}

struct member {
    const char *key;
    json_t *value; // stolen
};

static json_t *object(const struct member *members, size_t n)
{
    json_t *object = json_object();
    bool good = object != NULL;
    for (size_t i = 0; i < n; i++)
        if (json_object_set_new(object, members[i].key, members[i].value) != 0)
            good = false;
    if (good)
        return object;
    json_decref(object);
    return NULL;
}

#define COUNT(a) (sizeof(a) / sizeof *(a))

json_t *metrics_json_binary(const struct binary_metrics *m, double threshold)
{
    const size_t confusion[] = {m->tn, m->fp, m->fn, m->tp};
    const struct member members[] = {
        {"task", json_string("binary")},
        {"n", count(m->n)},
        {"positives", count(m->positives)},
        {"threshold", json_number_or_null(threshold)},
        {"accuracy", json_number_or_null(m->accuracy)},
        {"precision", json_number_or_null(m->precision)},
        {"recall", json_number_or_null(m->recall)},
        {"f1", json_number_or_null(m->f1)},
        {"auroc", json_number_or_null(m->auroc)},
        {"ap", json_number_or_null(m->ap)},
        {"log_loss", json_number_or_null(m->log_loss)},
        {"brier", json_number_or_null(m->brier)},
        {"confusion", matrix(confusion, 2)},
    };
    return object(members, COUNT(members));
}

json_t *metrics_json_multiclass(const struct multiclass_metrics *m)
{
    const struct member members[] = {
        {"task", json_string("multiclass")},
        {"n", count(m->n)},
        {"classes", count(m->classes)},
        {"accuracy", json_number_or_null(m->accuracy)},
        {"macro_precision", json_number_or_null(m->macro_precision)},
        {"macro_recall", json_number_or_null(m->macro_recall)},
        {"macro_f1", json_number_or_null(m->macro_f1)},
        {"weighted_f1", json_number_or_null(m->weighted_f1)},
        {"auroc", json_number_or_null(m->auroc)},
        {"log_loss", json_number_or_null(m->log_loss)},
        {"precision", real_list(m->precision, m->classes)},
        {"recall", real_list(m->recall, m->classes)},
        {"f1", real_list(m->f1, m->classes)},
        {"support", count_list(m->support, m->classes)},
        {"confusion", m->confusion ? matrix(m->confusion, m->classes) : json_null()},
    };
    return object(members, COUNT(members));
}

json_t *metrics_json_regression(const struct regression_metrics *m)
{
    const struct member members[] = {
        {"task", json_string("regression")},    {"n", count(m->n)},
        {"targets", count(m->targets)},         {"mse", json_number_or_null(m->mse)},
        {"rmse", json_number_or_null(m->rmse)}, {"mae", json_number_or_null(m->mae)},
        {"r2", json_number_or_null(m->r2)},
    };
    return object(members, COUNT(members));
}
