// SPDX-License-Identifier: MIT
// `skiff eval`: read predictions and the truth, compute the task's metrics, print them as a table
// or as JSON.
#include "cmd/cmd.h"
#include "io/json.h"
#include "io/scores.h"
#include "train/metrics_json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

struct eval_options {
    char *scores;
    int task; // enum scores_task
    double threshold;
    bool json;
    bool help;
};

static const char *const tasks[] = {"auto", "binary", "multiclass", "regression", NULL};

#define AT(field) offsetof(struct eval_options, field)

static const struct opt table[] = {
    {.name = "scores",
     .type = OPT_TEXT,
     .offset = AT(scores),
     .arg = "FILE",
     .help = "CSV with the columns score and label, npz with the arrays scores and y, or - for a "
             "CSV on standard input.",
     .group = "Options"},
    {.name = "task",
     .type = OPT_ENUM,
     .offset = AT(task),
     .words = tasks,
     .initial = "auto",
     .help = "What the scores are. auto: one score a row is binary, several are multiclass."},
    {.name = "threshold",
     .type = OPT_FLOAT,
     .offset = AT(threshold),
     .min = -1e300,
     .max = 1e300,
     .initial = "0.5",
     .arg = "T",
     .help = "A score above T is a 1. Binary scores only."},
    {.name = "json",
     .type = OPT_BOOL,
     .offset = AT(json),
     .help = "Print one JSON object, every number with 17 significant digits."},
    {.name = "help", .type = OPT_BOOL, .offset = AT(help), .help = "This text."},
};

#define TABLE_ROWS (sizeof table / sizeof *table)

static const char help_before[] =
    "Usage: skiff eval --scores FILE [--task NAME] [--threshold T] [--json]\n"
    "\n"
    "Compute the metrics of predictions against the truth, equal to scikit-learn's.\n"
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
    "  skiff eval --scores predictions.csv\n"
    "  printf 'score,label\\n0.9,1\\n0.2,0\\n0.6,0\\n' | skiff eval --scores -\n"
    "  skiff eval --scores probabilities.npz --json\n"
    "  python3 -c 'import numpy as np; np.savez(\"s.npz\", scores=[0.9, 0.2], y=[1, 0])'\n"
    "\n"
    "A metric that is undefined is printed as -, and as null in JSON: the ROC AUC when\n"
    "a class does not occur, the Brier score of numbers outside 0 to 1, R2 of one row.\n"
    "For 32-bit scores the threshold and the log loss are rounded as numpy does.\n"
    "\n"
    "Exit status: 0 done, 1 the file cannot be used, 2 wrong options.\n";

static void print_value(const char *name, double value)
{
    if (isfinite(value))
        printf("%-16s %12.6f\n", name, value);
    else
        printf("%-16s %12s\n", name, "-");
}

static void print_binary(const struct binary_metrics *m, double threshold)
{
    printf("%zu rows, %zu positive, threshold %g\n\n", m->n, m->positives, threshold);
    print_value("accuracy", m->accuracy);
    print_value("precision", m->precision);
    print_value("recall", m->recall);
    print_value("F1", m->f1);
    print_value("ROC AUC", m->auroc);
    print_value("AP", m->ap);
    print_value("log loss", m->log_loss);
    print_value("Brier score", m->brier);
    printf("\n%-16s %12s %12s\n", "", "predicted 0", "predicted 1");
    printf("%-16s %12zu %12zu\n", "label 0", m->tn, m->fp);
    printf("%-16s %12zu %12zu\n", "label 1", m->fn, m->tp);
}

#define CONFUSION_PRINT_MAX 12 // classes; a wider matrix does not fit a terminal

static void print_multiclass(const struct multiclass_metrics *m)
{
    printf("%zu rows, %zu classes\n\n", m->n, m->classes);
    print_value("accuracy", m->accuracy);
    print_value("macro precision", m->macro_precision);
    print_value("macro recall", m->macro_recall);
    print_value("macro F1", m->macro_f1);
    print_value("weighted F1", m->weighted_f1);
    print_value("ROC AUC (ovr)", m->auroc);
    print_value("log loss", m->log_loss);
    printf("\n%-8s %10s %10s %10s %10s\n", "class", "precision", "recall", "F1", "rows");
    for (size_t c = 0; c < m->classes; c++)
        printf("%-8zu %10.6f %10.6f %10.6f %10zu\n", c, m->precision[c], m->recall[c], m->f1[c],
               m->support[c]);
    if (m->classes > CONFUSION_PRINT_MAX)
        return;
    printf("\nrows by label (down) and predicted class (across)\n%-8s", "");
    for (size_t c = 0; c < m->classes; c++)
        printf(" %8zu", c);
    for (size_t i = 0; i < m->classes * m->classes; i++) {
        if (i % m->classes == 0)
            printf("\n%-8zu", i / m->classes);
        printf(" %8zu", m->confusion[i]);
    }
    printf("\n");
}

