// SPDX-License-Identifier: MIT
// A run as comparisons see it: what ran on what, how long each part took, what it cost and what
// came out. skiff's own runs, those of another program that writes such records, and runs that
// others published are the same here; what a record does not say is NaN, 0 or NULL.
#ifndef SKIFF_COST_COST_RUN_H
#define SKIFF_COST_COST_RUN_H

#include "train/history.h"

#include <stdbool.h>
#include <stddef.h>

// Parts of a run as members of "seconds" in run.json, in the order in which they happen.
#define COST_PHASES_OF(X)                                                                          \
    X(COST_IMAGE, "image")       /* to pull the container's image */                               \
    X(COST_DOWNLOAD, "download") /* of the data */                                                 \
    X(COST_START, "start")       /* of the program */                                              \
    X(COST_LOAD, "load")                                                                           \
    X(COST_TRAIN, "train")                                                                         \
    X(COST_EVALUATE, "evaluate")                                                                   \
    X(COST_SAVE, "save")                                                                           \
    X(COST_TOTAL, "total") /* from the start of the program to its end */                          \
    X(COST_WALL, "wall")   /* that the user waited, the search for a machine included */

#define COST_ENUM(name, text) name,
enum cost_phase { COST_PHASES_OF(COST_ENUM) COST_PHASES };

// name in run.json and on the command line, name for several classes, larger is better
#define COST_METRICS_OF(X)                                                                         \
    X(COST_ACCURACY, "accuracy", NULL, true)                                                       \
    X(COST_F1, "f1", "macro_f1", true)                                                             \
    X(COST_AUROC, "auroc", NULL, true)                                                             \
    X(COST_AP, "ap", NULL, true)                                                                   \
    X(COST_LOG_LOSS, "log_loss", NULL, false)                                                      \
    X(COST_BRIER, "brier", NULL, false)                                                            \
    X(COST_RMSE, "rmse", NULL, false)                                                              \
    X(COST_MAE, "mae", NULL, false)                                                                \
    X(COST_R2, "r2", NULL, true)                                                                   \
    X(COST_LOSS, "loss", NULL, false)

#define COST_METRIC_ENUM(name, text, several, larger) name,
enum cost_metric { COST_METRICS_OF(COST_METRIC_ENUM) COST_METRICS };
#undef COST_METRIC_ENUM

extern const char *const cost_phase_name[COST_PHASES];
extern const char *const cost_metric_name[COST_METRICS];
bool cost_metric_larger_is_better(enum cost_metric m);

// A metric, and the 95 % interval of what it would be on other rows of the same kind; NaN: unknown.
struct cost_value {
    double value, low, high;
};

struct cost_run {
    const char *name;    // for tables: the record's "name", else the folder, or file and line
    const char *path;    // of the file that it was read from
    const char *program; // "skiff", "torch", ...
    bool published;      // by others, and not measured by us
    const char *citation, *note;

    const char *instance;             // "ml.m5.large"
    const char *instance_source;      // "guess" where nobody said so
    size_t instances;                 // 1 or more
    const char *device, *device_name; // "cpu", "AMD EPYC"
    const char *cpu_level;
    size_t threads, ranks;

    const char *task; // "binary", ...
    size_t rows, val_rows, features, parameters;
    const char *hidden;        // "64,32"
    size_t epochs, batch_size; // epochs that were trained
    double batch_option; // the batch asked for, which may be larger than the table; 0 or less:
                         // not a fixed one; NaN: not said
    const char *setting; // options that shape the work, "activation=relu, ..."

    double seconds[COST_PHASES];
    double billable;       // seconds of all instances together
    bool billable_derived; // the record has none: whole seconds of `total`, times the instances
    double joules;

    struct cost_value metric[COST_METRICS];
    const char *metric_part; // "val" or "test": the rows that it is of
    size_t metric_rows;      // how many they are
    struct history history;  // of no epochs when there is no history.csv beside the record

    struct run_source *source; // what the texts above point into; NULL of a run made by hand
};

#endif
