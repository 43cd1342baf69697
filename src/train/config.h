// SPDX-License-Identifier: MIT
// Everything that a training run can be told, and the option table that fills it from argv or a
// configuration file.
#ifndef SKIFF_TRAIN_CONFIG_H
#define SKIFF_TRAIN_CONFIG_H

#include "base/opt.h"
#include "kern/gemm.h"
#include "model/net.h"
#include "table/prep_options.h"

#include <stdbool.h>
#include <stdint.h>

enum optim_kind { OPTIM_SGD, OPTIM_ADAM, OPTIM_ADAMW };
enum torch_compat { TORCH_1, TORCH_2 }; // 1.13; 2.1 and later
enum schedule_kind { SCHEDULE_CONSTANT, SCHEDULE_STEP, SCHEDULE_COSINE, SCHEDULE_ONECYCLE };

// What early stopping and "best" look at. AUTO: val_loss, or train_loss without validation data.
enum monitor {
    MONITOR_AUTO,
    MONITOR_TRAIN_LOSS,
    MONITOR_VAL_LOSS,
    MONITOR_VAL_ACCURACY,
    MONITOR_VAL_F1,
    MONITOR_VAL_AUROC,
    MONITOR_VAL_AP,
    MONITOR_VAL_RMSE,
    MONITOR_VAL_R2,
};

// AUTO: where the data come with a preparation, which tables as they are do.
enum target_scaling { TARGET_SCALE_AUTO, TARGET_SCALE_NONE, TARGET_SCALE_STANDARD };
enum class_weighting { CLASS_WEIGHT_NONE, CLASS_WEIGHT_BALANCED };

#define BATCH_SIZE_AUTO (-1) // the full batch up to BATCH_FULL_ROWS rows, else BATCH_DEFAULT
#define BATCH_FULL_ROWS 10000
#define BATCH_DEFAULT   256

// Of a table, in train_config_settle: these come as far as scikit-learn's MLPClassifier and
// MLPRegressor, 10 epochs do not (tests/peers/defaults_sklearn.py).
#define TABLE_EPOCHS       1000
#define TABLE_PATIENCE     30
#define TABLE_EPOCHS_BLIND 200 // where nothing tells when to stop

// What several ranks divide: the rows of a batch, or the layers of the network.
enum parallel { PARALLEL_DATA, PARALLEL_MODEL };

struct train_config {
    // data
    char *train, *val, *test;
    char *x_key, *y_key;
    bool sharded;
    char *data, *prep;
    struct prep_options csv; // how `data`, or a CSV as `train`, is divided and prepared
    // network
    struct opt_sizes hidden;
    int activation; // see train_config_activation
    double dropout;
    int task;         // enum net_task
    int scale_target; // enum target_scaling
    char *init;
    // training
    int64_t epochs;
    double learning_rate;
    int64_t batch_size;
    int64_t accumulate;
    int optimizer; // enum optim_kind
    double momentum;
    bool nesterov;
    double betas[2];
    double eps;
    double weight_decay;
    int torch_compat; // enum torch_compat
    int schedule;     // enum schedule_kind
    int64_t step_size;
    double gamma;
    double warmup; // epochs
    double clip_norm;
    int class_weight; // enum class_weighting
    int64_t seed;
    // stopping
    int64_t patience;
    double min_delta;
    int monitor; // enum monitor
    bool restore_best;
    // running
    int64_t threads; // 0: as many as there are cores
    int gemm;        // enum gemm_choice
    int64_t log_every;
    bool progress;
    bool quiet;
    // several ranks
    int parallel; // enum parallel
    char *hosts, *host, *host_addresses;
    int64_t ranks_per_host;
    int64_t join_port;
    char *join_secret_file;
    double join_timeout, heartbeat; // seconds
    int64_t restarts;
    bool elastic;
    // output
    char *model_dir, *output_dir, *out;
    char *checkpoint_dir;
    struct opt_every checkpoint_every;
    char *config;
    // what it costs
    char *instance, *prices;
    // as a job in a container
    char *root;
    bool strict;
};

extern const struct opt train_options[];
extern const size_t train_option_count;

extern const char *const monitor_words[]; // by enum monitor

// Read a JSON object of options from a file (a value may be a string, a number, a boolean or a list
// of numbers; null means not given). Explicit arguments win over it.
int train_config_file(struct opt_set *options, const char *path, struct error *e);
// The same from memory; `name` is for messages.
int train_config_text(struct opt_set *options, const char *name, const char *text, size_t size,
                      struct error *e);

// The hidden activation, for the network and by name.
enum kern_act train_config_activation(const struct train_config *c);
const char *train_config_activation_name(const struct train_config *c);

// Are there rows to validate on: given, or held back?
bool train_config_validates(const struct train_config *c);

// Once all options are read: defaults that depend on others. --patience turns --restore_best on; a
// run on a table, which a preparation makes of it, has no script to follow and trains until it has
// learnt, unless --epochs or --patience say how long.
void train_config_settle(struct train_config *c, const struct opt_set *options);

// What no single option can see: options that exclude or need each other.
int train_config_check(const struct train_config *c, struct error *e);

#endif
