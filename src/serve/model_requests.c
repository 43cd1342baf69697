// SPDX-License-Identifier: MIT
// Paths and JSON to calls of `models`, and what they say to statuses: 409 for a name that is taken,
// 507 where there is no room, upon which the platform unloads others, 404 for a name that is not
// known.
#include "serve/model_requests.h"

#include "io/json.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#define BODY_MAX ((size_t)1 << 16) // of a POST to /models

bool model_request_name(const char *path, char name[MODELS_NAME_MAX + 1])
{
    const char *begin = path + strlen("/models/");
    const size_t length = strcspn(begin, "/");
    snprintf(name, MODELS_NAME_MAX + 1, "%.*s", (int)(length < INT_MAX ? length : INT_MAX), begin);
    return length <= MODELS_NAME_MAX;
}

json_t *model_request_parse(const char *text, size_t size, const char **name, const char **url,
                            struct error *e)
{
    if (size > BODY_MAX) {
        error_set(e, ERR_LIMIT, "body: %zu bytes; at most %zu are read", size, BODY_MAX);
        return NULL;
    }
    json_t *root = json_object_parse("body", text ? text : "", size, e);
    if (!root) {
        if (e)
            error_one_line(e->text);
        return NULL;
    }
    *name = json_member_text(root, "model_name");
    *url = json_member_text(root, "url");
    if (*name && *url)
        return root;
    error_set(
        e, ERR_FORMAT,
        "body: must be {\"model_name\": \"N\", \"url\": \"/opt/ml/models/N/model\"}, both texts");
    json_decref(root);
    return NULL;
}

static unsigned status_of(int code)
{
    switch (code) {
    case 0:
        return 200;
    case MODELS_THERE:
        return 409;
    case ERR_NOMEM:
        return 507;
    case ERR_USAGE:
        return 400;
    default:
        return 500; // the model cannot be used
    }
}

void model_request_load(struct models *m, const struct http_request *request,
                        struct http_reply *reply)
{
    struct error e = {0};
    const char *name, *url;
    json_t *body = model_request_parse(request->body, request->size, &name, &url, &e);
    if (!body) {
        http_say(reply, e.code == ERR_NOMEM ? 507 : e.code == ERR_LIMIT ? 413 : 400, e.text);
        return;
    }
    const int rc = models_load(m, name, url, &e);
    reply->status = status_of(rc);
    if (rc == MODELS_THERE)
        http_say(reply, 409, "a model of this name is loaded; DELETE it first");
    else if (rc)
        http_say(reply, status_of(rc), e.text);
    json_decref(body);
}

// The object becomes the answer, and is freed.
static void answer(json_t *object, bool failed, struct http_reply *reply)
{
    reply->status = 200;
    reply->type = "application/json";
    if (failed || json_text(object, &reply->body, NULL) != 0)
        http_say(reply, 507, "out of memory for an answer");
    json_decref(object);
}

void model_request_list(struct models *m, const struct http_request *request,
                        struct http_reply *reply)
{
    bool failed = false;
    json_t *list = models_list(m, request->page, &failed);
    answer(list, failed, reply);
}

void model_request_unknown(const char *name, struct http_reply *reply)
{
    char line[200];
    snprintf(line, sizeof line, "no model '%.100s' is loaded; GET /models lists those that are",
             name);
    error_one_line(line);
    http_say(reply, 404, line);
}

void model_request_one(struct models *m, const struct http_request *request,
                       struct http_reply *reply)
{
    char name[MODELS_NAME_MAX + 1];
    bool failed = false;
    if (!model_request_name(request->path, name)) {
        model_request_unknown(name, reply);
        return;
    }
    if (strcmp(request->method, "DELETE") == 0) {
        reply->status = 200;
        if (!models_unload(m, name))
            model_request_unknown(name, reply);
        return;
    }
    json_t *object = models_describe(m, name, &failed);
    if (object || failed)
        answer(object, failed, reply);
    else
        model_request_unknown(name, reply);
}
