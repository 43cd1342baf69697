// SPDX-License-Identifier: MIT
// What a reader has to be told beside the figures, and the sentence at the end. Whatever a figure
// rests on that nobody has measured (a guessed instance, a bill that leaves out what a platform
// adds, a single run) is said.
#include "cost/compare_inner.h"
#include "cost/cost_text.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

static size_t count_rows(const struct compare *c, bool (*is)(const struct compare_row *))
{
    size_t count = 0;
    for (size_t i = 0; i < c->rows; i++)
        count += is(&c->row[i]);
    return count;
}

static bool is_published(const struct compare_row *row)
{
    return row->run[0]->published;
}

static bool is_ours(const struct compare_row *row)
{
    return !is_published(row);
}

static bool is_guessed(const struct compare_row *row)
{
    return row->guessed;
}

static bool is_assumed(const struct compare_row *row)
{
    return row->assumed;
}

static bool is_nameless(const struct compare_row *row)
{
    return !row->instance;
}

static bool is_single(const struct compare_row *row)
{
    return row->runs == 1 && !is_published(row);
}

static bool is_small_table(const struct compare_row *row)
{
    return is_ours(row) && isfinite(row->judged.low) && row->judged.high - row->judged.low > 0.1;
}

// "3 rows" or "1 row"
static void put_rows(struct buf *out, size_t count)
{
    buf_printf(out, "%zu row%s", count, count == 1 ? "" : "s");
}

static void say_without_price(struct compare *c)
{
    for (size_t i = 0; i < c->rows; i++) {
        const struct compare_row *row = &c->row[i];
        if (!row->instance || row->price)
            continue;
        const char *nearest = prices_nearest(c->spec.prices, row->instance);
        buf_printf(&c->notes,
                   "%.60s: no price of %.60s is known%s%s%s; --prices FILE names a table"
                   " that has one\n",
                   row->name, row->instance, nearest ? " (that of " : "", nearest ? nearest : "",
                   nearest ? " is)" : "");
    }
}

static bool is_first_of_price(const struct compare *c, size_t row)
{
    for (size_t i = 0; i < row; i++)
        if (c->row[i].price == c->row[row].price)
            return false;
    return true;
}

static void say_prices(struct compare *c)
{
    bool any = false;
    for (size_t i = 0; i < c->rows; i++) {
        const struct price *p = c->row[i].price;
        if (!p || !is_first_of_price(c, i))
            continue;
        buf_printf(&c->notes, "%s%.60s $%g an hour", any ? "; " : "Prices: ", p->instance,
                   p->usd_per_hour);
        if (p->source)
            buf_printf(&c->notes, " (%.60s%s%.20s)", p->source, p->as_of ? ", " : "",
                       p->as_of ? p->as_of : "");
        any = true;
    }
    if (any && c->spec.spot_percent > 0)
        buf_printf(&c->notes, "; less %g %%", c->spec.spot_percent);
    if (any)
        buf_puts(&c->notes, "\n");
}

static void say_instances(struct compare *c)
{
    const size_t nameless = count_rows(c, is_nameless), guessed = count_rows(c, is_guessed);
    const size_t assumed = count_rows(c, is_assumed);
    if (nameless) {
        put_rows(&c->notes, nameless);
        buf_puts(&c->notes, " without an instance and so without dollars; --instance TYPE prices"
                            " such runs as if they had been on one\n");
    }
    if (guessed) {
        put_rows(&c->notes, guessed);
        buf_puts(&c->notes, " priced by a guess from the machine's cores and memory (?); --instance"
                            " TYPE says what it is\n");
    }
    if (assumed) {
        put_rows(&c->notes, assumed);
        buf_puts(&c->notes, " priced as --instance says (!), which is not where they ran\n");
    }
}

// Both kinds in one table would compare the bill of a platform with the time of a program.
static void say_bills(struct compare *c)
{
    const size_t ours = count_rows(c, is_ours), published = count_rows(c, is_published);
    if (published) {
        put_rows(&c->notes, published);
        buf_puts(&c->notes, " published by others and not measured here (*):");
        for (size_t i = 0; i < c->rows; i++) {
            const char *citation = c->row[i].run[0]->citation;
            if (!is_published(&c->row[i]) || !citation || strstr(c->notes.data, citation))
                continue;
            buf_printf(&c->notes, " %.300s", citation);
        }
        buf_puts(&c->notes, "\n");
    }
    if (ours && !(c->spec.overhead > 0))
        buf_printf(&c->notes,
                   "Billed are the seconds that a program knows of%s; a platform adds what it takes"
                   " to pull the image and to copy data and model: --overhead SECONDS\n",
                   published ? ", but of published runs the platform's" : "");
}

static void say_noise(struct compare *c)
{
    const size_t single = count_rows(c, is_single);
    if (single && c->rows > 1) {
        put_rows(&c->notes, single);
        buf_puts(&c->notes, " of a single run: whether its time differs by more than chance cannot"
                            " be told; two or more runs of each can\n");
    }
    if (count_rows(c, is_small_table))
        buf_puts(&c->notes, "Intervals of the metric are wider than 0.1: so few rows tell models"
                            " apart only when they differ a lot\n");
    if (c->tables > 1)
        buf_printf(&c->notes,
                   "Rows are about %zu tables of different size; ratios between those compare runs,"
                   " not machines\n",
                   c->tables);
}

static bool differs(size_t a, size_t b)
{
    return a && b && a != b;
}

