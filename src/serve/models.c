// SPDX-License-Identifier: MIT
// A list by name under a lock, which is held for as long as it takes to look, never while a model
// is read or predicts. A name is in the list from before its model is read, so that nobody reads it
// twice; till then others do not see it. Models are counted with all that their workers may ever
// use, so that those that have been let in can predict.
#include "serve/models.h"

#include "base/mem.h"
#include "io/json.h"

#include <pthread.h>
#include <string.h>

struct model_entry {
    struct model_entry *next;
    struct invoker *invoker; // NULL: it is being read
    size_t bytes, users;
    bool removed; // from the list: the last user frees it
    char *name, *url;
};

struct models {
    struct models_spec spec;
    pthread_mutex_t lock;
    struct model_entry *first; // by name
    size_t bytes;              // of all, those that are removed and used still among them
};

struct models *models_new(const struct models_spec *spec, struct error *e)
{
    if (invoker_check(&spec->like, e) != 0)
        return NULL;
    struct models *m = mem_zalloc(sizeof *m);
    if (!m) {
        error_nomem(e, "models");
        return NULL;
    }
    m->spec = *spec;
    pthread_mutex_init(&m->lock, NULL);
    return m;
}

static void free_entry(struct model_entry *entry)
{
    if (!entry)
        return;
    invoker_close(entry->invoker);
    mem_free(entry->name);
    mem_free(entry->url);
    mem_free(entry);
}

void models_free(struct models *m)
{
    if (!m)
        return;
    for (struct model_entry *entry = m->first, *next; entry; entry = next) {
        next = entry->next;
        free_entry(entry);
    }
    pthread_mutex_destroy(&m->lock);
    mem_free(m);
}

// ---- names and paths ----

static bool has_control(const char *text)
{
    while (*text && (unsigned char)*text >= ' ' && *text != 0x7f)
        text++;
    return *text != '\0';
}

static int check_name(const char *name, struct error *e)
{
    const size_t length = strlen(name);
    if (length > 0 && length <= MODELS_NAME_MAX && !strchr(name, '/') && !has_control(name))
        return 0;
    error_set(e, ERR_USAGE, "model_name '%.100s': must have 1 to %d bytes, and no '/'", name,
              MODELS_NAME_MAX);
    error_one_line(e->text);
    return ERR_USAGE;
}

// Below the folder, and no way out of it.
static bool is_below(const char *url, const char *folder)
{
    const size_t length = strlen(folder);
    if (strncmp(url, folder, length) != 0 || url[length] != '/')
        return false;
    for (const char *at = url + length; (at = strchr(at, '/')); at++)
        if (strncmp(at, "/..", 3) == 0 && (at[3] == '/' || at[3] == '\0'))
            return false;
    return true;
}

static int check_url(const struct models *m, const char *url, struct error *e)
{
    if (strlen(url) <= MODELS_URL_MAX && !has_control(url) && is_below(url, m->spec.folder))
        return 0;
    error_set(e, ERR_USAGE, "url '%.200s': must be a path below %.200s, of %d bytes at most", url,
              m->spec.folder, MODELS_URL_MAX);
    error_one_line(e->text);
    return ERR_USAGE;
}

// ---- the list, under the lock ----

// Where the first of this name or behind it is.
static struct model_entry **find_place(struct models *m, const char *name)
{
    struct model_entry **at = &m->first;
    while (*at && strcmp((*at)->name, name) < 0)
        at = &(*at)->next;
    return at;
}

static struct model_entry **find(struct models *m, const char *name)
{
    struct model_entry **const at = find_place(m, name);
    return *at && strcmp((*at)->name, name) == 0 ? at : NULL;
}

// Those that are being read are not there yet.
static struct model_entry **find_whole(struct models *m, const char *name)
{
    struct model_entry **const at = find(m, name);
    return at && (*at)->invoker ? at : NULL;
}

static void take_out(struct model_entry **at)
{
    struct model_entry *const entry = *at;
    *at = entry->next;
    entry->next = NULL;
    entry->removed = true;
}

// ---- loading and unloading ----

static struct model_entry *new_entry(const char *name, const char *url, struct error *e)
{
    struct model_entry *entry = mem_zalloc(sizeof *entry);
    if (entry) {
        entry->name = mem_strdup(name);
        entry->url = mem_strdup(url);
    }
    if (entry && entry->name && entry->url)
        return entry;
    free_entry(entry);
    error_nomem(e, "a model");
    return NULL;
}

