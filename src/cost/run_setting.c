// SPDX-License-Identifier: MIT
// The options of a record that shape the work of its run: by skiff's own table where it knows a
// name, and all others, since what a program's options of its own mean is not known here.
#include "base/buf.h"
#include "base/mem.h"
#include "cost/run_inner.h"
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
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(6));
    if (!text)
        return ERR_NOMEM;
    const int rc = buf_printf(out, "%s%s=%s", out->len ? ", " : "", name,
                              json_is_string(value) ? json_string_value(value) : text);
    mem_free(text);
    return rc;
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
