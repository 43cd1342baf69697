// SPDX-License-Identifier: MIT
// Optimizers, as torch.optim defines them: the state they keep and one step over the flat block.
#ifndef SKIFF_TRAIN_OPTIM_H
#define SKIFF_TRAIN_OPTIM_H

#include "base/err.h"
#include "kern/kern.h"
#include "kern/par.h"
#include "train/config.h"

#include <stddef.h>
#include <stdint.h>

struct optim {
    const struct kern *kern;
    struct par *team; // borrowed, set by the caller; NULL: all on the calling thread
    enum optim_kind kind;
    enum torch_compat torch_compat;
    double betas[2], eps, momentum, weight_decay;
    bool nesterov;
    size_t n;      // floats of the parameter block
    uint64_t step; // steps done
    float *state;  // [states][n], one block: first and second moment, or the momentum buffer
    size_t states; // 0, 1 or 2
};

// Blocks of state that such an optimizer keeps.
size_t optim_states(const struct train_config *c);
int optim_init(struct optim *o, const struct train_config *c, const struct kern *kern, size_t n,
               struct error *e);
void optim_clear(struct optim *o);

// One step on `threads` threads. `momentum` replaces beta1 or sgd's momentum for this step (one-
// cycle schedules move it); pass optim_momentum(o) otherwise. Parameters are aligned to MEM_ALIGN
// where there are several threads.
void optim_step(struct optim *o, float *params, const float *gradient, double lr, double momentum,
                size_t threads);
// The same step in pieces, as gradients become known: optim_begin_step, then every float once, on
// any thread.
struct optim_piece {
    float *params; // the whole block
    size_t begin, count;
    const float *gradient; // [count], of the piece alone
    double lr, momentum;
    bool shared; // others move other pieces, and read this one
};
void optim_begin_step(struct optim *o);
void optim_step_piece(const struct optim *o, const struct optim_piece *piece);
double optim_momentum(const struct optim *o);

// Scale a gradient so that its norm is at most `limit`, as clip_grad_norm_ does; returns the norm
// it had.
double optim_clip(const struct kern *kern, float *gradient, size_t n, double limit);

#endif
