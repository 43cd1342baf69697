// SPDX-License-Identifier: MIT
// Members of JSON that is not trusted, by a path of keys: json_at(root, "training.best.epoch"). A
// member of another kind than asked for is as good as none, and so is one of NULL.
#ifndef SKIFF_IO_JSON_AT_H
#define SKIFF_IO_JSON_AT_H

#include <jansson.h>
#include <stddef.h>

const json_t *json_at(const json_t *root, const char *keys);
const char *json_text_at(const json_t *root, const char *keys); // NULL when it is no string
double json_number_at(const json_t *root, const char *keys);    // NaN when it is no number
size_t json_count_at(const json_t *root, const char *keys);     // 0 when no whole number >= 0

#endif
