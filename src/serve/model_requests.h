// SPDX-License-Identifier: MIT
// What a platform asks of a server with many models, which is all below /models.
#ifndef SKIFF_SERVE_MODEL_REQUESTS_H
#define SKIFF_SERVE_MODEL_REQUESTS_H

#include "serve/http.h"
#include "serve/models.h"

// The name in "/models/NAME" and "/models/NAME/invoke"; false when it is longer than any, of which
// it is the beginning.
bool model_request_name(const char *path, char name[MODELS_NAME_MAX + 1]);

// {"model_name": ..., "url": ...} from a body. Both last as long as what is returned, which is the
// caller's; NULL with an error, of one line.
json_t *model_request_parse(const char *text, size_t size, const char **name, const char **url,
                            struct error *e);

// POST /models: reads one.
void model_request_load(struct models *m, const struct http_request *request,
                        struct http_reply *reply);
// GET /models, GET and DELETE of one.
void model_request_list(struct models *m, const struct http_request *request,
                        struct http_reply *reply);
void model_request_one(struct models *m, const struct http_request *request,
                       struct http_reply *reply);
void model_request_unknown(const char *name, struct http_reply *reply); // a 404

#endif
