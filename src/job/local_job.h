// SPDX-License-Identifier: MIT
// Local mode: the trees of files that SageMaker gives to the containers of a job, in a folder of
// ours. <folder>/job.json says what the job is, <folder>/<host>/ is a host's /opt/ml.
#ifndef SKIFF_JOB_LOCAL_JOB_H
#define SKIFF_JOB_LOCAL_JOB_H

#include "base/opt.h"

#include <jansson.h>
#include <stdbool.h>

#define LOCAL_HOSTS_MAX 100

// Who wrote the hyperparameters; each has an encoding of its own.
enum local_sender {
    LOCAL_SENDER_A, // a plain Estimator, boto3, Step Functions: Python's str()
    LOCAL_SENDER_B, // a framework's Estimator: json.dumps(), and names of the toolkit
    LOCAL_SENDER_C, // ModelTrainer: as B, but for texts
    LOCAL_SENDER_D, // B whose values were texts already
};

struct local_spec {
    const char *folder; // absent, or an empty folder
    const char *name, *instance;
    const char *objective; // of a tuner, or NULL
    enum local_sender sender;
    size_t hosts;
    bool checkpoints;
    const struct opt_texts *channels;   // "NAME=PATH", a file or a folder
    const struct opt_texts *parameters; // "NAME=VALUE"
    const struct opt_texts *metrics;    // "NAME=EXPRESSION"; none: those of the lesson
    const struct opt_texts *pipes;      // names of channels in Pipe mode
    const struct opt_texts *sharded;    // names of channels that are sharded by key
};

// Lay the trees out.
int local_new(const struct local_spec *spec, struct error *e);

// A value as this sender writes it: a JSON text, NULL when there is no memory. Numbers, lists,
// true, false and null (or None) are taken for such.
json_t *local_encode(const char *value, enum local_sender sender);

// What job.json says, checked.
struct local_job {
    char *folder;
    char *name, *instance;
    char **host; // in the order of their names
    size_t hosts;
    json_t *file; // "Pipes" and "MetricDefinitions", both lists, are in it
};

int local_job_read(struct local_job *j, const char *folder, struct error *e);
int local_job_parse(struct local_job *j, const char *folder, const char *text, size_t size,
                    struct error *e);
void local_job_clear(struct local_job *j);

// "<folder>/<host>" or "<folder>/<host>/<name>", on the heap; NULL with the error set.
char *local_path(const char *folder, const char *host, const char *name, struct error *e);
// Names of a number of hosts, sorted as text; free with file_list_free.
char **local_hosts(size_t count, struct error *e);

#endif
