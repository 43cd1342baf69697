// SPDX-License-Identifier: MIT
// The root alone knows whether the file can be written or read. Where it fails in the middle, it
// goes on as if nothing had happened, and says so at the end: the others send and receive all the
// same.
#include "train/checkpoint_slices.h"

#include "dist/dist_slices.h"
#include "train/fit_slice.h"

// One of the arrays: of each rank `times` as many floats as it has parameters.
struct block {
    const char *name;
    float *own;
    size_t times;
};

#define BLOCKS 3

// Those that a checkpoint has.
static size_t blocks_of(const struct fit *f, struct block block[BLOCKS])
{
    size_t count = 0;
    block[count++] = (struct block){"params", f->params, 1};
    if (f->keep_best && f->state.best_epoch)
        block[count++] = (struct block){"best", f->best, 1};
    if (f->optim.states)
        block[count++] = (struct block){"optimizer", f->optim.state, f->optim.states};
    return count;
}

// Floats that rank r has of a block; r counts up to f's ranks.
static int floats_of(const struct fit *f, const struct block *b, size_t r, size_t *floats,
                     struct error *e)
{
    struct slice s;
    const int rc = slice_init(&s, f->net, r, dist_ranks(f->dist), e);
    *floats = s.part.size * b->times;
    return rc;
}

static int floats_of_all(const struct fit *f, const struct block *b, size_t *sum, struct error *e)
{
    int rc = 0;
    *sum = 0;
    for (size_t r = 0; rc == 0 && r < dist_ranks(f->dist); r++) {
        size_t floats;
        rc = floats_of(f, b, r, &floats, e);
        *sum += floats;
    }
    return rc;
}

// move(context, r, at, count) for all pieces of a block in the order of the file.
struct walk {
    int (*move)(void *context, size_t r, size_t at, size_t count, struct error *e);
    void *context;
};

static int walk_block(const struct fit *f, const struct block *b, const struct walk *walk,
                      struct error *e)
{
    size_t most;
    (void)fit_slice_scratch(f, &most);
    int rc = 0;
    for (size_t r = 0; rc == 0 && r < dist_ranks(f->dist); r++) {
        size_t floats, count;
        rc = floats_of(f, b, r, &floats, e);
        for (size_t at = 0; rc == 0 && at < floats; at += count) {
            count = floats - at < most ? floats - at : most;
            rc = walk->move(walk->context, r, at, count, e);
        }
    }
    return rc;
}

// ---- writing

struct writing {
    const struct fit *fit;
    const struct block *block;
    struct npz_writer *to; // NULL but at the root
    int rc;                // of the file
};

static int write_piece(void *context, size_t r, size_t at, size_t count, struct error *e)
{
    struct writing *w = context;
    size_t most;
    float *piece = fit_slice_scratch(w->fit, &most);
    const int rc = dist_slices_fetch(w->fit->dist, r, w->block->own + at, piece, count, e);
    if (rc == 0 && w->to && w->rc == 0)
        w->rc = npz_writer_put(w->to, piece, count * sizeof *piece, e);
    return rc;
}

static int open_array(const struct fit *f, struct npz_writer *w, const struct block *b,
                      struct error *e)
{
    size_t sum;
    const int rc = floats_of_all(f, b, &sum, e);
    const uint64_t shape[1] = {sum};
    return rc ? rc : npz_writer_open(w, &(struct npz_values){b->name, "<f4", 1, shape, NULL}, e);
}

int checkpoint_slices_begin(const struct fit *f, bool *writes, struct error *e)
{
    *writes = f->config->checkpoint_dir != NULL;
    return dist_share(f->dist, writes, sizeof *writes, e);
}

int checkpoint_slices_write(const struct fit *f, struct npz_writer *to, int rc, struct error *e)
{
    struct block block[BLOCKS];
    const size_t blocks = blocks_of(f, block);
    struct writing w = {.fit = f, .to = to};
    rc = dist_agree(f->dist, rc, e);
    for (size_t i = 0; rc == 0 && i < blocks; i++) {
        w.block = &block[i];
        if (to && w.rc == 0)
            w.rc = open_array(f, to, &block[i], e);
        rc = walk_block(f, &block[i], &(struct walk){write_piece, &w}, e);
        if (to && rc == 0 && w.rc == 0)
            w.rc = npz_writer_end(to, e);
    }
    return dist_agree(f->dist, rc ? rc : w.rc, e);
}

