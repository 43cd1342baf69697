// SPDX-License-Identifier: MIT
// Rows of CSVs, by way of a preparation. Text is read in rounds of a few blocks: read (in order),
// split (each block by itself), then converted, as many rows as the batch still wants, straight to
// where the caller wants them. Threads share blocks in the second step and in the third, where one
// of them reads the next round first. Who converts a block changes nothing; the fault that is
// reported is the first in the file.
#include "base/mem.h"
#include "base/near.h"
#include "table/prep_list.h"
#include "table/rows_inner.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <string.h>

#define BLOCKS  8                  // of a round: work for as many threads
#define IDS_MAX ((size_t)32 << 20) // bytes of ids with which a batch ends early

// A block, and what the batch takes of it.
struct piece {
    struct csv_block block;
    int rc; // of splitting it, then of converting
    struct error error;
    size_t begin, rows;
    float *X, *y;
    struct prep_counts counts;
};

struct round {
    struct piece piece[BLOCKS];
    size_t blocks; // filled
    size_t good;   // before the first that could not be split
    int failed;    // what csv_read returned behind them, 0 at the end of the file
    struct error error;
};

struct table {
    struct rows rows;
    struct prep_counts counts;
    size_t *id_column; // [ids] places in the file
    size_t id_cap;     // rows that id_end has room for

    // the file in hand
    struct csv csv;
    struct prep_reader *reader;
    bool open;
    struct round round[2], *now, *ahead;
    bool more;       // there is a round behind `now`
    bool read_ahead; // it is in `ahead`
    size_t at, row;  // what is given next: piece of `now`, row of its block

    struct piece *first; // that are converted
    size_t pieces;
    atomic_size_t part; // that nobody has taken yet
};

static void share(struct table *t, size_t parts, void (*work)(void *context, size_t worker))
{
    const struct rows_spec *s = t->rows.spec;
    const size_t workers = parts < s->workers ? parts : s->workers;
    atomic_store(&t->part, 0);
    if (s->run && workers > 1)
        s->run(s->team, workers, work, t);
    else
        work(t, 0);
}

static void read_round(struct table *t, struct round *r)
{
    int got = 1;
    r->error = (struct error){0};
    for (r->blocks = 0; r->blocks < BLOCKS && got > 0; r->blocks += got > 0)
        got = csv_read(&t->csv, &r->piece[r->blocks].block, &r->error);
    r->failed = got < 0 ? got : 0;
}

static void split_blocks(void *context, size_t worker)
{
    struct table *t = context;
    (void)worker;
    for (size_t i; (i = atomic_fetch_add(&t->part, 1)) < t->now->blocks;) {
        struct piece *p = &t->now->piece[i];
        p->error = (struct error){0};
        p->rc = csv_split(&t->csv, &p->block, &p->error);
    }
}

static void next_round(struct table *t)
{
    if (t->read_ahead) {
        struct round *const read = t->ahead;
        t->ahead = t->now;
        t->now = read;
    } else {
        read_round(t, t->now);
    }
    struct round *const r = t->now;
    t->read_ahead = false;
    t->more = r->blocks == BLOCKS && !r->failed;
    share(t, r->blocks, split_blocks);
    for (r->good = 0; r->good < r->blocks && r->piece[r->good].rc == 0; r->good++)
        ;
    t->at = t->row = 0;
}

// What stands behind the rows of a round.
static int round_fault(const struct round *r, struct error *e)
{
    if (r->good < r->blocks)
        return error_set(e, r->piece[r->good].rc, "%s", r->piece[r->good].error.text);
    return r->failed ? error_set(e, r->failed, "%s", r->error.text) : 0;
}

// ---- a file ----

static int find_id(const struct table *t, const char *name, size_t *column, struct error *e)
{
    for (*column = 0; *column < t->csv.columns; ++*column)
        if (strcmp(t->csv.names[*column], name) == 0)
            return 0;
    const char *const nearest = near_name(name, t->csv.names, t->csv.columns);
    return error_set(e, ERR_MISMATCH, "%s: no column '%.100s' to pass through%s%.100s%s%s",
                     t->csv.name, name,
                     nearest ? "; is it '" : "; skiff inspect lists those that there are",
                     nearest ? nearest : "", nearest ? "'?" : "", csv_names_hint(&t->csv));
}

static void close_file(struct table *t)
{
    if (!t->open)
        return;
    prep_reader_free(t->reader);
    csv_close(&t->csv);
    t->reader = NULL;
    t->open = t->more = t->read_ahead = false;
    t->now->blocks = t->now->good = t->at = 0;
    t->now->failed = 0;
}

