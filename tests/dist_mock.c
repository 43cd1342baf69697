// SPDX-License-Identifier: MIT
// A message is copied when it is sent, into the queue from its sender to its receiver. A rank that
// aborts makes every later call of every rank fail, as the death of its processes would end them.
// Memory is the C library's: tests let that of mem.h fail.
//
// cmocka knows of no test in a thread that it has not started: there a failed assertion or a crash
// ends the program with status 255 and without a word, unless it is told to abort, which says why.
#include "dist_mock.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define RANKS_MAX 128
#define ABORT     "CMOCKA_TEST_ABORT"

struct message {
    struct message *next;
    size_t bytes;
    char data[];
};

struct queue {
    struct message *first, *last;
};

struct receive {
    struct receive *next;
    size_t from, bytes, number;
    void *data;
};

struct side {
    struct mock *mock;
    size_t rank;
    struct receive *first, *last; // posted and not served yet
    long calls, in_body, fail_at;
    struct mock_traffic sent;
    size_t posted; // messages, since all were through
    bool polling;  // looking again at what was not done: no new call
};

struct mock {
    size_t ranks;
    pthread_mutex_t lock;
    struct queue *queue; // [from][to]
    struct side side[RANKS_MAX];
    atomic_bool aborted;
    void (*body)(struct dist *d, size_t rank, void *context);
    void *context;
};

struct mock *mock_new(size_t ranks)
{
    assert(ranks <= RANKS_MAX);
    struct mock *m = calloc(1, sizeof *m);
    assert(m);
    m->ranks = ranks;
    m->queue = calloc(ranks * ranks, sizeof *m->queue);
    assert(m->queue && pthread_mutex_init(&m->lock, NULL) == 0);
    for (size_t r = 0; r < ranks; r++)
        m->side[r] = (struct side){.mock = m, .rank = r};
    return m;
}

void mock_fail(struct mock *m, size_t rank, long n)
{
    m->side[rank].fail_at = n;
}

long mock_calls(const struct mock *m, size_t rank)
{
    return m->side[rank].in_body;
}

bool mock_aborted(const struct mock *m)
{
    return m->aborted;
}

struct mock_traffic mock_sent(const struct mock *m, size_t rank)
{
    return m->side[rank].sent;
}

size_t mock_messages(const struct mock *m)
{
    size_t count = 0;
    for (size_t i = 0; i < m->ranks * m->ranks; i++)
        for (const struct message *at = m->queue[i].first; at; at = at->next)
            count++;
    return count;
}

void mock_free(struct mock *m)
{
    for (size_t i = 0; i < m->ranks * m->ranks; i++)
        for (struct message *at = m->queue[i].first, *next; at; at = next) {
            next = at->next;
            free(at);
        }
    for (size_t r = 0; r < m->ranks; r++)
        for (struct receive *at = m->side[r].first, *next; at; at = next) {
            next = at->next;
            free(at);
        }
    pthread_mutex_destroy(&m->lock);
    free(m->queue);
    free(m);
}

// Counts a call; is it to fail?
static int fault(struct side *s, struct error *e)
{
    s->calls += !s->polling;
    if (s->mock->aborted)
        return error_set(e, ERR_IO, "rank %zu: ended by another rank", s->rank);
    if (s->fail_at > 0 && s->calls >= s->fail_at)
        return error_set(e, ERR_IO, "rank %zu: call %ld fails", s->rank, s->fail_at);
    return 0;
}

static int mock_send(void *context, size_t to, const void *data, size_t bytes, struct error *e)
{
    struct side *s = context;
    const int rc = fault(s, e);
    struct message *made = rc ? NULL : malloc(sizeof *made + bytes);
    if (!made)
        return rc ? rc : error_nomem(e, "message");
    s->posted++;
    made->next = NULL;
    made->bytes = bytes;
    memcpy(made->data, data, bytes);
    s->sent.messages++;
    s->sent.bytes += bytes;
    pthread_mutex_lock(&s->mock->lock);
    struct queue *q = &s->mock->queue[s->rank * s->mock->ranks + to];
    if (q->last)
        q->last->next = made;
    else
        q->first = made;
    q->last = made;
    pthread_mutex_unlock(&s->mock->lock);
    return 0;
}

static int mock_recv(void *context, size_t from, void *data, size_t bytes, struct error *e)
{
    struct side *s = context;
    const int rc = fault(s, e);
    struct receive *made = rc ? NULL : malloc(sizeof *made);
    if (!made)
        return rc ? rc : error_nomem(e, "message");
    *made = (struct receive){NULL, from, bytes, s->posted++, data};
    if (s->last)
        s->last->next = made;
    else
        s->first = made;
    s->last = made;
    return 0;
}

// The next message of that sender, or NULL.
static struct message *take(struct side *s, size_t from)
{
    struct queue *q = &s->mock->queue[from * s->mock->ranks + s->rank];
    pthread_mutex_lock(&s->mock->lock);
    struct message *m = q->first;
    if (m) {
        q->first = m->next;
        q->last = q->first ? q->last : NULL;
    }
    pthread_mutex_unlock(&s->mock->lock);
    return m;
}

// In the order in which receives were posted: a later one from the same sender waits its turn.
static int mock_test(void *context, size_t count, bool *done, struct error *e)
{
    struct side *s = context;
    const int rc = fault(s, e);
    while (rc == 0 && s->first) {
        struct receive *at = s->first;
        struct message *m = take(s, at->from);
        if (!m)
            break;
        assert(m->bytes == at->bytes); // or a rank is somewhere else in the run
        memcpy(at->data, m->data, m->bytes);
        s->first = at->next;
        s->last = s->first ? s->last : NULL;
        free(m);
        free(at);
    }
    *done = !s->first || s->first->number >= count;
    if (!s->first && count >= s->posted)
        s->posted = 0;
    s->polling = rc == 0 && !*done;
    return rc;
}

static void mock_leave(void *context)
{
    (void)context;
}

static void mock_abort(void *context, int status)
{
    struct side *s = context;
    (void)status;
    s->mock->aborted = true;
}

static const struct dist_ops mock_ops = {mock_send, mock_recv, mock_test, mock_leave, mock_abort};

static void *run_rank(void *argument)
{
    struct side *s = argument;
    struct mock *m = s->mock;
    struct dist *d = NULL;
    if (m->ranks > 1 && dist_new(&d, &mock_ops, s, s->rank, m->ranks, NULL)) {
        m->aborted = true; // memory that a test makes fail
        return NULL;
    }
    m->body(d, s->rank, m->context);
    s->in_body = s->calls;
    s->fail_at = 0;
    dist_close(d, 0);
    return NULL;
}

void mock_run(struct mock *m, void (*body)(struct dist *d, size_t rank, void *context),
              void *context)
{
    pthread_t thread[RANKS_MAX];
    const bool aborts = getenv(ABORT) != NULL;
    if (!aborts)
        setenv(ABORT, "1", 1);
    m->body = body;
    m->context = context;
    for (size_t r = 0; r < m->ranks; r++) {
        const int rc = pthread_create(&thread[r], NULL, run_rank, &m->side[r]);
        assert(rc == 0);
        (void)rc;
    }
    for (size_t r = 0; r < m->ranks; r++)
        pthread_join(thread[r], NULL);
    if (!aborts)
        unsetenv(ABORT);
}
