// SPDX-License-Identifier: MIT
// Ticks are 1, 2 or 5 times a power of ten apart, as close as their labels allow. On a logarithmic
// axis they are powers of ten and, where there is room, values between them. Ticks come from whole
// multiples, not from adding up, so 0 is 0 and 0.3 is 0.3.
#include "report/axis.h"

#include "report/svg.h"

#include <math.h>

#define SIZE   13 // of the font of ticks
#define APART  16 // from one label to the next along a horizontal axis
#define ABOVE  36 // from one label to the next along a vertical one
#define FAR    1e300
#define NARROW 1e-5   // a range shorter than this part of its values is a constant with noise
#define ZERO   1e-290 // values this small are 0: a step between them would not be a number

bool range_empty(struct range r)
{
    return !(r.low <= r.high);
}

void range_add(struct range *r, double value)
{
    if (!isfinite(value))
        return;
    if (range_empty(*r)) {
        r->low = r->high = value;
        return;
    }
    r->low = fmin(r->low, value);
    r->high = fmax(r->high, value);
}

static double largest(struct range r)
{
    return fmax(fabs(r.low), fabs(r.high));
}

// Finite, and long enough for ticks.
static struct range usable(struct range r)
{
    if (range_empty(r))
        return (struct range){0, 1};
    r.low = fmin(fmax(r.low, -FAR), FAR);
    r.high = fmin(fmax(r.high, -FAR), FAR);
    if (largest(r) < ZERO)
        return (struct range){-1, 1};
    if (r.high - r.low > NARROW * largest(r))
        return r;
    const double middle = r.low / 2 + r.high / 2, around = 0.1 * largest(r);
    return (struct range){middle - around, middle + around};
}

struct range range_padded(struct range r, double part, struct range limits)
{
    if (range_empty(r))
        return r;
    const struct range given = r;
    r = usable(r);
    const double more = part * (r.high - r.low);
    r.low -= more;
    r.high += more;
    if (given.low >= limits.low)
        r.low = fmax(r.low, limits.low);
    if (given.high <= limits.high)
        r.high = fmin(r.high, limits.high);
    return r;
}

double axis_at(const struct axis *a, double value)
{
    double part;
    if (a->log)
        part = (log10(value) - log10(a->low)) / (log10(a->high) - log10(a->low));
    else
        part = (value - a->low) / (a->high - a->low);
    if (!(part > 0)) // NaN too
        part = 0;
    return a->first + fmin(part, 1) * (a->last - a->first);
}

double axis_label_width(const struct axis *a, double size)
{
    double width = 0;
    for (size_t i = 0; i < a->ticks; i++)
        width = fmax(width, svg_width(a->label[i], size));
    return width;
}

static void add_tick(struct axis *a, double value, double step)
{
    if (a->ticks == AXIS_TICKS)
        return;
    const double top = a->log ? fabs(value) : fmax(fabs(a->low), fabs(a->high));
    label_tick(a->label[a->ticks], value, step, top);
    a->tick[a->ticks++] = value;
}

static void linear_ticks(struct axis *a, double step)
{
    const double nearly = 1e-6, first = ceil(a->low / step - nearly);
    a->ticks = 0;
    for (double i = first; i <= a->high / step + nearly && i < first + AXIS_TICKS; i++)
        add_tick(a, fabs(i) < 0.5 ? 0 : i * step, step);
}

// Do the ticks keep that distance? Labels may be wider than it.
static bool fits(const struct axis *a, bool horizontal)
{
    for (size_t i = 1; i < a->ticks; i++) {
        const double distance = fabs(axis_at(a, a->tick[i]) - axis_at(a, a->tick[i - 1]));
        const double wide = svg_width(a->label[i], SIZE) + svg_width(a->label[i - 1], SIZE);
        if (distance < (horizontal ? wide / 2 + APART : ABOVE))
            return false;
    }
    return true;
}

// From too many ticks to the first that fit.
static void choose_linear(struct axis *a, bool whole, bool horizontal)
{
    static const double parts[] = {1, 2, 5};
    const int least = (int)floor(log10((a->high - a->low) / AXIS_TICKS)) + 1;
    for (int i = 0; i < 9; i++) {
        const double step = parts[i % 3] * pow(10, least + i / 3 - 1);
        if ((whole && step < 1) || (a->high - a->low) / step > AXIS_TICKS - 1)
            continue;
        linear_ticks(a, step);
        if (fits(a, horizontal))
            return;
    }
}

// Powers of ten whose exponents are multiples of `stride`, times each of `parts`.
static void log_ticks(struct axis *a, const double *parts, size_t n, int stride)
{
    const int first = (int)floor(log10(a->low)), last = (int)ceil(log10(a->high));
    a->ticks = 0;
    for (int e = first; e <= last; e++)
        for (size_t i = 0; i < n; i++) {
            const double value = parts[i] * pow(10, e);
            if (e % stride == 0 && value >= a->low * 0.999999 && value <= a->high * 1.000001)
                add_tick(a, value, value);
        }
}

// The densest that fit.
static void choose_log(struct axis *a, bool horizontal)
{
    static const double parts[] = {1, 2, 5}, fewer[] = {1, 3};
    log_ticks(a, parts, 3, 1);
    if (fits(a, horizontal) && a->ticks < AXIS_TICKS)
        return;
    log_ticks(a, fewer, 2, 1);
    for (int stride = 1; !fits(a, horizontal) || a->ticks == AXIS_TICKS; stride++)
        log_ticks(a, parts, 1, stride);
}

static void init(struct axis *a, struct range r, enum axis_kind kind, const double ends[2])
{
    r = usable(r);
    *a = (struct axis){.low = r.low, .high = r.high, .first = ends[0], .last = ends[1]};
    a->log = kind == AXIS_LOG && r.low > 0 && r.high > 2 * r.low;
}

static void choose(struct axis *a, enum axis_kind kind, bool horizontal)
{
    if (a->log)
        choose_log(a, horizontal);
    else
        choose_linear(a, kind == AXIS_WHOLE, horizontal);
}

void axis_horizontal(struct axis *a, struct range r, enum axis_kind kind, const double ends[2])
{
    init(a, r, kind, ends);
    choose(a, kind, true);
}

void axis_vertical(struct axis *a, struct range r, enum axis_kind kind, const double ends[2])
{
    init(a, r, kind, ends);
    choose(a, kind, false);
}
