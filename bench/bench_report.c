// SPDX-License-Identifier: MIT
// One JSON object a case, or a table of the same figures.
#include "harness.h"

#include "kern/cpu.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DIGITS 5 // significant ones; no time is measured better

static bool verified(const struct bench_case *c)
{
    return !c->wrong && c->error <= c->tolerance;
}

static void put(json_t *line, const char *name, double value)
{
    if (json_object_set_new(line, name, json_real(value)))
        bench_die("a result cannot be written as JSON", NULL);
}

static void put_text(json_t *line, const char *name, const char *value)
{
    if (json_object_set_new(line, name, json_string(value)))
        bench_die("a result cannot be written as JSON", NULL);
}

static void put_count(json_t *line, const char *name, size_t value)
{
    if (json_object_set_new(line, name, json_integer((json_int_t)value)))
        bench_die("a result cannot be written as JSON", NULL);
}

// Where results come from.
struct origin {
    const char *commit;
    char cpu[128], date[16];
};

static struct origin origin_here(void)
{
    const char *commit = getenv("BENCH_COMMIT");
    const time_t now = time(NULL);
    struct origin here = {.commit = commit && *commit ? commit : "unknown"};
    struct tm utc;
    cpu_model(here.cpu, sizeof here.cpu);
    strftime(here.date, sizeof here.date, "%Y-%m-%d", gmtime_r(&now, &utc));
    return here;
}

static void put_origin(json_t *line, struct bench_set *set, const struct bench_case *c)
{
    const struct origin here = origin_here();
    put_text(line, "suite", set->suite);
    put_text(line, "case", c->name);
    put_text(line, "level", c->kern ? c->kern->name : "none");
    put_count(line, "threads", c->threads);
    put_text(line, "gemm", c->blas ? "blas" : "own");
    put_text(line, "commit", here.commit);
    put_text(line, "cpu", here.cpu);
    put_text(line, "date", here.date);
    put(line, "load", set->options->load);
    put_count(line, "rounds", bench_rounds(set->options));
    put_count(line, "loops", c->loops);
}

static double gflops(const struct bench_case *c)
{
    return c->flops / c->best * 1e-9;
}

static double peak_percent(struct bench_set *set, const struct bench_case *c)
{
    return 100 * c->flops / c->best / (bench_peak(set, c->kern) * (double)c->threads);
}

static json_t *line_of(struct bench_set *set, const struct bench_case *c)
{
    const double floor = bench_floor(set, c);
    json_t *line = json_object();
    put_origin(line, set, c);
    put(line, "best_us", c->best * 1e6);
    put(line, "median_us", c->median * 1e6);
    put(line, "spread_percent", c->spread * 100);
    if (c->flops > 0)
        put(line, "gflops", gflops(c));
    if (c->flops > 0 && c->kern)
        put(line, "peak_percent", peak_percent(set, c));
    if (c->bytes > 0)
        put(line, "gb_s", c->bytes / c->best * 1e-9);
    if (floor > 0) {
        put(line, "floor_us", floor * 1e6);
        put(line, "floor_ratio", c->best / floor);
    }
    if (c->base) {
        put_text(line, "base", c->base->name);
        put_count(line, "base_threads", c->base->threads);
        put(line, "base_ratio", c->base_ratio);
    }
    put(line, "error", c->error);
    json_object_set_new(line, "verified", json_boolean(verified(c)));
    return line;
}

static void print_lines(struct bench_set *set, FILE *to)
{
    for (size_t i = 0; i < set->count; i++) {
        json_t *line = line_of(set, &set->cases[i]);
        if (json_dumpf(line, to, JSON_COMPACT | JSON_REAL_PRECISION(DIGITS)))
            bench_die("a result cannot be written as JSON", NULL);
        fputc('\n', to);
        json_decref(line);
    }
}

static void append_lines(struct bench_set *set, const char *path)
{
    FILE *file = fopen(path, "a");
    if (!file) {
        perror(path);
        exit(1);
    }
    print_lines(set, file);
    if (fclose(file)) {
        perror(path);
        exit(1);
    }
}

// A number in a column of the table, or nothing where there is none.
static void cell(bool there, int width, int decimals, double value)
{
    if (there)
        printf(" %*.*f", width, decimals, value);
    else
        printf(" %*s", width, "");
}

// Microseconds with four digits or more.
static void time_cell(bool there, double seconds)
{
    const double us = seconds * 1e6;
    cell(there, 9, us < 10 ? 3 : us < 100 ? 2 : us < 1000 ? 1 : 0, us);
}

static void print_row(struct bench_set *set, const struct bench_case *c)
{
    const double floor = bench_floor(set, c);
    printf("%-42s %-8s %2zu", c->name, c->kern ? c->kern->name : "", c->threads);
    time_cell(true, c->best);
    time_cell(true, c->median);
    cell(true, 4, 0, c->spread * 100);
    cell(c->flops > 0, 7, 1, gflops(c));
    cell(c->flops > 0 && c->kern, 6, 1, c->kern ? peak_percent(set, c) : 0);
    cell(c->bytes > 0, 6, 1, c->bytes / c->best * 1e-9);
    time_cell(floor > 0, floor);
    cell(floor > 0, 6, 2, c->best / floor);
    cell(c->base, 6, 3, c->base_ratio);
    printf("  %s", verified(c) ? "yes" : "NO");
    if (c->base && strcmp(c->base->name, c->name) != 0)
        printf("       %s", c->base->name);
    else if (c->base)
        printf("       %zu thread%s", c->base->threads, c->base->threads == 1 ? "" : "s");
    puts("");
}

static void print_head(const struct bench_set *set)
{
    const struct origin here = origin_here();
    printf("%s: %s, %zu cores, commit %s, %s, level", set->suite, here.cpu, cpu_count(),
           here.commit, here.date);
    for (size_t i = 0; i < set->levels; i++)
        printf(" %s", set->level[i].kern->name);
    printf("%s, load %.2f, %zu rounds\n", set->levels ? "" : " none", set->options->load,
           bench_rounds(set->options));
}

static void print_table(struct bench_set *set)
{
    print_head(set);
    printf("%-42s %-8s %2s %9s %9s %4s %7s %6s %6s %9s %6s %6s  %s\n", "case", "level", "t",
           "best us", "median us", "+-%", "GFLOP/s", "% peak", "GB/s", "floor us", "/floor",
           "/base", "verified base");
    for (size_t i = 0; i < set->count; i++)
        print_row(set, &set->cases[i]);
    puts("");
}

size_t bench_report(struct bench_set *set)
{
    const struct bench_options *options = set->options;
    size_t wrong = 0;
    if (options->json)
        append_lines(set, options->json);
    if (options->table)
        print_table(set);
    else
        print_lines(set, stdout);
    fflush(stdout);
    for (size_t i = 0; i < set->count; i++) {
        const struct bench_case *c = &set->cases[i];
        if (!(c->error <= c->tolerance))
            fprintf(stderr, "bench: %s, %zu threads: error %.3g, at most %.3g\n", c->name,
                    c->threads, c->error, c->tolerance);
        wrong += !verified(c);
    }
    return wrong;
}
