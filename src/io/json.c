// SPDX-License-Identifier: MIT
// jansson says nothing when memory runs out: a value is NULL, and all that tells is that it cannot
// be put anywhere. So callers build a whole object, hand the same `failed` to each call, and look
// at it once.
#include "io/json.h"

#include "base/file.h"

#include <math.h>

#define JSON_TEXT_MAX ((size_t)1 << 30)

static int append(const char *data, size_t size, void *context)
{
    return buf_append(context, data, size) == 0 ? 0 : -1;
}

void json_append(const json_t *value, size_t flags, struct buf *out)
{
    if ((!value || json_dump_callback(value, append, out, flags)) && !out->failed)
        out->failed = ERR_NOMEM;
}

int json_text(const json_t *root, struct buf *out, struct error *e)
{
    json_append(root, JSON_TEXT_FLAGS, out);
    buf_puts(out, "\n");
    return buf_check(out, "JSON", e);
}

int json_write(const json_t *root, const char *path, struct error *e)
{
    struct buf text;
    buf_init(&text, JSON_TEXT_MAX);
    int rc = json_text(root, &text, e);
    if (rc == 0)
        rc = file_write_all(path, text.data, text.len, e);
    else
        error_prefix(e, rc, "%s", path);
    buf_clear(&text);
    return rc;
}

void json_put(json_t *object, const char *key, json_t *value, bool *failed)
{
    if (json_object_set_new(object, key, value) != 0)
        *failed = true;
}

void json_push(json_t *array, json_t *value, bool *failed)
{
    if (json_array_append_new(array, value) != 0)
        *failed = true;
}

json_t *json_number_or_null(double x)
{
    return isfinite(x) ? json_real(x) : json_null();
}

json_t *json_any_text(const char *text)
{
    json_t *value = json_string(text);
    return value ? value : json_string("(not valid UTF-8)");
}
