// SPDX-License-Identifier: MIT
// The header of a numpy array file, and the conversion of its elements to float32 and double.
#ifndef SKIFF_IO_NPY_H
#define SKIFF_IO_NPY_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NPY_DIMS_MAX   32
#define NPY_PREFIX     12    // bytes that tell how long a header is
#define NPY_HEADER_MAX 65536 // bytes of header that we are ready to read
#define NPY_DTYPE_MAX  15

enum npy_kind { NPY_BOOL, NPY_INT, NPY_UINT, NPY_FLOAT };

struct npy_info {
    enum npy_kind kind;
    size_t item; // bytes of an element: 1, 2, 4 or 8
    bool big_endian;
    bool fortran; // first index fastest
    size_t ndim;  // 0 for a scalar
    uint64_t shape[NPY_DIMS_MAX];
    uint64_t count;                // product of the shape, checked
    uint64_t bytes;                // count * item, checked
    char dtype[NPY_DTYPE_MAX + 1]; // as numpy spells it: "<f8"
};

// Length in bytes of the whole header (magic, version, length, text) that begins with these
// `size` bytes; 0 with an error when they are fewer than NPY_PREFIX, do not begin an npy file or
// the header exceeds the maximum.
size_t npy_header_size(const uint8_t *start, size_t size, struct error *e);

// Parse a whole header of exactly `size` bytes. The text must be a plain literal of a dict with
// exactly the keys descr, fortran_order and shape. Structures, strings, complex numbers, dates and
// long doubles are ERR_UNSUPPORTED with their name, and then dtype and shape (where they could be
// read) are filled in for a listing; pickled objects are ERR_DATA.
int npy_parse(struct npy_info *info, const uint8_t *header, size_t size, struct error *e);

// Do the elements lie in C order? True for Fortran order too where at most one extent is not 1.
bool npy_c_order(const struct npy_info *info);

// "(569, 7)", "(7,)", "()": as Python prints a shape; "(12 dimensions)" where `size` is too small.
void npy_print_shape(const struct npy_info *info, char *text, size_t size);

// `count` elements at `from` (any alignment) as float32, rounded to nearest as numpy's astype does.
void npy_to_f32(const struct npy_info *info, const void *from, size_t count, float *to);
// The same as double: exact for everything but 64-bit integers.
void npy_to_f64(const struct npy_info *info, const void *from, size_t count, double *to);

// Is every value a number that is not infinite? Quick where the values are in the cache.
bool npy_all_finite(const float *values, size_t count);

// Append a version 1.0 header for a little-endian C-order array, padded to a multiple of 64 bytes
// as numpy writes it. `dtype` is "<f4", "<f8", "<u4", "<i8", "|u1".
int npy_write_header(struct buf *out, const char *dtype, size_t ndim, const uint64_t *shape);

#endif
