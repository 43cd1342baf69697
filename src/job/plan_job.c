// SPDX-License-Identifier: MIT
// Names and options are looked at before a second is spent on measuring.
#include "job/plan_job.h"

#include "base/mem.h"

#include <math.h>
#include <string.h>

#define VCPUS_A_CORE 2 // hyper-threads: the two share the units that multiply
#define MBIT         (1e6 / 8)

// ---- kinds of hosts

static int check_price(const struct plan_job *job, const struct price *p, struct error *e)
{
    if (p->gpu)
        return error_set(e, ERR_USAGE, "--instances: %s has a GPU (%s), which skiff does not use",
                         p->instance, p->gpu);
    if (isnan(p->vcpus))
        return error_set(e, ERR_DATA, "%s: says no vcpus of %s", job->prices, p->instance);
    if (isnan(p->network_mbit) && job->network_mbit == 0)
        return error_set(e, ERR_USAGE, "%s: says no network_mbit of %s; give --network MBIT",
                         job->prices, p->instance);
    return 0;
}

static struct dist_network network(const struct plan_job *job, double mbit)
{
    return (struct dist_network){
        .latency = job->latency,
        .bandwidth = (job->network_mbit > 0 ? job->network_mbit : mbit) * MBIT,
        .message = job->message,
    };
}

static double cores_of(const struct price *p)
{
    return p->vcpus > VCPUS_A_CORE ? p->vcpus / VCPUS_A_CORE : 1;
}

// The family is the name up to the last point: "ml.m5.".
static const struct price *twice_as_large(const struct prices *all, const struct price *p)
{
    const char *point = strrchr(p->instance, '.');
    const size_t family = point ? (size_t)(point - p->instance) + 1 : 0;
    for (size_t i = 0; family && i < all->count; i++) {
        const struct price *other = &all->item[i];
        if (strncmp(other->instance, p->instance, family) == 0 && !other->gpu &&
            other->vcpus == 2 * p->vcpus)
            return other;
    }
    return NULL;
}

static int add_instance(struct plan_result *r, const struct plan_job *job, const char *name,
                        size_t length, struct error *e)
{
    char text[64];
    if (length == 0 || length >= sizeof text || r->kinds == PLAN_KINDS_MAX)
        return error_set(e, ERR_USAGE,
                         "--instances: '%.*s': names separated by commas, up to %d of them",
                         (int)(length < 60 ? length : 60), name, PLAN_KINDS_MAX);
    memcpy(text, name, length);
    text[length] = '\0';
    const struct price *p = prices_find(&r->prices, text);
    if (!p) {
        const char *near = prices_nearest(&r->prices, text);
        return error_set(e, ERR_USAGE, "--instances: %s is not in %s%s%s%s", text, job->prices,
                         near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    }
    r->kind[r->kinds++] = (struct plan_kind){
        .instance = p->instance,
        .one = {1, cores_of(p), network(job, p->network_mbit)},
        .usd_per_hour = p->usd_per_hour,
    };
    return check_price(job, p, e);
}

static int add_instances(struct plan_result *r, const struct plan_job *job, struct error *e)
{
    if (!job->prices)
        return error_set(e, ERR_USAGE,
                         "no table of prices is installed: give --prices FILE, or --cores N and "
                         "--network MBIT for hosts of your own");
    int rc = prices_read(&r->prices, job->prices, e);
    for (const char *at = job->instances; rc == 0 && at;) {
        const size_t length = strcspn(at, ",");
        rc = add_instance(r, job, at, length, e);
        at = at[length] ? at + length + 1 : NULL;
    }
    return rc;
}

static int add_kinds(struct plan_result *r, const struct plan_job *job, struct error *e)
{
    if (job->cores == 0)
        return add_instances(r, job, e);
    if (job->network_mbit == 0)
        return error_set(e, ERR_USAGE, "--cores: hosts of your own need --network MBIT, too");
    r->kinds = 1;
    r->kind[0] = (struct plan_kind){.one = {1, job->cores, network(job, 0)}, .usd_per_hour = NAN};
    return 0;
}

// ---- predictions

static void judge_second(struct plan_kind *k, const struct plan_job *job,
                         const struct plan_result *r)
{
    const struct scaling_work *w = &r->measured.work;
    struct scaling_cluster two = k->one;
    two.hosts = 2;
    k->alone = scaling_predict(w, &k->one);
    k->pair = scaling_predict(w, &two);
    k->faster_from = scaling_batch_for(w, &two, 1);
    k->gaining_from = scaling_batch_for(w, &two, PLAN_GOOD_GAIN);
    const struct price *p = k->instance ? prices_find(&r->prices, k->instance) : NULL;
    const struct price *larger = p ? twice_as_large(&r->prices, p) : NULL;
    if (!larger)
        return;
    const struct scaling_cluster one = {1, cores_of(larger), network(job, larger->network_mbit)};
    k->larger = larger->instance;
    k->larger_usd_per_hour = larger->usd_per_hour;
    k->larger_seconds = scaling_predict(w, &one).total;
}

static int predict(struct plan_result *r, const struct plan_job *job, struct error *e)
{
    const size_t each = job->hosts->count;
    r->line = mem_array(r->kinds * each, sizeof *r->line);
    if (!r->line)
        return error_nomem(e, "predictions");
    for (size_t k = 0; k < r->kinds; k++) {
        struct plan_kind *kind = &r->kind[k];
        judge_second(kind, job, r);
        for (size_t i = 0; i < each; i++) {
            struct scaling_cluster c = kind->one;
            struct plan_line *line = &r->line[r->lines++];
            c.hosts = job->hosts->value[i];
            *line = (struct plan_line){.kind = k, .hosts = c.hosts};
            line->epoch = scaling_predict(&r->measured.work, &c);
            line->gain = kind->alone.total / line->epoch.total;
            line->usd =
                kind->usd_per_hour / 3600 * (double)c.hosts * (double)r->epochs * line->epoch.total;
        }
    }
    return 0;
}

static int measure(struct fit *f, void *context, struct error *e)
{
    return rehearse(f, context, e);
}

int plan_job(const struct plan_job *job, struct plan_result *r, struct error *e)
{
    struct train_job train = job->train;
    struct train_job_result none;
    *r = (struct plan_result){.epochs = train.config->epochs};
    train.rehearse = measure;
    train.context = &r->measured;
    int rc = add_kinds(r, job, e);
    if (rc == 0)
        rc = train_job(&train, &none, e);
    if (rc == 0) {
        r->leaves = plan_leaves(r->measured.work.batch, r->measured.work.floats);
        rc = predict(r, job, e);
    }
    if (rc)
        plan_result_clear(r);
    return rc;
}

void plan_result_clear(struct plan_result *r)
{
    mem_free(r->line);
    prices_clear(&r->prices);
    *r = (struct plan_result){0};
}
