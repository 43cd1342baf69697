// SPDX-License-Identifier: MIT
// Text of any origin in a picture: what XML may hold, how wide it is about, and where to cut it.
#include "report/svg.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define STRANGE  0xfffd // the replacement character
#define ELLIPSIS "\xe2\x80\xa6"

// The character at *text, which moves behind it; STRANGE for bytes that are no UTF-8 (one byte is
// skipped) and for characters that XML does not know.
static uint32_t next_character(const char **text)
{
    static const struct {
        unsigned char mask, lead;
        uint32_t least;
    } forms[] = {{0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};
    const unsigned char *s = (const unsigned char *)*text;
    *text += 1;
    for (size_t more = 0; more < 4; more++) {
        if ((s[0] & forms[more].mask) != forms[more].lead)
            continue;
        uint32_t c = (uint32_t)(s[0] & (unsigned char)~forms[more].mask);
        for (size_t i = 1; i <= more; i++) {
            if ((s[i] & 0xc0) != 0x80)
                return STRANGE;
            c = c << 6 | (s[i] & 0x3f);
        }
        if (c < forms[more].least || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
            return STRANGE;
        *text += more;
        const int known = c >= 0x20 ? c != 0x7f && (c & 0xfffe) != 0xfffe : c == '\t' || c == '\n';
        return known ? c : STRANGE;
    }
    return STRANGE;
}

void svg_escape(struct buf *out, const char *text)
{
    for (const char *begin = text; *text; begin = text) {
        const uint32_t c = next_character(&text);
        if (c == '<')
            buf_puts(out, "&lt;");
        else if (c == '>')
            buf_puts(out, "&gt;");
        else if (c == '&')
            buf_puts(out, "&amp;");
        else if (c == '"')
            buf_puts(out, "&quot;");
        else if (c == '\t' || c == '\n')
            buf_puts(out, " ");
        else if (c == STRANGE)
            buf_puts(out, "\xef\xbf\xbd");
        else
            buf_append(out, begin, (size_t)(text - begin));
    }
}

// In units of the font's size, as in DejaVu Sans or a little more.
static double advance(uint32_t c)
{
    if (c >= '0' && c <= '9')
        return 0.64;
    if (c >= 0x300 && c < 0x370)
        return 0; // joined to the letter before
    if (c >= 0x1100)
        return c >= 0x2000 && c < 0x2e80 ? 0.84 : 1.05; // signs; Han and its like
    if (c < 0x80 && strchr("iljI.,:;'|! ()[]/ftr-", (int)c))
        return 0.42;
    if (c < 0x80 && strchr("mwMWQO%@&<>=+", (int)c))
        return c == 'w' || c == 'O' || c == 'Q' || c == '&' ? 0.82 : 1.0;
    return c >= 'A' && c <= 'Z' ? 0.72 : 0.65;
}

double svg_width(const char *text, double size)
{
    double width = 0;
    while (*text)
        width += advance(next_character(&text));
    return width * size;
}

// The longest beginning that is within a width (at size 1) and a number of bytes; without blanks
// at its end.
static size_t beginning(const char *text, double width, size_t bytes)
{
    const char *end = text, *next = text;
    while (*next) {
        width -= advance(next_character(&next));
        if (width < 0 || (size_t)(next - text) > bytes)
            break;
        end = next;
    }
    while (end > text && end[-1] == ' ')
        end--;
    return (size_t)(end - text);
}

// The longest end of that kind, likewise. No mark stands there without its letter.
static const char *ending(const char *text, double width, size_t bytes)
{
    const char *const end = text + strlen(text);
    double rest = svg_width(text, 1);
    while (*text) {
        const char *next = text;
        const double wide = advance(next_character(&next));
        if (rest <= width && (size_t)(end - text) <= bytes && wide > 0 && *text != ' ')
            break;
        rest -= wide;
        text = next;
    }
    return text;
}

#define HEAD 0.55 // of what is left of a text: its beginning

void svg_cut(char to[SVG_CUT_MAX], const char *text, double width, double size)
{
    const size_t room = SVG_CUT_MAX - sizeof ELLIPSIS;
    const double left = width / size - svg_width(ELLIPSIS, 1);
    if (svg_width(text, size) <= width && strlen(text) <= room) {
        snprintf(to, SVG_CUT_MAX, "%s", text);
        return;
    }
    const size_t head = beginning(text, HEAD * left, (size_t)(HEAD * (double)room));
    snprintf(to, SVG_CUT_MAX, "%.*s", (int)head, text);
    const char *tail = ending(text + head, left - svg_width(to, 1), room - head);
    snprintf(to + head, SVG_CUT_MAX - head, ELLIPSIS "%s", tail);
}
