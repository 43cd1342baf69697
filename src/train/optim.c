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

// Plain sgd needs no buffer, unless a onecycle schedule gives it momentum, as torch's does.
size_t optim_states(const struct train_config *c)
{
    if (c->optimizer != OPTIM_SGD)
        return 2;
    return c->momentum > 0 || c->schedule == SCHEDULE_ONECYCLE ? 1 : 0;
}

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
    o->states = optim_states(c);
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

static void adam_piece(const struct optim *o, const struct optim_piece *s)
{
    o->kern->adam(&(struct kern_adam){
        .lr = s->lr,
        .beta1 = s->momentum,
        .beta2 = o->betas[1],
        .eps = o->eps,
        .weight_decay = o->weight_decay,
        .decoupled = o->kind == OPTIM_ADAMW,
        .lerp = o->torch_compat == TORCH_2,
        .shared = s->shared,
        .step = o->step,
        .p = s->params + s->begin,
        .m = o->state + s->begin,
        .v = o->state + o->n + s->begin,
        .g = s->gradient,
        .n = s->count,
    });
}

static void sgd_piece(const struct optim *o, const struct optim_piece *s)
{
    o->kern->sgd(&(struct kern_sgd){
        .lr = s->lr,
        .momentum = o->states ? s->momentum : 0,
        .weight_decay = o->weight_decay,
        .nesterov = o->nesterov,
        .first = o->step == 1,
        .shared = s->shared,
        .p = s->params + s->begin,
        .buf = o->states ? o->state + s->begin : NULL,
        .g = s->gradient,
        .n = s->count,
    });
}

void optim_begin_step(struct optim *o)
{
    o->step++;
}

void optim_step_piece(const struct optim *o, const struct optim_piece *piece)
{
    if (piece->count == 0)
        return;
    if (o->kind == OPTIM_SGD)
        sgd_piece(o, piece);
    else
        adam_piece(o, piece);
}

struct step {
    const struct optim *optim;
    struct optim_piece whole;
    size_t threads;
};

static void run_part(void *context, size_t worker)
{
    const struct step *s = context;
    const struct par_range part = par_split(s->optim->n, STEP_GRAIN, s->threads, worker);
    struct optim_piece piece = s->whole;
    piece.begin = part.begin;
    piece.count = part.end - part.begin;
    piece.gradient += part.begin;
    optim_step_piece(s->optim, &piece);
}

void optim_step(struct optim *o, float *params, const float *gradient, double lr, double momentum,
                size_t threads)
{
    optim_begin_step(o);
    struct step s = {
        .optim = o,
        .whole = {.params = params,
                  .count = o->n,
                  .gradient = gradient,
                  .lr = lr,
                  .momentum = momentum,
                  .shared = threads > 1},
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
