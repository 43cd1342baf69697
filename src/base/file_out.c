// SPDX-License-Identifier: MIT
// Atomic writes: a temporary file beside the target, fsync, rename, fsync of the folder. A crash or
// a full disk at any point leaves the old file whole; the temporary name begins with a dot, so that
// readers of a folder pass it over, and carries the process id, so that two writers do not meet.
// The file at the end of symbolic links is the one that is replaced, and keeps its permissions.
// Reports (file_write_all) are not synced: that takes a disk milliseconds, and a short run takes no
// longer itself. After a loss of power, and then only, such a file may be empty.
#include "base/file.h"

#include "base/mem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OUT_BUFFER  65536
#define NAME_KEPT   80  // bytes of it in a temporary name: some file systems take no more than 143
#define LINKS_MAX   40  // in a row, as in Linux
#define NAMES_TRIED 100 // for a temporary file

struct file_out {
    char *path;   // as it was given
    char *target; // where its symbolic links lead
    char *temp;   // NULL: `fd` is what was asked for, and nothing is renamed
    int fd;
    bool borrowed; // `fd` is the caller's
    bool synced;
    uint64_t total;
    size_t used;
    char buffer[OUT_BUFFER];
};

static atomic_long calls, fail_at; // see file_fail_at

long file_fail_at(long n)
{
    atomic_store(&fail_at, n);
    return atomic_exchange(&calls, 0);
}

// true when this file-system call may go ahead; else errno says that the disk is full.
static bool may_call(void)
{
    const long call = atomic_fetch_add(&calls, 1) + 1;
    const long limit = atomic_load(&fail_at);
    if (limit == 0 || call < limit)
        return true;
    errno = ENOSPC;
    return false;
}

// Bytes of a path up to its last name.
static size_t folder_length(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? (size_t)(slash - path) + 1 : 0;
}

// `name` as the symbolic link at `link` means it.
static char *beside(const char *link, const char *name)
{
    const size_t folder = name[0] == '/' ? 0 : folder_length(link), len = strlen(name);
    char *path = mem_alloc(folder + len + 1);
    if (path) {
        memcpy(path, link, folder);
        memcpy(path + folder, name, len + 1);
    }
    return path;
}

// Where symbolic links lead; what is at their end need not be there.
static char *follow_links(const char *path, struct error *e)
{
    char *at = mem_strdup(path);
    for (int links = 0; at; links++) {
        char name[PATH_MAX];
        const ssize_t len = readlink(at, name, sizeof name - 1);
        if (len < 0)
            return at;
        if (links == LINKS_MAX) {
            errno = ELOOP;
            error_errno(e, "%s: cannot write here", path);
            mem_free(at);
            return NULL;
        }
        name[len] = '\0';
        char *next = beside(at, name);
        mem_free(at);
        at = next;
    }
    error_nomem(e, path);
    return NULL;
}

static char *temp_name(const char *path)
{
    static atomic_uint serial;
    const size_t folder = folder_length(path), size = folder + NAME_KEPT + 48;
    const char *name = path + folder;
    size_t kept = strnlen(name, NAME_KEPT);
    while (kept && ((unsigned char)name[kept] & 0xc0) == 0x80) // whole characters of UTF-8
        kept--;
    char *temp = mem_alloc(size);
    if (temp)
        snprintf(temp, size, "%.*s.%.*s.%ld-%u.tmp", (int)folder, path, (int)kept, name,
                 (long)getpid(), atomic_fetch_add(&serial, 1));
    return temp;
}

// Nothing is open yet.
static struct file_out *make(const char *path, struct error *e)
{
    struct file_out *out = mem_zalloc(sizeof *out);
    if (out) {
        out->fd = -1;
        out->path = mem_strdup(path);
    }
    if (out && out->path)
        return out;
    error_nomem(e, path);
    file_out_abort(out);
    return NULL;
}

