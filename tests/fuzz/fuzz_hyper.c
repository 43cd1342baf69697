// SPDX-License-Identifier: MIT
// hyperparameters.json from arbitrary bytes, the first of which says whether unknown names are
// refused: options or one line; and what was decoded once has no quotes left to take off.
#include "fuzz.h"

#include "base/buf.h"
#include "io/json_read.h"
#include "job/hyper.h"
#include "job/objective.h"
#include "train/config.h"

static void keep_note(void *context, const char *text)
{
    (void)context;
    if (!text[0] || strchr(text, '\n'))
        __builtin_trap();
}

static void check_decoding(const json_t *object)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        struct buf once;
        buf_init(&once, 1 << 16);
        if (hyper_decode(value, &once) && !once.failed)
            (void)objective_monitor(once.data);
        if (!once.failed && once.data && strlen(once.data) != once.len)
            __builtin_trap();
        buf_clear(&once);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct train_config config;
    struct opt_set options;
    struct error e = {0};
    if (size == 0)
        return 0;
    memset(&config, 0, sizeof config);
    if (opt_begin(&options, train_options, train_option_count, &config, &e))
        __builtin_trap();
    const struct hyper_from from = {"fuzz.json", OPT_JOB, data[0] & 1, NULL, NULL, keep_note};
    json_t *object = json_object_parse("fuzz.json", (const char *)data + 1, size - 1, &e);
    if (object) {
        const int rc = hyper_apply(object, &from, &options, &e);
        if (rc != e.code)
            __builtin_trap();
        check_decoding(object);
    }
    if (e.code && (!e.text[0] || strchr(e.text, '\n')))
        __builtin_trap();
    json_decref(object);
    opt_end(&options);
    return 0;
}
