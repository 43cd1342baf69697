// SPDX-License-Identifier: MIT
// endpoint_head is called by the thread that has all connections and must not wait for anything, so
// what it answers stands behind no prediction; endpoint_work is called by a worker.
#include "serve/endpoint.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define BATCH_MB 100 // of all requests of a batch transform that are under way

// A 200 without a body. That there is an answer says that the model is loaded.
static void ping(const struct endpoint *end, struct http_reply *reply)
{
    (void)end;
    reply->status = 200;
}

// How a batch transform should send its rows, unless its own request says.
static void execution_parameters(const struct endpoint *end, struct http_reply *reply)
{
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

static const struct route {
    const char *path, *methods;
    void (*answer)(const struct endpoint *end, struct http_reply *reply); // NULL: a worker does
} routes[] = {
    {"/ping", "GET, HEAD", ping},
    {"/invocations", "POST", NULL},
    {"/execution-parameters", "GET, HEAD", execution_parameters},
};

static const struct route *find_route(const char *path)
{
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++)
        if (strcmp(routes[i].path, path) == 0)
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

static void say_not_found(const char *path, struct http_reply *reply)
{
    char line[200];
    snprintf(line, sizeof line, "there is no '%.60s' here; POST rows to /invocations, or GET /ping",
             path);
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
    const struct route *route = find_route(request->path);
    reply->attributes = request->attributes;
    if (!route)
        say_not_found(request->path, reply);
    else if (!is_listed(route->methods, request->method))
        say_wrong_method(route, request->method, reply);
    else if (request->encoding && strcasecmp(request->encoding, "identity") != 0)
        http_say(reply, 415, "bodies are taken as they are; send them without Content-Encoding");
    else if (route->answer)
        route->answer(end, reply);
}

void endpoint_work(void *context, const struct http_request *request, size_t worker,
                   struct http_reply *reply)
{
    const struct endpoint *end = context;
    const struct invocation in = {.content_type = request->type,
                                  .accept = request->accept,
                                  .body = (const unsigned char *)request->body,
                                  .size = request->size,
                                  .seconds = end->seconds};
    struct reply out = {0};
    (void)worker;
    invoke(end->invoker, &in, &out);
    reply->status = (unsigned)out.status;
    reply->type = out.type;
    buf_clear(&reply->body);
    reply->body = out.body;
}