// A temporary file with a name of its own: in a container every process may have the same number,
// and so may the one whose file was left behind when it was killed.
static int make_temp(struct file_out *out, mode_t mode, struct error *e)
{
    for (int tries = 0; tries < NAMES_TRIED; tries++) {
        out->temp = temp_name(out->target);
        if (!out->temp)
            return error_nomem(e, out->path);
        out->fd = may_call() ? open(out->temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode) : -1;
        if (out->fd >= 0)
            return 0;
        const int why = errno;
        mem_free(out->temp); // not ours
        out->temp = NULL;
        errno = why;
        if (why != EEXIST)
            break;
    }
    return error_errno(e, "%s: cannot write here", out->path);
}

// A new file's permissions are what umask leaves of all, another's stay as they are. A file system
// that knows none says so.
static int open_temp(struct file_out *out, struct error *e)
{
    struct stat old;
    const bool replaces = stat(out->target, &old) == 0;
    const int rc = make_temp(out, replaces ? 0600 : 0666, e);
    if (rc || !replaces || (may_call() && fchmod(out->fd, old.st_mode & 0777) == 0))
        return rc;
    if (errno == EPERM || errno == ENOTSUP || errno == ENOSYS)
        return 0;
    return error_errno(e, "%s: cannot keep its permissions", out->path);
}

struct file_out *file_out_begin(const char *path, struct error *e)
{
    struct file_out *out = make(path, e);
    if (!out)
        return NULL;
    out->synced = true;
    out->target = follow_links(path, e);
    if (!out->target || open_temp(out, e) != 0) {
        file_out_abort(out);
        return NULL;
    }
    return out;
}

// A rename would put a file in the place of a device or pipe.
static struct file_out *begin_direct(const char *path, struct error *e)
{
    struct file_out *out = make(path, e);
    if (!out)
        return NULL;
    if (may_call())
        out->fd = open(path, O_WRONLY | O_CLOEXEC);
    if (out->fd < 0) {
        error_errno(e, "%s: cannot write here", path);
        file_out_abort(out);
        return NULL;
    }
    return out;
}

struct file_out *file_out_report(const char *path, struct error *e)
{
    struct stat st;
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
        return begin_direct(path, e);
    struct file_out *out = file_out_begin(path, e);
    if (out)
        out->synced = false;
    return out;
}

struct file_out *file_out_descriptor(int fd, const char *name, struct error *e)
{
    struct file_out *out = make(name, e);
    if (out) {
        out->fd = fd;
        out->borrowed = true;
    }
    return out;
}

static int write_fully(struct file_out *out, const char *data, size_t size, struct error *e)
{
    while (size) {
        const ssize_t done = may_call() ? write(out->fd, data, size) : -1;
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return error_errno(e, "%s: cannot write", out->path);
        data += done;
        size -= (size_t)done;
    }
    return 0;
}

int file_out_flush(struct file_out *out, struct error *e)
{
    const size_t used = out->used;
    out->used = 0;
    return write_fully(out, out->buffer, used, e);
}

int file_out_write(struct file_out *out, const void *data, size_t size, struct error *e)
{
    out->total += size;
    if (size > OUT_BUFFER - out->used) {
        const int rc = file_out_flush(out, e);
        if (rc)
            return rc;
    }
    if (size >= OUT_BUFFER)
        return write_fully(out, data, size, e);
    if (size)
        memcpy(out->buffer + out->used, data, size);
    out->used += size;
    return 0;
}

uint64_t file_out_tell(const struct file_out *out)
{
    return out->total;
}

int file_out_patch(struct file_out *out, uint64_t offset, const void *data, size_t size,
                   struct error *e)
{
    const int rc = file_out_flush(out, e);
    if (rc)
        return rc;
    const bool done = may_call() && pwrite(out->fd, data, size, (off_t)offset) == (ssize_t)size;
    return done ? 0 : error_errno(e, "%s: cannot write", out->path);
}

