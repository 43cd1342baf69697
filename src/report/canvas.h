// SPDX-License-Identifier: MIT
// What the figures share: the SVG around them with title and note, the plot with its axes, names at
// the ends of lines. Positions are in units of the viewBox: x to the right, y downwards.
#ifndef SKIFF_REPORT_CANVAS_H
#define SKIFF_REPORT_CANVAS_H

#include "report/axis.h"
#include "report/figure.h"
#include "report/svg.h"

// Of every figure. Text of 13 units is 10 pixels high where the figure is 320 pixels wide.
#define CANVAS_WIDTH  420
#define CANVAS_HEIGHT 330
#define CANVAS_SQUARE 400 // height of those whose axes are alike
#define CANVAS_TEXT   13  // size of the font
#define CANVAS_MARGIN 14
#define CANVAS_NAMES  (CANVAS_WIDTH / 3.0) // the most room that names get

struct canvas {
    struct buf *out;
    double left, right, top, bottom; // of the plot
    struct axis x, y;
};

// What a figure says of itself. `title` and `note` are used where the head has none; `result`
// stands in front of the note. `about` is for readers who do not see the picture.
struct canvas_text {
    const char *title, *result;
    const char *about;
};
#define CANVAS_ABOUT_MAX 400

void canvas_begin(struct canvas *c, struct buf *out, const struct figure_head *head,
                  const struct canvas_text *text, double height);
int canvas_end(struct canvas *c);  // returns the buffer's failure, or 0
int canvas_nomem(struct buf *out); // makes the buffer fail
// Instead of a plot: why there is none.
void canvas_empty(struct canvas *c, const char *why);

// Axes, grid and names; `y_name` stands above its axis, so that nobody has to turn the head. Where
// the plot ends is `c->right`, what its tick labels need at the left is found here.
struct canvas_axes {
    struct range x, y;
    enum axis_kind x_kind, y_kind;
    const char *x_name, *y_name; // NULL: none
    double strip;                // height left free between the plot and the horizontal axis
    bool mirrored;               // what is below 0 is labelled as what is above
};
void canvas_plot(struct canvas *c, const struct canvas_axes *axes);

// Rows from the top down, each with its name at the left and `height` high, over a horizontal axis:
// what lies in row i is drawn around canvas_row(c, rows, i). The canvas has room for them when it
// was begun with canvas_rows_height.
struct canvas_rows {
    size_t n;
    const char *const *name; // [n]
    double height;
    struct range x;
    const char *x_name; // NULL: none, and no room for one
};
double canvas_rows_height(const struct canvas_rows *rows);
void canvas_plot_rows(struct canvas *c, const struct canvas_rows *rows);
double canvas_row(const struct canvas *c, const struct canvas_rows *rows, size_t i);

// A line of names with their marks, below the note.
struct canvas_key {
    const char *text, *class;
    enum svg_mark mark;
};
void canvas_keys(struct canvas *c, const struct canvas_key *key, size_t n);

// "line c1 d0": the colour and the dashes of the i-th of several lines.
#define CANVAS_CLASS_MAX 32
#define CANVAS_COLOURS   5
void canvas_line_class(char class[CANVAS_CLASS_MAX], size_t i);

// Names where lines end, at the right of the plot, kept apart from each other and cut to the room
// there is. `y` is where the line ends.
struct canvas_name {
    const char *text;
    double y;
    size_t line; // its colour and mark
    bool marked; // draw the mark in front of the name
};
void canvas_names(struct canvas *c, struct canvas_name *name, size_t n);
// The room that names need, at the most CANVAS_NAMES.
double canvas_names_width(const struct canvas_name *name, size_t n);

// A mark of the look of that line.
void canvas_mark(struct canvas *c, size_t line, const double at[2], double radius);

// Text beside the point `at`, to its right where side is 1 and to its left where it is -1, or on
// the other side where there is no room for it in the plot.
void canvas_beside(struct canvas *c, const char *class, int side, const double at[2],
                   const char *text);

#endif
