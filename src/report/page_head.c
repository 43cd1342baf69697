// SPDX-License-Identifier: MIT
// The top of the page: what it is about, and the figures that a reader came for.
#include "io/json_at.h"
#include "report/html.h"
#include "report/label.h"
#include "report/page.h"
#include "report/page_frame.h"
#include "report/svg.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define CLASS_WIDTH 30 // of a class's name, in units of its letters' height

static enum net_task task_of(const struct report *r)
{
    return r->found.net.layers ? r->found.net.task : run_task(&r->run);
}

// The last part of the folder's path; that of the working folder for ".".
static void put_name(struct buf *out, const char *path)
{
    char here[4096];
    size_t len = strlen(path);
    if ((strcmp(path, ".") == 0 || strcmp(path, "./") == 0) && getcwd(here, sizeof here)) {
        path = here;
        len = strlen(here);
    }
    while (len > 1 && path[len - 1] == '/')
        len--;
    size_t begin = len;
    while (begin > 0 && path[begin - 1] != '/')
        begin--;
    html_printf(out, "%.*s", (int)(len - begin), path + begin);
}

// The metric of the evaluated rows, or what metrics.json has.
static double recorded(const struct report *r, const char *metric, const char **part)
{
    static const char *const parts[] = {"val", "test", "train"};
    for (size_t p = 0; p < 3; p++) {
        const json_t *metrics = run_metrics(&r->run, parts[p]);
        *part = findings_part_names[p];
        if (metrics)
            return json_number_at(metrics, metric);
    }
    return NAN;
}

static void put_score(struct buf *out, const struct report *r)
{
    const char *metric = findings_metric(task_of(r)), *part = "";
    const bool rows = r->found.data.n > 0;
    const struct interval *interval = bootstrap_find(&r->found.bootstrap, metric);
    const double score = rows ? findings_score(&r->found) : recorded(r, metric, &part);
    char name[64], value[LABEL_MAX], more[96] = "";
    snprintf(name, sizeof name, "%s, %s", findings_metric_name(metric),
             rows ? findings_part_names[r->found.part] : part);
    label_decimal(value, score, 3);
    if (interval && isfinite(interval->low))
        snprintf(more, sizeof more, "95 %% interval %.3f to %.3f", interval->low, interval->high);
    if (*metric && isfinite(score))
        page_fact(out, name, value, more);
}

// The figure that people ask for next.
static void put_second(struct buf *out, const struct report *r)
{
    const struct findings *f = &r->found;
    char value[LABEL_MAX], mean[LABEL_MAX], more[96] = "";
    if (f->data.n == 0)
        return;
    switch (f->net.task) {
    case TASK_REGRESSION:
        label_value(value, f->score.regression.rmse);
        label_value(mean, f->score.regression.mae);
        snprintf(more, sizeof more, "mean absolute error %s", mean);
        page_fact(out, "RMSE", value, more);
        return;
    case TASK_MULTICLASS:
        label_decimal(value, f->score.multiclass.macro_f1, 3);
        snprintf(more, sizeof more, "mean of %zu classes", f->score.multiclass.classes);
        page_fact(out, "macro F1", value, more);
        return;
    default:
        snprintf(value, sizeof value, "%.1f %%", 100 * f->score.binary.accuracy);
        snprintf(more, sizeof more, "at threshold %.3g; F1 %.3f", f->threshold, f->score.binary.f1);
        page_fact(out, "accuracy", value, more);
    }
}

static void put_rows(struct buf *out, const struct report *r)
{
    const json_t *run = r->run.run;
    char value[LABEL_MAX], val[LABEL_MAX], test[LABEL_MAX], more[128];
    const size_t rows = json_count_at(run, "data.train_rows");
    if (rows == 0)
        return;
    label_count(value, rows);
    label_count(val, json_count_at(run, "data.val_rows"));
    label_count(test, json_count_at(run, "data.test_rows"));
    snprintf(more, sizeof more, "%s to validate%s%s", val,
             json_count_at(run, "data.test_rows") ? ", to test " : "",
             json_count_at(run, "data.test_rows") ? test : "");
    page_fact(out, "training rows", value, more);
}

