// SPDX-License-Identifier: MIT
// libmicrohttpd reads and writes HTTP; when, and for whom, is decided here. It is loaded, not
// linked: it brings GnuTLS, which no other command should wait for.
//
// One thread (the caller's) has all connections, and the library to itself: it waits for sockets,
// for workers that have finished and for the word to stop, all in one poll. A request whose body is
// complete is suspended until a worker has answered it. New connections are taken here too, so that
// when all places are taken somebody who keeps us waiting has to go (places.h); as each worker has
// a place of its own and no more requests may wait than half of the others, there is always one. A
// connection is closed by shutting down its socket, which the library then finds at its end.
#include "serve/http.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/num.h"
#include "serve/places.h"
#include "serve/workers.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define LIBRARY       "libmicrohttpd.so.12"
#define PLACES        1000 // beside one for each worker
#define WAITING_MAX   (PLACES / 2)
#define ACCEPTS       64   // new connections before others have their turn
#define SWEEP_SECONDS 0.25 // between two looks for those who take too long
#define GRACE_SECONDS 0.5  // for a request that is on its way when we are told to stop
#define DRAIN_SECONDS 25.0 // SIGKILL comes 30 s after SIGTERM

struct functions {
    __typeof__(MHD_start_daemon) *start;
    __typeof__(MHD_stop_daemon) *stop;
    __typeof__(MHD_run) *run;
    __typeof__(MHD_get_timeout) *timeout;
    __typeof__(MHD_get_daemon_info) *daemon_info;
    __typeof__(MHD_add_connection) *add;
    __typeof__(MHD_suspend_connection) *suspend;
    __typeof__(MHD_resume_connection) *resume;
    __typeof__(MHD_get_connection_info) *connection_info;
    __typeof__(MHD_lookup_connection_value) *header;
    __typeof__(MHD_get_connection_values) *headers;
    __typeof__(MHD_create_response_from_buffer_with_free_callback) *response;
    __typeof__(MHD_add_response_header) *add_header;
    __typeof__(MHD_queue_response) *queue;
    __typeof__(MHD_destroy_response) *destroy;
};

struct server {
    const struct http_spec *spec;
    struct functions mhd;
    struct MHD_Daemon *daemon;
    int poll_fd; // readable: a connection has something for the library
    int listener;
    struct workers *workers;
    struct places places;
    size_t bodies;      // bytes held for all of them
    double swept;       // when
    double deaf_until;  // no descriptors were left
    double told_to_end; // when; 0: not yet
    bool at_once;       // without those that are still here
};

// A request, from its head to the end of its answer.
struct call {
    struct task task;
    struct server *server;
    struct MHD_Connection *connection;
    struct place *place;
    struct http_request request;
    struct http_reply reply;
    struct buf body;
    double begun;
    size_t answer; // bytes
    bool last;     // the connection ends behind it
};

// ---- the library ----

static bool find(void *library, const char *name, void *function)
{
    void *at = dlsym(library, name);
    memcpy(function, &at, sizeof at);
    return at != NULL;
}

static bool find_all(void *library, struct functions *f)
{
    return find(library, "MHD_start_daemon", &f->start) &&
           find(library, "MHD_stop_daemon", &f->stop) && find(library, "MHD_run", &f->run) &&
           find(library, "MHD_get_timeout", &f->timeout) &&
           find(library, "MHD_get_daemon_info", &f->daemon_info) &&
           find(library, "MHD_add_connection", &f->add) &&
           find(library, "MHD_suspend_connection", &f->suspend) &&
           find(library, "MHD_resume_connection", &f->resume) &&
           find(library, "MHD_get_connection_info", &f->connection_info) &&
           find(library, "MHD_lookup_connection_value", &f->header) &&
           find(library, "MHD_get_connection_values", &f->headers) &&
           find(library, "MHD_create_response_from_buffer_with_free_callback", &f->response) &&
           find(library, "MHD_add_response_header", &f->add_header) &&
           find(library, "MHD_queue_response", &f->queue) &&
           find(library, "MHD_destroy_response", &f->destroy);
}

