// SPDX-License-Identifier: MIT
// How a CSV is read, divided and prepared, as options: one struct and its rows of an option table,
// which `skiff prep` and `skiff train` have in common.
#ifndef SKIFF_TABLE_PREP_OPTIONS_H
#define SKIFF_TABLE_PREP_OPTIONS_H

#include "base/opt.h"
#include "io/csv.h"
#include "table/prep.h"

enum prep_fit_on { PREP_FIT_ON_TRAIN, PREP_FIT_ON_ALL };

struct prep_options {
    char *target, *features, *drop, *id;
    char *fill, *encode, *scale, *clip, *log1p, *unseen;
    double test_size;     // 0: nothing is held back
    int64_t random_state; // of 32 bits
    bool stratify, shuffle;
    int fit_on; // enum prep_fit_on
    int delimiter, header;
};

extern const char *const prep_fit_on_words[];

// The rows. AT(member) is the offset of a member of struct prep_options in the table's target.
// clang-format off
#define PREP_OPTION_ROWS(AT) \
    {.group = "Columns", .name = "target", .type = OPT_TEXT, .offset = AT(target), \
     .effect = OPT_SETTLED, .arg = "NAME", \
     .help = "The column to be predicted."}, \
    {.name = "features", .type = OPT_TEXT, .offset = AT(features), \
     .effect = OPT_SETTLED, .arg = "NAME,...", \
     .help = "Columns that become features, in this order; unless given, all that can, in " \
             "the order of the file."}, \
    {.name = "drop", .type = OPT_TEXT, .offset = AT(drop), \
     .effect = OPT_SETTLED, .arg = "NAME,...", \
     .help = "Columns to leave out."}, \
    {.name = "id", .type = OPT_TEXT, .offset = AT(id), \
     .effect = OPT_SETTLED, .arg = "NAME,...", \
     .help = "Columns that name a row: no features, but passed through to predictions."}, \
    {.name = "fill", .type = OPT_TEXT, .offset = AT(fill), \
     .effect = OPT_SETTLED, .arg = "HOW,...", \
     .help = "What stands for missing values: median, mean, most_frequent, a constant (as " \
             "NAME=VALUE), or error, which refuses them. Unless given, numbers take their " \
             "median and categories the most frequent one."}, \
    {.name = "encode", .type = OPT_TEXT, .offset = AT(encode), \
     .effect = OPT_SETTLED, .arg = "HOW,...", \
     .help = "How a column becomes numbers: numeric, label (the place of a category in " \
             "sorted order), onehot, or an order of your own, NAME=low<mid<high. Texts are " \
             "labels unless given."}, \
    {.name = "scale", .type = OPT_TEXT, .offset = AT(scale), \
     .effect = OPT_SETTLED, .arg = "HOW,...", \
     .help = "none, standard, minmax or robust, as scikit-learn scales; standard unless " \
             "given, and none for onehot."}, \
    {.name = "clip", .type = OPT_TEXT, .offset = AT(clip), \
     .effect = OPT_SETTLED, .arg = "HOW,...", \
     .help = "Quantiles that numbers are brought back to, such as 0.01:0.99 or " \
             "Fare=0:0.99."}, \
    {.name = "log1p", .type = OPT_TEXT, .offset = AT(log1p), \
     .effect = OPT_SETTLED, .arg = "NAME,...", \
     .help = "Columns whose numbers become log(1 + x)."}, \
    {.name = "unseen", .type = OPT_TEXT, .offset = AT(unseen), \
     .effect = OPT_SETTLED, .arg = "HOW,...", \
     .help = "What a category is that the fit has not met: fill (as if missing), zero or " \
             "error."}, \
    {.group = "Division", .name = "test_size", .type = OPT_FLOAT, .offset = AT(test_size), \
     .effect = OPT_SETTLED, .arg = "X", .min = 0, .max = 4294967295.0, .initial = "0.2", \
     .help = "Rows held back to validate on: below 1 a share, else their number; 0 is " \
             "none. They are those that train_test_split of scikit-learn holds back."}, \
    {.name = "random_state", .type = OPT_INT, .offset = AT(random_state), \
     .effect = OPT_SETTLED, .arg = "N", .min = 0, .max = 4294967295.0, .initial = "42", \
     .help = "Seed of the division."}, \
    {.name = "stratify", .type = OPT_BOOL, .offset = AT(stratify), \
     .effect = OPT_SETTLED, .initial = "false", \
     .help = "Keep the classes in proportion on both sides."}, \
    {.name = "shuffle", .type = OPT_BOOL, .offset = AT(shuffle), \
     .effect = OPT_SETTLED, .initial = "true", \
     .help = "Draw the rows held back by lot; --no-shuffle takes the last ones."}, \
    {.name = "fit_on", .type = OPT_ENUM, .offset = AT(fit_on), \
     .effect = OPT_SETTLED, .words = prep_fit_on_words, .initial = "train", \
     .help = "Rows in which fills, categories and scales are found: those to train on, or " \
             "all, as notebooks do that prepare first and divide then."}, \
    {.group = "CSV", .name = "delimiter", .type = OPT_ENUM, .offset = AT(delimiter), \
     .effect = OPT_SETTLED, .words = csv_delimiter_words, .initial = "auto", \
     .help = "What stands between the fields; auto looks at the first records."}, \
    {.name = "header", .type = OPT_ENUM, .offset = AT(header), \
     .effect = OPT_SETTLED, .words = csv_header_words, .initial = "auto", \
     .help = "Whether the first record names the columns; auto looks for numbers in it. " \
             "Without a header they are c1, c2 and so on."}
// clang-format on

// What the options mean for the fit, the reader and the division. The texts stay the options'.
struct prep_rules prep_options_rules(const struct prep_options *o, enum prep_task_wish task);
struct csv_options prep_options_csv(const struct prep_options *o);
// What no single option can see. ERR_USAGE.
int prep_options_check(const struct prep_options *o, struct error *e);

#endif
