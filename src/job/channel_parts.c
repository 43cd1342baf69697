// SPDX-License-Identifier: MIT
// Several channels are parts by their names ("train", "validation"). A single one holds
// everything: a file of it is of the parts whose arrays it has, else of the one that its path
// names, else it is to train on. A pipe is read to its end into a file in memory (memfd), because
// an .npz is read from its end; it is opened and polled without ever blocking, because the
// platform may make it late, or never write, and a signal must end the job at any time.
#include "job/channel_parts.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "io/npz.h"
#include "job/channel_join.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#define PATHS_MAX   ((size_t)1 << 24)
#define PIPE_PIECE  65536
#define PIPE_POLL   100  // milliseconds
#define PIPE_WAIT   600  // polls until the pipe is there: the platform makes it late
#define WRITER_WAIT 6000 // and until its first bytes are

// What people call the parts, in channels and in names of files.
static const char *const spellings[PARTS][6] = {
    {"train", "training", NULL},
    {"val", "validation", "valid", "validate", "dev", NULL},
    {"test", "testing", NULL},
};

// ---- which part a file is of

static bool is_spelling(enum part part, const char *word, size_t len)
{
    for (size_t i = 0; spellings[part][i]; i++)
        if (strlen(spellings[part][i]) == len && strncasecmp(spellings[part][i], word, len) == 0)
            return true;
    return false;
}

// Bits of the parts that a path's words name: "train/part_0.csv", "titanic-val.npz".
static unsigned named_parts(const char *path)
{
    unsigned parts = 0;
    while (*path) {
        size_t len = 0;
        while (isalnum((unsigned char)path[len]))
            len++;
        for (enum part p = 0; p < PARTS; p++)
            if (is_spelling(p, path, len))
                parts |= 1u << p;
        path += len ? len : 1;
    }
    return parts;
}

static bool is_archive(const char *path)
{
    const size_t len = strlen(path);
    return len > 4 && strcmp(path + len - 4, ".npz") == 0;
}

// Bits of the parts whose arrays an archive has. One that cannot be read says nothing here: it will
// be named when it is loaded.
static unsigned stored_parts(const char *path)
{
    static const char *const arrays[PARTS] = {"X_train", "X_val", "X_test"};
    struct npz z;
    unsigned parts = 0;
    if (!is_archive(path) || npz_open(&z, path, NULL) != 0)
        return 0;
    for (enum part p = 0; p < PARTS; p++)
        if (npz_has(&z, arrays[p]))
            parts |= 1u << p;
    npz_close(&z);
    return parts;
}

// A single channel holds everything: where does this file of it belong?
static unsigned parts_of(const struct channel *c, const char *file)
{
    const unsigned stored = stored_parts(file), named = named_parts(file + strlen(c->path));
    const bool clear = named && (named & (named - 1)) == 0;
    return stored ? stored : clear ? named : 1u << PART_TRAIN;
}

// ---- files as a path

static char *take_text(struct buf *text, struct error *e)
{
    if (buf_check(text, "names of files", e) == 0 && text->data)
        return text->data; // the caller's now
    buf_clear(text);
    return NULL;
}

// Archives, none of them in a folder of its own?
static bool is_flat(const struct channel *c)
{
    for (size_t i = 0; i < c->files; i++)
        if (!is_archive(c->file[i]) || strchr(c->file[i] + strlen(c->path) + 1, '/'))
            return false;
    return true;
}

char *channel_path(const struct channel *c, struct error *e)
{
    struct buf text;
    buf_init(&text, PATHS_MAX);
    if (c->files > 1 && is_flat(c)) // a folder is read in name order
        buf_puts(&text, c->path);
    else
        for (size_t i = 0; i < c->files; i++)
            buf_printf(&text, "%s%s", i ? "\n" : "", c->file[i]);
    return take_text(&text, e);
}

