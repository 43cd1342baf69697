// SPDX-License-Identifier: MIT
#include "bench_options.h"

#include "base/buf.h"
#include "kern/cpu.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ROUNDS       31
#define ROUNDS_SHORT 9

#define AT(field) offsetof(struct bench_options, field)

static const char *const suite_words[] = {"all", "kern", "train", "load", NULL};
static const char *const gemm_words[] = {"auto", "own", "blas", NULL};

// clang-format off
static const struct opt table[] = {
    // The SUITE_ROWS of a program that has suites.
    {.group = "What to run", .name = "suite", .type = OPT_ENUM, .offset = AT(suite),
     .words = suite_words, .initial = "all", .arg = "NAME",
     .help = "kern: single kernels. train: whole steps and epochs. load: data files."},
    {.name = "gemm", .type = OPT_ENUM, .offset = AT(gemm), .words = gemm_words, .initial = "auto",
     .arg = "NAME", .help = "Whose matrix products the training cases use, as skiff train has it."},
    {.name = "dir", .type = OPT_TEXT, .offset = AT(dir), .arg = "DIR",
     .help = "Where data files go for as long as they are needed; TMPDIR or /tmp unless given."},
    {.group = "How to run it", .name = "level", .type = OPT_TEXT, .offset = AT(level),
     .arg = "NAME",
     .help = "CPU level: baseline, avx2, avx512, neon, or all of them; the best unless given."},
    {.name = "threads", .type = OPT_SIZES, .offset = AT(threads), .arg = "N,N", .min = 1,
     .max = 1024, .initial = "",
     .help = "Numbers of threads; 1 and all cores unless given."},
    {.name = "case", .type = OPT_TEXT, .offset = AT(text), .arg = "TEXT",
     .help = "Only cases whose name contains this."},
    {.name = "rounds", .type = OPT_INT, .offset = AT(rounds), .arg = "N", .min = 0, .max = 100000,
     .initial = "0", .help = "Rounds in which all cases take turns; 0: 31, or 9 with --short."},
    {.name = "short", .type = OPT_BOOL, .offset = AT(brief),
     .help = "Under a minute and a half: fewer rounds, and the largest cases smaller."},
    {.name = "wrong", .type = OPT_TEXT, .offset = AT(wrong), .arg = "TEXT",
     .help = "Expect wrong results of cases whose name contains this, to see that verification "
             "finds out."},
    {.name = "late", .type = OPT_BOOL, .offset = AT(late),
     .help = "With --wrong: only in the last round, to see that each round is verified."},
    {.group = "Output", .name = "table", .type = OPT_BOOL, .offset = AT(table),
     .help = "A table instead of JSON lines, as on a terminal."},
    {.name = "json", .type = OPT_TEXT, .offset = AT(json), .arg = "FILE",
     .help = "Append the JSON lines to this file."},
    {.name = "help", .type = OPT_BOOL, .offset = AT(help), .help = "This text."},
};
// clang-format on

#define SUITE_ROWS 3
#define TABLE_ROWS (sizeof table / sizeof *table)

static void print_help(const struct bench_program *program, const struct opt *rows, size_t count)
{
    struct buf text;
    buf_init(&text, 1 << 16);
    buf_puts(&text, program->before);
    opt_help(rows, count, &text);
    buf_puts(&text, program->after);
    if (!text.failed)
        fputs(text.data, stdout);
    buf_clear(&text);
}

static void default_threads(struct bench_options *o)
{
    const size_t cores = cpu_count();
    if (o->threads.count)
        return;
    o->threads.value[o->threads.count++] = 1;
    if (cores > 1)
        o->threads.value[o->threads.count++] = cores;
}

int bench_options_read(const struct bench_program *program, int argc, char **argv,
                       struct bench_options *options)
{
    const size_t skipped = program->suites ? 0 : SUITE_ROWS;
    struct error e = {0};
    *options = (struct bench_options){.suite = SUITE_ALL};
    int rc = opt_begin(&options->values, table + skipped, TABLE_ROWS - skipped, options, &e);
    if (rc == 0)
        rc = opt_parse(&options->values, argc, argv, NULL, &e);
    if (rc) {
        fprintf(stderr, "%s: %s (--help explains)\n", argv[0], e.text);
        return 2;
    }
    if (options->help) {
        print_help(program, table + skipped, TABLE_ROWS - skipped);
        return 0;
    }
    default_threads(options);
    if (getloadavg(&options->load, 1) != 1)
        options->load = -1;
    options->table = options->table || isatty(STDOUT_FILENO);
    return -1;
}

void bench_options_end(struct bench_options *options)
{
    opt_end(&options->values);
}

int bench_status(const struct bench_options *options, size_t cases, size_t wrong)
{
    if (cases == 0 && options->text)
        fprintf(stderr, "bench: --case: no case's name contains '%s'\n", options->text);
    return cases == 0 ? 2 : wrong > 0 ? 1 : 0;
}

size_t bench_rounds(const struct bench_options *options)
{
    return options->rounds ? (size_t)options->rounds : options->brief ? ROUNDS_SHORT : ROUNDS;
}

size_t bench_threads_most(const struct bench_options *options)
{
    size_t most = 1;
    for (size_t i = 0; i < options->threads.count; i++)
        if (options->threads.value[i] > most)
            most = options->threads.value[i];
    return most;
}
