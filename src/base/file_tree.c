// SPDX-License-Identifier: MIT
// One walk with a function for each entry; listing and clearing are two of those. Depth and number
// are bounded, for folders come from outside and links may go round.
#include "base/file_tree.h"

#include "base/file.h"
#include "base/mem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MAX 16
#define FILES_MAX 1000000

// What is called for each entry: its whole path and what it is.
struct visit {
    int (*entry)(struct visit *v, const char *path, const struct stat *st, int depth,
                 struct error *e);
    bool links; // look at links themselves
    bool shown; // leave out what begins with a dot or an underscore, unseen
    char **name;
    size_t count, cap;
    size_t skip; // of a path, to make a name of it
};

static bool is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static int visit_entry(struct visit *v, const char *folder, const char *name, int depth,
                       struct error *e)
{
    struct stat st;
    char *path = file_join(folder, name);
    if (!path)
        return error_nomem(e, folder);
    int rc;
    if ((v->links ? lstat(path, &st) : stat(path, &st)) != 0)
        rc = error_errno(e, "%s: cannot stat", path);
    else
        rc = v->entry(v, path, &st, depth, e);
    mem_free(path);
    return rc;
}

static int visit_folder(struct visit *v, const char *folder, int depth, struct error *e)
{
    if (depth > DEPTH_MAX)
        return error_set(e, ERR_LIMIT, "%s: more than %d folders deep", folder, DEPTH_MAX);
    DIR *dir = opendir(folder);
    if (!dir)
        return error_errno(e, "%s: cannot open the folder", folder);
    int rc = 0;
    while (rc == 0) {
        errno = 0;
        const struct dirent *entry = readdir(dir);
        if (!entry) {
            rc = errno ? error_errno(e, "%s: cannot read the folder", folder) : 0;
            break;
        }
        const bool hidden = entry->d_name[0] == '.' || entry->d_name[0] == '_';
        if (!is_dots(entry->d_name) && !(v->shown && hidden))
            rc = visit_entry(v, folder, entry->d_name, depth, e);
    }
    closedir(dir);
    return rc;
}

static int add_name(struct visit *v, const char *path, struct error *e)
{
    if (v->count == v->cap) {
        const size_t cap = v->cap ? 2 * v->cap : 16;
        char **grown = v->count < FILES_MAX ? mem_realloc(v->name, cap * sizeof *grown) : NULL;
        if (!grown)
            return v->count < FILES_MAX ? error_nomem(e, path)
                                        : error_set(e, ERR_LIMIT, "%s: too many files", path);
        v->name = grown;
        v->cap = cap;
    }
    v->name[v->count] = mem_strdup(path + v->skip);
    return v->name[v->count] ? (v->count++, 0) : error_nomem(e, path);
}

static int list_entry(struct visit *v, const char *path, const struct stat *st, int depth,
                      struct error *e)
{
    return S_ISDIR(st->st_mode) ? visit_folder(v, path, depth + 1, e) : add_name(v, path, e);
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int list(const char *folder, bool shown, char ***names, size_t *count, struct error *e)
{
    const size_t len = strlen(folder);
    struct visit v = {
        .entry = list_entry, .shown = shown, .skip = len + (len && folder[len - 1] != '/')};
    const int rc = visit_folder(&v, folder, 0, e);
    if (rc) {
        file_list_free(v.name, v.count);
        v.name = NULL;
        v.count = 0;
    }
    if (v.count)
        qsort(v.name, v.count, sizeof *v.name, by_bytes);
    *names = v.name;
    *count = v.count;
    return rc;
}

int file_tree(const char *folder, char ***names, size_t *count, struct error *e)
{
    return list(folder, false, names, count, e);
}

int file_tree_shown(const char *folder, char ***names, size_t *count, struct error *e)
{
    return list(folder, true, names, count, e);
}

static int remove_entry(struct visit *v, const char *path, const struct stat *st, int depth,
                        struct error *e)
{
    const int rc = S_ISDIR(st->st_mode) ? visit_folder(v, path, depth + 1, e) : 0;
    if (rc == 0 && remove(path) != 0)
        return error_errno(e, "%s: cannot remove", path);
    return rc;
}

int file_tree_clear(const char *folder, struct error *e)
{
    struct visit v = {.entry = remove_entry, .links = true};
    struct stat st;
    if (lstat(folder, &st) != 0)
        return errno == ENOENT ? 0 : error_errno(e, "%s: cannot stat", folder);
    if (S_ISLNK(st.st_mode))
        return error_set(e, ERR_UNSUPPORTED,
                         "%s: is a link; what it leads to is not removed, remove the link", folder);
    return visit_folder(&v, folder, 0, e);
}

static int copy_bytes(int from, struct file_out *out, const char *name, struct error *e)
{
    char piece[65536];
    ssize_t got;
    while ((got = read(from, piece, sizeof piece)) != 0) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_errno(e, "%s: cannot read", name);
        const int rc = file_out_write(out, piece, (size_t)got, e);
        if (rc)
            return rc;
    }
    return 0;
}

static int copy_file(const char *from, const char *to, struct error *e)
{
    const int fd = open(from, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_errno(e, "%s: cannot open", from);
    struct file_out *out = file_out_report(to, e);
    int rc = out ? copy_bytes(fd, out, from, e) : error_code(e);
    if (rc == 0)
        rc = file_out_commit(out, e);
    if (rc)
        file_out_abort(out);
    close(fd);
    return rc;
}

static int make_parents(const char *path, struct error *e)
{
    char *folder = mem_strdup(path);
    if (!folder)
        return error_nomem(e, path);
    char *slash = strrchr(folder, '/');
    if (slash)
        *slash = '\0';
    const int rc = slash && *folder ? file_make_folders(folder, e) : 0;
    mem_free(folder);
    return rc;
}

int file_duplicate(const char *from, const char *to, struct error *e)
{
    const int rc = make_parents(to, e);
    if (rc)
        return rc;
    unlink(to);
    return linkat(AT_FDCWD, from, AT_FDCWD, to, AT_SYMLINK_FOLLOW) == 0 ? 0
                                                                        : copy_file(from, to, e);
}
