// SPDX-License-Identifier: MIT
// A tar archive compressed by gzip, in the format ustar. Its bytes depend on names and contents
// alone: dates and owners are zero.
#ifndef SKIFF_IO_TAR_H
#define SKIFF_IO_TAR_H

#include "base/err.h"

#include <stdint.h>

struct tar;

// A new archive, written to a temporary name until tar_commit; NULL with the error set.
struct tar *tar_begin(const char *path, struct error *e);
// One file under a name of at most 100 bytes, or 255 with folders. Reads it once.
int tar_add(struct tar *t, const char *name, const char *file, struct error *e);
// The end; *size (may be NULL) is that of the archive. Frees `t`, in any case.
int tar_commit(struct tar *t, uint64_t *size, struct error *e);
void tar_abort(struct tar *t); // NULL is fine

#endif
