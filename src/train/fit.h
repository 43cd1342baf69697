// SPDX-License-Identifier: MIT
// The training loop: batches, gradients, steps, validation, early stopping, checkpoints.
#ifndef SKIFF_TRAIN_FIT_H
#define SKIFF_TRAIN_FIT_H

#include "base/err.h"
#include "base/rng.h"
#include "dist/dist.h"
#include "dist/dist_choice.h"
#include "kern/pace.h"
#include "model/net.h"
#include "model/plan.h"
#include "table/dataset.h"
#include "train/config.h"
#include "train/history.h"
#include "train/optim.h"
#include "train/schedule.h"
#include "train/score.h"
#include "train/target_scale.h"

// What a run tells its caller while it goes on. Any function may be NULL.
struct fit_hooks {
    void *context;
    // After every epoch; `row` is its line of the history, `last` says that none follows.
    void (*epoch)(void *context, uint64_t epoch, const struct history_row *row, bool last);
    // After every step, cheap: `done` of `total` rows of this epoch.
    void (*step)(void *context, uint64_t epoch, size_t done, size_t total);
    // Asked after every step: true ends the run in good order, to be resumed.
    bool (*stop)(void *context);
    // One line that the user should see (a checkpoint was skipped, training resumed).
    void (*note)(void *context, const char *text);
};

// Where the run stands, as a checkpoint keeps it, apart from parameters and optimizer state. Every
// member is written and read by checkpoint.c.
struct fit_state {
    uint64_t epoch;       // completed
    uint64_t row;         // rows of the current epoch that are done; 0 between epochs
    uint64_t loader_seed; // order of the current epoch
    double epoch_loss;    // sum over the current epoch's batches of mean loss x rows
    double epoch_lr;      // of the latest step
    uint64_t best_epoch;  // 0: none yet
    double best_value;
    uint64_t waited; // epochs since the best
    double seconds;  // spent before this process
    struct rng rng;
};

struct fit {
    const struct train_config *config;
    const struct net *net;
    const struct kern *kern;
    const struct dataset *train;
    const struct dataset *val; // or NULL
    struct fit_hooks hooks;
    size_t threads;
    struct par *team;        // borrowed; NULL: one thread does all
    const struct gemm *gemm; // borrowed; as in struct plan_spec
    struct dist *dist;       // borrowed; the ranks of this run. NULL: this process alone
    size_t batch_size;       // rows a step, resolved: 1 .. rows
    size_t drawn_rows;       // of them have their dropout masks drawn together
    bool shuffle;
    enum history_column monitor;
    bool keep_best;

    // What checkpoints are recognised by: CRC-32 of the data, and of starting weights from a file.
    uint32_t train_digest, val_digest, init_digest;

    // What this rank has of the network: all of it (`net`), or its slice (see fit_slice.h).
    const struct net *part;
    struct fit_slice *slice; // NULL: every rank has all of the network
    char *resumed; // the checkpoint whose arrays the root is to share out; with a slice alone

    float *params;     // part->size floats, as gradients and optimizer state are
    float *best;       // parameters of the best epoch, when keep_best
    struct plan *plan; // NULL with a slice, which has a plan of its own
    struct pace pace;  // how many of the threads pay
    struct optim optim;
    struct schedule schedule;
    struct fit_state state;
    struct history history;
    float *class_weight;       // by label, or NULL
    struct target_scale scale; // of regression targets, if they are scaled, as are
    float *train_y, *val_y;    // what is learnt then, else NULL
    uint32_t *order;           // of the epoch's rows, when shuffling
    float *val_pred;           // [val->n][outputs]
    struct score score;        // of the validation data

    struct dist_rows *rows;    // of batches, when no rank has all of the data: see ranks.c
    uint64_t fetched;          // where in the epoch the batch begins that has been fetched, or none
    struct dist_sum *sum;      // gradients of all ranks, when there are several: see ranks.c
    struct pieces pieces;      // in which they may travel while they are computed, if count > 0
    struct dist_choice choice; // of the root: does that pay?
    bool in_pieces;            // the next one does
    uint64_t flags;            // that came with the latest of them
    bool checkpoint_due;       // at the end of the epoch that is over

    double started;      // clock_seconds at the start of fit_run
    double checkpointed; // clock_seconds of the newest checkpoint
};

struct fit_spec {
    const struct train_config *config;
    const struct net *net;
    const struct kern *kern;
    const struct dataset *train, *val;
    struct fit_hooks hooks;
    size_t threads;
    struct par *team;        // borrowed; NULL: one thread does all
    const struct gemm *gemm; // borrowed; as in struct plan_spec
    bool scale_targets;      // regression: see target_scale.h
    struct dist *dist;       // borrowed; NULL: this process alone
};

// Everything is allocated here, weights are drawn or read from config->init.
int fit_init(struct fit *f, const struct fit_spec *spec, struct error *e);
void fit_clear(struct fit *f);
// Back to the start of the run: fresh weights, state and history.
int fit_restart(struct fit *f, struct error *e);

// The rows of the next step.
struct plan_batch fit_batch(const struct fit *f);

// Resume from the newest valid checkpoint if config->checkpoint_dir has one, then train to the end
// or until hooks.stop. Afterwards `params` are the ones to keep: the best epoch's when keep_best,
// also after ERR_NUMERIC, when the run has lost its way; and they predict amounts where targets
// were scaled.
// fit_finished tells whether the run came to its end.
// All ranks return the same code; only the root has a history.
int fit_run(struct fit *f, struct error *e);
bool fit_finished(const struct fit *f);

// Does any product go through OpenBLAS?
bool fit_uses_blas(const struct fit *f);

#endif
