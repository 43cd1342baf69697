// SPDX-License-Identifier: MIT
// Files: read at an offset or mapped; written to a temporary name in the same folder, synced and
// renamed, so that a reader sees the old file or the new one and nothing between.
#ifndef SKIFF_BASE_FILE_H
#define SKIFF_BASE_FILE_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// What errno says of a file that could not be opened; an address, such as s3://..., is none.
int file_not_opened(const char *path, struct error *e);

// Where a parser's bytes come from: a file, or memory (unit tests and fuzzers need no files).
struct source {
    const char *name;   // for messages; owned by the caller
    uint64_t size;      // fixed when opened
    const uint8_t *mem; // the bytes, or NULL when `fd` has them
    int fd;             // -1 for memory
};

int source_open(struct source *s, const char *path, struct error *e);
void source_memory(struct source *s, const char *name, const void *data, size_t size);
void source_close(struct source *s);

// Exactly `size` bytes from `offset`. Reading past the end, a file that shrank included, is
// ERR_FORMAT ("ends early").
int source_read(const struct source *s, uint64_t offset, void *data, size_t size, struct error *e);

// A read-only view of bytes [offset, offset + size). In memory it is the bytes themselves.
struct file_map {
    const uint8_t *data;
    size_t size;
    void *base; // what munmap needs; NULL for memory
    size_t base_size;
};

int source_map(const struct source *s, uint64_t offset, size_t size, struct file_map *map,
               struct error *e);
void file_unmap(struct file_map *map);

// A whole small file of at most `max` bytes, appended to `out` (fifos and /dev/stdin work too).
int file_read_all(const char *path, size_t max, struct buf *out, struct error *e);

// The same of a file that was not named but found: a pipe or device in its place is refused.
int file_read_regular(const char *path, size_t max, struct buf *out, struct error *e);

// Names in a folder that do not begin with '.' or '_', in byte order; free with file_list_free.
int file_list(const char *folder, char ***names, size_t *count, struct error *e);
void file_list_free(char **names, size_t count);

// A file without a name, in $TMPDIR or /tmp, for bytes that need no memory; gone when closed.
int file_temporary(int *fd, struct error *e);

// What people read for a path: "-" is standard input.
const char *file_shown(const char *path);

bool file_is_folder(const char *path);
bool file_same(const char *a, const char *b);             // two names of one thing that is there
int file_make_folders(const char *path, struct error *e); // like mkdir -p
// "folder/name" on the heap, or NULL when there is no memory.
char *file_join(const char *folder, const char *name);
// The same in the first of these folders that has it; an entry that is NULL is passed over. NULL:
// no folder has it, or no memory.
char *file_find(const char *const *folders, size_t count, const char *name);

// An atomic write in progress. Begin, write, commit; abort instead of commit leaves nothing behind
// and is allowed after a failed commit and on NULL. What symbolic links lead to is written, and a
// file that is replaced keeps its permissions.
struct file_out;
struct file_out *file_out_begin(const char *path, struct error *e);
int file_out_write(struct file_out *out, const void *data, size_t size, struct error *e);
uint64_t file_out_tell(const struct file_out *out); // bytes written so far
// Other bytes in the place of some that were written; not for pipes and devices.
int file_out_patch(struct file_out *out, uint64_t offset, const void *data, size_t size,
                   struct error *e);
int file_out_flush(struct file_out *out, struct error *e);  // to the system: is there room?
int file_out_commit(struct file_out *out, struct error *e); // frees `out` when it returns 0
void file_out_abort(struct file_out *out);

// The same for a report, which is not synced to the disk. A path that is there and no regular file
// (a pipe, /dev/null) is written to as it is; a folder is refused at once.
struct file_out *file_out_report(const char *path, struct error *e);
// Writes to a descriptor of the caller's, which stays open; commit only flushes.
struct file_out *file_out_descriptor(int fd, const char *name, struct error *e);

// The three calls in one, for a report: whole or not there, unless the machine loses power.
int file_write_all(const char *path, const void *data, size_t size, struct error *e);

// Remove what writers of files whose names begin with `prefix` have left in a folder because they
// were killed. Best effort; nobody else may be writing such files there.
void file_remove_temporaries(const char *folder, const char *prefix);

// For tests: the n-th file-system call of an atomic write from now fails as on a full disk, and
// every one after it; 0 turns the fault off. Returns how many there were since the last call.
long file_fail_at(long n);

#endif
