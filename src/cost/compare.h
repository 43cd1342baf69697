// SPDX-License-Identifier: MIT
// Runs side by side: those of one configuration make a row, and rows are compared in seconds,
// dollars and quality. What runs differ by when nothing is changed is noise; a difference within it
// is called that.
#ifndef SKIFF_COST_COMPARE_H
#define SKIFF_COST_COMPARE_H

#include "base/buf.h"
#include "base/err.h"
#include "cost/cost_run.h"
#include "cost/prices.h"
#include "cost/run_read.h"
#include "cost/spread.h"

#include <stdbool.h>
#include <stddef.h>

// The instance that a run is priced as, whatever its record says.
struct compare_assumption {
    const char *run; // its name; NULL: every run that says none, or only guesses
    const char *instance;
};

struct compare_target {
    enum history_column column;
    double value;
};

struct compare_spec {
    const struct prices *prices;                 // may be of no rows
    const struct compare_assumption *assumption; // [assumptions]; the last that fits is taken
    size_t assumptions;
    const char *baseline; // name of a run of the row that others are set against; NULL: the first
    enum cost_metric metric;             // COST_METRICS: the one that most runs have
    const struct compare_target *target; // or NULL
    double storage_gb;   // of the volume of each instance, at the price of PRICES_STORAGE
    double spot_percent; // taken off the price of instances
    double overhead;     // seconds that each instance is billed beyond what a record knows;
                         // published runs are a platform's bill already
};

struct compare_row {
    const char *name;                  // of its first run
    const struct cost_run *const *run; // [runs]
    size_t runs;
    const char *instance;      // that it is priced as; NULL: not known
    bool assumed, guessed;     // by an assumption, by the record
    const struct price *price; // NULL: not known
    size_t table;              // rows of the same table of data have the same number, from 0

    struct spread seconds[COST_PHASES];
    struct spread elapsed;  // seconds: `total`, with the overhead
    struct spread billable; // seconds of all instances together, likewise
    struct spread dollars;  // of a run
    struct spread epochs_per_second, joules;
    struct spread metric;     // over the runs
    struct cost_value judged; // the median of the metric, and the interval that its rows leave

    // Runs with a history, with one that tells whether and when it reached the target, that did.
    size_t histories, followed, reached;
    struct spread target_seconds, target_dollars; // of those that do

    double speed, cost; // times as quick as the baseline, times its dollars; NaN: not known
    enum verdict slower, dearer, better; // than the baseline: MORE is slower, dearer, better
    bool pareto; // of its table, no row is cheaper and at least as good, or better and not dearer
};

// Rows about one table of data.
struct compare_table {
    size_t rows, features; // 0: not said
    size_t best;           // the row with the best metric; SIZE_MAX: none has one
    size_t choice; // the cheapest row that is not worse than that beyond noise, of those as cheap
                   // the best; SIZE_MAX: none
    size_t next;   // the cheapest of another instance or count, device or program; SIZE_MAX: none
};

struct compare {
    struct compare_row *row; // [rows] in the order in which their first runs were given
    size_t rows, baseline;
    struct compare_table *table; // [tables]
    size_t tables;
    enum cost_metric metric; // COST_METRICS: no run has any
    struct compare_spec spec;
    struct buf notes;  // what is to be known beside the figures, a line each
    struct buf answer; // what to rent, a line a table; then where that turns

    // For compare*.c alone.
    size_t runs;
    double storage;                 // dollars of the volume of an instance, an hour
    double *scratch;                // [runs]
    const struct cost_run **member; // [runs], row by row
    const char **priced_as;         // [runs] in the order of the runs
};

#define COMPARE_TEXT_MAX ((size_t)4 << 20)

// `runs` (at least one) and what the spec points to must outlive `c`, which is left empty on
// failure.
int compare_make(struct compare *c, const struct compare_spec *spec, const struct cost_runs *runs,
                 struct error *e);
void compare_clear(struct compare *c);

// "2 of 3", "not reached", "not recorded" (of some epochs), "no history": by the runs of a row.
#define COMPARE_REACHED_MAX 64
void compare_reached(char text[COMPARE_REACHED_MAX], const struct compare_row *row);

// "val_auroc=0.85"
int compare_target_parse(struct compare_target *target, const char *text, struct error *e);

#endif