// It stays loaded until the process ends, for there is one server in a process.
static int load(struct functions *f, struct error *e)
{
    void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (library && find_all(library, f))
        return 0;
    return error_set(e, ERR_NOTFOUND,
                     "libmicrohttpd, which serves, cannot be loaded (%s); install it (Debian: "
                     "apt-get install libmicrohttpd12)",
                     dlerror());
}

// ---- answers ----

static void add_header(const struct call *c, struct MHD_Response *response, const char *name,
                       const char *value)
{
    if (value)
        (void)c->server->mhd.add_header(response, name, value); // no memory: an answer without it
}

// The answer's bytes go to the library, which frees them.
static enum MHD_Result send_answer(struct call *c)
{
    const struct functions *f = &c->server->mhd;
    struct http_reply *reply = &c->reply;
    if (reply->body.failed)
        http_say(reply, 507, "out of memory for an answer");
    struct MHD_Response *response = f->response(reply->body.len, reply->body.data, mem_free);
    if (!response)
        return MHD_NO;
    c->answer = reply->body.len;
    buf_init(&reply->body, 0);
    add_header(c, response, "Content-Type", reply->type);
    add_header(c, response, "Allow", reply->allow);
    add_header(c, response, "X-Amzn-SageMaker-Custom-Attributes", reply->attributes);
    add_header(c, response, "Connection", c->last || c->server->told_to_end > 0 ? "close" : NULL);
    const enum MHD_Result queued = f->queue(c->connection, reply->status, response);
    f->destroy(response);
    place_enter(c->place, PHASE_ANSWERING, clock_seconds());
    return queued;
}

// ---- a request, step by step ----

static void drop_body(struct call *c)
{
    c->server->bodies -= c->body.cap;
    buf_clear(&c->body);
}

static void say_too_large(struct call *c)
{
    char line[160];
    snprintf(line, sizeof line,
             "the body of a request may have %zu bytes (SAGEMAKER_MAX_PAYLOAD_IN_MB, "
             "--max_payload); send its rows in several requests",
             c->server->spec->body_max);
    http_say(&c->reply, 413, line);
}

static void collect(struct call *c, const char *data, size_t size)
{
    struct server *s = c->server;
    if (c->reply.status) // which is known already
        return;
    const size_t before = c->body.cap;
    const int rc = buf_append(&c->body, data, size);
    s->bodies += c->body.cap - before;
    if (rc == 0 && s->bodies <= s->spec->bodies_max)
        return;
    if (rc == ERR_LIMIT)
        say_too_large(c);
    else
        http_say(&c->reply, 503, "too many large requests at once; try again in a moment");
    drop_body(c);
}

static const char *header(const struct call *c, const char *name)
{
    return c->server->mhd.header(c->connection, MHD_HEADER_KIND, name);
}

static struct call *new_call(struct server *s, struct MHD_Connection *connection, const char *path,
                             const char *method)
{
    const union MHD_ConnectionInfo *info =
        s->mhd.connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct call *c = info && info->socket_context ? mem_zalloc(sizeof *c) : NULL;
    if (!c)
        return NULL;
    c->server = s;
    c->connection = connection;
    c->place = info->socket_context;
    c->place->call = c;
    c->begun = clock_seconds();
    buf_init(&c->body, s->spec->body_max);
    buf_init(&c->reply.body, SIZE_MAX);
    c->request = (struct http_request){
        .method = method,
        .path = path,
        .page = s->mhd.header(connection, MHD_GET_ARGUMENT_KIND, "next_page_token"),
        .type = header(c, "Content-Type"),
        .encoding = header(c, "Content-Encoding"),
        .accept = header(c, "Accept"),
        .attributes = header(c, "X-Amzn-SageMaker-Custom-Attributes"),
    };
    return c;
}

// A client that waits for leave to send its body gets its refusal instead.
static bool waits_for_leave(const struct call *c)
{
    const char *expected = header(c, "Expect");
    return expected && strcasecmp(expected, "100-continue") == 0;
}

struct lengths {
    size_t count;
    bool unknown; // neither a length nor chunks
};

