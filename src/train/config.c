// SPDX-License-Identifier: MIT
// The option table of skiff train: a row has all there is to an option (see base/opt.h), so that
// arguments, files, help, the manual page's check, checkpoints and comparisons agree on it. What
// excludes what is at the end.
#include "train/config.h"

#include <stddef.h>

static const char *const optimizer_words[] = {"sgd", "adam", "adamw", NULL};
static const char *const torch_compat_words[] = {"1", "2", NULL};
static const char *const schedule_words[] = {"constant", "step", "cosine", "onecycle", NULL};
static const char *const scale_target_words[] = {"auto", "none", "standard", NULL};
static const char *const parallel_words[] = {"data", "model", NULL};
static const char *const class_weight_words[] = {"none", "balanced", NULL};
const char *const monitor_words[] = {"auto",   "train_loss", "val_loss", "val_accuracy",
                                     "val_f1", "val_auroc",  "val_ap",   "val_rmse",
                                     "val_r2", NULL};

#define AT(member)  offsetof(struct train_config, member)
#define CSV(member) offsetof(struct train_config, csv.member)
#define NO_LIMIT    1e15

// clang-format off
const struct opt train_options[] = {
    {.group = "Data", .name = "train", .effect = OPT_ASIDE, .type = OPT_TEXT, .offset = AT(train), .arg = "PATH",
     .help = "Training data: an .npz file, or a folder of them joined in name order, with arrays X_train and y_train, or X and y; or a CSV, with --target or --prep."},
    {.name = "val", .effect = OPT_ASIDE, .aliases = "validation", .type = OPT_TEXT, .offset = AT(val), .arg = "PATH",
     .help = "Validation data, likewise: X_val and y_val, or X and y, or a CSV."},
    {.name = "test", .effect = OPT_ASIDE, .type = OPT_TEXT, .offset = AT(test), .arg = "PATH",
     .help = "Test data, likewise, evaluated once at the end: X_test and y_test, or X and y, or a CSV."},
    {.name = "x_key", .effect = OPT_ASIDE, .type = OPT_TEXT, .offset = AT(x_key), .arg = "NAME",
     .help = "Name of the feature array, if it is another."},
    {.name = "y_key", .effect = OPT_ASIDE, .type = OPT_TEXT, .offset = AT(y_key), .arg = "NAME",
     .help = "Name of the target array, if it is another."},
    {.name = "data", .effect = OPT_ASIDE, .type = OPT_TEXT, .offset = AT(data), .arg = "FILE",
     .help = "A CSV (- is standard input) to prepare, divide and train on, instead of --train and --val: as skiff prep and then skiff train."},
    {.name = "prep", .effect = OPT_ASIDE, .type = OPT_TEXT, .offset = AT(prep), .arg = "FILE",
     .help = "prep.json of skiff prep: the model carries it and so takes raw rows; it prepares what is a CSV here."},

    {.name = "sharded", .effect = OPT_ASIDE, .type = OPT_BOOL, .offset = AT(sharded), .initial = "false",
     .help = "Hosts hold different files: their rows, in the order of the ranks, are one table, which no host has whole."},

    PREP_OPTION_ROWS(CSV),

    {.group = "Network", .name = "hidden", .effect = OPT_SHAPES, .type = OPT_SIZES, .offset = AT(hidden), .arg = "N,N,...",
     .min = 1, .max = 1e7, .initial = "64,32", .tunable = true,
     .help = "Units of the hidden layers; \"\" for a linear model."},
    {.name = "activation", .effect = OPT_SHAPES, .type = OPT_ENUM, .offset = AT(activation), .words = net_act_words,
     .initial = "relu", .tunable = true, .help = "Activation of the hidden layers."},
    {.name = "dropout", .effect = OPT_SHAPES, .type = OPT_FLOAT, .offset = AT(dropout), .arg = "P",
     .min = 0, .max = 0.999, .initial = "0", .tunable = true,
     .help = "Probability that a hidden unit is dropped while training."},
    {.name = "task", .effect = OPT_SETTLED, .type = OPT_ENUM, .offset = AT(task), .words = net_task_words, .initial = "auto",
     .help = "What y is; auto looks at its type and values."},
    {.name = "scale_target", .effect = OPT_SETTLED, .type = OPT_ENUM, .offset = AT(scale_target), .words = scale_target_words, .initial = "auto",
     .help = "Regression: standard trains on targets of mean 0 and deviation 1, and the model predicts amounts all the same; losses of the history are of the scaled targets. auto does so for CSV data and with --prep."},
    {.name = "init", .effect = OPT_SETTLED, .type = OPT_TEXT, .offset = AT(init), .arg = "FILE",
     .help = "Start from the weights in this .npz (fc1.weight, fc1.bias, ...; a model.npz will do)."},

    {.group = "Training", .name = "epochs", .effect = OPT_SHAPES, .aliases = "max_epochs", .type = OPT_INT, .offset = AT(epochs), .arg = "N",
     .min = 0, .max = 1e9, .initial = "10", .tunable = true,
     .help = "Passes over the training data; 0 writes the untrained model. Of CSV data and with --prep, unless this or --patience is given, up to 1000 with a patience of 30, or 200 where nothing tells when to stop."},
    {.name = "learning_rate", .effect = OPT_SHAPES, .aliases = "lr", .type = OPT_FLOAT, .offset = AT(learning_rate), .arg = "X",
     .min = 0, .max = 1e6, .initial = "0.001", .tunable = true, .help = "Step size of the optimizer; the peak of schedule onecycle."},
    {.name = "batch_size", .effect = OPT_SETTLED, .type = OPT_INT, .offset = AT(batch_size), .arg = "N",
     .min = -1, .max = 4294967295.0, .initial = "-1", .tunable = true,
     .help = "Rows a step, in a new random order each epoch; 0 is the full batch in file order, -1 the full batch up to 10,000 rows and 256 above."},
    {.name = "accumulate", .effect = OPT_SHAPES, .type = OPT_INT, .offset = AT(accumulate), .arg = "N",
     .min = 1, .max = 1e6, .initial = "1", .tunable = true,
     .help = "Batches a step: its gradient is the mean over all their rows, as a script that calls backward() N times before each step has it. Fewer exchanges between ranks."},
    {.name = "optimizer", .effect = OPT_SHAPES, .type = OPT_ENUM, .offset = AT(optimizer), .words = optimizer_words,
     .initial = "adam", .tunable = true, .help = "As torch.optim defines them."},
    {.name = "momentum", .effect = OPT_SHAPES, .type = OPT_FLOAT, .offset = AT(momentum), .arg = "X",
     .min = 0, .max = 1, .initial = "0", .tunable = true, .help = "Momentum of sgd."},
    {.name = "nesterov", .effect = OPT_SHAPES, .type = OPT_BOOL, .offset = AT(nesterov), .initial = "false", .tunable = true,
     .help = "Nesterov momentum for sgd."},
    {.name = "betas", .effect = OPT_SHAPES, .type = OPT_PAIR, .offset = AT(betas), .arg = "B1,B2",
     .min = 0, .max = 0.9999999999, .initial = "0.9,0.999", .help = "Averaging of adam and adamw."},
    {.name = "eps", .effect = OPT_SHAPES, .type = OPT_FLOAT, .offset = AT(eps), .arg = "X",
     .min = 1e-37, .max = 1, .initial = "1e-8", .help = "Added to the denominator of adam and adamw."},
    {.name = "weight_decay", .effect = OPT_SHAPES, .type = OPT_FLOAT, .offset = AT(weight_decay), .arg = "X",
     .min = 0, .max = 1e3, .initial = "0", .tunable = true,
     .help = "L2 penalty of sgd and adam, decoupled decay of adamw."},
    {.name = "torch_compat", .effect = OPT_SHAPES, .type = OPT_ENUM, .offset = AT(torch_compat), .words = torch_compat_words,
     .initial = "1", .help = "The torch whose rounding adam and adamw follow: 1 is 1.13, 2 is 2.1 and later. sgd rounds alike in both."},
    {.name = "schedule", .effect = OPT_SHAPES, .type = OPT_ENUM, .offset = AT(schedule), .words = schedule_words,
     .initial = "constant", .tunable = true,
     .help = "How the learning rate moves: step and cosine by epoch, onecycle by step and momentum with it, as torch's StepLR, CosineAnnealingLR and OneCycleLR do."},
    {.name = "step_size", .effect = OPT_SHAPES, .type = OPT_INT, .offset = AT(step_size), .arg = "N",
     .min = 1, .max = 1e9, .initial = "30", .help = "Epochs between two drops of schedule step."},
    {.name = "gamma", .effect = OPT_SHAPES, .type = OPT_FLOAT, .offset = AT(gamma), .arg = "X",
     .min = 0, .max = 1e3, .initial = "0.1", .help = "Factor of each drop of schedule step."},
    {.name = "warmup", .effect = OPT_SHAPES, .type = OPT_FLOAT, .offset = AT(warmup), .arg = "EPOCHS",
     .min = 0, .max = 1e9, .initial = "0", .tunable = true,
     .help = "Epochs in which the learning rate first rises linearly, step by step."},
    {.name = "clip_norm", .effect = OPT_SHAPES, .type = OPT_FLOAT, .offset = AT(clip_norm), .arg = "X",
     .min = 0, .max = NO_LIMIT, .initial = "0", .tunable = true,
     .help = "Scale gradients down to this total norm; 0 does not clip."},
    {.name = "class_weight", .effect = OPT_SHAPES, .type = OPT_ENUM, .offset = AT(class_weight), .words = class_weight_words,
     .initial = "none", .help = "balanced weighs each class by n / (classes * its rows)."},
    {.name = "seed", .effect = OPT_DRAWS, .type = OPT_SEED, .offset = AT(seed), .arg = "N", .initial = "0",
     .help = "As torch.manual_seed: the same weights, batches and masks."},

    {.group = "Stopping", .name = "patience", .effect = OPT_SHAPES, .type = OPT_INT, .offset = AT(patience), .arg = "N",
     .min = 0, .max = 1e9, .initial = "0",
     .help = "Stop after N epochs without improvement; 0 never stops early. See --epochs."},
    {.name = "min_delta", .effect = OPT_SHAPES, .type = OPT_FLOAT, .offset = AT(min_delta), .arg = "X",
     .min = 0, .max = NO_LIMIT, .initial = "0", .help = "An improvement must be larger than this."},
    {.name = "monitor", .effect = OPT_SHAPES, .type = OPT_ENUM, .offset = AT(monitor), .words = monitor_words,
     .initial = "auto", .help = "What improvement is measured on; auto is val_loss, or train_loss without validation data."},
    {.name = "restore_best", .effect = OPT_SHAPES, .type = OPT_BOOL, .offset = AT(restore_best), .initial = "false",
     .help = "Keep the weights of the best epoch instead of the last; on when patience is set."},

    {.group = "Running", .name = "threads", .effect = OPT_ASIDE, .type = OPT_INT, .offset = AT(threads), .arg = "N",
     .min = 0, .max = 1024, .initial = "0",
     .help = "Threads; 0 takes OMP_NUM_THREADS, or else the cores at hand. The result does not depend on it."},
    {.name = "gemm", .effect = OPT_SETTLED, .type = OPT_ENUM, .offset = AT(gemm), .words = gemm_words, .initial = "auto",
     .help = "Who multiplies matrices: skiff's own kernels, or OpenBLAS (blas); auto takes OpenBLAS where it is there and better, which is in wide layers on processors without AVX2."},
    {.name = "log_every", .effect = OPT_ASIDE, .type = OPT_INT, .offset = AT(log_every), .arg = "N",
     .min = 0, .max = 1e9, .initial = "100",
     .help = "Epochs between two log lines; the last one is always logged; 0 logs none."},
    {.name = "progress", .effect = OPT_ASIDE, .type = OPT_BOOL, .offset = AT(progress), .initial = "true",
     .help = "A progress bar when standard error is a terminal."},
    {.name = "quiet", .effect = OPT_ASIDE, .type = OPT_BOOL, .offset = AT(quiet), .initial = "false",
     .help = "Print nothing but errors."},

    {.group = "Several hosts", .name = "parallel", .effect = OPT_SHAPES, .type = OPT_ENUM, .offset = AT(parallel), .words = parallel_words,
     .initial = "data", .help = "What several ranks divide: the rows of each batch, or the network's wide layers (model), where it is too large for the memory of one."},
    {.name = "hosts", .effect = OPT_ASIDE, .type = OPT_TEXT, .offset = AT(hosts), .arg = "NAME,...",
     .help = "Train one model on these hosts. The same command is started on each of them, with its own --host."},
    {.name = "host", .effect = OPT_PLACE, .type = OPT_TEXT, .offset = AT(host), .arg = "NAME",
     .help = "Which of --hosts this one is."},
    {.name = "ranks_per_host", .effect = OPT_ASIDE, .type = OPT_INT, .offset = AT(ranks_per_host), .arg = "N",
     .min = 1, .max = 256, .initial = "1",
     .help = "Ranks on each host, which share its cores; without --hosts, on this machine."},
    {.name = "host_addresses", .effect = OPT_ASIDE, .type = OPT_TEXT, .offset = AT(host_addresses), .arg = "LIST",
     .help = "Where hosts are whose names do not lead there: NAME=ADDRESS,NAME=ADDRESS; an address may be another name."},
    {.name = "join_port", .effect = OPT_ASIDE, .type = OPT_INT, .offset = AT(join_port), .arg = "N",
     .min = 1, .max = 65535, .initial = "7733",
     .help = "Port of the first host, in the order of names, where the others join."},
    {.name = "join_secret_file", .effect = OPT_ASIDE, .type = OPT_TEXT, .offset = AT(join_secret_file), .arg = "FILE",
     .help = "A text that all hosts have and nobody else: who has it not does not join."},
    {.name = "join_timeout", .effect = OPT_ASIDE, .type = OPT_FLOAT, .offset = AT(join_timeout), .arg = "SECONDS",
     .min = 0, .max = 1e6, .initial = "60", .help = "How long to wait for all hosts."},
    {.name = "heartbeat", .effect = OPT_ASIDE, .type = OPT_FLOAT, .offset = AT(heartbeat), .arg = "SECONDS",
     .min = 0.5, .max = 1e6, .initial = "10",
     .help = "A host that is silent for longer ends the run on all of them."},
    {.name = "restarts", .effect = OPT_ASIDE, .type = OPT_INT, .offset = AT(restarts), .arg = "N",
     .min = 0, .max = 1000, .initial = "0",
     .help = "Start all ranks again, from the newest checkpoint, after a failure that may pass, at most so often."},
    {.name = "elastic", .effect = OPT_ASIDE, .type = OPT_BOOL, .offset = AT(elastic), .initial = "false",
     .help = "A restart does without hosts that do not come back within --join_timeout, as long as most of them do."},

    {.group = "Output", .name = "model_dir", .effect = OPT_PLACE, .type = OPT_TEXT, .offset = AT(model_dir), .arg = "DIR",
     .help = "Where model.npz and nn_model.pth go: /opt/ml/model if that folder exists, else the working folder."},
    {.name = "output_dir", .effect = OPT_PLACE, .type = OPT_TEXT, .offset = AT(output_dir), .arg = "DIR",
     .help = "Where history.csv, metrics.json and run.json go: beside the model unless given."},
    {.name = "out", .effect = OPT_PLACE, .type = OPT_TEXT, .offset = AT(out), .arg = "DIR",
     .help = "Sets both; each of them wins over it."},
    {.name = "checkpoint_dir", .effect = OPT_PLACE, .type = OPT_TEXT, .offset = AT(checkpoint_dir), .arg = "DIR",
     .help = "Keep checkpoints here, and go on from the newest valid one when started again."},
    {.name = "checkpoint_every", .effect = OPT_ASIDE, .type = OPT_EVERY, .offset = AT(checkpoint_every), .arg = "N|Ns",
     .min = 0, .max = 1e9, .initial = "60s", .help = "Epochs or seconds between checkpoints; 0 writes one at the end only."},
    {.name = "config", .effect = OPT_PLACE, .type = OPT_TEXT, .offset = AT(config), .arg = "FILE",
     .help = "Options from a JSON object, {\"epochs\": 100}; arguments on the command line win."},

    {.group = "Cost", .name = "instance", .effect = OPT_ASIDE, .type = OPT_TEXT, .offset = AT(instance), .arg = "NAME",
     .help = "What this machine is when rented, such as ml.m5.large, for the record; unless given, the table of prices is searched for one that is like it."},
    {.name = "prices", .effect = OPT_ASIDE, .type = OPT_TEXT, .offset = AT(prices), .arg = "FILE",
     .help = "Table of prices, a CSV, in place of the one that is installed."},

    {.group = "Container", .name = "root", .effect = OPT_PLACE, .type = OPT_TEXT, .offset = AT(root), .arg = "DIR",
     .help = "Where the files of a SageMaker job are: SKIFF_ML_ROOT, or else /opt/ml, and used if there is an input/config in it."},
    {.name = "strict", .effect = OPT_ASIDE, .type = OPT_BOOL, .offset = AT(strict), .initial = "false",
     .help = "A hyperparameter of such a job that is unknown is an error, not a warning."},
};
// clang-format on

