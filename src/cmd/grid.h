// SPDX-License-Identifier: MIT
// A table of short texts, for a terminal or a pipe, or as Markdown. The first column is names.
#ifndef SKIFF_CMD_GRID_H
#define SKIFF_CMD_GRID_H

#include "base/buf.h"
#include "base/err.h"

#include <stddef.h>

#define GRID_CELL_MAX 64  // bytes; what is longer is cut
#define GRID_WIDTH    100 // columns of a terminal

struct grid {
    const char *title;
    const char *const *head; // [columns]
    size_t columns, rows;
    char (*cell)[GRID_CELL_MAX]; // [rows][columns]
};

// All cells are empty at first. `head` ends in NULL.
int grid_begin(struct grid *g, const char *title, const char *const *head, size_t rows,
               struct error *e);
void grid_end(struct grid *g);

// Control characters become question marks.
void grid_put(struct grid *g, size_t row, size_t column, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

// Columns without any value are left out, and so is a table that has no others but the names; names
// give way when the whole becomes wider than GRID_WIDTH.
void grid_text(const struct grid *g, struct buf *out);
void grid_markdown(const struct grid *g, struct buf *out);

#endif
