// SPDX-License-Identifier: MIT
// Joined in memory (memfd), because a CSV may be read twice and a container may have no other place
// to write; the readers of tables then need not know that there were several files.
#include "job/channel_join.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PIECE      65536
#define HEADER_MAX ((size_t)1 << 20)

static bool ends_with(const char *text, size_t len, const char *end)
{
    const size_t n = strlen(end);
    return len >= n && memcmp(text + len - n, end, n) == 0;
}

bool channel_is_tables(const char *paths)
{
    const size_t first = strcspn(paths, "\n");
    return paths[first] == '\n' &&
           (ends_with(paths, first, ".csv") || ends_with(paths, first, ".csv.gz"));
}

int channel_memory(const char *what, struct error *e)
{
    const int fd = memfd_create("channel", MFD_CLOEXEC);
    return fd >= 0 ? fd : error_errno(e, "%s: no memory file for it", what);
}

int channel_append(int fd, const void *data, size_t size, const char *what, struct error *e)
{
    const char *at = data;
    while (size) {
        const ssize_t done = write(fd, at, size);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return error_errno(e, "%s: cannot be kept in memory", what);
        at += done;
        size -= (size_t)done;
    }
    return 0;
}

struct join {
    int fd;
    struct buf header; // first line of the first file
    bool begun;
};

// The first line of a file, its end included where it has one, appended to `line`.
static int first_line(const struct source *s, struct buf *line, struct error *e)
{
    char piece[4096];
    for (uint64_t at = 0; at < s->size; at += sizeof piece) {
        const uint64_t left = s->size - at;
        const size_t size = left < sizeof piece ? (size_t)left : sizeof piece;
        const int rc = source_read(s, at, piece, size, e);
        if (rc)
            return rc;
        const char *end = memchr(piece, '\n', size);
        buf_append(line, piece, end ? (size_t)(end - piece) + 1 : size);
        if (end || line->failed)
            break;
    }
    return buf_check(line, s->name, e);
}

static int copy_from(struct join *j, const struct source *s, uint64_t at, struct error *e)
{
    char piece[PIECE], last = '\n';
    int rc = 0;
    while (rc == 0 && at < s->size) {
        const uint64_t left = s->size - at;
        const size_t size = left < sizeof piece ? (size_t)left : sizeof piece;
        rc = source_read(s, at, piece, size, e);
        if (rc == 0)
            rc = channel_append(j->fd, piece, size, s->name, e);
        last = piece[size - 1];
        at += size;
    }
    return rc || last == '\n' ? rc : channel_append(j->fd, "\n", 1, s->name, e);
}

static int add_source(struct join *j, const struct source *s, struct error *e)
{
    struct buf line;
    buf_init(&line, HEADER_MAX);
    int rc = first_line(s, j->begun ? &line : &j->header, e);
    const bool repeated = j->begun && rc == 0 && line.len == j->header.len && line.len &&
                          memcmp(line.data, j->header.data, line.len) == 0;
    if (rc == 0)
        rc = copy_from(j, s, repeated ? line.len : 0, e);
    j->begun = true;
    buf_clear(&line);
    return rc;
}

static int add_file(struct join *j, const char *path, struct error *e)
{
    struct source s;
    const size_t len = strlen(path);
    if (!ends_with(path, len, ".csv"))
        return error_set(e, ERR_UNSUPPORTED,
                         "%s: several files of a channel must be CSVs that are not compressed, or "
                         "all of them .npz",
                         path);
    int rc = source_open(&s, path, e);
    if (rc)
        return rc;
    rc = add_source(j, &s, e);
    source_close(&s);
    return rc;
}

int channel_join(const char *paths, struct error *e)
{
    struct join j = {.fd = channel_memory("several files", e)};
    int rc = j.fd < 0 ? j.fd : 0;
    buf_init(&j.header, HEADER_MAX);
    char *copy = rc ? NULL : mem_strdup(paths);
    if (rc == 0 && !copy)
        rc = error_nomem(e, "names of files");
    for (char *at = copy; rc == 0 && *at;) {
        char *end = at + strcspn(at, "\n");
        const bool last = *end == '\0';
        *end = '\0';
        rc = add_file(&j, at, e);
        at = last ? end : end + 1;
    }
    mem_free(copy);
    buf_clear(&j.header);
    if (rc == 0)
        return j.fd;
    if (j.fd >= 0)
        close(j.fd);
    return rc;
}
