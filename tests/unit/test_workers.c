// SPDX-License-Identifier: MIT
// Threads and the tasks that they are given, each done once; places of connections, and whose turn
// it is to go.
#include "testing.h"

#include "serve/places.h"
#include "serve/workers.h"

#include "base/mem.h"

#include <poll.h>
#include <semaphore.h>
#include <stdatomic.h>

#define TASKS   2000
#define THREADS 4

// ---- workers ----

struct job {
    struct task task; // first
    atomic_int done;
    size_t worker;
    bool withdrawn, back;
};

static sem_t gate; // of those that wait
static bool gated;

static void work(void *context, struct task *task, size_t worker)
{
    struct job *j = (struct job *)task;
    (void)context;
    while (gated && sem_wait(&gate) != 0)
        ;
    j->worker = worker;
    atomic_fetch_add(&j->done, 1);
}

static size_t take_back(struct workers *w)
{
    size_t count = 0;
    struct task *next;
    for (struct task *task = workers_finished(w); task; task = next, count++) {
        next = task->next;
        struct job *j = (struct job *)task;
        assert_false(j->back);
        j->back = true;
    }
    return count;
}

static void wait_for(struct workers *w, size_t count)
{
    struct pollfd on = {.fd = workers_fd(w), .events = POLLIN};
    while (count) {
        assert_int_equal(poll(&on, 1, 60000), 1);
        const size_t got = take_back(w);
        assert_true(got > 0 && got <= count);
        count -= got;
    }
    assert_int_equal(poll(&on, 1, 0), 0);
}

static void each_task_once(void **state)
{
    (void)state;
    static struct job job[TASKS];
    struct workers *w;
    struct error e = {0};
    CHECK_OK(workers_start(&w, THREADS, work, NULL, &e), e);
    size_t given = 0;
    for (size_t i = 0; i < TASKS; i++) {
        workers_give(w, &job[i].task);
        if (i % 3 == 0 && i > 0)
            job[i - 1].withdrawn = workers_withdraw(w, &job[i - 1].task);
        given += 1U - (i > 0 && job[i - 1].withdrawn);
    }
    wait_for(w, given);
    assert_int_equal(workers_waiting(w), 0);
    workers_stop(w);
    workers_free(w);
    for (size_t i = 0; i < TASKS; i++) {
        assert_int_equal(atomic_load(&job[i].done), !job[i].withdrawn);
        assert_int_equal(job[i].back, !job[i].withdrawn);
        assert_true(job[i].worker < THREADS);
    }
}

// The first, the last and the only one that wait; then the others are still in order.
static void withdrawn(void **state)
{
    (void)state;
    struct job job[4] = {0};
    struct workers *w;
    struct error e = {0};
    sem_init(&gate, 0, 0);
    gated = true;
    CHECK_OK(workers_start(&w, 1, work, NULL, &e), e);
    workers_give(w, &job[0].task);
    while (workers_waiting(w)) // until it is begun
        poll(NULL, 0, 1);
    assert_false(workers_withdraw(w, &job[0].task));
    for (size_t i = 1; i < 4; i++)
        workers_give(w, &job[i].task);
    assert_true(workers_withdraw(w, &job[3].task));
    assert_true(workers_withdraw(w, &job[1].task));
    assert_false(workers_withdraw(w, &job[1].task));
    assert_true(workers_withdraw(w, &job[2].task));
    assert_int_equal(workers_waiting(w), 0);
    workers_give(w, &job[3].task);
    workers_give(w, &job[1].task);
    assert_int_equal(workers_waiting(w), 2);
    for (int i = 0; i < 3; i++)
        sem_post(&gate);
    wait_for(w, 3);
    workers_give(w, &job[2].task);
    sem_post(&gate);
    workers_stop(w);
    workers_free(w);
    sem_destroy(&gate);
    gated = false;
    assert_int_equal(atomic_load(&job[1].done) + atomic_load(&job[3].done), 2);
}

static int start_and_stop(void *context, struct error *e)
{
    (void)context;
    struct workers *w;
    const int rc = workers_start(&w, 2, work, NULL, e);
    workers_stop(w);
    workers_free(w);
    return rc;
}

static void workers_without_memory(void **state)
{
    (void)state;
    assert_true(check_failing_memory(start_and_stop, NULL) > 0);
}

// ---- places ----

static void who_has_to_go(void **state)
{
    (void)state;
    struct places p;
    struct error e = {0};
    CHECK_OK(places_init(&p, 3, &e), e);
    assert_null(places_oldest(&p));
    struct place *a = places_take(&p, 10, 1), *b = places_take(&p, 11, 2),
                 *c = places_take(&p, 12, 3);
    assert_int_equal(p.taken, 3);
    assert_null(places_take(&p, 13, 4));
    assert_ptr_equal(places_oldest(&p), a);
    place_enter(a, PHASE_WORKING, 5); // we are waited for
    assert_ptr_equal(places_oldest(&p), b);
    place_enter(b, PHASE_READING, 6);
    assert_ptr_equal(places_oldest(&p), c);
    place_enter(c, PHASE_WORKING, 7);
    place_enter(b, PHASE_WORKING, 7);
    assert_null(places_oldest(&p));
    place_enter(a, PHASE_ANSWERING, 8);
    assert_ptr_equal(places_oldest(&p), a);
    places_leave(&p, a);
    assert_null(places_oldest(&p));
    assert_int_equal(p.taken, 2);
    assert_ptr_equal(places_take(&p, 14, 9), a);
    assert_int_equal(a->fd, 14);
    assert_int_equal(a->phase, PHASE_SILENT);
    places_clear(&p);
}

static int init_places(void *context, struct error *e)
{
    struct places p;
    (void)context;
    const int rc = places_init(&p, 3, e);
    places_clear(&p);
    return rc;
}

static void places_without_memory(void **state)
{
    (void)state;
    assert_true(check_failing_memory(init_places, NULL) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_task_once),         cmocka_unit_test(withdrawn),
        cmocka_unit_test(workers_without_memory), cmocka_unit_test(who_has_to_go),
        cmocka_unit_test(places_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
