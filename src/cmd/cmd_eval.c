// SPDX-License-Identifier: MIT
// `skiff eval`: the options, and the metrics of scores that are already made, as a table or as
// JSON. A model and data go to eval_model.c.
#include "base/file.h"
#include "cmd/cmd.h"
#include "cmd/eval_options.h"
#include "cmd/eval_print.h"
#include "io/json.h"
#include "io/scores.h"
#include "kern/gemm.h"
#include "train/curves_json.h"
#include "train/metrics_json.h"

#include <stdio.h>
#include <string.h>

static const char *const tasks[] = {"auto", "binary", "multiclass", "regression", NULL};

#define AT(field) offsetof(struct eval_options, field)

// clang-format off
static const struct opt table[] = {
    {.group = "Options", .name = "scores", .type = OPT_TEXT, .offset = AT(scores), .arg = "FILE",
     .help = "Instead of a model: a CSV with the columns score and label, an npz with the arrays scores and y, or - for a CSV on standard input."},
    {.name = "task", .type = OPT_ENUM, .offset = AT(task), .words = tasks, .initial = "auto",
     .help = "What the scores are. auto: one score a row is binary, several are multiclass."},
    {.name = "threshold", .type = OPT_TEXT, .offset = AT(threshold), .initial = "0.5", .arg = "T",
     .help = "A score above T is a 1; f1 or youden: the threshold with the largest F1, or the largest sum of sensitivity and specificity. Binary only; the rules need a model."},
    {.name = "json", .type = OPT_BOOL, .offset = AT(json),
     .help = "Print one JSON object, every number with 17 significant digits."},
    {.name = "curves", .type = OPT_BOOL, .offset = AT(curves),
     .help = "In the JSON, also the points of the ROC and precision-recall curves, calibration and a histogram of the scores. Not for regression."},
    {.name = "help", .type = OPT_BOOL, .offset = AT(help), .help = "This text."},

    {.group = "For a model", .name = "val", .type = OPT_TEXT, .offset = AT(val), .arg = "PATH",
     .help = "Rows on which f1 or youden choose the threshold: a CSV, or an .npz with X_val and y_val, or X and y. Without it they choose it on DATA, which flatters."},
    {.name = "part", .type = OPT_ENUM, .offset = AT(part), .words = cmd_part_words, .initial = "auto",
     .help = "Which arrays of DATA, where there are several: X_train and y_train and so on, each else X and y. auto: the only ones."},
    {.name = "x_key", .type = OPT_TEXT, .offset = AT(x_key), .arg = "NAME",
     .help = "Name of the feature array, if it is another."},
    {.name = "y_key", .type = OPT_TEXT, .offset = AT(y_key), .arg = "NAME",
     .help = "Name of the target array, if it is another."},
    {.name = "bootstrap", .type = OPT_INT, .offset = AT(bootstrap), .arg = "N",
     .min = 0, .max = 1e6, .initial = "1000",
     .help = "Resamples for the 95 % intervals; 0 computes none."},
    {.name = "seed", .type = OPT_SEED, .offset = AT(seed), .arg = "N", .initial = "0",
     .help = "Of the resamples: the same seed gives the same intervals."},
    {.name = "threads", .type = OPT_INT, .offset = AT(threads), .arg = "N",
     .min = 0, .max = 1024, .initial = "0",
     .help = "Threads; 0 takes OMP_NUM_THREADS, or else the cores at hand. The result does not depend on it."},
    {.name = "gemm", .type = OPT_ENUM, .offset = AT(gemm), .words = gemm_words, .initial = "auto",
     .help = "Who multiplies matrices, as for skiff train: skiff's own kernels, or OpenBLAS."},
};
// clang-format on

#define TABLE_ROWS (sizeof table / sizeof *table)

