// SPDX-License-Identifier: MIT
// Several CSV files as one, for whoever reads a single table.
#ifndef SKIFF_JOB_CHANNEL_JOIN_H
#define SKIFF_JOB_CHANNEL_JOIN_H

#include "base/err.h"

#include <stdbool.h>

// Several paths, one a line, that are CSVs by their names?
bool channel_is_tables(const char *paths);

// Their contents one after the other in a file that lies in memory, whose descriptor is returned; a
// code otherwise. A first line that is the first file's first line, too, is a header and is taken
// once. Compressed files are ERR_UNSUPPORTED.
int channel_join(const char *paths, struct error *e);

// An empty file in memory, without a name. `what` is for messages.
int channel_memory(const char *what, struct error *e);
int channel_append(int fd, const void *data, size_t size, const char *what, struct error *e);

#endif
