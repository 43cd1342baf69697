// SPDX-License-Identifier: MIT
// serve_driver MODEL TYPE ACCEPT [OUTPUT]: answers requests. On standard input each is its length,
// eight bytes, and its body; on standard output a status, four bytes, then likewise the answer. "-"
// stands for a header that is absent.
#include "base/mem.h"
#include "serve/invoke.h"

#include <stdio.h>
#include <string.h>

static const char *header(const char *text)
{
    return strcmp(text, "-") == 0 ? NULL : text;
}

static int answer(struct invoker *v, const struct invocation *in)
{
    struct reply r;
    invoke(v, in, &r);
    const uint32_t status = (uint32_t)r.status;
    const uint64_t size = r.body.len;
    const bool good = fwrite(&status, sizeof status, 1, stdout) == 1 &&
                      fwrite(&size, sizeof size, 1, stdout) == 1 &&
                      fwrite(r.body.data ? r.body.data : "", 1, r.body.len, stdout) == r.body.len;
    buf_clear(&r.body);
    return good ? 0 : 1;
}

int main(int argc, char **argv)
{
    struct error e = {0};
    if (argc < 4)
        return 2;
    const struct invoker_spec spec = {.run.model = argv[1], .output = argc > 4 ? argv[4] : NULL};
    struct invoker *v = invoker_open(&spec, &e);
    if (!v) {
        fprintf(stderr, "%s\n", e.text);
        return 1;
    }
    uint64_t size;
    int rc = 0;
    while (rc == 0 && fread(&size, sizeof size, 1, stdin) == 1) {
        unsigned char *body = mem_alloc((size_t)size + 1);
        const struct invocation in = {.content_type = header(argv[2]),
                                      .accept = header(argv[3]),
                                      .body = body,
                                      .size = (size_t)size};
        rc = body && fread(body, 1, in.size, stdin) == in.size ? answer(v, &in) : 1;
        mem_free(body);
    }
    invoker_close(v);
    return rc;
}
