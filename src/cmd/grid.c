// SPDX-License-Identifier: MIT
// Widths are those of what is there when a table is printed, and looked up anew for every line:
// tables have tens of rows, and no second structure has to agree with the cells.
#include "cmd/grid.h"

#include "base/mem.h"
#include "cmd/cmd.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define GAP        2 // blanks between columns
#define NAME_LEAST 8 // characters that a name keeps

int grid_begin(struct grid *g, const char *title, const char *const *head, size_t rows,
               struct error *e)
{
    *g = (struct grid){.title = title, .head = head, .rows = rows};
    while (head[g->columns])
        g->columns++;
    g->cell = mem_array(rows * g->columns, sizeof *g->cell);
    return g->cell ? 0 : error_nomem(e, title);
}

void grid_end(struct grid *g)
{
    mem_free(g->cell);
    g->cell = NULL;
}

static char *cell(const struct grid *g, size_t row, size_t column)
{
    return g->cell[row * g->columns + column];
}

void grid_put(struct grid *g, size_t row, size_t column, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(cell(g, row, column), GRID_CELL_MAX, format, args);
    va_end(args);
    error_one_line(cell(g, row, column));
}

static bool is_empty(const struct grid *g, size_t column)
{
    for (size_t row = 0; row < g->rows; row++)
        if (*cell(g, row, column))
            return false;
    return true;
}

static bool has_values(const struct grid *g)
{
    for (size_t column = 1; column < g->columns; column++)
        if (!is_empty(g, column))
            return true;
    return false;
}

static size_t width_of(const struct grid *g, size_t column)
{
    size_t width = cmd_text_width(g->head[column]);
    for (size_t row = 0; row < g->rows; row++) {
        const size_t own = cmd_text_width(cell(g, row, column));
        width = own > width ? own : width;
    }
    return width;
}

static size_t name_width(const struct grid *g)
{
    size_t others = 0;
    for (size_t column = 1; column < g->columns; column++)
        if (!is_empty(g, column))
            others += width_of(g, column) + GAP;
    const size_t wanted = width_of(g, 0);
    if (others + wanted <= GRID_WIDTH)
        return wanted;
    return others + NAME_LEAST >= GRID_WIDTH ? NAME_LEAST : GRID_WIDTH - others;
}

static void put_blanks(struct buf *out, size_t count)
{
    for (; count > 0; count--)
        buf_append(out, " ", 1);
}

// Bytes of the first `most` characters.
static size_t bytes_of(const char *text, size_t most)
{
    size_t at = 0, shown = 0;
    for (; text[at]; at++) {
        const bool begins = ((unsigned char)text[at] & 0xc0) != 0x80;
        if (begins && shown == most)
            break;
        shown += begins;
    }
    return at;
}

static void put_name(struct buf *out, const char *text, size_t width)
{
    const size_t all = cmd_text_width(text);
    if (all <= width) {
        buf_puts(out, text);
        put_blanks(out, width - all);
        return;
    }
    buf_append(out, text, bytes_of(text, width - 2));
    buf_puts(out, "..");
}

static void put_line(const struct grid *g, struct buf *out, size_t name,
                     const char *(*text)(const struct grid *, size_t, size_t), size_t row)
{
    put_name(out, text(g, row, 0), name);
    for (size_t column = 1; column < g->columns; column++) {
        if (is_empty(g, column))
            continue;
        const char *value = text(g, row, column);
        put_blanks(out, GAP + width_of(g, column) - cmd_text_width(value));
        buf_puts(out, value);
    }
    while (out->len && out->data[out->len - 1] == ' ')
        out->len--;
    buf_puts(out, "\n");
}

static const char *head_text(const struct grid *g, size_t row, size_t column)
{
    (void)row;
    return g->head[column];
}

static const char *cell_text(const struct grid *g, size_t row, size_t column)
{
    return cell(g, row, column);
}

void grid_text(const struct grid *g, struct buf *out)
{
    if (!has_values(g))
        return;
    const size_t name = name_width(g);
    buf_printf(out, "%s\n", g->title);
    put_line(g, out, name, head_text, 0);
    for (size_t row = 0; row < g->rows; row++)
        put_line(g, out, name, cell_text, row);
    buf_puts(out, "\n");
}

// A bar would end the cell, and a run called *so* is not to be in italics.
static void put_plain(struct buf *out, const char *text)
{
    for (; *text; text++) {
        if (strchr("|*_`<[\\", *text))
            buf_puts(out, "\\");
        buf_append(out, text, 1);
    }
}

static void put_bars(const struct grid *g, struct buf *out,
                     const char *(*text)(const struct grid *, size_t, size_t), size_t row)
{
    buf_puts(out, "|");
    for (size_t column = 0; column < g->columns; column++) {
        if (column && is_empty(g, column))
            continue;
        buf_puts(out, " ");
        put_plain(out, text(g, row, column));
        buf_puts(out, " |");
    }
    buf_puts(out, "\n");
}

void grid_markdown(const struct grid *g, struct buf *out)
{
    if (!has_values(g))
        return;
    buf_printf(out, "### %s\n\n", g->title);
    put_bars(g, out, head_text, 0);
    buf_puts(out, "|---|");
    for (size_t column = 1; column < g->columns; column++)
        if (!is_empty(g, column))
            buf_puts(out, "---:|");
    buf_puts(out, "\n");
    for (size_t row = 0; row < g->rows; row++)
        put_bars(g, out, cell_text, row);
    buf_puts(out, "\n");
}
