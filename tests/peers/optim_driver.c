// SPDX-License-Identifier: MIT
// Runs an optimizer kernel on gradients from standard input, for optim_torch.py.
//
//   optim_driver LEVEL adam LR BETA1 BETA2 EPS WEIGHT_DECAY DECOUPLED LERP N STEPS
//   optim_driver LEVEL sgd LR MOMENTUM WEIGHT_DECAY NESTEROV N STEPS
//
// Input, float32: N parameters, then STEPS times N gradients. Output: STEPS times N parameters.
#include "base/mem.h"
#include "kern/cpu.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct run {
    const struct kern *kern;
    size_t n, steps;
    float *p, *g, *first, *second; // parameters, gradients, state
    struct kern_adam adam;
    struct kern_sgd sgd;
    bool is_adam;
};

static void parse(struct run *r, char **arg)
{
    for (const struct kern *const *level = kern_available(); *level; level++)
        if (strcmp((*level)->name, arg[1]) == 0)
            r->kern = *level;
    r->is_adam = strcmp(arg[2], "adam") == 0;
    double value[7];
    size_t count = r->is_adam ? 7 : 4;
    for (size_t i = 0; i < count; i++)
        value[i] = strtod(arg[3 + i], NULL);
    r->n = strtoul(arg[3 + count], NULL, 10);
    r->steps = strtoul(arg[4 + count], NULL, 10);
    if (r->is_adam)
        r->adam = (struct kern_adam){.lr = value[0],
                                     .beta1 = value[1],
                                     .beta2 = value[2],
                                     .eps = value[3],
                                     .weight_decay = value[4],
                                     .decoupled = value[5] != 0,
                                     .lerp = value[6] != 0};
    else
        r->sgd = (struct kern_sgd){.lr = value[0],
                                   .momentum = value[1],
                                   .weight_decay = value[2],
                                   .nesterov = value[3] != 0};
}

static void step(struct run *r, size_t number)
{
    if (r->is_adam) {
        r->adam.step = number;
        r->kern->adam(&r->adam);
    } else {
        r->sgd.first = number == 1;
        r->kern->sgd(&r->sgd);
    }
}

int main(int argc, char **argv)
{
    struct run r = {0};
    if (argc != 12 && argc != 9)
        return 2;
    parse(&r, argv);
    r.p = mem_aligned(r.n, sizeof(float));
    r.g = mem_aligned(r.n, sizeof(float));
    r.first = mem_aligned(r.n, sizeof(float));
    r.second = mem_aligned(r.n, sizeof(float));
    if (!r.kern || !r.p || !r.g || !r.first || !r.second)
        return 1;
    r.adam.p = r.sgd.p = r.p;
    r.adam.g = r.sgd.g = r.g;
    r.adam.m = r.sgd.buf = r.first;
    r.adam.v = r.second;
    r.adam.n = r.sgd.n = r.n;
    if (fread(r.p, sizeof(float), r.n, stdin) != r.n)
        return 1;
    for (size_t s = 1; s <= r.steps; s++) {
        if (fread(r.g, sizeof(float), r.n, stdin) != r.n)
            return 1;
        step(&r, s);
        if (fwrite(r.p, sizeof(float), r.n, stdout) != r.n)
            return 1;
    }
    mem_free(r.p);
    mem_free(r.g);
    mem_free(r.first);
    mem_free(r.second);
    return fflush(stdout) == 0 ? 0 : 1;
}
