// SPDX-License-Identifier: MIT
// One loop feeds all pipes (local_run.c), so nothing here waits: a fifo that nobody reads yet
// cannot be opened (ENXIO), one that is full takes no more (EAGAIN), and both are tried again
// later.
#include "job/local_feed.h"

#include "base/file.h"
#include "base/file_tree.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static int whole_names(struct local_feed *f, const char *folder, struct error *e)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < f->objects; i++) {
        char *path = file_join(folder, f->object[i]);
        if (path) {
            mem_free(f->object[i]);
            f->object[i] = path;
        } else {
            rc = error_nomem(e, folder);
        }
    }
    return rc;
}

int local_feed_init(struct local_feed *f, char *path, const char *folder, struct error *e)
{
    *f = (struct local_feed){.fifo = path, .to = -1, .from = -1};
    int rc = file_tree(folder, &f->object, &f->objects, e);
    if (rc == 0)
        rc = whole_names(f, folder, e);
    unlink(path);
    if (rc == 0 && mkfifo(path, 0644) != 0)
        rc = error_errno(e, "%s: cannot make a fifo", path);
    if (rc)
        local_feed_clear(f);
    return rc;
}

static void close_both(struct local_feed *f)
{
    if (f->to >= 0)
        close(f->to);
    if (f->from >= 0)
        close(f->from);
    f->to = f->from = -1;
}

void local_feed_clear(struct local_feed *f)
{
    close_both(f);
    if (f->fifo)
        unlink(f->fifo);
    file_list_free(f->object, f->objects);
    mem_free(f->fifo);
    *f = (struct local_feed){.to = -1, .from = -1};
}

// The next bytes of the objects; false at their end.
static bool refill(struct local_feed *f)
{
    while (f->from >= 0 || f->next < f->objects) {
        if (f->from < 0)
            f->from = open(f->object[f->next++], O_RDONLY | O_CLOEXEC);
        const ssize_t got = f->from < 0 ? 0 : read(f->from, f->piece, sizeof f->piece);
        if (got > 0) {
            f->begin = 0;
            f->end = (size_t)got;
            return true;
        }
        if (f->from >= 0)
            close(f->from);
        f->from = -1;
    }
    return false;
}

int local_feed_push(struct local_feed *f, struct error *e)
{
    if (!f->done && f->to < 0)
        f->to = open(f->fifo, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    if (f->done || f->to < 0)
        return f->done || errno == ENXIO ? 0 : error_errno(e, "%s: cannot open", f->fifo);
    while (f->begin < f->end || refill(f)) {
        const ssize_t put = write(f->to, f->piece + f->begin, f->end - f->begin);
        if (put < 0 && (errno == EAGAIN || errno == EINTR))
            return 0;
        if (put < 0)
            break; // the reader has gone
        f->begin += (size_t)put;
    }
    close_both(f);
    f->done = true;
    return 0;
}