static enum MHD_Result see_header(void *context, enum MHD_ValueKind kind, const char *name,
                                  const char *value)
{
    (void)kind;
    struct lengths *l = context;
    const bool coding = strcasecmp(name, "Transfer-Encoding") == 0;
    l->count += coding || strcasecmp(name, "Content-Length") == 0;
    l->unknown |= coding && (!value || strcasecmp(value, "chunked") != 0);
    return MHD_YES;
}

// Two lengths, of which another server may believe the other one, hide a request in a body.
static bool has_a_clear_length(const struct call *c)
{
    struct lengths l = {0};
    c->server->mhd.headers(c->connection, MHD_HEADER_KIND, see_header, &l);
    return l.count <= 1 && !l.unknown;
}

static enum MHD_Result begin(struct call *c)
{
    const struct http_handler *handler = &c->server->spec->handler;
    int64_t announced;
    place_enter(c->place, PHASE_READING, c->begun);
    if (!has_a_clear_length(c)) {
        c->last = true;
        http_say(&c->reply, 400, "a body has one Content-Length, or is sent in chunks");
        return send_answer(c);
    }
    handler->head(handler->context, &c->request, &c->reply);
    const char *length = header(c, "Content-Length");
    if (!c->reply.status && length && num_parse_i64(length, &announced) &&
        announced > (int64_t)c->server->spec->body_max)
        say_too_large(c);
    return c->reply.status && waits_for_leave(c) ? send_answer(c) : MHD_YES;
}

// False: refused, in the reply. Else all but the place belongs to a worker from now on.
static bool hand_over(struct call *c)
{
    struct server *s = c->server;
    c->request.body = c->body.data;
    c->request.size = c->body.len;
    if (workers_waiting(s->workers) >= WAITING_MAX) {
        http_say(&c->reply, 503, "too many requests wait already; try again in a moment");
        return false;
    }
    place_enter(c->place, PHASE_WORKING, clock_seconds());
    s->mhd.suspend(c->connection);
    workers_give(s->workers, &c->task);
    return true;
}

// The library calls this when it has a request's head, then for each piece of its body, then when
// that is complete; and again when the connection has been resumed.
static enum MHD_Result on_request(void *context, struct MHD_Connection *connection,
                                  const char *path, const char *method, const char *version,
                                  const char *data, size_t *size, void **state)
{
    (void)version;
    struct call *c = *state;
    if (!c) {
        *state = c = new_call(context, connection, path, method);
        return c ? begin(c) : MHD_NO;
    }
    if (*size > 0) {
        collect(c, data, *size);
        *size = 0;
        return MHD_YES;
    }
    return !c->reply.status && hand_over(c) ? MHD_YES : send_answer(c);
}

static void on_sent(void *context, struct MHD_Connection *connection, void **state,
                    enum MHD_RequestTerminationCode how)
{
    (void)context;
    (void)connection;
    struct call *c = *state;
    if (!c)
        return;
    const double now = clock_seconds();
    const struct http_watch *watch = &c->server->spec->watch;
    if (watch->sent && how == MHD_REQUEST_TERMINATED_COMPLETED_OK)
        watch->sent(watch->context, &c->request, c->reply.status, c->answer, now - c->begun);
    drop_body(c);
    buf_clear(&c->reply.body);
    c->place->call = NULL;
    place_enter(c->place, PHASE_SILENT, now);
    mem_free(c);
    *state = NULL;
}

// A worker's part.
static void work(void *context, struct task *task, size_t worker)
{
    struct server *s = context;
    struct call *c = (struct call *)task; // its first member
    const struct http_handler *handler = &s->spec->handler;
    handler->work(handler->context, &c->request, worker, &c->reply);
}

static void resume_finished(struct server *s)
{
    struct task *next;
    for (struct task *task = workers_finished(s->workers); task; task = next) {
        struct call *c = (struct call *)task;
        next = task->next;
        drop_body(c);
        s->mhd.resume(c->connection);
    }
}

// ---- connections ----

