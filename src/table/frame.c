// SPDX-License-Identifier: MIT
// A file becomes columns, a batch of blocks at a time: read (in order), split (each block by
// itself), then convert (each column by itself, block after block). Threads share blocks in the
// second step and columns in the third, where one of them reads the next batch first. So a column
// sees the same values in the same order whoever works on it, and nothing needs a lock. What is
// reported is the first fault in the file, a block's structure being looked at before its values.
#include "table/frame.h"

#include "base/mem.h"
#include "base/near.h"
#include "table/frame_column.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#define BLOCKS 4 // at a time: they, their fields and their values stay in the cache

// The first value that did not fit, as one worker saw it.
struct fault {
    int rc;
    size_t row, column;
    struct error error;
};

struct batch {
    struct csv_block block[BLOCKS];
    size_t blocks; // filled
    int failed;    // what csv_read returned behind them, 0 at the end of the file
    struct error error;
    int split[BLOCKS]; // what csv_split returned
    struct error split_error[BLOCKS];
    size_t good; // blocks before the first that could not be split
    size_t row[BLOCKS];
};

struct pass {
    struct csv *csv;
    const struct frame_options *options;
    struct column *columns;
    size_t column_count, workers;
    struct batch batch[2]; // the one that is converted and the one that is read meanwhile
    struct batch *now, *next;
    atomic_size_t part;   // block or column that nobody has taken yet
    size_t rows;          // before the current batch, then behind it
    struct fault *faults; // [workers]
};

static void share(struct pass *p, size_t parts, void (*work)(void *context, size_t worker))
{
    const size_t workers = parts < p->workers ? parts : p->workers;
    atomic_store(&p->part, 0);
    if (p->options->run && workers > 1)
        p->options->run(p->options->team, workers, work, p);
    else
        for (size_t w = 0; w < workers; w++)
            work(p, w);
}

static void read_batch(struct csv *c, struct batch *b)
{
    int got = 1;
    for (b->blocks = 0; b->blocks < BLOCKS && got > 0; b->blocks += got > 0)
        got = csv_read(c, &b->block[b->blocks], &b->error);
    b->failed = got < 0 ? got : 0;
}

static void split_blocks(void *context, size_t worker)
{
    struct pass *p = context;
    struct batch *b = p->now;
    (void)worker;
    for (size_t i; (i = atomic_fetch_add(&p->part, 1)) < b->blocks;)
        b->split[i] = csv_split(p->csv, &b->block[i], &b->split_error[i]);
}

static bool is_earlier(const struct fault *f, size_t row, size_t column)
{
    return f->rc == 0 || row < f->row || (row == f->row && column < f->column);
}

static void convert_column(struct pass *p, size_t column, struct fault *first)
{
    const struct batch *b = p->now;
    for (size_t i = 0; i < b->good; i++) {
        struct error e = {0};
        size_t at = 0;
        const int rc = column_take(&p->columns[column], p->csv, &b->block[i], b->row[i], &at, &e);
        if (rc && is_earlier(first, b->row[i] + at, column))
            *first = (struct fault){rc, b->row[i] + at, column, e};
        if (rc)
            return;
    }
}

static void convert_columns(void *context, size_t worker)
{
    struct pass *p = context;
    if (worker == 0 && p->now->blocks == BLOCKS)
        read_batch(p->csv, p->next);
    for (size_t column; (column = atomic_fetch_add(&p->part, 1)) < p->column_count;)
        convert_column(p, column, &p->faults[worker]);
}

static int first_fault(struct pass *p, struct error *e)
{
    const struct batch *b = p->now;
    const struct fault *first = NULL;
    for (size_t w = 0; w < p->workers; w++)
        if (p->faults[w].rc && (!first || is_earlier(first, p->faults[w].row, p->faults[w].column)))
            first = &p->faults[w];
    if (first)
        return error_set(e, first->rc, "%s", first->error.text);
    if (b->good < b->blocks)
        return error_set(e, b->split[b->good], "%s", b->split_error[b->good].text);
    return b->failed ? error_set(e, b->failed, "%s", b->error.text) : 0;
}

