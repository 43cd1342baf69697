// SPDX-License-Identifier: MIT
// Figures about what runs cost. They are drawn as those of figure.h.
#ifndef SKIFF_REPORT_FIGURE_COST_H
#define SKIFF_REPORT_FIGURE_COST_H

#include "report/figure.h"

enum figure_origin { FIGURE_MEASURED, FIGURE_GUESSED, FIGURE_PUBLISHED };
struct figure_run {
    const char *name;
    size_t number;             // before the name, and alone where the name finds no room
    enum figure_origin origin; // how its price or its figures came about, as a mark of its own
    double dollars, dollars_low, dollars_high; // low and high: NaN where they are not known
    double metric, metric_low, metric_high;
    bool best; // nothing is both cheaper and better: the line goes through it
};
// Quality against cost on a logarithmic axis.
struct figure_cost {
    struct figure_head head;
    size_t n; // at most FIGURE_RUNS_MAX are drawn
    const struct figure_run *run;
    const char *metric; // "val_auroc"
    bool lower;         // is better
};
#define FIGURE_RUNS_MAX 60
int figure_cost(struct buf *out, const struct figure_cost *f);

struct figure_growth_line {
    const char *name;
    size_t n;
    const double *size, *value; // [n] of the runs
    double fixed, each;         // value = fixed + each * size; NaN: no such line
};
// Seconds or dollars against the size of the work, both logarithmic; dashed where nothing was run.
struct figure_growth {
    struct figure_head head;
    size_t lines; // at most FIGURE_LINES_MAX are drawn
    const struct figure_growth_line *line;
    const char *size, *value; // what the axes are: "rows", "dollars a run"
    double at, low, high;     // a crossing to mark and its interval (ends may be 0 and infinite);
                              // NaN: none
};
int figure_growth(struct buf *out, const struct figure_growth *f);

#endif
