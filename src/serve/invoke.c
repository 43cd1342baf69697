// SPDX-License-Identifier: MIT
// The model is read once. Whoever predicts takes a desk: a plan and buffers for a batch. There are
// as many as may predict at once, on a stack under a lock, so that one caller uses the same warm
// memory again and again; who finds none waits.
#include "serve/invoke.h"

#include "base/clock.h"
#include "base/mem.h"
#include "serve/answer.h"
#include "serve/body.h"

#include <pthread.h>
#include <string.h>

#define ANSWER_MAX   ((size_t)1 << 32)
#define SHARED_BYTES ((size_t)1 << 17) // of a body that is worth more threads: 1000 rows and more

struct desk {
    struct plan *plan;
    float *X, *pred; // [batch][inputs], [batch][outputs]
    struct desk *below;
};

struct invoker {
    struct model_run run;
    struct answer_form form;
    enum media accept; // of answers to those who do not say
    size_t batch;      // rows
    struct desk *desk; // [desks]
    size_t desks;
    size_t inflated_max;
    struct desk *top; // of those that are free
    pthread_mutex_t lock;
    pthread_cond_t freed;
};

// ---- desks ----

static struct desk *take_desk(struct invoker *v)
{
    pthread_mutex_lock(&v->lock);
    while (!v->top)
        pthread_cond_wait(&v->freed, &v->lock);
    struct desk *const d = v->top;
    v->top = d->below;
    pthread_mutex_unlock(&v->lock);
    return d;
}

static void leave_desk(struct invoker *v, struct desk *d)
{
    pthread_mutex_lock(&v->lock);
    d->below = v->top;
    v->top = d;
    pthread_cond_signal(&v->freed);
    pthread_mutex_unlock(&v->lock);
}

static int make_desk(struct invoker *v, struct desk *d, struct error *e)
{
    const struct net *net = &v->run.model.net;
    d->X = mem_block(v->batch * net->inputs, sizeof *d->X);
    d->pred = mem_block(v->batch * net->outputs, sizeof *d->pred);
    if (!d->X || !d->pred)
        return error_nomem(e, "a batch of rows");
    d->plan = model_run_plan(&v->run, v->batch, e);
    return d->plan ? 0 : error_code(e);
}

static int make_desks(struct invoker *v, size_t count, struct error *e)
{
    int rc = 0;
    v->desk = mem_array(count, sizeof *v->desk);
    if (!v->desk)
        return error_nomem(e, "workers");
    for (v->desks = 0; rc == 0 && v->desks < count;) {
        struct desk *d = &v->desk[v->desks++];
        rc = make_desk(v, d, e);
        d->below = v->top;
        v->top = d;
    }
    return rc;
}

// ---- opening ----

int invoker_check(const struct invoker_spec *spec, struct error *e)
{
    const bool known = media_of_answer(spec->accept, MEDIA_CSV, e) != MEDIA_NONE;
    return known ? answer_form_check(spec->output, e) : error_code(e);
}

static int check_words(struct invoker *v, const struct invoker_spec *spec, struct error *e)
{
    const enum net_task task = v->run.model.net.task;
    v->accept = media_of_answer(spec->accept, MEDIA_CSV, e);
    if (v->accept == MEDIA_NONE)
        return error_code(e);
    if (spec->threshold_given && task != TASK_BINARY)
        return error_set(e, ERR_USAGE, "threshold: is for binary models, and %s is a %s one",
                         v->run.path, net_task_name(task));
    const int rc = answer_form_init(&v->form, &v->run.model, spec->output, e);
    if (rc == 0 && spec->threshold_given)
        v->form.threshold = (float)spec->threshold;
    v->form.batch = spec->batch;
    return rc;
}

static int begin(struct invoker *v, const struct invoker_spec *spec, struct error *e)
{
    struct model_run_spec run = spec->run;
    run.threads = run.threads ? run.threads : 1; // others have requests of their own
    int rc = model_run_open(&v->run, &run, e);
    if (rc == 0)
        rc = check_words(v, spec, e);
    if (rc)
        return rc;
    v->batch = model_run_rows(&v->run.model.net);
    v->inflated_max = spec->inflated_max;
    return make_desks(v, spec->workers ? spec->workers : 1, e);
}

struct invoker *invoker_open(const struct invoker_spec *spec, struct error *e)
{
    struct invoker *v = mem_zalloc(sizeof *v);
    if (!v) {
        error_nomem(e, "a model");
        return NULL;
    }
    pthread_mutex_init(&v->lock, NULL);
    pthread_cond_init(&v->freed, NULL);
    if (begin(v, spec, e) == 0)
        return v;
    invoker_close(v);
    return NULL;
}

const struct model *invoker_model(const struct invoker *v)
{
    return &v->run.model;
}

