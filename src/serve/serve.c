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

// What bodies may take together: what each worker and each who waits for it may bring, but no more
// than the machine has room for.
static size_t bodies_max(size_t body_max, size_t workers)
{
    const size_t room = mem_physical() > 0 ? mem_physical() / MEMORY_PART : ROOM;
    size_t wanted;
    if (!size_mul(body_max, 4 * workers, &wanted))
        wanted = SIZE_MAX;
    if (wanted < BODIES_MIN)
        wanted = BODIES_MIN;
    return wanted < room ? wanted : room;
}

struct call {
    const struct serve_job *job;
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

static int listen_and_serve(const struct serve_job *job, struct endpoint *end, struct error *e)
{
    const struct serve_config *c = job->config;
    const size_t payload = end->payload_mb * MEGABYTE;
    const size_t bodies = bodies_max(payload > 0 ? payload : SIZE_MAX, end->workers);
    struct call call = {job, {.workers = end->workers, .model = invoker_model(end->invoker)}};
    struct http_spec http = {
        .stop = job->stop,
        .workers = end->workers,
        .body_max = payload > 0 && payload < bodies ? payload : bodies,
        .bodies_max = bodies,
        .seconds = c->timeout,
        .handler = {end, endpoint_head, endpoint_work},
        .watch = {&call, on_ready, on_sent},
    };
    const int rc = listen_open(c->host, (int)c->port, &http.listener, e);
    if (rc)
        return rc;
    call.is.port = address_port(http.listener);
    return http_serve(&http, e);
}

int serve(const struct serve_job *job, struct error *e)
{
    const struct serve_config *c = job->config;
    const size_t workers = c->workers > 0 ? (size_t)c->workers : cpu_count();
    const struct invoker_spec spec = {
        .run = {job->model, (size_t)c->threads, (enum gemm_choice)c->gemm},
        .workers = workers,
        .accept = c->accept,
        .output = c->output,
        .threshold = c->threshold,
        .threshold_given = job->threshold_given,
        .batch = c->batch,
    };
    struct endpoint end = {invoker_open(&spec, e), workers, (size_t)c->max_payload};
    const int rc = end.invoker ? listen_and_serve(job, &end, e) : error_code(e);
    invoker_close(end.invoker);
    return rc;
}
