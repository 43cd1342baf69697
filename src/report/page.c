// SPDX-License-Identifier: MIT
// The page from top to bottom: what came out, what to beware of, how it was trained, how good it
// is, what it goes by, what went in, how it was run.
#include "report/page.h"

#include "report/html.h"

#include <string.h>

// Figures of a section, with their captions.
static void put_figures(struct buf *out, const struct report *r, enum report_section section)
{
    for (size_t i = 0; i < r->figures.count; i++) {
        const struct report_figure *f = &r->figures.figure[i];
        if (f->section != section)
            continue;
        html_put(out, "<figure>\n");
        buf_append(out, f->inlined.data, f->inlined.len);
        html_put(out, "<figcaption>");
        html_text(out, f->caption);
        html_put(out, "</figcaption>\n</figure>\n");
    }
}

static bool has_figures(const struct report *r, enum report_section section)
{
    for (size_t i = 0; i < r->figures.count; i++)
        if (r->figures.figure[i].section == section)
            return true;
    return false;
}

struct section {
    const char *id, *title;
};

static void begin_section(struct buf *out, const struct section *s)
{
    buf_printf(out,
               "<section id=\"%s\" aria-labelledby=\"%s-title\">\n<h2 id=\"%s-title\">%s</h2>\n",
               s->id, s->id, s->id, s->title);
}

static void end_section(struct buf *out)
{
    html_put(out, "</section>\n");
}

static const struct section remarks = {"warnings", "Warnings"}, training = {"training", "Training"},
                            result = {"results", "Results"}, columns = {"importance", "Importance"},
                            data = {"data", "Data"}, options = {"options", "Options"},
                            record = {"run", "Run record"};

static void put_navigation(struct buf *out, const struct report *r)
{
    const struct section *const all[] = {
        &remarks,
        has_figures(r, SECTION_TRAINING) ? &training : NULL,
        &result,
        has_figures(r, SECTION_COLUMNS) ? &columns : NULL,
        &data,
        r->run.run ? &options : NULL,
        r->run.run ? &record : NULL,
    };
    html_put(out, "<nav aria-label=\"Sections\"><ul>\n");
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i])
            buf_printf(out, "<li><a href=\"#%s\">%s</a></li>\n", all[i]->id, all[i]->title);
    html_put(out, "</ul></nav>\n");
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
    begin_section(out, &training);
    html_put(out, "<div class=\"cells\">\n");
    put_figures(out, r, SECTION_TRAINING);
    html_put(out, "</div>\n");
    end_section(out);
}

// The table of metrics stands beside the first figure.
static int put_result(struct buf *out, const struct report *r, struct error *e)
{
    begin_section(out, &result);
    put_missing(out, r);
    html_put(out, "<div class=\"cells\">\n");
    int rc = page_metrics(out, r, e);
    put_figures(out, r, SECTION_RESULT);
    page_classes(out, r);
    html_put(out, "</div>\n");
    if (rc == 0)
        rc = page_thresholds(out, r, e);
    end_section(out);
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
    begin_section(out, &columns);
    if (importance_left_out(r)) {
        html_put(out, "<p>");
        html_printf(out, "Left out: to shuffle %zu columns would take minutes.",
                    r->found.importance.columns);
        html_put(out, "</p>\n");
        end_section(out);
        return 0;
    }
    html_put(out, "<div class=\"cells loose\">\n");
    put_figures(out, r, SECTION_COLUMNS);
    const int rc = page_columns(out, r, e);
    html_put(out, "</div>\n");
    end_section(out);
    return rc;
}

static int put_run(struct buf *out, const struct report *r, struct error *e)
{
    if (!r->run.run)
        return 0;
    begin_section(out, &options);
    const int rc = page_options(out, r, e);
    end_section(out);
    begin_section(out, &record);
    page_record(out, r);
    end_section(out);
    return rc;
}

static int put_main(struct buf *out, const struct report *r, struct error *e)
{
    begin_section(out, &remarks);
    page_remarks(out, r);
    end_section(out);
    put_training(out, r);
    int rc = put_result(out, r, e);
    if (rc == 0)
        rc = put_columns(out, r, e);
    begin_section(out, &data);
    page_data(out, r);
    end_section(out);
    return rc ? rc : put_run(out, r, e);
}

int report_page(const struct report *r, struct buf *out, struct error *e)
{
    html_put(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                  "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                  "<meta name=\"generator\" content=\"skiff " PACKAGE_VERSION "\">\n");
    html_put(out, "<title>");
    html_printf(out, "Report on %.200s", r->spec->run);
    html_put(out, "</title>\n");
    page_style(out);
    html_put(out, "</head>\n<body>\n<header>\n");
    page_head(out, r);
    put_navigation(out, r);
    html_put(out, "</header>\n<main>\n");
    const int rc = put_main(out, r, e);
    html_put(out, "</main>\n<footer><p>Made by skiff " PACKAGE_VERSION
                  " from the files of the run.</p></footer>\n</body>\n</html>\n");
    return rc ? rc : buf_check(out, "report.html", e);
}
