// SPDX-License-Identifier: MIT
// Loading a table through dataset_load, each beside a floor that does the least that any reader
// must with the same bytes: read() and memcpy for a stored file, zlib's inflate and CRC-32 for a
// deflated one. The files are in the page cache, as a file that was just made is; a disk is slower.
//
// Values are multiples of 1/4 up to 8, so that deflate has something to do and that float64 and
// float32 hold the same. Files are unlinked as soon as they are made, and read through their
// descriptor's name, so nothing is left behind whatever happens.
#include "harness.h"
#include "suites.h"

#include "base/mem.h"
#include "io/npz.h"
#include "table/dataset.h"
#include "zipmake.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#define FEATURES    28
#define PIECE       262144 // bytes of a read(): in L2
#define ARRAY_MAX   ((size_t)1 << 30)
#define PATH_SIZE   512
#define DESCRIPTION "{'descr': '%s', 'fortran_order': False, 'shape': %s, }"

struct table {
    struct bench_set *set;
    size_t rows;
    float *X, *y;
    uint32_t digest; // of X and then y, as dataset_digest has it
};

// A file and what reading it takes.
struct input {
    const struct table *table;
    int file;
    char path[64];
    size_t size;
    struct source source;
    struct zip zip;
    struct dataset data;    // as the latest sample loaded it
    uint8_t *piece, *bytes; // of the floors: a part of the file, and all of it
    uint32_t crc;           // of what a floor inflated
};

static void make_table(struct table *t)
{
    const size_t count = t->rows * FEATURES;
    t->X = bench_floats(t->set, count, 32);
    t->y = bench_alloc(t->set, t->rows, sizeof *t->y);
    for (size_t i = 0; i < count; i++)
        t->X[i] = (float)(int)t->X[i] / 4; // 65 different values
    for (size_t i = 0; i < t->rows; i++)
        t->y[i] = (float)(i % 3 == 0);
    const struct dataset d = {.n = t->rows, .d = FEATURES, .targets = 1, .X = t->X, .y = t->y};
    t->digest = dataset_digest(&d);
}

// ---- making files ----

static void write_stored(const struct table *t, const char *path, bool wide)
{
    const uint64_t shape[] = {t->rows, FEATURES};
    const size_t count = t->rows * FEATURES;
    struct error e = {0};
    double *X = wide ? mem_array(count, sizeof *X) : NULL;
    for (size_t i = 0; X && i < count; i++)
        X[i] = (double)t->X[i];
    struct npz_values x = {"X", "<f4", 2, shape, t->X}, y = {"y", "<f4", 1, shape, t->y};
    if (wide)
        x.dtype = "<f8", x.data = X;
    struct npz_writer *w = npz_writer_begin(path, &e);
    if ((wide && !X) || !w || npz_writer_add(w, &x, &e) || npz_writer_add(w, &y, &e) ||
        npz_writer_commit(w, &e))
        bench_die("a data file", &e);
    mem_free(X);
}

static void add_deflated(struct zipmake *z, const char *name, const char *shape,
                         const float *values, size_t count)
{
    char header[128];
    struct buf array;
    buf_init(&array, ARRAY_MAX);
    snprintf(header, sizeof header, DESCRIPTION, "<f4", shape);
    zipmake_npy(&array, 1, header, values, count * sizeof *values);
    zipmake_add(z, &(struct zipmake_member){
                       .name = name, .data = array.data, .size = array.len, .deflate = true});
    buf_clear(&array);
}

static void write_deflated(const struct table *t, const char *path)
{
    struct zipmake z;
    struct error e = {0};
    char shape[64];
    zipmake_begin(&z);
    snprintf(shape, sizeof shape, "(%zu, %d)", t->rows, FEATURES);
    add_deflated(&z, "X.npy", shape, t->X, t->rows * FEATURES);
    snprintf(shape, sizeof shape, "(%zu,)", t->rows);
    add_deflated(&z, "y.npy", shape, t->y, t->rows);
    zipmake_finish(&z, NULL, false);
    if (file_write_all(path, z.archive.data, z.archive.len, &e))
        bench_die("a data file", &e);
    zipmake_clear(&z);
}

enum form { FLOAT32_STORED, FLOAT32_DEFLATED, FLOAT64_STORED, FORMS };

// Open, and then unlink.
static void make_file(struct input *in, enum form form)
{
    const char *dir = in->table->set->options->dir;
    char folder[PATH_SIZE], path[PATH_SIZE + 16];
    dir = dir ? dir : getenv("TMPDIR");
    if (snprintf(folder, sizeof folder, "%s/skiff-bench-XXXXXX", dir && *dir ? dir : "/tmp") >=
            (int)sizeof folder ||
        !mkdtemp(folder))
        bench_die("--dir: no folder can be made there", NULL);
    snprintf(path, sizeof path, "%s/data.npz", folder);
    if (form == FLOAT32_DEFLATED)
        write_deflated(in->table, path);
    else
        write_stored(in->table, path, form == FLOAT64_STORED);
    in->file = open(path, O_RDONLY | O_CLOEXEC);
    unlink(path);
    rmdir(folder);
    struct error e = {0};
    snprintf(in->path, sizeof in->path, "/proc/self/fd/%d", in->file);
    if (in->file < 0 || source_open(&in->source, in->path, &e) ||
        zip_open(&in->zip, &in->source, &e))
        bench_die("a data file", &e);
    in->size = (size_t)in->source.size;
}

