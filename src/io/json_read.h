// SPDX-License-Identifier: MIT
// JSON in: one object from a small file or from memory, with the place of a mistake in the message.
#ifndef SKIFF_IO_JSON_READ_H
#define SKIFF_IO_JSON_READ_H

#include "base/err.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define JSON_FILE_MAX ((size_t)1 << 20) // bytes of the files that describe a job

// NULL with ERR_FORMAT for anything but an object without doubled members. `name` begins messages.
json_t *json_object_parse(const char *name, const char *text, size_t size, struct error *e);

// The same from a file. One that is absent, or holds nothing but white space, is an empty object.
json_t *json_object_file(const char *path, struct error *e);

// jansson's memory is base/mem's from now on. Before anything is made of JSON.
void json_use_memory(void);

// As json_loadb, which nothing else calls. Where memory is lacking, and is base/mem's, it is NULL
// and json_no_memory says so.
json_t *json_load(const char *text, size_t size, size_t flags, json_error_t *bad);

// Was it memory that jansson lacked, when it has read nothing? It then names no line.
bool json_no_memory(const json_error_t *bad);

// A member that is a text, or NULL.
const char *json_member_text(const json_t *object, const char *name);

#endif
