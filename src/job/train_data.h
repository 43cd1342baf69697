// SPDX-License-Identifier: MIT
// What a run trains on and is measured on: arrays that are prepared already, or CSVs and the
// preparation that makes features of them.
#ifndef SKIFF_JOB_TRAIN_DATA_H
#define SKIFF_JOB_TRAIN_DATA_H

#include "base/err.h"
#include "table/dataset.h"
#include "table/prep.h"
#include "train/config.h"
#include "train/targets.h"

struct par;
struct train_data {
    struct dataset train, val, test; // n is 0 where there is none
    struct targets targets;
    struct prep *prep; // how features are made of columns; NULL when nobody said
    bool sharded;      // features are still with the ranks that have read them: train_data_deal
};

struct train_data_spec {
    const struct train_config *config;
    struct par *team; // as in struct plan_spec, both
    size_t threads;
    void (*note)(void *context, const char *text); // NULL: nobody listens
    void *context;
    struct dist *ranks; // whose files are parts of one table (config->sharded), or NULL
};

// One CSV (config->data) is divided, prepared by its training rows and trained on; `skiff prep` and
// then training on its files give the same values. A CSV as config->train is trained on as a whole:
// config->prep prepares it, or else a preparation that is fitted on it, and the same one is applied
// to other CSVs.
//
// With ranks and config->sharded it is collective and ends alike everywhere, and so is
// train_data_deal, which is to follow as soon as the size of gradients is known.
int train_data_load(struct train_data *d, const struct train_data_spec *spec, struct error *e);
int train_data_deal(struct train_data *d, struct dist *ranks, size_t gradient_floats,
                    struct error *e);
void train_data_clear(struct train_data *d);

// The file that is trained on, for messages.
const char *train_data_path(const struct train_config *c);

#endif
