// SPDX-License-Identifier: MIT
// A configuration file from arbitrary bytes: options or one line, and what was set prints as text
// that sets it again.
#include "fuzz.h"

#include "base/buf.h"
#include "train/config.h"

// Values within their ranges survive a round trip through text.
static void check_prints(struct opt_set *options)
{
    for (size_t i = 0; i < options->count; i++) {
        struct buf first, second;
        struct error e = {0};
        buf_init(&first, 1 << 21);
        buf_init(&second, 1 << 21);
        if (opt_print(options, i, &first) ||
            opt_assign(options, (int)i, first.data, OPT_ARGV, "printed", &e) ||
            opt_print(options, i, &second) || strcmp(first.data, second.data) != 0)
            __builtin_trap();
        buf_clear(&first);
        buf_clear(&second);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct train_config config;
    struct opt_set options;
    struct error e = {0};
    memset(&config, 0, sizeof config);
    if (opt_begin(&options, train_options, train_option_count, &config, &e))
        __builtin_trap();
    const int rc = train_config_text(&options, "fuzz.json", (const char *)data, size, &e);
    if (rc != e.code || (rc && (!e.text[0] || strchr(e.text, '\n'))))
        __builtin_trap();
    (void)train_config_check(&config, NULL);
    check_prints(&options);
    opt_end(&options);
    return 0;
}