static void put_epochs(struct buf *out, const struct report *r)
{
    const size_t epochs = r->run.history.count, best = run_best_epoch(&r->run);
    const size_t kept = run_kept_epoch(&r->run);
    char value[LABEL_MAX], more[96] = "";
    if (epochs == 0)
        return;
    label_count(value, epochs);
    if (best)
        snprintf(more, sizeof more, "best in %zu, kept %s", best,
                 kept == epochs ? "the last" : "that one");
    page_fact(out, "epochs", value, more);
}

static void put_network(struct buf *out, const struct report *r)
{
    const struct net *net = &r->found.net;
    char value[160], parameters[LABEL_MAX], more[96];
    size_t at = 0;
    if (net->layers == 0)
        return;
    at += (size_t)snprintf(value, sizeof value, "%zu", net->inputs);
    for (size_t l = 0; l < net->layers && at < sizeof value - 32; l++)
        at += (size_t)snprintf(value + at, sizeof value - at, "\u2011%zu", net->layer[l].out);
    label_count(parameters, net->parameters);
    snprintf(more, sizeof more, "%s parameters", parameters);
    page_fact(out, "network", value, more);
}

static void put_time(struct buf *out, const struct report *r)
{
    const double total = json_number_at(r->run.run, "seconds.total");
    const double train = json_number_at(r->run.run, "seconds.train");
    char value[LABEL_MAX], text[LABEL_MAX + 8], more[96] = "";
    if (!isfinite(total))
        return;
    label_value(value, total);
    snprintf(text, sizeof text, "%s s", value);
    label_value(value, train);
    if (isfinite(train))
        snprintf(more, sizeof more, "training %s s", value);
    page_fact(out, "whole run", text, more);
}

// Which class the captions call ones, where that is not plain.
static void put_ones(struct buf *out, const struct findings *f)
{
    char number[2][FINDINGS_CLASS_MAX], zero[SVG_CUT_MAX], one[SVG_CUT_MAX];
    if (f->net.layers == 0 || f->net.task != TASK_BINARY || !f->prep)
        return;
    svg_cut(zero, findings_class(f, 0, number[0]), CLASS_WIDTH, 1);
    svg_cut(one, findings_class(f, 1, number[1]), CLASS_WIDTH, 1);
    if (strcmp(zero, "0") != 0 || strcmp(one, "1") != 0)
        html_printf(out, " (ones are %s, zeros %s)", one, zero);
}

void page_head(struct buf *out, const struct report *r)
{
    static const char *const tasks[] = {"A network", "Two classes", "Several classes",
                                        "Regression"}; // by enum net_task
    const char *written = json_text_at(r->run.run, "written");
    const size_t features = json_count_at(r->run.run, "data.features");
    html_put(out, "<p class=\"kicker\">skiff training report</p>\n<h1>");
    put_name(out, r->spec->run);
    html_put(out, "</h1>\n<p class=\"soft\">");
    if (r->found.net.layers && r->found.net.task == TASK_MULTICLASS)
        html_printf(out, "%zu classes", r->found.net.outputs);
    else
        html_text(out, tasks[task_of(r)]);
    if (r->found.prep && r->found.prep->target.name)
        html_printf(out, " of %.100s", r->found.prep->target.name);
    put_ones(out, &r->found);
    if (r->found.prep)
        html_printf(out, ", %zu columns as", r->found.prep->columns);
    else if (features)
        html_text(out, ",");
    if (features)
        html_printf(out, " %zu feature%s", features, features == 1 ? "" : "s");
    if (written && strlen(written) >= 16) // 2026-11-21T16:35:07Z
        html_printf(out, ", trained %.10s %.5s UTC", written, written + 11);
    html_put(out, "</p>\n<dl class=\"facts\">\n");
    put_score(out, r);
    put_second(out, r);
    put_rows(out, r);
    put_epochs(out, r);
    put_network(out, r);
    put_time(out, r);
    html_put(out, "</dl>\n");
}