// ---- reading

static int find(const struct npz *z, const struct block *b, size_t floats, struct npz_array *a,
                struct error *e)
{
    const int rc = npz_array(z, b->name, a, e);
    if (rc)
        return rc;
    if (a->info.ndim != 1 || a->info.count != floats || a->info.kind != NPY_FLOAT ||
        a->info.item != sizeof(float))
        return error_set(e, ERR_FORMAT, "%s: %s is not %zu floats", z->path, b->name, floats);
    return 0;
}

static int check_block(const struct fit *f, const struct npz *z, const struct block *b,
                       struct error *e)
{
    struct npz_array a;
    size_t sum, most;
    float *piece = fit_slice_scratch(f, &most);
    int rc = floats_of_all(f, b, &sum, e);
    if (rc == 0)
        rc = find(z, b, sum, &a, e);
    struct npz_stream *s = rc == 0 ? npz_stream_open(z, &a, e) : NULL;
    if (rc == 0 && !s)
        rc = error_code(e);
    for (size_t count; rc == 0 && sum > 0; sum -= count) {
        count = sum < most ? sum : most;
        rc = npz_stream_read_f32(s, count, piece, e);
    }
    if (rc == 0)
        rc = npz_stream_finish(s, e);
    npz_stream_close(s);
    return rc;
}

int checkpoint_slices_check(const struct fit *f, const struct npz *z, struct error *e)
{
    struct block block[BLOCKS];
    const size_t blocks = blocks_of(f, block);
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < blocks; i++)
        rc = check_block(f, z, &block[i], e);
    return rc;
}

struct reading {
    const struct fit *fit;
    const struct block *block;
    struct npz_stream *from; // NULL but at the root
    int rc;                  // of the file
};

static int read_piece(void *context, size_t r, size_t at, size_t count, struct error *e)
{
    struct reading *g = context;
    size_t most;
    float *piece = fit_slice_scratch(g->fit, &most);
    if (g->from && g->rc == 0)
        g->rc = npz_stream_read_f32(g->from, count, piece, e);
    return dist_slices_give(g->fit->dist, r, piece, g->block->own + at, count, e);
}

static int share_block(struct fit *f, const struct npz *z, const struct block *b, struct error *e)
{
    struct reading g = {.fit = f, .block = b};
    struct npz_array a;
    size_t sum = 0;
    if (dist_is_root(f->dist))
        g.rc = floats_of_all(f, b, &sum, e);
    if (dist_is_root(f->dist) && g.rc == 0)
        g.rc = find(z, b, sum, &a, e);
    if (dist_is_root(f->dist) && g.rc == 0)
        g.from = npz_stream_open(z, &a, e);
    if (dist_is_root(f->dist) && g.rc == 0 && !g.from)
        g.rc = error_code(e);
    const int rc = walk_block(f, b, &(struct walk){read_piece, &g}, e);
    npz_stream_close(g.from);
    return dist_agree(f->dist, rc ? rc : g.rc, e);
}

int checkpoint_slices_share(struct fit *f, struct error *e)
{
    struct block block[BLOCKS];
    struct npz z = {0};
    bool resumed = f->resumed != NULL;
    int rc = dist_share(f->dist, &resumed, sizeof resumed, e);
    if (rc || !resumed)
        return rc;
    rc = dist_agree(f->dist, dist_is_root(f->dist) ? npz_open(&z, f->resumed, e) : 0, e);
    if (rc == 0)
        rc = dist_share(f->dist, &f->state, sizeof f->state, e);
    if (rc == 0)
        rc = dist_share(f->dist, &f->optim.step, sizeof f->optim.step, e);
    const size_t blocks = blocks_of(f, block);
    for (size_t i = 0; rc == 0 && i < blocks; i++)
        rc = share_block(f, &z, &block[i], e);
    if (z.path)
        npz_close(&z);
    return rc;
}