const size_t train_option_count = sizeof train_options / sizeof *train_options;

// The words stand in the order of enum kern_act, without identity.
enum kern_act train_config_activation(const struct train_config *c)
{
    return (enum kern_act)(ACT_RELU + c->activation);
}

const char *train_config_activation_name(const struct train_config *c)
{
    return net_act_words[c->activation];
}

bool train_config_validates(const struct train_config *c)
{
    return c->val || (c->data && c->csv.test_size > 0);
}

// A schedule that ends with the epochs is not to be cut short.
static bool stops_by_itself(const struct train_config *c)
{
    return train_config_validates(c) && c->schedule != SCHEDULE_COSINE &&
           c->schedule != SCHEDULE_ONECYCLE;
}

void train_config_settle(struct train_config *c, const struct opt_set *options)
{
    const bool table = c->data || c->prep || c->csv.target;
    const bool asked = opt_given(options, "patience");
    const bool stops = asked ? c->patience > 0 : stops_by_itself(c);
    if (table && !opt_given(options, "epochs")) {
        c->epochs = stops ? TABLE_EPOCHS : TABLE_EPOCHS_BLIND;
        if (stops && !asked)
            c->patience = TABLE_PATIENCE;
    }
    if (c->patience > 0 && !opt_given(options, "restore_best"))
        c->restore_best = true;
}

