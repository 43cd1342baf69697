// SPDX-License-Identifier: MIT
// `skiff predict`: options in, a call to the prediction job, exit status out.
#include "cmd/cmd.h"
#include "cmd/meter.h"
#include "job/predict_job.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct predict_options {
    char *out;
    double threshold;
    char *id;
    int part; // of cmd_part_words
    char *x_key;
    int64_t threads;
    int gemm; // enum gemm_choice
    bool help;
};

#define AT(field) offsetof(struct predict_options, field)

static const struct opt table[] = {
    {.name = "out",
     .type = OPT_TEXT,
     .offset = AT(out),
     .arg = "FILE",
     .help = "Where the predictions go: a CSV, or arrays for numpy when FILE ends in .npz; - is "
             "standard output, as CSV, and so is nothing.",
     .group = "Options"},
    {.name = "threshold",
     .type = OPT_FLOAT,
     .offset = AT(threshold),
     .min = -1e300,
     .max = 1e300,
     .initial = "0.5",
     .arg = "T",
     .help = "A probability above T is a 1. Binary models only."},
    {.name = "id",
     .type = OPT_TEXT,
     .offset = AT(id),
     .arg = "NAMES",
     .help = "Columns of a CSV, separated by commas, that are written in front of the predictions "
             "as they stand; else those that skiff prep --id has named, where they are there."},
    {.name = "part",
     .type = OPT_ENUM,
     .offset = AT(part),
     .words = cmd_part_words,
     .initial = "auto",
     .help = "Which array of features, where the file has several: X_train, X_val, X_test, each "
             "else X. auto: the only one."},
    {.name = "x_key",
     .type = OPT_TEXT,
     .offset = AT(x_key),
     .arg = "NAME",
     .help = "Name of the feature array, if it is another."},
    {.name = "threads",
     .type = OPT_INT,
     .offset = AT(threads),
     .min = 0,
     .max = 1024,
     .initial = "0",
     .arg = "N",
     .help = "Threads; 0 takes OMP_NUM_THREADS, or else the cores at hand. The result does not "
             "depend on it."},
    {.name = "gemm",
     .type = OPT_ENUM,
     .offset = AT(gemm),
     .words = gemm_words,
     .initial = "auto",
     .help = "Who multiplies matrices, as for skiff train: skiff's own kernels, or OpenBLAS."},
    {.name = "help", .type = OPT_BOOL, .offset = AT(help), .help = "This text."},
};

#define TABLE_ROWS (sizeof table / sizeof *table)

static const char help_before[] =
    "Usage: skiff predict MODEL DATA [OPTION ...]\n"
    "\n"
    "Prints what a trained model says about each row of DATA. MODEL is the model.npz\n"
    "that skiff train wrote, or its folder. DATA is a CSV with the columns that it\n"
    "was trained on, if the model carries their preparation, gzip-compressed or not (-\n"
    "is standard input); or an .npz with X, X_train, X_val or X_test (y is not looked\n"
    "at), prepared already; or a folder of either, joined in name order. A CSV of one line\n"
    "a row comes out, in the rows' order:\n"
    "\n"
    "  binary      probability,label     label is 1 where the probability is above T\n"
    "  multiclass  label,p0,p1,...       the class of the largest probability, and all\n"
    "  regression  prediction            or prediction0,prediction1,...\n"
    "\n"
    "A model that carries its preparation calls classes by their names, in labels and\n"
    "in columns (p_setosa,p_versicolor,...).\n";

static const char help_after[] =
    "\n"
    "Examples\n"
    "  skiff predict run/model.npz passengers.csv --out predictions.csv\n"
    "  gunzip -c big.csv.gz | skiff predict run/model.npz - --id PassengerId | head\n"
    "  skiff predict run/model.npz new.npz --out p.npz\n"
    "  skiff predict run/model.npz all.npz --part test --threshold 0.3 --out p.npz\n"
    "\n"
    "DATA are read and predicted a batch at a time, so that the size of the file\n"
    "does not matter; only arrays in Fortran order have to be in memory as a whole.\n"
    "The columns of a CSV are found by their names; others are passed over, and so is\n"
    "the target. Features in an .npz must be scaled as they were for training. 'skiff\n"
    "eval MODEL DATA' says how good a model is on rows whose labels are known.\n"
    "\n"
    "Exit status: 0 done, 1 a file cannot be used or written, 2 wrong options.\n";

static volatile sig_atomic_t stop_signal;

static void on_signal(int number)
{
    stop_signal = number;
}

// Only an output file needs care: its temporary name goes away. A second signal ends at once.
static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    sigemptyset(&action.sa_mask);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
}

static bool stop_asked(void *context)
{
    (void)context;
    return stop_signal != 0;
}

static void remark(void *context, const char *text)
{
    meter_end(context);
    fprintf(stderr, "skiff predict: %s\n", text);
}

static int predict(const struct predict_options *o, const char *const *word, bool threshold_given,
                   struct error *e)
{
    const bool to_stdout = !o->out || strcmp(o->out, "-") == 0;
    struct meter meter;
    const struct predict_job job = {
        .run = {word[0], (size_t)o->threads, (enum gemm_choice)o->gemm},
        .data = {.path = word[1],
                 .keys = {.part = cmd_part(o->part), .x = o->x_key},
                 .keys_given = true,
                 .ids = o->id},
        .out = to_stdout ? NULL : o->out,
        .fd = STDOUT_FILENO,
        .threshold = o->threshold,
        .threshold_given = threshold_given,
        .listener = {remark, &meter},
        .rows = meter_show,
        .stop = stop_asked,
        .context = &meter,
    };
    bool stopped;
    if (!to_stdout)
        catch_signals();
    meter_init(&meter, "rows", to_stdout);
    const int rc = predict_job(&job, &stopped, e);
    meter_end(&meter);
    if (rc == 0 && stopped)
        raise(stop_signal); // whoever started us sees that we were stopped
    return rc;
}

static int work(const struct cmd_call *call, struct error *e)
{
    if (call->words < 2)
        return error_set(e, ERR_USAGE,
                         "a model and data are needed: skiff predict model.npz data.csv; --help "
                         "shows examples");
    return predict(call->values, call->word, opt_given(call->set, "threshold"), e);
}

int cmd_predict(int argc, char **argv)
{
    struct predict_options options = {0};
    return cmd_run(
        &(struct cmd){table, TABLE_ROWS, help_before, help_after, &options, &options.help, 2, work},
        argc, argv);
}
