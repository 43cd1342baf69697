// SPDX-License-Identifier: MIT
// Every value arrives as text, and how often it was encoded on the way depends on the sender: not
// at all, once as JSON, or as Python's repr. So quotes are taken off as long as the text is a whole
// JSON string, and the declared type of the option does the rest; a type is never guessed from a
// text, so that an option for names keeps "123" as a name.
#include "job/hyper.h"

#include "io/json.h"
#include "io/json_read.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define LAYERS_MAX 3
#define VALUE_MAX  65536

// "\"adam\"" -> "adam": one layer of quotes, if there is one.
static json_t *unquote(const char *text, struct buf *out)
{
    json_error_t bad;
    if (text[strspn(text, " \t\r\n")] != '"')
        return NULL;
    json_t *value = json_load(text, strlen(text), JSON_DECODE_ANY, &bad);
    if (!value && json_no_memory(&bad))
        out->failed = ERR_NOMEM;
    if (json_is_string(value))
        return value;
    json_decref(value);
    return NULL;
}

static void decode_text(const char *text, struct buf *out)
{
    json_t *held = NULL;
    for (int i = 0; i < LAYERS_MAX; i++) {
        json_t *inner = unquote(text, out);
        if (!inner)
            break;
        json_decref(held);
        held = inner;
        text = json_string_value(held);
    }
    buf_puts(out, text);
    json_decref(held);
}

bool hyper_decode(const json_t *value, struct buf *out)
{
    if (json_is_string(value))
        decode_text(json_string_value(value), out);
    else if (value && !json_is_null(value))
        json_append(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(17), out);
    if (out->len == 0 && !out->failed)
        return false;
    return out->failed || (strcmp(out->data, "None") != 0 && strcmp(out->data, "null") != 0);
}

// A name that platforms and toolkits add, and that no program has to know?
static bool is_reserved(const char *name)
{
    return strncmp(name, "sagemaker_", 10) == 0 || name[0] == '_' ||
           strcmp(name, "default_user_module_name") == 0 || strcmp(name, "mp_parameters") == 0;
}

// Lists are numbers, whatever quotes and brackets Python has put around them: (0.9, 0.999),
// ['64', '32'].
static void plain_list(char *text)
{
    for (char *c = text; *c; c++)
        if (*c == '\'' || *c == '"')
            *c = ' ';
        else if (*c == '(')
            *c = '[';
        else if (*c == ')')
            *c = ']';
    char *comma = strrchr(text, ','); // (64,)
    if (comma && comma[1 + strspn(comma + 1, " ")] == ']')
        *comma = ' ';
}

// Does the option take words with commas between them?
static bool takes_words(const struct opt *o)
{
    return o->type == OPT_TEXT && o->arg && strstr(o->arg, ",...");
}

// "['a', 'b']" -> "a,b", in place. A text that is no list stays as it is.
static void join_words(char *text)
{
    const size_t len = strlen(text);
    const bool list = len > 1 && ((text[0] == '[' && text[len - 1] == ']') ||
                                  (text[0] == '(' && text[len - 1] == ')'));
    char *to = text, quote = '\0';
    if (!list)
        return;
    for (const char *c = text + 1; c < text + len - 1; c++)
        if (*c == quote)
            quote = '\0';
        else if (!quote && (*c == '\'' || *c == '"'))
            quote = *c;
        else if (quote || *c != ' ')
            *to++ = *c;
    to -= to > text && to[-1] == ','; // ('a',)
    *to = '\0';
}

static int set_option(struct opt_set *options, int index, const char *key, struct buf *text,
                      const struct hyper_from *from, struct error *e)
{
    char where[256];
    snprintf(where, sizeof where, "%.180s: %.60s", from->file, key);
    int rc = buf_check(text, where, e);
    if (rc)
        return rc;
    const enum opt_type type = options->table[index].type;
    if (type == OPT_SIZES || type == OPT_PAIR)
        plain_list(text->data);
    else if (takes_words(&options->table[index]))
        join_words(text->data);
    return opt_assign(options, index, text->data, from->origin, where, e);
}

static int unknown(const struct opt_set *options, const char *key, const struct hyper_from *from,
                   struct error *e)
{
    char text[256];
    const char *nearest = opt_nearest(options, key);
    snprintf(text, sizeof text, "%.60s: unknown hyperparameter '%.60s'%s%s%s", from->file, key,
             nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
    if (from->strict)
        return error_set(e, ERR_USAGE, "%s", text);
    if (from->note) {
        const size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, nearest ? " It is ignored" : "; it is ignored");
        error_one_line(text); // a key may hold anything
        from->note(from->context, text);
    }
    return 0;
}

// Has the object a member of this name, which in a variable may have lost capitals and dashes?
static bool has_name(const json_t *object, const char *name)
{
    const char *other;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, other, value)
    {
        size_t i = 0;
        while (other[i] && (tolower((unsigned char)other[i]) == tolower((unsigned char)name[i]) ||
                            (other[i] == '-' && name[i] == '_')))
            i++;
        if (!other[i] && !name[i])
            return true;
    }
    return false;
}

// One that came before in the same object names the same option.
static const char *other_spelling(const struct opt_set *options, const json_t *object,
                                  const char *key, int index)
{
    const char *other;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, other, value)
    {
        if (strcmp(other, key) == 0)
            return NULL;
        if (opt_find(options, other) == index)
            return other;
    }
    return NULL;
}

static int apply_member(const json_t *object, const char *key, const json_t *value,
                        const struct hyper_from *from, struct opt_set *options, struct error *e)
{
    const int index = opt_find(options, key);
    if (index < 0)
        return is_reserved(key) || has_name(from->elsewhere, key) ? 0
                                                                  : unknown(options, key, from, e);
    const char *other = other_spelling(options, object, key, index);
    if (other)
        return error_set(e, ERR_USAGE, "%s: '%.60s' and '%.60s' are the same option", from->file,
                         other, key);
    struct buf text;
    buf_init(&text, VALUE_MAX);
    const int rc = hyper_decode(value, &text) ? set_option(options, index, key, &text, from, e) : 0;
    buf_clear(&text);
    return rc;
}

int hyper_apply(const json_t *object, const struct hyper_from *from, struct opt_set *options,
                struct error *e)
{
    int rc = 0;
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        rc = apply_member(object, key, value, from, options, e);
        if (rc)
            break;
    }
    return rc;
}
