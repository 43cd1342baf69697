// SPDX-License-Identifier: MIT
// Preparation: how the columns of a table become the features of a network, and its target labels.
// It is fitted once, on the rows that are trained on, then says the same about any row: a model
// carries it, so that raw rows can be predicted. The arithmetic is scikit-learn's.
//
// A column of numbers: fill what is missing, clip, log1p, scale. A column of categories: fill,
// encode as one number (its place among the categories) or as one feature a category, scale.
// Numbers and booleans may be categories, too: by value, so that 1 and 1.0 are one.
#ifndef SKIFF_TABLE_PREP_H
#define SKIFF_TABLE_PREP_H

#include "base/buf.h"
#include "base/err.h"
#include "table/frame.h"
#include "table/prep_rules.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PREP_FORMAT         1              // of prep.json: written, and the newest that is read
#define PREP_CATEGORIES_MAX ((size_t)4096) // of a column; more are names, not categories
#define PREP_FEATURES_MAX   ((size_t)65536)

enum prep_fill {
    PREP_FILL_ERROR,
    PREP_FILL_MEDIAN,
    PREP_FILL_MEAN,
    PREP_FILL_MOST,
    PREP_FILL_CONSTANT
};
enum prep_encode { PREP_NUMERIC, PREP_LABEL, PREP_ONEHOT };
enum prep_scale { PREP_SCALE_NONE, PREP_SCALE_STANDARD, PREP_SCALE_MINMAX, PREP_SCALE_ROBUST };
// A category that was not among the rows of the fit.
enum prep_unseen {
    PREP_UNSEEN_FILL,  // as if it were missing; the default of label
    PREP_UNSEEN_ZERO,  // one-hot: no feature is set, the default there; label: -1
    PREP_UNSEEN_ERROR, // the row is refused
};

struct prep_column {
    char *name;
    enum frame_kind kind; // what its values must be, as read; booleans are 0 and 1
    enum prep_encode encode;
    enum prep_fill fill;
    double fill_value;           // numbers: NaN when `fill` is an error
    size_t fill_place;           // categories: which one
    double quantile[2], clip[2]; // quantiles of the fit's rows and what they came to; clip[0] is
                                 // -INFINITY and clip[1] INFINITY where nothing is clipped
    bool log1p;
    enum prep_scale scale;
    double *center, *width; // [features]: (x - center) / width
    size_t categories;      // 0 of PREP_NUMERIC
    char **category;        // [categories] in order: sorted, or as the user ordered them
    double *category_value; // [categories] of numbers and booleans, else NULL
    enum prep_unseen unseen;
    size_t feature, features; // the first of its features, and how many
    size_t missing;           // among the rows of the fit
};

enum prep_task { PREP_BINARY, PREP_MULTICLASS, PREP_REGRESSION };

struct prep_target {
    char *name; // NULL: there is none
    enum prep_task task;
    enum frame_kind kind;
    size_t classes;      // 0: regression
    char **class_name;   // [classes] as the file spells them, in order: numbers by value, texts by
                         // bytes, false before true
    double *class_value; // [classes] of a target of numbers or booleans, else NULL
};

// How rows were divided, for whoever asks or repeats it. test_rows is 0 where they were not.
struct prep_split {
    double test_size; // as given: below 1 a share, else rows
    int64_t random_state;
    bool stratify, fit_on_all, shuffle;
    size_t rows, train_rows, test_rows;
    size_t folds, fold; // of K folds, which one from 0; 0 of 0: no folds
};

struct prep {
    size_t columns;
    struct prep_column *column; // [columns] in the order of their features
    size_t features;
    struct prep_target target;
    size_t ids;
    char **id; // [ids] columns that name a row and are passed through
    char delimiter;
    bool header; // without one, columns are c1, c2, ...
    struct prep_split split;
};

// Columns, their categories and figures from rows order[0 .. rows) of a frame (NULL: its first
// `rows`), classes of the target from all of its rows, which must have one. Where the rules name
// no features, columns that are none (dates, identifiers, texts that are nearly all different,
// constants, columns without a value) are left out with a note. Where they do, or another rule
// names such a column, it is refused with advice, unless it is the rule how to encode it. `note`
// (NULL: nobody listens) hears what was decided that a careful colleague would mention, on the
// calling thread and in the order of the columns.
struct prep_fit {
    const struct frame *frame;
    const struct prep_rules *rules;
    const uint32_t *order;
    size_t rows;
    const char *path; // begins messages
    void (*note)(void *context, const char *text);
    void *context;
    // Whom to share columns with, as in struct frame_options; NULL: all on the calling thread.
    void (*run)(struct par *team, size_t workers, void (*work)(void *context, size_t worker),
                void *context);
    struct par *team;
    size_t workers;
};
int prep_fit(struct prep *p, const struct prep_fit *how, struct error *e);
void prep_clear(struct prep *p);

// prep.json: readable, complete, and checked when it is read.
json_t *prep_to_json(const struct prep *p); // NULL when there is no memory
int prep_from_json(struct prep *p, const char *name, const json_t *root, struct error *e);
int prep_text(const struct prep *p, struct buf *text, struct error *e);
int prep_read(struct prep *p, const char *path, struct error *e);
int prep_parse(struct prep *p, const char *name, const void *text, size_t size, struct error *e);

#endif