static void print_regression(const struct regression_metrics *m)
{
    printf("%zu rows, %zu target%s\n\n", m->n, m->targets, m->targets == 1 ? "" : "s");
    print_value("MSE", m->mse);
    print_value("RMSE", m->rmse);
    print_value("MAE", m->mae);
    print_value("R2", m->r2);
}

// Prints and frees `object`; NULL is an object for which there was no memory.
static int print_json(json_t *object, struct error *e)
{
    const int rc = object ? json_dumpf(object, stdout, JSON_TEXT_FLAGS) : -1;
    json_decref(object);
    printf("\n");
    return rc == 0 ? 0 : error_set(e, ERR_IO, "cannot print the metrics");
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
    int rc = metrics_binary(&m, &work, &column, s->labels, o->threshold, e);
    metrics_work_clear(&work);
    if (rc == 0 && o->json)
        rc = print_json(metrics_json_binary(&m, o->threshold), e);
    else if (rc == 0)
        print_binary(&m, o->threshold);
    return rc;
}

static int eval_multiclass(const struct scores *s, const struct metrics_rows *rows,
                           const struct eval_options *o, struct error *e)
{
    struct multiclass_metrics m = {0};
    struct metrics_work work = {0};
    int rc = metrics_multiclass(&m, &work, rows, s->columns, s->labels, e);
    metrics_work_clear(&work);
    if (rc == 0 && o->json)
        rc = print_json(metrics_json_multiclass(&m), e);
    else if (rc == 0)
        print_multiclass(&m);
    multiclass_metrics_clear(&m);
    return rc;
}

static int eval_regression(const struct scores *s, const struct metrics_rows *rows,
                           const struct eval_options *o, struct error *e)
{
    struct regression_metrics m;
    const struct metrics_rows truth = {.n = s->n, .ld = s->columns, .f64 = s->truth};
    int rc = metrics_regression(&m, rows, &truth, s->columns, e);
    if (rc == 0 && o->json)
        rc = print_json(metrics_json_regression(&m), e);
    else if (rc == 0)
        print_regression(&m);
    return rc;
}

static int eval_file(const struct eval_options *o, bool threshold_given, struct error *e)
{
    struct scores s;
    int rc = scores_read(&s, o->scores, (enum scores_task)o->task, e);
    if (rc)
        return rc;
    const struct metrics_rows rows = {s.n, s.columns, s.f32, s.f64};
    if (threshold_given && s.task != SCORES_BINARY)
        rc = error_set(e, ERR_USAGE, "--threshold: is for binary scores, and these are %s",
                       tasks[s.task]);
    else if (s.task == SCORES_BINARY)
        rc = eval_binary(&s, &rows, o, e);
    else if (s.task == SCORES_MULTICLASS)
        rc = eval_multiclass(&s, &rows, o, e);
    else
        rc = eval_regression(&s, &rows, o, e);
    if (rc != ERR_USAGE)
        error_prefix(e, rc, "%s", strcmp(o->scores, "-") ? o->scores : "standard input");
    scores_clear(&s);
    return rc;
}

static int run(struct opt_set *set, struct eval_options *o, int argc, char **argv, struct error *e)
{
    int rc = opt_parse(set, argc, argv, NULL, e);
    if (rc)
        return rc;
    if (o->help)
        return cmd_help(help_before, table, TABLE_ROWS, help_after);
    if (!o->scores)
        return error_set(e, ERR_USAGE, "--scores FILE is needed; --help shows examples");
    return eval_file(o, opt_given(set, "threshold"), e);
}

int cmd_eval(int argc, char **argv)
{
    struct error e = {0};
    struct eval_options options = {0};
    struct opt_set set;
    int rc = opt_begin(&set, table, TABLE_ROWS, &options, &e);
    if (rc == 0) {
        rc = run(&set, &options, argc, argv, &e);
        opt_end(&set);
    }
    return cmd_finish(argv[0], rc, &e);
}
