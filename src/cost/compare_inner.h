// SPDX-License-Identifier: MIT
// The steps of a comparison, in this order; each fills what its comment names.
#ifndef SKIFF_COST_COMPARE_INNER_H
#define SKIFF_COST_COMPARE_INNER_H

#include "cost/compare.h"

// priced_as; row with runs, instance, price, table; table.
int compare_group(struct compare *c, const struct cost_runs *runs, struct error *e);
// metric; all spreads of a row, judged, histories, followed, reached.
int compare_measure(struct compare *c, struct error *e);
// baseline and what is relative to it; pareto; best, choice, next.
void compare_judge(struct compare *c);
// notes and answer.
int compare_say(struct compare *c, struct error *e);
// The rest of the answer: sizes at which it turns.
int compare_turn(struct compare *c, struct error *e);

// How good `a` is beside `b`: LESS is worse, MORE is better. Within noise when the intervals that
// their rows leave overlap; where there are none, by the runs, of which both then need two.
enum verdict compare_quality(const struct compare *c, const struct compare_row *a,
                             const struct compare_row *b);

// As many machines with the same cores, of which as many take part: whatever seconds depend on but
// for the work.
bool compare_same_machine(const struct cost_run *a, const struct cost_run *b);

#endif