static int divide(struct channel_parts *p, const struct channel *c, struct error *e)
{
    struct buf text[PARTS];
    int rc = 0;
    for (enum part k = 0; k < PARTS; k++)
        buf_init(&text[k], PATHS_MAX);
    for (size_t i = 0; i < c->files; i++) {
        const unsigned parts = parts_of(c, c->file[i]);
        for (enum part k = 0; k < PARTS; k++)
            if (parts & 1u << k)
                buf_printf(&text[k], "%s%s", text[k].len ? "\n" : "", c->file[i]);
    }
    p->channel[PART_TRAIN] = c;
    for (enum part k = 0; k < PARTS; k++) {
        struct error why = {0};
        p->path[k] = take_text(&text[k], &why);
        p->channel[k] = p->path[k] ? c : p->channel[k];
        if (why.code)
            rc = error_set(e, why.code, "%s", why.text);
    }
    return rc;
}

// ---- channels to parts

bool channel_is_part(const struct channel *c, enum part part)
{
    return is_spelling(part, c->name, strlen(c->name));
}

bool channel_is_table(const char *path)
{
    return !strchr(path, '\n') && !file_is_folder(path) && !npz_is_file(path);
}

static const struct channel *find_part(const struct channels *c, enum part part)
{
    const struct channel *found = NULL;
    for (size_t i = 0; !found && spellings[part][i]; i++)
        found = channels_find(c, spellings[part][i]);
    return found;
}

static int one_channel_a_part(struct channel_parts *p, const struct channels *c, struct error *e)
{
    for (enum part k = 0; k < PARTS; k++) {
        struct error why = {0};
        p->channel[k] = find_part(c, k);
        if (p->channel[k] && !p->channel[k]->pipe)
            p->path[k] = channel_path(p->channel[k], &why);
        if (why.code)
            return error_set(e, why.code, "%s", why.text);
    }
    return 0;
}

int channel_parts_init(struct channel_parts *p, const struct channels *c, struct error *e)
{
    *p = (struct channel_parts){.fd = {-1, -1, -1}};
    const bool single = c->count == 1 && !c->channel[0].pipe;
    const int rc = single ? divide(p, &c->channel[0], e) : one_channel_a_part(p, c, e);
    if (rc == 0 && c->count == 1 && !p->channel[PART_TRAIN])
        p->channel[PART_TRAIN] = &c->channel[0]; // a pipe, whatever it is called
    if (rc)
        channel_parts_clear(p);
    return rc;
}

void channel_parts_clear(struct channel_parts *p)
{
    for (enum part k = 0; k < PARTS; k++) {
        mem_free(p->path[k]);
        if (p->fd[k] >= 0)
            close(p->fd[k]);
    }
    *p = (struct channel_parts){.fd = {-1, -1, -1}};
}

// ---- pipes

struct asking {
    bool (*stop)(void *context);
    void *context;
};

static bool stopped(const struct asking *ask)
{
    return ask->stop && ask->stop(ask->context);
}

static int stopped_while(const char *path, const char *what, struct error *e)
{
    return error_set(e, ERR_IO, "%s: stopped while %s the pipe", path, what);
}

// Opened so that nothing blocks: a signal may come between a question and a call.
static int open_pipe(const char *path, const struct asking *ask, struct error *e)
{
    for (int i = 0; !stopped(ask); i++) {
        const int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
        if (fd >= 0)
            return fd;
        if (errno != ENOENT || i == PIPE_WAIT)
            return error_errno(e, "%s: cannot open the pipe", path);
        nanosleep(&(struct timespec){.tv_nsec = 1000000L * PIPE_POLL}, NULL);
    }
    return stopped_while(path, "waiting for", e);
}

// Until there is something to read or the writer has gone. Before the first writer comes there is
// neither, and one that never comes would keep the job, at its price, to the end of its time.
static int wait_pipe(int fd, const char *path, bool begun, const struct asking *ask,
                     struct error *e)
{
    for (int i = 0; !stopped(ask); i++) {
        struct pollfd polled = {.fd = fd, .events = POLLIN};
        if (poll(&polled, 1, PIPE_POLL) > 0)
            return 0;
        if (!begun && i == WRITER_WAIT)
            return error_set(e, ERR_IO, "%s: nobody has written to the pipe in %d seconds", path,
                             WRITER_WAIT * PIPE_POLL / 1000);
    }
    return stopped_while(path, "reading", e);
}

