// SPDX-License-Identifier: MIT
// Sentences and a table for people, or one JSON object. Numbers have few digits: they are
// predictions.
#include "cmd/plan_print.h"

#include "base/num.h"
#include "io/json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

// ---- for people

#define WIDTH 80

static void print_paragraph(const struct buf *text)
{
    struct buf lines;
    buf_init(&lines, 4096);
    buf_wrap(&lines, text->data, text->failed ? 0 : text->len,
             &(struct buf_margins){.width = WIDTH});
    fputs(lines.failed ? "\n" : lines.data, stdout);
    buf_clear(&lines);
}

static void print_measured(const struct plan_result *r)
{
    const struct scaling_work *w = &r->measured.work;
    const size_t threads = r->measured.threads;
    struct buf text;
    buf_init(&text, 2048);
    buf_printf(&text, "Measured here, on one core: %.3g us a row and step, %.3g us an update",
               1e6 * w->gradient, 1e6 * w->update);
    if (w->val_rows)
        buf_printf(&text, ", %.3g us a row of validation", 1e6 * w->predict);
    if (threads > 1)
        buf_printf(&text, "; %zu threads are %.2f times as fast.", threads,
                   1 / (w->serial + (1 - w->serial) / (double)threads));
    else
        buf_printf(&text, "; threads were not, and %.0f %% of the work is taken not to be shared.",
                   100 * w->serial);
    buf_printf(&text, " A step has %zu lea%s, so more cores than that in all have nothing to do.",
               r->leaves, r->leaves == 1 ? "f" : "ves");
    print_paragraph(&text);
    buf_clear(&text);
}

static const char *kind_name(const struct plan_kind *k)
{
    return k->instance ? k->instance : "your host";
}

static void print_lines(const struct plan_result *r)
{
    size_t wide = strlen("instance");
    const bool priced = r->kinds > 0 && !isnan(r->kind[0].usd_per_hour);
    for (size_t k = 0; k < r->kinds; k++) {
        const size_t length = strlen(kind_name(&r->kind[k]));
        wide = length > wide ? length : wide;
    }
    printf("\n%-*s hosts cores  s an epoch times one efficiency waiting%s\n", (int)wide, "instance",
           priced ? "      $ all" : "");
    for (size_t i = 0; i < r->lines; i++) {
        const struct plan_line *l = &r->line[i];
        const struct plan_kind *k = &r->kind[l->kind];
        printf("%-*s %5zu %5g  %10.3g %9.2f %8.0f %% %5.0f %%", (int)wide, kind_name(k), l->hosts,
               (double)l->hosts * k->one.cores, l->epoch.total, l->gain,
               100 * l->gain / (double)l->hosts, 100 * l->epoch.exchange / l->epoch.total);
        if (priced)
            printf(" %10.3g", l->usd);
        printf("\n");
    }
}

// Two figures are all that a prediction is good for.
static const char *rounded(size_t rows, char text[32])
{
    size_t unit = 1;
    while (rows / unit >= 100)
        unit *= 10;
    num_group((rows + unit - 1) / unit * unit, text);
    return text;
}

static void say_gain(struct buf *text, const struct plan_result *r, const struct plan_kind *k)
{
    const struct scaling_work *w = &r->measured.work;
    const double gain = k->alone.total / k->pair.total;
    const double steps = ceil((double)w->rows / (double)w->batch);
    char rows[32];
    buf_printf(text, "A second %s: ", k->instance ? k->instance : "host");
    if (gain >= 1.02)
        buf_printf(text, "%.2f times as fast, for %.2f times the money.", gain, 2 / gain);
    else
        buf_printf(text,
                   "no faster (%.2f times). A step takes one of them %.3g us, and two of them wait "
                   "%.3g us for each other's messages.",
                   gain, 1e6 * (k->alone.compute + k->alone.update) / steps,
                   1e6 * k->pair.exchange / steps);
    if (k->faster_from == 0)
        buf_puts(text, " No size of step makes two faster than one.");
    else if (gain < 1.02)
        buf_printf(text, " Two are faster than one from steps of %s rows on.",
                   rounded(k->faster_from, rows));
    if (k->gaining_from && gain < PLAN_GOOD_GAIN)
        buf_printf(text, " From %s rows on they are %g times as fast.",
                   rounded(k->gaining_from, rows), PLAN_GOOD_GAIN);
}

// When a second one pays.
static void print_second(const struct plan_result *r, const struct plan_kind *k)
{
    struct buf text;
    buf_init(&text, 2048);
    say_gain(&text, r, k);
    if (k->larger && k->larger_seconds < k->pair.total &&
        k->larger_usd_per_hour < 2.1 * k->usd_per_hour)
        buf_printf(&text, " One %s, which costs about as much as two, is faster than they are.",
                   k->larger);
    putchar('\n');
    print_paragraph(&text);
    buf_clear(&text);
}