static void on_connection(void *context, struct MHD_Connection *connection, void **state,
                          enum MHD_ConnectionNotificationCode what)
{
    struct server *s = context;
    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        if (*state)
            places_leave(&s->places, *state);
        return;
    }
    const union MHD_ConnectionInfo *info =
        s->mhd.connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (info)
        *state = places_take(&s->places, info->connect_fd, clock_seconds());
}

static void hang_up(struct place *place)
{
    if (place)
        shutdown(place->fd, SHUT_RDWR);
}

static bool make_room(struct server *s)
{
    if (s->places.taken < s->places.count)
        return true;
    hang_up(places_oldest(&s->places));
    s->mhd.run(s->daemon);
    return s->places.taken < s->places.count;
}

// No descriptors are left. One who is here gives way if it has kept us waiting; else those who call
// wait for a moment, in which others are answered and go by themselves.
static void make_descriptor(struct server *s)
{
    const double now = clock_seconds();
    struct place *const oldest = places_oldest(&s->places);
    if (oldest && now - oldest->since > SWEEP_SECONDS)
        hang_up(oldest);
    else
        s->deaf_until = now + SWEEP_SECONDS;
}

static void take_connections(struct server *s)
{
    struct sockaddr_storage from;
    for (int i = 0; i < ACCEPTS && make_room(s); i++) {
        socklen_t size = sizeof from;
        const int fd =
            accept4(s->listener, (struct sockaddr *)&from, &size, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd >= 0) {
            (void)s->mhd.add(s->daemon, fd, (struct sockaddr *)&from, size); // or closes it
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            make_descriptor(s);
            return;
        } else if (errno != ECONNABORTED && errno != EINTR) {
            return;
        }
    }
}

static void stop_listening(struct server *s)
{
    if (s->listener >= 0)
        close(s->listener);
    s->listener = -1;
}

// ---- time ----

static void answer_late(struct server *s, struct call *c)
{
    if (!workers_withdraw(s->workers, &c->task)) // somebody works on it: it will be answered
        return;
    char line[160];
    snprintf(line, sizeof line,
             "no worker was free for %g s (SAGEMAKER_MODEL_SERVER_TIMEOUT, --timeout); send less "
             "at once, or ask for more instances",
             s->spec->seconds);
    http_say(&c->reply, 503, line);
    drop_body(c);
    s->mhd.resume(c->connection);
}

// How long a connection may be in its phase.
static double patience(const struct server *s, const struct place *place)
{
    if (place->phase == PHASE_SILENT)
        return s->told_to_end > 0 ? GRACE_SECONDS : 2 * s->spec->seconds;
    return s->spec->seconds;
}

