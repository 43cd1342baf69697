// SPDX-License-Identifier: MIT
// Reading files at an offset, mapping them and listing folders. Writing is in file_out.c.
#include "base/file.h"

#include "base/mem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int file_not_opened(const char *path, struct error *e)
{
    if (errno == ENOENT && strstr(path, "://"))
        return error_set(e, ERR_UNSUPPORTED,
                         "%s: an address; skiff reads files: fetch it first (curl -LO, aws s3 cp)",
                         path);
    return error_errno(e, "%s: cannot open", path);
}

int source_open(struct source *s, const char *path, struct error *e)
{
    *s = (struct source){.name = path, .fd = -1};
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); // a fifo must not hang us here
    if (fd < 0)
        return file_not_opened(path, e);
    struct stat st;
    int rc = 0;
    if (fstat(fd, &st) != 0)
        rc = error_errno(e, "%s: cannot stat", path);
    else if (S_ISDIR(st.st_mode))
        rc = error_set(e, ERR_FORMAT, "%s: is a folder, a file is needed here", path);
    else if (!S_ISREG(st.st_mode))
        rc = error_set(e, ERR_UNSUPPORTED, "%s: not a regular file; copy it to one first", path);
    if (rc) {
        close(fd);
        return rc;
    }
    s->fd = fd;
    s->size = (uint64_t)st.st_size;
    return 0;
}

void source_memory(struct source *s, const char *name, const void *data, size_t size)
{
    *s = (struct source){.name = name, .size = size, .mem = data, .fd = -1};
}

void source_close(struct source *s)
{
    if (s->fd >= 0)
        close(s->fd);
    s->fd = -1;
    s->mem = NULL;
    s->size = 0;
}

static bool inside(const struct source *s, uint64_t offset, size_t size)
{
    return offset <= s->size && size <= s->size - offset;
}

static int ends_early(const struct source *s, struct error *e)
{
    return error_set(e, ERR_FORMAT, "%s: ends early; the file is truncated", s->name);
}

int source_read(const struct source *s, uint64_t offset, void *data, size_t size, struct error *e)
{
    if (!inside(s, offset, size))
        return ends_early(s, e);
    if (s->fd < 0) {
        if (size)
            memcpy(data, s->mem + offset, size);
        return 0;
    }
    uint8_t *to = data;
    while (size) {
        const ssize_t got = pread(s->fd, to, size, (off_t)offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_errno(e, "%s: cannot read", s->name);
        if (got == 0)
            return ends_early(s, e);
        to += got;
        offset += (uint64_t)got;
        size -= (size_t)got;
    }
    return 0;
}

int source_map(const struct source *s, uint64_t offset, size_t size, struct file_map *map,
               struct error *e)
{
    *map = (struct file_map){.size = size};
    if (!inside(s, offset, size))
        return ends_early(s, e);
    if (s->fd < 0) {
        map->data = s->mem + offset;
        return 0;
    }
    const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    const size_t lead = (size_t)(offset % page);
    if (size == 0 || size > SIZE_MAX - lead)
        return error_set(e, ERR_LIMIT, "%s: cannot map %zu bytes", s->name, size);
    void *base = mmap(NULL, size + lead, PROT_READ, MAP_PRIVATE, s->fd, (off_t)(offset - lead));
    if (base == MAP_FAILED)
        return error_errno(e, "%s: cannot map", s->name);
    map->base = base;
    map->base_size = size + lead;
    map->data = (const uint8_t *)base + lead;
    return 0;
}

void file_unmap(struct file_map *map)
{
    if (map->base)
        munmap(map->base, map->base_size);
    *map = (struct file_map){0};
}

static int read_to_end(int fd, const char *path, size_t max, struct buf *out, struct error *e)
{
    int rc = 0;
    size_t total = 0;
    char piece[16384];
    for (;;) {
        const ssize_t got = read(fd, piece, sizeof piece);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            rc = error_errno(e, "%s: cannot read", path);
        if (got <= 0)
            break;
        total += (size_t)got;
        if (total > max) {
            rc = error_set(e, ERR_LIMIT, "%s: larger than %zu bytes", path, max);
            break;
        }
        buf_append(out, piece, (size_t)got);
    }
    return rc ? rc : buf_check(out, path, e);
}

int file_read_all(const char *path, size_t max, struct buf *out, struct error *e)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return file_not_opened(path, e);
    const int rc = read_to_end(fd, path, max, out, e);
    close(fd);
    return rc;
}

