// SPDX-License-Identifier: MIT
// A CSV to prepared arrays: DIR/train_data.npz (X_train, y_train), DIR/val_data.npz (X_val, y_val)
// unless no row is held back, and DIR/prep.json, which says how they came about. With folds the
// same in DIR/fold1, DIR/fold2 and so on, each fitted for its own rows. All files or none.
#ifndef SKIFF_JOB_PREP_JOB_H
#define SKIFF_JOB_PREP_JOB_H

#include "base/err.h"
#include "job/prep_table.h"

#define PREP_FOLDS_MAX 100 // their files are open together

struct prep_job {
    const char *path, *out;
    const struct prep_options *options;
    enum prep_task_wish task;
    size_t folds; // 0: a division by test_size
    bool single;  // X as float32, not double
    size_t threads;
    struct prep_listener listener;
    bool (*stop)(void *context); // asked before each file whether to end without any; NULL: never
    void *context;
};

struct prep_job_result {
    struct prep prep;          // of folds the first one's
    struct prep_counts counts; // of all rows, by the columns of `prep`
    size_t *class_rows;        // [prep.target.classes]
    bool stopped;              // when asked to: there is nothing else here, and no file
};

int prep_job(const struct prep_job *job, struct prep_job_result *result, struct error *e);
void prep_job_result_clear(struct prep_job_result *result);

#endif
