// SPDX-License-Identifier: MIT
// With D(x) = p0 t0(x) - p1 t1(x) = d0 + d1 x the lines cross at -d0 / d1. Its interval is
// Fieller's (E. C. Fieller, "Some problems in interval estimation", 1954): all x at which D is not
// away from 0 by more than q standard errors,
//
//     (d0 + d1 x)^2 <= q^2 (v00 + 2 v01 x + v11 x^2)
//
// which is a quadratic in x. Unlike a delta method's it is not symmetric, and it says when the runs
// set no limit: where d1 itself may be 0, the set has no upper end. q is Student's for the side
// that has fewer degrees of freedom, so that intervals are rather too wide.
#include "cost/crossing.h"

#include "cost/student.h"

#include <math.h>

#define SAME 1e-9 // lines whose difference is this part of them differ by rounding

struct difference {
    double d0, d1;        // positive: the first side costs more
    double v00, v01, v11; // of d0, of both, of d1, times q^2; NaN: not known
};

static double narrowed(double difference, double size)
{
    return fabs(difference) <= SAME * size ? 0 : difference;
}

static struct difference subtract(const struct crossing_side side[2])
{
    const struct growth *a = side[0].growth, *b = side[1].growth;
    const double p = side[0].price, r = side[1].price;
    const double q = student_95(fmin(a->freedom, b->freedom));
    const double pp = q * q * p * p, rr = q * q * r * r;
    return (struct difference){
        .d0 = narrowed(p * a->fixed - r * b->fixed, p * a->fixed),
        .d1 = narrowed(p * a->each - r * b->each, p * a->each),
        .v00 = pp * a->variance[0] + rr * b->variance[0],
        .v01 = pp * a->variance[1] + rr * b->variance[1],
        .v11 = pp * a->variance[2] + rr * b->variance[2],
    };
}

// ---- the interval ----

struct span {
    double low, high; // NaN: empty
};
static const struct span nowhere = {NAN, NAN}, everywhere = {0, INFINITY};

// Of the sizes, which are above 0.
static struct span above_zero(double low, double high)
{
    return high > 0 ? (struct span){fmax(low, 0), high} : nowhere;
}

// m x + c <= 0
static struct span solve_line(double m, double c)
{
    if (m == 0)
        return c <= 0 ? everywhere : nowhere;
    return m > 0 ? above_zero(-INFINITY, -c / m) : above_zero(-c / m, INFINITY);
}

// l x^2 + 2 m x + c <= 0, or of two parts the one where `at` is; without such an `at` the upper.
static struct span solve_square(double l, double m, double c, double at)
{
    if (l == 0)
        return solve_line(2 * m, c);
    const double square = m * m - l * c;
    if (square < 0 && l < 0)
        return everywhere;
    // For l > 0 there are roots, D's own zero among what lies between them, but for rounding.
    const double sum = -(m + copysign(sqrt(fmax(square, 0)), m));
    const double one = sum / l, two = sum == 0 ? one : c / sum;
    const double first = fmin(one, two), second = fmax(one, two);
    if (l > 0)
        return above_zero(first, second);
    return at <= first ? above_zero(-INFINITY, first) : above_zero(second, INFINITY);
}

static struct span left_open(const struct difference *d, double at)
{
    const struct span s =
        solve_square(d->d1 * d->d1 - d->v11, d->d0 * d->d1 - d->v01, d->d0 * d->d0 - d->v00, at);
    if (isnan(at))
        return s;
    return (struct span){fmin(s.low, at), fmax(s.high, at)}; // rounding may leave it just outside
}

// ---- the crossing ----

static bool was_run_around(const struct growth *g, double size)
{
    return g->low <= size && size <= g->high;
}

void crossing_find(struct crossing *c, const struct crossing_side side[2])
{
    const struct difference d = subtract(side);
    *c = (struct crossing){.size = -d.d0 / d.d1, .cheaper = -1, .low = NAN, .high = NAN};
    c->crosses = isfinite(c->size) && c->size > 0;
    if (!c->crosses)
        c->size = NAN;
    if (d.d0 != 0 || d.d1 != 0)
        c->cheaper = (d.d0 != 0 ? d.d0 : d.d1) > 0;
    c->measured = c->crosses && was_run_around(side[0].growth, c->size) &&
                  was_run_around(side[1].growth, c->size);
    c->judged = isfinite(d.v00) && isfinite(d.v01) && isfinite(d.v11);
    if (c->judged) {
        const struct span open = left_open(&d, c->size);
        c->low = open.low;
        c->high = open.high;
    }
}

// The price is a ratio of times; its logarithm has about the sum of their relative variances.
void crossing_price(struct crossing_price *p, const struct crossing_side *first,
                    const struct growth *second, double size)
{
    const double t = growth_seconds(first->growth, size), u = growth_seconds(second, size);
    const double q = student_95(fmin(first->growth->freedom, second->freedom));
    const double off =
        q * hypot(growth_deviation(first->growth, size) / t, growth_deviation(second, size) / u);
    p->price = first->price * t / u;
    p->low = p->price * exp(-off);
    p->high = p->price * exp(off);
}
