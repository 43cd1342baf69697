// SPDX-License-Identifier: MIT
// resourceconfig.json from arbitrary bytes: hosts among which this one is, or one line.
#include "fuzz.h"

#include "io/json_read.h"
#include "job/hosts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hosts h;
    struct error e = {0};
    json_t *object = json_object_parse("fuzz.json", (const char *)data, size, &e);
    if (object && hosts_init(&h, "fuzz.json", object, &e) == 0) {
        if (h.count == 0 || h.rank >= h.count || !h.name[h.rank][0])
            __builtin_trap();
        (void)hosts_environment(&h, "[\"a\", \"b\"]", "b", NULL);
        if (h.count != 2 || h.rank != 1)
            __builtin_trap();
        hosts_clear(&h);
    }
    if (e.code && (!e.text[0] || strchr(e.text, '\n')))
        __builtin_trap();
    json_decref(object);
    return 0;
}
