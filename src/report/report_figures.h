// SPDX-License-Identifier: MIT
// The figures of one run: which there are, what is in them, and a sentence on how to read each.
#ifndef SKIFF_REPORT_REPORT_FIGURES_H
#define SKIFF_REPORT_REPORT_FIGURES_H

#include "base/buf.h"
#include "report/findings.h"
#include "report/run_folder.h"

#define REPORT_FIGURES_MAX 24

enum report_section { SECTION_TRAINING, SECTION_RESULT, SECTION_COLUMNS };

struct report_figure {
    char name[32]; // "roc": roc.svg
    enum report_section section;
    const char *caption;
    struct buf alone, inlined; // the SVG, with its rules and without
};

struct report_figures {
    struct report_figure figure[REPORT_FIGURES_MAX];
    size_t count;
};

int report_figures_make(struct report_figures *r, const struct run_folder *run,
                        const struct findings *found, struct error *e);
void report_figures_clear(struct report_figures *r);

#endif