static const char help_before[] =
    "Usage: skiff eval MODEL DATA [OPTION ...]\n"
    "       skiff eval --scores FILE [--task NAME] [--threshold T] [--json]\n"
    "\n"
    "Metrics, equal to scikit-learn's: of a model (the model.npz of skiff train) on\n"
    "rows whose labels are known, with 95 % intervals; or of predictions that are\n"
    "already made. The rows are a CSV with the columns that the model was trained on\n"
    "and its target, if it carries their preparation (- is standard input); or an\n"
    ".npz with X and y, X_val and y_val, ..., prepared already; or a folder of\n"
    "either.\n"
    "\n"
    "  binary      scores (n,), y of 0 and 1: accuracy, precision, recall, F1, ROC AUC,\n"
    "              average precision (AP), log loss, Brier score, confusion matrix\n"
    "  multiclass  scores (n, k), one probability a class, y from 0 to k - 1: accuracy,\n"
    "              macro precision, recall and F1, one-vs-rest ROC AUC, log loss,\n"
    "              confusion matrix\n"
    "  regression  predictions in scores, true values in y, (n,) or (n, k): MSE, RMSE,\n"
    "              MAE, R2\n";

static const char help_after[] =
    "\n"
    "Examples\n"
    "  skiff eval run/model.npz passengers.csv\n"
    "  skiff eval run/model.npz val_data.npz\n"
    "  skiff eval run/model.npz test.npz --threshold f1 --val val_data.npz\n"
    "  skiff eval run/model.npz test.npz --bootstrap 10000 --seed 1 --json\n"
    "  skiff eval --scores scores.csv\n"
    "  printf 'score,label\\n0.9,1\\n0.2,0\\n0.6,0\\n' | skiff eval --scores -\n"
    "  skiff eval --scores probabilities.npz --json\n"
    "  python3 -c 'import numpy as np; np.savez(\"s.npz\", scores=[0.9, 0.2], y=[1, 0])'\n"
    "\n"
    "A metric that is undefined is printed as -, and as null in JSON: the ROC AUC when\n"
    "a class does not occur, the Brier score of numbers outside 0 to 1, R2 of one row.\n"
    "For 32-bit scores the threshold and the log loss are rounded as numpy does.\n"
    "\n"
    "Exit status: 0 done, 1 a file cannot be used, 2 wrong options.\n";

// Prints and frees `object`; NULL is an object for which there was no memory.
int eval_print_json(json_t *object, struct error *e)
{
    const int rc = object ? json_dumpf(object, stdout, JSON_TEXT_FLAGS) : -1;
    json_decref(object);
    printf("\n");
    return rc == 0 ? 0 : error_set(e, ERR_IO, "cannot print the metrics");
}

// The same with the curves, stolen, where there are some.
static int print_json(json_t *metrics, json_t *curves, struct error *e)
{
    bool failed = metrics == NULL;
    if (curves)
        json_put(metrics, "curves", curves, &failed);
    if (!failed)
        return eval_print_json(metrics, e);
    json_decref(metrics);
    return error_nomem(e, "the metrics");
}

static int eval_binary(const struct scores *s, const struct metrics_rows *rows,
                       const struct eval_options *o, struct error *e)
{
    struct binary_metrics m;
    struct metrics_work work = {0};
    struct metrics_rows column = *rows;
    if (s->columns == 2 && s->f32) // probabilities of 0 and of 1: those of 1
        column.f32++;
    else if (s->columns == 2)
        column.f64++;
    const struct curve_scores scores = {&column, 0, s->labels, 1};
    json_t *curves = NULL;
    int rc = metrics_binary(&m, &work, &column, s->labels, o->value, e);
    if (rc == 0 && o->curves) {
        curves = curves_json(&work, &scores, e);
        rc = curves ? 0 : error_code(e);
    }
    if (rc == 0 && o->json) {
        rc = print_json(metrics_json_binary(&m, o->value), curves, e);
    } else if (rc == 0) {
        printf("%zu row%s, %zu positive, threshold %g\n\n", m.n, cmd_plural(m.n), m.positives,
               o->value);
        eval_print_binary(&m, NULL, NULL);
    }
    metrics_work_clear(&work);
    return rc;
}

static int eval_multiclass(const struct scores *s, const struct metrics_rows *rows,
                           const struct eval_options *o, struct error *e)
{
    struct multiclass_metrics m = {0};
    struct metrics_work work = {0};
    json_t *curves = NULL;
    int rc = metrics_multiclass(&m, &work, rows, s->columns, s->labels, e);
    if (rc == 0 && o->curves) {
        curves = curves_json_classes(&work, rows, s->columns, s->labels, e);
        rc = curves ? 0 : error_code(e);
    }
    metrics_work_clear(&work);
    if (rc == 0 && o->json) {
        rc = print_json(metrics_json_multiclass(&m), curves, e);
    } else if (rc == 0) {
        printf("%zu row%s, %zu classes\n\n", m.n, cmd_plural(m.n), m.classes);
        eval_print_multiclass(&m, NULL, NULL);
    }
    multiclass_metrics_clear(&m);
    return rc;
}