// ---- what is timed ----

static void forget(void *context)
{
    struct input *in = context;
    dataset_clear(&in->data);
}

static void load(void *context)
{
    struct input *in = context;
    const struct dataset_keys keys = {.part = "train"};
    struct error e = {0};
    if (dataset_load(&in->data, in->path, &keys, &e))
        bench_die("dataset_load", &e);
}

static void check_loaded(struct bench_case *c)
{
    const struct input *in = c->context;
    bench_equal(c, "rows", in->data.n, in->table->rows);
    bench_equal(c, "features", in->data.d, FEATURES);
    bench_equal(c, "CRC-32 of X and y", dataset_digest(&in->data), in->table->digest);
}

static void read_and_copy(void *context)
{
    struct input *in = context;
    size_t done = 0;
    while (done < in->size) {
        const ssize_t got = pread(in->file, in->piece, PIECE, (off_t)done);
        if (got <= 0)
            bench_die("read", NULL);
        memcpy(in->bytes + done, in->piece, (size_t)got);
        done += (size_t)got;
    }
}

static void check_copied(struct bench_case *c)
{
    const struct input *in = c->context;
    for (size_t i = 0; i < in->zip.count; i++) {
        const struct zip_member *m = &in->zip.members[i];
        bench_equal(c, "CRC-32 of a member",
                    crc32_z(0, in->bytes + m->offset, (size_t)m->stored_size), m->crc);
    }
}

static uint32_t inflate_member(const struct input *in, const struct zip_member *m)
{
    z_stream s = {.next_in = in->bytes + m->offset, .avail_in = (uInt)m->stored_size};
    uLong crc = 0;
    int rc = inflateInit2(&s, -MAX_WBITS);
    while (rc == Z_OK) {
        s.next_out = in->piece;
        s.avail_out = PIECE;
        rc = inflate(&s, Z_NO_FLUSH);
        crc = crc32_z(crc, in->piece, PIECE - s.avail_out);
    }
    inflateEnd(&s);
    return rc == Z_STREAM_END ? (uint32_t)crc : 0;
}

static void inflate_all(void *context)
{
    struct input *in = context;
    in->crc = 0;
    for (size_t i = 0; i < in->zip.count; i++)
        in->crc ^= inflate_member(in, &in->zip.members[i]);
}

static void check_inflated(struct bench_case *c)
{
    const struct input *in = c->context;
    uint32_t want = 0;
    for (size_t i = 0; i < in->zip.count; i++)
        want ^= in->zip.members[i].crc;
    bench_equal(c, "CRC-32 of the members", in->crc, want);
}

static void clear_input(void *context)
{
    struct input *in = context;
    dataset_clear(&in->data);
    zip_close(&in->zip);
    source_close(&in->source);
    close(in->file);
}

// The floor reads a file that is in memory as a whole where it inflates, and puts it there where it
// copies.
static struct bench_case *add_floor(struct input *in, const char *name, enum form form)
{
    struct bench_set *set = in->table->set;
    struct bench_case c = {.context = in, .loops_max = 1};
    snprintf(c.name, sizeof c.name, "%.50s, floor", name);
    in->piece = bench_alloc(set, PIECE, 1);
    in->bytes = bench_alloc(set, in->size, 1);
    read_and_copy(in);
    c.run = form == FLOAT32_DEFLATED ? inflate_all : read_and_copy;
    c.check = form == FLOAT32_DEFLATED ? check_inflated : check_copied;
    for (size_t i = 0; i < in->zip.count; i++)
        c.bytes += (double)in->zip.members[i].full_size;
    return bench_add(set, &c);
}

static void add_form(struct table *t, enum form form)
{
    static const char *const names[FORMS] = {"float32 stored", "float32 deflated",
                                             "float64 stored"};
    struct bench_case c = {.run = load, .prepare = forget, .check = check_loaded, .loops_max = 1};
    snprintf(c.name, sizeof c.name, "load %s, %zu x %d", names[form], t->rows, FEATURES);
    if (!bench_wanted(t->set, c.name))
        return;
    if (!t->X)
        make_table(t);
    struct input *in = bench_alloc(t->set, 1, sizeof *in);
    in->table = t;
    make_file(in, form);
    c.context = in;
    c.clear = clear_input;
    c.floor = add_floor(in, c.name, form);
    c.bytes = c.floor->bytes;
    bench_add(t->set, &c);
}

struct bench_result suite_load(const struct bench_context *context)
{
    struct table t = {.set = bench_begin_plain("load", context)};
    t.rows = context->options->brief ? 100000 : 1000000;
    for (enum form form = FLOAT32_STORED; form < FORMS; form++)
        add_form(&t, form);
    return bench_end(t.set);
}