static int copy_pipe(int from, int to, const char *path, const struct asking *ask, struct error *e)
{
    char piece[PIPE_PIECE];
    for (bool begun = false;; begun = true) {
        int rc = wait_pipe(from, path, begun, ask, e);
        const ssize_t got = rc ? -1 : read(from, piece, sizeof piece);
        if (rc || got == 0)
            return rc;
        if (got < 0 && errno != EINTR && errno != EAGAIN)
            return error_errno(e, "%s: cannot read the pipe", path);
        rc = got > 0 ? channel_append(to, piece, (size_t)got, path, e) : 0;
        if (rc)
            return rc;
    }
}

// A file in memory has no name but its descriptor's.
static int name_memory(struct channel_parts *p, enum part part, struct error *e)
{
    char name[64];
    snprintf(name, sizeof name, "/proc/self/fd/%d", p->fd[part]);
    mem_free(p->path[part]);
    p->path[part] = mem_strdup(name);
    return p->path[part] ? 0 : error_nomem(e, name);
}

// The pipe of one channel into a file in memory.
static int read_pipe(struct channel_parts *p, enum part part, const struct asking *ask,
                     struct error *e)
{
    const struct channel *c = p->channel[part];
    char path[4096];
    snprintf(path, sizeof path, "%s_0", c->path);
    if (c->recordio)
        return error_set(e, ERR_UNSUPPORTED,
                         "channel %s: RecordIO framing is not read; leave RecordWrapperType None",
                         c->name);
    const int from = open_pipe(path, ask, e);
    if (from < 0)
        return from;
    p->fd[part] = channel_memory(path, e);
    const int rc = p->fd[part] < 0 ? p->fd[part] : copy_pipe(from, p->fd[part], path, ask, e);
    close(from);
    if (rc || lseek(p->fd[part], 0, SEEK_CUR) == 0) // nothing came: an empty shard
        return rc;
    return name_memory(p, part, e);
}

static int join_tables(struct channel_parts *p, enum part part, struct error *e)
{
    const int fd = channel_join(p->path[part], e);
    if (fd < 0)
        return fd;
    p->fd[part] = fd;
    return name_memory(p, part, e);
}

int channel_parts_fetch(struct channel_parts *p, bool (*stop)(void *context), void *context,
                        struct error *e)
{
    const struct asking ask = {stop, context};
    int rc = 0;
    for (enum part k = 0; rc == 0 && k < PARTS; k++)
        if (p->channel[k] && p->channel[k]->pipe && !p->path[k])
            rc = read_pipe(p, k, &ask, e);
        else if (p->path[k] && channel_is_tables(p->path[k]))
            rc = join_tables(p, k, e);
    return rc;
}

// "channel 'val' (its pipe)"
static void print_name(const struct channel_parts *p, enum part part, struct buf *to)
{
    buf_printf(to, "channel '%s' (%s)", p->channel[part]->name,
               p->channel[part]->pipe ? "its pipe" : "its files, joined");
}

char *channel_parts_name(const struct channel_parts *p, const char *path)
{
    struct buf name;
    buf_init(&name, PATHS_MAX);
    for (enum part k = 0; k < PARTS && !name.len; k++)
        if (p->fd[k] >= 0 && strcmp(p->path[k], path) == 0)
            print_name(p, k, &name);
    return name.failed ? NULL : name.data;
}

void channel_parts_explain(const struct channel_parts *p, struct error *e)
{
    for (enum part k = 0; k < PARTS; k++) {
        const char *name = p->fd[k] >= 0 ? p->path[k] : NULL,
                   *at = name ? strstr(e->text, name) : 0;
        const struct error old = *e;
        if (!at)
            continue;
        struct buf what;
        buf_init(&what, PATHS_MAX);
        print_name(p, k, &what);
        error_clear(e);
        error_set(e, old.code, "%.*s%s%s", (int)(at - e->text), old.text,
                  what.failed ? "a channel" : what.data, old.text + (at - e->text) + strlen(name));
        buf_clear(&what);
    }
}
