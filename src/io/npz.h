// SPDX-License-Identifier: MIT
// .npz archives: find an array, read it as float32 in C order, write arrays. Members whose name
// does not end in .npy are raw bytes, as numpy treats them.
#ifndef SKIFF_IO_NPZ_H
#define SKIFF_IO_NPZ_H

#include "io/npy.h"
#include "io/zip.h"

struct npz_array {
    const struct zip_member *member;
    char name[ZIP_NAME_MAX + 1]; // without ".npy"
    size_t header_size;
    struct npy_info info;
};

// Not to be moved once opened: `zip` points at `source`.
struct npz {
    struct source source;
    struct zip zip;
    char *path; // for messages
};

// Does a name end in .npz, in letters of any case?
bool npz_is_name(const char *path);
// Is it meant to be an archive: by its name, so that npz_open says what else it is, or by the first
// bytes of a regular file? A pipe is not even opened: its writer would be told that the reader has
// gone.
bool npz_is_file(const char *path);

int npz_open(struct npz *z, const char *path, struct error *e);
// `data` stays the caller's and must outlive `z`.
int npz_open_memory(struct npz *z, const char *name, const void *data, size_t size,
                    struct error *e);
void npz_close(struct npz *z);

// Is there an array of this name (without ".npy")? No message.
bool npz_has(const struct npz *z, const char *name);
// Read its header. ERR_NOTFOUND lists the arrays that are there. What the header claims is true
// when this returns 0, so that memory can be taken on its word: stored bytes are in the file, and
// a deflated member that claims to grow enormously is inflated once to see.
int npz_array(const struct npz *z, const char *name, struct npz_array *a, struct error *e);
// The same without that proof, where what the header claims can be doubted for another reason.
int npz_header(const struct npz *z, const char *name, struct npz_array *a, struct error *e);
// The header of a member that a walk over z->zip.members gave, for listings: no proof by inflating.
int npz_member_array(const struct npz *z, const struct zip_member *m, struct npz_array *a,
                     struct error *e);

// Values in C order. `to` has room for a->info.count elements; scratch memory is bounded whatever
// the array's size and order. The CRC is checked.
int npz_read_f32(const struct npz *z, const struct npz_array *a, float *to, struct error *e);
int npz_read_f64(const struct npz *z, const struct npz_array *a, double *to, struct error *e);
// As npz_read_f32; *finite says whether no value is NaN or infinite, looked at in the same pass.
int npz_read_finite(const struct npz *z, const struct npz_array *a, float *to, bool *finite,
                    struct error *e);
// The elements as they lie, when dtype is exactly `dtype` (such as "<u4") and C order.
int npz_read_exact(const struct npz *z, const struct npz_array *a, const char *dtype, void *to,
                   struct error *e);

// A stored, aligned, little-endian, C-order float32 member is mapped, not copied: *values points
// into `map`, the CRC has been checked, and *finite is as npz_read_finite tells. Returns 1 when
// mapped, 0 when this member cannot be (read it instead), or a negative code. An in-memory archive
// can be mapped too, if aligned. As with every mapping, a file that another process cuts short
// afterwards ends this one (SIGBUS).
int npz_map_f32(const struct npz *z, const struct npz_array *a, struct file_map *map,
                const float **values, bool *finite, struct error *e);

// The values of an array that lies in C order (npy_c_order), front to back, in a fixed amount of
// memory. `z` and `a` outlive the stream. A damaged member is ERR_FORMAT, reported where it is met:
// the CRC by the read that comes to the end.
struct npz_stream;
struct npz_stream *npz_stream_open(const struct npz *z, const struct npz_array *a, struct error *e);
int npz_stream_read_f32(struct npz_stream *s, size_t count, float *to, struct error *e);
int npz_stream_finish(struct npz_stream *s, struct error *e); // is this the end?
void npz_stream_close(struct npz_stream *s);                  // NULL is fine

// A member that is not an array (such as "meta.json"), of at most out->max bytes.
int npz_read_bytes(const struct npz *z, const char *name, struct buf *out, struct error *e);

// What `skiff inspect` tells about a member.
struct npz_stats {
    struct npz_array array; // `info.dtype` is empty where there is no readable header
    bool numeric;           // else raw bytes or an unsupported type: `note` says which
    char note[160];
    double min, max, mean; // over the finite values; NaN when there are none
    uint64_t nan_count, inf_count;
    uint32_t crc_f32; // CRC-32 of the values as C-order little-endian float32
};
// Reads the whole member, whatever it is, and checks its CRC; memory is bounded.
int npz_stats(const struct npz *z, const struct zip_member *m, struct npz_stats *s,
              struct error *e);

struct npz_writer;
struct npz_writer *npz_writer_begin(const char *path, struct error *e);
struct npz_writer *npz_writer_report(const char *path, struct error *e); // see file_out_report
// An array called `name` (".npy" is added): C order, little-endian. Its first byte is 64-byte
// aligned in the file, so that it can be mapped.
struct npz_values {
    const char *name;
    const char *dtype; // as npy_write_header takes it
    size_t ndim;
    const uint64_t *shape;
    const void *data;
};
int npz_writer_add(struct npz_writer *w, const struct npz_values *values, struct error *e);
// The same in pieces, see zip_writer_open; values->data is not looked at.
int npz_writer_open(struct npz_writer *w, const struct npz_values *values, struct error *e);
int npz_writer_put(struct npz_writer *w, const void *data, size_t size, struct error *e);
int npz_writer_end(struct npz_writer *w, struct error *e);
int npz_writer_bytes(struct npz_writer *w, const char *name, const void *data, size_t size,
                     struct error *e);
int npz_writer_finish(struct npz_writer *w, struct error *e); // see zip_writer_finish
int npz_writer_commit(struct npz_writer *w, struct error *e); // frees `w` when it returns 0
void npz_writer_abort(struct npz_writer *w);                  // NULL is fine

#endif
