// SPDX-License-Identifier: MIT
// Doubled members are refused, since which of two values counts is a guess; absent and blank files
// are empty objects, since fakes of the platform leave them so.
#include "io/json_read.h"

#include "base/buf.h"
#include "base/file.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

bool json_no_memory(const json_error_t *bad)
{
    return bad->line < 1 || json_error_code(bad) == json_error_out_of_memory;
}

json_t *json_object_parse(const char *name, const char *text, size_t size, struct error *e)
{
    json_error_t bad;
    json_t *object = json_load(text, size, JSON_REJECT_DUPLICATES, &bad);
    if (json_is_object(object))
        return object;
    if (object)
        error_set(e, ERR_FORMAT, "%s: must be a JSON object, such as {\"epochs\": \"100\"}", name);
    else if (json_no_memory(&bad))
        error_nomem(e, name);
    else
        error_set(e, ERR_FORMAT, "%s:%d:%d: not valid JSON: %.120s", name, bad.line, bad.column,
                  bad.text);
    json_decref(object);
    return NULL;
}

json_t *json_object_file(const char *path, struct error *e)
{
    if (access(path, F_OK) != 0 && errno == ENOENT)
        return json_object_parse(path, "{}", 2, e);
    struct buf text;
    buf_init(&text, JSON_FILE_MAX);
    json_t *object = NULL;
    if (file_read_all(path, JSON_FILE_MAX, &text, e) == 0) {
        const bool blank = !text.data || strspn(text.data, " \t\r\n") == text.len;
        object = blank ? json_object_parse(path, "{}", 2, e)
                       : json_object_parse(path, text.data, text.len, e);
    }
    buf_clear(&text);
    return object;
}

const char *json_member_text(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}
