// SPDX-License-Identifier: MIT
// `skiff prep`: a CSV to prepared arrays, and what was made of it, in words.
#include "cmd/cmd.h"
#include "cmd/prep_print.h"
#include "kern/cpu.h"
#include "kern/par.h"
#include "model/net.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#define THREADS 8 // more have little to do

struct prep_command {
    struct prep_options how;
    int task; // enum prep_task_wish
    int64_t folds;
    int dtype; // index into `dtypes`
    int64_t threads;
    char *out;
    bool quiet, help;
};

#define AT(field)  offsetof(struct prep_command, field)
#define HOW(field) offsetof(struct prep_command, how.field)

static const char *const dtypes[] = {"float64", "float32", NULL};

// clang-format off
static const struct opt table[] = {
    PREP_OPTION_ROWS(HOW),
    {.group = "Options", .name = "out", .type = OPT_TEXT, .offset = AT(out), .arg = "DIR",
     .help = "Where train_data.npz, val_data.npz and prep.json go."},
    {.name = "folds", .type = OPT_INT, .offset = AT(folds), .arg = "K", .min = 0, .max = PREP_FOLDS_MAX, .initial = "0",
     .help = "Instead of one division K of them, in DIR/fold1, DIR/fold2 and so on: the folds of scikit-learn's KFold, or StratifiedKFold."},
    {.name = "task", .type = OPT_ENUM, .offset = AT(task), .words = net_task_words, .initial = "auto",
     .help = "What the target is; auto looks at its values."},
    {.name = "dtype", .type = OPT_ENUM, .offset = AT(dtype), .words = dtypes, .initial = "float64",
     .help = "Type of the features in the files."},
    {.name = "threads", .type = OPT_INT, .offset = AT(threads), .arg = "N", .min = 0, .max = 1024, .initial = "0",
     .help = "Threads; 0 takes OMP_NUM_THREADS, or else the cores at hand. The result does not depend on it."},
    {.name = "quiet", .type = OPT_BOOL, .offset = AT(quiet), .initial = "false", .help = "Print nothing but errors."},
    {.name = "help", .type = OPT_BOOL, .offset = AT(help), .help = "This text."},
};
// clang-format on

#define TABLE_ROWS (sizeof table / sizeof *table)

static const char help_before[] =
    "Usage: skiff prep FILE --target NAME --out DIR [OPTION ...]\n"
    "\n"
    "Makes arrays for training of a CSV (gzip-compressed or not; - is standard input):\n"
    "fills missing values, turns texts into numbers, scales, and divides the rows as\n"
    "scikit-learn does. Writes DIR/train_data.npz (X_train, y_train), DIR/val_data.npz\n"
    "(X_val, y_val) and DIR/prep.json, which says how, and which a model carries along\n"
    "so that it takes raw rows later: skiff train --prep DIR/prep.json.\n"
    "\n"
    "Of a HOW without a name every column takes what fits it; NAME=HOW is for one. A\n"
    "name with a comma or an equals sign in it is put in double quotes.\n";

static const char help_after[] =
    "\n"
    "Examples\n"
    "  skiff prep titanic_train.csv --target Survived --out work \\\n"
    "      --features Pclass,Sex,Age,SibSp,Parch,Fare,Embarked --fill Embarked=S\n"
    "  skiff prep houses.csv.gz --target price --encode onehot --log1p area --out work\n"
    "  skiff prep t.csv --target y --folds 5 --stratify --out work\n"
    "\n"
    "Exit status: 0 done, 1 the file cannot be used or written, 2 wrong options.\n";

static volatile sig_atomic_t stop_signal;

static void on_signal(int number)
{
    stop_signal = number;
}

// Asked for the first time when the table is read and files are to be made. Until then a signal
// ends the program at once, as a second one does afterwards.
static bool stop_asked(void *context)
{
    static bool asked;
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    (void)context;
    if (!asked) {
        sigemptyset(&action.sa_mask);
        sigaction(SIGTERM, &action, NULL);
        sigaction(SIGINT, &action, NULL);
        asked = true;
    }
    return stop_signal != 0;
}

static size_t choose_threads(int64_t asked)
{
    if (asked)
        return (size_t)asked;
    const size_t named = par_environment_threads(), threads = named ? named : cpu_count();
    return threads < THREADS ? threads : THREADS;
}

static int check(const struct cmd_call *call, struct error *e)
{
    const struct prep_command *c = call->values;
    if (call->words == 0)
        return error_set(e, ERR_USAGE, "FILE is needed, a CSV; --help shows examples");
    const int rc = prep_options_check(&c->how, e);
    if (rc)
        return rc;
    if (!c->out)
        return error_set(e, ERR_USAGE, "--out is missing: the folder to write into");
    if (strcmp(c->out, "-") == 0)
        return error_set(e, ERR_USAGE, "--out: several files are written; name a folder");
    if (c->folds == 1)
        return error_set(e, ERR_USAGE, "--folds 1: there must be two at least");
    if (c->folds && opt_given(call->set, "test_size"))
        return error_set(e, ERR_USAGE,
                         "--folds and --test_size both say which rows are held back; give one of "
                         "them");
    return 0;
}

static int work(const struct cmd_call *call, struct error *e)
{
    const struct prep_command *c = call->values;
    int rc = check(call, e);
    if (rc)
        return rc;
    struct prep_notes notes;
    prep_notes_init(&notes);
    const struct prep_job job = {
        .path = call->word[0],
        .out = c->out,
        .options = &c->how,
        .task = (enum prep_task_wish)c->task,
        .folds = (size_t)c->folds,
        .single = c->dtype == 1,
        .threads = choose_threads(c->threads),
        .listener = {prep_notes_add, &notes},
        .stop = stop_asked,
    };
    struct prep_job_result result;
    signal(SIGPIPE, SIG_IGN); // a closed pipe is a failed write, not a death in mid-file
    rc = prep_job(&job, &result, e);
    if (rc == 0) {
        if (result.stopped)
            raise(stop_signal); // whoever started us sees that we were stopped
        else if (!c->quiet)
            prep_print(&job, &result, &notes);
        prep_job_result_clear(&result);
    }
    prep_notes_clear(&notes);
    return rc;
}

int cmd_prep(int argc, char **argv)
{
    struct prep_command command = {0};
    return cmd_run(
        &(struct cmd){table, TABLE_ROWS, help_before, help_after, &command, &command.help, 1, work},
        argc, argv);
}
