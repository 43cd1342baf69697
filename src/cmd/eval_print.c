// SPDX-License-Identifier: MIT
// Metrics as a table for people; with intervals behind them where there are some.
#include "cmd/eval_print.h"

#include "cmd/cmd.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

// `key` is the metric's name among the intervals.
static void print_value(const char *name, double value, const struct bootstrap *b, const char *key)
{
    const struct interval *interval = b ? bootstrap_find(b, key) : NULL;
    if (isfinite(value))
        printf("%-16s %12.6f", name, value);
    else
        printf("%-16s %12s", name, "-");
    if (interval && isfinite(interval->low))
        printf("   %.6f to %.6f", interval->low, interval->high);
    printf("\n");
}

void eval_print_loss(double loss, double metric, const struct bootstrap *b)
{
    char text[2][48];
    snprintf(text[0], sizeof text[0], "%.6f", loss);
    snprintf(text[1], sizeof text[1], "%.6f", metric);
    if (b)
        printf("%-29s   95 %% interval\n", "");
    if (strcmp(text[0], text[1]) != 0)
        print_value("loss", loss, NULL, NULL);
}

void eval_print_note(const struct bootstrap *b)
{
    printf("\nIntervals: percentiles of %zu bootstrap resamples of the rows, seed %lld.\n",
           b->resamples, (long long)b->seed);
}

// ---- classes ----

#define NAME_MOST 32  // characters of a class in the table, with the word before it
#define NAME_SIZE 160 // bytes; as many characters take no more

static void name_class(const char *before, const char *const *names, size_t c, char *text)
{
    if (names)
        snprintf(text, NAME_SIZE, "%s%s", before, names[c]);
    else
        snprintf(text, NAME_SIZE, "%s%zu", before, c);
}

static size_t shown_width(const char *text)
{
    const size_t width = cmd_text_width(text);
    return width < NAME_MOST ? width : NAME_MOST;
}

// Of the widest class, but at least `least`.
static size_t classes_width(const char *before, const char *const *names, size_t classes,
                            size_t least)
{
    size_t width = least;
    for (size_t c = 0; c < classes; c++) {
        char text[NAME_SIZE];
        name_class(before, names, c, text);
        width = shown_width(text) > width ? shown_width(text) : width;
    }
    return width;
}

// On the left of a column.
static void print_class(const char *before, const char *const *names, size_t c, size_t width)
{
    char text[NAME_SIZE];
    name_class(before, names, c, text);
    cmd_print_text(text, width, NAME_MOST);
}

// A blank, and on the right of a column.
static void print_class_right(const char *before, const char *const *names, size_t c, size_t width)
{
    char text[NAME_SIZE];
    name_class(before, names, c, text);
    printf(" %*s", (int)(width - shown_width(text)), "");
    cmd_print_text(text, 0, NAME_MOST);
}

static void print_confusion_binary(const struct binary_metrics *m, const char *const *names)
{
    const size_t rows[2][2] = {{m->tn, m->fp}, {m->fn, m->tp}};
    const size_t left = classes_width("label ", names, 2, 16);
    const size_t right = 1 + classes_width("predicted ", names, 2, 11);
    printf("\n%*s", (int)left, "");
    print_class_right("predicted ", names, 0, right);
    print_class_right("predicted ", names, 1, right);
    for (size_t c = 0; c < 2; c++) {
        printf("\n");
        print_class("label ", names, c, left);
        printf(" %*zu %*zu", (int)right, rows[c][0], (int)right, rows[c][1]);
    }
    printf("\n");
}

void eval_print_binary(const struct binary_metrics *m, const struct bootstrap *b,
                       const char *const *names)
{
    print_value("accuracy", m->accuracy, b, "accuracy");
    print_value("precision", m->precision, b, "precision");
    print_value("recall", m->recall, b, "recall");
    print_value("F1", m->f1, b, "f1");
    print_value("ROC AUC", m->auroc, b, "auroc");
    print_value("AP", m->ap, b, "ap");
    print_value("log loss", m->log_loss, b, "log_loss");
    print_value("Brier score", m->brier, b, "brier");
    print_confusion_binary(m, names);
}

#define CONFUSION_PRINT_MAX 12 // classes; a wider matrix does not fit a terminal

static void print_confusion(const struct multiclass_metrics *m, const char *const *names,
                            size_t width)
{
    printf("\nrows by label (down) and predicted class (across)\n%*s", (int)width, "");
    for (size_t c = 0; c < m->classes; c++)
        print_class_right("", names, c, width);
    for (size_t i = 0; i < m->classes * m->classes; i++) {
        if (i % m->classes == 0) {
            printf("\n");
            print_class("", names, i / m->classes, width);
        }
        printf(" %*zu", (int)width, m->confusion[i]);
    }
    printf("\n");
}

void eval_print_multiclass(const struct multiclass_metrics *m, const struct bootstrap *b,
                           const char *const *names)
{
    print_value("accuracy", m->accuracy, b, "accuracy");
    print_value("macro precision", m->macro_precision, b, "macro_precision");
    print_value("macro recall", m->macro_recall, b, "macro_recall");
    print_value("macro F1", m->macro_f1, b, "macro_f1");
    print_value("weighted F1", m->weighted_f1, b, "weighted_f1");
    print_value("ROC AUC (ovr)", m->auroc, b, "auroc");
    print_value("log loss", m->log_loss, b, "log_loss");
    const size_t width = classes_width("", names, m->classes, 8);
    printf("\n%-*s %10s %10s %10s %10s\n", (int)width, "class", "precision", "recall", "F1",
           "rows");
    for (size_t c = 0; c < m->classes; c++) {
        print_class("", names, c, width);
        printf(" %10.6f %10.6f %10.6f %10zu\n", m->precision[c], m->recall[c], m->f1[c],
               m->support[c]);
    }
    if (m->classes <= CONFUSION_PRINT_MAX)
        print_confusion(m, names, width);
}

void eval_print_regression(const struct regression_metrics *m, const struct bootstrap *b)
{
    print_value("MSE", m->mse, b, "mse");
    print_value("RMSE", m->rmse, b, "rmse");
    print_value("MAE", m->mae, b, "mae");
    print_value("R2", m->r2, b, "r2");
}