// From the first row of its table.
static bool is_other_work(const struct compare *c, const struct compare_row *row)
{
    size_t first = 0;
    while (c->row[first].table != row->table)
        first++;
    const struct cost_run *a = c->row[first].run[0], *b = row->run[0];
    return differs(a->epochs, b->epochs) || differs(a->parameters, b->parameters) ||
           differs(a->batch_size, b->batch_size);
}

static void say_work(struct compare *c)
{
    size_t others = 0;
    for (size_t i = 0; i < c->rows; i++)
        others += is_other_work(c, &c->row[i]);
    if (others == 0)
        return;
    put_rows(&c->notes, others);
    buf_puts(&c->notes, " with other epochs, network or batch than the first of the same table;"
                        " ratios between such rows compare the work, too, not machines alone\n");
}

static void put_table(struct buf *out, const struct compare_table *t)
{
    if (t->rows && t->features)
        buf_printf(out, "For a table of %zu rows and %zu features", t->rows, t->features);
    else if (t->rows)
        buf_printf(out, "For a table of %zu rows", t->rows);
    else
        buf_puts(out, "For a table whose size is not said");
}

// "2 x ml.m5.xlarge with torch (cpu)"
static void put_rent(struct buf *out, const struct compare_row *row)
{
    const struct cost_run *r = row->run[0];
    if (r->instances > 1)
        buf_printf(out, "%zu x ", r->instances);
    buf_printf(out, "%.60s with %.40s", row->instance, r->program);
    if (r->device)
        buf_printf(out, " (%.40s%s)", r->device, r->published ? ", published" : "");
}

static void put_quality(struct compare *c, const struct compare_row *row)
{
    struct buf *out = &c->answer;
    const struct compare_table *t = &c->table[row->table];
    if (isnan(row->judged.value)) {
        buf_puts(out, "; how good its model is, no run says");
        return;
    }
    char value[COST_TEXT_MAX], low[COST_TEXT_MAX], high[COST_TEXT_MAX];
    cost_text(value, row->judged.value);
    cost_text(low, row->judged.low);
    cost_text(high, row->judged.high);
    buf_printf(out, ", %s %s %s", row->run[0]->metric_part ? row->run[0]->metric_part : "",
               cost_metric_name[c->metric], value);
    if (*low)
        buf_printf(out, " (%s to %s)", low, high);
    if (&c->row[t->best] == row)
        buf_puts(out, ", the best there is");
    else
        buf_puts(out, ", not worse than the best by more than noise");
}

static void put_next(struct compare *c, const struct compare_row *choice)
{
    const size_t next = c->table[choice->table].next;
    if (next == SIZE_MAX)
        return;
    const struct compare_row *row = &c->row[next];
    char times[COST_TEXT_MAX];
    cost_text(times, row->dollars.median / choice->dollars.median);
    buf_puts(&c->answer, ". ");
    put_rent(&c->answer, row);
    if (spread_differ(&row->dollars, &choice->dollars) == VERDICT_NOISE)
        buf_puts(&c->answer, " costs the same within noise");
    else
        buf_printf(&c->answer, " costs %s times as much", *times ? times : "infinitely many");
    switch (compare_quality(c, row, choice)) {
    case VERDICT_LESS:
        buf_puts(&c->answer, " for a worse model");
        break;
    case VERDICT_MORE:
        buf_puts(&c->answer, " for a better model");
        break;
    case VERDICT_NOISE:
        buf_puts(&c->answer, " for no better a model");
        break;
    default:
        break;
    }
}

static void answer_table(struct compare *c, const struct compare_table *t)
{
    put_table(&c->answer, t);
    if (t->choice == SIZE_MAX) {
        buf_puts(&c->answer, t->best == SIZE_MAX
                                 ? ", no row has a price, so what to rent cannot be said.\n"
                                 : ", no row that is as good as the best has a price, so what to"
                                   " rent cannot be said.\n");
        return;
    }
    const struct compare_row *row = &c->row[t->choice];
    char dollars[COST_TEXT_MAX], thousand[COST_TEXT_MAX], seconds[COST_TEXT_MAX];
    cost_text_dollars(dollars, row->dollars.median);
    cost_text_dollars(thousand, 1000 * row->dollars.median);
    cost_text(seconds, row->billable.median);
    buf_puts(&c->answer, ", rent ");
    put_rent(&c->answer, row);
    buf_printf(&c->answer, ": %s a run (%s s billed), %s a thousand runs", dollars, seconds,
               thousand);
    put_quality(c, row);
    put_next(c, row);
    buf_puts(&c->answer, ".\n");
}

// Characters that a limit has cut in two.
static void clean_lines(struct buf *text)
{
    for (size_t at = 0; at < text->len;) {
        const size_t len = strcspn(text->data + at, "\n");
        text->data[at + len] = '\0';
        error_one_line(text->data + at);
        at += len + 1;
        text->data[at - 1] = '\n';
    }
}

int compare_say(struct compare *c, struct error *e)
{
    say_prices(c);
    say_without_price(c);
    say_instances(c);
    say_bills(c);
    say_noise(c);
    say_work(c);
    for (size_t t = 0; t < c->tables; t++)
        answer_table(c, &c->table[t]);
    clean_lines(&c->notes);
    clean_lines(&c->answer);
    const int rc = buf_check(&c->notes, "notes", e);
    return rc ? rc : buf_check(&c->answer, "the answer", e);
}
