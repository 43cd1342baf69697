// SPDX-License-Identifier: MIT
// What pages of any kind share: how they begin and end, their look, sections, headline figures.
#ifndef SKIFF_REPORT_PAGE_FRAME_H
#define SKIFF_REPORT_PAGE_FRAME_H

#include "base/buf.h"

#include <stddef.h>

void page_style(struct buf *out); // the <style> of page and figures

// All up to what stands in <header>; `title` is any text.
void page_open(struct buf *out, const char *title);
void page_close(struct buf *out, const char *origin); // "Made by skiff 0.1.0 <origin>."

struct page_section {
    const char *id, *title; // ours, they go in as they are
};
// Links to sections; NULL ones are passed over.
void page_navigation(struct buf *out, const struct page_section *const *section, size_t n);
void page_main(struct buf *out); // from the header to the sections
void page_section_begin(struct buf *out, const struct page_section *s);
void page_section_end(struct buf *out);

// A name, a figure, a line about it, between <dl class="facts"> and </dl>.
void page_fact(struct buf *out, const char *name, const char *value, const char *more);

// A figure's SVG with its caption.
void page_figure(struct buf *out, const struct buf *svg, const char *caption);

#endif
