// SPDX-License-Identifier: MIT
// What a hosting container answers to: which path and method mean what.
#ifndef SKIFF_SERVE_ENDPOINT_H
#define SKIFF_SERVE_ENDPOINT_H

#include "serve/http.h"
#include "serve/invoke.h"
#include "serve/models.h"

struct endpoint {
    struct invoker *invoker; // NULL where there are:
    struct models *models;
    size_t workers;    // requests that are worked on at once
    size_t payload_mb; // 0: no limit
    double seconds;    // that a prediction may take; 0: any time
};

// For struct http_handler, with the endpoint as context.
void endpoint_head(void *context, const struct http_request *request, struct http_reply *reply);
void endpoint_work(void *context, const struct http_request *request, size_t worker,
                   struct http_reply *reply);

#endif
