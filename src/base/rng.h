// SPDX-License-Identifier: MIT
// Random numbers exactly as torch's CPU generator and numpy's legacy RandomState draw them.
#ifndef SKIFF_BASE_RNG_H
#define SKIFF_BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

#define RNG_WORDS 624

// mt19937. Plain data: copying the struct copies the stream, so a checkpoint can hold one.
// Whoever reads one from a file checks next <= RNG_WORDS.
struct rng {
    uint32_t state[RNG_WORDS];
    uint32_t next; // index of the next word; RNG_WORDS: the block is used up
};

void rng_seed(struct rng *r, uint64_t seed); // only the low 32 bits count, as in torch
uint32_t rng_u32(struct rng *r);
uint64_t rng_u64(struct rng *r); // two outputs, the first is the high half

// n values as torch's uniform_(lo, hi) draws float32 on a machine with fused multiply-add; lo and
// hi are rounded to float32 first.
void rng_uniform(struct rng *r, double lo, double hi, float *values, size_t n);

// order[0..n) = torch.randperm(n), n < 2^32.
void rng_randperm(struct rng *r, uint32_t *order, size_t n);

// The order of one epoch of DataLoader(shuffle=True): four outputs of `r`, whatever n is. Returns
// the seed of the sampler's own generator; order = randperm(n) of a generator seeded with it.
uint64_t rng_loader_seed(struct rng *r);
void rng_loader_order(uint64_t loader_seed, uint32_t *order, size_t n);

// keep[i] = 1 with probability 1 - p as torch's CPU dropout draws it (builds without MKL): two
// outputs an element. p = 0 keeps all, p = 1 drops all, and both draw nothing, as in torch.
void rng_dropout(struct rng *r, double p, uint8_t *keep, size_t n);

// numpy.random.RandomState(seed).permutation(n), the base of sklearn's train_test_split.
void rng_numpy_permutation(struct rng *r, uint32_t *order, size_t n);

#endif
