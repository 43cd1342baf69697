// SPDX-License-Identifier: MIT
// Between the files of the remarks. One function a remark: each looks at what it needs, and says
// nothing where that is not there. The limits are stated beside the rule that they belong to; what
// is noise is told from what is not by the size of the sample wherever that can be computed.
#ifndef SKIFF_REPORT_REMARKS_INNER_H
#define SKIFF_REPORT_REMARKS_INNER_H

#include "base/buf.h"
#include "report/remarks.h"

#define REMARK_TEXT_MAX   4000
#define REMARK_NAME_WIDTH 30  // of a name, in units of its letters' height
#define REMARK_WIDE       0.1 // a tenth of the scale that ROC AUC, accuracy and R2 have
#define REMARK_ROWS_MIN   30  // what fewer rows say is an accident

struct facts {
    const struct run_folder *run;
    const struct findings *found;
    struct remarks *remarks;
};

// A remark in two texts, begun by the first of these and ended by the second, or dropped.
struct draft {
    const char *key, *title;
    struct buf evidence, advice;
};
void remark_begin(struct draft *d, const char *key, const char *title);
void remark_end(const struct facts *f, struct draft *d);
void remark_drop(struct draft *d);

bool facts_have_rows(const struct facts *f);
bool facts_improve(const struct facts *f); // validation loss was still falling
// The share of rows of the most frequent of several classes.
double facts_majority(const struct facts *f);

static inline const char *remark_plural(size_t n)
{
    return n == 1 ? "" : "s";
}

// remarks_data.c: rows, columns, classes
void remark_other_data(const struct facts *f);
void remark_nothing_held_back(const struct facts *f);
void remark_strange_values(const struct facts *f);
void remark_leakage(const struct facts *f);
void remark_idle_columns(const struct facts *f);
void remark_imbalance(const struct facts *f);
void remark_absent_classes(const struct facts *f);

// remarks_training.c: how it went
void remark_interrupted(const struct facts *f);
void remark_overfitting(const struct facts *f);
void remark_gap(const struct facts *f);
void remark_still_improving(const struct facts *f);

// remarks_result.c: how good the model is, and how sure that is
void remark_guessing(const struct facts *f);
void remark_wide_interval(const struct facts *f);
void remark_few_rows(const struct facts *f);
void remark_poor_calibration(const struct facts *f);

#endif
