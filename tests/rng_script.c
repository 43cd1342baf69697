// SPDX-License-Identifier: MIT
// A table of operations; each has its numbers read already and returns how many words it made.
#include "rng_script.h"

#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct call {
    struct rng *rng;
    double value[3];  // the line's numbers
    size_t n;         // the last of them: a count
    uint32_t *words;  // result
    const char *text; // the numbers as they were written
};

static void float_bits(const float *from, size_t n, uint32_t *to)
{
    memcpy(to, from, n * sizeof *to);
}

static long run_seed(const struct call *c)
{
    rng_seed(c->rng, c->text[0] == '-' ? (uint64_t)strtoll(c->text, NULL, 10)
                                       : strtoull(c->text, NULL, 10));
    return 0;
}

static long run_u32(const struct call *c)
{
    for (size_t i = 0; i < c->n; i++)
        c->words[i] = rng_u32(c->rng);
    return (long)c->n;
}

static long run_u64(const struct call *c)
{
    for (size_t i = 0; i < c->n; i++) {
        const uint64_t both = rng_u64(c->rng);
        c->words[2 * i] = (uint32_t)(both >> 32);
        c->words[2 * i + 1] = (uint32_t)both;
    }
    return (long)(2 * c->n);
}

static long uniform(struct rng *r, double lo, double hi, uint32_t *words, size_t n)
{
    float *values = mem_array(n, sizeof *values);
    if (!values)
        return -1;
    rng_uniform(r, lo, hi, values, n);
    float_bits(values, n, words);
    mem_free(values);
    return (long)n;
}

static long run_uniform(const struct call *c)
{
    return uniform(c->rng, c->value[0], c->value[1], c->words, c->n);
}

static long run_linear(const struct call *c)
{
    const size_t in = (size_t)c->value[0];
    const double bound = 1 / sqrt(c->value[0]);
    if ((in + 1) * c->n > RNG_SCRIPT_MAX ||
        uniform(c->rng, -bound, bound, c->words, in * c->n) < 0 ||
        uniform(c->rng, -bound, bound, c->words + in * c->n, c->n) < 0)
        return -1;
    return (long)((in + 1) * c->n);
}

static long run_randperm(const struct call *c)
{
    rng_randperm(c->rng, c->words, c->n);
    return (long)c->n;
}

static long run_loader(const struct call *c)
{
    rng_loader_order(rng_loader_seed(c->rng), c->words, c->n);
    return (long)c->n;
}

static long run_dropout(const struct call *c)
{
    uint8_t *keep = mem_zalloc(c->n);
    if (!keep)
        return -1;
    rng_dropout(c->rng, c->value[0], keep, c->n);
    for (size_t i = 0; i < c->n; i++)
        c->words[i] = keep[i];
    mem_free(keep);
    return (long)c->n;
}

static long run_permutation(const struct call *c)
{
    rng_numpy_permutation(c->rng, c->words, c->n);
    return (long)c->n;
}

static const struct {
    const char *name;
    size_t numbers;
    long (*run)(const struct call *);
} operations[] = {
    {"seed", 1, run_seed},       {"u32", 1, run_u32},         {"u64", 1, run_u64},
    {"uniform", 3, run_uniform}, {"linear", 2, run_linear},   {"randperm", 1, run_randperm},
    {"loader", 1, run_loader},   {"dropout", 2, run_dropout}, {"permutation", 1, run_permutation},
};

long rng_script_run(struct rng *r, const char *line, uint32_t words[RNG_SCRIPT_MAX])
{
    const size_t length = strcspn(line, " ");
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++) {
        if (strlen(operations[i].name) != length || strncmp(operations[i].name, line, length) != 0)
            continue;
        struct call c = {.rng = r, .words = words, .text = line + length + (line[length] == ' ')};
        const char *from = c.text;
        for (size_t k = 0; k < operations[i].numbers; k++) {
            char *end;
            c.value[k] = strtod(from, &end);
            if (end == from)
                return -1;
            from = end;
        }
        const double count = c.value[operations[i].numbers - 1];
        const int is_seed = operations[i].run == run_seed;
        if (!is_seed && !(count >= 0 && count <= RNG_SCRIPT_MAX / 2))
            return -1;
        c.n = is_seed ? 0 : (size_t)count;
        return operations[i].run(&c);
    }
    return -1;
}
