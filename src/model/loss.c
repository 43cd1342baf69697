// SPDX-License-Identifier: MIT
// The formulas of torch, a row on its own, so that neither blocks nor threads change a row's loss.
// Sums over rows are the caller's, in double.
#include "model/loss.h"

static void binary(const struct loss_block *b)
{
    if (b->class_weight)
        for (size_t i = 0; i < b->rows; i++)
            b->work[i] = b->class_weight[b->y[i] > 0.5F];
    b->kern->bce(&(struct kern_bce){
        .n = b->rows,
        .z = b->z,
        .y = b->y,
        .weight = b->class_weight ? b->work : NULL,
        .scale = b->scale,
        .p = b->p,
        .loss = b->loss,
        .dz = b->dz,
    });
}

// p = softmax(z) of one row, given shift = max z; returns the sum of exp(z - shift).
static float softmax_row(const struct kern *kern, size_t k, const float *z, float shift, float *p)
{
    for (size_t j = 0; j < k; j++)
        p[j] = z[j] - shift;
    kern->exp(k, p, p);
    double sum = 0;
    for (size_t j = 0; j < k; j++)
        sum += (double)p[j];
    const float total = (float)sum;
    for (size_t j = 0; j < k; j++)
        p[j] /= total;
    return total;
}

// NaN is passed on: a comparison with it is false, so it must win by itself.
static float row_max(size_t k, const float *z)
{
    float max = z[0];
    for (size_t j = 1; j < k; j++)
        if (!(z[j] <= max))
            max = z[j];
    return max;
}

// loss = log(sum exp(z - max)) - (z_label - max); dz = (p - onehot) * weight / divisor
static void multiclass(const struct loss_block *b)
{
    for (size_t i = 0; i < b->rows; i++) {
        const float *z = b->z + i * b->ld;
        const float max = row_max(b->outputs, z);
        b->work[i] = softmax_row(b->kern, b->outputs, z, max, b->p + i * b->ld);
        b->loss[i] = z[(size_t)b->y[i]] - max;
    }
    b->kern->log(b->rows, b->work, b->work);
    for (size_t i = 0; i < b->rows; i++) {
        const size_t label = (size_t)b->y[i];
        const float weight = b->class_weight ? b->class_weight[label] : 1.0F;
        b->loss[i] = weight * (b->work[i] - b->loss[i]);
        if (!b->dz)
            continue;
        const float factor = weight * b->scale;
        const float *p = b->p + i * b->ld;
        float *dz = b->dz + i * b->ld;
        for (size_t j = 0; j < b->outputs; j++)
            dz[j] = (p[j] - (j == label ? 1.0F : 0.0F)) * factor;
    }
}

// loss = sum over the outputs of (z - y)^2; dz = 2 (z - y) / (rows * outputs)
static void regression(const struct loss_block *b)
{
    const float factor = 2.0F * b->scale;
    for (size_t i = 0; i < b->rows; i++) {
        const float *z = b->z + i * b->ld, *y = b->y + i * b->outputs;
        float *p = b->p + i * b->ld;
        float loss = 0;
        for (size_t j = 0; j < b->outputs; j++) {
            const float difference = z[j] - y[j];
            p[j] = z[j];
            loss += difference * difference;
            if (b->dz)
                b->dz[i * b->ld + j] = difference * factor;
        }
        b->loss[i] = loss;
    }
}

void loss_block(const struct loss_block *b)
{
    switch (b->task) {
    case TASK_MULTICLASS:
        multiclass(b);
        break;
    case TASK_REGRESSION:
        regression(b);
        break;
    default:
        binary(b);
    }
}

double loss_divisor(enum net_task task, size_t outputs, const float *class_weight, const float *y,
                    const uint32_t *order, size_t rows)
{
    if (task == TASK_REGRESSION)
        return (double)rows * (double)outputs;
    if (task != TASK_MULTICLASS || !class_weight)
        return (double)rows;
    double sum = 0;
    for (size_t i = 0; i < rows; i++)
        sum += (double)class_weight[(size_t)y[order ? order[i] : i]];
    return sum;
}
