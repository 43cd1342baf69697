// SPDX-License-Identifier: MIT
// Options from a JSON object. Each value becomes the text that one would have typed, so that a
// file and the command line mean the same.
#include "train/config.h"

#include "base/buf.h"
#include "base/file.h"
#include "io/json_read.h"

#include <stdio.h>
#include <string.h>

#define CONFIG_MAX 1048576 // bytes

// The text of a number, boolean or string.
static int scalar_text(const json_t *value, struct buf *out)
{
    if (json_is_string(value))
        return buf_append(out, json_string_value(value), json_string_length(value));
    if (json_is_integer(value))
        return buf_printf(out, "%lld", (long long)json_integer_value(value));
    if (json_is_real(value))
        return buf_printf(out, "%.17g", json_real_value(value));
    if (json_is_boolean(value))
        return buf_puts(out, json_is_true(value) ? "true" : "false");
    return ERR_FORMAT;
}

static int value_text(const json_t *value, struct buf *out)
{
    if (!json_is_array(value))
        return scalar_text(value, out);
    for (size_t i = 0; i < json_array_size(value); i++) {
        if (i)
            buf_puts(out, ",");
        const json_t *element = json_array_get(value, i);
        if (!json_is_number(element))
            return ERR_FORMAT;
        scalar_text(element, out);
    }
    return out->failed ? out->failed : buf_puts(out, "");
}

static int set_member(struct opt_set *options, const char *name, const char *key,
                      const json_t *value, struct error *e)
{
    const int index = opt_find(options, key);
    if (index < 0) {
        const char *nearest = opt_nearest(options, key);
        return error_set(e, ERR_USAGE, "%s: unknown option '%.60s'%s%s%s", name, key,
                         nearest ? "; did you mean '" : "", nearest ? nearest : "",
                         nearest ? "'?" : "");
    }
    if (json_is_null(value))
        return 0;
    if (strcmp(options->table[index].name, "config") == 0)
        return error_set(e, ERR_USAGE, "%s: a configuration file cannot name another", name);
    struct buf text;
    buf_init(&text, CONFIG_MAX);
    int rc = value_text(value, &text);
    if (rc == ERR_FORMAT || (rc == 0 && text.data && strlen(text.data) != text.len))
        rc = error_set(e, ERR_USAGE,
                       "%s: '%s' must be a string, a number, true, false or a list of numbers",
                       name, key);
    else if (rc)
        rc = buf_check(&text, name, e);
    if (rc == 0) {
        char where[256];
        snprintf(where, sizeof where, "%.180s: %.60s", name, key);
        rc = opt_assign(options, index, text.data, OPT_CONFIG, where, e);
    }
    buf_clear(&text);
    return rc;
}

// Two spellings of one option in a file: which one is meant?
static int check_doubles(const struct opt_set *options, const char *name, json_t *object,
                         struct error *e)
{
    const char *key, *other;
    json_t *value;
    json_object_foreach(object, key, value)
    {
        const int index = opt_find(options, key);
        for (void *it = json_object_iter_at(object, key); index >= 0 && it;) {
            it = json_object_iter_next(object, it);
            other = it ? json_object_iter_key(it) : NULL;
            if (other && opt_find(options, other) == index)
                return error_set(e, ERR_USAGE, "%s: '%.60s' and '%.60s' are the same option", name,
                                 key, other);
        }
    }
    return 0;
}

// A run's record, whose options are to be repeated; else NULL.
static json_t *options_of_record(json_t *object)
{
    const char *program = json_string_value(json_object_get(object, "program"));
    json_t *options = json_object_get(object, "options");
    return program && strcmp(program, "skiff") == 0 && json_is_object(options) ? options : NULL;
}

// What a run that is repeated does anew: its files must not go where those of the record are, and
// it does not go on from the other's checkpoints.
static void forget_places(json_t *options)
{
    for (size_t i = 0; i < train_option_count; i++)
        if (train_options[i].effect == OPT_PLACE)
            json_object_del(options, train_options[i].name);
}

static int set_all(struct opt_set *options, const char *name, json_t *object, struct error *e)
{
    const char *key;
    json_t *value;
    json_t *record = options_of_record(object);
    if (record)
        forget_places(record);
    json_t *members = record ? record : object;
    int rc = check_doubles(options, name, members, e);
    json_object_foreach(members, key, value)
    {
        if (rc == 0)
            rc = set_member(options, name, key, value, e);
    }
    return rc;
}

int train_config_text(struct opt_set *options, const char *name, const char *text, size_t size,
                      struct error *e)
{
    json_error_t bad;
    json_t *object = json_load(text, size, JSON_REJECT_DUPLICATES, &bad);
    if (!object)
        return error_set(e, ERR_FORMAT, "%s:%d:%d: not valid JSON: %.120s", name, bad.line,
                         bad.column, bad.text);
    const int rc = json_is_object(object)
                       ? set_all(options, name, object, e)
                       : error_set(e, ERR_FORMAT,
                                   "%s: must be a JSON object, such as {\"epochs\": 100}", name);
    json_decref(object);
    return rc;
}

int train_config_file(struct opt_set *options, const char *path, struct error *e)
{
    struct buf text;
    buf_init(&text, CONFIG_MAX);
    int rc = file_read_all(path, CONFIG_MAX, &text, e);
    if (rc == 0)
        rc = train_config_text(options, path, text.data ? text.data : "", text.len, e);
    buf_clear(&text);
    return rc;
}
