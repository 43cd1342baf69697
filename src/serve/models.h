// SPDX-License-Identifier: MIT
// Models that come and go while a server runs, by name. Several threads may ask at once: one that
// is taken out is closed when nobody predicts with it any more.
#ifndef SKIFF_SERVE_MODELS_H
#define SKIFF_SERVE_MODELS_H

#include "io/json_read.h"
#include "serve/invoke.h"

#include <stdbool.h>
#include <stddef.h>

#define MODELS_NAME_MAX 256  // bytes
#define MODELS_URL_MAX  1024 // bytes
#define MODELS_PAGE     100  // of a list at a time

struct models_spec {
    struct invoker_spec like; // of all, but for the model's path
    const char *folder;       // borrowed; models lie below it
    size_t memory;            // bytes that all may take together
};

struct models;
struct model_entry;
// NULL with an error: of words that no model takes, of memory.
struct models *models_new(const struct models_spec *spec, struct error *e);
void models_free(struct models *m); // NULL is fine; nobody may be asking any more

#define MODELS_THERE 1 // no error's code: the name is taken
// Read the model at `url`, a path below the folder, and call it `name`. 0, MODELS_THERE, ERR_NOMEM
// where it does not fit beside the others, ERR_USAGE for a name or a path that may not be, or
// whatever is wrong with the model.
int models_load(struct models *m, const char *name, const char *url, struct error *e);
bool models_unload(struct models *m, const char *name); // false: there is none

// A model to predict with until it is left; NULL when there is none.
struct model_entry *models_take(struct models *m, const char *name);
struct invoker *model_invoker(const struct model_entry *entry);
void models_leave(struct models *m, struct model_entry *entry);

// {"modelName": ..., "modelUrl": ...}; NULL when there is none.
json_t *models_describe(struct models *m, const char *name, bool *failed);
// {"models": [those, by name], "nextPageToken": ...}: those behind `token`, which may be NULL; the
// token is there where there are more.
json_t *models_list(struct models *m, const char *token, bool *failed);

#endif
