// SPDX-License-Identifier: MIT
// HTML as text. What is put in as it is must be ours; everything else goes through html_text or
// html_printf, which make text of it whatever it holds. Failures stay in the buffer.
#ifndef SKIFF_REPORT_HTML_H
#define SKIFF_REPORT_HTML_H

#include "base/buf.h"

void html_put(struct buf *out, const char *markup); // as it is
void html_text(struct buf *out, const char *text);  // escaped
void html_printf(struct buf *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
// Text in which words that begin with "--" are options, and look like code.
void html_prose(struct buf *out, const char *text);

// "<tag>text</tag>"
void html_element(struct buf *out, const char *tag, const char *text);

// A table: begin with its caption and the heads of its columns (NULL-terminated, NULL for none; the
// first column holds the names of rows), then rows of a name and cells, then the end. Cells of
// HTML_NUMBERS stand at the right; HTML_PAIRS are names and one value each.
enum html_kind { HTML_TEXTS, HTML_NUMBERS, HTML_PAIRS };
void html_table(struct buf *out, enum html_kind kind, const char *caption,
                const char *const *heads);
void html_row(struct buf *out, const char *name); // until the next row or the end
void html_cell(struct buf *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
void html_path(struct buf *out, const char *text); // a cell of one long word
void html_row_end(struct buf *out);
void html_table_end(struct buf *out);

// A row of a name and one cell.
void html_pair(struct buf *out, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