// Make the rename itself durable. Not every file system lets a folder be synced: best effort.
static void sync_folder(const char *path)
{
    char folder[PATH_MAX] = ".";
    const size_t len = folder_length(path);
    if (len >= sizeof folder)
        return;
    memcpy(folder, path, len);
    const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    (void)fsync(fd);
    close(fd);
}

static int sync_file(const struct file_out *out, struct error *e)
{
    if (!out->synced)
        return 0;
    if (!may_call() || (fsync(out->fd) != 0 && errno != EINVAL && errno != ENOTSUP))
        return error_errno(e, "%s: cannot write to the disk", out->path);
    return 0;
}

static int close_and_rename(struct file_out *out, struct error *e)
{
    const int fd = out->fd;
    out->fd = -1;
    if (out->borrowed)
        return 0;
    if (!may_call()) {
        close(fd);
        return error_errno(e, "%s: cannot write to the disk", out->path);
    }
    if (close(fd) != 0)
        return error_errno(e, "%s: cannot write to the disk", out->path);
    if (!out->temp)
        return 0;
    if (!may_call() || rename(out->temp, out->target) != 0)
        return error_errno(e, "%s: cannot be replaced", out->path);
    return 0;
}

int file_out_commit(struct file_out *out, struct error *e)
{
    int rc = file_out_flush(out, e);
    if (rc == 0)
        rc = sync_file(out, e);
    if (rc == 0)
        rc = close_and_rename(out, e);
    if (rc)
        return rc;
    if (out->synced)
        sync_folder(out->target);
    mem_free(out->temp);
    out->temp = NULL;
    file_out_abort(out);
    return 0;
}

void file_out_abort(struct file_out *out)
{
    if (!out)
        return;
    const int saved = errno;
    if (out->fd >= 0 && !out->borrowed)
        close(out->fd);
    if (out->temp)
        unlink(out->temp);
    mem_free(out->temp);
    mem_free(out->target);
    mem_free(out->path);
    mem_free(out);
    errno = saved;
}

int file_write_all(const char *path, const void *data, size_t size, struct error *e)
{
    struct file_out *out = file_out_report(path, e);
    if (!out)
        return error_code(e);
    int rc = file_out_write(out, data, size, e);
    if (rc == 0)
        rc = file_out_commit(out, e);
    if (rc)
        file_out_abort(out);
    return rc;
}

// Is this what temp_name makes of a name that begins with `prefix`?
static bool is_temporary(const char *name, const char *prefix)
{
    const size_t len = strlen(name);
    return name[0] == '.' && strncmp(name + 1, prefix, strlen(prefix)) == 0 && len > 4 &&
           strcmp(name + len - 4, ".tmp") == 0;
}

void file_remove_temporaries(const char *folder, const char *prefix)
{
    DIR *dir = opendir(folder);
    for (const struct dirent *entry; dir && (entry = readdir(dir));)
        if (is_temporary(entry->d_name, prefix))
            (void)unlinkat(dirfd(dir), entry->d_name, 0);
    if (dir)
        closedir(dir);
}

int file_make_folders(const char *path, struct error *e)
{
    char *partial = mem_strdup(path);
    if (!partial)
        return error_nomem(e, path);
    int rc = 0;
    for (char *c = partial + 1; rc == 0 && *partial; c++) {
        const char kept = *c;
        if (kept != '/' && kept != '\0')
            continue;
        *c = '\0';
        if (mkdir(partial, 0777) != 0 && errno != EEXIST) {
            const int why = errno;
            if (!file_is_folder(partial)) {
                errno = why;
                rc = error_errno(e, "%s: cannot make the folder", partial);
            }
        }
        *c = kept;
        if (kept == '\0')
            break;
    }
    if (rc == 0 && *path && !file_is_folder(path))
        rc = error_set(e, ERR_IO, "%s: is not a folder", path);
    mem_free(partial);
    return rc;
}
