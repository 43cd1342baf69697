// SPDX-License-Identifier: MIT
// Makes zip archives in memory, honest ones and liars, for the tests of the reader. The writer
// under test is not used: what it cannot write (deflate, descriptors, zip64 fields that nothing
// asked for) is what is to be read.
#ifndef SKIFF_TESTS_ZIPMAKE_H
#define SKIFF_TESTS_ZIPMAKE_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct zipmake_member {
    const char *name;
    const void *data; // the full bytes
    size_t size;
    bool deflate;
    bool descriptor;     // CRC and sizes follow the data
    bool zip64;          // sizes in zip64 fields, in both headers
    const void *extra;   // further extra fields of both headers
    size_t extra_size;   //
    const char *comment; // of the directory entry, or NULL
};

struct zipmake {
    struct buf archive;
    struct buf directory;
    size_t count;
    uint64_t directory_offset; // once finished
};

void zipmake_begin(struct zipmake *z);
void zipmake_add(struct zipmake *z, const struct zipmake_member *m);
// A member whose bytes in the archive are given as they are: a deflate stream of one's own.
void zipmake_add_raw(struct zipmake *z, const struct zipmake_member *m, const void *stored,
                     size_t stored_size);
void zipmake_finish(struct zipmake *z, const char *comment, bool zip64);
void zipmake_clear(struct zipmake *z);

// The k-th member's directory entry and local header, to be falsified.
uint8_t *zipmake_entry(struct zipmake *z, size_t k);
uint8_t *zipmake_local(struct zipmake *z, size_t k);
// The end record (22 bytes, and then the comment) of a finished archive.
uint8_t *zipmake_end(struct zipmake *z);

// A whole npy array, appended to `out`: this header text, with version `major`, padded, then the
// values.
void zipmake_npy(struct buf *out, unsigned major, const char *header, const void *values,
                 size_t size);

#endif
