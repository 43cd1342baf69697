// SPDX-License-Identifier: MIT
// The page from top to bottom: what came out, what to beware of, how it was trained, how good it
// is, what it goes by, what went in, how it was run.
#include "report/page.h"

#include "report/html.h"
#include "report/page_frame.h"

#include <stdio.h>

// Figures of a section, with their captions.
static void put_figures(struct buf *out, const struct report *r, enum report_section section)
{
    for (size_t i = 0; i < r->figures.count; i++) {
        const struct report_figure *f = &r->figures.figure[i];
        if (f->section != section)
            continue;
        page_figure(out, &f->inlined, f->caption);
    }
}

static bool has_figures(const struct report *r, enum report_section section)
{
    for (size_t i = 0; i < r->figures.count; i++)
        if (r->figures.figure[i].section == section)
            return true;
    return false;
}

static const struct page_section remarks = {"warnings", "Warnings"},
                                 training = {"training", "Training"},
                                 result = {"results", "Results"},
                                 columns = {"importance", "Importance"}, data = {"data", "Data"},
                                 options = {"options", "Options"}, record = {"run", "Run record"};

static void put_navigation(struct buf *out, const struct report *r)
{
    const struct page_section *const all[] = {
        &remarks,
        has_figures(r, SECTION_TRAINING) ? &training : NULL,
        &result,
        has_figures(r, SECTION_COLUMNS) ? &columns : NULL,
        &data,
        r->run.run ? &options : NULL,
        r->run.run ? &record : NULL,
    };
    page_navigation(out, all, sizeof all / sizeof *all);
}

static void put_missing(struct buf *out, const struct report *r)
{
    if (r->missing.len == 0)
        return;
    html_put(out, "<div class=\"missing\"><p>");
    html_prose(out, r->missing.data);
    html_put(out, "</p><p class=\"do\">");
    html_prose(out,
               "skiff report --data FILE, with rows whose labels are known, brings the curves, "
               "the intervals and what each column is worth.");
    html_put(out, "</p></div>\n");
}

static void put_training(struct buf *out, const struct report *r)
{
    if (!has_figures(r, SECTION_TRAINING))
        return;
    page_section_begin(out, &training);
    html_put(out, "<div class=\"cells\">\n");
    put_figures(out, r, SECTION_TRAINING);
    html_put(out, "</div>\n");
    page_section_end(out);
}

// The table of metrics stands beside the first figure.
static int put_result(struct buf *out, const struct report *r, struct error *e)
{
    page_section_begin(out, &result);
    put_missing(out, r);
    html_put(out, "<div class=\"cells\">\n");
    int rc = page_metrics(out, r, e);
    put_figures(out, r, SECTION_RESULT);
    page_classes(out, r);
    html_put(out, "</div>\n");
    if (rc == 0)
        rc = page_thresholds(out, r, e);
    page_section_end(out);
    return rc;
}

// Columns were to be shuffled, and were not.
static bool importance_left_out(const struct report *r)
{
    return r->found.importance.columns > 0 && !r->found.importance.metric;
}

static int put_columns(struct buf *out, const struct report *r, struct error *e)
{
    if (!has_figures(r, SECTION_COLUMNS) && !importance_left_out(r))
        return 0;
    page_section_begin(out, &columns);
    if (importance_left_out(r)) {
        html_put(out, "<p>");
        html_printf(out, "Left out: to shuffle %zu columns would take minutes.",
                    r->found.importance.columns);
        html_put(out, "</p>\n");
        page_section_end(out);
        return 0;
    }
    html_put(out, "<div class=\"cells loose\">\n");
    put_figures(out, r, SECTION_COLUMNS);
    const int rc = page_columns(out, r, e);
    html_put(out, "</div>\n");
    page_section_end(out);
    return rc;
}

static int put_run(struct buf *out, const struct report *r, struct error *e)
{
    if (!r->run.run)
        return 0;
    page_section_begin(out, &options);
    const int rc = page_options(out, r, e);
    page_section_end(out);
    page_section_begin(out, &record);
    page_record(out, r);
    page_section_end(out);
    return rc;
}

static int put_main(struct buf *out, const struct report *r, struct error *e)
{
    page_section_begin(out, &remarks);
    page_remarks(out, r);
    page_section_end(out);
    put_training(out, r);
    int rc = put_result(out, r, e);
    if (rc == 0)
        rc = put_columns(out, r, e);
    page_section_begin(out, &data);
    page_data(out, r);
    page_section_end(out);
    return rc ? rc : put_run(out, r, e);
}

int report_page(const struct report *r, struct buf *out, struct error *e)
{
    char title[256];
    snprintf(title, sizeof title, "Report on %.200s", r->spec->run);
    page_open(out, title);
    page_head(out, r);
    put_navigation(out, r);
    page_main(out);
    const int rc = put_main(out, r, e);
    page_close(out, "from the files of the run");
    return rc ? rc : buf_check(out, "report.html", e);
}
