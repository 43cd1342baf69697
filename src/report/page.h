// SPDX-License-Identifier: MIT
// The parts of the page: each appends a section, or nothing where it has nothing to say.
#ifndef SKIFF_REPORT_PAGE_H
#define SKIFF_REPORT_PAGE_H

#include "report/report.h"

void page_head(struct buf *out, const struct report *r); // title, headline figures
void page_remarks(struct buf *out, const struct report *r);
int page_metrics(struct buf *out, const struct report *r, struct error *e);
void page_classes(struct buf *out, const struct report *r);
int page_thresholds(struct buf *out, const struct report *r, struct error *e);
int page_columns(struct buf *out, const struct report *r, struct error *e); // importance, a table
void page_data(struct buf *out, const struct report *r);
int page_options(struct buf *out, const struct report *r, struct error *e);
void page_record(struct buf *out, const struct report *r);

#endif
