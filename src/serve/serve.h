// SPDX-License-Identifier: MIT
// A trained model behind HTTP, as SageMaker's hosting asks for it.
#ifndef SKIFF_SERVE_SERVE_H
#define SKIFF_SERVE_SERVE_H

#include "base/err.h"
#include "model/model_file.h"
#include "serve/http.h"
#include "serve/serve_config.h"

struct serve_ready {
    int port;
    size_t workers;
    const struct model *model; // NULL: of many
};

// As struct http_watch has them; each may be NULL.
struct serve_hooks {
    void *context;
    void (*ready)(void *context, const struct serve_ready *ready);
    void (*sent)(void *context, const struct http_request *request, unsigned status, size_t bytes,
                 double seconds);
};

struct serve_job {
    const struct serve_config *config;
    const char *model;    // model.npz, or a folder that has one
    const char *models;   // not NULL: instead, the folder of those that are loaded by requests
    bool threshold_given; // then the model must be a binary one
    int stop;             // as in http.h
    struct serve_hooks hooks;
};

// Until `stop` says so.
int serve(const struct serve_job *job, struct error *e);

#endif
