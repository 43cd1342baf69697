// SPDX-License-Identifier: MIT
// Of the sweeps that do the same work one is set beside each of the others: the one that is
// cheapest at the smallest size that any was run at, in dollars where all have a price, else in
// seconds. So of n there are n - 1 pairs, each of which answers up to which size the obvious
// choice is right; all n (n - 1) / 2 would answer questions that nobody has. Numbers are said with
// three digits: no line through a few runs knows more.
#include "cost/turning.h"

#include "base/mem.h"
#include "base/num.h"
#include "cost/cost_text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define HOUR         3600.0
#define NAME_MAX     ((size_t)512)
#define ROWS_WRITTEN 1e15

// ---- pairs ----

static bool priced(const struct sweep *s)
{
    return isfinite(s->usd_per_second) && s->usd_per_second > 0;
}

// Of a run of that size: dollars where all sides have a price, else seconds.
static double cost_at(const struct sweep *s, double size, bool dollars)
{
    return growth_seconds(&s->growth, size) * (dollars ? s->usd_per_second : 1);
}

// The cheapest of the work of sweep `first` at the smallest size that any of them was run at.
static const struct sweep *cheapest(const struct sweeps *s, size_t first)
{
    const struct sweep *best = NULL, *of = &s->item[first];
    double size = INFINITY;
    bool dollars = true;
    for (size_t i = first; i < s->count; i++)
        if (sweep_same_work(&s->item[i], of)) {
            size = fmin(size, s->item[i].growth.low);
            dollars = dollars && priced(&s->item[i]);
        }
    for (size_t i = first; i < s->count; i++)
        if (sweep_same_work(&s->item[i], of) &&
            (!best || cost_at(&s->item[i], size, dollars) < cost_at(best, size, dollars)))
            best = &s->item[i];
    return best;
}

static void compare(struct turning *t)
{
    const struct sweep *const *side = t->side;
    t->priced = priced(side[0]) && priced(side[1]);
    const struct crossing_side seconds[] = {{&side[0]->growth, 1}, {&side[1]->growth, 1}};
    crossing_find(&t->seconds, seconds);
    if (!t->priced)
        return;
    const struct crossing_side dollars[] = {{&side[0]->growth, side[0]->usd_per_second},
                                            {&side[1]->growth, side[1]->usd_per_second}};
    crossing_find(&t->dollars, dollars);
}

int turnings_find(struct turnings *t, const struct sweeps *s, struct error *e)
{
    *t = (struct turnings){mem_array(s->count, sizeof *t->item), 0};
    if (!t->item)
        return error_nomem(e, "pairs of sweeps");
    for (size_t i = 0; i < s->count; i++) {
        if (!sweep_is_first(s, i))
            continue;
        const struct sweep *best = cheapest(s, i);
        for (size_t k = i; k < s->count; k++) {
            if (&s->item[k] == best || !sweep_same_work(&s->item[k], best))
                continue;
            t->item[t->count] = (struct turning){.side = {best, &s->item[k]}};
            compare(&t->item[t->count++]);
        }
    }
    return 0;
}

void turnings_clear(struct turnings *t)
{
    mem_free(t->item);
    *t = (struct turnings){0};
}

// ---- sentences ----

// Three digits are more than any fit knows: 223,000.
static void put_rows(struct buf *out, double rows)
{
    char text[32];
    if (rows < 1 || rows >= ROWS_WRITTEN) {
        buf_printf(out, "%.3g", rows);
        return;
    }
    const double unit = pow(10, fmax(floor(log10(rows)) - 2, 0));
    num_group((uint64_t)(floor(rows / unit + 0.5) * unit), text);
    buf_puts(out, text);
}

static void put_rows_between(struct buf *out, double low, double high)
{
    put_rows(out, low);
    buf_puts(out, " to ");
    put_rows(out, high);
}

static void put_interval(struct buf *out, const struct crossing *c)
{
    const bool from_one = c->low < 1; // less is no table
    if (!c->judged)
        buf_puts(out, "too few runs for an interval");
    else if (!from_one && c->high < INFINITY) {
        buf_puts(out, "95 % interval ");
        put_rows_between(out, c->low, c->high);
    } else if (!from_one) {
        buf_puts(out, "95 % interval without an upper limit, from ");
        put_rows(out, c->low);
    } else if (c->high < INFINITY) {
        buf_puts(out, "95 % interval up to ");
        put_rows(out, c->high);
    } else
        buf_puts(out, "but within noise it may be at any size");
}

// The sizes that both sides were run at.
static double smallest(const struct turning *t)
{
    return fmax(t->side[0]->growth.low, t->side[1]->growth.low);
}

