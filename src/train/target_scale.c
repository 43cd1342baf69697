// SPDX-License-Identifier: MIT
// Two passes in double over all labels in the order of the rows, which every rank has: the same
// scale whoever computes it.
#include "train/target_scale.h"

#include "base/mem.h"

#include <math.h>

int target_scale_init(struct target_scale *s, const struct dataset *train, struct error *e)
{
    const size_t n = train->n, k = train->targets;
    s->center = mem_array(k, sizeof *s->center);
    s->width = mem_array(k, sizeof *s->width);
    if (!s->center || !s->width) {
        target_scale_clear(s);
        return error_nomem(e, "the scale of the targets");
    }
    s->targets = k;
    for (size_t i = 0; i < n * k; i++)
        s->center[i % k] += (double)train->y[i] / (double)n;
    for (size_t i = 0; i < n * k; i++) {
        const double off = (double)train->y[i] - s->center[i % k];
        s->width[i % k] += off * off / (double)n;
    }
    for (size_t t = 0; t < k; t++)
        s->width[t] = s->width[t] > 0 ? sqrt(s->width[t]) : 1;
    return 0;
}

void target_scale_clear(struct target_scale *s)
{
    mem_free(s->center);
    mem_free(s->width);
    *s = (struct target_scale){0};
}

float *target_scale_apply(const struct target_scale *s, const struct dataset *d)
{
    const size_t k = s->targets;
    float *y = mem_array(d->n * k, sizeof *y);
    for (size_t i = 0; y && i < d->n * k; i++)
        y[i] = (float)(((double)d->y[i] - s->center[i % k]) / s->width[i % k]);
    return y;
}

void target_scale_undo(const struct target_scale *s, float *pred, size_t n)
{
    const size_t k = s->targets;
    for (size_t i = 0; i < n * k; i++)
        pred[i] = (float)(s->center[i % k] + s->width[i % k] * (double)pred[i]);
}

void target_scale_fold(const struct target_scale *s, const struct net *net, float *params)
{
    for (size_t t = 0; t < s->targets; t++)
        net_rescale_output(net, params, t, s->width[t], s->center[t]);
}

void target_scale_unfold(const struct target_scale *s, const struct net *net, float *params)
{
    for (size_t t = 0; t < s->targets; t++)
        net_rescale_output(net, params, t, 1 / s->width[t], -s->center[t] / s->width[t]);
}