static void print_assumptions(const struct plan_job *job, const struct plan_result *r)
{
    struct buf text;
    buf_init(&text, 2048);
    buf_printf(
        &text,
        "Taken for granted: a core there is as fast as one here, two vCPUs are a core, a "
        "message is %g us under way (--latency). Start-up, the loading of data and what a "
        "platform bills besides are left out. Hosts of more cores than the %zu measured here "
        "are extrapolated, and a busy machine makes them look worse than they are.",
        1e6 * job->latency, r->measured.threads);
    putchar('\n');
    print_paragraph(&text);
    buf_clear(&text);
}

void plan_print(const struct plan_job *job, const struct plan_result *r)
{
    print_measured(r);
    print_lines(r);
    for (size_t k = 0; k < r->kinds; k++)
        print_second(r, &r->kind[k]);
    print_assumptions(job, r);
}

// ---- for programs

static json_t *epoch_json(const struct scaling_epoch *s, bool *failed)
{
    json_t *o = json_object();
    json_put(o, "compute", json_real(s->compute), failed);
    json_put(o, "update", json_real(s->update), failed);
    json_put(o, "exchange", json_real(s->exchange), failed);
    json_put(o, "rest", json_real(s->rest), failed);
    json_put(o, "total", json_real(s->total), failed);
    return o;
}

static json_t *measured_json(const struct plan_result *r, bool *failed)
{
    const struct scaling_work *w = &r->measured.work;
    json_t *o = json_object();
    json_put(o, "rows", json_integer((json_int_t)w->rows), failed);
    json_put(o, "batch", json_integer((json_int_t)w->batch), failed);
    json_put(o, "val_rows", json_integer((json_int_t)w->val_rows), failed);
    json_put(o, "parameters", json_integer((json_int_t)w->floats), failed);
    json_put(o, "leaves", json_integer((json_int_t)r->leaves), failed);
    json_put(o, "threads", json_integer((json_int_t)r->measured.threads), failed);
    json_put(o, "seconds_a_row", json_real(w->gradient), failed);
    json_put(o, "seconds_a_val_row", json_real(w->predict), failed);
    json_put(o, "seconds_an_update", json_real(w->update), failed);
    json_put(o, "seconds_an_addition", json_real(w->add), failed);
    json_put(o, "seconds_an_epoch", json_real(w->epoch), failed);
    json_put(o, "serial", json_real(w->serial), failed);
    json_put(o, "behind", json_real(w->behind), failed);
    return o;
}

static json_t *line_json(const struct plan_result *r, const struct plan_line *l, bool *failed)
{
    const struct plan_kind *k = &r->kind[l->kind];
    json_t *o = json_object();
    json_put(o, "instance", k->instance ? json_string(k->instance) : json_null(), failed);
    json_put(o, "hosts", json_integer((json_int_t)l->hosts), failed);
    json_put(o, "cores_each", json_real(k->one.cores), failed);
    json_put(o, "seconds", epoch_json(&l->epoch, failed), failed);
    json_put(o, "times_one", json_real(l->gain), failed);
    json_put(o, "usd", json_number_or_null(l->usd), failed);
    return o;
}

static json_t *batch_json(size_t rows)
{
    return rows ? json_integer((json_int_t)rows) : json_null();
}

static json_t *kind_json(const struct plan_kind *k, bool *failed)
{
    json_t *o = json_object();
    json_put(o, "instance", k->instance ? json_string(k->instance) : json_null(), failed);
    json_put(o, "usd_per_hour", json_number_or_null(k->usd_per_hour), failed);
    json_put(o, "network_mbit", json_real(k->one.network.bandwidth * 8 / 1e6), failed);
    json_put(o, "second_gain", json_real(k->alone.total / k->pair.total), failed);
    json_put(o, "faster_from_rows", batch_json(k->faster_from), failed);
    json_put(o, "gain_1_8_from_rows", batch_json(k->gaining_from), failed);
    json_put(o, "larger", k->larger ? json_string(k->larger) : json_null(), failed);
    json_put(o, "larger_seconds", k->larger ? json_real(k->larger_seconds) : json_null(), failed);
    return o;
}

static json_t *result_json(const struct plan_job *job, const struct plan_result *r, bool *failed)
{
    json_t *root = json_object(), *lines = json_array(), *kinds = json_array();
    for (size_t i = 0; i < r->lines; i++)
        json_push(lines, line_json(r, &r->line[i], failed), failed);
    for (size_t i = 0; i < r->kinds; i++)
        json_push(kinds, kind_json(&r->kind[i], failed), failed);
    json_put(root, "measured", measured_json(r, failed), failed);
    json_put(root, "epochs", json_integer(r->epochs), failed);
    json_put(root, "latency_us", json_real(1e6 * job->latency), failed);
    json_put(root, "lines", lines, failed);
    json_put(root, "kinds", kinds, failed);
    return root;
}

int plan_print_json(const struct plan_job *job, const struct plan_result *r, struct error *e)
{
    bool failed = false;
    json_t *root = result_json(job, r, &failed);
    struct buf text;
    buf_init(&text, (size_t)1 << 24);
    int rc = failed ? error_nomem(e, "JSON") : json_text(root, &text, e);
    if (rc == 0)
        fwrite(text.data, 1, text.len, stdout);
    buf_clear(&text);
    json_decref(root);
    return rc;
}
