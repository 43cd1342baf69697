// SPDX-License-Identifier: MIT
// job.json of local mode, and Python's expressions in it, from arbitrary bytes: a job whose metrics
// can be looked for, or one line.
#include "fuzz.h"

#include "job/local_job.h"
#include "job/local_metrics.h"

// glibc's regcomp takes memory by the product of nested counts, {9}{9}: of what people write
// themselves. So expressions are only rewritten here.
static void rewrite(const char *python)
{
    struct buf posix;
    struct error e = {0};
    size_t group = 0;
    buf_init(&posix, 1 << 16);
    const int rc = local_expression(python, &posix, &group, &e);
    if (rc != e.code || (rc == 0 && group == 0) || (rc && !e.text[0]))
        __builtin_trap();
    buf_clear(&posix);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct local_job j;
    struct error e = {0};
    char text[512];
    const size_t len = size < sizeof text - 1 ? size : sizeof text - 1;
    memcpy(text, data, len);
    text[len] = '\0';
    rewrite(text);
    if (local_job_parse(&j, "folder", (const char *)data, size, &e) == 0) {
        const json_t *list = json_object_get(j.file, "MetricDefinitions");
        for (size_t i = 0; i < json_array_size(list); i++)
            rewrite(json_string_value(json_object_get(json_array_get(list, i), "Regex")));
        local_job_clear(&j);
    }
    if (e.code && (!e.text[0] || strchr(e.text, '\n')))
        __builtin_trap();
    return 0;
}
