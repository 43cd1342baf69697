// SPDX-License-Identifier: MIT
// Folders with folders in them.
#ifndef SKIFF_BASE_FILE_TREE_H
#define SKIFF_BASE_FILE_TREE_H

#include "base/err.h"

#include <stddef.h>

// Every file below a folder, as names relative to it in byte order ("a.csv", "sub/b.csv"), links
// followed, folders themselves left out; free with file_list_free. Folders nest 16 deep at most.
int file_tree(const char *folder, char ***names, size_t *count, struct error *e);

// The same without files and folders whose names begin with a dot or an underscore; such folders
// are not opened.
int file_tree_shown(const char *folder, char ***names, size_t *count, struct error *e);

// Remove everything below a folder, links as such; the folder stays. One that is not there is
// empty; one that is a link itself is refused, for its files are somebody else's.
int file_tree_clear(const char *folder, struct error *e);

// A second name for a file's bytes: a hard link where that can be, else a copy. Folders on the way
// to `to` are made; a file that is there is replaced.
int file_duplicate(const char *from, const char *to, struct error *e);

#endif
