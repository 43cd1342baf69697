// SPDX-License-Identifier: MIT
// A column is left when a point falls into another one, in whatever direction, so curves that run
// to the left or straight up work alike.
#include "report/trace.h"

#include <math.h>

void trace_begin(struct trace *t, struct buf *out, const char *class, double column)
{
    *t = (struct trace){.column = column};
    svg_path_begin(&t->path, out, class);
}

static void draw(struct trace *t, const struct trace_point *p)
{
    svg_path_line(&t->path, p->x, p->y);
}

static void leave_column(struct trace *t)
{
    if (t->points == 0)
        return;
    const bool low_first = t->low.order < t->high.order;
    draw(t, &t->first);
    draw(t, low_first ? &t->low : &t->high);
    draw(t, low_first ? &t->high : &t->low);
    draw(t, &t->last);
    t->points = 0;
}

void trace_to(struct trace *t, double x, double y)
{
    const long number = lround(floor(x / t->column));
    if (t->points && number != t->number)
        leave_column(t);
    const struct trace_point p = {x, y, t->points};
    if (t->points == 0) {
        t->number = number;
        t->first = t->low = t->high = p;
    }
    if (p.y < t->low.y)
        t->low = p;
    if (p.y > t->high.y)
        t->high = p;
    t->last = p;
    t->points++;
}

void trace_gap(struct trace *t)
{
    leave_column(t);
    if (t->path.open)
        svg_path_break(&t->path);
}

void trace_end(struct trace *t)
{
    leave_column(t);
    svg_path_end(&t->path);
}
