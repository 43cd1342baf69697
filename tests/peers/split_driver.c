// SPDX-License-Identifier: MIT
// Runs the lines of standard input (see split_script.h) and prints for each its rows, or "refused:"
// and the message.
#include "base/mem.h"
#include "split_script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OUTPUT_MAX ((size_t)64 << 20)

int main(void)
{
    char *line = NULL;
    size_t cap = 0;
    int status = 0;
    for (ssize_t len; status == 0 && (len = getline(&line, &cap, stdin)) > 0;) {
        struct error e = {0};
        struct buf out;
        buf_init(&out, OUTPUT_MAX);
        line[len - 1] = '\0';
        if (split_script_run(line, &out, &e) == 0)
            puts(out.data);
        else if (e.code)
            printf("refused: %s\n", e.text);
        else
            status = fprintf(stderr, "split_driver: not understood: %.60s\n", line);
        buf_clear(&out);
    }
    free(line);
    return status != 0;
}
