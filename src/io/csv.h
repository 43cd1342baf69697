// SPDX-License-Identifier: MIT
// Delimited text as a stream of blocks of whole records: RFC 4180 with what real files bring along
// (a byte order mark, LF or CRLF, other delimiters, no header, blank lines, gzip). Reading blocks
// is sequential and quick; splitting a block into fields touches nothing but the block, so that
// threads may share blocks. Memory is a few blocks, whatever the file's size.
#ifndef SKIFF_IO_CSV_H
#define SKIFF_IO_CSV_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CSV_BLOCK_SIZE  ((size_t)64 << 10)
#define CSV_RECORD_MAX  ((size_t)16 << 20) // bytes of a record
#define CSV_FIELD_MAX   ((size_t)1 << 20)  // bytes of a field, its quotes included
#define CSV_COLUMNS_MAX ((size_t)1 << 16)

enum csv_header { CSV_HEADER_AUTO, CSV_HEADER_YES, CSV_HEADER_NO };

// The words of options, by enum csv_header and by index into csv_delimiters; "auto" first.
extern const char *const csv_header_words[], *const csv_delimiter_words[];
extern const char csv_delimiters[];

struct csv_options {
    char delimiter; // ',', ';', '\t' or '|'; 0: found from the first records
    char likely;    // where they would do with several; 0: any
    enum csv_header header;
    bool rewinds; // csv_rewind will be called: keep a temporary copy of what is no file
};

struct csv {
    const char *name; // for messages
    char delimiter;
    bool header;    // the first record was one
    size_t columns; // of every record, 1 to CSV_COLUMNS_MAX
    char **names;   // [columns], all different; "c1", "c2", ... without a header

    // For csv*.c alone.
    struct csv_input *in;
    char *carry; // bytes read that belong to the next block
    size_t carry_len, carry_cap;
    bool ended;                    // the input has
    bool supplied;                 // the last line feed was not there
    uint64_t line;                 // of the next byte, from 1
    uint64_t body_line, body_lead; // where the data begin, and how many bytes before that
};

// Whole records. A field's bytes are text[csv_begin .. csv_end), quotes included.
struct csv_block {
    char *text;      // ends in a line feed; 64 more bytes may be read
    size_t len;      // of it
    uint64_t line;   // that it begins on, from 1: physical lines, those in quotes too
    size_t rows;     // once it is split, as are
    uint32_t *ends;  // [rows][columns]: behind the last byte of a field
    uint32_t *first; // [rows]: the first byte of a row
    size_t text_cap, ends_cap, first_cap;
};

// "-" is standard input. Names must be there and different. `path` (`name`, `data`) must outlive
// `c`, which is left closed on failure.
int csv_open(struct csv *c, const char *path, const struct csv_options *options, struct error *e);
int csv_open_memory(struct csv *c, const char *name, const void *data, size_t size,
                    const struct csv_options *options, struct error *e);
void csv_close(struct csv *c);

// What to say behind a name that is no column's: "", or what is wrong with the names there are.
const char *csv_names_hint(const struct csv *c);

// The next block, in storage that it brings along (zeroed at first) and keeps: 1, 0 at the end of
// the data, or a code. Where blocks are cut depends on the text alone.
int csv_read(struct csv *c, struct csv_block *b, struct error *e);
// Find rows and fields. Blank lines are left out. What is refused here, with line and column:
// quotes inside or text behind a quoted field, a carriage return alone, zero bytes, another number
// of fields than c->columns.
int csv_split(const struct csv *c, struct csv_block *b, struct error *e);
void csv_block_clear(struct csv_block *b);

// Back to the first record behind the header; all blocks must have been read.
int csv_rewind(struct csv *c, struct error *e);

static inline size_t csv_begin(const struct csv *c, const struct csv_block *b, size_t row,
                               size_t column)
{
    return column ? (size_t)b->ends[row * c->columns + column - 1] + 1 : b->first[row];
}

static inline size_t csv_end(const struct csv *c, const struct csv_block *b, size_t row,
                             size_t column)
{
    return b->ends[row * c->columns + column];
}

// The physical line that a byte of the block stands on.
uint64_t csv_line(const struct csv_block *b, size_t at);

// Does a field's text stand for a missing value? The spellings of pandas 1.5, "" among them.
bool csv_is_missing(const char *text, size_t len);

// What a field says: without the quotes around it, doubled ones as one. `to` has room for `len`
// bytes; returns how many it took.
size_t csv_unquote(const char *field, size_t len, char *to);
// The reverse, for a CSV with commas: quotes around a text that needs them.
int csv_quote(struct buf *out, const char *text);

#endif