static bool enter(struct models *m, struct model_entry *entry)
{
    pthread_mutex_lock(&m->lock);
    struct model_entry **const at = find_place(m, entry->name);
    const bool is_new = !*at || strcmp((*at)->name, entry->name) != 0;
    if (is_new) {
        entry->next = *at;
        *at = entry;
    }
    pthread_mutex_unlock(&m->lock);
    return is_new;
}

// The model may be used from now on; or, where it could not be read or does not fit, is forgotten.
static int settle(struct models *m, struct model_entry *entry, struct invoker *v, struct error *e)
{
    const size_t bytes = v ? invoker_bytes(v) : 0;
    int rc = v ? 0 : error_code(e);
    pthread_mutex_lock(&m->lock);
    if (v && bytes > m->spec.memory - m->bytes)
        rc = error_set(e, ERR_NOMEM,
                       "a model that may take %zu bytes, and of %zu that all may take %zu are left;"
                       " unload others",
                       bytes, m->spec.memory, m->spec.memory - m->bytes);
    if (rc) {
        take_out(find(m, entry->name));
    } else {
        entry->invoker = v;
        entry->bytes = bytes;
        m->bytes += bytes;
    }
    pthread_mutex_unlock(&m->lock);
    if (rc)
        invoker_close(v);
    return rc;
}

int models_load(struct models *m, const char *name, const char *url, struct error *e)
{
    int rc = check_name(name, e);
    if (rc == 0)
        rc = check_url(m, url, e);
    if (rc)
        return rc;
    struct model_entry *entry = new_entry(name, url, e);
    if (!entry)
        return ERR_NOMEM;
    if (!enter(m, entry)) {
        free_entry(entry);
        return MODELS_THERE;
    }
    struct invoker_spec spec = m->spec.like;
    spec.run.model = entry->url;
    struct invoker *const v = invoker_open(&spec, e);
    rc = settle(m, entry, v, e);
    if (rc)
        free_entry(entry);
    return rc;
}

bool models_unload(struct models *m, const char *name)
{
    pthread_mutex_lock(&m->lock);
    struct model_entry **const at = find_whole(m, name);
    struct model_entry *const entry = at ? *at : NULL;
    if (entry) {
        take_out(at);
        entry->users++;
    }
    pthread_mutex_unlock(&m->lock);
    if (entry)
        models_leave(m, entry);
    return entry != NULL;
}

// ---- using ----

struct model_entry *models_take(struct models *m, const char *name)
{
    pthread_mutex_lock(&m->lock);
    struct model_entry **const at = find_whole(m, name);
    struct model_entry *const entry = at ? *at : NULL;
    if (entry)
        entry->users++;
    pthread_mutex_unlock(&m->lock);
    return entry;
}

struct invoker *model_invoker(const struct model_entry *entry)
{
    return entry->invoker;
}

void models_leave(struct models *m, struct model_entry *entry)
{
    pthread_mutex_lock(&m->lock);
    const bool last = --entry->users == 0 && entry->removed;
    if (last)
        m->bytes -= entry->bytes;
    pthread_mutex_unlock(&m->lock);
    if (last)
        free_entry(entry);
}

// ---- telling ----

static json_t *describe(const struct model_entry *entry, bool *failed)
{
    json_t *object = json_object();
    json_put(object, "modelName", json_string(entry->name), failed);
    json_put(object, "modelUrl", json_any_text(entry->url), failed);
    return object;
}

json_t *models_describe(struct models *m, const char *name, bool *failed)
{
    pthread_mutex_lock(&m->lock);
    struct model_entry **const at = find_whole(m, name);
    json_t *object = at ? describe(*at, failed) : NULL;
    *failed |= at && !object;
    pthread_mutex_unlock(&m->lock);
    return object;
}

json_t *models_list(struct models *m, const char *token, bool *failed)
{
    json_t *list = json_array(), *object = json_object();
    const char *last = NULL;
    size_t count = 0;
    pthread_mutex_lock(&m->lock);
    const struct model_entry *entry = token ? *find_place(m, token) : m->first;
    for (; entry && count < MODELS_PAGE; entry = entry->next) {
        if (!entry->invoker || (token && strcmp(entry->name, token) == 0))
            continue;
        json_push(list, describe(entry, failed), failed);
        last = entry->name;
        count++;
    }
    json_put(object, "models", list, failed);
    if (entry && last)
        json_put(object, "nextPageToken", json_string(last), failed);
    pthread_mutex_unlock(&m->lock);
    return object;
}
