// SPDX-License-Identifier: MIT
// Asks a server over and over and says how long the answers took. For serve.py.
//
//     bench/ask PORT CONNECTIONS SECONDS BODY ANSWER
//
// One thread, so many connections that stay, each with one request under way at a time: POST
// /invocations of the CSV in the file BODY. It reads no more of HTTP than these answers have: a
// status of 200 and a length. Every answer must have the bytes of the first, which goes to the file
// ANSWER. A line of JSON: requests, seconds, median and 99th percentile of what an answer took, and
// the processor's seconds that this client took itself.
#include "base/clock.h"
#include "base/mem.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWER_MAX ((size_t)1 << 20)
#define TIMES_MAX  ((size_t)1 << 22)
#define LINES_MAX  64
#define PATIENCE   20000 // milliseconds without any answer

struct line {
    int fd;
    size_t sent, got;
    double begun;
    char *answer; // [ANSWER_MAX], its head too
};

struct load {
    char *request;
    size_t size;
    double until;
    struct line line[LINES_MAX];
    size_t lines, waiting; // those with a request under way
    char *first;           // answer's body
    size_t first_size;
    double *seconds; // [TIMES_MAX] of each answer
    size_t count;
};

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "ask: %s\n", what);
    exit(1);
}

static void *room(size_t size)
{
    void *block = mem_array(size, 1);
    if (!block)
        die("out of memory");
    return block;
}

// ---- a connection ----

static void connect_line(struct line *l, int port)
{
    const struct sockaddr_in to = {.sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)port),
                                   .sin_addr = {htonl(INADDR_LOOPBACK)}};
    l->answer = room(ANSWER_MAX);
    l->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (l->fd < 0 || connect(l->fd, (const struct sockaddr *)&to, sizeof to) != 0)
        die("nobody listens");
    setsockopt(l->fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
}

static void send_more(const struct load *all, struct line *l)
{
    const ssize_t n =
        send(l->fd, all->request + l->sent, all->size - l->sent, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n < 0 && errno != EAGAIN)
        die("a connection broke while sending");
    l->sent += n > 0 ? (size_t)n : 0;
}

static void begin(struct load *all, struct line *l)
{
    l->sent = l->got = 0;
    l->begun = clock_seconds();
    all->waiting++;
    send_more(all, l);
}

// ---- an answer ----

// Its body when it is complete, else NULL.
static const char *complete(struct line *l, size_t *size)
{
    static const char length[] = "content-length:";
    l->answer[l->got] = '\0';
    const char *const end = strstr(l->answer, "\r\n\r\n");
    if (!end)
        return NULL;
    const char *const found = strcasestr(l->answer, length);
    if (strncmp(l->answer, "HTTP/1.1 200 ", 13) != 0 || !found || found > end)
        die(l->answer);
    *size = strtoul(found + strlen(length), NULL, 10);
    return l->got - (size_t)(end + 4 - l->answer) >= *size ? end + 4 : NULL;
}

static void take(struct load *all, struct line *l, const char *body, size_t size)
{
    if (!all->first) {
        all->first = room(size + 1);
        memcpy(all->first, body, size);
        all->first_size = size;
    }
    if (size != all->first_size || memcmp(body, all->first, size) != 0)
        die("two answers to one question differ");
    const double now = clock_seconds();
    if (all->count < TIMES_MAX)
        all->seconds[all->count++] = now - l->begun;
    all->waiting--;
    if (now < all->until)
        begin(all, l);
}

static void receive(struct load *all, struct line *l)
{
    size_t size;
    const ssize_t n = recv(l->fd, l->answer + l->got, ANSWER_MAX - 1 - l->got, MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN)
        return;
    if (n <= 0)
        die("a connection broke before its answer");
    l->got += (size_t)n;
    const char *body = complete(l, &size);
    if (body)
        take(all, l, body, size);
}

static void run(struct load *all, double seconds)
{
    struct pollfd fds[LINES_MAX];
    all->until = clock_seconds() + seconds;
    for (size_t i = 0; i < all->lines; i++)
        begin(all, &all->line[i]);
    while (all->waiting > 0) {
        for (size_t i = 0; i < all->lines; i++) {
            const bool sending = all->line[i].sent < all->size;
            fds[i] = (struct pollfd){all->line[i].fd, sending ? POLLIN | POLLOUT : POLLIN, 0};
        }
        if (poll(fds, all->lines, PATIENCE) <= 0)
            die("no answer");
        for (size_t i = 0; i < all->lines; i++) {
            if (fds[i].revents & POLLOUT)
                send_more(all, &all->line[i]);
            if (fds[i].revents & ~POLLOUT)
                receive(all, &all->line[i]);
        }
    }
}

// ---- in and out ----

static void read_request(struct load *all, const char *path)
{
    FILE *f = fopen(path, "rb");
    char head[200];
    long size = 0;
    if (!f || fseek(f, 0, SEEK_END) != 0 || (size = ftell(f)) < 0)
        die("the body cannot be read");
    const int n = snprintf(head, sizeof head,
                           "POST /invocations HTTP/1.1\r\nHost: localhost\r\n"
                           "Content-Type: text/csv\r\nContent-Length: %ld\r\n\r\n",
                           size);
    all->size = (size_t)n + (size_t)size;
    all->request = room(all->size);
    memcpy(all->request, head, (size_t)n);
    rewind(f);
    if (fread(all->request + n, 1, (size_t)size, f) != (size_t)size)
        die("the body cannot be read");
    fclose(f);
}

static void write_answer(const struct load *all, const char *path)
{
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(all->first, 1, all->first_size, f) != all->first_size || fclose(f) != 0)
        die("the answer cannot be written");
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void print(struct load *all, double seconds)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    const double own = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                       1e-6 * (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
    qsort(all->seconds, all->count, sizeof *all->seconds, ascending);
    printf("{\"requests\": %zu, \"seconds\": %.6f, \"p50\": %.9f, \"p99\": %.9f, \"own\": %.6f}\n",
           all->count, seconds, all->seconds[all->count / 2],
           all->seconds[all->count - 1 - all->count / 100], own);
}

int main(int argc, char **argv)
{
    struct load all = {.lines = argc > 2 ? strtoul(argv[2], NULL, 10) : 0};
    if (argc != 6 || all.lines < 1 || all.lines > LINES_MAX)
        die("PORT CONNECTIONS SECONDS BODY ANSWER, at most 64 connections");
    read_request(&all, argv[4]);
    all.seconds = room(TIMES_MAX * sizeof *all.seconds);
    for (size_t i = 0; i < all.lines; i++)
        connect_line(&all.line[i], (int)strtol(argv[1], NULL, 10));
    const double begun = clock_seconds();
    run(&all, strtod(argv[3], NULL));
    print(&all, clock_seconds() - begun);
    write_answer(&all, argv[5]);
    return 0;
}