int file_read_regular(const char *path, size_t max, struct buf *out, struct error *e)
{
    struct source s;
    int rc = source_open(&s, path, e);
    if (rc)
        return rc;
    rc = read_to_end(s.fd, path, max, out, e);
    source_close(&s);
    return rc;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

// Append one name to a list that grows by doubling.
static int list_add(char ***names, size_t *count, const char *name)
{
    if ((*count & (*count - 1)) == 0) { // 0 or a power of two: the list is full
        const size_t cap = *count ? 2 * *count : 1;
        char **grown = mem_realloc(*names, cap * sizeof **names);
        if (!grown)
            return ERR_NOMEM;
        *names = grown;
    }
    char *copy = mem_strdup(name);
    if (!copy)
        return ERR_NOMEM;
    (*names)[(*count)++] = copy;
    return 0;
}

static int list_read(DIR *dir, char ***names, size_t *count)
{
    int rc = 0;
    while (rc == 0) {
        errno = 0; // readdir gives NULL at the end and for an error
        const struct dirent *entry = readdir(dir);
        if (!entry)
            return errno ? ERR_IO : 0;
        if (entry->d_name[0] != '.' && entry->d_name[0] != '_')
            rc = list_add(names, count, entry->d_name);
    }
    return rc;
}

int file_list(const char *folder, char ***names, size_t *count, struct error *e)
{
    *names = NULL;
    *count = 0;
    DIR *dir = opendir(folder);
    if (!dir)
        return error_errno(e, "%s: cannot open the folder", folder);
    const int rc = list_read(dir, names, count);
    if (rc == ERR_IO)
        error_errno(e, "%s: cannot read the folder", folder);
    closedir(dir);
    if (rc) {
        file_list_free(*names, *count);
        *names = NULL;
        *count = 0;
        return rc == ERR_IO ? rc : error_nomem(e, folder);
    }
    if (*count)
        qsort(*names, *count, sizeof **names, by_bytes);
    return 0;
}

void file_list_free(char **names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        mem_free(names[i]);
    mem_free(names);
}

bool file_same(const char *a, const char *b)
{
    struct stat x, y;
    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

int file_temporary(int *fd, struct error *e)
{
    const char *folder = getenv("TMPDIR");
    folder = folder && *folder ? folder : "/tmp";
    char *path = file_join(folder, "skiff-XXXXXX");
    if (!path)
        return error_nomem(e, "name of a temporary file");
    *fd = mkostemp(path, O_CLOEXEC);
    const int rc = *fd < 0 ? error_errno(e, "%s: cannot make a temporary file", folder) : 0;
    if (rc == 0)
        unlink(path);
    mem_free(path);
    return rc;
}

const char *file_shown(const char *path)
{
    return strcmp(path, "-") == 0 ? "standard input" : path;
}

bool file_is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

char *file_join(const char *folder, const char *name)
{
    const size_t a = strlen(folder), b = strlen(name);
    const bool slash = a > 0 && folder[a - 1] != '/';
    char *path = mem_alloc(a + slash + b + 1);
    if (!path)
        return NULL;
    memcpy(path, folder, a);
    if (slash)
        path[a] = '/';
    memcpy(path + a + slash, name, b + 1);
    return path;
}

char *file_find(const char *const *folders, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        char *path = folders[i] ? file_join(folders[i], name) : NULL;
        if (path && access(path, R_OK) == 0)
            return path;
        mem_free(path);
    }
    return NULL;
}
