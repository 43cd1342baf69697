// SPDX-License-Identifier: MIT
// What every use of a trained model begins with: the model from its file, the CPU's kernels,
// OpenBLAS where it is wanted, a team of threads around the work.
#ifndef SKIFF_JOB_MODEL_RUN_H
#define SKIFF_JOB_MODEL_RUN_H

#include "base/err.h"
#include "kern/gemm.h"
#include "kern/par.h"
#include "model/model_file.h"
#include "model/plan.h"
#include "table/dataset.h"

struct model_run_spec {
    const char *model;     // model.npz, or the folder of a run that has one
    size_t threads;        // 0: OMP_NUM_THREADS, or else the cores at hand
    enum gemm_choice gemm; // as the model was trained with, for the same bits
};

struct model_run {
    char *path; // of the model.npz
    struct model model;
    const struct kern *kern;
    struct gemm gemm;
    size_t threads;
    struct par *team; // inside model_run
};

typedef int model_work(struct model_run *run, void *context, struct error *e);

// Everything is made ready, work(run, context, e) is called, everything is cleared; the result is
// that of `work`.
int model_run(const struct model_run_spec *spec, model_work *work, void *context, struct error *e);
// The same without the team, for a model that is used again and again. On failure `run` is left
// empty. Not to be moved once opened: plans point into it.
int model_run_open(struct model_run *run, const struct model_run_spec *spec, struct error *e);
void model_run_close(struct model_run *run);

// Rows of a batch where an input is read front to back. They follow from the network alone:
// products through OpenBLAS depend on them.
size_t model_run_rows(const struct net *net);
// A plan for batches of so many rows, with losses or without. NULL with an error.
struct plan *model_run_plan(const struct model_run *run, size_t rows, struct error *e);
double model_run_bytes(const struct model_run *run, size_t rows); // that such a plan takes

// ERR_MISMATCH when the data have another number of features than the model has inputs.
int model_run_check(const struct model_run *run, const char *data, const char *array,
                    size_t features, struct error *e);

#endif
