// SPDX-License-Identifier: MIT
// The server around requests: faults of memory at each allocation of a request, clients that go
// while they are worked on, workers that are late, one word to stop and two. Workers wait where a
// test wants them to, so nothing here depends on time.
#include "serve_testing.h"

#include "dist/address.h"
#include "serve/endpoint.h"
#include "serve/listen.h"

#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define PATIENCE 60 // seconds; machines may be slow

struct host {
    struct http_spec spec;
    struct sockaddr_storage at;
    socklen_t size;
    pthread_t thread;
    struct error e;
    int rc;
};

static void *host_run(void *context)
{
    struct host *h = context;
    h->rc = http_serve(&h->spec, &h->e);
    return NULL;
}

static void host_start(struct host *h, const struct http_handler *handler, double seconds)
{
    struct error e = {0};
    *h = (struct host){.spec = {.workers = 1,
                                .body_max = 1 << 20,
                                .bodies_max = 1 << 22,
                                .seconds = seconds,
                                .handler = *handler},
                       .size = sizeof h->at};
    CHECK_OK(listen_open("127.0.0.1", 0, &h->spec.listener, &e), e);
    assert_int_equal(getsockname(h->spec.listener, (struct sockaddr *)&h->at, &h->size), 0);
    h->spec.stop = eventfd(0, EFD_NONBLOCK);
    assert_true(h->spec.stop >= 0);
    assert_int_equal(pthread_create(&h->thread, NULL, host_run, h), 0);
}

static void host_tell(const struct host *h)
{
    assert_int_equal(eventfd_write(h->spec.stop, 1), 0);
}

static void host_join(struct host *h)
{
    pthread_join(h->thread, NULL);
    close(h->spec.stop);
    CHECK_OK(h->rc, h->e);
}

// ---- a client ----

static int client_send(const struct host *h, const char *text)
{
    const struct timeval patience = {.tv_sec = PATIENCE};
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&h->at, h->size), 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
    return fd;
}

// Reads until the other side ends: the status, 0 without one.
static int client_read(int fd, char *text, size_t size)
{
    size_t len = 0;
    ssize_t got;
    while (len + 1 < size && (got = recv(fd, text + len, size - 1 - len, 0)) > 0)
        len += (size_t)got;
    close(fd);
    text[len] = '\0';
    return strncmp(text, "HTTP/1.1 ", 9) == 0 ? (int)strtol(text + 9, NULL, 10) : 0;
}

static int client_ask(const struct host *h, const char *request, char *text, size_t size)
{
    return client_read(client_send(h, request), text, size);
}

#define END "Host: x\r\nConnection: close\r\n"
#define ROWS(more)                                                                                 \
    "POST /invocations HTTP/1.1\r\n" END "X-Amzn-SageMaker-Custom-Attributes: a=b\r\n" more
#define ROW ROWS("Content-Length: 6\r\n\r\n1,2,3\n")

#define PING "GET /ping HTTP/1.1\r\n" END "\r\n"

// ---- memory ----

// The n-th allocation fails: alone (sign -1), or with all that follow.
static void fail_each(const struct host *h, const char *request, int sign)
{
    char want[4096], got[4096];
    const int status = client_ask(h, request, want, sizeof want);
    assert_true(status > 0 && status != 507);
    for (long n = 1;; n++) {
        mem_fail_at(sign * n);
        const int is = client_ask(h, request, got, sizeof got);
        const long made = mem_fail_at(0);
        if (is != 0 && is != 503 && is != 507 && is != status)
            fail_msg("allocation %ld fails: '%s'", sign * n, got);
        assert_int_equal(client_ask(h, request, got, sizeof got), status);
        assert_string_equal(strstr(got, "\r\n\r\n"), strstr(want, "\r\n\r\n"));
        if (made < n)
            break;
    }
}

static void failing_memory(void **state)
{
    (void)state;
    static const struct net_spec binary = {.inputs = 3, .outputs = 1, .task = TASK_BINARY};
    static const char *const requests[] = {
        ROW,
        ROWS("Transfer-Encoding: chunked\r\n\r\n3\r\n1,2\r\n3\r\n,3\n\r\n0\r\n\r\n"),
        ROWS("Accept: application/json\r\nContent-Length: 8\r\n\r\n1,2,oh!\n"),
        ROWS("Accept: no/such\r\nContent-Length: 6\r\n\r\n1,2,3\n"),
        "GET /nowhere HTTP/1.1\r\n" END "\r\n",
        "GET /execution-parameters HTTP/1.1\r\n" END "\r\n",
    };
    serve_model("plain.npz", &binary, NULL);
    struct endpoint end = {serve_open("plain.npz", NULL), NULL, 1, 6, PATIENCE};
    struct host h;
    host_start(&h, &(struct http_handler){&end, endpoint_head, endpoint_work}, PATIENCE);
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        fail_each(&h, requests[i], 1);
        fail_each(&h, requests[i], -1);
    }
    host_tell(&h);
    host_join(&h);
    invoker_close(end.invoker);
}