static int open_file(struct table *t, const char *path, struct error *e)
{
    const struct rows_spec *s = t->rows.spec;
    const struct csv_options how = {.likely = s->prep->delimiter,
                                    .header = s->prep->header ? CSV_HEADER_YES : CSV_HEADER_NO};
    close_file(t);
    int rc = csv_open(&t->csv, path, &how, e);
    if (rc)
        return rc;
    t->open = t->more = true;
    t->reader = prep_reader_new(s->prep, &t->csv, s->labels, e);
    if (!t->reader)
        return error_code(e);
    for (size_t i = 0; rc == 0 && i < t->rows.ids; i++)
        rc = find_id(t, t->rows.id[i], &t->id_column[i], e);
    return rc;
}

// ---- ids ----

static int add_id(struct table *t, const char *name, struct error *e)
{
    t->rows.id[t->rows.ids] = mem_strdup(name);
    if (!t->rows.id[t->rows.ids])
        return error_nomem(e, "names of ids");
    return find_id(t, name, &t->id_column[t->rows.ids++], e);
}

static int reserve_ids(struct table *t, size_t count, struct error *e)
{
    t->rows.id = mem_array(count, sizeof *t->rows.id);
    t->id_column = mem_array(count, sizeof *t->id_column);
    return t->rows.id && t->id_column ? 0 : error_nomem(e, "names of ids");
}

// Those that were asked for.
static int choose_ids(struct table *t, struct error *e)
{
    struct prep_list list;
    int rc = prep_list_names(&list, "--id", t->rows.spec->ids, e);
    if (rc)
        return rc;
    rc = reserve_ids(t, list.count, e);
    for (size_t i = 0; rc == 0 && i < list.count; i++)
        rc = add_id(t, list.item[i].name, e);
    prep_list_clear(&list);
    return rc;
}

// Those of the preparation that the first file has.
static int default_ids(struct table *t, struct error *e)
{
    const struct prep *p = t->rows.spec->prep;
    int rc = reserve_ids(t, p->ids, e);
    for (size_t i = 0; rc == 0 && i < p->ids; i++) {
        size_t column;
        if (find_id(t, p->id[i], &column, NULL) == 0)
            rc = add_id(t, p->id[i], e);
    }
    return rc;
}

static int find_ids(struct table *t, struct error *e)
{
    if (t->rows.spec->ids)
        return choose_ids(t, e);
    return t->rows.spec->labels ? 0 : default_ids(t, e);
}

// What is in quotes stays so; else a comma, which was no delimiter, needs them.
static int put_field(struct buf *out, const char *field, size_t len)
{
    const bool quote = memchr(field, ',', len) && *field != '"';
    buf_append(out, "\"", quote);
    buf_append(out, field, len);
    return quote ? buf_append(out, "\",", 2) : buf_append(out, ",", 1);
}

static int keep_ids(struct table *t, const struct piece *p, size_t row, struct error *e)
{
    const struct csv_block *b = &p->block;
    for (size_t i = p->begin; i < p->begin + p->rows; i++) {
        for (size_t k = 0; k < t->rows.ids; k++) {
            const size_t begin = csv_begin(&t->csv, b, i, t->id_column[k]);
            put_field(&t->rows.id_text, b->text + begin,
                      csv_end(&t->csv, b, i, t->id_column[k]) - begin);
        }
        t->rows.id_end[row++] = t->rows.id_text.len;
    }
    return buf_check(&t->rows.id_text, "ids", e);
}

// ---- rows ----

// A view of some rows of a block is a block.
static void convert(struct table *t, struct piece *p)
{
    struct csv_block some = p->block;
    some.first += p->begin;
    some.ends += p->begin * t->csv.columns;
    some.rows = p->rows;
    p->error = (struct error){0};
    p->rc = prep_reader_take(t->reader, &some, p->X, p->y, &p->counts, &p->error);
}

static bool may_read_ahead(const struct table *t)
{
    return t->more && !t->read_ahead;
}

static void convert_pieces(void *context, size_t worker)
{
    struct table *t = context;
    if (worker == 0 && may_read_ahead(t)) {
        read_round(t, t->ahead);
        t->read_ahead = true;
    }
    for (size_t i; (i = atomic_fetch_add(&t->part, 1)) < t->pieces;)
        convert(t, &t->first[i]);
}

// Say which rows go where: up to `most`. Returns how many there are.
static size_t assign(struct table *t, size_t most, float *X, float *y)
{
    const size_t features = t->rows.features;
    size_t rows = 0;
    t->first = &t->now->piece[t->at];
    for (t->pieces = 0; rows < most && t->at < t->now->good; t->pieces++) {
        struct piece *p = &t->now->piece[t->at];
        const size_t left = p->block.rows - t->row;
        p->begin = t->row;
        p->rows = left < most - rows ? left : most - rows;
        p->X = X + rows * features;
        p->y = y ? y + rows : NULL;
        rows += p->rows;
        t->row += p->rows;
        if (t->row == p->block.rows) {
            t->at++;
            t->row = 0;
        }
    }
    return rows;
}

