// SPDX-License-Identifier: MIT
// endpoint_head is called by the thread that has all connections and must not wait for anything, so
// what it answers stands behind no prediction; endpoint_work is called by a worker.
#include "serve/endpoint.h"

#include "serve/model_requests.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define BATCH_MB 100 // of all requests of a batch transform that are under way

// A 200 without a body. That there is an answer says that the model is loaded.
static void ping(const struct endpoint *end, const struct http_request *request,
                 struct http_reply *reply)
{
    (void)end;
    (void)request;
    reply->status = 200;
}

// How a batch transform should send its rows, unless its own request says.
static void execution_parameters(const struct endpoint *end, const struct http_request *request,
                                 struct http_reply *reply)
{
    (void)request;
    size_t at_once = end->workers;
    if (end->payload_mb > 0 && at_once > BATCH_MB / end->payload_mb)
        at_once = BATCH_MB / end->payload_mb;
    reply->status = 200;
    reply->type = "application/json";
    buf_printf(&reply->body,
               "{\"MaxConcurrentTransforms\":%zu,\"BatchStrategy\":\"MULTI_RECORD\","
               "\"MaxPayloadInMB\":%zu}\n",
               at_once > 0 ? at_once : 1, end->payload_mb);
}

static void list_models(const struct endpoint *end, const struct http_request *request,
                        struct http_reply *reply)
{
    model_request_list(end->models, request, reply);
}

static void one_model(const struct endpoint *end, const struct http_request *request,
                      struct http_reply *reply)
{
    model_request_one(end->models, request, reply);
}

enum who { WHO_ALL, WHO_ONE, WHO_MANY }; // servers of one model, of many

// What a POST asks for is for a worker.
static const struct route {
    const char *path, *methods; // a '*' stands for a name
    enum who who;
    void (*answer)(const struct endpoint *end, const struct http_request *request,
                   struct http_reply *reply);
} routes[] = {
    {"/ping", "GET, HEAD", WHO_ALL, ping},
    {"/execution-parameters", "GET, HEAD", WHO_ALL, execution_parameters},
    {"/invocations", "POST", WHO_ONE, NULL},
    {"/models", "GET, POST", WHO_MANY, list_models},
    {"/models/*", "GET, DELETE", WHO_MANY, one_model},
    {"/models/*/invoke", "POST", WHO_MANY, NULL},
};

static bool matches(const char *pattern, const char *path)
{
    const char *const star = strchr(pattern, '*');
    if (!star)
        return strcmp(pattern, path) == 0;
    const size_t before = (size_t)(star - pattern);
    if (strncmp(pattern, path, before) != 0)
        return false;
    const size_t name = strcspn(path + before, "/");
    return name > 0 && strcmp(star + 1, path + before + name) == 0;
}

static const struct route *find_route(const struct endpoint *end, const char *path)
{
    const enum who other = end->models ? WHO_ONE : WHO_MANY;
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++)
        if (routes[i].who != other && matches(routes[i].path, path))
            return &routes[i];
    return NULL;
}

// Is the word in a list with commas?
static bool is_listed(const char *list, const char *word)
{
    const size_t length = strlen(word);
    while (list) {
        list += strspn(list, ", ");
        if (strncmp(list, word, length) == 0 && strchr(",", list[length]))
            return true;
        list = strchr(list, ',');
    }
    return false;
}

static void say_not_found(const struct endpoint *end, const char *path, struct http_reply *reply)
{
    char line[200];
    snprintf(line, sizeof line, "there is no '%.60s' here; POST rows to %s, or GET /ping", path,
             end->models ? "/models/NAME/invoke" : "/invocations");
    error_one_line(line);
    http_say(reply, 404, line);
}

static void say_wrong_method(const struct route *route, const char *method,
                             struct http_reply *reply)
{
    char line[160];
    snprintf(line, sizeof line, "%s takes %s, not %.20s", route->path, route->methods, method);
    error_one_line(line);
    http_say(reply, 405, line);
    reply->allow = route->methods;
}

void endpoint_head(void *context, const struct http_request *request, struct http_reply *reply)
{
    const struct endpoint *end = context;
    const struct route *route = find_route(end, request->path);
    reply->attributes = request->attributes;
    if (!route)
        say_not_found(end, request->path, reply);
    else if (!is_listed(route->methods, request->method))
        say_wrong_method(route, request->method, reply);
    else if (request->encoding && strcasecmp(request->encoding, "identity") != 0)
        http_say(reply, 415, "bodies are taken as they are; send them without Content-Encoding");
    else if (strcmp(request->method, "POST") != 0)
        route->answer(end, request, reply);
}

static void predict(const struct endpoint *end, struct invoker *v,
                    const struct http_request *request, struct http_reply *reply)
{
    const struct invocation in = {.content_type = request->type,
                                  .accept = request->accept,
                                  .body = (const unsigned char *)request->body,
                                  .size = request->size,
                                  .seconds = end->seconds};
    struct reply out = {0};
    invoke(v, &in, &out);
    reply->status = (unsigned)out.status;
    reply->type = out.type;
    buf_clear(&reply->body);
    reply->body = out.body;
}

static void predict_by_name(const struct endpoint *end, const struct http_request *request,
                            struct http_reply *reply)
{
    char name[MODELS_NAME_MAX + 1];
    struct model_entry *entry = NULL;
    if (model_request_name(request->path, name))
        entry = models_take(end->models, name);
    if (!entry) {
        model_request_unknown(name, reply);
        return;
    }
    predict(end, model_invoker(entry), request, reply);
    models_leave(end->models, entry);
}

void endpoint_work(void *context, const struct http_request *request, size_t worker,
                   struct http_reply *reply)
{
    const struct endpoint *end = context;
    (void)worker;
    if (!end->models)
        predict(end, end->invoker, request, reply);
    else if (strcmp(request->path, "/models") == 0)
        model_request_load(end->models, request, reply);
    else
        predict_by_name(end, request, reply);
}
