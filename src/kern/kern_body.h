// SPDX-License-Identifier: MIT
// Every kernel of one CPU level and the table of them. Included exactly once by each level's file
// after the macros that kern_vec.h lists, plus KERN_TABLE (the table's name), KERN_NAME and
// KERN_FMA (whether VFMA rounds once).
#ifndef SKIFF_KERN_BODY_H
#define SKIFF_KERN_BODY_H

#include "kern/kern_math.h"
#include "kern/kern_narrow.h"
#include "kern/kern_optim.h"
#include "kern/kern_product.h"
#include "kern/kern_reduce.h"

#define PEAK_CHAINS 12 // twice the latency of two units is 8 to 10; all levels have the registers

UNCHECKED static double kern_peak(size_t loops, float sink[3])
{
    vf acc[PEAK_CHAINS], x = SPLAT(sink[0]), y = SPLAT(sink[1]), sum = SPLAT(0.0f);
    foreach (i, PEAK_CHAINS)
        acc[i] = SPLAT(sink[2] + (float)i);
    for (size_t n = 0; n < loops; n++) {
        foreach (i, PEAK_CHAINS)
            acc[i] = VFMA(acc[i], x, y);
    }
    foreach (i, PEAK_CHAINS)
        sum += acc[i];
    sink[0] = sum[0];
    return 2.0 * VL * PEAK_CHAINS * (double)loops;
}

const struct kern KERN_TABLE = {
    .name = KERN_NAME,
    .fma = KERN_FMA,
    .product = kern_product,
    .dot = kern_dot,
    .narrow = kern_narrow,
    .column_sums = kern_column_sums,
    .transpose = kern_transpose,
    .act_forward = kern_act_forward,
    .act_backward = kern_act_backward,
    .exp = kern_exp,
    .log = kern_log,
    .bce = kern_bce,
    .add = kern_add,
    .scale = kern_scale,
    .mask = kern_mask,
    .sum = kern_sum,
    .sum_squares = kern_sum_squares,
    .adam = kern_adam,
    .sgd = kern_sgd,
    .peak = kern_peak,
};

#endif
