// SPDX-License-Identifier: MIT
// Names of metrics are free, so only their words are looked at: one may say which part of the data
// is meant, one which metric.
#include "job/objective.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static const struct {
    const char *word;
    enum monitor monitor;
} metrics[] = {
    {"loss", MONITOR_VAL_LOSS},       {"logloss", MONITOR_VAL_LOSS},
    {"mlogloss", MONITOR_VAL_LOSS},   {"accuracy", MONITOR_VAL_ACCURACY},
    {"acc", MONITOR_VAL_ACCURACY},    {"error", MONITOR_VAL_ACCURACY},
    {"merror", MONITOR_VAL_ACCURACY}, {"f1", MONITOR_VAL_F1},
    {"auroc", MONITOR_VAL_AUROC},     {"auc", MONITOR_VAL_AUROC},
    {"ap", MONITOR_VAL_AP},           {"aucpr", MONITOR_VAL_AP},
    {"rmse", MONITOR_VAL_RMSE},       {"mse", MONITOR_VAL_RMSE},
    {"r2", MONITOR_VAL_R2},
};

static bool is_word(const char *word, size_t len, const char *other)
{
    return strlen(other) == len && strncasecmp(word, other, len) == 0;
}

enum monitor objective_monitor(const char *name)
{
    enum monitor found = MONITOR_AUTO;
    bool train = false;
    for (size_t len; *name; name += len ? len : 1) {
        len = 0;
        while (isalnum((unsigned char)name[len]))
            len++;
        train = train || is_word(name, len, "train") || is_word(name, len, "training");
        for (size_t i = 0; i < sizeof metrics / sizeof *metrics && found == MONITOR_AUTO; i++)
            if (is_word(name, len, metrics[i].word))
                found = metrics[i].monitor;
    }
    if (!train)
        return found;
    return found == MONITOR_VAL_LOSS ? MONITOR_TRAIN_LOSS : MONITOR_AUTO;
}
