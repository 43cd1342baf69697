// SPDX-License-Identifier: MIT
// A page is one file that loads nothing and runs nothing, so it can be kept and mailed; it has no
// date, so that the same run gives the same bytes.
#include "report/page_frame.h"

#include "report/html.h"

void page_open(struct buf *out, const char *title)
{
    html_put(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                  "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                  "<meta name=\"generator\" content=\"skiff " PACKAGE_VERSION "\">\n");
    html_element(out, "title", title);
    html_put(out, "\n");
    page_style(out);
    html_put(out, "</head>\n<body>\n<header>\n");
}

void page_main(struct buf *out)
{
    html_put(out, "</header>\n<main>\n");
}

void page_close(struct buf *out, const char *origin)
{
    html_put(out, "</main>\n<footer><p>Made by skiff " PACKAGE_VERSION " ");
    html_text(out, origin);
    html_put(out, ".</p></footer>\n</body>\n</html>\n");
}

void page_navigation(struct buf *out, const struct page_section *const *section, size_t n)
{
    html_put(out, "<nav aria-label=\"Sections\"><ul>\n");
    for (size_t i = 0; i < n; i++)
        if (section[i])
            buf_printf(out, "<li><a href=\"#%s\">%s</a></li>\n", section[i]->id, section[i]->title);
    html_put(out, "</ul></nav>\n");
}

void page_section_begin(struct buf *out, const struct page_section *s)
{
    buf_printf(out,
               "<section id=\"%s\" aria-labelledby=\"%s-title\">\n<h2 id=\"%s-title\">%s</h2>\n",
               s->id, s->id, s->id, s->title);
}

void page_section_end(struct buf *out)
{
    html_put(out, "</section>\n");
}

void page_fact(struct buf *out, const char *name, const char *value, const char *more)
{
    html_put(out, "<div><dt>");
    html_text(out, name);
    html_put(out, "</dt><dd class=\"big\">");
    html_text(out, value);
    html_put(out, "</dd>");
    if (*more) {
        html_put(out, "<dd class=\"more\">");
        html_text(out, more);
        html_put(out, "</dd>");
    }
    html_put(out, "</div>\n");
}

void page_figure(struct buf *out, const struct buf *svg, const char *caption)
{
    html_put(out, "<figure>\n");
    buf_append(out, svg->data, svg->len);
    html_put(out, "<figcaption>");
    html_text(out, caption);
    html_put(out, "</figcaption>\n</figure>\n");
}
