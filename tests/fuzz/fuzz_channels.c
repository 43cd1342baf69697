// SPDX-License-Identifier: MIT
// inputdataconfig.json from arbitrary bytes: channels whose names are names of folders, or one
// line. checkpointconfig.json too, of which one member is read.
#include "fuzz.h"

#include "io/json_read.h"
#include "job/channel_parts.h"

static void check_channels(const struct channels *c)
{
    for (size_t i = 0; i < c->count; i++)
        if (!c->channel[i].name[0] || strchr(c->channel[i].name, '/') ||
            c->channel[i].name[0] == '.')
            __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct channels c;
    struct channel_parts p;
    struct error e = {0};
    json_t *object = json_object_parse("fuzz.json", (const char *)data, size, &e);
    (void)json_member_text(object, "LocalPath");
    if (object && channels_init(&c, "fuzz.json", object, "/nonexistent", &e) == 0) {
        check_channels(&c);
        if (channel_parts_init(&p, &c, &e) == 0)
            channel_parts_clear(&p);
        channels_clear(&c);
    }
    if (e.code && (!e.text[0] || strchr(e.text, '\n')))
        __builtin_trap();
    json_decref(object);
    return 0;
}
