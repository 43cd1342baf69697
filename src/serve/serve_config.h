// SPDX-License-Identifier: MIT
// Everything that a server can be told, and the option table that fills it from argv or from the
// variables of a hosting container.
#ifndef SKIFF_SERVE_SERVE_CONFIG_H
#define SKIFF_SERVE_SERVE_CONFIG_H

#include "base/opt.h"

#include <stdbool.h>
#include <stdint.h>

struct serve_config {
    char *host;
    int64_t port;
    int64_t workers; // 0: cores
    int64_t threads; // of each
    double timeout;
    int64_t max_payload; // MB
    char *accept, *output;
    double threshold;
    bool batch;
    bool multi_model;
    int gemm; // enum gemm_choice
    char *root;
    bool log, quiet;
    bool help;
};

extern const struct opt serve_options[];
extern const size_t serve_option_count;

// Options that argv has not set, from the variables that SageMaker and its toolkits set;
// SAGEMAKER_BIND_TO_PORT is the platform's word, and beats even argv.
int serve_config_environment(struct opt_set *options, struct error *e);

#endif
