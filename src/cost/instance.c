// SPDX-License-Identifier: MIT
// A platform that runs a job names the type; in its own local mode it says "local" or "local_cpu",
// which nobody can rent, so a name counts when it begins as SageMaker's do.
#include "cost/instance.h"

#include "base/mem.h"

#include <math.h>
#include <string.h>

#define RENTED    "ml."
#define THROTTLED "ml.t"
#define GIB       1073741824.0
// Of the memory that an instance has by name, a system shows a few per cent less.
#define SHOWN 1.1

static bool begins(const char *text, const char *with)
{
    return text && strncmp(text, with, strlen(with)) == 0;
}

// By how much memory two instances differ from a machine: those that have no more than it come
// first, the largest of them best; then the others, the smallest of them best.
static double memory_distance(const struct price *p, double memory)
{
    const double away = memory - p->memory_gib;
    return away >= 0 ? away : 1e9 - away;
}

static bool is_better(const struct price *a, const struct price *b, double memory)
{
    if (a->vcpus != b->vcpus)
        return a->vcpus < b->vcpus;
    const double far = memory_distance(a, memory), other = memory_distance(b, memory);
    return far != other ? far < other : a->usd_per_hour < b->usd_per_hour;
}

const struct price *instance_guess(const struct prices *p, const struct instance_shape *shape)
{
    const struct price *best = NULL;
    const double memory = (double)shape->memory / GIB * SHOWN;
    for (size_t i = 0; i < p->count; i++) {
        const struct price *one = &p->item[i];
        if (one->gpu || begins(one->instance, THROTTLED) || !isfinite(one->memory_gib) ||
            !(one->vcpus >= (double)shape->cores))
            continue;
        if (!best || is_better(one, best, memory))
            best = one;
    }
    return best;
}

static int take(struct instance *i, const char *type, enum instance_source source, struct error *e)
{
    i->type = mem_strdup(type);
    if (!i->type)
        return error_nomem(e, "instance");
    i->source = source;
    return 0;
}

static int guess(struct instance *i, const struct instance_clues *clues, struct error *e)
{
    struct prices prices;
    int rc = prices_read(&prices, clues->prices, e);
    if (rc)
        return rc;
    const struct price *found = instance_guess(&prices, &clues->shape);
    if (found)
        rc = take(i, found->instance, INSTANCE_GUESS, e);
    prices_clear(&prices);
    return rc;
}

int instance_find(struct instance *i, const struct instance_clues *clues, struct error *e)
{
    *i = (struct instance){.count = clues->count ? clues->count : 1};
    if (begins(clues->job, RENTED))
        return take(i, clues->job, INSTANCE_JOB, e);
    if (clues->option && *clues->option)
        return take(i, clues->option, INSTANCE_OPTION, e);
    return clues->prices && *clues->prices ? guess(i, clues, e) : 0;
}

void instance_clear(struct instance *i)
{
    mem_free(i->type);
    *i = (struct instance){0};
}

const char *instance_source_name(enum instance_source source)
{
    static const char *const names[] = {NULL, "job", "option", "guess"};
    return names[source];
}

int64_t instance_billable(double seconds, size_t count)
{
    return (int64_t)ceil(seconds) * (int64_t)count;
}