// ---- workers that wait ----

struct gate {
    sem_t begun, go;
};

static void answer_pings(void *context, const struct http_request *request,
                         struct http_reply *reply)
{
    (void)context;
    if (strcmp(request->path, "/ping") == 0)
        http_say(reply, 200, "here");
}

static void wait_for_gate(void *context, const struct http_request *request, size_t worker,
                          struct http_reply *reply)
{
    struct gate *g = context;
    (void)worker;
    sem_post(&g->begun);
    while (sem_wait(&g->go) != 0)
        ;
    http_say(reply, request->size == 6 && memcmp(request->body, "1,2,3\n", 6) == 0 ? 200 : 400,
             "done");
}

static void gate_start(struct gate *g, struct host *h, double seconds)
{
    sem_init(&g->begun, 0, 0);
    sem_init(&g->go, 0, 0);
    host_start(h, &(struct http_handler){g, answer_pings, wait_for_gate}, seconds);
}

static void gate_end(struct gate *g, struct host *h)
{
    host_join(h);
    sem_destroy(&g->begun);
    sem_destroy(&g->go);
}

static void client_goes_meanwhile(void **state)
{
    (void)state;
    char text[4096];
    struct gate g;
    struct host h;
    gate_start(&g, &h, PATIENCE);
    for (int i = 0; i < 5; i++) {
        const struct linger reset = {1, 0};
        const int gone = client_send(&h, ROW);
        sem_wait(&g.begun);
        const int next = client_send(&h, ROW);
        assert_int_equal(client_ask(&h, PING, text, sizeof text), 200); // beside both
        setsockopt(gone, SOL_SOCKET, SO_LINGER, &reset, i % 2 ? sizeof reset : 0);
        close(gone);
        sem_post(&g.go);
        sem_post(&g.go);
        sem_wait(&g.begun);
        assert_int_equal(client_read(next, text, sizeof text), 200);
    }
    host_tell(&h);
    gate_end(&g, &h);
}

static void no_worker_in_time(void **state)
{
    (void)state;
    char text[4096];
    struct gate g;
    struct host h;
    gate_start(&g, &h, 0.1);
    const int first = client_send(&h, ROW);
    sem_wait(&g.begun);
    assert_int_equal(client_ask(&h, ROW, text, sizeof text), 503);
    assert_non_null(strstr(text, "no worker was free"));
    sem_post(&g.go);
    assert_int_equal(client_read(first, text, sizeof text), 200);
    host_tell(&h);
    gate_end(&g, &h);
}

static void tell_and_wait(const struct host *h)
{
    struct pollfd heard = {.fd = h->spec.stop, .events = POLLIN};
    host_tell(h);
    while (poll(&heard, 1, 0) > 0)
        usleep(1000);
}

// One word: what has been begun is answered, and what waits. Two: what waits may be refused.
static void stopped(void **state)
{
    (void)state;
    char text[4096];
    for (int words = 1; words <= 2; words++) {
        struct gate g;
        struct host h;
        gate_start(&g, &h, PATIENCE);
        const int first = client_send(&h, ROW);
        sem_wait(&g.begun);
        const int second = client_send(&h, ROW);
        for (int i = 0; i < words; i++)
            tell_and_wait(&h);
        sem_post(&g.go);
        sem_post(&g.go);
        assert_int_equal(client_read(first, text, sizeof text), 200);
        const int status = client_read(second, text, sizeof text);
        if (status != 200 && (words == 1 || (status != 503 && status != 0)))
            fail_msg("after %d: %d '%s'", words, status, text);
        gate_end(&g, &h);
    }
}

// Nobody serves without the library.
static bool can_serve(void)
{
    struct error e = {0};
    const struct http_spec spec = {
        .listener = -1, .stop = eventfd(2, EFD_NONBLOCK | EFD_SEMAPHORE), .workers = 1};
    const int rc = http_serve(&spec, &e);
    close(spec.stop);
    if (rc)
        printf("skipped: %s\n", e.text);
    return rc == 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failing_memory),
        cmocka_unit_test(client_goes_meanwhile),
        cmocka_unit_test(no_worker_in_time),
        cmocka_unit_test(stopped),
    };
    if (!can_serve())
        return 77;
    return cmocka_run_group_tests(tests, test_folder_make, test_folder_remove);
}
