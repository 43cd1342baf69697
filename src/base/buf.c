// SPDX-License-Identifier: MIT
// The room doubles, so a text that grows byte by byte is copied less than twice in all. After a
// failure nothing more is appended: what is there is a beginning of the text, never one with a gap.
#include "base/buf.h"

#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void buf_init(struct buf *b, size_t max)
{
    *b = (struct buf){.max = max};
}

void buf_clear(struct buf *b)
{
    mem_free(b->data);
    buf_init(b, b->max);
}

// Room for `extra` more bytes and the NUL.
static int reserve(struct buf *b, size_t extra)
{
    if (b->failed)
        return b->failed;
    size_t need;
    if (!size_add(b->len, extra, &need) || need > b->max)
        return b->failed = ERR_LIMIT;
    if (need < b->cap)
        return 0;
    size_t cap = b->cap ? b->cap : 256;
    while (cap <= need)
        cap *= 2;
    char *data = mem_realloc(b->data, cap);
    if (!data)
        return b->failed = ERR_NOMEM;
    b->data = data;
    b->cap = cap;
    return 0;
}

int buf_append(struct buf *b, const void *data, size_t len)
{
    const int rc = reserve(b, len);
    if (rc)
        return rc;
    if (len)
        memcpy(b->data + b->len, data, len);
    b->len += len;
    b->data[b->len] = '\0';
    return 0;
}

int buf_puts(struct buf *b, const char *text)
{
    return buf_append(b, text, strlen(text));
}

int buf_printf(struct buf *b, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    const int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    int rc = len < 0 ? (b->failed = ERR_FORMAT) : reserve(b, (size_t)len);
    if (rc == 0) {
        vsnprintf(b->data + b->len, (size_t)len + 1, format, again);
        b->len += (size_t)len;
    }
    va_end(again);
    return rc;
}

int buf_wrap(struct buf *b, const char *text, size_t len, const struct buf_margins *m)
{
    size_t begin = m->at, column = begin;
    for (size_t at = 0; at < len;) {
        size_t end = at, width = 0;
        for (; end < len && text[end] != ' '; end++)
            width += ((unsigned char)text[end] & 0xc0) != 0x80;
        if (column > begin && column + 1 + width > m->width) {
            buf_printf(b, "\n%*s", (int)m->indent, "");
            begin = column = m->indent;
        } else if (column > begin) {
            buf_puts(b, " ");
            column++;
        }
        buf_append(b, text + at, end - at);
        column += width;
        at = end + 1;
    }
    return buf_puts(b, "\n");
}

int buf_check(const struct buf *b, const char *what, struct error *e)
{
    if (b->failed == ERR_LIMIT)
        return error_set(e, ERR_LIMIT, "%s: longer than %zu bytes", what, b->max);
    return b->failed ? error_set(e, b->failed, "%s: %s", what, error_name(b->failed)) : 0;
}
