// SPDX-License-Identifier: MIT
// A wrong guess trains for an hour, so what may be one as well as the other is asked back. Classes
// are counted only where the largest label allows so many: memory follows a limit, not a label.
#include "train/targets.h"

#include "base/mem.h"
#include "train/metrics.h"

#include <math.h>

static bool all_zero_or_one(const struct dataset *d)
{
    for (size_t i = 0; i < d->n; i++)
        if (d->y[i] != 0 && d->y[i] != 1)
            return false;
    return true;
}

static float largest(const struct dataset *d)
{
    float max = d->y[0];
    for (size_t i = 1; i < d->n; i++)
        if (d->y[i] > max)
            max = d->y[i];
    return max;
}

static bool is_class(float y, double classes)
{
    return y >= 0 && (double)y < classes && y == floorf(y);
}

// Do the labels use each of 0 .. K-1? 1 or 0, or a negative code.
static int uses_every_class(const struct dataset *d, size_t classes, struct error *e)
{
    unsigned char *seen = mem_array(classes, 1);
    if (!seen)
        return error_nomem(e, "labels");
    size_t distinct = 0;
    bool fits = true;
    for (size_t i = 0; fits && i < d->n; i++) {
        fits = is_class(d->y[i], (double)classes);
        if (fits && !seen[(size_t)d->y[i]]) {
            seen[(size_t)d->y[i]] = 1;
            distinct++;
        }
    }
    mem_free(seen);
    return fits && distinct == classes;
}

// Is every row a single 1 among zeros?
static bool is_one_hot(const struct dataset *d)
{
    for (size_t i = 0; i < d->n; i++) {
        size_t ones = 0;
        for (size_t j = 0; j < d->targets; j++) {
            const float y = d->y[i * d->targets + j];
            if (y != 0 && y != 1)
                return false;
            ones += y == 1;
        }
        if (ones != 1)
            return false;
    }
    return true;
}

static int undecided(const struct dataset *d, const char *name, const char *why, struct error *e)
{
    return error_set(
        e, ERR_DATA,
        "%s: %s: %s; give --task regression, or --task multiclass with labels 0 to K-1", name,
        d->y_name, why);
}

#define FEW_CLASSES 20 // up to which whole numbers may be classes however few rows there are

// One column of numbers that are not only 0 and 1.
static int decide_numbers(const struct dataset *d, const char *name, enum net_task *task,
                          struct error *e)
{
    const float max = largest(d);
    int classes = 0;
    if (max > 0 && max < METRICS_CLASSES_MAX)
        classes = uses_every_class(d, (size_t)max + 1, e);
    if (classes < 0)
        return classes;
    const bool few = max < FEW_CLASSES || 2 * (double)max < (double)d->n;
    if (classes && d->y_integer && few) {
        *task = TASK_MULTICLASS;
        return 0;
    }
    if (classes && d->y_integer)
        return undecided(d, name, "there are nearly as many classes as rows", e);
    if (classes && few)
        return undecided(d, name, "whole numbers stored as floats may be classes or amounts", e);
    if (d->y_integer)
        return undecided(d, name, "the labels are integers but not 0 to K-1, every class present",
                         e);
    *task = TASK_REGRESSION;
    return 0;
}

static int decide(const struct dataset *d, const char *name, enum net_task *task, struct error *e)
{
    *task = TASK_REGRESSION;
    if (d->targets > 1 && is_one_hot(d))
        return undecided(d, name, "one-hot columns; save the index of the 1, y.argmax(axis=1)", e);
    if (d->targets > 1)
        return 0;
    if (!all_zero_or_one(d))
        return decide_numbers(d, name, task, e);
    *task = TASK_BINARY;
    return 0;
}

int targets_decide(struct targets *t, enum net_task asked, const struct dataset *train,
                   const char *name, struct error *e)
{
    *t = (struct targets){.task = asked, .outputs = 1};
    if (asked == TASK_AUTO) {
        const int rc = decide(train, name, &t->task, e);
        if (rc)
            return rc;
    }
    if (t->task == TASK_REGRESSION) {
        t->outputs = train->targets;
        return 0;
    }
    if (t->task == TASK_MULTICLASS && train->targets == 1) {
        const float max = largest(train);
        if (max >= METRICS_CLASSES_MAX)
            return error_set(e, ERR_LIMIT,
                             "%s: %s: a label is %.9g; at most %d classes are supported", name,
                             train->y_name, (double)max, METRICS_CLASSES_MAX);
        t->outputs = max >= 1 ? (size_t)max + 1 : 2;
    }
    return 0;
}

int targets_check(const struct targets *t, const struct dataset *train, const struct dataset *d,
                  const char *name, struct error *e)
{
    if (d->d != train->d)
        return error_set(e, ERR_DATA, "%s: %s has %zu features, but the training data have %zu",
                         name, d->x_name, d->d, train->d);
    if (d->targets != train->targets)
        return error_set(e, ERR_DATA, "%s: %s has %zu columns, but the training data's has %zu",
                         name, d->y_name, d->targets, train->targets);
    if (t->task == TASK_REGRESSION)
        return 0;
    if (d->targets != 1)
        return error_set(e, ERR_DATA, "%s: %s has %zu columns; a %s task has one label a row", name,
                         d->y_name, d->targets, net_task_name(t->task));
    const size_t classes = t->task == TASK_BINARY ? 2 : t->outputs;
    for (size_t i = 0; i < d->n; i++)
        if (!is_class(d->y[i], (double)classes))
            return error_set(
                e, ERR_DATA,
                "%s: %s: the label of row %zu is %.9g; the classes of this %s task are "
                "0 to %zu",
                name, d->y_name, i, (double)d->y[i], net_task_name(t->task), classes - 1);
    return 0;
}
