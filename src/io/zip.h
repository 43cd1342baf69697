// SPDX-License-Identifier: MIT
// The zip archives that numpy and torch write and read: stored and deflated members, zip64, data
// descriptors. Everything a header claims is checked against the file's size before it is used.
#ifndef SKIFF_IO_ZIP_H
#define SKIFF_IO_ZIP_H

#include "base/err.h"
#include "base/file.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ZIP_NAME_MAX      256        // bytes of a member's name, without the NUL
#define ZIP_MEMBERS_MAX   65536      // members of an archive
#define ZIP_DIRECTORY_MAX (16 << 20) // bytes of the central directory

struct zip_member {
    char name[ZIP_NAME_MAX + 1];
    bool deflated;          // else stored
    uint32_t crc;           // of the full bytes, from the central directory
    uint64_t stored_size;   // bytes in the archive
    uint64_t full_size;     // bytes after inflating
    uint64_t header_offset; // of the member's local header in the archive
    uint64_t offset;        // of the member's first data byte in the archive
};

struct zip {
    const struct source *source; // borrowed
    struct zip_member *members;  // in the directory's order
    size_t count;
};

// Read and check the directory and every local header: the two must agree, no overlapping or
// duplicate members, no member outside the file, no encryption, one disk, methods stored and
// deflated only, no claim to inflate to more than deflate can.
int zip_open(struct zip *z, const struct source *source, struct error *e);
void zip_close(struct zip *z);
const struct zip_member *zip_find(const struct zip *z, const char *name); // NULL when absent

// A member's full bytes, front to back, in pieces of the caller's choice. Inflating uses a fixed
// amount of memory; more or fewer bytes than full_size, or another CRC, is ERR_FORMAT, reported by
// the read that meets the end.
struct zip_reader;
struct zip_reader *zip_reader_open(const struct zip *z, const struct zip_member *m,
                                   struct error *e);
int zip_reader_read(struct zip_reader *r, void *data, size_t size, struct error *e); // all or error
int zip_reader_skip(struct zip_reader *r, uint64_t size, struct error *e);
// Is this the end, and is the CRC right?
int zip_reader_finish(struct zip_reader *r, struct error *e);
void zip_reader_close(struct zip_reader *r); // NULL is fine

// Compare the CRC of a member's full bytes with the directory's; what the reader does at the end,
// for those who mapped the bytes instead.
int zip_check_crc(const struct zip *z, const struct zip_member *m, uint32_t crc, struct error *e);

// Writing: stored members with a fixed date, so that equal contents give equal bytes; zip64 fields
// only where a size asks for them.
struct zip_piece {
    const void *data;
    size_t size;
};

struct zip_writer;
struct zip_writer *zip_writer_begin(const char *path, struct error *e);
struct zip_writer *zip_writer_report(const char *path, struct error *e); // see file_out_report
// One member of `count` pieces laid end to end. `align` (a power of two up to 4096, or 1) is the
// alignment in the file of its first data byte, reached with an extra field as torch and zipalign
// do. A name that is there already, empty or too long is ERR_USAGE.
int zip_writer_add(struct zip_writer *w, const char *name, const struct zip_piece *pieces,
                   size_t count, size_t align, struct error *e);
// A member whose bytes are not all there at once: opened with their number, put in any pieces, in
// order, ended. The archive's bytes are those that zip_writer_add makes.
int zip_writer_open(struct zip_writer *w, const char *name, uint64_t size, size_t align,
                    struct error *e);
int zip_writer_put(struct zip_writer *w, const void *data, size_t size, struct error *e);
int zip_writer_end(struct zip_writer *w, struct error *e);
// All but the new name: of several files that belong together each is finished before one is
// committed. No member is added afterwards.
int zip_writer_finish(struct zip_writer *w, struct error *e);
int zip_writer_commit(struct zip_writer *w, struct error *e); // frees `w` when it returns 0
void zip_writer_abort(struct zip_writer *w);                  // NULL is fine

#endif
