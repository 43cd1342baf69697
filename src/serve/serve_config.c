// SPDX-License-Identifier: MIT
// Variables of the platform's toolkits set options that arguments have not; the port is the
// exception, for the platform asks for it where it will connect.
#include "serve/serve_config.h"

#include "kern/gemm.h"

#include <stdlib.h>

#define AT(field) offsetof(struct serve_config, field)

const struct opt serve_options[] = {
    {.name = "port",
     .type = OPT_INT,
     .offset = AT(port),
     .min = 0,
     .max = 65535,
     .initial = "8080",
     .arg = "P",
     .help = "Where to listen; 0 takes a port that is free. SAGEMAKER_BIND_TO_PORT, where a "
             "platform sets it, comes first.",
     .group = "Options"},
    {.name = "host",
     .type = OPT_TEXT,
     .offset = AT(host),
     .arg = "ADDRESS",
     .help = "Listen on this address of the machine alone, such as 127.0.0.1; else on all, of IPv4 "
             "and IPv6."},
    {.name = "workers",
     .type = OPT_INT,
     .offset = AT(workers),
     .min = 0,
     .max = 1024,
     .initial = "0",
     .arg = "N",
     .help = "Requests that are worked on at once; 0 takes the cores at hand. Others wait; /ping "
             "never does. Variable: SAGEMAKER_MODEL_SERVER_WORKERS."},
    {.name = "threads",
     .type = OPT_INT,
     .offset = AT(threads),
     .min = 1,
     .max = 1024,
     .initial = "1",
     .arg = "N",
     .help = "Threads that share the work of one request: more than one is for few, large ones. "
             "The answers do not depend on it."},
    {.name = "timeout",
     .type = OPT_FLOAT,
     .offset = AT(timeout),
     .min = 0.1,
     .max = 86400,
     .initial = "60",
     .arg = "SECONDS",
     .help =
         "How long a body may take to arrive, a request may wait for a worker and be worked on, "
         "each, and an answer may take to leave; a connection may be idle for twice that. "
         "Variable: SAGEMAKER_MODEL_SERVER_TIMEOUT."},
    {.name = "max_payload",
     .type = OPT_INT,
     .offset = AT(max_payload),
     .min = 0,
     .max = 1024,
     .initial = "6",
     .arg = "MB",
     .help = "The largest body of a request, in units of 1,048,576 bytes; 0: any that memory "
             "allows. Variable: SAGEMAKER_MAX_PAYLOAD_IN_MB."},
    {.name = "accept",
     .type = OPT_TEXT,
     .offset = AT(accept),
     .arg = "TYPE",
     .help = "The type of answers to those who do not say: text/csv, application/json, "
             "application/jsonlines or application/x-npy. Variable: "
             "SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT."},
    {.name = "output",
     .type = OPT_TEXT,
     .offset = AT(output),
     .arg = "NAMES",
     .help = "What an answer says of a row, a list with commas such as "
             "predicted_label,probabilities. Variable: SAGEMAKER_INFERENCE_OUTPUT."},
    {.name = "threshold",
     .type = OPT_FLOAT,
     .offset = AT(threshold),
     .min = -1e300,
     .max = 1e300,
     .initial = "0.5",
     .arg = "T",
     .help = "A probability above T is a 1. Binary models only."},
    {.name = "batch",
     .type = OPT_BOOL,
     .offset = AT(batch),
     .help = "Answers end in a newline, for they will be joined. Variable: SAGEMAKER_BATCH."},
    {.name = "multi_model",
     .type = OPT_BOOL,
     .offset = AT(multi_model),
     .help = "No MODEL: models below DIR/models are loaded and unloaded by requests to /models. "
             "Variable: SAGEMAKER_MULTI_MODEL."},
    {.name = "gemm",
     .type = OPT_ENUM,
     .offset = AT(gemm),
     .words = gemm_words,
     .initial = "auto",
     .help = "Who multiplies matrices, as for skiff train: skiff's own kernels, or OpenBLAS."},
    {.name = "root",
     .type = OPT_TEXT,
     .offset = AT(root),
     .arg = "DIR",
     .help =
         "Without a MODEL, that of DIR/model, or those below DIR/models; DIR is SKIFF_ML_ROOT, or "
         "else /opt/ml."},
    {.name = "log",
     .type = OPT_BOOL,
     .offset = AT(log),
     .help = "A line on standard error for each answer: method, path, status, bytes in and out, "
             "seconds."},
    {.name = "quiet",
     .type = OPT_BOOL,
     .offset = AT(quiet),
     .help = "No line when the server is ready."},
    {.name = "help", .type = OPT_BOOL, .offset = AT(help), .help = "This text."},
};

const size_t serve_option_count = sizeof serve_options / sizeof *serve_options;

static const struct {
    const char *variable, *option;
} variables[] = {
    {"SAGEMAKER_MODEL_SERVER_WORKERS", "workers"},
    {"SAGEMAKER_MODEL_SERVER_TIMEOUT", "timeout"},
    {"SAGEMAKER_MAX_PAYLOAD_IN_MB", "max_payload"},
    {"SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", "accept"},
    {"SAGEMAKER_INFERENCE_OUTPUT", "output"},
    {"SAGEMAKER_BATCH", "batch"},
    {"SAGEMAKER_MULTI_MODEL", "multi_model"},
};

static int assign(struct opt_set *options, const char *variable, const char *option,
                  enum opt_origin origin, struct error *e)
{
    const char *value = getenv(variable);
    if (!value || !*value)
        return 0;
    return opt_assign(options, opt_find(options, option), value, origin, variable, e);
}

int serve_config_environment(struct opt_set *options, struct error *e)
{
    int rc = assign(options, "SAGEMAKER_BIND_TO_PORT", "port", OPT_ARGV, e);
    for (size_t i = 0; rc == 0 && i < sizeof variables / sizeof *variables; i++)
        rc = assign(options, variables[i].variable, variables[i].option, OPT_ENV, e);
    return rc;
}
