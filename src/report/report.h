// SPDX-License-Identifier: MIT
// The report of a training run: one page of HTML that needs nothing else, and its figures as SVG
// files. It is made from what the run has left in its folder and, when they are still there, from
// the rows that it was validated on.
#ifndef SKIFF_REPORT_REPORT_H
#define SKIFF_REPORT_REPORT_H

#include "report/findings.h"
#include "report/remarks.h"
#include "report/report_figures.h"
#include "report/run_folder.h"

struct report_spec {
    const char *run;   // the folder
    const char *model; // NULL: model.npz in the folder, or where the run's options say
    const char *data;  // NULL: what the run was validated on, else tested on, else trained on
    struct dataset_keys keys; // of `data`
    size_t threads;
    enum threshold_rule rule;
    double threshold;
    bool threshold_given; // which only models of two classes take
    size_t resamples, repeats;
    int64_t seed;
    void (*shuffled)(void *context, uint64_t done, uint64_t total); // as importance_spec.progress
    void *context;
};

struct report {
    const struct report_spec *spec;
    struct run_folder run;
    struct findings found;
    struct remarks remarks;
    struct report_figures figures;
    struct buf missing; // why there are no rows or no model, and what to do; empty otherwise
};

// What the run has left is read as it is; files that are damaged are errors. Its rows may be gone,
// which report.missing then says; those of spec->data may not.
int report_make(struct report *r, const struct report_spec *spec, struct error *e);
void report_clear(struct report *r);

// The page. Bytes depend on the files and on the spec but for its threads.
#define REPORT_PAGE_MAX ((size_t)64 << 20)
int report_page(const struct report *r, struct buf *out, struct error *e);

// report.html and the figures into a folder, which is made. The page is written last.
int report_write(const struct report *r, const char *folder, struct error *e);

#endif
