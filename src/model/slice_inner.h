// SPDX-License-Identifier: MIT
// Inside slice_plan.c (buffers, forward) and slice_back.c.
#ifndef SKIFF_MODEL_SLICE_INNER_H
#define SKIFF_MODEL_SLICE_INNER_H

#include "kern/gemm.h"
#include "model/slice_plan.h"

#define SLICE_BLOCK      128       // rows of a batch that are one task
#define SLICE_COLUMNS_AT 1024      // columns of a layer that are one task
#define STRIP_FLOATS     (1 << 19) // of a gradient in work: 2 MB, unless 16 rows of W are more
#define STRIP_ROWS_MAX   64        // so that threads have something to share
#define STRIP_NARROW     1024      // columns of a narrow layer

// One layer over the whole batch: [rows][ld], as in struct block_layer.
struct slice_at {
    size_t ld;
    const struct gemm *gemm;
    float *z, *a, *out;
    uint8_t *keep; // [rows][this rank's outputs], or NULL
};

struct slice_plan {
    struct slice_plan_spec spec;
    const struct net *net, *part; // of spec.slice
    const struct kern *kern;
    size_t rows;   // that there are buffers for
    size_t active; // workers
    struct slice_at at[NET_LAYERS_MAX];
    size_t input_ld, lone_ld;
    float *input;    // [rows][input_ld], the batch gathered or padded, this rank's columns of it
    float *lone;     // [rows][lone_ld], this rank's of the inputs of a layer that is lone
    float *y;        // [rows][targets] gathered
    float *row_loss; // [rows]
    float *work;     // [rows]
    float *dz;       // of the output layer
    float *delta[2]; // [rows][widest]
    size_t widest;
    float *zeros;        // a bias that another rank adds
    size_t strip_floats; // of one buffer
    float *strip;        // [threads][2][strip_floats]
    uint8_t *mask;       // a row of a mask, before this rank's columns are taken
    float *memory;       // all of the floats above
    uint8_t *masks;      // all of the bytes

    // The batch of the latest forward.
    const float *x;
    size_t ldx, batch_rows;
    bool masked;
};

// task(context, t, worker) for t < tasks, on the plan's threads where they are worth so many
// operations.
struct slice_tasks {
    struct slice_plan *plan;
    size_t tasks;
    double flops;
    void (*task)(void *context, size_t task, size_t worker);
    void *context;
};
void slice_run(const struct slice_tasks *t);

// What layer l reads on this rank.
const float *slice_input(const struct slice_plan *p, size_t l, size_t *ld);

// The rows of block `task` of the batch.
struct par_range slice_block(const struct slice_plan *p, size_t task);
size_t slice_blocks(const struct slice_plan *p);

// x *= mask / (1 - p) for rows of layer l's outputs.
void slice_mask(const struct slice_plan *p, size_t l, struct par_range rows, float *x);

#endif
