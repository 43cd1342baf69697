// SPDX-License-Identifier: MIT
// A path is written in relative steps of whole tenths: "l2-3.5" is half the bytes of absolute
// points, and since both ends of a step are rounded first, the sum of the steps is exact.
#include "report/svg.h"

#include <math.h>
#include <stdlib.h>

#define FAR 1e6 // nothing of a picture lies beyond

// Tenths of a unit.
static long tenths(double value)
{
    if (!isfinite(value))
        return 0;
    return lround(10 * fmin(fmax(value, -FAR), FAR));
}

// ".5", "-12", "3.4"
static void put_tenths(struct buf *out, long value)
{
    const long size = labs(value);
    const char *sign = value < 0 ? "-" : "";
    if (size % 10 == 0)
        buf_printf(out, "%s%ld", sign, size / 10);
    else if (size < 10)
        buf_printf(out, "%s.%ld", sign, size);
    else
        buf_printf(out, "%s%ld.%ld", sign, size / 10, size % 10);
}

void svg_number(struct buf *out, double value)
{
    put_tenths(out, tenths(value));
}

static void attribute(struct buf *out, const char *name, double value)
{
    buf_printf(out, " %s=\"", name);
    svg_number(out, value);
    buf_puts(out, "\"");
}

// class="sk-a sk-b" of "a b".
static void classes(struct buf *out, const char *class)
{
    buf_puts(out, " class=\"" SVG_CLASS);
    for (; *class; class ++) {
        buf_append(out, class, 1);
        if (*class == ' ')
            buf_puts(out, SVG_CLASS);
    }
    buf_puts(out, "\"");
}

void svg_label(struct buf *out, const char *class, enum svg_anchor anchor, const double at[2],
               const char *text)
{
    static const char *const names[] = {"", " text-anchor=\"middle\"", " text-anchor=\"end\""};
    buf_puts(out, "<text");
    classes(out, class);
    attribute(out, "x", at[0]);
    attribute(out, "y", at[1]);
    buf_printf(out, "%s>", names[anchor]);
    svg_escape(out, text);
    buf_puts(out, "</text>\n");
}

void svg_label_up(struct buf *out, const char *class, const double at[2], const char *text)
{
    buf_puts(out, "<text");
    classes(out, class);
    buf_puts(out, " transform=\"translate(");
    svg_number(out, at[0]);
    buf_puts(out, " ");
    svg_number(out, at[1]);
    buf_puts(out, ")rotate(-90)\">");
    svg_escape(out, text);
    buf_puts(out, "</text>\n");
}

void svg_line(struct buf *out, const char *class, const double from[2], const double to[2])
{
    buf_puts(out, "<line");
    classes(out, class);
    attribute(out, "x1", from[0]);
    attribute(out, "y1", from[1]);
    attribute(out, "x2", to[0]);
    attribute(out, "y2", to[1]);
    buf_puts(out, "/>\n");
}

void svg_rect(struct buf *out, const char *class, const double corner[2], const double size[2])
{
    if (!(tenths(size[0]) > 0 && tenths(size[1]) > 0))
        return;
    buf_puts(out, "<rect");
    classes(out, class);
    attribute(out, "x", corner[0]);
    attribute(out, "y", corner[1]);
    attribute(out, "width", size[0]);
    attribute(out, "height", size[1]);
    buf_puts(out, "/>\n");
}

// The other marks are polygons of about a disc's area.
static void polygon(struct buf *out, const char *class, const double (*corner)[2], size_t corners)
{
    struct svg_path p;
    svg_path_begin(&p, out, class);
    svg_path_move(&p, corner[0][0], corner[0][1]);
    for (size_t i = 1; i < corners; i++)
        svg_path_line(&p, corner[i][0], corner[i][1]);
    svg_path_close(&p);
    svg_path_end(&p);
}

