// SPDX-License-Identifier: MIT
// A growing buffer of bytes or text with a stated maximum. Append functions return 0 or a code
// and remember the failure, so that a run of appends may be checked once, at the end.
#ifndef SKIFF_BASE_BUF_H
#define SKIFF_BASE_BUF_H

#include "base/err.h"

#include <stddef.h>

struct buf {
    char *data; // always followed by a NUL byte once something was appended
    size_t len;
    size_t cap;
    size_t max;
    int failed; // 0 or the code of the first failure
};

void buf_init(struct buf *b, size_t max);
void buf_clear(struct buf *b); // frees
int buf_append(struct buf *b, const void *data, size_t len);
int buf_puts(struct buf *b, const char *text);
int buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

// Words of a text in lines, each with a newline. The first line begins at column `at`, where the
// writer stands, the others at `indent`; all end before column `width`, unless a single word is
// longer. Columns are characters of UTF-8.
struct buf_margins {
    size_t at, indent, width;
};
int buf_wrap(struct buf *b, const char *text, size_t len, const struct buf_margins *m);

// 0, or the remembered failure described in `e`.
int buf_check(const struct buf *b, const char *what, struct error *e);

#endif
