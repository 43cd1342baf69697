// SPDX-License-Identifier: MIT
// What a training run would take on machines that nobody has rented yet: its steps are measured
// here, the rest is predicted (cost/scaling).
#ifndef SKIFF_JOB_PLAN_JOB_H
#define SKIFF_JOB_PLAN_JOB_H

#include "cost/prices.h"
#include "job/rehearsal.h"
#include "job/train_job.h"

#define PLAN_KINDS_MAX 32

struct plan_job {
    struct train_job train;        // `rehearse` and its context are set by plan_job
    const char *prices;            // path of the table; may be NULL where `cores` is given
    const char *instances;         // names from it, separated by commas
    double cores;                  // not 0: of a host of one's own, instead of `instances`
    const struct opt_sizes *hosts; // how many
    double network_mbit;           // 0: what the table says
    double latency, message;       // seconds: see struct dist_network
};

// So many hosts of a kind.
struct plan_line {
    size_t kind; // index
    size_t hosts;
    struct scaling_epoch epoch;
    double gain; // times as fast as one of them
    double usd;  // of all epochs; NaN: no price
};

// A kind of host, and what a second one of it is good for.
struct plan_kind {
    const char *instance; // NULL: a host of one's own. The texts are those of the table
    struct scaling_cluster one;
    struct scaling_epoch alone, pair;
    double usd_per_hour;   // NaN: unknown
    size_t faster_from;    // rows a step from which two are faster than one; 0: never
    size_t gaining_from;   // and from which they are PLAN_GOOD_GAIN times as fast
    const char *larger;    // one instance with twice the cores, or NULL
    double larger_seconds; // that its epoch takes
    double larger_usd_per_hour;
};
#define PLAN_GOOD_GAIN 1.8

struct plan_result {
    struct rehearsal measured;
    int64_t epochs;
    size_t leaves; // of a step, which cores can share
    struct plan_kind kind[PLAN_KINDS_MAX];
    size_t kinds;
    struct plan_line *line; // [lines], a kind after the other
    size_t lines;
    struct prices prices;
};

int plan_job(const struct plan_job *job, struct plan_result *r, struct error *e);
void plan_result_clear(struct plan_result *r);

#endif