void svg_mark(struct buf *out, const char *class, enum svg_mark mark, const double at[2],
              double radius)
{
    const double x = at[0], y = at[1], half = 0.89 * radius, far = 1.27 * radius;
    switch (mark) {
    case SVG_SQUARE:
        svg_rect(out, class, (double[]){x - half, y - half}, (double[]){2 * half, 2 * half});
        return;
    case SVG_DIAMOND:
        polygon(out, class, (double[][2]){{x, y - far}, {x + far, y}, {x, y + far}, {x - far, y}},
                4);
        return;
    case SVG_TRIANGLE:
        polygon(out, class, (double[][2]){{x, y - far}, {x + far, y + half}, {x - far, y + half}},
                3);
        return;
    default:
        break;
    }
    buf_puts(out, "<circle");
    classes(out, class);
    attribute(out, "cx", x);
    attribute(out, "cy", y);
    attribute(out, "r", radius);
    buf_puts(out, "/>\n");
}

void svg_path_begin(struct svg_path *p, struct buf *out, const char *class)
{
    *p = (struct svg_path){.out = out, .class = class};
}

static void start(struct svg_path *p)
{
    if (p->started)
        return;
    p->started = true;
    buf_puts(p->out, "<path");
    classes(p->out, p->class);
    buf_puts(p->out, " d=\"");
}

// A command, its letter only where it differs from the one before; numbers with a sign or a point
// in front need no space.
static void command(struct svg_path *p, char letter, const long *value, int values)
{
    start(p);
    bool apart = letter == p->last;
    if (!apart)
        buf_append(p->out, &letter, 1);
    for (int i = 0; i < values; i++) {
        if (apart && value[i] >= 0)
            buf_puts(p->out, " ");
        put_tenths(p->out, value[i]);
        apart = true;
    }
    p->last = letter;
}

static void flush(struct svg_path *p)
{
    const long step[2] = {p->dx, p->dy};
    if (p->dx == 0 && p->dy == 0)
        return;
    if (p->dy == 0)
        command(p, 'h', &step[0], 1);
    else if (p->dx == 0)
        command(p, 'v', &step[1], 1);
    else
        command(p, 'l', step, 2);
    p->x += p->dx;
    p->y += p->dy;
    p->dx = p->dy = 0;
    p->lone = false;
}

// Ends a line; one of a single point becomes a dot.
static void finish(struct svg_path *p)
{
    flush(p);
    if (p->lone)
        command(p, 'h', (const long[]){0}, 1);
    p->lone = p->open = false;
}

void svg_path_move(struct svg_path *p, double x, double y)
{
    finish(p);
    p->x = tenths(x);
    p->y = tenths(y);
    command(p, 'M', (const long[]){p->x, p->y}, 2);
    p->last = 0; // pairs behind an M would be lines
    p->open = p->lone = true;
}

// Two steps become one where both go the same way along an axis.
static bool goes_on(long first, long first_across, long second, long second_across)
{
    return first_across == 0 && second_across == 0 && (first > 0) == (second > 0);
}

void svg_path_line(struct svg_path *p, double x, double y)
{
    if (!p->open) {
        svg_path_move(p, x, y);
        return;
    }
    const long dx = tenths(x) - p->x - p->dx, dy = tenths(y) - p->y - p->dy;
    if (!goes_on(p->dx, p->dy, dx, dy) && !goes_on(p->dy, p->dx, dy, dx))
        flush(p);
    p->dx += dx;
    p->dy += dy;
}

void svg_path_spot(struct svg_path *p, double x, double y)
{
    const long at[2] = {tenths(x) - p->x, tenths(y) - p->y};
    if (!p->open)
        svg_path_move(p, x, y);
    else
        command(p, 'm', at, 2);
    p->last = 0;
    p->x = tenths(x);
    p->y = tenths(y);
    command(p, 'h', (const long[]){0}, 1);
    p->lone = false;
}

void svg_path_box(struct svg_path *p, const double corner[2], const double size[2])
{
    svg_path_move(p, corner[0], corner[1]);
    svg_path_line(p, corner[0] + size[0], corner[1]);
    svg_path_line(p, corner[0] + size[0], corner[1] + size[1]);
    svg_path_line(p, corner[0], corner[1] + size[1]);
    svg_path_close(p);
}

void svg_path_close(struct svg_path *p)
{
    flush(p);
    command(p, 'z', NULL, 0);
    p->open = p->lone = false;
}

void svg_path_break(struct svg_path *p)
{
    finish(p);
}

void svg_path_end(struct svg_path *p)
{
    finish(p);
    if (p->started)
        buf_puts(p->out, "\"/>\n");
    p->started = false;
}
