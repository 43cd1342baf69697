// SPDX-License-Identifier: MIT
// Everything that is done with an archive of unknown origin, on bytes from the fuzzer: open, list,
// figures, every way of reading. Input that begins with numpy's magic is an npy header instead.
// What can be read must be consistent: mapped values equal read values, and the CRC of the
// figures is that of the values that were read.
#include "fuzz.h"

#include "base/mem.h"
#include "io/npz.h"

#include <zlib.h>

#define COUNT_MAX (1 << 22)

static void try_header(const uint8_t *data, size_t size)
{
    struct npy_info info;
    struct error e = {0};
    const size_t header = npy_header_size(data, size, &e);
    if (header == 0 || header > size) {
        must(header || e.code);
        return;
    }
    const int rc = npy_parse(&info, data, header, &e);
    must(rc == e.code && (rc == 0 || e.text[0]));
    must(rc || info.bytes / info.item == info.count);
}

static void try_values(const struct npz *z, const struct npz_array *a, const struct npz_stats *s,
                       bool good)
{
    struct file_map map;
    const float *mapped;
    bool finite;
    const size_t count = (size_t)a->info.count;
    if (a->info.count > COUNT_MAX || (good && !s->numeric)) // an array by another name than .npy
        return;
    float *narrow = mem_array(count, sizeof *narrow);
    double *wide = mem_array(count, sizeof *wide);
    must(narrow && wide);
    const int rc = npz_read_f32(z, a, narrow, NULL);
    must((rc == 0) == good && npz_read_f64(z, a, wide, NULL) == rc);
    must(rc || s->crc_f32 == crc32_z(0, (const Bytef *)narrow, count * sizeof *narrow));
    const int code = npz_map_f32(z, a, &map, &mapped, &finite, NULL);
    must(code == 0 || (code == 1) == (rc == 0));
    must(code != 1 || finite == (s->nan_count + s->inf_count == 0));
    must(code != 1 || memcmp(mapped, narrow, count * sizeof *narrow) == 0);
    file_unmap(&map);
    if (a->info.item <= sizeof *wide)
        npz_read_exact(z, a, a->info.dtype, wide, NULL);
    mem_free(narrow);
    mem_free(wide);
}

static void try_member(const struct npz *z, const struct zip_member *m)
{
    struct npz_array a;
    struct npz_stats s;
    struct error e = {0};
    struct buf b;
    buf_init(&b, 65536);
    const int rc = npz_stats(z, m, &s, &e);
    must(rc == e.code && (rc == 0 || e.text[0]) && !strchr(e.text, '\n'));
    if (npz_member_array(z, m, &a, NULL) == 0)
        try_values(z, &a, &s, rc == 0);
    npz_read_bytes(z, m->name, &b, NULL);
    buf_clear(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct npz z;
    struct npz_array a;
    struct error e = {0};
    if (size > 6 && memcmp(data, "\x93NUMPY", 6) == 0)
        try_header(data, size);
    if (npz_open_memory(&z, "fuzz.npz", data, size, &e) != 0) {
        must(e.code && e.text[0] && !strchr(e.text, '\n'));
        return 0;
    }
    for (size_t i = 0; i < z.zip.count && i < 64; i++)
        try_member(&z, &z.zip.members[i]);
    must(npz_array(&z, "X_train", &a, NULL) == 0 || !npz_has(&z, "X_train") || z.zip.count);
    npz_close(&z);
    return 0;
}
