// SPDX-License-Identifier: MIT
// io_driver npz|f64|pth IN.npz OUT: reads every array of IN and writes it as float32 (npz) or
// float64 (f64) into an archive, other members copied, or as a torch state dict (pth).
#include "base/mem.h"
#include "io/npz.h"
#include "pth_whole.h"

#include <stdio.h>
#include <string.h>

#define BYTES_MAX (1 << 20)

static bool is_array(const char *member)
{
    const size_t len = strlen(member);
    return len > 4 && strcmp(member + len - 4, ".npy") == 0;
}

static int copy_array(const struct npz *z, const struct zip_member *m, struct npz_writer *w,
                      bool wide, struct error *e)
{
    struct npz_array a;
    int rc = npz_member_array(z, m, &a, e);
    if (rc)
        return rc;
    void *values = mem_alloc((size_t)a.info.count * (wide ? sizeof(double) : sizeof(float)));
    if (!values)
        return error_nomem(e, m->name);
    rc = wide ? npz_read_f64(z, &a, values, e) : npz_read_f32(z, &a, values, e);
    if (rc == 0)
        rc = npz_writer_add(
            w,
            &(struct npz_values){a.name, wide ? "<f8" : "<f4", a.info.ndim, a.info.shape, values},
            e);
    mem_free(values);
    return rc;
}

static int copy_bytes(const struct npz *z, const struct zip_member *m, struct npz_writer *w,
                      struct error *e)
{
    struct buf b;
    buf_init(&b, BYTES_MAX);
    int rc = npz_read_bytes(z, m->name, &b, e);
    if (rc == 0)
        rc = npz_writer_bytes(w, m->name, b.data, b.len, e);
    buf_clear(&b);
    return rc;
}

static int to_npz(const struct npz *z, const char *path, bool wide, struct error *e)
{
    struct npz_writer *w = npz_writer_begin(path, e);
    int rc = w ? 0 : e->code;
    for (size_t i = 0; i < z->zip.count && rc == 0; i++) {
        const struct zip_member *m = &z->zip.members[i];
        rc = is_array(m->name) ? copy_array(z, m, w, wide, e) : copy_bytes(z, m, w, e);
    }
    if (rc == 0)
        rc = npz_writer_commit(w, e);
    if (rc)
        npz_writer_abort(w);
    return rc;
}

// The array's name is the tensor's.
static int read_tensor(const struct npz *z, size_t i, struct npz_array *a, struct pth_tensor *t,
                       float **values, struct error *e)
{
    const int rc = npz_member_array(z, &z->zip.members[i], a, e);
    if (rc)
        return rc;
    *values = mem_array((size_t)a->info.count, sizeof **values);
    if (!*values)
        return error_nomem(e, a->name);
    *t = (struct pth_tensor){.name = a->name, .ndim = a->info.ndim};
    for (size_t d = 0; d < 2; d++)
        t->shape[d] = (size_t)a->info.shape[d];
    return npz_read_f32(z, a, *values, e);
}

static int to_pth(const struct npz *z, const char *path, struct error *e)
{
    const size_t count = z->zip.count;
    struct npz_array *arrays = mem_array(count, sizeof *arrays);
    struct pth_tensor *tensors = mem_array(count, sizeof *tensors);
    float **values = mem_array(count, sizeof *values);
    int rc = arrays && tensors && values ? 0 : error_nomem(e, path);
    for (size_t i = 0; i < count && rc == 0; i++)
        rc = read_tensor(z, i, &arrays[i], &tensors[i], &values[i], e);
    if (rc == 0)
        rc = pth_whole(path, tensors, (const float *const *)values, count, e);
    for (size_t i = 0; values && i < count; i++)
        mem_free(values[i]);
    mem_free(values);
    mem_free(tensors);
    mem_free(arrays);
    return rc;
}

int main(int argc, char **argv)
{
    struct npz z;
    struct error e = {0};
    if (argc != 4) {
        fprintf(stderr, "usage: io_driver npz|f64|pth IN.npz OUT\n");
        return 2;
    }
    int rc = npz_open(&z, argv[2], &e);
    if (rc == 0) {
        rc = strcmp(argv[1], "pth") == 0 ? to_pth(&z, argv[3], &e)
                                         : to_npz(&z, argv[3], strcmp(argv[1], "f64") == 0, &e);
        npz_close(&z);
    }
    if (rc)
        fprintf(stderr, "io_driver: %s\n", e.text);
    return rc ? 1 : 0;
}
