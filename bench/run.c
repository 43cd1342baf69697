// SPDX-License-Identifier: MIT
// bench/run: times kernels, training and loading, and verifies what they compute.
#include "bench_options.h"
#include "suites.h"

#include <stdint.h>

static const struct bench_program program = {
    .before = "Usage: bench/run [options]\n"
              "\n"
              "Times kernels, whole training steps and epochs, and the loading of data files.\n"
              "Cases take turns in rounds, each round a sample of some milliseconds, so a loud\n"
              "moment hits them all. The best time is what the machine can do, the median what\n"
              "it did; +-% is the distance of the quartiles: over 5 % the machine is not quiet.\n"
              "Results are verified while they are timed. After every sample: a kernel's beside\n"
              "plain double arithmetic; the parameters, which must be the same bytes each time;\n"
              "every value that was loaded; no allocation and no growth in 10,000 steps. Once:\n"
              "the first gradient beside plain double arithmetic; parameters after the same\n"
              "steps, the same bytes for every number of threads.\n",
    .after = "\n"
             "Figures\n"
             "  % peak    of the level's own rate of multiply-adds on registers, measured in the\n"
             "            same rounds, times threads\n"
             "  floor     what no program could beat. Training: operations / that rate + 28 bytes\n"
             "            a parameter and step (Adam) / the rate of a stream through L2, both\n"
             "            measured in the same rounds, divided by threads. Loading: the case of\n"
             "            the same name with 'floor'\n"
             "  /base     time beside that of another case (the last column), median over the\n"
             "            rounds: the same on fewer threads; with one thread and 'plain sums' the\n"
             "            cost of the fixed order of sums; for fit_run its steps alone\n"
             "\n"
             "Examples\n"
             "  bench/run --short                      everything, in a minute and a half\n"
             "  bench/run --suite train --case lesson --threads 1,2 --rounds 101\n"
             "  bench/run --suite kern --level all --json results.jsonl\n"
             "  bench/run --case 'step 32' --wrong step      must report a wrong result\n"
             "\n"
             "BENCH_COMMIT, if set, is written into each JSON line. Exit status: 0 all verified,\n"
             "1 something was wrong (stderr says what), 2 wrong options or no such case.\n",
    .suites = true,
};

static struct bench_result run_suites(const struct bench_context *context)
{
    static struct bench_result (*const suites[])(const struct bench_context *) = {
        [SUITE_KERN] = suite_kern, [SUITE_TRAIN] = suite_train, [SUITE_LOAD] = suite_load};
    const int wanted = context->options->suite;
    struct bench_result all = {0};
    for (int suite = SUITE_KERN; suite <= SUITE_LOAD; suite++) {
        if (wanted != SUITE_ALL && wanted != suite)
            continue;
        const struct bench_result r = suites[suite](context);
        all.cases += r.cases;
        all.wrong += r.wrong;
    }
    return all;
}

// The library is loaded if any level and any layer might want it, and before there are threads.
static int run_all(const struct bench_options *options)
{
    struct gemm gemm;
    struct error e = {0};
    if (gemm_open(&gemm, (enum gemm_choice)options->gemm, &kern_baseline, SIZE_MAX, &e))
        bench_die("OpenBLAS", &e);
    const int status = bench_run(options, &gemm, run_suites);
    gemm_clear(&gemm);
    return status;
}

int main(int argc, char **argv)
{
    struct bench_options options;
    int status = bench_options_read(&program, argc, argv, &options);
    if (status < 0)
        status = run_all(&options);
    bench_options_end(&options);
    return status;
}