size_t invoker_bytes(const struct invoker *v)
{
    const struct net *net = &v->run.model.net;
    const size_t row = (net->inputs + net->outputs) * sizeof(float);
    return net->size * sizeof(float) +
           v->desks * (v->batch * row + (size_t)model_run_bytes(&v->run, v->batch));
}

void invoker_close(struct invoker *v)
{
    if (!v)
        return;
    for (size_t i = 0; i < v->desks; i++) {
        plan_free(v->desk[i].plan);
        mem_free(v->desk[i].X);
        mem_free(v->desk[i].pred);
    }
    mem_free(v->desk);
    answer_form_clear(&v->form);
    model_run_close(&v->run);
    pthread_cond_destroy(&v->freed);
    pthread_mutex_destroy(&v->lock);
    mem_free(v);
}

// ---- answering ----

#define LATE 1 // no error's code

// A request that is worked on.
struct call {
    struct invoker *v;
    const struct body_spec *spec;
    double begun, seconds;
    struct desk *desk;
    struct answer *answer;
    struct error *error;
    int rc;
};

static int give_up(const struct call *c)
{
    error_set(c->error, ERR_LIMIT,
              "after %g s %zu rows were predicted, and there are more "
              "(SAGEMAKER_MODEL_SERVER_TIMEOUT, --timeout); send fewer at once",
              c->seconds, c->answer->rows);
    return LATE;
}

static int predict(const struct call *c, struct body *b)
{
    const struct invoker *v = c->v;
    struct desk *const d = c->desk;
    for (;;) {
        size_t got;
        int rc = body_next(b, v->batch, d->X, &got, c->error);
        if (rc || got == 0)
            return rc ? rc : answer_end(c->answer, c->error);
        if (c->answer->rows > 0 && c->seconds > 0 && clock_seconds() - c->begun > c->seconds)
            return give_up(c);
        const struct plan_batch batch = {.rows = got, .X = d->X};
        plan_predict(d->plan, v->run.model.params, &batch, d->pred, NULL);
        if ((rc = answer_add(c->answer, d->pred, got, c->error)))
            return rc;
    }
}

static void work(struct par *team, void *context)
{
    struct call *c = context;
    struct body *b = body_open(c->spec, c->error);
    plan_lend(c->desk->plan, team);
    c->rc = b ? predict(c, b) : error_code(c->error);
    plan_lend(c->desk->plan, NULL);
    body_close(b);
}

static int answer_body(struct call *c)
{
    struct invoker *const v = c->v;
    c->desk = take_desk(v);
    if (v->run.threads > 1 && c->spec->size >= SHARED_BYTES)
        par_team(v->run.threads, work, c);
    else
        work(NULL, c);
    leave_desk(v, c->desk);
    return c->rc;
}

static int status_of(int code)
{
    switch (code) {
    case LATE:
        return 503;
    case ERR_NOMEM:
        return 507;
    case ERR_LIMIT:
        return 413;
    case ERR_IO:
        return 500;
    default:
        return 400;
    }
}

// The line is lost where there is no memory for it either.
static void refuse(struct reply *out, int status, const struct error *e)
{
    buf_clear(&out->body);
    out->status = status;
    out->type = "text/plain; charset=utf-8";
    buf_puts(&out->body, e->text);
    buf_puts(&out->body, "\n");
}

static bool is_blank(const struct invocation *in)
{
    size_t at = 0;
    while (at < in->size && memchr(" \t\r\n", in->body[at], 4))
        at++;
    return at == in->size;
}

void invoke(struct invoker *v, const struct invocation *in, struct reply *out)
{
    struct error e = {0};
    *out = (struct reply){.status = 204};
    buf_init(&out->body, ANSWER_MAX);
    const enum media body = media_of_body(in->content_type, &e);
    if (body == MEDIA_NONE) {
        refuse(out, 415, &e);
        return;
    }
    const enum media media = media_of_answer(in->accept, v->accept, &e);
    if (media == MEDIA_NONE) {
        refuse(out, 406, &e);
        return;
    }
    if (is_blank(in))
        return;
    const struct body_spec spec = {.media = body,
                                   .name = "body",
                                   .data = in->body,
                                   .size = in->size,
                                   .model = &v->run.model,
                                   .inflated_max = v->inflated_max};
    struct answer a;
    struct call c = {.v = v,
                     .spec = &spec,
                     .begun = clock_seconds(),
                     .seconds = in->seconds,
                     .answer = &a,
                     .error = &e};
    answer_begin(&a, &v->form, media, &out->body);
    const int rc = answer_body(&c);
    if (rc) {
        refuse(out, status_of(rc), &e);
        return;
    }
    out->status = 200;
    out->type = media_name(media);
}
