// SPDX-License-Identifier: MIT
// What the platform says the channels are wins; where it says nothing, they are the folders that
// are there. Only files with names of data count, for platforms leave marks beside them.
#include "job/channels.h"

#include "base/file.h"
#include "base/file_tree.h"
#include "base/mem.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define DEPTH_MAX    16
#define FILES_MAX    65536
#define NAME_LEN_MAX 64 // as the platform has it

void channels_clear(struct channels *c)
{
    for (size_t i = 0; i < c->count; i++) {
        mem_free(c->channel[i].name);
        mem_free(c->channel[i].path);
        file_list_free(c->channel[i].file, c->channel[i].files);
    }
    *c = (struct channels){0};
}

const struct channel *channels_find(const struct channels *c, const char *name)
{
    for (size_t i = 0; i < c->count; i++)
        if (strcmp(c->channel[i].name, name) == 0)
            return &c->channel[i];
    return NULL;
}

static bool has_suffix(const char *name, const char *suffix)
{
    const size_t a = strlen(name), b = strlen(suffix);
    return a > b && strcmp(name + a - b, suffix) == 0;
}

static bool is_data(const char *name)
{
    return has_suffix(name, ".npz") || has_suffix(name, ".csv") || has_suffix(name, ".csv.gz");
}

bool channel_is_name(const char *name)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    const size_t len = strlen(name);
    return len > 0 && len <= NAME_LEN_MAX && strspn(name, letters) == len && name[0] != '.';
}

// Data files of a channel's folder and of those in it; "_SUCCESS" and the like are none.
static int find_files(struct channel *c, struct error *e)
{
    int rc = file_tree_shown(c->path, &c->file, &c->files, e);
    size_t kept = 0;
    for (size_t i = 0; i < c->files; i++) {
        char *name = c->file[i];
        c->file[i] = NULL;
        const bool wanted = rc == 0 && is_data(name);
        char *path = wanted ? file_join(c->path, name) : NULL;
        if (wanted && !path)
            rc = error_nomem(e, c->path);
        mem_free(name);
        if (path)
            c->file[kept++] = path;
    }
    c->files = kept;
    return rc;
}

static bool is_word(const json_t *object, const char *member, const char *word)
{
    const char *text = json_string_value(json_object_get(object, member));
    return text && strcmp(text, word) == 0;
}

static int add(struct channels *c, const char *name, const json_t *object, const char *data,
               struct error *e)
{
    if (c->count == CHANNELS_MAX)
        return error_set(e, ERR_LIMIT, "%s: more than %d channels", data, CHANNELS_MAX);
    struct channel *one = &c->channel[c->count++];
    *one = (struct channel){
        .name = mem_strdup(name),
        .path = file_join(data, name),
        .pipe = is_word(object, "TrainingInputMode", "Pipe"),
        .sharded = is_word(object, "S3DistributionType", "ShardedByS3Key"),
        .recordio = is_word(object, "RecordWrapperType", "RecordIO"),
    };
    if (!one->name || !one->path)
        return error_nomem(e, name);
    const bool absent = access(one->path, F_OK) != 0 && errno == ENOENT;
    return one->pipe || absent ? 0 : find_files(one, e);
}

// Folders that toolkits mount as channels and that hold programs.
static bool is_code(const char *name)
{
    return strcmp(name, "code") == 0 || strcmp(name, "sm_drivers") == 0;
}

static int add_folders(struct channels *c, const char *data, struct error *e)
{
    char **name;
    size_t count;
    if (!file_is_folder(data))
        return 0;
    int rc = file_list(data, &name, &count, e);
    if (rc)
        return rc;
    for (size_t i = 0; rc == 0 && i < count; i++) {
        char *path = file_join(data, name[i]);
        if (!path)
            rc = error_nomem(e, data);
        else if (file_is_folder(path) && !is_code(name[i]))
            rc = add(c, name[i], NULL, data, e);
        mem_free(path);
    }
    file_list_free(name, count);
    return rc;
}

int channels_init(struct channels *c, const char *file, const json_t *object, const char *data,
                  struct error *e)
{
    *c = (struct channels){0};
    int rc = 0;
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, name, value)
    {
        if (!channel_is_name(name))
            rc = error_set(e, ERR_FORMAT, "%s: '%.100s' cannot be the name of a channel", file,
                           name);
        else if (!is_code(name))
            rc = add(c, name, value, data, e);
        if (rc)
            break;
    }
    if (rc == 0 && json_object_size(object) == 0)
        rc = add_folders(c, data, e);
    if (rc)
        channels_clear(c);
    return rc;
}
