// SPDX-License-Identifier: MIT
// Three steps of all ranks, each of which ends everywhere with the same code (dist_agree), for
// whoever failed alone would be waited for:
//   meet   who names which files. Ranks of a host that name the same one (device and inode, for a
//          path may be spelled in several ways) have one shard, which the first of them reads.
//   join   counts, shapes and digests of all shards go to every rank, which comes to the same
//          verdict on them; then the labels do.
//   deal   the features go to the ranks that compute them when the table is one batch.
// The digest of the table is put together from those of the shards (crc_combine), so a checkpoint
// knows it again, although nobody has ever had all of it.
#include "job/shards.h"

#include "base/crc.h"
#include "base/mem.h"
#include "dist/dist_rows.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// ---- whose files they are

struct place {
    bool given, none;
    uint64_t device, file; // 0: of nobody else
};

struct visitor {
    char host[256];
    struct place place[PARTS];
};

static struct visitor introduce(const struct shards *s)
{
    struct visitor v = {.host = ""};
    struct stat st;
    if (s->host)
        snprintf(v.host, sizeof v.host, "%s", s->host);
    else if (gethostname(v.host, sizeof v.host - 1) != 0)
        v.host[0] = '\0';
    for (size_t i = 0; i < PARTS; i++) {
        v.place[i].given = s->path[i] != NULL;
        v.place[i].none = v.place[i].given && strcmp(s->path[i], SHARDS_NONE) == 0;
        if (s->path[i] && stat(s->path[i], &st) == 0) {
            v.place[i].device = (uint64_t)st.st_dev;
            v.place[i].file = (uint64_t)st.st_ino;
        }
    }
    return v;
}

static bool same_place(const struct visitor *a, const struct visitor *b, size_t part)
{
    return strcmp(a->host, b->host) == 0 && a->place[part].file &&
           a->place[part].file == b->place[part].file &&
           a->place[part].device == b->place[part].device;
}

// Does any rank have files of a part?
static bool is_there(const struct visitor *all, size_t ranks, size_t part)
{
    for (size_t r = 0; r < ranks; r++)
        if (all[r].place[part].given && !all[r].place[part].none)
            return true;
    return false;
}

static int compare(const struct visitor *all, size_t me, bool mine[PARTS], struct error *e)
{
    for (size_t i = 0; i < PARTS; i++) {
        if (all[me].place[i].given != all[0].place[i].given)
            return error_set(e, ERR_MISMATCH,
                             "--%s is %sgiven here, but %sat rank 0; with --sharded all ranks need "
                             "the same parts, if with other files",
                             part_names[i], all[me].place[i].given ? "" : "not ",
                             all[0].place[i].given ? "" : "not ");
        mine[i] = all[me].place[i].given && !all[me].place[i].none;
        for (size_t r = 0; r < me; r++)
            mine[i] &= !same_place(&all[r], &all[me], i);
    }
    return 0;
}

int shards_meet(const struct shards *s, bool mine[PARTS], bool there[PARTS], struct error *e)
{
    const struct visitor me = introduce(s);
    struct visitor *all = mem_array(dist_ranks(s->ranks), sizeof *all);
    int rc = dist_agree(s->ranks, all ? 0 : error_nomem(e, "shards"), e);
    if (rc == 0)
        rc = dist_tell(s->ranks, &me, all, sizeof me, e);
    if (rc == 0)
        rc = dist_agree(s->ranks, compare(all, dist_rank(s->ranks), mine, e), e);
    for (size_t i = 0; rc == 0 && i < PARTS; i++)
        there[i] = is_there(all, dist_ranks(s->ranks), i);
    mem_free(all);
    return rc;
}

// ---- one table of all

struct shard {
    bool read, y_integer;
    uint64_t n, d, targets; // d is 0 where nobody knows
    uint32_t x_digest, y_digest;
    char x_name[64], y_name[64];
};

