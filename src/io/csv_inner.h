// SPDX-License-Identifier: MIT
// What csv.c, csv_split.c and csv_guess.c share.
#ifndef SKIFF_IO_CSV_INNER_H
#define SKIFF_IO_CSV_INNER_H

#include "io/csv.h"

#define CSV_PAD 64 // bytes behind a text that may be read

// Behind the last record that ends inside the text; 0 when none does. The text begins with one.
size_t csv_record_end(const char *text, size_t len);
size_t csv_count_lines(const char *text, size_t len);

// 0 when the quoting of a block is right as far as it goes, else as csv_split.
int csv_check(const struct csv *c, struct csv_block *b, struct error *e);

struct csv_span {
    const char *begin, *end; // of a field, quotes included; no line end
};

// The field at `p`, without a word about wrong quoting; returns where its delimiter or line feed
// is, or `end`.
const char *csv_walk(const char *p, const char *end, char delimiter, struct csv_span *field);
// Past lines that are blank.
const char *csv_skip_blank(const char *p, const char *end);

// Past a first line that says what the delimiter is, as Excel reads it: sep=; with quotes around it
// or without. *delimiter stays where there is none.
const char *csv_skip_separator(const char *p, const char *end, char *delimiter);

// What delimiter a text uses, and whether its first record is a header.
char csv_guess_delimiter(const char *text, size_t len, char likely);
bool csv_guess_header(const char *text, size_t len, char delimiter);

#endif
