// SPDX-License-Identifier: MIT
// What becomes of a Python value on its way into hyperparameters.json. Each sender's encoding was
// taken from files that the toolkits wrote; the reader in hyper.c knows nothing of this.
#include "base/buf.h"
#include "io/json.h"
#include "io/json_read.h"
#include "job/local_job.h"

#include <string.h>

#define TEXT_MAX_LEN 65536
#define DUMP_FLAGS   (JSON_ENCODE_ANY | JSON_REAL_PRECISION(15))

// As one would have typed it in Python: anything that is no number, list or word is a text.
static json_t *python_value(const char *text)
{
    if (strcmp(text, "None") == 0)
        return json_null();
    if (strcmp(text, "True") == 0 || strcmp(text, "False") == 0)
        return json_boolean(text[0] == 'T');
    json_error_t bad;
    json_t *value = json_load(text, strlen(text), JSON_DECODE_ANY, &bad);
    if (!value && json_no_memory(&bad))
        return NULL;
    if (value && !json_is_object(value) && !json_is_string(value))
        return value;
    json_decref(value);
    return json_string(text);
}

// repr(), and for a text that is not in a list str().
static void put_python(const json_t *value, bool inside, struct buf *out)
{
    if (json_is_string(value)) {
        buf_printf(out, inside ? "'%s'" : "%s", json_string_value(value));
    } else if (json_is_boolean(value)) {
        buf_puts(out, json_is_true(value) ? "True" : "False");
    } else if (json_is_null(value)) {
        buf_puts(out, "None");
    } else if (json_is_array(value)) {
        for (size_t i = 0; i < json_array_size(value); i++) {
            buf_puts(out, i ? ", " : "[");
            put_python(json_array_get(value, i), true, out);
        }
        buf_puts(out, json_array_size(value) ? "]" : "[]");
    } else {
        json_append(value, DUMP_FLAGS, out);
    }
}

static void put_text_as_json(const char *text, struct buf *out)
{
    json_t *value = json_string(text);
    json_append(value, DUMP_FLAGS, out);
    json_decref(value);
}

static void put_value(const char *text, const json_t *value, enum local_sender sender,
                      struct buf *out)
{
    const bool number = json_is_number(value); // as it was typed, in any case
    if (sender == LOCAL_SENDER_D)
        put_text_as_json(json_is_boolean(value) ? json_is_true(value) ? "true" : "false" : text,
                         out);
    else if (number)
        buf_puts(out, text);
    else if (sender == LOCAL_SENDER_A || (sender == LOCAL_SENDER_C && json_is_string(value)))
        put_python(value, false, out);
    else
        json_append(value, DUMP_FLAGS, out);
}

json_t *local_encode(const char *value, enum local_sender sender)
{
    struct buf out;
    buf_init(&out, TEXT_MAX_LEN);
    json_t *read = python_value(value), *encoded = NULL;
    if (read)
        put_value(value, read, sender, &out);
    if (read && !out.failed)
        encoded = json_string(out.data ? out.data : "");
    json_decref(read);
    buf_clear(&out);
    return encoded;
}
