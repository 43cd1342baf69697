// SPDX-License-Identifier: MIT
// Lists such as --fill Age=0,Sex=male stay text here: what they mean is known with the columns only
// (prep_list.c).
#include "table/prep_options.h"

const char *const prep_fit_on_words[] = {"train", "all", NULL};

struct prep_rules prep_options_rules(const struct prep_options *o, enum prep_task_wish task)
{
    return (struct prep_rules){
        .target = o->target,
        .features = o->features,
        .drop = o->drop,
        .ids = o->id,
        .fill = o->fill,
        .encode = o->encode,
        .scale = o->scale,
        .clip = o->clip,
        .log1p = o->log1p,
        .unseen = o->unseen,
        .task = task,
    };
}

struct csv_options prep_options_csv(const struct prep_options *o)
{
    return (struct csv_options){.delimiter = csv_delimiters[o->delimiter],
                                .header = (enum csv_header)o->header};
}

int prep_options_check(const struct prep_options *o, struct error *e)
{
    if (!o->target)
        return error_set(e, ERR_USAGE,
                         "--target is missing: the column to be predicted; skiff inspect lists the "
                         "columns of a CSV");
    if (o->stratify && !o->shuffle)
        return error_set(e, ERR_USAGE,
                         "--stratify draws rows by lot, which --no-shuffle forbids; give one of "
                         "them");
    return 0;
}
