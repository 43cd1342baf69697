// SPDX-License-Identifier: MIT
// Losses over a block of rows: probabilities (or predictions), the loss of each row and the
// gradient of the batch's mean loss with respect to the network's raw outputs.
#ifndef SKIFF_MODEL_LOSS_H
#define SKIFF_MODEL_LOSS_H

#include "kern/kern.h"
#include "model/net.h"

struct loss_block {
    const struct kern *kern;
    enum net_task task;
    size_t rows, outputs;
    size_t ld;                 // of z, p and dz
    const float *z;            // [rows][ld] raw outputs
    const float *y;            // binary, multiclass: [rows] labels; regression: [rows][outputs]
    const float *class_weight; // by label, or NULL
    float scale;               // of the gradient: 1 / the mean's divisor
    float *p;                  // [rows][ld] sigmoid, softmax, or z itself
    float *loss;               // [rows], not divided
    float *dz;                 // [rows][ld], or NULL when no gradient is wanted
    float *work;               // [rows] scratch
};

// Binary: torch's Sigmoid + BCELoss. Multi-class: CrossEntropyLoss. Regression: MSELoss.
void loss_block(const struct loss_block *b);

// What the sum of the rows' losses is divided by: rows, the sum of the rows' class weights
// (multi-class with weights, as torch divides), or rows * outputs (regression).
double loss_divisor(enum net_task task, size_t outputs, const float *class_weight, const float *y,
                    const uint32_t *order, size_t rows);

#endif
