// SPDX-License-Identifier: MIT
// For records that others may have written: whoever asks says which member it wants and gets NULL,
// NaN or 0 where there is no such thing, instead of walking through objects that may not be there.
#include "io/json_at.h"

#include <math.h>
#include <string.h>

#define KEY_MAX 64

const json_t *json_at(const json_t *root, const char *keys)
{
    while (root && keys) {
        char key[KEY_MAX];
        const char *dot = strchr(keys, '.');
        const size_t len = dot ? (size_t)(dot - keys) : strlen(keys);
        if (len >= sizeof key)
            return NULL;
        memcpy(key, keys, len);
        key[len] = '\0';
        root = json_object_get(root, key);
        keys = dot ? dot + 1 : NULL;
    }
    return root;
}

const char *json_text_at(const json_t *root, const char *keys)
{
    return json_string_value(json_at(root, keys));
}

double json_number_at(const json_t *root, const char *keys)
{
    const json_t *value = json_at(root, keys);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

size_t json_count_at(const json_t *root, const char *keys)
{
    const json_t *value = json_at(root, keys);
    const json_int_t count = json_integer_value(value);
    return count > 0 ? (size_t)count : 0;
}
