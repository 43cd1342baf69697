// SPDX-License-Identifier: MIT
// Closed forms of torch's StepLR, CosineAnnealingLR (T_max = epochs, eta_min = 0) and OneCycleLR
// (pct_start 0.3, div_factor 25, final_div_factor 1e4, cosine, momentum from 0.85 to 0.95).
#include "train/schedule.h"

#include <math.h>

#define PI 3.14159265358979323846

void schedule_init(struct schedule *s, const struct train_config *c, double momentum,
                   uint64_t steps_per_epoch)
{
    const double warmup = ceil(c->warmup * (double)steps_per_epoch);
    *s = (struct schedule){
        .kind = (enum schedule_kind)c->schedule,
        .lr = c->learning_rate,
        .gamma = c->gamma,
        .step_size = c->step_size,
        .epochs = (uint64_t)c->epochs,
        .steps_per_epoch = steps_per_epoch,
        .warmup_steps = (uint64_t)warmup,
        .momentum = momentum,
    };
}

// From a to b along half a cosine, as `done` goes from 0 to 1.
static double anneal(double a, double b, double done)
{
    return b + (a - b) / 2.0 * (cos(PI * done) + 1.0);
}

static struct schedule_point onecycle(const struct schedule *s, uint64_t step, uint64_t steps)
{
    const double low = s->lr / 25.0, end = low / 1e4;
    const double peak = 0.3 * (double)steps - 1.0, last = (double)steps - 1.0;
    const double at = (double)step;
    struct schedule_point p;
    const bool rising = at <= peak;
    const double done = rising ? at / peak : last > peak ? (at - peak) / (last - peak) : 1.0;
    p.lr = rising ? anneal(low, s->lr, done) : anneal(s->lr, end, done);
    p.momentum = rising ? anneal(0.95, 0.85, done) : anneal(0.85, 0.95, done);
    return p;
}

struct schedule_point schedule_at(const struct schedule *s, uint64_t step)
{
    struct schedule_point p = {.lr = s->lr, .momentum = s->momentum};
    if (step < s->warmup_steps) {
        p.lr = s->lr * ((double)step + 1.0) / (double)s->warmup_steps;
        return p;
    }
    const uint64_t total = s->epochs * s->steps_per_epoch;
    const uint64_t after = step - s->warmup_steps;
    const uint64_t left = total > s->warmup_steps ? total - s->warmup_steps : 1;
    const double epoch = floor((double)after / (double)s->steps_per_epoch);
    switch (s->kind) {
    case SCHEDULE_STEP:
        p.lr = s->lr * pow(s->gamma, floor(epoch / (double)s->step_size));
        break;
    case SCHEDULE_COSINE:
        p.lr = anneal(s->lr, 0, epoch / ceil((double)left / (double)s->steps_per_epoch));
        break;
    case SCHEDULE_ONECYCLE:
        return onecycle(s, after, left);
    default:
        break;
    }
    return p;
}
