// SPDX-License-Identifier: MIT
// A table of typed columns from a CSV. A column's type is what all of its values are, not what the
// first ones look like: numbers, truth values, or else text. Missing values are spelled as pandas
// 1.5 reads them. The result is the same for any number of threads.
#ifndef SKIFF_TABLE_FRAME_H
#define SKIFF_TABLE_FRAME_H

#include "base/err.h"
#include "io/csv.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_MISSING        UINT32_MAX          // the code of a missing text
#define FRAME_TEXTS_MAX      ((size_t)1 << 20)   // different texts in a column
#define FRAME_TEXT_BYTES_MAX ((size_t)256 << 20) // their bytes together

enum frame_kind {
    FRAME_NUMBER,  // decimal numbers, inf and infinity; also a column of missing values alone
    FRAME_BOOLEAN, // True TRUE true False FALSE false
    FRAME_TEXT,    // anything else, integers beyond 64 bits among them
};

struct frame_column {
    char *name;
    enum frame_kind kind;
    double *values;     // [rows] but for text: NaN where missing, truth as 0 and 1
    uint32_t *codes;    // [rows] of text: which one, or FRAME_MISSING
    size_t texts;       // different ones
    char **text;        // [texts] sorted by bytes
    size_t *text_count; // [texts] how often each occurs
    size_t missing;     // values
    size_t infinite;
    double min, max, mean; // of finite values; NaN when there are none
    bool whole;            // numbers, and every one that is there is a whole number
    bool rising;           // numbers, none missing, each above the one before: a row number?
    bool dates;            // texts that all look like dates, or numbers that do: 20240309
    bool overflow;         // more different texts than FRAME_TEXTS_MAX: none is kept
    char *text_bytes;      // what text[] points into
};

struct frame {
    size_t rows, columns;
    struct frame_column *column; // [columns] in the order of the file
    char delimiter;
    bool header;
};

// What a careful reader would say about a column, as bits.
enum frame_remark {
    FRAME_IS_EMPTY = 1,          // nothing but missing values
    FRAME_IS_CONSTANT = 2,       // one value
    FRAME_IS_MOSTLY_MISSING = 4, // more than half
    FRAME_IS_DATES = 8,
    FRAME_IS_IDENTIFIER = 16, // each row has another value, and it counts or names the rows
    FRAME_IS_INEXACT = 32,    // whole numbers beyond 2^53: their last digits are lost
    FRAME_IS_COMMAS = 64,     // texts that are numbers with a decimal comma
    FRAME_IS_NOT_UTF8 = 128,  // its name or a text is not
    FRAME_HAS_SIGNS = 256,    // texts that are numbers with signs or thousands: "$1,234.50", "12 %"
    FRAME_REMARKS = 512
};
#define FRAME_NUMBERS_IN_TEXT (FRAME_IS_COMMAS | FRAME_HAS_SIGNS)

// A column to keep. Others are read for their structure only. A choice whose name is NULL stands
// for all the columns that no other choice names; too many texts in one of those are `overflow`, no
// error. FRAME_AS_NUMBER refuses what is neither numbers nor truth values, with the line.
struct frame_choice {
    const char *name;
    enum frame_wish { FRAME_INFER, FRAME_AS_NUMBER, FRAME_AS_TEXT, FRAME_LEAVE_OUT } wish;
};

struct par;
struct frame_options {
    struct csv_options csv;
    const struct frame_choice *choices; // [choice_count], or NULL: every column
    size_t choice_count;
    bool figures_only; // no values and codes; too many texts are `overflow`, no error
    // par_run of kern/par.h and its team, to share work with; NULL: all on the calling thread.
    void (*run)(struct par *team, size_t workers, void (*work)(void *context, size_t worker),
                void *context);
    struct par *team;
    size_t workers;
};

// "-" is standard input. On failure `f` is left empty.
int frame_read(struct frame *f, const char *path, const struct frame_options *options,
               struct error *e);
int frame_read_memory(struct frame *f, const char *name, const void *data, size_t size,
                      const struct frame_options *options, struct error *e);
void frame_clear(struct frame *f);

unsigned frame_remarks(const struct frame *f, const struct frame_column *c);
// Up to `most` texts by how often they occur, then by bytes: indices into c->text; returns how
// many.
size_t frame_most_frequent(const struct frame_column *c, size_t *index, size_t most);

#endif