static int eval_regression(const struct scores *s, const struct metrics_rows *rows,
                           const struct eval_options *o, struct error *e)
{
    struct regression_metrics m;
    const struct metrics_rows truth = {.n = s->n, .ld = s->columns, .f64 = s->truth};
    int rc = metrics_regression(&m, rows, &truth, s->columns, e);
    if (rc == 0 && o->json) {
        rc = eval_print_json(metrics_json_regression(&m), e);
    } else if (rc == 0) {
        printf("%zu row%s, %zu target%s\n\n", m.n, cmd_plural(m.n), m.targets,
               cmd_plural(m.targets));
        eval_print_regression(&m, NULL);
    }
    return rc;
}

static int eval_file(const struct eval_options *o, struct error *e)
{
    struct scores s;
    int rc = scores_read(&s, o->scores, (enum scores_task)o->task, e);
    if (rc)
        return rc;
    const struct metrics_rows rows = {s.n, s.columns, s.f32, s.f64};
    if (o->threshold_given && s.task != SCORES_BINARY)
        rc = error_set(e, ERR_USAGE, "--threshold: is for binary scores, and these are %s",
                       tasks[s.task]);
    else if (o->curves && s.task == SCORES_REGRESSION)
        rc = error_set(e, ERR_USAGE, "--curves: is for classes, and these are regression scores");
    else if (s.task == SCORES_BINARY)
        rc = eval_binary(&s, &rows, o, e);
    else if (s.task == SCORES_MULTICLASS)
        rc = eval_multiclass(&s, &rows, o, e);
    else
        rc = eval_regression(&s, &rows, o, e);
    if (rc != ERR_USAGE)
        error_prefix(e, rc, "%s", file_shown(o->scores));
    scores_clear(&s);
    return rc;
}

// Options of the one kind of input with the other.
static int check_options(const struct opt_set *set, const struct eval_options *o, struct error *e)
{
    static const char *const for_a_model[] = {"val",       "part", "x_key",   "y_key",
                                              "bootstrap", "seed", "threads", "gemm"};
    for (size_t i = 0; o->scores && i < sizeof for_a_model / sizeof *for_a_model; i++)
        if (opt_given(set, for_a_model[i]))
            return error_set(e, ERR_USAGE, "--%s: is for a model and data, not for --scores",
                             for_a_model[i]);
    if (o->scores && o->rule != THRESHOLD_GIVEN)
        return error_set(e, ERR_USAGE,
                         "--threshold: '%s' is for a model and data; for --scores it is a number",
                         o->threshold);
    if (!o->scores && opt_given(set, "task"))
        return error_set(e, ERR_USAGE, "--task: is for --scores; a model knows its task");
    if (o->curves && !o->json)
        return error_set(e, ERR_USAGE, "--curves: is for --json, which prints their points");
    if (o->val && o->rule == THRESHOLD_GIVEN)
        return error_set(e, ERR_USAGE,
                         "--val: is where --threshold f1 or youden chooses; say which");
    return 0;
}

static int work(const struct cmd_call *call, struct error *e)
{
    struct eval_options *o = call->values;
    o->threshold_given = opt_given(call->set, "threshold");
    if (o->scores && call->words)
        return error_set(e, ERR_USAGE, "unexpected word '%.60s': --scores takes no model or data",
                         call->word[0]);
    if (!o->scores && call->words < 2)
        return error_set(e, ERR_USAGE,
                         "a model and data, or --scores FILE is needed; --help shows examples");
    int rc = cmd_threshold(o->threshold, &o->rule, &o->value, e);
    if (rc == 0)
        rc = check_options(call->set, o, e);
    if (rc)
        return rc;
    return o->scores ? eval_file(o, e) : eval_model(o, call->word[0], call->word[1], e);
}

int cmd_eval(int argc, char **argv)
{
    struct eval_options options = {0};
    return cmd_run(
        &(struct cmd){table, TABLE_ROWS, help_before, help_after, &options, &options.help, 2, work},
        argc, argv);
}
