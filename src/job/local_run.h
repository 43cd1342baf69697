// SPDX-License-Identifier: MIT
// A job of local mode as the platform would run it: one process a host, its log, its end.
#ifndef SKIFF_JOB_LOCAL_RUN_H
#define SKIFF_JOB_LOCAL_RUN_H

#include "job/local_job.h"
#include "job/local_metrics.h"

#include <stdint.h>

#define LOCAL_REASON_MAX 1024 // characters that the platform keeps

struct local_run_spec {
    const char *program; // started as `train`
    double max_run;      // seconds until the job is stopped; 0: none
    double stop_after;   // seconds until somebody stops it; 0: nobody
    double grace;        // seconds between SIGTERM and SIGKILL
    void *context;
    void (*line)(void *context, const char *host, const char *text); // of the log; may be NULL
    int (*stop)(void *context); // how often an end was asked for: twice is at once; may be NULL
};

enum local_status { LOCAL_COMPLETED, LOCAL_STOPPED, LOCAL_FAILED };

struct local_archive {
    char *path; // NULL: nothing to archive
    size_t files;
    uint64_t size;
};

struct local_result {
    enum local_status status;
    const char *secondary; // as the platform calls it
    char reason[LOCAL_REASON_MAX + 1];
    int *exit_code;   // [hosts]; 128 and the signal's number for one that was killed
    double seconds;   // from the first start to the last end
    int64_t billable; // seconds, of all hosts together
    struct local_metrics metrics;
    struct local_archive model, output;
};

// What the last run of this folder wrote goes first, but for checkpoints. A job that fails is a
// result, not an error.
int local_run(const struct local_job *job, const struct local_run_spec *spec,
              struct local_result *result, struct error *e);
void local_result_clear(struct local_result *result);

// model.tar.gz and output.tar.gz in <folder>/output, of what all hosts have written; local_run does
// it.
int local_archive_results(const struct local_job *job, struct local_result *result,
                          struct error *e);

// <folder>/describe.json, in the words of DescribeTrainingJob.
int local_describe(const struct local_job *job, const struct local_result *result, struct error *e);
const char *local_status_name(enum local_status status);

#endif