static double largest(const struct turning *t)
{
    return fmin(t->side[0]->growth.high, t->side[1]->growth.high);
}

struct words {
    const char *name[2];
    const char *is;    // "costs less"
    const char *equal; // "cost the same"
};

// Of lines that do not cross: where noise would let them.
static void put_doubt(struct buf *out, const struct crossing *c)
{
    if (!c->judged) {
        buf_puts(out, ", as far as so few runs can tell");
        return;
    }
    if (isnan(c->low))
        return;
    if (c->low > 0) {
        buf_puts(out, "; the runs do not rule out that this turns above ");
        put_rows(out, c->low);
        buf_puts(out, " rows");
    } else if (c->high < INFINITY) {
        buf_puts(out, "; up to ");
        put_rows(out, c->high);
        buf_puts(out, " rows the difference is within noise");
    } else
        buf_puts(out, ", but the difference is within noise");
}

static void say_no_crossing(struct buf *out, const struct crossing *c, const struct words *w)
{
    if (c->cheaper < 0) {
        buf_printf(out, "%s and %s %s, whatever the size.", w->name[0], w->name[1], w->equal);
        return;
    }
    buf_printf(out, "%s %s than %s at every size", w->name[c->cheaper], w->is,
               w->name[1 - c->cheaper]);
    put_doubt(out, c);
    buf_puts(out, ".");
}

static void say_crossing(struct buf *out, const struct crossing *c, const struct words *w,
                         const struct turning *t)
{
    if (!c->crosses) {
        say_no_crossing(out, c, w);
        return;
    }
    buf_printf(out, "%s %s up to ", w->name[c->cheaper], w->is);
    put_rows(out, c->size);
    buf_puts(out, " rows (");
    put_interval(out, c);
    buf_printf(out, "), %s above", w->name[1 - c->cheaper]);
    if (!c->measured && smallest(t) <= largest(t)) {
        buf_puts(out, "; that is outside of what both were run at, ");
        put_rows_between(out, smallest(t), largest(t));
        buf_puts(out, " rows");
    }
    buf_puts(out, ".");
}

static void put_dollars(struct buf *out, double dollars)
{
    char text[COST_TEXT_MAX];
    cost_text_dollars(text, dollars);
    buf_puts(out, text);
}

// What the second side would have to cost at that size.
static void say_price(struct buf *out, const struct turning *t, const struct words *w, double size)
{
    const struct crossing_side first = {&t->side[0]->growth, t->side[0]->usd_per_second};
    const double now = t->side[1]->usd_per_second * HOUR;
    struct crossing_price p;
    crossing_price(&p, &first, &t->side[1]->growth, size);
    buf_puts(out, " At ");
    put_rows(out, size);
    buf_printf(out, " rows the bills would be equal if %s cost ", w->name[1]);
    put_dollars(out, p.price * HOUR);
    buf_puts(out, " an hour");
    if (isfinite(p.low) && isfinite(p.high)) {
        buf_puts(out, " (95 % interval ");
        put_dollars(out, p.low * HOUR);
        buf_puts(out, " to ");
        put_dollars(out, p.high * HOUR);
        buf_puts(out, ")");
    }
    buf_puts(out, ", not ");
    put_dollars(out, now);
    buf_puts(out, ".");
}

static void say_all(struct buf *out, const struct turning *t, struct words *w)
{
    if (t->priced) {
        w->is = "costs less";
        w->equal = "cost the same";
        say_crossing(out, &t->dollars, w, t);
        say_price(out, t, w, smallest(t));
        if (largest(t) > smallest(t))
            say_price(out, t, w, largest(t));
        buf_puts(out, " ");
    }
    w->is = "is quicker";
    w->equal = "take the same time";
    say_crossing(out, &t->seconds, w, t);
    buf_puts(out, "\n");
}

int turning_say(struct buf *out, const struct turning *t)
{
    struct buf name[2];
    for (int i = 0; i < 2; i++) {
        buf_init(&name[i], NAME_MAX);
        sweep_say(&name[i], t->side[i], t->side[1 - i]);
        if (name[i].data)
            error_one_line(name[i].data);
    }
    struct words w = {{name[0].data ? name[0].data : "", name[1].data ? name[1].data : ""}, "", ""};
    say_all(out, t, &w);
    for (int i = 0; i < 2; i++) {
        if (name[i].failed == ERR_NOMEM && !out->failed)
            out->failed = ERR_NOMEM;
        buf_clear(&name[i]);
    }
    return out->failed;
}
