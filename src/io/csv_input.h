// SPDX-License-Identifier: MIT
// The bytes of a text table: a file, a fifo, standard input or memory, gzip-compressed or not.
// For csv.c.
#ifndef SKIFF_IO_CSV_INPUT_H
#define SKIFF_IO_CSV_INPUT_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct csv_input;

// "-" is standard input. With `rewinds` a stream is copied to an unnamed temporary file as it is
// read, so that csv_input_rewind works there too. `path` must outlive the input. NULL on failure.
struct csv_input *csv_input_open(const char *path, bool rewinds, struct error *e);
struct csv_input *csv_input_memory(const char *name, const void *data, size_t size,
                                   struct error *e);
void csv_input_close(struct csv_input *in); // NULL is fine

// Up to `size` bytes, fewer only at the end; *got says how many.
int csv_input_read(struct csv_input *in, void *data, size_t size, size_t *got, struct error *e);

// To the beginning again. A stream must have been read to its end.
int csv_input_rewind(struct csv_input *in, struct error *e);

#endif