static int check_data(const struct train_config *c, struct error *e)
{
    if (!c->train && !c->data)
        return error_set(e, ERR_USAGE,
                         "--train is missing: the .npz file or folder to train on; or --data, a "
                         "CSV, with --target");
    if (c->data && (c->train || c->val))
        return error_set(e, ERR_USAGE,
                         "--data is divided into rows to train on and to validate; leave it or "
                         "--%s away",
                         c->train ? "train" : "val");
    if (c->data && c->prep)
        return error_set(e, ERR_USAGE,
                         "--prep says how rows are prepared, and --data has that found out; give "
                         "one of them, or --train with --prep");
    if (c->data && c->sharded)
        return error_set(e, ERR_USAGE,
                         "--data is prepared by what all of its rows hold, and with --sharded "
                         "nobody has all of them; run skiff prep first, then give --train and "
                         "--prep");
    return c->data ? prep_options_check(&c->csv, e) : 0;
}

int train_config_check(const struct train_config *c, struct error *e)
{
    const int rc = check_data(c, e);
    if (rc)
        return rc;
    if (c->elastic && c->restarts == 0)
        return error_set(e, ERR_USAGE,
                         "--elastic is about restarts: say how many, as --restarts 3");
    if (c->elastic && c->sharded)
        return error_set(e, ERR_USAGE,
                         "--elastic goes on without a host, and with --sharded a host's rows would "
                         "be missing; leave one of them away");
    if (c->parallel == PARALLEL_MODEL && c->sharded)
        return error_set(e, ERR_USAGE,
                         "--parallel model needs all rows on every rank; leave --sharded away, and "
                         "give every host all files");
    if (c->parallel == PARALLEL_MODEL && c->elastic)
        return error_set(e, ERR_USAGE,
                         "--parallel model goes on with the ranks that it began with; leave "
                         "--elastic away");
    if ((c->hosts != NULL) != (c->host != NULL))
        return error_set(e, ERR_USAGE, "--hosts and --host go together: all of them, and this one");
    if (c->nesterov && (c->optimizer != OPTIM_SGD || c->momentum == 0))
        return error_set(e, ERR_USAGE, "--nesterov needs --optimizer sgd and a --momentum above 0");
    if (c->momentum > 0 && c->optimizer != OPTIM_SGD)
        return error_set(e, ERR_USAGE, "--momentum is for --optimizer sgd; adam has --betas");
    if (c->accumulate > 1 && c->batch_size == 0)
        return error_set(e, ERR_USAGE,
                         "--accumulate is for batches; --batch_size 0 has all rows in each step");
    if (c->class_weight != CLASS_WEIGHT_NONE && c->task == TASK_REGRESSION)
        return error_set(e, ERR_USAGE, "--class_weight is for classes, not for regression");
    if (c->monitor > MONITOR_TRAIN_LOSS && !train_config_validates(c))
        return error_set(e, ERR_USAGE, "--monitor %s needs --val", monitor_words[c->monitor]);
    return 0;
}
