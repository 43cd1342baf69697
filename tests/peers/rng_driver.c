// SPDX-License-Identifier: MIT
// Runs the lines of standard input (see rng_script.h) on one generator and prints the words of
// each as a line of hexadecimal numbers.
#include "base/mem.h"
#include "rng_script.h"

#include <stdio.h>
#include <string.h>

int main(void)
{
    struct rng rng;
    rng_seed(&rng, 0);
    uint32_t *words = mem_array(RNG_SCRIPT_MAX, sizeof *words);
    char line[200];
    int status = words ? 0 : 1;
    while (status == 0 && fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = '\0';
        const long count = rng_script_run(&rng, line, words);
        if (count < 0) {
            fprintf(stderr, "rng_driver: not understood: %s\n", line);
            status = 1;
        }
        for (long i = 0; i < count; i++)
            printf("%s%x", i > 0 ? " " : "", words[i]);
        putchar('\n');
    }
    mem_free(words);
    return status;
}
