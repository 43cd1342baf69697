// SPDX-License-Identifier: MIT
// SVG as text. Positions are written to a tenth, without the locale; names of classes come without
// the prefix that all of them get. Failures stay in the buffer (see base/buf.h).
#ifndef SKIFF_REPORT_SVG_H
#define SKIFF_REPORT_SVG_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

#define SVG_CLASS "sk-" // in front of every class and id

// ---- text ----

// UTF-8 of any origin as XML text, good for attributes too; what is no UTF-8, or no character of
// XML, becomes U+FFFD.
void svg_escape(struct buf *out, const char *text);

// About the width of the text in a wide font (DejaVu Sans) of that size: others are narrower.
double svg_width(const char *text, double size);

// `text` as it fits `width`, else its beginning, an ellipsis and its end, in `to`: names of a table
// often begin alike. Never half a character.
#define SVG_CUT_MAX 256
void svg_cut(char to[SVG_CUT_MAX], const char *text, double width, double size);

// ---- elements ----

enum svg_anchor { SVG_START, SVG_MIDDLE, SVG_END };

// A number as it stands in an attribute: a tenth, no zeros at the end; 0 for what is not finite.
void svg_number(struct buf *out, double value);

void svg_label(struct buf *out, const char *class, enum svg_anchor anchor, const double at[2],
               const char *text);
// The same, from `at` upwards: the reader's head turned to the left.
void svg_label_up(struct buf *out, const char *class, const double at[2], const char *text);
void svg_line(struct buf *out, const char *class, const double from[2], const double to[2]);
// An empty one is left out.
void svg_rect(struct buf *out, const char *class, const double corner[2], const double size[2]);

enum svg_mark { SVG_DISC, SVG_SQUARE, SVG_DIAMOND, SVG_TRIANGLE, SVG_MARKS };
void svg_mark(struct buf *out, const char *class, enum svg_mark mark, const double at[2],
              double radius);

// ---- paths ----

// Steps in tenths from point to point, so that a long curve is few bytes and rounding does not add
// up. Points that change nothing are left out. `spot` paths draw a dot at each point.
struct svg_path {
    struct buf *out;
    const char *class;
    long x, y;   // of the last point, in tenths
    long dx, dy; // from there, not written yet
    bool open, started;
    bool lone; // a point without a step from it
    char last; // command, which need not be repeated
};

void svg_path_begin(struct svg_path *p, struct buf *out, const char *class);
void svg_path_move(struct svg_path *p, double x, double y);
void svg_path_line(struct svg_path *p, double x, double y);
void svg_path_spot(struct svg_path *p, double x, double y); // a dot, with a round line cap
void svg_path_box(struct svg_path *p, const double corner[2], const double size[2]);
void svg_path_close(struct svg_path *p);
void svg_path_break(struct svg_path *p); // the next point begins another line
void svg_path_end(struct svg_path *p);   // writes nothing where there was no point

#endif
