// SPDX-License-Identifier: MIT
// The options of a record that shape the work of its run: by skiff's own table where it knows a
// name, and all others, since what a program's options of its own mean is not known here.
#include "base/buf.h"
#include "base/mem.h"
#include "cost/run_inner.h"
#include "io/json.h"
#include "train/config.h"

#include <string.h>

#define SETTING_MAX ((size_t)1 << 20)

// An option of skiff train, or NULL.
static const struct opt *known(const char *name)
{
    const struct opt_set options = {.table = train_options, .count = train_option_count};
    const int index = opt_find(&options, name);
    return index < 0 ? NULL : &train_options[index];
}

// What has a place of its own in a run.
static bool is_shown_apart(const char *name)
{
    static const char *const names[] = {"name", "hidden", "batch_size", "device"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

static bool shapes_work(const char *name)
{
    const struct opt *o = known(name);
    return !is_shown_apart(name) && (!o || o->effect == OPT_SHAPES || o->effect == OPT_SETTLED);
}

static int put_option(struct buf *out, const char *name, json_t *value)
{
    buf_printf(out, "%s%s=", out->len ? ", " : "", name);
    if (json_is_string(value))
        buf_puts(out, json_string_value(value));
    else
        json_append(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(6), out);
    return out->failed;
}

char *run_setting(const json_t *options)
{
    struct buf out;
    const char *name;
    json_t *value;
    int rc = 0;
    buf_init(&out, SETTING_MAX);
    json_object_foreach((json_t *)(uintptr_t)options, name, value)
    {
        if (rc == 0 && shapes_work(name) && !json_is_null(value))
            rc = put_option(&out, name, value);
    }
    char *text = rc == 0 || rc == ERR_LIMIT ? mem_strdup(out.data ? out.data : "") : NULL;
    buf_clear(&out);
    return text;
}

static bool same_value(const json_t *a, const json_t *b)
{
    if (json_is_number(a) && json_is_number(b))
        return json_number_value(a) == json_number_value(b);
    return json_equal(a, b);
}

// Is this of the work whatever program does it? What auto came to stands elsewhere in a run.
static bool is_common(const char *name)
{
    const struct opt *o = known(name);
    return o && o->effect == OPT_SHAPES && !is_shown_apart(name);
}

static json_t *options_of(const struct cost_run *r)
{
    return r->source ? json_object_get(r->source->root, "options") : NULL;
}

bool cost_run_settings_agree(const struct cost_run *a, const struct cost_run *b)
{
    const json_t *theirs = options_of(b);
    const char *name;
    json_t *mine;
    json_object_foreach(options_of(a), name, mine)
    {
        const json_t *other = json_object_get(theirs, name);
        const bool both_say = !json_is_null(mine) && other && !json_is_null(other);
        if (both_say && is_common(name) && !same_value(mine, other))
            return false;
    }
    return true;
}
