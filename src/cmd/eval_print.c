// SPDX-License-Identifier: MIT
// Metrics as a table for people; with intervals behind them where there are some.
#include "cmd/eval_print.h"

#include <math.h>
#include <stdio.h>

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

void eval_print_loss(double loss, const struct bootstrap *b)
{
    if (b)
        printf("%-29s   95 %% interval\n", "");
    print_value("loss", loss, NULL, NULL);
}

void eval_print_note(const struct bootstrap *b)
{
    printf("\nIntervals: percentiles of %zu bootstrap resamples of the rows, seed %lld.\n",
           b->resamples, (long long)b->seed);
}

void eval_print_binary(const struct binary_metrics *m, const struct bootstrap *b)
{
    print_value("accuracy", m->accuracy, b, "accuracy");
    print_value("precision", m->precision, b, "precision");
    print_value("recall", m->recall, b, "recall");
    print_value("F1", m->f1, b, "f1");
    print_value("ROC AUC", m->auroc, b, "auroc");
    print_value("AP", m->ap, b, "ap");
    print_value("log loss", m->log_loss, b, "log_loss");
    print_value("Brier score", m->brier, b, "brier");
    printf("\n%-16s %12s %12s\n", "", "predicted 0", "predicted 1");
    printf("%-16s %12zu %12zu\n", "label 0", m->tn, m->fp);
    printf("%-16s %12zu %12zu\n", "label 1", m->fn, m->tp);
}

#define CONFUSION_PRINT_MAX 12 // classes; a wider matrix does not fit a terminal

void eval_print_multiclass(const struct multiclass_metrics *m, const struct bootstrap *b)
{
    print_value("accuracy", m->accuracy, b, "accuracy");
    print_value("macro precision", m->macro_precision, b, "macro_precision");
    print_value("macro recall", m->macro_recall, b, "macro_recall");
    print_value("macro F1", m->macro_f1, b, "macro_f1");
    print_value("weighted F1", m->weighted_f1, b, "weighted_f1");
    print_value("ROC AUC (ovr)", m->auroc, b, "auroc");
    print_value("log loss", m->log_loss, b, "log_loss");
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

void eval_print_regression(const struct regression_metrics *m, const struct bootstrap *b)
{
    print_value("MSE", m->mse, b, "mse");
    print_value("RMSE", m->rmse, b, "rmse");
    print_value("MAE", m->mae, b, "mae");
    print_value("R2", m->r2, b, "r2");
}
