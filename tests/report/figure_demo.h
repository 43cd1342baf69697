// SPDX-License-Identifier: MIT
// What the two parts of figure_demo share.
#ifndef SKIFF_TESTS_FIGURE_DEMO_H
#define SKIFF_TESTS_FIGURE_DEMO_H

#include "report/figure_cost.h"

// The buffer's text as <folder>/<name>.svg; clears it.
void demo_write(struct buf *out, const char *name);

#define DRAW(name, function, ...) DRAW_AS(name, function, function, __VA_ARGS__)
#define DRAW_AS(name, function, kind, ...)                                                         \
    do {                                                                                           \
        struct buf out;                                                                            \
        buf_init(&out, FIGURE_MAX);                                                                \
        function(&out, &(struct kind)__VA_ARGS__);                                                 \
        demo_write(&out, name);                                                                    \
    } while (0)

// Figures of data as they should not be.
void demo_hostile(void);

#endif
