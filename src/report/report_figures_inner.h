// SPDX-License-Identifier: MIT
// Between the files of a run's figures. A figure is drawn twice by the same call, once for its own
// file and once for the page.
#ifndef SKIFF_REPORT_REPORT_FIGURES_INNER_H
#define SKIFF_REPORT_REPORT_FIGURES_INNER_H

#include "report/figure.h"
#include "report/report_figures.h"

struct draw {
    struct report_figures *to;
    const struct run_folder *run;
    const struct findings *found;
    char note[96]; // which rows
    int rc;
    struct error *e;
};

// What one figure is, before it is drawn.
struct figure_plan {
    const char *name;
    enum report_section section;
    const char *title; // NULL: the figure's own
    const char *caption;
    int (*draw)(struct buf *out, const struct figure_head *head, const void *what);
    const void *what;
};

// Does nothing after a failure, which d->rc keeps.
void figures_add(struct draw *d, const struct figure_plan *p);

// draw_NAME: figure_NAME of a struct TYPE, under the head that it is given.
#define FIGURE_DRAWER(NAME, TYPE)                                                                  \
    static int draw_##NAME(struct buf *out, const struct figure_head *head, const void *what)      \
    {                                                                                              \
        struct TYPE f = *(const struct TYPE *)what;                                                \
        f.head = *head;                                                                            \
        return figure_##NAME(out, &f);                                                             \
    }

// report_figures_classes.c
void figures_of_two_classes(struct draw *d);
void figures_of_classes(struct draw *d);
void figures_add_confusion(struct draw *d, size_t classes, const size_t *counts);

// report_figures_regression.c
void figures_of_regression(struct draw *d);

#endif
