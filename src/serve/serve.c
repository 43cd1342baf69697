// SPDX-License-Identifier: MIT
// The model first, then the port: where nobody listens nobody is kept waiting by a model that
// cannot be used.
#include "serve/serve.h"

#include "base/mem.h"
#include "dist/address.h"
#include "kern/cpu.h"
#include "serve/endpoint.h"
#include "serve/invoke.h"
#include "serve/listen.h"

#define MEGABYTE    ((size_t)1 << 20)
#define BODIES_MIN  (64 * MEGABYTE)
#define ROOM        (1024 * MEGABYTE) // where nobody knows how much memory there is
#define MEMORY_PART 4                 // of it is for bodies, at most
#define MODELS_PART 2                 // of it is for models that come and go

// Bytes of a body, and of all of them together: what each worker and each who waits for it may
// bring, but no more than the machine has room for.
struct limits {
    size_t body, bodies;
};

static struct limits find_limits(size_t payload_mb, size_t workers)
{
    const size_t body = payload_mb > 0 ? payload_mb * MEGABYTE : SIZE_MAX;
    const size_t room = mem_physical() > 0 ? mem_physical() / MEMORY_PART : ROOM;
    size_t all;
    if (!size_mul(body, 4 * workers, &all))
        all = SIZE_MAX;
    if (all < BODIES_MIN)
        all = BODIES_MIN;
    if (all > room)
        all = room;
    return (struct limits){body < all ? body : all, all};
}

struct call {
    const struct serve_job *job;
    struct limits limits;
    struct serve_ready is;
};

static void on_ready(void *context)
{
    const struct call *call = context;
    const struct serve_hooks *hooks = &call->job->hooks;
    if (hooks->ready)
        hooks->ready(hooks->context, &call->is);
}

static void on_sent(void *context, const struct http_request *request, unsigned status,
                    size_t bytes, double seconds)
{
    const struct serve_hooks *hooks = &((const struct call *)context)->job->hooks;
    if (hooks->sent)
        hooks->sent(hooks->context, request, status, bytes, seconds);
}

static int listen_and_serve(struct call *call, struct endpoint *end, struct error *e)
{
    const struct serve_config *c = call->job->config;
    struct http_spec http = {
        .stop = call->job->stop,
        .workers = end->workers,
        .body_max = call->limits.body,
        .bodies_max = call->limits.bodies,
        .seconds = c->timeout,
        .handler = {end, endpoint_head, endpoint_work},
        .watch = {call, on_ready, on_sent},
    };
    const int rc = listen_open(c->host, (int)c->port, &http.listener, e);
    if (rc)
        return rc;
    call->is.port = address_port(http.listener);
    return http_serve(&http, e);
}

static int serve_one(struct call *call, struct endpoint *end, const struct invoker_spec *spec,
                     struct error *e)
{
    end->invoker = invoker_open(spec, e);
    if (!end->invoker)
        return error_code(e);
    call->is.model = invoker_model(end->invoker);
    const int rc = listen_and_serve(call, end, e);
    invoker_close(end->invoker);
    return rc;
}

static int serve_many(struct call *call, struct endpoint *end, const struct invoker_spec *spec,
                      struct error *e)
{
    const size_t all = mem_physical() > 0 ? mem_physical() : MODELS_PART * ROOM;
    end->models = models_new(&(struct models_spec){*spec, call->job->models, all / MODELS_PART}, e);
    if (!end->models)
        return error_code(e);
    const int rc = listen_and_serve(call, end, e);
    models_free(end->models);
    return rc;
}

int serve(const struct serve_job *job, struct error *e)
{
    const struct serve_config *c = job->config;
    const size_t workers = c->workers > 0 ? (size_t)c->workers : cpu_count();
    struct call call = {
        .job = job, .limits = find_limits((size_t)c->max_payload, workers), .is.workers = workers};
    const struct invoker_spec spec = {
        .run = {job->model, (size_t)c->threads, (enum gemm_choice)c->gemm},
        .workers = workers,
        .accept = c->accept,
        .output = c->output,
        .threshold = c->threshold,
        .threshold_given = job->threshold_given,
        .batch = c->batch,
        .inflated_max = call.limits.bodies / workers,
    };
    struct endpoint end = {
        .workers = workers, .payload_mb = (size_t)c->max_payload, .seconds = c->timeout};
    return job->models ? serve_many(&call, &end, &spec, e) : serve_one(&call, &end, &spec, e);
}
