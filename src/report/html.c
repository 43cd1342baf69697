// SPDX-License-Identifier: MIT
// Two ways in and no third: markup of ours as it is, everything else through one escape, that of
// SVG, for figures stand in the page.
#include "report/html.h"

#include "report/svg.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

void html_put(struct buf *out, const char *markup)
{
    buf_puts(out, markup);
}

void html_text(struct buf *out, const char *text)
{
    svg_escape(out, text);
}

// Formatted, then escaped.
__attribute__((format(printf, 2, 0))) static void put_formatted(struct buf *out, const char *format,
                                                                va_list args)
{
    char text[1024];
    const int need = vsnprintf(text, sizeof text, format, args);
    if (need < 0) {
        out->failed = ERR_FORMAT;
        return;
    }
    html_text(out, text);
    if ((size_t)need >= sizeof text)
        html_put(out, "\u2026");
}

void html_printf(struct buf *out, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    put_formatted(out, format, args);
    va_end(args);
}

static bool is_option(const char *text)
{
    return text[0] == '-' && text[1] == '-' && islower((unsigned char)text[2]);
}

// How much of `text` is the option that it begins with, or else what stands before the next one; at
// most `most` bytes, and no half of a character.
static size_t prose_part(const char *text, size_t most)
{
    size_t len = 1;
    if (is_option(text))
        for (len = 2; len < most && (islower((unsigned char)text[len]) || text[len] == '_');)
            len++;
    else
        while (len < most && text[len] && !is_option(text + len))
            len++;
    while (len > 1 && ((unsigned char)text[len] & 0xc0) == 0x80)
        len--;
    return len;
}

void html_prose(struct buf *out, const char *text)
{
    char part[512];
    while (*text) {
        const size_t len = prose_part(text, sizeof part - 1);
        memcpy(part, text, len);
        part[len] = '\0';
        if (is_option(part))
            html_element(out, "code", part);
        else
            html_text(out, part);
        text += len;
    }
}

void html_element(struct buf *out, const char *tag, const char *text)
{
    buf_printf(out, "<%s>", tag);
    html_text(out, text);
    buf_printf(out, "</%s>", tag);
}

void html_table(struct buf *out, enum html_kind kind, const char *caption, const char *const *heads)
{
    static const char *const class[] = {"table", "table num", "table pairs"}; // by kind
    buf_printf(out, "<div class=\"%s\"><table>\n<caption>", class[kind]);
    html_text(out, caption);
    html_put(out, "</caption>\n");
    if (heads) {
        html_put(out, "<thead><tr>");
        for (; *heads; heads++) {
            html_put(out, "<th scope=\"col\">");
            html_text(out, *heads);
            html_put(out, "</th>");
        }
        html_put(out, "</tr></thead>\n");
    }
    html_put(out, "<tbody>\n");
}

void html_row(struct buf *out, const char *name)
{
    html_put(out, "<tr><th scope=\"row\">");
    html_text(out, name);
    html_put(out, "</th>");
}

void html_cell(struct buf *out, const char *format, ...)
{
    va_list args;
    html_put(out, "<td>");
    va_start(args, format);
    put_formatted(out, format, args);
    va_end(args);
    html_put(out, "</td>");
}

void html_path(struct buf *out, const char *text)
{
    html_put(out, "<td class=\"path\">");
    html_text(out, text);
    html_put(out, "</td>");
}

void html_row_end(struct buf *out)
{
    html_put(out, "</tr>\n");
}

void html_table_end(struct buf *out)
{
    html_put(out, "</tbody></table></div>\n");
}

void html_pair(struct buf *out, const char *name, const char *format, ...)
{
    va_list args;
    html_row(out, name);
    html_put(out, "<td>");
    va_start(args, format);
    put_formatted(out, format, args);
    va_end(args);
    html_put(out, "</td>");
    html_row_end(out);
}