// Rows of the round, from row *row of the batch on, until it has `most`.
static int take_rows(struct table *t, size_t most, float *X, float *y, size_t *row, struct error *e)
{
    const size_t rows = assign(t, most - *row, X + *row * t->rows.features, y ? y + *row : NULL);
    share(t, t->pieces + may_read_ahead(t), convert_pieces);
    int rc = 0;
    for (size_t i = 0, at = *row; rc == 0 && i < t->pieces; at += t->first[i++].rows) {
        struct piece *p = &t->first[i];
        rc = p->rc ? error_set(e, p->rc, "%s", p->error.text) : 0;
        if (rc == 0 && t->rows.ids)
            rc = keep_ids(t, p, at, e);
        prep_counts_add(&t->counts, &p->counts, t->rows.spec->prep);
        prep_counts_reset(&p->counts, t->rows.spec->prep);
    }
    *row += rows;
    return rc;
}

// The next round, of the next file where one ends; *end: there is none. Then the columns are
// judged.
static int refill(struct table *t, bool *end, struct error *e)
{
    struct rows *r = &t->rows;
    int rc = 0;
    while (rc == 0 && t->at == t->now->good && !*end) {
        rc = round_fault(t->now, e);
        if (rc == 0 && t->more)
            next_round(t);
        else if (rc == 0 && r->next < r->files)
            rc = open_file(t, r->paths[r->next++], e);
        else
            *end = true;
    }
    if (rc == 0 && *end)
        rc = prep_counts_check(&t->counts, r->spec->prep, r->spec->path, e);
    return rc;
}

static int begin_batch(struct table *t, size_t most, struct error *e)
{
    t->rows.id_text.len = 0;
    if (t->rows.ids == 0 || most <= t->id_cap)
        return 0;
    mem_free(t->rows.id_end);
    t->rows.id_end = mem_array(most, sizeof *t->rows.id_end);
    t->id_cap = t->rows.id_end ? most : 0;
    return t->rows.id_end ? 0 : error_nomem(e, "ids");
}

static int next(struct rows *base, size_t most, float *X, float *y, size_t *got, struct error *e)
{
    struct table *t = (struct table *)base;
    bool end = false;
    *got = 0;
    int rc = begin_batch(t, most, e);
    while (rc == 0 && *got < most && base->id_text.len < IDS_MAX) {
        rc = refill(t, &end, e);
        if (rc || end)
            break;
        rc = take_rows(t, most, X, y, got, e);
    }
    return rc;
}

static void close_all(struct rows *base)
{
    struct table *t = (struct table *)base;
    close_file(t);
    for (size_t i = 0; i < 2 * BLOCKS; i++) {
        struct piece *p = &t->round[i / BLOCKS].piece[i % BLOCKS];
        csv_block_clear(&p->block);
        prep_counts_clear(&p->counts);
    }
    prep_counts_clear(&t->counts);
    for (size_t i = 0; i < base->ids; i++)
        mem_free(base->id[i]);
    mem_free(base->id);
    mem_free(base->id_end);
    mem_free(t->id_column);
    buf_clear(&base->id_text);
}

struct rows *rows_csv_new(void)
{
    static const struct rows_kind kind = {next, close_all};
    struct table *t = mem_zalloc(sizeof *t);
    if (!t)
        return NULL;
    t->now = &t->round[0];
    t->ahead = &t->round[1];
    t->rows.kind = &kind;
    t->rows.total = ROWS_UNKNOWN;
    t->rows.name = "the table";
    buf_init(&t->rows.id_text, SIZE_MAX / 4);
    return &t->rows;
}

static int make_counts(struct table *t, struct error *e)
{
    const struct prep *p = t->rows.spec->prep;
    int rc = prep_counts_init(&t->counts, p, e);
    for (size_t i = 0; rc == 0 && i < 2 * BLOCKS; i++)
        rc = prep_counts_init(&t->round[i / BLOCKS].piece[i % BLOCKS].counts, p, e);
    t->rows.counts = &t->counts;
    return rc;
}

// All headers before the first row, so that a folder whose files disagree is refused at once.
int rows_csv_open(struct rows *base, struct error *e)
{
    struct table *t = (struct table *)base;
    base->features = base->spec->prep->features;
    int rc = make_counts(t, e);
    if (rc == 0)
        rc = open_file(t, base->paths[0], e);
    if (rc == 0)
        rc = find_ids(t, e);
    for (size_t i = 1; rc == 0 && i < base->files; i++)
        rc = open_file(t, base->paths[i], e);
    if (rc == 0 && base->files > 1)
        rc = open_file(t, base->paths[0], e);
    base->next = 1;
    return rc;
}