static struct shard describe(const struct shard_join *j, const struct dataset *d)
{
    struct shard s = {
        .read = j->read,
        .y_integer = d->y_integer,
        .n = d->n,
        .d = d->d,
        .targets = d->targets,
        .x_digest = crc_update(0, d->X, d->n * d->d * sizeof *d->X),
        .y_digest = crc_update(0, d->y, d->n * d->targets * sizeof *d->y),
    };
    memcpy(s.x_name, d->x_name, sizeof s.x_name);
    memcpy(s.y_name, d->y_name, sizeof s.y_name);
    return s;
}

static int check_shape(const struct shard *mine, const struct shard *first, size_t rank,
                       const char *path, struct error *e)
{
    if (mine->d && mine->d != first->d)
        return error_set(e, ERR_DATA, "%s: %s has %llu features, but that of rank %zu has %llu",
                         path, mine->x_name, (unsigned long long)mine->d, rank,
                         (unsigned long long)first->d);
    if (mine->d && mine->targets != first->targets)
        return error_set(e, ERR_DATA, "%s: %s has %llu columns, but that of rank %zu has %llu",
                         path, mine->y_name, (unsigned long long)mine->targets, rank,
                         (unsigned long long)first->targets);
    return 0;
}

static bool same_rows(const struct shard *a, const struct shard *b)
{
    return a->n == b->n && a->x_digest == b->x_digest && a->y_digest == b->y_digest;
}

// Has every rank that has read anything read the same rows? Of two at least.
static bool all_the_same(const struct shard *all, size_t ranks)
{
    const struct shard *first = NULL;
    size_t more = 0;
    for (size_t r = 0; r < ranks; r++) {
        if (!all[r].read)
            continue;
        if (all[r].n == 0 || (first && !same_rows(first, &all[r])))
            return false;
        more += first != NULL;
        first = &all[r];
    }
    return more > 0;
}

// Rows of all ranks but the first that has any are left out.
static void count_once(struct shard *all, size_t ranks)
{
    bool found = false;
    for (size_t r = 0; r < ranks; r++) {
        if (found)
            all[r].n = 0;
        found |= all[r].n > 0;
    }
}

static int check(const struct shards *s, struct shard_join *j, struct shard *all, struct error *e)
{
    const size_t ranks = dist_ranks(s->ranks);
    const char *path = s->path[j->part];
    uint64_t rows = 0;
    size_t first = 0;
    while (first + 1 < ranks && all[first].d == 0)
        first++;
    const int rc = check_shape(&all[dist_rank(s->ranks)], &all[first], first, path, e);
    if (rc)
        return rc;
    j->once = all_the_same(all, ranks);
    if (j->once && j->part == PART_TRAIN)
        return error_set(e, ERR_DATA,
                         "%s: all ranks hold the same %llu rows; leave --sharded away, or give "
                         "each host rows of its own",
                         path, (unsigned long long)all[first].n);
    if (j->once)
        count_once(all, ranks);
    for (size_t r = 0; r < ranks; r++)
        rows += all[r].n;
    if (rows == 0)
        return error_set(e, ERR_DATA, "%s: no rank has rows to %s", path,
                         j->part == PART_TRAIN ? "train on" : "measure on");
    if (rows > UINT32_MAX)
        return error_set(e, ERR_LIMIT, "%s: the ranks have %llu rows; at most %u are supported",
                         path, (unsigned long long)rows, UINT32_MAX);
    return 0;
}