static int take_batch(struct pass *p, struct error *e)
{
    struct batch *b = p->now;
    share(p, b->blocks, split_blocks);
    for (b->good = 0; b->good < b->blocks && b->split[b->good] == 0; b->good++) {
        b->row[b->good] = p->rows;
        p->rows += b->block[b->good].rows;
    }
    share(p, p->workers, convert_columns);
    return first_fault(p, e);
}

// All of the text, once.
static int read_all(struct pass *p, struct error *e)
{
    p->rows = 0;
    read_batch(p->csv, p->now);
    for (;;) {
        const int rc = take_batch(p, e);
        if (rc || p->now->blocks < BLOCKS)
            return rc;
        struct batch *const read = p->next;
        p->next = p->now;
        p->now = read;
    }
}

static int finish_columns(struct pass *p, size_t *again, struct error *e)
{
    *again = 0;
    for (size_t i = 0; i < p->column_count; i++) {
        struct column *k = &p->columns[i];
        const int rc = column_finish(k, p->rows, e);
        if (rc)
            return rc;
        *again += k->again;
    }
    return 0;
}

static int read_passes(struct pass *p, size_t *rows, struct error *e)
{
    size_t again = 0;
    int rc = read_all(p, e);
    if (rc || (rc = finish_columns(p, &again, e)))
        return rc;
    *rows = p->rows;
    if (again == 0)
        return 0;
    for (size_t i = 0; i < p->column_count; i++)
        if (p->columns[i].again) {
            column_restart(&p->columns[i]);
            p->columns[i].wish = FRAME_AS_TEXT;
        }
    if ((rc = csv_rewind(p->csv, e)) || (rc = read_all(p, e)))
        return rc;
    if (p->rows != *rows)
        return error_set(e, ERR_DATA, "%s: changed while it was read", p->csv->name);
    return finish_columns(p, &again, e);
}

// ---- which columns ----

static int no_such_column(const struct csv *c, const char *name, struct error *e)
{
    char list[400];
    size_t used = 0;
    list[0] = '\0';
    for (size_t i = 0; i < c->columns; i++) {
        const size_t len = strlen(c->names[i]), sep = i ? 2 : 0;
        if (used + sep + len + 6 > sizeof list) {
            memcpy(list + used, ", ...", 6);
            break;
        }
        memcpy(list + used, ", ", sep);
        memcpy(list + used + sep, c->names[i], len + 1);
        used += sep + len;
    }
    const char *const nearest = near_name(name, c->names, c->columns);
    return error_set(e, ERR_NOTFOUND, "%s: no column '%.100s'; %s%.100s%s %s%s", c->name, name,
                     nearest ? "did you mean '" : "", nearest ? nearest : "",
                     nearest ? "'? There are:" : "there are:", list, csv_names_hint(c));
}

static const struct frame_choice keep_all = {NULL, FRAME_INFER};
static const struct frame_choice keep_none = {NULL, FRAME_LEAVE_OUT};

// What to do with each column: chosen[i] is the last choice that names it.
static int mark_choices(const struct csv *c, const struct frame_options *o,
                        const struct frame_choice **chosen, struct error *e)
{
    const struct frame_choice *others = o->choices ? &keep_none : &keep_all;
    for (size_t j = 0; j < o->choice_count && o->choices; j++) {
        size_t i = 0;
        if (!o->choices[j].name) {
            others = &o->choices[j];
            continue;
        }
        while (i < c->columns && strcmp(c->names[i], o->choices[j].name) != 0)
            i++;
        if (i == c->columns)
            return no_such_column(c, o->choices[j].name, e);
        chosen[i] = &o->choices[j];
    }
    for (size_t i = 0; i < c->columns; i++)
        chosen[i] = chosen[i] ? chosen[i] : others;
    return 0;
}

