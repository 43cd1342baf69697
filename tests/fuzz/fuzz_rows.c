// SPDX-License-Identifier: MIT
// Rows of a CSV from arbitrary bytes, by way of a preparation. The first byte chooses whether
// labels and ids are wanted. What comes must be finite and the same, fault included, for other
// batches and several workers.
#include "fuzz.h"

#include "base/mem.h"
#include "table/rows.h"

#include <math.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#define IDS_MAX ((size_t)1 << 26)

static const struct prep *preparation(void)
{
    static const char text[] = "n,a,b,c,y\n1,1,red,True,u\n2,,blue,False,v\n3,4,red,True,w\n";
    static const struct prep_rules rules = {
        .target = "y",
        .features = "a,b,c",
        .ids = "n",
        .encode = "b=onehot",
        .scale = "standard",
        .fill = "c=most_frequent",
        .unseen = "zero",
    };
    static struct prep prep;
    struct frame f;
    if (prep.columns)
        return &prep;
    must(frame_read_memory(&f, "fit", text, strlen(text), &(struct frame_options){0}, NULL) == 0);
    must(prep_fit(&prep, &(struct prep_fit){.frame = &f, .rules = &rules, .rows = f.rows}, NULL) ==
         0);
    frame_clear(&f);
    return &prep;
}

// The last worker first.
static void run(struct par *team, size_t workers, void (*work)(void *context, size_t worker),
                void *context)
{
    (void)team;
    while (workers-- > 0)
        work(context, workers);
}

// All that came of a file: features, labels and ids as bytes.
struct result {
    int rc;
    struct error error;
    struct buf bytes, ids;
    size_t unseen;
};

static void take(struct result *to, struct rows *r, const float *X, const float *y, size_t rows)
{
    const size_t features = rows_features(r);
    for (size_t i = 0; i < rows; i++) {
        for (size_t k = 0; k < features; k++)
            must(isfinite(X[i * features + k]));
        buf_append(&to->bytes, X + i * features, features * sizeof *X);
        buf_append(&to->bytes, y + i, sizeof *y);
        if (rows_ids(r)) {
            size_t len;
            const char *ids = rows_id_text(r, i, &len);
            must(len > 0 && ids[len - 1] == ',');
            buf_append(&to->ids, ids, len);
        }
    }
}

static void read_file(struct result *to, const struct rows_spec *spec, size_t most)
{
    *to = (struct result){0};
    buf_init(&to->bytes, IDS_MAX);
    buf_init(&to->ids, IDS_MAX);
    struct rows *r = rows_open(spec, &to->error);
    to->rc = r ? 0 : to->error.code;
    float *X = mem_array(most * spec->prep->features, sizeof *X), *y = mem_array(most, sizeof *y);
    must(X && y);
    for (size_t got = 1; r && to->rc == 0 && got;) {
        to->rc = rows_next(r, most, X, spec->labels ? y : NULL, &got, &to->error);
        if (to->rc == 0)
            take(to, r, X, y, got);
    }
    for (size_t i = 0; r && i < spec->prep->columns; i++)
        to->unseen += rows_counts(r)->unseen[i];
    must(to->rc == to->error.code && (to->rc == 0 || to->error.text[0]));
    must(!strchr(to->error.text, '\n'));
    mem_free(X);
    mem_free(y);
    rows_close(r);
}

static bool same(const struct buf *a, const struct buf *b)
{
    return a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const int fd = memfd_create("rows", 0);
    must(fd >= 0 && write(fd, data + 1, size - 1) == (ssize_t)(size - 1));
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    struct rows_spec spec = {
        .path = path,
        .prep = preparation(),
        .labels = data[0] & 1,
        .ids = data[0] & 2 ? "a,b" : NULL,
    };
    struct result one, other;
    read_file(&one, &spec, 4096);
    spec.run = run;
    spec.workers = 3;
    read_file(&other, &spec, 5);
    must(one.rc == other.rc && strcmp(one.error.text, other.error.text) == 0);
    if (one.rc == 0)
        must(same(&one.bytes, &other.bytes) && same(&one.ids, &other.ids) &&
             one.unseen == other.unseen);
    buf_clear(&one.bytes);
    buf_clear(&one.ids);
    buf_clear(&other.bytes);
    buf_clear(&other.ids);
    close(fd);
    return 0;
}
