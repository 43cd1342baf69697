// SPDX-License-Identifier: MIT
// JSON out. jansson drops what it has no memory for and says nothing, so text goes through a
// struct buf, whose failure sticks.
#ifndef SKIFF_IO_JSON_H
#define SKIFF_IO_JSON_H

#include "base/buf.h"
#include "base/err.h"

#include <jansson.h>
#include <stdbool.h>

// Indented by two, every double with the 17 digits that read back to the same bits, a newline at
// the end.
#define JSON_TEXT_FLAGS (JSON_INDENT(2) | JSON_REAL_PRECISION(17))

// Append a value with jansson's flags. NULL is one that could not be made: out->failed is set then,
// as it is where memory is lacking.
void json_append(const json_t *value, size_t flags, struct buf *out);
// `root` as a text of its own. ERR_NOMEM when it is NULL.
int json_text(const json_t *root, struct buf *out, struct error *e);
// The same into a file.
int json_write(const json_t *root, const char *path, struct error *e);

// Members and elements; `value` is stolen and may be NULL. *failed is set when something could not
// be added, and never cleared.
void json_put(json_t *object, const char *key, json_t *value, bool *failed);
void json_push(json_t *array, json_t *value, bool *failed);

// A number, or null when it is not finite. Text, whether it is valid UTF-8 or not.
json_t *json_number_or_null(double x);
json_t *json_any_text(const char *text);

#endif