// What every rank knows of the table, and room for its labels with this rank's in their place.
static int widen(struct dataset *d, struct shard_join *j, const struct shard *all,
                 const size_t *begin, const struct dist *ranks, struct error *e)
{
    size_t known = 0, size;
    const size_t count = dist_ranks(ranks), me = dist_rank(ranks);
    while (all[known].d == 0)
        known++;
    d->d = (size_t)all[known].d;
    d->targets = (size_t)all[known].targets;
    memcpy(d->x_name, all[known].x_name, sizeof d->x_name);
    memcpy(d->y_name, all[known].y_name, sizeof d->y_name);
    d->y_integer = true;
    d->x_digest = 0;
    for (size_t r = 0; r < count; r++) {
        const size_t rows = begin[r + 1] - begin[r];
        d->y_integer &= rows == 0 || all[r].y_integer;
        if (rows)
            d->x_digest = crc_combine(d->x_digest, all[r].x_digest, rows * d->d * sizeof *d->X);
    }
    d->sharded = true;
    d->n = begin[count];
    d->first = j->own_first = begin[me];
    d->held = j->own = begin[me + 1] - begin[me];
    float *y = size_mul(d->n, d->targets, &size) ? mem_block(size, sizeof *y) : NULL;
    if (!y)
        return error_nomem(e, "the labels of all ranks");
    if (d->held)
        memcpy(y + d->first * d->targets, d->y, d->held * d->targets * sizeof *y);
    mem_free(d->y);
    d->y = y;
    return 0;
}

static int join(const struct shards *s, struct shard_join *j, struct dataset *d, struct shard *all,
                size_t *begin, struct error *e)
{
    const struct shard mine = describe(j, d);
    int rc = dist_tell(s->ranks, &mine, all, sizeof mine, e);
    if (rc == 0)
        rc = dist_agree(s->ranks, check(s, j, all, e), e);
    if (rc)
        return rc;
    for (size_t r = 0; r < dist_ranks(s->ranks); r++)
        begin[r + 1] = begin[r] + (size_t)all[r].n;
    rc = dist_agree(s->ranks, widen(d, j, all, begin, s->ranks, e), e);
    return rc ? rc : dist_rows_join(s->ranks, begin, d->y, d->targets * sizeof *d->y, e);
}

int shards_join(const struct shards *s, struct shard_join *j, struct dataset *d, struct error *e)
{
    const size_t ranks = dist_ranks(s->ranks);
    struct shard *all = mem_array(ranks, sizeof *all);
    size_t *begin = mem_array(ranks + 1, sizeof *begin);
    int rc = dist_agree(s->ranks, all && begin ? 0 : error_nomem(e, "shards"), e);
    if (rc == 0)
        rc = join(s, j, d, all, begin, e);
    mem_free(all);
    mem_free(begin);
    return rc;
}

// ---- rows to where they are computed

static int take_memory(struct dataset *d, size_t rows, float **X, struct error *e)
{
    size_t size;
    *X = size_mul(rows, d->d, &size) ? mem_block(size, sizeof **X) : NULL;
    return *X ? 0
              : error_set(e, ERR_NOMEM, "out of memory for %zu rows of %zu features", rows, d->d);
}

// Where a rank has read the very rows that it is to have, they stay.
static int deal(struct dist *ranks, struct dataset *d, size_t *from, const size_t *to,
                struct error *e)
{
    const size_t me = dist_rank(ranks), first = to[me], held = to[me + 1] - first;
    const bool stays = d->X && d->first == first && d->held == held;
    float *X = NULL;
    int rc = dist_tell(ranks, &d->first, from, sizeof *from, e);
    if (rc == 0)
        rc = dist_agree(ranks, stays ? 0 : take_memory(d, held, &X, e), e);
    if (rc == 0)
        rc = dist_rows_deal(ranks, &(struct dist_deal){from, to, d->d * sizeof *X, d->X, X}, e);
    if (rc || stays) {
        mem_free(X);
        return rc;
    }
    mem_free(d->owned);
    file_unmap(&d->map);
    d->X = d->owned = X;
    d->first = first;
    d->held = held;
    return 0;
}

int shards_deal(struct dist *ranks, struct dataset *d, size_t gradient_floats, struct error *e)
{
    const size_t count = dist_ranks(ranks);
    size_t *from = mem_array(count + 1, sizeof *from), *to = mem_array(count + 1, sizeof *to);
    int rc = dist_agree(ranks, from && to ? 0 : error_nomem(e, "shards"), e);
    if (rc == 0) {
        from[count] = d->n;
        dist_rows_divide(ranks, d->n, gradient_floats, to);
        rc = deal(ranks, d, from, to, e);
    }
    mem_free(from);
    mem_free(to);
    return rc;
}