// Has the other side ended, with a request or without? The library has looked before that: it may
// still hold requests that have come together.
static bool has_left(const struct place *place, double now)
{
    char byte;
    return place->phase != PHASE_WORKING && place->phase != PHASE_ANSWERING &&
           now - place->since > SWEEP_SECONDS &&
           recv(place->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

static void sweep(struct server *s)
{
    const double now = clock_seconds();
    if (now - s->swept < SWEEP_SECONDS)
        return;
    s->swept = now;
    for (size_t i = 0; i < s->places.count; i++) {
        struct place *place = &s->places.place[i];
        if (place->phase == PHASE_FREE)
            continue;
        const bool late = now - place->since > patience(s, place);
        if (late && place->phase == PHASE_WORKING)
            answer_late(s, place->call);
        else if (late || has_left(place, now))
            hang_up(place);
    }
    s->at_once |= s->told_to_end > 0 && now - s->told_to_end > DRAIN_SECONDS;
}

// Those that have come before the word to stop are heard.
static void begin_to_end(struct server *s)
{
    char word[sizeof(struct signalfd_siginfo)];
    const ssize_t ignored = read(s->spec->stop, word, sizeof word);
    (void)ignored;
    s->at_once = s->told_to_end > 0;
    s->told_to_end = clock_seconds();
    if (s->listener >= 0)
        take_connections(s);
    stop_listening(s);
}

// ---- the loop ----

// Milliseconds to wait at most: the library's wish, or until somebody may have taken too long.
static int longest_wait(const struct server *s)
{
    MHD_UNSIGNED_LONG_LONG wish;
    const int sweep_ms = (int)(1000 * SWEEP_SECONDS);
    if (s->mhd.timeout(s->daemon, &wish) == MHD_YES && wish < (unsigned)sweep_ms)
        return (int)wish;
    return s->places.taken > 0 || s->deaf_until > 0 ? sweep_ms : -1;
}

static int turn(struct server *s, struct error *e)
{
    const bool deaf = s->deaf_until > 0 && clock_seconds() < s->deaf_until;
    s->deaf_until = deaf ? s->deaf_until : 0;
    struct pollfd on[] = {{.fd = s->poll_fd, .events = POLLIN},
                          {.fd = workers_fd(s->workers), .events = POLLIN},
                          {.fd = deaf ? -1 : s->listener, .events = POLLIN},
                          {.fd = s->spec->stop, .events = POLLIN}};
    if (poll(on, sizeof on / sizeof *on, longest_wait(s)) < 0 && errno != EINTR)
        return error_errno(e, "poll");
    if (on[1].revents)
        resume_finished(s);
    if (on[2].revents)
        take_connections(s);
    if (on[3].revents)
        begin_to_end(s);
    sweep(s);
    if (s->mhd.run(s->daemon) != MHD_YES)
        return error_set(e, ERR_IO, "libmicrohttpd has given up");
    return 0;
}

static int loop(struct server *s, struct error *e)
{
    const struct http_watch *watch = &s->spec->watch;
    int rc = 0;
    if (watch->ready)
        watch->ready(watch->context);
    while (rc == 0 && !s->at_once && !(s->told_to_end > 0 && s->places.taken == 0))
        rc = turn(s, e);
    return rc;
}

// ---- beginning and end ----

// A server that can take no connection must not say that it is ready.
static int check_descriptors(const struct server *s, struct error *e)
{
    const int one = fcntl(s->poll_fd, F_DUPFD_CLOEXEC, 0);
    if (one < 0)
        return error_errno(e, "no file can be opened for a connection; raise ulimit -n");
    close(one);
    return 0;
}

static int start(struct server *s, struct error *e)
{
    int rc = load(&s->mhd, e);
    if (rc == 0)
        rc = places_init(&s->places, PLACES + s->spec->workers, e);
    if (rc == 0)
        rc = workers_start(&s->workers, s->spec->workers, work, s, e);
    if (rc)
        return rc;
    const unsigned flags = MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME;
    s->daemon = s->mhd.start(flags, 0, NULL, NULL, on_request, s, MHD_OPTION_NOTIFY_COMPLETED,
                             on_sent, s, MHD_OPTION_NOTIFY_CONNECTION, on_connection, s,
                             MHD_OPTION_CONNECTION_LIMIT, 2U * (unsigned)s->places.count,
                             MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_END);
    const union MHD_DaemonInfo *info =
        s->daemon ? s->mhd.daemon_info(s->daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
    if (!info)
        return error_set(e, ERR_NOMEM, "libmicrohttpd does not start: no memory, or no epoll");
    s->poll_fd = info->epoll_fd;
    return check_descriptors(s, e);
}

// The library ends with no connection suspended; those whose turn has not come are told.
static void end(struct server *s)
{
    stop_listening(s);
    workers_stop(s->workers);
    if (s->daemon) {
        resume_finished(s);
        for (size_t i = 0; i < s->places.count; i++) {
            struct call *c = s->places.place[i].call;
            if (c && s->places.place[i].phase == PHASE_WORKING && !c->reply.status) {
                http_say(&c->reply, 503, "the server is being stopped");
                s->mhd.resume(c->connection);
            }
        }
        s->mhd.run(s->daemon);
        s->mhd.stop(s->daemon);
    }
    workers_free(s->workers);
    places_clear(&s->places);
}

int http_serve(const struct http_spec *spec, struct error *e)
{
    struct server s = {.spec = spec, .listener = spec->listener};
    int rc = start(&s, e);
    if (rc == 0)
        rc = loop(&s, e);
    end(&s);
    return rc;
}