static int init_columns(struct pass *p, struct frame *f, const struct frame_choice *const *chosen,
                        uint64_t seed, struct error *e)
{
    for (size_t i = 0; i < p->csv->columns; i++) {
        if (chosen[i]->wish == FRAME_LEAVE_OUT)
            continue;
        struct column *k = &p->columns[p->column_count];
        *k = (struct column){.out = &f->column[p->column_count],
                             .place = i,
                             .wish = chosen[i]->wish,
                             .may_overflow = p->options->figures_only ||
                                             (p->options->choices && !chosen[i]->name),
                             .figures_only = p->options->figures_only};
        words_init(&k->words, seed);
        k->out->name = mem_strdup(p->csv->names[i]);
        if (!k->out->name)
            return error_nomem(e, "names of columns");
        column_restart(k);
        p->column_count = ++f->columns;
    }
    return 0;
}

static int begin_pass(struct pass *p, struct frame *f, struct error *e)
{
    const size_t columns = p->csv->columns;
    uint64_t seed;
    if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) != (ssize_t)sizeof seed)
        seed = (uint64_t)(uintptr_t)p ^ (uint64_t)time(NULL) << 32;
    const struct frame_choice **chosen = mem_array(columns, sizeof *chosen);
    p->columns = mem_array(columns, sizeof *p->columns);
    f->column = mem_array(columns, sizeof *f->column);
    p->faults = mem_array(p->workers, sizeof *p->faults);
    int rc =
        chosen && p->columns && f->column && p->faults ? 0 : error_nomem(e, "columns of a CSV");
    if (rc == 0)
        rc = mark_choices(p->csv, p->options, chosen, e);
    if (rc == 0)
        rc = init_columns(p, f, chosen, seed, e);
    mem_free(chosen);
    return rc;
}

static void end_pass(struct pass *p)
{
    for (size_t i = 0; i < p->column_count; i++)
        column_clear(&p->columns[i]);
    for (size_t i = 0; i < 2 * BLOCKS; i++)
        csv_block_clear(&p->batch[i / BLOCKS].block[i % BLOCKS]);
    mem_free(p->columns);
    mem_free(p->faults);
    mem_free(p);
}

static int read_csv(struct frame *f, struct csv *c, const struct frame_options *options,
                    struct error *e)
{
    *f = (struct frame){.delimiter = c->delimiter, .header = c->header};
    struct pass *p = mem_zalloc(sizeof *p);
    if (!p)
        return error_nomem(e, c->name);
    p->csv = c;
    p->options = options;
    p->now = &p->batch[0];
    p->next = &p->batch[1];
    p->workers = options->workers ? options->workers : 1;
    int rc = begin_pass(p, f, e);
    if (rc == 0)
        rc = read_passes(p, &f->rows, e);
    end_pass(p);
    if (rc)
        frame_clear(f);
    return rc;
}

int frame_read(struct frame *f, const char *path, const struct frame_options *options,
               struct error *e)
{
    *f = (struct frame){0};
    struct csv c;
    struct csv_options how = options->csv;
    how.rewinds = true;
    int rc = csv_open(&c, path, &how, e);
    if (rc == 0) {
        rc = read_csv(f, &c, options, e);
        csv_close(&c);
    }
    return rc;
}

int frame_read_memory(struct frame *f, const char *name, const void *data, size_t size,
                      const struct frame_options *options, struct error *e)
{
    *f = (struct frame){0};
    struct csv c;
    int rc = csv_open_memory(&c, name, data, size, &options->csv, e);
    if (rc == 0) {
        rc = read_csv(f, &c, options, e);
        csv_close(&c);
    }
    return rc;
}

void frame_clear(struct frame *f)
{
    for (size_t i = 0; i < f->columns; i++) {
        struct frame_column *k = &f->column[i];
        mem_free(k->name);
        mem_free(k->values);
        mem_free(k->codes);
        mem_free(k->text);
        mem_free(k->text_count);
        mem_free(k->text_bytes);
    }
    mem_free(f->column);
    *f = (struct frame){0};
}
