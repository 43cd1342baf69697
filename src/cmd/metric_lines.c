// SPDX-License-Identifier: MIT
// An expression such as ([0-9\.]+) stops at an exponent and at a sign, so numbers are fixed-point;
// one that is not finite is left out, for whatever stood there would be taken for something else.
// Names are those of the lesson and of its companions, which differ: f1_score/val and val/f1_score.
#include "cmd/metric_lines.h"

#include <math.h>
#include <stdio.h>

struct name {
    const char *name;
    enum history_column column;
};

static const struct name names[] = {
    {"train_loss", HISTORY_TRAIN_LOSS},     {"val_loss", HISTORY_VAL_LOSS},
    {"val_accuracy", HISTORY_VAL_ACCURACY}, {"f1_score/val", HISTORY_VAL_F1},
    {"val/f1_score", HISTORY_VAL_F1},       {"auroc/val", HISTORY_VAL_AUROC},
    {"val/auroc", HISTORY_VAL_AUROC},       {"ap/val", HISTORY_VAL_AP},
    {"val_rmse", HISTORY_VAL_RMSE},         {"val_r2", HISTORY_VAL_R2},
    {"learning_rate", HISTORY_LR},
};

static const struct name xgboost_names[] = {
    {"validation-accuracy", HISTORY_VAL_ACCURACY}, {"validation-f1", HISTORY_VAL_F1},
    {"validation-auc", HISTORY_VAL_AUROC},         {"validation-aucpr", HISTORY_VAL_AP},
    {"validation-rmse", HISTORY_VAL_RMSE},
};

void metric_lines_print(uint64_t epoch, const struct history_row *row)
{
    printf("epoch=%llu;", (unsigned long long)epoch);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (isfinite(row->value[names[i].column]))
            printf(" %s=%.8f;", names[i].name, row->value[names[i].column]);
    printf("\n");
    const double loss = row->value[HISTORY_VAL_LOSS];
    if (isnan(loss))
        return;
    printf("[%llu]", (unsigned long long)epoch);
    if (isfinite(loss) &&
        !isnan(row->value[HISTORY_VAL_ACCURACY])) // that of classes, not of squares
        printf("\tvalidation-logloss:%.8f", loss);
    for (size_t i = 0; i < sizeof xgboost_names / sizeof *xgboost_names; i++)
        if (isfinite(row->value[xgboost_names[i].column]))
            printf("\t%s:%.8f", xgboost_names[i].name, row->value[xgboost_names[i].column]);
    printf("\n");
}
