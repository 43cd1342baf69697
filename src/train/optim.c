// SPDX-License-Identifier: MIT
// The arithmetic is in the kernels, elementwise: so the block may be cut anywhere among threads.
#include "train/optim.h"

#include "base/mem.h"
#include "kern/par.h"

#include <math.h>
#include <string.h>

// Parts of threads begin where those of the plan's joins do: so a thread moves the parameters whose
// gradients it has just summed.
#define STEP_GRAIN (4 * KERN_LANES)

int optim_init(struct optim *o, const struct train_config *c, const struct kern *kern, size_t n,
               struct error *e)
{
    *o = (struct optim){
        .kern = kern,
        .kind = (enum optim_kind)c->optimizer,
        .torch_compat = (enum torch_compat)c->torch_compat,
        .betas = {c->betas[0], c->betas[1]},
        .eps = c->eps,
        .momentum = c->momentum,
        .weight_decay = c->weight_decay,
        .nesterov = c->nesterov,
        .n = n,
    };
    // Plain sgd needs no buffer, unless a onecycle schedule gives it momentum, as torch's does.
    const bool buffer = o->momentum > 0 || c->schedule == SCHEDULE_ONECYCLE;
    o->states = o->kind != OPTIM_SGD ? 2 : buffer ? 1 : 0;
    o->state = mem_aligned(o->states * n, sizeof *o->state);
    return o->state ? 0 : error_nomem(e, "optimizer state");
}

void optim_clear(struct optim *o)
{
    mem_free(o->state);
    o->state = NULL;
}

double optim_momentum(const struct optim *o)
{
    return o->kind == OPTIM_SGD ? o->momentum : o->betas[0];
}

struct step {
    const struct optim *optim;
    float *params;
    const float *gradient;
    double lr, momentum;
    size_t threads;
};

static void adam_part(const struct step *s, size_t begin, size_t n)
{
    const struct optim *o = s->optim;
    o->kern->adam(&(struct kern_adam){
        .lr = s->lr,
        .beta1 = s->momentum,
        .beta2 = o->betas[1],
        .eps = o->eps,
        .weight_decay = o->weight_decay,
        .decoupled = o->kind == OPTIM_ADAMW,
        .lerp = o->torch_compat == TORCH_2,
        .step = o->step,
        .p = s->params + begin,
        .m = o->state + begin,
        .v = o->state + o->n + begin,
        .g = s->gradient + begin,
        .n = n,
    });
}

static void sgd_part(const struct step *s, size_t begin, size_t n)
{
    const struct optim *o = s->optim;
    o->kern->sgd(&(struct kern_sgd){
        .lr = s->lr,
        .momentum = o->states ? s->momentum : 0,
        .weight_decay = o->weight_decay,
        .nesterov = o->nesterov,
        .first = o->step == 1,
        .p = s->params + begin,
        .buf = o->states ? o->state + begin : NULL,
        .g = s->gradient + begin,
        .n = n,
    });
}

static void run_part(void *context, size_t worker)
{
    const struct step *s = context;
    const struct par_range part = par_split(s->optim->n, STEP_GRAIN, s->threads, worker);
    if (part.begin == part.end)
        return;
    if (s->optim->kind == OPTIM_SGD)
        sgd_part(s, part.begin, part.end - part.begin);
    else
        adam_part(s, part.begin, part.end - part.begin);
}

void optim_step(struct optim *o, float *params, const float *gradient, double lr, double momentum,
                size_t threads)
{
    o->step++;
    struct step s = {
        .optim = o,
        .params = params,
        .gradient = gradient,
        .lr = lr,
        .momentum = momentum,
        .threads = threads,
    };
    par_run(o->team, s.threads, run_part, &s);
}

double optim_clip(const struct kern *kern, float *gradient, size_t n, double limit)
{
    const double norm = sqrt(kern->sum_squares(n, gradient));
    const double factor = limit / (norm + 1e-6);
    if (factor < 1)
        kern->scale(n, gradient, (float)factor);
    return norm;
}
