// SPDX-License-Identifier: MIT
// Between the files of the comparison's page.
#ifndef SKIFF_REPORT_COMPARE_PAGE_INNER_H
#define SKIFF_REPORT_COMPARE_PAGE_INNER_H

#include "cost/compare.h"
#include "cost/turning.h"

#include <stdbool.h>

struct compare_sight {
    const struct compare *c;
    struct sweeps sweeps;
    struct turnings turnings;
};

// "val_auroc"; "" where no run has a metric.
#define COMPARE_METRIC_MAX 64
void compare_metric_name(char text[COMPARE_METRIC_MAX], const struct compare *c);

// Figures, none where there is nothing to draw.
int compare_quality_figures(struct buf *out, const struct compare *c, struct error *e);
bool compare_has_quality(const struct compare *c);
int compare_growth_figures(struct buf *out, const struct compare_sight *s, struct error *e);

// Tables.
void compare_runs_tables(struct buf *out, const struct compare *c);
void compare_prices_tables(struct buf *out, const struct compare *c);
void compare_published_table(struct buf *out, const struct compare *c);
bool compare_has_published(const struct compare *c);

#endif
