// SPDX-License-Identifier: MIT
// The body that loads a model, from arbitrary bytes: a name and a path, or one line that says why
// not; and neither leads out of the models' folder.
#include "fuzz.h"

#include "serve/model_requests.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct models_spec spec = {.folder = "/nowhere/models", .memory = SIZE_MAX};
    struct error e = {0};
    const char *name, *url;
    json_t *body = model_request_parse((const char *)data, size, &name, &url, &e);
    struct models *m = models_new(&spec, NULL);
    must(m && !body == !!e.code);
    if (body) {
        must(models_load(m, name, url, &e) != 0); // no such folder
        must(e.code != ERR_IO ||
             (strncmp(url, "/nowhere/models/", 16) == 0 && !strstr(url, "/../")));
    }
    must(e.text[0] && !strchr(e.text, '\n'));
    json_decref(body);
    models_free(m);
    return 0;
}
