// SPDX-License-Identifier: MIT
// What a user wants of a preparation, as the options of `skiff prep` and `skiff train` say it.
#ifndef SKIFF_TABLE_PREP_RULES_H
#define SKIFF_TABLE_PREP_RULES_H

#include "base/err.h"
#include "table/frame.h"

#include <stddef.h>

// Lists as the command line has them: names separated by commas, or NAME=VALUE pairs separated by
// commas, a VALUE without NAME being meant for every column it fits. NULL: nothing is asked for.
// A name with a comma, an equals sign or a quote in it is put in double quotes, as in a CSV.
struct prep_rules {
    const char *target, *features, *drop, *ids;
    const char *fill;   // median, mean, most_frequent, error, or a constant for one column
    const char *encode; // numeric, label, onehot, or an order: low<mid<high
    const char *scale;  // none, standard, minmax, robust
    const char *clip;   // LOW:HIGH quantiles
    const char *log1p;  // names
    const char *unseen; // fill, zero, error
    enum prep_task_wish {
        PREP_TASK_AUTO,
        PREP_TASK_BINARY,
        PREP_TASK_MULTICLASS,
        PREP_TASK_REGRESSION
    } task;
};

// What to read from the file for these rules: the columns of `features` and the target, or all but
// what is dropped and the ids; with the type that a rule forces. Names that are nowhere in the file
// are reported by frame_read. Free with prep_choices_free.
int prep_choices(const struct prep_rules *rules, struct frame_choice **choices, size_t *count,
                 struct error *e);
void prep_choices_free(struct frame_choice *choices, size_t count);

#endif
